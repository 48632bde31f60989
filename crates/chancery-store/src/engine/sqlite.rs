//! SQLite: a few connections that read, and one thread that writes.
//!
//! Point reads run on the caller's thread: one takes a few microseconds, less than handing it to
//! another thread would. What looks at many rows has threads of its own ([`super::scans`]).

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, ffi, params_from_iter};

use super::Engine;
use super::queue::{Job, Queue, Writer, queue};
use super::scans::Scans;
use crate::audit::Place;
use crate::table::Table;
use crate::transaction::Transaction;
use crate::value::{Row, Value};
use crate::{StoreError, label, migrate};

/// A file has one writer, and so one audit chain.
const WRITER: &str = "local";
/// Connections for point reads.
const READERS: usize = 4;
/// Threads for reads of many rows.
const SCANNERS: usize = 2;
/// Statements that a connection keeps prepared.
const PREPARED: usize = 256;
/// For every connection. With `synchronous = FULL` a commit is on the disk when it returns. Ids are
/// random, so that a group of certificates touches many pages; the write-ahead log may grow to 40
/// MB before they are copied into the database, which costs two more syncs. What a statement needs for
/// itself stays in memory: there may be no folder for temporary files that can be written to.
const SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA wal_autocheckpoint = 10000; \
                     PRAGMA temp_store = MEMORY; \
                     PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;";

pub(crate) struct SqliteEngine {
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    scans: Scans,
    writer: Option<Writer>,
    thread: Option<JoinHandle<()>>,
    /// Held as long as the file is open; dropped last.
    _lock: File,
}

impl SqliteEngine {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock(path)?;
        drop(open_private(path).map_err(|error| unavailable(path, &error))?);
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        let readers = (0..READERS)
            .map(|_| connect_to_read(path).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        let scanners = (0..SCANNERS)
            .map(|_| connect_to_read(path))
            .collect::<Result<_, _>>()?;
        let scans = Scans::start(scanners).map_err(|error| unavailable(path, &error))?;
        let (writer, mut queue) = queue();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                WriterThread {
                    connection,
                    place: None,
                }
                .run(&mut queue)
            })
            .map_err(|error| unavailable(path, &error))?;
        Ok(Self {
            readers,
            next_reader: AtomicUsize::new(0),
            scans,
            writer: Some(writer),
            thread: Some(thread),
            _lock: lock,
        })
    }

    /// A connection that nobody uses, or else the next one in turn once it is free.
    fn reader(&self) -> MutexGuard<'_, Connection> {
        if let Some(free) = self
            .readers
            .iter()
            .find_map(|reader| reader.try_lock().ok())
        {
            return free;
        }
        let turn = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        self.readers[turn]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        Ok(query(&self.reader(), sql, params)?)
    }

    async fn scan(
        &self,
        account: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.scans.query(account, sql, params).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.commit(transaction).await,
            None => Err(StoreError::Unavailable("the store is closed".into())),
        }
    }
}

/// Waits until the writer has stored what it was given.
impl Drop for SqliteEngine {
    fn drop(&mut self) {
        self.writer = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The thread that writes.
struct WriterThread {
    connection: Connection,
    /// The end of the audit chain as far as it is committed; `None` when it has to be read.
    place: Option<Place>,
}

impl WriterThread {
    fn run(mut self, queue: &mut Queue) {
        while let Some(group) = queue.blocking_group() {
            match self.group(&group) {
                Ok(results) => {
                    for (job, result) in group.into_iter().zip(results) {
                        job.answer(result);
                    }
                }
                Err(error) => {
                    let error = StoreError::from(error);
                    // It is an error when there is nothing to roll back, and then all is well.
                    let _ = self.connection.execute_batch("ROLLBACK");
                    self.place = None;
                    for job in group {
                        job.answer(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Commits a group; the results are those of its transactions. On an error nothing of the
    /// group is stored, but for [`StoreError::UnknownOutcome`].
    fn group(&mut self, group: &[Job]) -> Result<Vec<Result<(), StoreError>>, Failure> {
        self.connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut place = match self.place {
            Some(place) => place,
            None => {
                let last = query(&self.connection, Place::LAST, &[Value::from(WRITER)])?;
                Place::from_row(last.into_iter().next())?
            }
        };
        let mut results = Vec::with_capacity(group.len());
        for job in group {
            self.connection.execute_batch("SAVEPOINT one")?;
            results.push(match self.apply(&job.transaction, place) {
                Ok(after) => {
                    self.connection.execute_batch("RELEASE one")?;
                    place = after;
                    Ok(())
                }
                Err(failure) => {
                    self.connection
                        .execute_batch("ROLLBACK TO one; RELEASE one")?;
                    Err(failure.into())
                }
            });
        }
        let committed = self.connection.execute_batch("COMMIT");
        committed.map_err(not_committed)?;
        self.place = Some(place);
        Ok(results)
    }

    /// Runs one transaction; answers the end of the audit chain after it.
    fn apply(&self, transaction: &Transaction, mut place: Place) -> Result<Place, Failure> {
        for statement in &transaction.statements {
            let rows = execute(&self.connection, &statement.sql, &statement.params)?;
            statement.expect.met_by(rows)?;
        }
        for entry in &transaction.audit {
            let (after, row) = place.append(WRITER, entry);
            execute(&self.connection, crate::AuditRow::insert(), &row.values())?;
            place = after;
        }
        Ok(place)
    }
}

/// Takes the file that says a process has the database open.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = open_private(&name).map_err(|error| unavailable(&name, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let text = format!("another process has {} open", path.display());
            Err(StoreError::Unavailable(text))
        }
        Err(TryLockError::Error(error)) => Err(unavailable(&name, &error)),
    }
}

/// Opens or creates a file that only its owner reads. SQLite gives its other files the same mode.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unavailable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let setup = || {
        let connection = Connection::open(path)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.execute_batch(SETUP)?;
        Ok(connection)
    };
    setup().map_err(|error| StoreError::from(Failure::Sqlite(error)))
}

fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(Failure::Sqlite)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let number = |connection: &Connection, sql: &str| -> Result<i64, Failure> {
        Ok(connection.query_row(sql, [], |row| row.get(0))?)
    };
    let tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table'";
    let ours = "SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'";
    if number(connection, tables)? > 0 && number(connection, ours)? == 0 {
        return Err(StoreError::Invalid(
            "the file is a database of another program",
        ));
    }
    let mut steps = || -> Result<(), Failure> {
        let transaction = connection.transaction()?;
        transaction.execute_batch(&migrate::version_table(&migrate::SQLITE))?;
        let found = number(&transaction, migrate::VERSION)?;
        transaction.execute_batch(&migrate::pending(found, &migrate::SQLITE)?)?;
        Ok(transaction.commit()?)
    };
    Ok(steps()?)
}

/// `$1` of the store is `?1` here: a name that starts with `$` would be numbered by its first use.
fn prepare<'a>(
    connection: &'a Connection,
    sql: &str,
) -> rusqlite::Result<rusqlite::CachedStatement<'a>> {
    connection.prepare_cached(&sql.replace('$', "?"))
}

pub(super) fn query(
    connection: &Connection,
    sql: &str,
    params: &[Value],
) -> Result<Vec<Row>, Failure> {
    let mut statement = prepare(connection, sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(params))?;
    let mut answer = Vec::new();
    while let Some(row) = rows.next()? {
        let cells = (0..columns).map(|column| cell(row.get_ref(column)?));
        answer.push(Row::new(cells.collect::<Result<_, _>>()?));
    }
    Ok(answer)
}

/// Runs a statement and answers how many rows it changed, or found if it changes nothing.
fn execute(connection: &Connection, sql: &str, params: &[Value]) -> Result<u64, Failure> {
    let mut statement = prepare(connection, sql)?;
    if !statement.readonly() {
        return Ok(statement.execute(params_from_iter(params))? as u64);
    }
    let mut rows = statement.query(params_from_iter(params))?;
    let mut found = 0;
    while rows.next()?.is_some() {
        found += 1;
    }
    Ok(found)
}

fn cell(value: ValueRef<'_>) -> Result<Value, Failure> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text)?.to_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => {
            return Err(StoreError::Engine("a column holds a fraction".into()).into());
        }
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What goes wrong in here, before it is an error of the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Utf8(#[from] std::str::Utf8Error),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let error = match failure {
            Failure::Store(error) => return error,
            Failure::Utf8(error) => return Self::Engine(error.to_string()),
            Failure::Sqlite(error) => error,
        };
        let rusqlite::Error::SqliteFailure(code, text) = &error else {
            return Self::Engine(error.to_string());
        };
        match (code.extended_code, code.code) {
            (ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY, _) => {
                Self::Duplicate(unique_key(text.as_deref().unwrap_or_default()))
            }
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, _) => Self::Conflict(label::REFERENCE),
            (
                _,
                ErrorCode::CannotOpen
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::Unavailable(error.to_string()),
            (_, ErrorCode::NotADatabase) => Self::Invalid("the file is not a database"),
            _ => Self::Engine(error.to_string()),
        }
    }
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

/// The label for `UNIQUE constraint failed: users.domain_id, users.name`.
fn unique_key(text: &str) -> &'static str {
    let columns = text.rsplit(": ").next().unwrap_or_default();
    let mut name = String::new();
    for column in columns.split(", ") {
        let (table, column) = column.split_once('.').unwrap_or_default();
        if name.is_empty() {
            name.push_str(table);
        }
        name.push('_');
        name.push_str(column);
    }
    label::unique_key(&name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What was answered for must be on the disk, and what SQLite does not check it must be told to.
    #[test]
    fn connections_are_durable_and_check_references() {
        let folder = tempfile::tempdir().unwrap();
        let connection = connect(&folder.path().join("db")).unwrap();
        let setting = |name: &str| -> String {
            let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
            connection.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(setting("journal_mode"), "wal");
        assert_eq!(setting("synchronous"), "2");
        assert_eq!(setting("foreign_keys"), "1");
        assert_eq!(setting("temp_store"), "2", "in memory");
    }

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

    #[test]
    fn columns_name_the_key() {
        let text = "UNIQUE constraint failed: users.domain_id, users.name";
        assert_eq!(unique_key(text), label::USERS_NAME);
        assert_eq!(
            unique_key("UNIQUE constraint failed: domains.id"),
            label::DOMAINS_ID
        );
        assert_eq!(unique_key(""), "unknown key");
    }
}
