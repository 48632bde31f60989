//! Accounts.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// An account.
    pub struct DomainRow in "domains" {
        /// 32 hex digits.
        pub id: String,
        /// Unique.
        pub name: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// Whether its users can call.
        pub enabled: bool,
    }
}

impl Store {
    /// The account with this id.
    pub async fn domain(&self, id: &str) -> Result<Option<DomainRow>, StoreError> {
        self.first("WHERE id = $1", params![id]).await
    }

    /// The account with this name.
    pub async fn domain_by_name(&self, name: &str) -> Result<Option<DomainRow>, StoreError> {
        self.first("WHERE name = $1", params![name]).await
    }

    /// All accounts, by name.
    pub async fn domains(&self) -> Result<Vec<DomainRow>, StoreError> {
        self.all("ORDER BY name", params![]).await
    }
}

impl Transaction {
    /// Adds an account.
    pub fn insert_domain(&mut self, row: &DomainRow) -> &mut Self {
        self.insert(row)
    }

    /// Lets the users of an account call, or not any more. Conflicts with [`label::DOMAIN`].
    pub fn set_domain_enabled(&mut self, id: &str, enabled: bool) -> &mut Self {
        let sql = "UPDATE domains SET enabled = $2 WHERE id = $1";
        self.one(label::DOMAIN, sql, params![id, enabled])
    }
}
