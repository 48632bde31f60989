//! Certificate revocation lists: what of each authority is published, and where.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::{Row, Value, params};
use crate::{Store, StoreError, label};

table! {
    /// The revocation list of an authority, without its bytes ([`Store::crl_list`]).
    pub struct CrlRow in "crls" {
        /// The authority.
        pub authority_id: String,
        /// Its account.
        pub domain_id: String,
        /// The bucket that holds a copy; none when no further list is to be made.
        pub bucket: Option<String>,
        /// The name of the copy, without `.crl`; unique in the bucket.
        pub name: Option<String>,
        /// How many days a list is valid.
        pub valid_days: Option<i64>,
        /// Grows with every revocation.
        pub revision: i64,
        /// The revision that the list tells.
        pub published_revision: i64,
        /// The number of the list; 0 when there was none yet.
        pub number: i64,
        /// When the list was made, in milliseconds since 1970 UTC.
        pub this_update: Option<i64>,
        /// Until when it is good, in milliseconds since 1970 UTC.
        pub next_update: Option<i64>,
        /// Whether the copy in the bucket is this list.
        pub copied: bool,
    }
}

/// A list that was signed.
#[derive(Clone)]
pub struct NewCrl<'a> {
    /// The authority.
    pub authority_id: &'a str,
    /// The number of the list before.
    pub after: i64,
    /// Its number, which is higher.
    pub number: i64,
    /// The revision it tells.
    pub revision: i64,
    /// Milliseconds since 1970 UTC.
    pub this_update: i64,
    /// Milliseconds since 1970 UTC.
    pub next_update: i64,
    /// DER.
    pub list: &'a [u8],
}

/// What there is to say about a list without reading it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CrlHead {
    /// Its number.
    pub number: i64,
    /// Until when it is good, in milliseconds since 1970 UTC.
    pub next_update: i64,
    /// Its length in bytes.
    pub length: i64,
}

/// A list as it is published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CrlList {
    /// What there is to say about it.
    pub head: CrlHead,
    /// DER.
    pub der: Vec<u8>,
}

impl Store {
    /// What is known about the revocation list of an authority, of any account.
    pub async fn crl(&self, authority_id: &str) -> Result<Option<CrlRow>, StoreError> {
        self.first("WHERE authority_id = $1", params![authority_id])
            .await
    }

    /// What there is to say about the newest revocation list of an authority without reading it.
    pub async fn crl_head(&self, authority_id: &str) -> Result<Option<CrlHead>, StoreError> {
        let sql = "SELECT number, next_update, CAST(octet_length(list) AS BIGINT) FROM crls \
                   WHERE authority_id = $1 AND list IS NOT NULL AND next_update IS NOT NULL";
        let rows = self.rows(sql, &[Value::from(authority_id)]).await?;
        let row = rows.into_iter().next();
        row.map(|mut row| head(&mut row)).transpose()
    }

    /// The newest revocation list of an authority.
    pub async fn crl_list(&self, authority_id: &str) -> Result<Option<CrlList>, StoreError> {
        let sql = "SELECT number, next_update, CAST(octet_length(list) AS BIGINT), list FROM crls \
                   WHERE authority_id = $1 AND list IS NOT NULL AND next_update IS NOT NULL";
        let rows = self.rows(sql, &[Value::from(authority_id)]).await?;
        let row = rows.into_iter().next();
        row.map(|mut row| {
            Ok(CrlList {
                head: head(&mut row)?,
                der: row.take()?,
            })
        })
        .transpose()
    }

    /// The numbers of the newest lists of all authorities that have lists made, by authority.
    pub async fn crl_numbers(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "SELECT authority_id, number FROM crls WHERE bucket IS NOT NULL";
        let rows = self.rows(sql, &[]).await?;
        rows.into_iter()
            .map(|mut row| Ok((row.take()?, row.take()?)))
            .collect()
    }

    /// Lists that there is something to do for at `now` (milliseconds since 1970 UTC): a newer one
    /// has to be made, since something was revoked or three quarters of the time are over, or a
    /// copy is missing. At most `limit`, those first that do not tell what was revoked, then by
    /// their time; authorities that are no longer valid make none.
    pub async fn crls_due(&self, now: i64, limit: u32) -> Result<Vec<CrlRow>, StoreError> {
        let tail = "WHERE bucket IS NOT NULL AND (published_revision < revision OR copied = 0 \
                    OR next_update IS NULL OR next_update - (next_update - this_update) / 4 <= $1 \
                    OR this_update > $1) \
                    AND EXISTS (SELECT 1 FROM authorities \
                                WHERE id = crls.authority_id AND authorities.not_after > $1) \
                    ORDER BY CASE WHEN next_update IS NULL OR published_revision < revision \
                    OR this_update > $1 THEN 0 ELSE 1 END, coalesce(next_update, 0), authority_id LIMIT $2";
        self.all(tail, params![now, i64::from(limit)]).await
    }
}

fn head(row: &mut Row) -> Result<CrlHead, StoreError> {
    Ok(CrlHead {
        number: row.take()?,
        next_update: row.take()?,
        length: row.take()?,
    })
}

impl Transaction {
    /// Has lists made for an authority from now on, valid `valid_days` days, with a copy in a
    /// bucket. A duplicate ([`label::CRLS_NAME`]) when another authority has its copy there.
    pub fn enable_crl(
        &mut self,
        domain_id: &str,
        authority_id: &str,
        (bucket, name): (&str, &str),
        valid_days: i64,
    ) -> &mut Self {
        let sql = "INSERT INTO crls (authority_id, domain_id, bucket, name, valid_days, revision, \
                   published_revision, number, copied) VALUES ($1, $2, $3, $4, $5, 1, 0, 0, 0) \
                   ON CONFLICT (authority_id) DO UPDATE SET bucket = $3, name = $4, \
                   valid_days = $5, revision = crls.revision + 1, copied = 0";
        self.execute(
            sql,
            params![authority_id, domain_id, bucket, name, valid_days],
        )
    }

    /// Has no further lists made for an authority; no place is its any more.
    pub fn disable_crl(&mut self, authority_id: &str) -> &mut Self {
        let sql = "UPDATE crls SET bucket = NULL, name = NULL, valid_days = NULL \
                   WHERE authority_id = $1";
        self.execute(sql, params![authority_id])
    }

    /// Says that an authority has revoked something, so that its list has to be made anew.
    pub fn outdate_crl(&mut self, authority_id: &str) -> &mut Self {
        let sql = "UPDATE crls SET revision = revision + 1 WHERE authority_id = $1";
        self.execute(sql, params![authority_id])
    }

    /// Publishes a list in place of the one before. Conflicts with [`label::CRL`] when that is not
    /// the one before, or no further one is to be made.
    pub fn publish_crl(&mut self, crl: NewCrl<'_>) -> &mut Self {
        let sql = "UPDATE crls SET number = $2, published_revision = $3, this_update = $4, \
                   next_update = $5, list = $6, copied = 0 \
                   WHERE authority_id = $1 AND number = $7 AND number < $2 AND bucket IS NOT NULL";
        let values = params![
            crl.authority_id,
            crl.number,
            crl.revision,
            crl.this_update,
            crl.next_update,
            crl.list,
            crl.after
        ];
        self.one(label::CRL, sql, values)
    }
}
