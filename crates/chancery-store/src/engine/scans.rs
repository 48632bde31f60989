//! Threads for reads that look at many rows: on a thread that serves, one of them would hold up every
//! other caller.
//!
//! They run at a lower priority than the threads that serve, each with a connection of its own, and
//! every read has a time after which it is broken off. Accounts take turns, and none of them has all
//! threads at a time: whose lists take long keeps nobody else's waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chancery_fair::{Bounds, Crew};
use rusqlite::Connection;
use tokio::time::timeout;

use super::sqlite::{Failure, query};
use crate::StoreError;
use crate::value::{Row, Value};

/// How much lower than the others' the priority is, as `nice` counts.
pub(super) const NICE: i32 = 10;
/// Steps of SQLite's machine between two looks at whether to go on; some ten microseconds.
const STEPS: i32 = 1_000;
/// How long one read may take, and how long it waits for its turn: as long as two others take.
const BUDGET: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(2 * BUDGET.as_secs());
/// How many reads of one account wait at most, and how many of all accounts.
const WAITING_OF_ONE: usize = 64;
const WAITING: usize = 512;

/// The threads. Dropped, they end before anything else goes.
pub(super) struct Scans {
    crew: Crew<String, Connection>,
    budget: Duration,
}

/// Says that nobody waits for a read any more, when whoever does goes.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Scans {
    /// One thread for each of these connections.
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        Self::with_budget(connections, BUDGET)
    }

    fn with_budget(connections: Vec<Connection>, budget: Duration) -> std::io::Result<Self> {
        let bounds = Bounds {
            held_by_one: connections.len().saturating_sub(1).max(1),
            waiting_of_one: WAITING_OF_ONE,
            waiting: WAITING,
        };
        let crew = Crew::start("store-scan", NICE, connections, bounds)?;
        Ok(Self { crew, budget })
    }

    /// The rows of a query, when it is the account's turn. An account without a name is the desk
    /// itself, which nobody keeps from waiting.
    ///
    /// # Errors
    /// [`StoreError::Overrun`] when it takes too long, or its turn does not come;
    /// [`StoreError::Crowded`] when too many wait.
    pub(super) async fn query(
        &self,
        account: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let entry = match account {
            "" => self.crew.enter_always(String::new()),
            account => self
                .crew
                .enter(account.to_owned())
                .map_err(StoreError::Crowded)?,
        };
        let turn = timeout(PATIENCE, entry).await;
        let turn = turn.map_err(|_| StoreError::Overrun)?;
        let given_up = Arc::new(AtomicBool::new(false));
        let _waiting = Waiting(Arc::clone(&given_up));
        let (sql, params) = (sql.to_owned(), params.to_vec());
        let read = self.crew.work(turn, move |connection| {
            // Asked while the read runs: a call that interrupts it could come before it has begun.
            let give_up = move || given_up.load(Ordering::Relaxed);
            connection.progress_handler(STEPS, Some(give_up))?;
            query(connection, &sql, &params)
        });
        match timeout(self.budget, read).await {
            Ok(Ok((_turn, rows))) => rows.map_err(|failure: Failure| failure.into()),
            Ok(Err(panicked)) => Err(StoreError::Engine(panicked.to_string())),
            Err(_) => Err(StoreError::Overrun),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_fair::Crowded;

    use super::*;

    /// Counts for longer than a test waits.
    const LONG: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
                        LIMIT 100000000000) SELECT count(*) FROM n";

    fn scans(threads: usize, budget: Duration) -> Scans {
        let open = |_| Connection::open_in_memory().unwrap();
        Scans::with_budget((0..threads).map(open).collect(), budget).unwrap()
    }

    #[tokio::test]
    async fn a_long_read_holds_up_no_thread_that_serves() {
        let scans = scans(2, Duration::from_secs(3));
        // On the one thread of this test both go on.
        let (long, short) = tokio::join!(
            scans.query("a", LONG, &[]),
            scans.query("b", "SELECT 7", &[])
        );
        assert!(matches!(long, Err(StoreError::Overrun)));
        let mut row = short.unwrap().remove(0);
        assert_eq!(row.take::<i64>().unwrap(), 7);
    }

    #[tokio::test]
    async fn what_takes_too_long_is_broken_off_and_makes_room() {
        let scans = scans(1, Duration::from_secs(1));
        for _ in 0..2 {
            let long = scans.query("a", LONG, &[]).await;
            assert!(matches!(long, Err(StoreError::Overrun)));
            assert!(scans.query("b", "SELECT 7", &[]).await.is_ok());
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let scans = Arc::new(scans(1, Duration::from_secs(20)));
        let given_up: Vec<_> = (0..50)
            .map(|_| {
                let scans = Arc::clone(&scans);
                tokio::spawn(async move { scans.query("a", LONG, &[]).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        for one in &given_up {
            one.abort();
        }
        // The one that was begun is broken off, the others are passed over.
        assert!(scans.query("b", "SELECT 7", &[]).await.is_ok());
    }

    #[tokio::test]
    async fn an_account_whose_reads_take_long_leaves_a_thread_to_others() {
        let scans = Arc::new(scans(2, Duration::from_secs(20)));
        let long: Vec<_> = (0..10)
            .map(|_| {
                let scans = Arc::clone(&scans);
                tokio::spawn(async move { scans.query("a", LONG, &[]).await })
            })
            .collect();
        while scans.crew.waiting() < 9 {
            tokio::task::yield_now().await;
        }
        // One after the other and the desk's own are answered while those go on.
        for account in ["b", "c", "", "b"] {
            assert!(scans.query(account, "SELECT 7", &[]).await.is_ok());
        }
        assert!(long.iter().all(|one| !one.is_finished()));
        assert_eq!(scans.crew.waiting(), 9);
        for one in &long {
            one.abort();
        }
    }

    #[tokio::test]
    async fn so_many_of_an_account_wait_and_no_more() {
        let scans = Arc::new(scans(1, Duration::from_secs(20)));
        let mut waiting = Vec::new();
        for _ in 0..=WAITING_OF_ONE {
            let scans = Arc::clone(&scans);
            waiting.push(tokio::spawn(
                async move { scans.query("a", LONG, &[]).await },
            ));
        }
        while scans.crew.waiting() < WAITING_OF_ONE {
            tokio::task::yield_now().await;
        }
        let refused = scans.query("a", "SELECT 7", &[]).await;
        assert_eq!(refused.err(), Some(StoreError::Crowded(Crowded::Own)));
        for one in &waiting {
            one.abort();
        }
        assert!(scans.query("b", "SELECT 7", &[]).await.is_ok());
    }
}
