//! A PostgreSQL server that is away: one that gives few connections, ends them, stands still, only reads.

use std::time::{Duration, Instant};

use chancery_store::{Patience, PrivateCertificateFilter, Store, StoreError, Transaction};
use chancery_testing::postgres::TestPg;

use crate::rows::*;

/// How long the stores of these tests wait for a server.
const SOON: Patience = Patience {
    connect: Duration::from_secs(1),
    read: Duration::from_secs(1),
    scan: Duration::from_secs(6),
    write: Duration::from_secs(1),
};

async fn server() -> Option<&'static TestPg> {
    tokio::task::spawn_blocking(TestPg::get).await.unwrap()
}

async fn put(store: &Store, name: &str) -> Result<(), StoreError> {
    let mut tx = Transaction::new("test");
    tx.put_setting(name, name.as_bytes());
    store.commit(tx).await
}

/// Ends the connections of a user whom [`TestPg::with_few_connections`] has made.
fn end_connections(server: &TestPg, name: &str) {
    let user = format!("{name}_{}", std::process::id());
    server.execute(&format!(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = '{user}'"
    ));
}

fn is_away<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

/// One connection writes, and what is left reads: nobody fails.
#[tokio::test(flavor = "multi_thread")]
async fn few_connections_let_calls_wait() {
    let Some(server) = server().await else {
        return;
    };
    for connections in [2, 3] {
        let name = format!("few{connections}");
        let url = server.with_few_connections(&name, connections);
        let store = Store::open_postgres(&url, "one").await.unwrap();
        accounts(&store).await;
        for _ in 0..3 {
            let calls: Vec<_> = (0..40)
                .map(|number| {
                    let store = store.clone();
                    tokio::spawn(async move {
                        put(&store, &format!("s{number}")).await?;
                        store.domains().await?;
                        store.setting(&format!("s{number}")).await
                    })
                })
                .collect();
            for (number, call) in calls.into_iter().enumerate() {
                let read = call.await.unwrap().unwrap();
                assert_eq!(read, Some(format!("s{number}").into_bytes()));
            }
        }
        store.check().await.unwrap();
    }
}

/// The writer, who has lost its connection, gets one where those who read have taken all.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_makes_room_for_who_writes() {
    let Some(server) = server().await else {
        return;
    };
    let url = server.with_few_connections("room", 2);
    let store = Store::open_postgres(&url, "one").await.unwrap();
    store.domains().await.unwrap();
    // Who reads comes first, and takes the only one that is left.
    end_connections(server, "room");
    let user = format!("room_{}", std::process::id());
    server.execute(&format!("ALTER USER {user} CONNECTION LIMIT 1"));
    store.domains().await.unwrap();
    // They share it, each in turn.
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                store.domains().await?;
                Ok::<_, StoreError>(())
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    server.execute(&format!("ALTER USER {user} CONNECTION LIMIT 2"));
    put(&store, "one").await.unwrap();
    store.domains().await.unwrap();
}

/// Each connection is ended while nobody uses it: nobody notices.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_were_ended_are_made_anew() {
    let Some(server) = server().await else {
        return;
    };
    let url = server.with_few_connections("ended", 20);
    let store = Store::open_postgres(&url, "one").await.unwrap();
    accounts(&store).await;
    for round in 0..4 {
        put(&store, &format!("s{round}")).await.unwrap();
        let reads: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.domains().await })
            })
            .collect();
        for read in reads {
            read.await.unwrap().unwrap();
        }
        end_connections(server, "ended");
    }
}

/// A server whose machine stands still: what was asked fails in time, and all goes on once it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stands_still_is_not_waited_for() {
    let Some(server) = tokio::task::spawn_blocking(TestPg::start).await.unwrap() else {
        return;
    };
    let url = server.new_schema("still");
    let store = Store::open_postgres_with(&url, "one", SOON).await.unwrap();
    accounts(&store).await;
    store.check().await.unwrap();
    let still = server.stand_still();
    let begun = Instant::now();
    let all = PrivateCertificateFilter::default();
    let (read, listed, written, checked) = tokio::join!(
        store.domain("alpha"),
        store.count_private_certificates("alpha", &all),
        put(&store, "lost"),
        store.check(),
    );
    assert!(is_away(&read), "{read:?}");
    assert!(is_away(&listed), "{listed:?}");
    // The commit was not sent: nothing is stored.
    assert!(is_away(&written), "{written:?}");
    assert!(is_away(&checked), "{checked:?}");
    // A new connection does not come about either.
    assert!(is_away(&store.domain("alpha").await));
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    drop(still);
    assert!(store.domain("alpha").await.unwrap().is_some());
    assert_eq!(store.setting("lost").await, Ok(None));
    put(&store, "found").await.unwrap();
    store.check().await.unwrap();
}

/// A server that became a copy which only reads says so; once it writes again, so does the store.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_reads_stores_nothing() {
    let Some(server) = server().await else {
        return;
    };
    let url = server.with_few_connections("copy", 5);
    let store = Store::open_postgres(&url, "one").await.unwrap();
    accounts(&store).await;
    let user = format!("copy_{}", std::process::id());
    let only_reads = |only: &str| {
        server.execute(&format!(
            "ALTER USER {user} SET default_transaction_read_only = {only}"
        ));
        end_connections(server, "copy");
    };
    only_reads("on");
    assert!(is_away(&put(&store, "one").await));
    assert!(store.domain("alpha").await.unwrap().is_some());
    let checked = store.check().await;
    assert!(is_away(&checked), "{checked:?}");
    only_reads("off");
    put(&store, "one").await.unwrap();
    store.check().await.unwrap();
}
