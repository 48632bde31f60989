//! The store: an engine behind typed reads and transactions.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use crate::engine::{Engine, Patience, PostgresEngine, SqliteEngine};
use crate::list::{Filter, Listing, Page, Sort, order};
use crate::table::Table;
use crate::transaction::{Transaction, has_nul};
use crate::value::{Row, Value};
use crate::{StoreError, stored};

/// How long [`Store::check`] waits for the database.
const CHECK: Duration = Duration::from_secs(3);

/// The store. Clones share one engine; it closes when the last of them is dropped.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
    /// Whether the last commit failed for no fault of its own.
    failing: Arc<AtomicBool>,
    /// The time of the last entry of the audit that was committed here; 0 when there was none.
    newest: Arc<AtomicI64>,
}

impl Store {
    /// Opens or creates the SQLite database at `path` and brings its schema up to date.
    ///
    /// One process at a time has it open: the audit chain of a file has one writer, `local`.
    ///
    /// # Errors
    /// [`StoreError::UnknownSchema`] when a newer program wrote it, [`StoreError::Unavailable`]
    /// when another process has it open, [`StoreError::Invalid`] when it is not a database of ours, or
    /// does not have all that was committed.
    pub async fn open_sqlite(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let engine = SqliteEngine::open(path.as_ref(), false)?;
        Ok(Self::from_engine(Arc::new(engine)))
    }

    /// [`Store::open_sqlite`] for a copy that lacks its last commits: it was made while the database was
    /// in use, and without the write-ahead log.
    ///
    /// # Errors
    /// As for any other database.
    pub async fn open_incomplete_sqlite(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let engine = SqliteEngine::open(path.as_ref(), true)?;
        Ok(Self::from_engine(Arc::new(engine)))
    }

    /// Connects to the PostgreSQL database at `url` and brings its schema up to date.
    ///
    /// `writer` names the audit chain of this process; it must be new for every process start
    /// (random), as many processes write to one database.
    ///
    /// # Errors
    /// [`StoreError::UnknownSchema`] when a newer program wrote it, [`StoreError::Unavailable`]
    /// when it cannot be reached, [`StoreError::Invalid`] when its encoding is not UTF-8.
    pub async fn open_postgres(url: &str, writer: &str) -> Result<Self, StoreError> {
        Self::open_postgres_with(url, writer, Patience::default()).await
    }

    /// The same with another patience than is usual.
    ///
    /// # Errors
    /// As [`Store::open_postgres`].
    pub async fn open_postgres_with(
        url: &str,
        writer: &str,
        patience: Patience,
    ) -> Result<Self, StoreError> {
        Ok(Self::from_engine(Arc::new(
            PostgresEngine::open(url, writer, patience).await?,
        )))
    }

    /// A store over another engine, such as one that wraps [`Store::engine`] to observe it.
    pub fn from_engine(engine: Arc<dyn Engine>) -> Self {
        Self {
            engine,
            failing: Arc::default(),
            newest: Arc::new(AtomicI64::new(0)),
        }
    }

    /// The engine below.
    pub fn engine(&self) -> Arc<dyn Engine> {
        Arc::clone(&self.engine)
    }

    /// Looks through the whole database for damage, and holds nobody up: answers what is damaged, in
    /// words that name nothing stored. PostgreSQL looks after itself.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be looked.
    pub async fn damage(&self) -> Result<Vec<String>, StoreError> {
        self.engine.damage().await
    }

    /// Whether the process that had the database before did not stop of itself.
    pub fn was_cut_off(&self) -> bool {
        self.engine.was_cut_off()
    }

    /// The time of the last entry of the audit that was committed here, in milliseconds since 1970 UTC.
    pub fn newest_committed(&self) -> Option<i64> {
        Some(self.newest.load(Ordering::Relaxed)).filter(|newest| *newest > 0)
    }

    /// Stores a transaction, all of it or nothing, and returns when it is durable.
    ///
    /// A transaction that was handed to the engine is carried out even if the caller stops
    /// waiting.
    ///
    /// # Errors
    /// [`StoreError::Duplicate`] and [`StoreError::Conflict`] of its own statements,
    /// [`StoreError::Invalid`] for text with a NUL character, or a failure of the engine.
    pub async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        transaction.check()?;
        if transaction.statements.is_empty() && transaction.audit.is_empty() {
            return Ok(());
        }
        let name = transaction.name;
        let newest = transaction.audit.last().map(|entry| entry.at);
        let result = self.engine.commit(transaction).await;
        let failing = match &result {
            Err(StoreError::Unavailable(_) | StoreError::UnknownOutcome(_)) => true,
            Err(StoreError::Engine(_)) => self.failing.load(Ordering::Relaxed),
            _ => false,
        };
        self.failing.store(failing, Ordering::Relaxed);
        if result.is_ok() {
            stored::note();
            if let Some(newest) = newest {
                self.newest.store(newest, Ordering::Relaxed);
            }
        }
        result.map_err(|error| error.of(name))
    }

    /// Whether the database can be read from, and takes what is written as far as can be told cheaply: after
    /// a commit that failed, something is written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or what else the database said; an answer takes three seconds at
    /// most, unless a disk stands still.
    pub async fn check(&self) -> Result<(), StoreError> {
        let asked = async {
            self.engine.check().await?;
            if self.failing.load(Ordering::Relaxed) {
                let mut tx = Transaction::new("storage.check");
                tx.put_setting("storage.check", b"");
                self.commit(tx).await?;
            }
            Ok(())
        };
        timeout(CHECK, asked).await.unwrap_or_else(|_| {
            let text = "the database does not answer in time";
            Err(StoreError::Unavailable(text.into()))
        })
    }

    /// Waits until the engine cannot go on, because a part of it has died or its files are gone, and answers
    /// why. It will not come back: the process has to end.
    pub async fn died(&self) -> String {
        self.engine.died().await
    }

    /// Rows of a query. No stored text holds a NUL character, so nothing matches one.
    pub(crate) async fn rows(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        if params.iter().any(has_nul) {
            return Ok(Vec::new());
        }
        self.engine.query(sql, params).await
    }

    /// Rows of a query that may look at many, away from the threads that serve, and in turns by
    /// account; one without a name is the desk itself.
    pub(crate) async fn scan(
        &self,
        account: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        if params.iter().any(has_nul) {
            return Ok(Vec::new());
        }
        self.engine.scan(account, sql, params).await
    }

    /// The number that a query for one number answers.
    pub(crate) async fn number(&self, sql: &str, params: &[Value]) -> Result<i64, StoreError> {
        match self.rows(sql, params).await?.into_iter().next() {
            Some(mut row) => row.take(),
            None => Ok(0),
        }
    }

    /// Rows of a table; `tail` is what follows the table's name.
    pub(crate) async fn all<T: Table>(
        &self,
        tail: &str,
        params: Vec<Value>,
    ) -> Result<Vec<T>, StoreError> {
        let sql = format!("SELECT {} FROM {} {tail}", T::columns(), T::NAME);
        self.rows(&sql, &params)
            .await?
            .into_iter()
            .map(T::from_row)
            .collect()
    }

    /// The first row of a table that `tail` selects.
    pub(crate) async fn first<T: Table>(
        &self,
        tail: &str,
        params: Vec<Value>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(tail, params).await?.into_iter().next())
    }

    /// The enterprise projects that rows of an account in a table are filed under.
    pub(crate) async fn enterprise_projects_of<T: Table>(
        &self,
        domain_id: &str,
    ) -> Result<Vec<String>, StoreError> {
        let table = T::NAME;
        let sql =
            format!("SELECT DISTINCT enterprise_project_id FROM {table} WHERE domain_id = $1");
        let rows = self
            .scan(domain_id, &sql, &[Value::from(domain_id)])
            .await?;
        rows.into_iter().map(|mut row| row.take()).collect()
    }

    /// How many rows of a table a filter lets through, for an account.
    pub(crate) async fn count<T: Table>(
        &self,
        account: &str,
        filter: Filter,
    ) -> Result<u64, StoreError> {
        let (condition, params) = filter.finish();
        let sql = format!("SELECT count(*) FROM {} WHERE {condition}", T::NAME);
        let rows = self.scan(account, &sql, &params).await?;
        let number = rows.into_iter().next().map(|mut row| row.take::<i64>());
        Ok(number.transpose()?.unwrap_or_default().unsigned_abs())
    }

    /// One page of the rows that a filter lets through, and how many there are in all, for an account.
    pub(crate) async fn list<T: Table, S: Sort>(
        &self,
        account: &str,
        filter: Filter,
        page: &Page<S>,
    ) -> Result<Listing<T>, StoreError> {
        let total = self.count::<T>(account, filter.clone()).await?;
        let listed = self.listed(account, filter, page).await?;
        Ok(Listing { total, ..listed })
    }

    /// The same without the total, which is that of the rows.
    pub(crate) async fn listed<T: Table, S: Sort>(
        &self,
        account: &str,
        filter: Filter,
        page: &Page<S>,
    ) -> Result<Listing<T>, StoreError> {
        let (condition, mut params) = filter.finish();
        let (order, count) = (order(page), params.len());
        params.extend([
            Value::Int(page.limit.into()),
            Value::Int(page.offset.into()),
        ]);
        let (limit, offset) = (count + 1, count + 2);
        let tail = format!("WHERE {condition} ORDER BY {order} LIMIT ${limit} OFFSET ${offset}");
        let sql = format!("SELECT {} FROM {} {tail}", T::columns(), T::NAME);
        let rows = self.scan(account, &sql, &params).await?.into_iter();
        let rows: Vec<T> = rows.map(T::from_row).collect::<Result<_, _>>()?;
        Ok(Listing {
            total: rows.len() as u64,
            rows,
        })
    }
}
