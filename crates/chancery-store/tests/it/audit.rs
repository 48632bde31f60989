//! The audit log and its chains.

use chancery_store::{AuditFilter, AuditHead, ChainBreak, Store};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    entries_are_found,
    chains_go_on_after_a_restart,
    changes_break_the_chain,
    chains_longer_than_a_batch,
);

async fn record(store: &Store, count: i64) {
    for number in 0..count {
        let mut row = entry(&format!("r{number}"));
        row.at = number;
        commit(store, |tx| tx.audit(row)).await.unwrap();
    }
}

async fn entries_are_found(bed: Bed) {
    let store = bed.open().await;
    record(&store, 5).await;
    let mut other = entry("r9");
    other.at = 9;
    other.domain_id = "beta".into();
    other.action = "pca:cert:list".into();
    other.request_id = "other request".into();
    other.outcome = "denied".into();
    commit(&store, |tx| tx.audit(other.clone())).await.unwrap();

    let found = async |filter: AuditFilter| {
        let list = store.audit_entries(&filter, 10, 0).await.unwrap();
        assert_eq!(list.total, list.rows.len() as u64);
        list.rows
            .into_iter()
            .map(|row| row.resource)
            .collect::<Vec<_>>()
    };
    let any = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found(any()).await, ["r9", "r4", "r3", "r2", "r1", "r0"]);
    assert_eq!(
        found(AuditFilter {
            domain_id: text("beta"),
            ..any()
        })
        .await,
        ["r9"]
    );
    assert_eq!(
        found(AuditFilter {
            action: text("pca:cert:list"),
            ..any()
        })
        .await,
        ["r9"]
    );
    assert_eq!(
        found(AuditFilter {
            request_id: text("other request"),
            ..any()
        })
        .await,
        ["r9"]
    );
    assert_eq!(
        found(AuditFilter {
            resource: text("r2"),
            ..any()
        })
        .await,
        ["r2"]
    );
    assert_eq!(
        found(AuditFilter {
            writer: text("nobody"),
            ..any()
        })
        .await,
        [""; 0]
    );
    let time = AuditFilter {
        from: Some(1),
        until: Some(3),
        ..any()
    };
    assert_eq!(found(time).await, ["r2", "r1"]);

    let list = store.audit_entries(&any(), 1, 0).await.unwrap();
    let row = &list.rows[0];
    assert_eq!((list.rows.len(), list.total), (1, 6));
    assert_eq!((row.writer.clone(), row.seq, row.at), (bed.writer(1), 6, 9));
    assert_eq!((&row.actor, &row.outcome), (&other.actor, &other.outcome));
    assert_eq!(row.detail, other.detail);
    let before = store.audit_entries(&any(), 1, 1).await.unwrap();
    assert_eq!(row.prev_hash, before.rows[0].hash);
    let head = AuditHead {
        writer: bed.writer(1),
        seq: 6,
        hash: row.hash.clone(),
    };
    assert_eq!(store.audit_heads().await.unwrap(), [head]);
}

async fn chains_go_on_after_a_restart(bed: Bed) {
    let first = bed.open().await;
    record(&first, 3).await;
    drop(first);
    let second = bed.open().await;
    record(&second, 2).await;
    let heads = second.audit_heads().await.unwrap();
    let ends: Vec<_> = heads
        .iter()
        .map(|head| (head.writer.as_str(), head.seq))
        .collect();
    if bed.is_postgres() {
        assert_eq!(ends, [("writer-1", 3), ("writer-2", 2)]);
    } else {
        assert_eq!(ends, [("local", 5)]);
    }
    for (writer, length) in ends {
        assert_eq!(second.verify_audit_chain(writer).await, Ok(length as u64));
    }
    assert_eq!(second.verify_audit_chain("nobody").await, Ok(0));
}

async fn changes_break_the_chain(bed: Bed) {
    let store = bed.open().await;
    record(&store, 6).await;
    let writer = bed.writer(1);
    assert_eq!(store.verify_audit_chain(&writer).await, Ok(6));
    let columns = [
        ("at", "99"),
        ("request_id", "'x'"),
        ("domain_id", "'x'"),
        ("actor", "'x'"),
        ("action", "'x'"),
        ("resource", "'x'"),
        ("outcome", "'x'"),
        ("detail", "'x'"),
    ];
    for (column, value) in columns {
        bed.execute(&format!(
            "CREATE TABLE kept AS SELECT {column} AS kept FROM audit WHERE seq = 3;
             UPDATE audit SET {column} = {value} WHERE seq = 3"
        ))
        .await;
        let broken = store.verify_audit_chain(&writer).await;
        assert_eq!(broken, Err(ChainBreak::Altered { seq: 3 }), "{column}");
        bed.execute(&format!(
            "UPDATE audit SET {column} = (SELECT kept FROM kept) WHERE seq = 3; DROP TABLE kept"
        ))
        .await;
        assert_eq!(store.verify_audit_chain(&writer).await, Ok(6), "{column}");
    }
    // Text moved from one field to the next would be the same without lengths.
    bed.execute("UPDATE audit SET actor = 'userp', action = 'ca:cert:export' WHERE seq = 3")
        .await;
    let broken = store.verify_audit_chain(&writer).await;
    assert_eq!(broken, Err(ChainBreak::Altered { seq: 3 }));
    bed.execute("DELETE FROM audit WHERE seq = 3").await;
    let broken = store.verify_audit_chain(&writer).await;
    assert_eq!(broken, Err(ChainBreak::Missing { seq: 3 }));
    bed.execute("UPDATE audit SET seq = 3 WHERE seq = 4").await;
    let broken = store.verify_audit_chain(&writer).await;
    assert_eq!(broken, Err(ChainBreak::Unlinked { seq: 3 }));
    bed.execute("DELETE FROM audit WHERE seq = 1").await;
    let broken = store.verify_audit_chain(&writer).await;
    assert_eq!(broken, Err(ChainBreak::Missing { seq: 1 }));
}

async fn chains_longer_than_a_batch(bed: Bed) {
    let store = bed.open().await;
    commit(&store, |tx| {
        for number in 0..2500 {
            tx.audit(entry(&format!("r{number}")));
        }
        tx
    })
    .await
    .unwrap();
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(2500));
    bed.execute("UPDATE audit SET actor = 'x' WHERE seq = 2001")
        .await;
    let broken = store.verify_audit_chain(&bed.writer(1)).await;
    assert_eq!(broken, Err(ChainBreak::Altered { seq: 2001 }));
}
