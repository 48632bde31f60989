//! The audit log: one chain of hashes per writer.
//!
//! The writer of an engine gives every entry its place in the chain: a sequence number, the hash
//! of the entry before it, and its own hash. Changing, removing or inserting an entry breaks the
//! chain at that place; cutting off its end does not, which is why [`Store::audit_heads`] exists:
//! its answer can be signed and kept elsewhere.

use chancery_crypto::digest::sha256;

use crate::list::{Filter, Listing};
use crate::table::table;
use crate::value::params;
use crate::{Store, StoreError};

/// Something that was done or refused, as the caller of the store reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEntry {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// The request's id.
    pub request_id: String,
    /// The account.
    pub domain_id: String,
    /// Who: a user's id, or a job's name.
    pub actor: String,
    /// What: the action that policies name.
    pub action: String,
    /// On what: the resource's id.
    pub resource: String,
    /// How it ended.
    pub outcome: String,
    /// More, as JSON; holds no secret.
    pub detail: String,
}

table! {
    /// An entry in its place.
    pub struct AuditRow in "audit" {
        /// Whose chain.
        pub writer: String,
        /// 1 for the first entry of a chain.
        pub seq: i64,
        /// Milliseconds since 1970 UTC.
        pub at: i64,
        /// The request's id.
        pub request_id: String,
        /// The account.
        pub domain_id: String,
        /// Who.
        pub actor: String,
        /// What.
        pub action: String,
        /// On what.
        pub resource: String,
        /// How it ended.
        pub outcome: String,
        /// More, as JSON.
        pub detail: String,
        /// The hash of the entry before; 32 zero bytes in the first.
        pub prev_hash: Vec<u8>,
        /// SHA-256 of `prev_hash` and this row.
        pub hash: Vec<u8>,
    }
}

/// Which audit entries; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Whose chain.
    pub writer: Option<String>,
    /// The account.
    pub domain_id: Option<String>,
    /// What.
    pub action: Option<String>,
    /// On what.
    pub resource: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// At this time or later; milliseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Before this time; milliseconds since 1970 UTC.
    pub until: Option<i64>,
}

/// The end of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditHead {
    /// Whose chain.
    pub writer: String,
    /// The sequence number of its last entry.
    pub seq: i64,
    /// The hash of its last entry.
    pub hash: Vec<u8>,
}

/// Why a chain is not whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChainBreak {
    /// An entry is missing.
    #[error("audit entry {seq} is missing")]
    Missing {
        /// Its sequence number.
        seq: i64,
    },
    /// An entry does not name the hash of the one before.
    #[error("audit entry {seq} does not follow the one before it")]
    Unlinked {
        /// Its sequence number.
        seq: i64,
    },
    /// An entry is not what was hashed.
    #[error("audit entry {seq} was altered")]
    Altered {
        /// Its sequence number.
        seq: i64,
    },
    /// The entries could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many entries are read at once when a chain is checked.
const BATCH: usize = 1000;

impl Store {
    /// Audit entries, newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        limit: u32,
        offset: u32,
    ) -> Result<Listing<AuditRow>, StoreError> {
        let account = filter.domain_id.clone().unwrap_or_default();
        let filter = Filter::default()
            .equal("writer", filter.writer.as_ref())
            .equal("domain_id", filter.domain_id.as_ref())
            .equal("action", filter.action.as_ref())
            .equal("resource", filter.resource.as_ref())
            .equal("request_id", filter.request_id.as_ref())
            .at_least("at", filter.from)
            .below("at", filter.until);
        let total = self.count::<AuditRow>(&account, filter.clone()).await?;
        let (condition, mut values) = filter.finish();
        let (first, second) = (values.len() + 1, values.len() + 2);
        values.extend(params![i64::from(limit), i64::from(offset)]);
        let tail = format!(
            "WHERE {condition} ORDER BY at DESC, writer DESC, seq DESC \
             LIMIT ${first} OFFSET ${second}"
        );
        Ok(Listing {
            rows: self.all(&tail, values).await?,
            total,
        })
    }

    /// The ends of all chains, by writer.
    pub async fn audit_heads(&self) -> Result<Vec<AuditHead>, StoreError> {
        let sql = "SELECT writer, seq, hash FROM audit AS entry WHERE seq = \
                   (SELECT max(seq) FROM audit WHERE writer = entry.writer) ORDER BY writer";
        let rows = self.rows(sql, &[]).await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(AuditHead {
                    writer: row.take()?,
                    seq: row.take()?,
                    hash: row.take()?,
                })
            })
            .collect()
    }

    /// The time of the newest entry, that is of the last one of each chain.
    pub async fn newest_audit_time(&self) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT max(at) FROM audit JOIN (SELECT writer AS name, max(seq) AS last FROM audit \
                   GROUP BY writer) AS ends ON writer = name AND seq = last";
        let rows = self.scan("", sql, &[]).await?;
        let row = rows.into_iter().next();
        Ok(row.map(|mut row| row.take()).transpose()?.flatten())
    }

    /// Checks the chain of a writer from its first entry to its last and answers how many there
    /// are.
    ///
    /// # Errors
    /// The first place where the chain is broken.
    pub async fn verify_audit_chain(&self, writer: &str) -> Result<u64, ChainBreak> {
        let mut place = Place::start();
        loop {
            let tail = "WHERE writer = $1 AND seq > $2 ORDER BY seq LIMIT $3";
            let batch: Vec<AuditRow> = self
                .all(tail, params![writer, place.seq, BATCH as i64])
                .await?;
            for row in &batch {
                place = place.check(row)?;
            }
            if batch.len() < BATCH {
                return Ok(place.seq.unsigned_abs());
            }
        }
    }
}

impl AuditEntry {
    /// All text of the entry.
    pub(crate) fn texts(&self) -> [&str; 7] {
        let Self {
            request_id,
            domain_id,
            actor,
            action,
            resource,
            outcome,
            detail,
            ..
        } = self;
        [
            request_id, domain_id, actor, action, resource, outcome, detail,
        ]
    }
}

impl AuditRow {
    /// What is hashed after `prev_hash`: a format number, then numbers as eight bytes big-endian
    /// and texts after their length in bytes, written the same way. No two rows have the same.
    fn canonical(&self) -> Vec<u8> {
        let mut bytes = vec![1];
        let mut text = |text: &str| {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        };
        text(&self.writer);
        for field in [
            &self.request_id,
            &self.domain_id,
            &self.actor,
            &self.action,
            &self.resource,
            &self.outcome,
            &self.detail,
        ] {
            text(field);
        }
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.at.to_be_bytes());
        bytes
    }

    fn computed_hash(&self) -> [u8; 32] {
        sha256(&[self.prev_hash.as_slice(), &self.canonical()].concat())
    }
}

/// A place in a chain: what the next entry is linked to.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) seq: i64,
    pub(crate) hash: [u8; 32],
}

impl Place {
    /// Answers the last place of the writer `$1`; to be read with [`Place::from_row`].
    pub(crate) const LAST: &str =
        "SELECT seq, hash FROM audit WHERE writer = $1 ORDER BY seq DESC LIMIT 1";

    /// Before the first entry.
    pub(crate) fn start() -> Self {
        Self {
            seq: 0,
            hash: [0; 32],
        }
    }

    /// The place in the answer to [`Place::LAST`].
    pub(crate) fn from_row(row: Option<crate::value::Row>) -> Result<Self, StoreError> {
        let Some(mut row) = row else {
            return Ok(Self::start());
        };
        let (seq, hash) = (row.take()?, row.take::<Vec<u8>>()?);
        let hash = hash.try_into();
        let hash = hash.map_err(|_| StoreError::Engine("an audit hash is not 32 bytes".into()))?;
        Ok(Self { seq, hash })
    }

    /// The row of the next entry, and the place it makes.
    pub(crate) fn append(self, writer: &str, entry: &AuditEntry) -> (Self, AuditRow) {
        let entry = entry.clone();
        let mut row = AuditRow {
            writer: writer.to_owned(),
            seq: self.seq + 1,
            at: entry.at,
            request_id: entry.request_id,
            domain_id: entry.domain_id,
            actor: entry.actor,
            action: entry.action,
            resource: entry.resource,
            outcome: entry.outcome,
            detail: entry.detail,
            prev_hash: self.hash.to_vec(),
            hash: Vec::new(),
        };
        let hash = row.computed_hash();
        row.hash = hash.to_vec();
        (Self { seq: row.seq, hash }, row)
    }

    /// The place after `row`, if it is the next one.
    fn check(self, row: &AuditRow) -> Result<Self, ChainBreak> {
        let seq = self.seq + 1;
        if row.seq != seq {
            return Err(ChainBreak::Missing { seq });
        }
        if row.prev_hash != self.hash {
            return Err(ChainBreak::Unlinked { seq });
        }
        let hash = row.computed_hash();
        if row.hash != hash {
            return Err(ChainBreak::Altered { seq });
        }
        Ok(Self { seq, hash })
    }
}
