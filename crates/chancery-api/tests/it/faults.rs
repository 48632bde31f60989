//! Storage that fails when it is told to.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chancery_store::{Engine, Row, StoreError, Transaction, Value};

/// An engine that lets everything through to another one, except what it was told not to.
pub(crate) struct Faults {
    engine: Arc<dyn Engine>,
    panic_on: Mutex<Option<&'static str>>,
    refuse: Mutex<Option<&'static str>>,
}

impl Faults {
    pub(crate) fn before(engine: Arc<dyn Engine>) -> Arc<Self> {
        Arc::new(Self {
            engine,
            panic_on: Mutex::new(None),
            refuse: Mutex::new(None),
        })
    }

    /// From now on a query of this table panics.
    pub(crate) fn panic_on(&self, table: &'static str) {
        *self.panic_on.lock().unwrap() = Some(table);
    }

    /// From now on a transaction of this name fails, as on a full disk; `None` heals it.
    pub(crate) fn refuse(&self, transaction: Option<&'static str>) {
        *self.refuse.lock().unwrap() = transaction;
    }
}

#[async_trait]
impl Engine for Faults {
    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let table = *self.panic_on.lock().unwrap();
        if let Some(table) = table {
            assert!(!sql.contains(&format!("FROM {table}")), "secret-of-a-panic");
        }
        self.engine.query(sql, params).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        let refused = *self.refuse.lock().unwrap();
        if refused == Some(transaction.name()) {
            return Err(StoreError::Engine("secret-of-the-disk".into()));
        }
        self.engine.commit(transaction).await
    }
}
