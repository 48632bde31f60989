//! The store: an engine behind typed reads and transactions.

use std::path::Path;
use std::sync::Arc;

use crate::StoreError;
use crate::engine::{Engine, PostgresEngine, SqliteEngine};
use crate::list::{Filter, Listing, Page, Sort, order};
use crate::table::Table;
use crate::transaction::{Transaction, has_nul};
use crate::value::{Row, Value};

/// The store. Clones share one engine; it closes when the last of them is dropped.
#[derive(Clone)]
pub struct Store {
    engine: Arc<dyn Engine>,
}

impl Store {
    /// Opens or creates the SQLite database at `path` and brings its schema up to date.
    ///
    /// One process at a time has it open: the audit chain of a file has one writer, `local`.
    ///
    /// # Errors
    /// [`StoreError::UnknownSchema`] when a newer program wrote it, [`StoreError::Unavailable`]
    /// when another process has it open, [`StoreError::Invalid`] when it is not a database of ours.
    pub async fn open_sqlite(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self::from_engine(Arc::new(SqliteEngine::open(
            path.as_ref(),
        )?)))
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
        Ok(Self::from_engine(Arc::new(
            PostgresEngine::open(url, writer).await?,
        )))
    }

    /// A store over another engine, such as one that wraps [`Store::engine`] to observe it.
    pub fn from_engine(engine: Arc<dyn Engine>) -> Self {
        Self { engine }
    }

    /// The engine below.
    pub fn engine(&self) -> Arc<dyn Engine> {
        Arc::clone(&self.engine)
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
        let result = self.engine.commit(transaction).await;
        if let Err(
            error @ (StoreError::Unavailable(_)
            | StoreError::UnknownOutcome(_)
            | StoreError::Engine(_)),
        ) = &result
        {
            tracing::error!(transaction = name, %error, "transaction failed");
        }
        result
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
        Ok(Listing {
            rows: rows.map(T::from_row).collect::<Result<_, _>>()?,
            total,
        })
    }
}
