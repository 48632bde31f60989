//! All or nothing, and many at once.

use std::sync::Arc;
use std::time::Duration;

use chancery_store::StoreError::{Conflict, Duplicate, Invalid};
use chancery_store::{AuditFilter, Engine, Row, Store, StoreError, Transaction, Value, label};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    a_conflict_takes_everything_back,
    a_duplicate_takes_everything_back,
    the_first_failure_is_reported,
    text_with_nul_is_refused,
    concurrent_transactions_share_commits,
    failures_in_a_group_stay_alone,
    one_of_many_wins,
    work_survives_its_caller,
    an_empty_transaction_does_nothing,
    large_transactions,
    engines_can_be_wrapped,
);

/// An engine that fails a transaction by its name, and leaves the rest to another.
struct Failing(Arc<dyn Engine>, &'static str);

#[async_trait::async_trait]
impl Engine for Failing {
    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.0.query(sql, params).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        match transaction.name() == self.1 {
            true => Err(StoreError::Unavailable("the disk is full".into())),
            false => self.0.commit(transaction).await,
        }
    }
}

async fn engines_can_be_wrapped(bed: Bed) {
    let store = bed.open().await;
    let failing = Store::from_engine(Arc::new(Failing(store.engine(), "test")));
    let failed = commit(&failing, |tx| tx.insert_domain(&domain("alpha"))).await;
    assert_eq!(
        failed,
        Err(StoreError::Unavailable("test: the disk is full".into()))
    );
    accounts(&failing).await;
    assert_eq!(store.domains().await.unwrap().len(), 2);
}

async fn a_conflict_takes_everything_back(bed: Bed) {
    let store = bed.open().await;
    let mut tx = Transaction::new("test");
    tx.insert_domain(&domain("alpha"))
        .audit(entry("r1"))
        .set_authority_status("alpha", "missing", "A", "B")
        .insert_domain(&domain("beta"))
        .audit(entry("r2"));
    assert_eq!(store.commit(tx).await, Err(Conflict(label::AUTHORITY)));
    assert_eq!(store.domains().await.unwrap(), []);
    assert_eq!(
        store
            .audit_entries(&AuditFilter::default(), 10, 0)
            .await
            .unwrap()
            .total,
        0
    );

    let mut tx = Transaction::new("test");
    tx.insert_domain(&domain("alpha")).audit(entry("r3"));
    store.commit(tx).await.unwrap();
    let entries = store
        .audit_entries(&AuditFilter::default(), 10, 0)
        .await
        .unwrap();
    assert_eq!((entries.total, entries.rows[0].seq), (1, 1));
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(1));
}

async fn a_duplicate_takes_everything_back(bed: Bed) {
    let store = bed.open().await;
    commit(&store, |tx| tx.insert_domain(&domain("alpha")))
        .await
        .unwrap();
    let mut tx = Transaction::new("test");
    tx.insert_domain(&domain("beta"))
        .insert_domain(&same_id("alpha"))
        .audit(entry("r1"));
    assert_eq!(store.commit(tx).await, Err(Duplicate(label::DOMAINS_ID)));
    assert_eq!(store.domains().await.unwrap(), [domain("alpha")]);
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(0));
}

async fn the_first_failure_is_reported(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    let both = commit(&store, |tx| {
        tx.delete_user("alpha", "nobody")
            .insert_domain(&same_id("alpha"))
    })
    .await;
    assert_eq!(both, Err(Conflict(label::USER)));
    let both = commit(&store, |tx| {
        tx.insert_domain(&same_id("alpha"))
            .delete_user("alpha", "nobody")
    })
    .await;
    assert_eq!(both, Err(Duplicate(label::DOMAINS_ID)));
}

async fn text_with_nul_is_refused(bed: Bed) {
    let store = bed.open().await;
    let refused = commit(&store, |tx| tx.insert_domain(&domain("al\0pha"))).await;
    assert!(matches!(refused, Err(Invalid(_))), "{refused:?}");
    let refused = commit(&store, |tx| tx.audit(entry("r\0"))).await;
    assert!(matches!(refused, Err(Invalid(_))), "{refused:?}");
    assert_eq!(store.domains().await.unwrap(), []);
    // In bytes it is nothing special.
    commit(&store, |tx| tx.insert_setting("name", b"a\0b"))
        .await
        .unwrap();
    assert_eq!(
        store.setting("name").await.unwrap().as_deref(),
        Some(b"a\0b".as_slice())
    );
}

async fn concurrent_transactions_share_commits(bed: Bed) {
    let store = bed.open().await;
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let id = format!("c{number:03}");
                let mut tx = Transaction::new("test");
                tx.insert_private_certificate(&certificate("alpha", &id))
                    .audit(entry(&id));
                store.commit(tx).await.unwrap();
                // What was answered for can be read at once.
                assert!(
                    store
                        .private_certificate("alpha", &id)
                        .await
                        .unwrap()
                        .is_some()
                );
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let count = store
        .count_private_certificates("alpha", &Default::default())
        .await
        .unwrap();
    assert_eq!(count, 200);
    let entries = store
        .audit_entries(&AuditFilter::default(), 300, 0)
        .await
        .unwrap();
    let mut resources: Vec<_> = entries.rows.into_iter().map(|row| row.resource).collect();
    resources.sort();
    assert_eq!(
        resources,
        (0..200)
            .map(|number| format!("c{number:03}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(200));
}

async fn failures_in_a_group_stay_alone(bed: Bed) {
    let store = bed.open().await;
    commit(&store, |tx| {
        tx.insert_private_certificate(&certificate("alpha", "c"))
    })
    .await
    .unwrap();
    let mut same_id = certificate("alpha", "c");
    same_id.serial_number = "another".into();
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let (store, same_id) = (store.clone(), same_id.clone());
            tokio::spawn(async move {
                let id = format!("c{number}");
                let mut tx = Transaction::new("test");
                tx.insert_private_certificate(&certificate("alpha", &id))
                    .audit(entry(&id));
                match number % 4 {
                    0 => tx.insert_private_certificate(&same_id),
                    1 => tx.delete_user("alpha", "nobody"),
                    _ => &mut tx,
                };
                (number % 4, store.commit(tx).await)
            })
        })
        .collect();
    for task in tasks {
        let expected = match task.await.unwrap() {
            (0, result) => result == Err(Duplicate(label::PRIVATE_CERTIFICATES_ID)),
            (1, result) => result == Err(Conflict(label::USER)),
            (_, result) => result == Ok(()),
        };
        assert!(expected);
    }
    let count = store
        .count_private_certificates("alpha", &Default::default())
        .await
        .unwrap();
    assert_eq!(count, 101);
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(100));
}

async fn one_of_many_wins(bed: Bed) {
    let store = bed.open().await;
    commit(&store, |tx| tx.insert_authority(&authority("alpha", "a1")))
        .await
        .unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                commit(&store, |tx| {
                    tx.set_authority_status("alpha", "a1", "ACTIVED", "DISABLED")
                        .audit(entry("a1"))
                })
                .await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => won += 1,
            refused => assert_eq!(refused, Err(Conflict(label::AUTHORITY))),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(1));
}

async fn work_survives_its_caller(bed: Bed) {
    let store = bed.open().await;
    let task = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 0..1_000_000 {
                let id = format!("d{number}");
                let mut tx = Transaction::new("test");
                tx.insert_domain(&domain(&id)).audit(entry(&id));
                store.commit(tx).await.unwrap();
            }
        }
    });
    while store.domains().await.unwrap().len() < 5 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    task.abort();
    let _ = task.await;
    // What was handed over is done as a whole, and the writer goes on.
    commit(&store, |tx| {
        tx.insert_domain(&domain("last")).audit(entry("last"))
    })
    .await
    .unwrap();
    let domains = store.domains().await.unwrap().len() as u64;
    let entries = store
        .audit_entries(&AuditFilter::default(), 1, 0)
        .await
        .unwrap();
    assert_eq!(entries.total, domains);
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(domains));
}

async fn an_empty_transaction_does_nothing(bed: Bed) {
    let store = bed.open().await;
    assert_eq!(store.commit(Transaction::new("nothing")).await, Ok(()));
    let mut tx = Transaction::new("audit alone");
    tx.audit(entry("r1")).audit(entry("r2"));
    assert_eq!(tx.audit_entries().len(), 2);
    assert_eq!(tx.name(), "audit alone");
    store.commit(tx).await.unwrap();
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(2));
}

async fn large_transactions(bed: Bed) {
    let store = bed.open().await;
    let mut tx = Transaction::new("test");
    for number in 0..500 {
        let mut row = certificate("alpha", &format!("c{number}"));
        row.certificate = vec![number as u8; 10_000];
        tx.insert_private_certificate(&row).audit(entry(&row.id));
    }
    store.commit(tx).await.unwrap();
    let row = store
        .private_certificate("alpha", "c499")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.certificate, vec![499_u32 as u8; 10_000]);
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(500));
}
