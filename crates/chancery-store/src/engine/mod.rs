//! The engines: what a database has to do for the store.

mod deaths;
mod postgres;
mod queue;
mod scans;
mod sqlite;

use async_trait::async_trait;

use crate::StoreError;
use crate::transaction::{Expect, Transaction};
use crate::value::{Row, Value};

pub use postgres::Patience;
pub(crate) use postgres::PostgresEngine;
pub(crate) use sqlite::SqliteEngine;
pub use sqlite::backup_sqlite;

/// A database. It knows statements and audit chains, and nothing of resources.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The rows of a query with the placeholders `$1`, `$2`, ...
    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// The same for a query that may look at many rows: it holds up no other caller. Those of one
    /// account take turns with those of others; an account without a name is the desk itself.
    ///
    /// # Errors
    /// [`StoreError::Overrun`] when it takes too long, [`StoreError::Crowded`] when too many wait.
    async fn scan(
        &self,
        account: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let _ = account;
        self.query(sql, params).await
    }

    /// Stores a transaction with its audit entries and returns when it is durable.
    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError>;

    /// Whether the database can be read, and would take what is written as far as can be told without
    /// writing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the reason.
    async fn check(&self) -> Result<(), StoreError> {
        self.query(crate::migrate::VERSION, &[]).await.map(|_| ())
    }

    /// Looks through the whole database for damage, and holds nobody up; what is damaged, in words that
    /// name nothing stored. PostgreSQL looks after itself.
    ///
    /// # Errors
    /// When it cannot be looked.
    async fn damage(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// Whether the process that had the database before did not stop of itself.
    fn was_cut_off(&self) -> bool {
        false
    }

    /// Waits until the engine cannot go on, because a thread or a task of it has died or its files are gone,
    /// and answers why. It will not come back: the process has to end.
    async fn died(&self) -> String {
        std::future::pending().await
    }
}

impl Expect {
    /// Whether a statement that changed (or, if it changes nothing, found) `rows` rows did what
    /// was expected.
    fn met_by(self, rows: u64) -> Result<(), StoreError> {
        match self {
            Self::One(label) if rows != 1 => Err(StoreError::Conflict(label)),
            _ => Ok(()),
        }
    }
}
