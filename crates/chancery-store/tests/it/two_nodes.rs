//! Several stores on one PostgreSQL database, and a server that drops connections.

use std::time::{Duration, Instant};

use chancery_store::StoreError::{Conflict, Duplicate};
use chancery_store::{AuditFilter, StoreError, Transaction, label};

use crate::bed::Bed;
use crate::rows::*;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_start_and_write_at_once() {
    let Some(bed) = Bed::postgres().await else {
        return;
    };
    let (first, second, third) = tokio::join!(bed.open(), bed.open(), bed.open());
    let nodes = [first, second, third];
    let tasks: Vec<_> = (0..150)
        .map(|number| {
            let store = nodes[number % 3].clone();
            tokio::spawn(async move {
                let id = format!("c{number}");
                let mut tx = Transaction::new("test");
                tx.insert_private_certificate(&certificate("alpha", &id))
                    .audit(entry(&id));
                store.commit(tx).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for node in &nodes {
        let count = node
            .count_private_certificates("alpha", &Default::default())
            .await
            .unwrap();
        assert_eq!(count, 150);
        assert_eq!(node.audit_heads().await.unwrap().len(), 3);
        for number in 1..=3 {
            assert_eq!(node.verify_audit_chain(&bed.writer(number)).await, Ok(50));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_makes_the_account() {
    let Some(bed) = Bed::postgres().await else {
        return;
    };
    let (first, second) = tokio::join!(bed.open(), bed.open());
    let bootstrap = |id: &'static str| {
        move |tx: &mut Transaction| {
            let mut row = domain(id);
            row.name = "chancery".into();
            tx.insert_domain(&row)
                .insert_setting("administrator", id.as_bytes());
        }
    };
    let make = async |store: &chancery_store::Store, id: &'static str| {
        let mut tx = Transaction::new("bootstrap");
        bootstrap(id)(&mut tx);
        store.commit(tx).await
    };
    let (one, two) = tokio::join!(make(&first, "alpha"), make(&second, "beta"));
    let winner = match (one, two) {
        (Ok(()), Err(Duplicate(label::DOMAINS_NAME))) => "alpha",
        (Err(Duplicate(label::DOMAINS_NAME)), Ok(())) => "beta",
        other => panic!("{other:?}"),
    };
    for store in [first, second] {
        let domains = store.domains().await.unwrap();
        assert_eq!((domains.len(), domains[0].id.as_str()), (1, winner));
        let setting = store.setting("administrator").await.unwrap();
        assert_eq!(setting.as_deref(), Some(winner.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_holds_across_nodes() {
    let Some(bed) = Bed::postgres().await else {
        return;
    };
    let nodes = [bed.open().await, bed.open().await];
    accounts(&nodes[0]).await;
    let tasks: Vec<_> = (0..60)
        .map(|number| {
            let store = nodes[number % 2].clone();
            tokio::spawn(async move {
                let row = pending_authority("alpha", &format!("a{number}"));
                commit(&store, |tx| {
                    tx.insert_authority_within(&row, 7).audit(entry(&row.id))
                })
                .await
            })
        })
        .collect();
    let mut made = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => made += 1,
            refused => assert_eq!(refused, Err(Conflict(label::QUOTA))),
        }
    }
    assert_eq!(made, 7);
    let count = nodes[1]
        .count_authorities("alpha", &Default::default())
        .await
        .unwrap();
    assert_eq!(count, 7);
    assert_eq!(
        nodes[0]
            .audit_entries(&AuditFilter::default(), 1, 0)
            .await
            .unwrap()
            .total,
        7
    );
}

/// Another session and the store's writer wait for each other. The server ends the writer's
/// transaction, as it was made to look first, and the writer tries it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_survived() {
    let Some(bed) = Bed::postgres().await else {
        return;
    };
    let store = bed.open().await;
    accounts(&store).await;
    commit(&store, |tx| {
        tx.insert_user(&user("alpha", "u1"))
            .insert_user(&user("alpha", "u2"))
    })
    .await
    .unwrap();
    let other = bed.client().await;
    let update = |id: &str| format!("UPDATE users SET password_hash = 'other' WHERE id = '{id}'");
    other
        .batch_execute("SET deadlock_timeout = '60s'; BEGIN")
        .await
        .unwrap();
    other.batch_execute(&update("u2")).await.unwrap();
    let (aside, writing) = (store.clone(), store.clone());
    let writing = tokio::spawn(async move {
        commit(&writing, |tx| {
            tx.set_user_password_hash("alpha", "u1", "ours")
                .set_user_password_hash("alpha", "u2", "ours")
                .audit(entry("u1"))
        })
        .await
    });
    let waits = "SELECT count(*) FROM pg_stat_activity \
                 WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    while other.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // One that comes meanwhile waits with the others and is stored in the end.
    let aside = tokio::spawn(async move {
        commit(&aside, |tx| {
            tx.insert_setting("aside", &[]).audit(entry("aside"))
        })
        .await
    });
    // It gets what the writer has changed, so the writer's transaction was ended.
    other.batch_execute(&update("u1")).await.unwrap();
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(writing.await.unwrap(), Ok(()));
    assert_eq!(aside.await.unwrap(), Ok(()));
    for user in store.users("alpha").await.unwrap() {
        assert_eq!(user.password_hash, "ours");
    }
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(2));
}

/// Ends all connections of the store again and again while it writes. A caller may be told that
/// its transaction failed; what it is told succeeded is there, once, and the chain is whole.
#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_made_again() {
    let Some(bed) = Bed::postgres().await else {
        return;
    };
    let store = bed.open().await;
    let client = bed.client().await;
    client
        .batch_execute("SET application_name = 'test'")
        .await
        .unwrap();
    let schema: String = client
        .query_one("SELECT current_schema()", &[])
        .await
        .unwrap()
        .get(0);
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE application_name = 'chancery' AND pid IN (SELECT pid FROM pg_locks \
                JOIN pg_class ON pg_class.oid = relation \
                WHERE relnamespace = $1::text::regnamespace)";
    let end = Instant::now() + Duration::from_secs(3);
    let writing = {
        let store = store.clone();
        tokio::spawn(async move {
            let mut stored = Vec::new();
            for number in 0.. {
                if Instant::now() > end {
                    break;
                }
                let id = format!("d{number}");
                let mut tx = Transaction::new("test");
                tx.insert_domain(&domain(&id)).audit(entry(&id));
                match store.commit(tx).await {
                    Ok(()) => stored.push(id),
                    Err(StoreError::Unavailable(_) | StoreError::UnknownOutcome(_)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            stored
        })
    };
    let mut killed = 0;
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(2)).await;
        killed += client
            .query_one(kill, &[&schema])
            .await
            .unwrap()
            .get::<_, i64>(0);
    }
    let stored = writing.await.unwrap();
    assert!(killed > 0, "no connection was ended");
    assert!(stored.len() > 10, "{}", stored.len());
    commit(&store, |tx| {
        tx.insert_domain(&domain("last")).audit(entry("last"))
    })
    .await
    .unwrap();
    for id in &stored {
        assert!(store.domain(id).await.unwrap().is_some(), "{id}");
    }
    let domains = store.domains().await.unwrap().len() as u64;
    assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(domains));
}
