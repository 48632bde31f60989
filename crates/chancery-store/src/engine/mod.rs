//! The engines: what a database has to do for the store.

mod postgres;
mod queue;
mod scans;
mod sqlite;

use async_trait::async_trait;

use crate::StoreError;
use crate::transaction::{Expect, Transaction};
use crate::value::{Row, Value};

pub(crate) use postgres::PostgresEngine;
pub(crate) use sqlite::SqliteEngine;

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
