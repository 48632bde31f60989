//! Copies of revocation lists in buckets: which of them have to go.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError, label};

table! {
    /// A place where an authority had the copy of its list and has it no longer.
    pub struct CrlCopyRow in "crl_copies_to_remove" {
        /// The bucket.
        pub bucket: String,
        /// The name of the copy, without `.crl`.
        pub name: String,
    }
}

impl Store {
    /// Copies that have to go, at most `limit`.
    pub async fn crl_copies_to_remove(&self, limit: u32) -> Result<Vec<CrlCopyRow>, StoreError> {
        let tail = "ORDER BY bucket, name LIMIT $1";
        self.all(tail, params![i64::from(limit)]).await
    }

    /// Whether the copy of some authority's list belongs there.
    pub async fn is_crl_place(&self, bucket: &str, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM crls WHERE bucket = $1 AND name = $2";
        let place = [Value::from(bucket), Value::from(name)];
        Ok(self.number(sql, &place).await? > 0)
    }
}

impl Transaction {
    /// Keeps in mind that the copy of an authority has to go, unless it stays at `place`.
    pub(crate) fn leave_crl_copy(
        &mut self,
        authority_id: &str,
        place: Option<(&str, &str)>,
    ) -> &mut Self {
        let sql = "INSERT INTO crl_copies_to_remove (bucket, name) \
                   SELECT bucket, name FROM crls WHERE authority_id = $1 AND bucket IS NOT NULL \
                   AND NOT (bucket = $2 AND name = $3) ON CONFLICT (bucket, name) DO NOTHING";
        // No bucket and no copy has an empty name.
        let (bucket, name) = place.unwrap_or_default();
        self.execute(sql, params![authority_id, bucket, name])
    }

    /// Says that a copy is gone, or that its place is another authority's.
    pub fn crl_copy_removed(&mut self, bucket: &str, name: &str) -> &mut Self {
        let sql = "DELETE FROM crl_copies_to_remove WHERE bucket = $1 AND name = $2";
        self.execute(sql, params![bucket, name])
    }

    /// Says that the copy in the bucket is the list with this number. Conflicts with
    /// [`label::CRL`] when there is a newer one, or the copy belongs elsewhere.
    pub fn copied_crl(
        &mut self,
        authority_id: &str,
        number: i64,
        (bucket, name): (&str, &str),
    ) -> &mut Self {
        let sql = "UPDATE crls SET copied = 1 \
                   WHERE authority_id = $1 AND number = $2 AND bucket = $3 AND name = $4";
        self.one(label::CRL, sql, params![authority_id, number, bucket, name])
    }

    /// Says that nobody knows which list is at this place: whose it is copies anew, and where it is
    /// nobody's, what is there has to go.
    pub fn doubt_crl_copy(&mut self, bucket: &str, name: &str) -> &mut Self {
        let sql = "UPDATE crls SET copied = 0 WHERE bucket = $1 AND name = $2";
        self.execute(sql, params![bucket, name]);
        let sql = "INSERT INTO crl_copies_to_remove (bucket, name) VALUES ($1, $2) \
                   ON CONFLICT (bucket, name) DO NOTHING";
        self.execute(sql, params![bucket, name])
    }
}
