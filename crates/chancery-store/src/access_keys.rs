//! Access keys: what requests are signed with.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// An access key.
    pub struct AccessKeyRow in "access_keys" {
        /// The access key id (AK).
        pub access_key: String,
        /// Whose it is.
        pub user_id: String,
        /// The account.
        pub domain_id: String,
        /// The secret (SK), sealed.
        pub sealed_secret: Vec<u8>,
        /// `active` or `inactive`.
        pub status: String,
        /// The user's words.
        pub description: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The access key with this id, of any account: it says which account a request is of.
    pub async fn access_key(&self, access_key: &str) -> Result<Option<AccessKeyRow>, StoreError> {
        self.first("WHERE access_key = $1", params![access_key])
            .await
    }

    /// The access keys of a user, oldest first.
    pub async fn access_keys(
        &self,
        domain_id: &str,
        user_id: &str,
    ) -> Result<Vec<AccessKeyRow>, StoreError> {
        let tail = "WHERE user_id = $1 AND domain_id = $2 ORDER BY created_at, access_key";
        self.all(tail, params![user_id, domain_id]).await
    }
}

impl Transaction {
    /// Adds an access key.
    pub fn insert_access_key(&mut self, row: &AccessKeyRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds an access key if its user has fewer than `limit`. Conflicts with
    /// [`label::ACCESS_KEY`], or with [`label::DOMAIN`] when there is no such account.
    pub fn insert_access_key_up_to(&mut self, row: &AccessKeyRow, limit: i64) -> &mut Self {
        let condition = "(SELECT COUNT(*) FROM access_keys WHERE user_id = {1}) < {2}";
        let more = params![&row.user_id, limit];
        self.insert_if(row, &row.domain_id, (label::ACCESS_KEY, condition), more)
    }

    /// Sets status and description of an access key that is as it was read. Conflicts with
    /// [`label::ACCESS_KEY`].
    pub fn set_access_key(&mut self, old: &AccessKeyRow, new: &AccessKeyRow) -> &mut Self {
        self.replace(label::ACCESS_KEY, (old, new), &["status", "description"])
    }

    /// Deletes an access key. Conflicts with [`label::ACCESS_KEY`].
    pub fn delete_access_key(&mut self, domain_id: &str, access_key: &str) -> &mut Self {
        let sql = "DELETE FROM access_keys WHERE domain_id = $1 AND access_key = $2";
        self.one(label::ACCESS_KEY, sql, params![domain_id, access_key])
    }
}
