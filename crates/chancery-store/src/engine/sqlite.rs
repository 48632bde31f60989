//! SQLite: a few connections that read, and one thread that writes.
//!
//! Point reads run on the caller's thread: one takes a few microseconds, less than handing it to
//! another thread would. What looks at many rows has threads of its own ([`super::scans`]).

mod backup;
mod check;
mod file;
mod mark;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, ffi, params_from_iter};
use tokio::sync::watch;

use self::check::Checks;
use self::file::{Gone, Held, Places, unavailable};
use self::mark::Usage;
use super::Engine;
use super::queue::{Job, Queue, Writer, queue};
use super::scans::Scans;
use crate::audit::Place;
use crate::table::Table;
use crate::transaction::Transaction;
use crate::value::{Row, Value};
use crate::{StoreError, label, migrate};

pub use backup::backup_sqlite;

/// A file has one writer, and so one audit chain.
const WRITER: &str = "local";
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
    /// Why nothing can be stored any more.
    gone: watch::Receiver<Option<String>>,
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
        let (writer, mut queue) = queue();
        let (tell, gone) = watch::channel(None);
        let mut thread = WriterThread {
            connection,
            place: None,
            usage,
            places,
            gone: tell,
        };
        thread.migrate()?;
        let readers = (0..READERS)
            .map(|_| connect_to_read(path).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        let scanners = (0..SCANNERS)
            .map(|_| connect_to_read(path))
            .collect::<Result<_, _>>()?;
        let scans = Scans::start(scanners).map_err(|error| unavailable(path, &error))?;
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || thread.run(&mut queue))
            .map_err(|error| unavailable(path, &error))?;
        Ok(Self {
            readers,
            next_reader: AtomicUsize::new(0),
            scans: Some(scans),
            checks: Some(Checks::of(path)),
            writer: Some(writer),
            thread: Some(thread),
            gone,
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

    async fn scan(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        match &self.scans {
            Some(scans) => scans.query(sql, params).await,
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

    async fn gone(&self) -> String {
        let mut gone = self.gone.clone();
        match gone.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(_) => "the thread that writes has ended".into(),
        }
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

/// The thread that writes.
struct WriterThread {
    connection: Connection,
    /// The end of the audit chain as far as it is committed; `None` when it has to be read.
    place: Option<Place>,
    usage: Usage,
    /// The files that commits go to.
    places: Places,
    /// Where it is told that they are gone.
    gone: watch::Sender<Option<String>>,
}

impl WriterThread {
    fn run(mut self, queue: &mut Queue) -> Self {
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
        self
    }

    /// Marks the file as in use, if it is not yet.
    fn begin(&mut self) -> Result<(), Failure> {
        if !self.usage.has_begun() {
            self.usage.begin(&self.connection)?;
            self.places.add(self.usage.log())?;
        }
        Ok(())
    }

    /// Brings the schema up to date.
    fn migrate(&mut self) -> Result<(), StoreError> {
        if !pending(&self.connection)?.is_empty() {
            self.begin()?;
            migrate(&mut self.connection)?;
        }
        Ok(())
    }

    /// That what is written can be found again.
    fn check_places(&self) -> Result<(), StoreError> {
        self.places.check().map_err(|gone| {
            let (Gone::For(text) | Gone::Perhaps(text)) = &gone;
            let text = text.clone();
            if let Gone::For(reason) = gone {
                self.gone.send_replace(Some(reason));
            }
            StoreError::Unavailable(text)
        })
    }

    /// A clean stop. Where it fails the log stays, and the next start goes on as after a crash.
    fn close(self) {
        // SQLite removes the log by its name, which may be that of another's.
        if self.places.check().is_err() {
            return;
        }
        match self.usage.end(&self.connection) {
            Ok(true) => {
                let _ = self.connection.set_db_config(KEEP_LOG, false);
            }
            Ok(false) => tracing::warn!("the write-ahead log stays: somebody reads the database"),
            Err(error) => tracing::warn!(%error, "the write-ahead log stays"),
        }
    }

    /// Commits a group; the results are those of its transactions. On an error nothing of the
    /// group is stored.
    fn group(&mut self, group: &[Job]) -> Result<Vec<Result<(), StoreError>>, Failure> {
        self.check_places()?;
        self.begin()?;
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
        self.connection.execute_batch("COMMIT")?;
        // Before anybody is told that it is stored. It may be, in a folder that was moved.
        self.check_places().map_err(|error| match error {
            StoreError::Unavailable(text) => StoreError::Engine(text),
            error => error,
        })?;
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
