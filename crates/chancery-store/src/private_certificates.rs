//! Certificates issued by private CAs.

use crate::certificate_words::{After, WordFilter};
use crate::list::{Filter, Listing, Page, Sort};
use crate::table::table;
use crate::tags::{Filed, TagFilter, Tagged};
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A private certificate.
    pub struct PrivateCertificateRow in "private_certificates" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Its state, as the API spells it.
        pub status: String,
        /// How it came to be, as the API spells it.
        pub gen_mode: String,
        /// The authority that issued it.
        pub issuer_id: String,
        /// The common name of that authority.
        pub issuer_name: String,
        /// Name of a key algorithm.
        pub key_algorithm: String,
        /// Name of a signature algorithm.
        pub signature_algorithm: String,
        /// In hex; unique below its issuer.
        pub serial_number: String,
        /// The serial number of the encryption certificate, when it is an SM2 pair
        /// ([`crate::EncryptionHalfRow`]); in hex, unique below its issuer.
        pub enc_serial_number: Option<String>,
        /// The common name of its subject.
        pub common_name: String,
        /// Its subject, as JSON.
        pub subject: String,
        /// Milliseconds since 1970 UTC.
        pub not_before: i64,
        /// Milliseconds since 1970 UTC.
        pub not_after: i64,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// When it is going to be deleted, in milliseconds since 1970 UTC.
        pub delete_at: Option<i64>,
        /// DER.
        pub certificate: Vec<u8>,
        /// PKCS#8, sealed; none when it was issued for a signing request.
        pub sealed_key: Option<Vec<u8>>,
        /// Enterprise project.
        pub enterprise_project_id: String,
        /// Milliseconds since 1970 UTC.
        pub revoked_at: Option<i64>,
        /// Why it was revoked, as the API spells it.
        pub revocation_reason: Option<String>,
    }
}

/// Which private certificates of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct PrivateCertificateFilter {
    /// The state.
    pub status: Option<String>,
    /// Part of the common name, ASCII letters in either case.
    pub name: Option<String>,
    /// The authority that issued them.
    pub issuer_id: Option<String>,
    /// Enterprise project.
    pub enterprise_project_id: Option<String>,
    /// Enterprise projects, of which one has to be it.
    pub enterprise_project_ids: Option<Vec<String>>,
    /// Ids, of which one has to be its own.
    pub ids: Option<Vec<String>>,
    /// Tags that it has, all of them.
    pub tags: Vec<TagFilter>,
    /// Valid until this time or longer; milliseconds since 1970 UTC.
    pub not_after_from: Option<i64>,
    /// Valid until a time before this one; milliseconds since 1970 UTC.
    pub not_after_below: Option<i64>,
    /// Words that it has, all of them.
    pub words: Vec<WordFilter>,
    /// Behind this one in the order of the page; with this the offset of a page counts from there.
    pub after: Option<After>,
    /// The total of a list is not wanted: it is then that of the rows which are given.
    pub without_total: bool,
}

/// What private certificates can be sorted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)] // the columns
pub enum PrivateCertificateSort {
    #[default]
    CreatedAt,
    CommonName,
    IssuerName,
    NotAfter,
}

impl Sort for PrivateCertificateSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::CommonName => "common_name",
            Self::IssuerName => "issuer_name",
            Self::NotAfter => "not_after",
        }
    }
}

impl PrivateCertificateFilter {
    fn on(&self, domain_id: &str, page: &Page<PrivateCertificateSort>) -> Filter {
        self.of(domain_id).after(page, self.after.as_ref())
    }

    fn of(&self, domain_id: &str) -> Filter {
        self.with("domain_id", domain_id)
    }

    /// The same, where `domain` is the account's column.
    fn with(&self, domain: &str, domain_id: &str) -> Filter {
        Filter::default()
            .equal(domain, Some(domain_id))
            .equal("status", self.status.as_ref())
            .contains(&["common_name"], self.name.as_ref())
            .equal("issuer_id", self.issuer_id.as_ref())
            .equal("enterprise_project_id", self.enterprise_project_id.as_ref())
            .one_of(
                "enterprise_project_id",
                self.enterprise_project_ids.as_deref(),
            )
            .one_of("id", self.ids.as_deref())
            .tagged(domain_id, Tagged::PrivateCertificate, &self.tags)
            .at_least("not_after", self.not_after_from)
            .below("not_after", self.not_after_below)
            .worded(domain_id, &self.words)
    }
}

impl Store {
    /// The enterprise projects that private certificates of the account are filed under.
    pub async fn certificate_projects(&self, domain_id: &str) -> Result<Vec<String>, StoreError> {
        self.enterprise_projects_of::<PrivateCertificateRow>(domain_id)
            .await
    }

    /// The private certificate of the account with this id.
    pub async fn private_certificate(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<PrivateCertificateRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// A page of the private certificates of the account.
    pub async fn private_certificates(
        &self,
        domain_id: &str,
        filter: &PrivateCertificateFilter,
        page: &Page<PrivateCertificateSort>,
    ) -> Result<Listing<PrivateCertificateRow>, StoreError> {
        let conditions = match self.are_few(domain_id, &filter.words).await? {
            // Then the words are looked up first, and not all that the account has.
            true => filter
                .with("domain_id || ''", domain_id)
                .after(page, filter.after.as_ref()),
            false => filter.on(domain_id, page),
        };
        match filter.without_total {
            true => self.listed(domain_id, conditions, page).await,
            false => self.list(domain_id, conditions, page).await,
        }
    }

    /// All private certificates of the account that a filter lets through, in the order of `page` (its limit and
    /// offset do not matter), without what they hold.
    pub async fn filed_private_certificates(
        &self,
        domain_id: &str,
        filter: &PrivateCertificateFilter,
        page: &Page<PrivateCertificateSort>,
    ) -> Result<Vec<Filed>, StoreError> {
        self.filed::<PrivateCertificateRow, _>(domain_id, filter.on(domain_id, page), page)
            .await
    }

    /// How many private certificates the account has, without counting them.
    pub async fn private_certificate_count(&self, domain_id: &str) -> Result<u64, StoreError> {
        let sql = "SELECT certificates FROM certificate_counts WHERE domain_id = $1";
        let number = self.number(sql, &[domain_id.into()]).await?;
        Ok(number.unsigned_abs())
    }

    /// How many private certificates of the account a filter lets through.
    pub async fn count_private_certificates(
        &self,
        domain_id: &str,
        filter: &PrivateCertificateFilter,
    ) -> Result<u64, StoreError> {
        self.count::<PrivateCertificateRow>(domain_id, filter.of(domain_id))
            .await
    }
}

impl Transaction {
    /// Adds a private certificate.
    pub fn insert_private_certificate(&mut self, row: &PrivateCertificateRow) -> &mut Self {
        self.insert_private_certificate_within(row, i64::MAX)
    }

    /// Adds a private certificate if the account has fewer than `limit`, which is at least 1. The
    /// account's number is kept beside the rows, so it is not counted anew for each. Conflicts
    /// with [`label::QUOTA`].
    pub fn insert_private_certificate_within(
        &mut self,
        row: &PrivateCertificateRow,
        limit: i64,
    ) -> &mut Self {
        let sql = "INSERT INTO certificate_counts (domain_id, certificates) VALUES ($1, 1) \
                   ON CONFLICT (domain_id) DO UPDATE \
                   SET certificates = certificate_counts.certificates + 1 \
                   WHERE certificate_counts.certificates < $2";
        self.insert(row)
            .one(label::QUOTA, sql, params![&row.domain_id, limit])
    }

    /// Moves a private certificate from one state to another. Conflicts with
    /// [`label::PRIVATE_CERTIFICATE`].
    pub fn set_private_certificate_status(
        &mut self,
        domain_id: &str,
        id: &str,
        from: &str,
        to: &str,
    ) -> &mut Self {
        let sql = "UPDATE private_certificates SET status = $4 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3";
        self.one(
            label::PRIVATE_CERTIFICATE,
            sql,
            params![domain_id, id, from, to],
        )
    }

    /// Moves a private certificate to a revoked state. Conflicts with
    /// [`label::PRIVATE_CERTIFICATE`].
    pub fn revoke_private_certificate(
        &mut self,
        domain_id: &str,
        id: &str,
        (from, to): (&str, &str),
        revoked_at: i64,
        reason: Option<&str>,
    ) -> &mut Self {
        let sql = "UPDATE private_certificates \
                   SET status = $4, revoked_at = $5, revocation_reason = $6 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3";
        let values = params![domain_id, id, from, to, revoked_at, reason];
        self.one(label::PRIVATE_CERTIFICATE, sql, values)
    }

    /// Deletes a private certificate with its key and its tags; its status is known all the same
    /// ([`Store::issued_statuses`]). Conflicts with [`label::PRIVATE_CERTIFICATE`].
    pub fn delete_private_certificate(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let past = "INSERT INTO past_certificates \
                    (issuer_id, serial_number, not_after, revoked_at, revocation_reason) \
                    SELECT issuer_id, serial_number, not_after, revoked_at, revocation_reason \
                    FROM private_certificates WHERE domain_id = $1 AND id = $2 \
                    UNION ALL \
                    SELECT issuer_id, enc_serial_number, not_after, revoked_at, revocation_reason \
                    FROM private_certificates WHERE domain_id = $1 AND id = $2 \
                    AND enc_serial_number IS NOT NULL";
        self.execute(past, params![domain_id, id]);
        let sql = "DELETE FROM private_certificates WHERE domain_id = $1 AND id = $2";
        self.one(label::PRIVATE_CERTIFICATE, sql, params![domain_id, id])
            .execute(
                "UPDATE certificate_counts SET certificates = certificates - 1 \
                 WHERE domain_id = $1",
                params![domain_id],
            )
            .delete_tags(domain_id, Tagged::PrivateCertificate, id)
            .delete_certificate_words(id)
    }
}
