//! Agencies: what an account lets a service do in its name.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError};

table! {
    /// An agency.
    pub struct AgencyRow in "agencies" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// What it is for; an account has one for each purpose.
        pub purpose: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The agency of the account for a purpose.
    pub async fn agency(
        &self,
        domain_id: &str,
        purpose: &str,
    ) -> Result<Option<AgencyRow>, StoreError> {
        let tail = "WHERE domain_id = $1 AND purpose = $2";
        self.first(tail, params![domain_id, purpose]).await
    }
}

impl Transaction {
    /// Adds an agency. A duplicate of [`crate::label::AGENCIES_PURPOSE`] when the account has one
    /// for the purpose.
    pub fn insert_agency(&mut self, row: &AgencyRow) -> &mut Self {
        self.insert(row)
    }
}
