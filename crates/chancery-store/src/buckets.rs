//! Buckets of the object store. Their names are unique in the installation.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A bucket.
    pub struct BucketRow in "buckets" {
        /// Unique in the installation.
        pub name: String,
        /// The account.
        pub domain_id: String,
        /// Whether anyone may read its objects without a signature.
        pub public: bool,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The bucket with this name, of any account: links name nothing else.
    pub async fn bucket(&self, name: &str) -> Result<Option<BucketRow>, StoreError> {
        self.first("WHERE name = $1", params![name]).await
    }

    /// The buckets of an account, by name.
    pub async fn buckets(&self, domain_id: &str) -> Result<Vec<BucketRow>, StoreError> {
        self.all("WHERE domain_id = $1 ORDER BY name", params![domain_id])
            .await
    }
}

impl Transaction {
    /// Adds a bucket.
    pub fn insert_bucket(&mut self, row: &BucketRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds a bucket unless its name is taken, by this account or another.
    pub fn insert_bucket_if_absent(&mut self, row: &BucketRow) -> &mut Self {
        let sql = "INSERT INTO buckets (name, domain_id, public, created_at) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        self.execute(
            sql,
            params![&row.name, &row.domain_id, row.public, row.created_at],
        )
    }

    /// Requires that the account has a bucket with this name that everyone may read from.
    /// Conflicts with [`label::BUCKET`].
    pub fn require_public_bucket(&mut self, domain_id: &str, name: &str) -> &mut Self {
        let sql = "SELECT 1 FROM buckets WHERE domain_id = $1 AND name = $2 AND public = 1";
        self.one(label::BUCKET, sql, params![domain_id, name])
    }

    /// Deletes a bucket. Conflicts with [`label::BUCKET`].
    pub fn delete_bucket(&mut self, domain_id: &str, name: &str) -> &mut Self {
        let sql = "DELETE FROM buckets WHERE domain_id = $1 AND name = $2";
        self.one(label::BUCKET, sql, params![domain_id, name])
    }
}
