//! Looks through a database for damage, on a thread and a connection of its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use rusqlite::ErrorCode;
use tokio::sync::oneshot;

use super::{Failure, connect_to_read, unavailable};
use crate::StoreError;
use crate::engine::scans::NICE;

/// Steps of SQLite's machine between two looks at whether to go on.
const STEPS: i32 = 1_000;
/// How many things a check names at the most.
const NAMED: usize = 20;

/// Checks of one database. Dropped, it breaks off the one under way.
pub(super) struct Checks {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    under_way: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Checks {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            stop: Arc::new(AtomicBool::new(false)),
            under_way: Arc::new(AtomicBool::new(false)),
            thread: Mutex::new(None),
        }
    }

    /// What is damaged; one check at a time.
    ///
    /// # Errors
    /// When it cannot be looked.
    pub(super) async fn check(&self) -> Result<Vec<String>, StoreError> {
        let (answer, answered) = oneshot::channel();
        {
            let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
            if self.under_way.swap(true, Ordering::Relaxed) {
                return Err(StoreError::Unavailable("a check is under way".into()));
            }
            let (path, stop) = (self.path.clone(), Arc::clone(&self.stop));
            let under_way = Arc::clone(&self.under_way);
            let check = move || {
                // As for scans: it is about this thread alone.
                let _ = rustix::process::setpriority_process(None, NICE);
                let found = check(&path, &stop).map_err(StoreError::from);
                under_way.store(false, Ordering::Relaxed);
                let _ = answer.send(found);
            };
            let started = Builder::new().name("store-check".into()).spawn(check);
            let started = started.inspect_err(|_| self.under_way.store(false, Ordering::Relaxed));
            *thread = Some(started.map_err(|error| unavailable(&self.path, &error))?);
        }
        let closed = |_| StoreError::Unavailable("the store is closed".into());
        answered.await.map_err(closed)?
    }
}

impl Drop for Checks {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            let _ = thread.join();
        }
    }
}

/// Table by table, each with its indexes: the log cannot be begun anew while one is read. What SQLite says
/// names tables, indexes and pages, and nothing that is in them.
fn check(path: &Path, stop: &Arc<AtomicBool>) -> Result<Vec<String>, Failure> {
    let connection = connect_to_read(path)?;
    let stop = Arc::clone(stop);
    connection.progress_handler(STEPS, Some(move || stop.load(Ordering::Relaxed)))?;
    let tables = {
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let mut statement = connection.prepare(sql)?;
        let tables = statement.query_map([], |row| row.get(0))?;
        tables.collect::<rusqlite::Result<Vec<String>>>()?
    };
    let mut damage = Vec::new();
    for table in tables {
        let checked = connection.pragma(None, "quick_check", &table, |row| {
            let said: String = row.get(0)?;
            if said != "ok" {
                damage.push(format!("{table}: {}", said.replace('\n', " ")));
            }
            Ok(())
        });
        match checked {
            // So damaged that it cannot be looked through.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                damage.push(format!("{table}: {error}"));
            }
            checked => checked?,
        }
    }
    damage.truncate(NAMED);
    Ok(damage)
}
