//! Threads for reads that look at many rows: on a thread that serves, one of them would hold up every
//! other caller.
//!
//! They run at a lower priority than the threads that serve, each with a connection of its own, and
//! every read has a time after which it is broken off.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::deaths::Deaths;
use super::sqlite::{Failure, query};
use crate::StoreError;
use crate::value::{Row, Value};

/// How much lower than the others' the priority is, as `nice` counts.
pub(super) const NICE: i32 = 10;
/// Steps of SQLite's machine between two looks at whether to go on; some ten microseconds.
const STEPS: i32 = 1_000;
/// How long one read may take.
const BUDGET: Duration = Duration::from_secs(20);

/// The threads, and the queue before them. Dropped, it waits until they have ended.
pub(super) struct Scans {
    queue: Option<Sender<Scan>>,
    threads: Vec<JoinHandle<()>>,
    budget: Duration,
}

struct Scan {
    sql: String,
    params: Vec<Value>,
    answer: oneshot::Sender<Result<Vec<Row>, StoreError>>,
    /// Whether nobody waits for it any more.
    given_up: Arc<AtomicBool>,
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
    pub(super) fn start(connections: Vec<Connection>, deaths: &Deaths) -> std::io::Result<Self> {
        Self::with_budget(connections, BUDGET, deaths)
    }

    fn with_budget(
        connections: Vec<Connection>,
        budget: Duration,
        deaths: &Deaths,
    ) -> std::io::Result<Self> {
        let (queue, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for connection in connections {
            let receiver = Arc::clone(&receiver);
            let what = "a thread that searches the database";
            let thread = deaths.thread("store-scan", what, move || serve(&connection, &receiver));
            threads.push(thread?);
        }
        Ok(Self {
            queue: Some(queue),
            threads,
            budget,
        })
    }

    /// The rows of a query, in their turn.
    ///
    /// # Errors
    /// [`StoreError::Overrun`] when it takes too long, its waiting in the queue included.
    pub(super) async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let closed = || StoreError::Unavailable("the store is closed".into());
        let given_up = Arc::new(AtomicBool::new(false));
        let _waiting = Waiting(Arc::clone(&given_up));
        let (answer, answered) = oneshot::channel();
        let scan = Scan {
            sql: sql.to_owned(),
            params: params.to_vec(),
            answer,
            given_up,
        };
        let queue = self.queue.as_ref().ok_or_else(closed)?;
        queue.send(scan).map_err(|_| closed())?;
        match tokio::time::timeout(self.budget, answered).await {
            Ok(Ok(rows)) => rows,
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(StoreError::Overrun),
        }
    }
}

impl Drop for Scans {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Takes one read after the other until the queue is gone.
fn serve(connection: &Connection, receiver: &Mutex<Receiver<Scan>>) {
    // Of Linux this is about this thread alone. Where it is not allowed, all are alike.
    let _ = rustix::process::setpriority_process(None, NICE);
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(scan) = next else { return };
        let given_up = scan.given_up;
        if given_up.load(Ordering::Relaxed) {
            continue;
        }
        // Asked while the read runs: a call that interrupts it could come before it has begun.
        let give_up = move || given_up.load(Ordering::Relaxed);
        let watched = connection.progress_handler(STEPS, Some(give_up));
        let rows = watched
            .map_err(Failure::from)
            .and_then(|()| query(connection, &scan.sql, &scan.params));
        let _ = scan.answer.send(rows.map_err(StoreError::from));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Counts for longer than a test waits.
    const LONG: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n \
                        LIMIT 100000000000) SELECT count(*) FROM n";

    fn scans(threads: usize, budget: Duration) -> Scans {
        let open = |_| Connection::open_in_memory().unwrap();
        Scans::with_budget((0..threads).map(open).collect(), budget, &Deaths::new()).unwrap()
    }

    #[tokio::test]
    async fn a_long_read_holds_up_no_thread_that_serves() {
        let scans = scans(2, Duration::from_secs(3));
        // On the one thread of this test both go on.
        let (long, short) = tokio::join!(scans.query(LONG, &[]), scans.query("SELECT 7", &[]));
        assert!(matches!(long, Err(StoreError::Overrun)));
        let mut row = short.unwrap().remove(0);
        assert_eq!(row.take::<i64>().unwrap(), 7);
    }

    #[tokio::test]
    async fn what_takes_too_long_is_broken_off_and_makes_room() {
        let scans = scans(1, Duration::from_secs(1));
        for _ in 0..2 {
            let long = scans.query(LONG, &[]).await;
            assert!(matches!(long, Err(StoreError::Overrun)));
            assert!(scans.query("SELECT 7", &[]).await.is_ok());
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let scans = Arc::new(scans(1, Duration::from_secs(20)));
        let given_up: Vec<_> = (0..50)
            .map(|_| {
                let scans = Arc::clone(&scans);
                tokio::spawn(async move { scans.query(LONG, &[]).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        for one in &given_up {
            one.abort();
        }
        // The one that was begun is broken off, the others are passed over.
        assert!(scans.query("SELECT 7", &[]).await.is_ok());
    }
}
