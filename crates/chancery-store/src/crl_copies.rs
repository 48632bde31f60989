//! Copies of revocation lists in buckets: whose they are.

use std::collections::HashSet;

use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError, label};

impl Store {
    /// Whether the copy of some authority's list belongs there.
    pub async fn is_crl_place(&self, bucket: &str, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM crls WHERE bucket = $1 AND name = $2";
        let place = [Value::from(bucket), Value::from(name)];
        Ok(self.number(sql, &place).await? > 0)
    }

    /// All places where copies of lists belong: bucket and name, without `.crl`.
    pub async fn crl_places(&self) -> Result<HashSet<(String, String)>, StoreError> {
        let sql = "SELECT bucket, name FROM crls WHERE bucket IS NOT NULL AND name IS NOT NULL";
        let rows = self.scan("", sql, &[]).await?;
        let places = rows
            .into_iter()
            .map(|mut row| Ok((row.take()?, row.take()?)));
        places.collect()
    }

    /// The newest list of the authority whose place this is, DER.
    pub async fn crl_at(&self, bucket: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT list FROM crls WHERE bucket = $1 AND name = $2 AND list IS NOT NULL";
        let place = [Value::from(bucket), Value::from(name)];
        let row = self.rows(sql, &place).await?.into_iter().next();
        row.map(|mut row| row.take()).transpose()
    }
}

impl Transaction {
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

    /// Says that nobody knows which list is at this place: whose it is copies anew.
    pub fn doubt_crl_copy(&mut self, bucket: &str, name: &str) -> &mut Self {
        let sql = "UPDATE crls SET copied = 0 WHERE bucket = $1 AND name = $2";
        self.execute(sql, params![bucket, name])
    }
}
