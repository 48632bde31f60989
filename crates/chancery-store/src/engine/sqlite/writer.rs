//! The thread that writes.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, ffi};

use super::file::{Gone, Places};
use super::mark::Usage;
use super::{Failure, KEEP_LOG, connect, execute, migrate, pending, query};
use crate::StoreError;
use crate::audit::Place;
use crate::engine::deaths::Deaths;
use crate::engine::queue::{Job, Queue};
use crate::table::Table;
use crate::transaction::Transaction;
use crate::value::Value;

/// A file has one writer, and so one audit chain.
const WRITER: &str = "local";

/// The thread that writes.
pub(super) struct WriterThread {
    path: PathBuf,
    /// None where the last one could not be brought back to where it began.
    connection: Option<Connection>,
    /// The end of the audit chain as far as it is committed; `None` when it has to be read.
    place: Option<Place>,
    usage: Usage,
    /// The files that commits go to.
    places: Places,
    /// Where it is told that they are gone.
    deaths: Deaths,
}

/// What was committed: how each transaction of the group ended, and the end of the chain after them.
type Committed = (Vec<Result<(), StoreError>>, Place);

impl WriterThread {
    pub(super) fn new(
        connection: Connection,
        path: &Path,
        usage: Usage,
        places: Places,
        deaths: Deaths,
    ) -> Self {
        Self {
            path: path.to_owned(),
            connection: Some(connection),
            place: None,
            usage,
            places,
            deaths,
        }
    }

    pub(super) fn run(mut self, queue: &mut Queue) -> Self {
        while let Some(group) = queue.blocking_group() {
            match self.group(&group) {
                Ok(results) => {
                    for (job, result) in group.into_iter().zip(results) {
                        job.answer(result);
                    }
                }
                Err(error) => {
                    for job in group {
                        job.answer(Err(error.clone()));
                    }
                }
            }
        }
        self
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// When that fails; the schema is as it was.
    pub(super) fn migrate(&mut self) -> Result<(), StoreError> {
        let mut connection = self.take_connection()?;
        let pending = !pending(&connection)?.is_empty();
        // What was accepted is so from then on, whether anything is written or not.
        if pending || self.usage.goes_on_without() {
            self.begin(&connection)?;
        }
        if pending {
            migrate(&mut connection)?;
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// A clean stop. Where it fails the log stays, and the next start goes on as after a crash.
    pub(super) fn close(self) {
        // SQLite removes the log by its name, which may be that of another's.
        let (Some(connection), Ok(())) = (&self.connection, self.places.check()) else {
            return;
        };
        match self.usage.end(connection) {
            Ok(true) => {
                let _ = connection.set_db_config(KEEP_LOG, false);
            }
            Ok(false) => tracing::warn!("the write-ahead log stays: somebody reads the database"),
            Err(error) => tracing::warn!(%error, "the write-ahead log stays"),
        }
    }

    /// Commits a group; the results are those of its transactions. On an error nothing of the
    /// group is stored, but for [`StoreError::UnknownOutcome`].
    fn group(&mut self, group: &[Job]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        self.check_places()?;
        let connection = self.take_connection()?;
        self.begin(&connection)?;
        let committed = commit(&connection, self.place.take(), group);
        if committed.is_err() {
            // It is an error when there is nothing to roll back, and then all is well.
            let _ = connection.execute_batch("ROLLBACK");
        }
        // A connection that still is within the transaction takes no other: it is closed, which takes
        // the transaction back.
        self.connection = Some(connection).filter(Connection::is_autocommit);
        let (results, place) = committed?;
        // Before anybody is told that it is stored. It may be, in a folder that was moved.
        self.check_places().map_err(|error| match error {
            StoreError::Unavailable(text) => StoreError::UnknownOutcome(text),
            error => error,
        })?;
        self.place = Some(place);
        Ok(results)
    }

    fn take_connection(&mut self) -> Result<Connection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect(&self.path),
        }
    }

    /// Marks the file as in use, if it is not yet.
    fn begin(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if self.usage.has_begun() {
            return Ok(self.usage.keep_up(connection)?);
        }
        self.usage.begin(connection)?;
        self.places.add(self.usage.log())
    }

    /// That what is written can be found again.
    fn check_places(&self) -> Result<(), StoreError> {
        self.places.check().map_err(|gone| {
            let (Gone::For(text) | Gone::Perhaps(text)) = &gone;
            let text = text.clone();
            if let Gone::For(reason) = gone {
                self.deaths.tell(format!("nothing can be stored: {reason}"));
            }
            StoreError::Unavailable(text)
        })
    }
}

fn commit(
    connection: &Connection,
    place: Option<Place>,
    group: &[Job],
) -> Result<Committed, StoreError> {
    let run = |sql| connection.execute_batch(sql).map_err(Failure::Sqlite);
    run("BEGIN IMMEDIATE")?;
    let mut place = match place {
        Some(place) => place,
        None => {
            let last = query(connection, Place::LAST, &[Value::from(WRITER)])?;
            Place::from_row(last.into_iter().next())?
        }
    };
    let mut results = Vec::with_capacity(group.len());
    for job in group {
        run("SAVEPOINT one")?;
        results.push(match apply(connection, &job.transaction, place) {
            Ok(after) => {
                run("RELEASE one")?;
                place = after;
                Ok(())
            }
            // A full disk, for one, has SQLite take the whole group back at once.
            Err(failure) if connection.is_autocommit() => return Err(failure.into()),
            Err(failure) => {
                run("ROLLBACK TO one; RELEASE one")?;
                Err(failure.into())
            }
        });
    }
    let committed = connection.execute_batch("COMMIT");
    committed.map_err(not_committed)?;
    Ok((results, place))
}

/// Runs one transaction; answers the end of the audit chain after it.
fn apply(
    connection: &Connection,
    transaction: &Transaction,
    mut place: Place,
) -> Result<Place, Failure> {
    for statement in &transaction.statements {
        let rows = execute(connection, &statement.sql, &statement.params)?;
        statement.expect.met_by(rows)?;
    }
    for entry in &transaction.audit {
        let (after, row) = place.append(WRITER, entry);
        execute(connection, crate::AuditRow::insert(), &row.values())?;
        place = after;
    }
    Ok(place)
}

/// Why a commit failed. What was not written whole is not there: the end of a transaction is its last
/// page. A page that was written and could not be synced may be, when the database is opened again.
fn not_committed(error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error().map(|error| error.extended_code);
    let in_doubt = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
        && code != Some(ffi::SQLITE_IOERR_WRITE);
    match StoreError::from(Failure::Sqlite(error)) {
        StoreError::Unavailable(text) if in_doubt => StoreError::UnknownOutcome(text),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::file::Held;
    use super::*;
    use crate::engine::queue::queue;

    #[test]
    fn a_commit_that_could_not_be_synced_is_in_doubt() {
        let of = |code| not_committed(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for code in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_BUSY,
        ] {
            assert!(matches!(of(code), StoreError::Unavailable(_)), "{code}");
        }
        for code in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_SHMMAP,
        ] {
            assert!(matches!(of(code), StoreError::UnknownOutcome(_)), "{code}");
        }
    }

    fn setting(name: &str, length: usize) -> Transaction {
        let mut tx = Transaction::new("test");
        tx.put_setting(name, &vec![7; length]);
        tx
    }

    /// What a transaction ends with that the writer is handed alone.
    async fn committed(
        writer: &mut WriterThread,
        transaction: Transaction,
    ) -> Result<(), StoreError> {
        let (caller, mut waiting) = queue();
        let (answer, ()) = tokio::join!(caller.commit(transaction), async {
            let group = waiting.group().await.unwrap();
            let results = writer.group(&group);
            for (at, job) in group.into_iter().enumerate() {
                job.answer(
                    results
                        .as_ref()
                        .map_or_else(|e| Err(e.clone()), |all| all[at].clone()),
                );
            }
        });
        answer
    }

    fn writer(folder: &Path) -> WriterThread {
        let path = folder.join("db");
        let file = Held::open(&path).unwrap();
        let usage = Usage::look(file.file(), file.log(), false).unwrap();
        let connection = connect(&path).unwrap();
        let places = file.place().unwrap();
        let mut writer = WriterThread::new(connection, &path, usage, places, Deaths::new());
        writer.migrate().unwrap();
        writer
    }

    fn pragma(writer: &WriterThread, text: &str) {
        let connection = writer.connection.as_ref().unwrap();
        connection
            .query_row(&format!("PRAGMA {text}"), [], |_| Ok(()))
            .ok();
    }

    /// A database that may not grow stands for a disk that is full: nothing is stored, what fits is, and
    /// all is once there is room again.
    #[tokio::test]
    async fn a_database_that_is_full_stores_nothing_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(folder.path());
        committed(&mut writer, setting("before", 10)).await.unwrap();
        pragma(&writer, "max_page_count = 1");
        let full = committed(&mut writer, setting("big", 1 << 20)).await;
        assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
        committed(&mut writer, setting("small", 1)).await.unwrap();
        pragma(&writer, "max_page_count = 1000000");
        committed(&mut writer, setting("big", 1 << 20))
            .await
            .unwrap();
        let other = connect(&folder.path().join("db")).unwrap();
        let names = query(&other, "SELECT name FROM settings ORDER BY name", &[]).unwrap();
        assert_eq!(names.len(), 3);
    }

    #[tokio::test]
    async fn a_database_that_is_only_read_stores_nothing_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(folder.path());
        pragma(&writer, "query_only = ON");
        let refused = committed(&mut writer, setting("one", 1)).await;
        assert!(
            matches!(refused, Err(StoreError::Unavailable(_))),
            "{refused:?}"
        );
        pragma(&writer, "query_only = OFF");
        committed(&mut writer, setting("one", 1)).await.unwrap();
    }

    /// Another process holds the lock of writers for longer than is waited for it.
    #[tokio::test]
    async fn a_database_that_another_writes_to_stores_nothing_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(folder.path());
        pragma(&writer, "busy_timeout = 10");
        let other = connect(&folder.path().join("db")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let refused = committed(&mut writer, setting("one", 1)).await;
        assert!(
            matches!(refused, Err(StoreError::Unavailable(_))),
            "{refused:?}"
        );
        other.execute_batch("ROLLBACK").unwrap();
        committed(&mut writer, setting("one", 1)).await.unwrap();
    }

    /// A connection that stays within its transaction is given up for a new one.
    #[tokio::test]
    async fn a_connection_that_cannot_go_back_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = writer(folder.path());
        writer.connection = None;
        committed(&mut writer, setting("one", 1)).await.unwrap();
        assert!(writer.connection.is_some());
    }
}
