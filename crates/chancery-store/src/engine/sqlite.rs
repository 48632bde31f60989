//! SQLite: a few connections that read, and one thread that writes.
//!
//! Point reads run on the caller's thread: one takes a few microseconds, less than handing it to
//! another thread would. What looks at many rows has threads of its own ([`super::scans`]).

mod backup;
mod check;
mod file;
mod mark;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, ffi, params_from_iter};

use self::check::Checks;
use self::file::{Held, unavailable};
use self::mark::Usage;
use self::writer::WriterThread;
use super::Engine;
use super::deaths::Deaths;
use super::queue::{Writer, queue};
use super::scans::Scans;
use crate::transaction::Transaction;
use crate::value::{Row, Value};
use crate::{StoreError, label, migrate};

pub use backup::backup_sqlite;

/// Connections for point reads.
const READERS: usize = 4;
/// Threads for reads of many rows.
const SCANNERS: usize = 2;
/// What finds the table of versions.
const VERSIONS: &str = "type = 'table' AND name = 'schema_version'";
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

/// The last connection that is closed leaves the log as it is, unless that is a clean stop: else any end
/// would take it away, and a file that is still marked as in use would look like a copy without it.
const KEEP_LOG: DbConfig = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;

pub(crate) struct SqliteEngine {
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    scans: Option<Scans>,
    checks: Option<Checks>,
    writer: Option<Writer>,
    thread: Option<JoinHandle<WriterThread>>,
    deaths: Deaths,
    cut_off: bool,
    /// Held as long as a connection is open; dropped last.
    _file: Held,
}

impl SqliteEngine {
    /// Opens or makes a database. `accept_incomplete` takes a copy that lacks its last commits.
    pub(crate) fn open(path: &Path, accept_incomplete: bool) -> Result<Self, StoreError> {
        let file = Held::open(path)?;
        let usage = Usage::look(file.file(), file.log(), accept_incomplete)?;
        let cut_off = usage.was_cut_off();
        let connection = connect(path)?;
        let places = file.place()?;
        check_ours(&connection)?;
        let deaths = Deaths::new();
        let mut task = WriterThread::new(connection, path, usage, places, deaths.clone());
        task.migrate()?;
        let readers = (0..READERS)
            .map(|_| connect_to_read(path).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        let scanners = (0..SCANNERS)
            .map(|_| connect_to_read(path))
            .collect::<Result<_, _>>()?;
        let scans = Scans::start(scanners).map_err(|error| unavailable(path, &error))?;
        let (writer, mut queue) = queue();
        let thread = deaths
            .thread("store-writer", "the writer of the database", move || {
                task.run(&mut queue)
            })
            .map_err(|error| unavailable(path, &error))?;
        Ok(Self {
            readers,
            next_reader: AtomicUsize::new(0),
            scans: Some(scans),
            checks: Some(Checks::of(path)),
            writer: Some(writer),
            thread: Some(thread),
            deaths,
            cut_off,
            _file: file,
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
        match &self.scans {
            Some(scans) => scans.query(account, sql, params).await,
            None => Err(closed()),
        }
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.commit(transaction).await,
            None => Err(closed()),
        }
    }

    async fn damage(&self) -> Result<Vec<String>, StoreError> {
        match &self.checks {
            Some(checks) => checks.check().await,
            None => Err(closed()),
        }
    }

    fn was_cut_off(&self) -> bool {
        self.cut_off
    }

    async fn died(&self) -> String {
        self.deaths.first().await
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".into())
}

/// Waits until the writer has stored what it was given, and brings all of it into the file.
impl Drop for SqliteEngine {
    fn drop(&mut self) {
        self.writer = None;
        let writer = self.thread.take().map(JoinHandle::join);
        // Who reads keeps the log from being emptied.
        self.checks = None;
        self.scans = None;
        self.readers.clear();
        if let Some(Ok(writer)) = writer {
            writer.close();
        }
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let setup = || {
        let connection = Connection::open(path)?;
        connection.set_db_config(KEEP_LOG, true)?;
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

/// That the database is empty or one of ours.
fn check_ours(connection: &Connection) -> Result<(), StoreError> {
    let count = |condition: &str| -> Result<i64, Failure> {
        let sql = format!("SELECT count(*) FROM sqlite_master WHERE {condition}");
        Ok(connection.query_row(&sql, [], |row| row.get(0))?)
    };
    match count("type = 'table'")? > 0 && count(VERSIONS)? == 0 {
        true => Err(StoreError::Invalid(
            "the file is a database of another program",
        )),
        false => Ok(()),
    }
}

/// The SQL that brings the schema up to date.
fn pending(connection: &Connection) -> Result<String, Failure> {
    let number =
        |sql: &str| -> rusqlite::Result<i64> { connection.query_row(sql, [], |row| row.get(0)) };
    let count = format!("SELECT count(*) FROM sqlite_master WHERE {VERSIONS}");
    if number(&count)? > 0 {
        let found = number(migrate::VERSION)?;
        return Ok(migrate::pending(found, &migrate::SQLITE)?);
    }
    let first = migrate::pending(0, &migrate::SQLITE)?;
    Ok(migrate::version_table(&migrate::SQLITE) + &first)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let mut steps = || -> Result<(), Failure> {
        let transaction = connection.transaction()?;
        transaction.execute_batch(&pending(&transaction)?)?;
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
            (_, ErrorCode::DatabaseCorrupt) => Self::Engine(format!(
                "{error}: the database is damaged, and has to be restored (docs/operations.md)"
            )),
            (_, ErrorCode::NotADatabase) => Self::Invalid("the file is not a database"),
            _ => Self::Engine(error.to_string()),
        }
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
