//! What private certificates are found by: names, numbers and fingerprints, as words of an index.

use crate::list::{Filter, Page, Sort};
use crate::private_certificates::{PrivateCertificateRow, PrivateCertificateSort};
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Direction, Store, StoreError, label};

/// What a word is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WordField {
    /// An alternative name; of a host also what follows each of its dots.
    AlternativeName,
    /// The common name.
    CommonName,
    /// A serial number, in hex.
    SerialNumber,
    /// A fingerprint, in hex.
    Fingerprint,
    /// The id.
    Id,
}

impl WordField {
    fn name(self) -> &'static str {
        match self {
            Self::AlternativeName => "san",
            Self::CommonName => "name",
            Self::SerialNumber => "serial",
            Self::Fingerprint => "fingerprint",
            Self::Id => "id",
        }
    }
}

/// Certificates that have a word of this field which begins so.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WordFilter {
    /// The field.
    pub field: WordField,
    /// How the word begins, or the whole word.
    pub prefix: String,
}

/// The row after which a page begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct After {
    /// What the list is sorted by, a time in milliseconds since 1970 UTC.
    pub value: i64,
    /// The id.
    pub id: String,
}

impl Filter {
    /// The certificate has all of these words: each is a range of the index.
    pub(crate) fn worded(mut self, domain_id: &str, words: &[WordFilter]) -> Self {
        for WordFilter { field, prefix } in words {
            let select = "SELECT certificate_id FROM certificate_words";
            // No text that begins so is above it.
            let end = format!("{prefix}\u{10ffff}");
            self = self.in_rows("id", select, |inner| {
                inner
                    .equal("domain_id", Some(domain_id))
                    .equal("field", Some(field.name()))
                    .at_least("word", Some(prefix.as_str()))
                    .below("word", Some(end.as_str()))
            });
        }
        self
    }

    /// The row comes after this one in the order of a page.
    pub(crate) fn after(self, page: &Page<PrivateCertificateSort>, after: Option<&After>) -> Self {
        let Some(After { value, id }) = after else {
            return self;
        };
        let beyond = match page.direction {
            Direction::Ascending => ">",
            Direction::Descending => "<",
        };
        self.beyond(page.sort.column(), beyond, *value, id)
    }
}

/// Up to how many certificates are few.
const FEW: i64 = 1_000;

impl Store {
    /// Whether only few certificates of an account have some of these words.
    pub(crate) async fn are_few(
        &self,
        domain_id: &str,
        words: &[WordFilter],
    ) -> Result<bool, StoreError> {
        for WordFilter { field, prefix } in words {
            let sql = "SELECT count(*) FROM (SELECT 1 FROM certificate_words \
                       WHERE domain_id = $1 AND field = $2 AND word >= $3 AND word < $4 LIMIT $5) AS found";
            let end = format!("{prefix}\u{10ffff}");
            let range = params![domain_id, field.name(), prefix, end.as_str(), FEW + 1];
            if self.number(sql, &range).await? <= FEW {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Certificates of earlier versions that have no words yet, with the second halves of pairs (DER).
    pub async fn certificates_without_words(
        &self,
        most: u32,
    ) -> Result<Vec<(PrivateCertificateRow, Option<Vec<u8>>)>, StoreError> {
        let tail = "WHERE id IN (SELECT certificate_id FROM certificates_without_words \
                    ORDER BY certificate_id LIMIT $1)";
        let rows: Vec<PrivateCertificateRow> = self.all(tail, params![i64::from(most)]).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let half = match row.enc_serial_number {
                None => None,
                Some(_) => self.encryption_half(&row.id).await?,
            };
            found.push((row, half.map(|half| half.certificate)));
        }
        Ok(found)
    }
}

impl Transaction {
    /// Adds what a certificate is found by.
    pub fn insert_certificate_words(
        &mut self,
        domain_id: &str,
        id: &str,
        words: &[(WordField, String)],
    ) -> &mut Self {
        let sql = "INSERT INTO certificate_words (domain_id, field, word, certificate_id) \
                   VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
        for (field, word) in words {
            self.execute(sql, params![domain_id, field.name(), word, id]);
        }
        self
    }

    /// Says that a certificate has its words. Conflicts with [`label::PRIVATE_CERTIFICATE`] when it had them
    /// already, or is gone.
    pub fn certificate_has_words(&mut self, id: &str) -> &mut Self {
        let sql = "DELETE FROM certificates_without_words WHERE certificate_id = $1";
        self.one(label::PRIVATE_CERTIFICATE, sql, params![id])
    }

    /// Forgets what a certificate was found by.
    pub(crate) fn delete_certificate_words(&mut self, id: &str) -> &mut Self {
        self.execute(
            "DELETE FROM certificate_words WHERE certificate_id = $1",
            params![id],
        )
        .execute(
            "DELETE FROM certificates_without_words WHERE certificate_id = $1",
            params![id],
        )
    }
}
