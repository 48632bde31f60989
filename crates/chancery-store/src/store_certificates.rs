//! Certificates that users brought.

use crate::list::{Filter, Listing, Page, Sort};
use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Filed, Store, StoreError, label};

table! {
    /// A stored certificate.
    pub struct StoreCertificateRow in "store_certificates" {
        /// `scs` and 13 digits; unique in the installation.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// The user's name for it.
        pub name: String,
        /// Its state, as the API spells it.
        pub status: String,
        /// The first domain name it is for.
        pub domain: String,
        /// All names it is for, as the API spells them.
        pub sans: String,
        /// Name of a signature algorithm.
        pub signature_algorithm: String,
        /// Milliseconds since 1970 UTC.
        pub not_before: i64,
        /// Milliseconds since 1970 UTC.
        pub not_after: i64,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// Milliseconds since 1970 UTC.
        pub updated_at: i64,
        /// Of the certificate, in hex.
        pub fingerprint: String,
        /// DER.
        pub certificate: Vec<u8>,
        /// The certificates above it, from its issuer up; DER.
        pub chain: Vec<Vec<u8>>,
        /// PKCS#8, sealed.
        pub sealed_key: Vec<u8>,
        /// The encryption certificate of an SM2 pair, DER.
        pub enc_certificate: Option<Vec<u8>>,
        /// The encryption key of an SM2 pair, sealed.
        pub sealed_enc_key: Option<Vec<u8>>,
        /// Enterprise project.
        pub enterprise_project_id: String,
    }
}

/// Which stored certificates of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct StoreCertificateFilter {
    /// The state.
    pub status: Option<String>,
    /// Part of the name or of one of the domain names, ASCII letters in either case.
    pub content: Option<String>,
    /// Enterprise project.
    pub enterprise_project_id: Option<String>,
    /// Enterprise projects, of which one has to be it.
    pub enterprise_project_ids: Option<Vec<String>>,
    /// Ids, of which one has to be it.
    pub ids: Option<Vec<String>>,
    /// Valid until this time or longer; milliseconds since 1970 UTC.
    pub not_after_from: Option<i64>,
    /// Valid until a time before this one; milliseconds since 1970 UTC.
    pub not_after_below: Option<i64>,
}

/// What stored certificates can be sorted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)] // the columns
pub enum StoreCertificateSort {
    #[default]
    CreatedAt,
    Name,
    NotAfter,
    Status,
    UpdatedAt,
}

impl Sort for StoreCertificateSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "name",
            Self::NotAfter => "not_after",
            Self::Status => "status",
            Self::UpdatedAt => "updated_at",
        }
    }
}

impl StoreCertificateFilter {
    fn of(&self, domain_id: &str) -> Filter {
        Filter::default()
            .equal("domain_id", Some(domain_id))
            .equal("status", self.status.as_ref())
            .contains(&["name", "domain", "sans"], self.content.as_ref())
            .equal("enterprise_project_id", self.enterprise_project_id.as_ref())
            .one_of(
                "enterprise_project_id",
                self.enterprise_project_ids.as_deref(),
            )
            .one_of("id", self.ids.as_deref())
            .at_least("not_after", self.not_after_from)
            .below("not_after", self.not_after_below)
    }
}

impl Store {
    /// The enterprise projects that stored certificates of the account are filed under.
    pub async fn store_certificate_projects(
        &self,
        domain_id: &str,
    ) -> Result<Vec<String>, StoreError> {
        self.enterprise_projects_of::<StoreCertificateRow>(domain_id)
            .await
    }

    /// The stored certificate of the account with this id.
    pub async fn store_certificate(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<StoreCertificateRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// The oldest stored certificate of the account with this fingerprint.
    pub async fn store_certificate_by_fingerprint(
        &self,
        domain_id: &str,
        fingerprint: &str,
    ) -> Result<Option<StoreCertificateRow>, StoreError> {
        let tail = "WHERE domain_id = $1 AND fingerprint = $2 ORDER BY created_at, id LIMIT 1";
        self.first(tail, params![domain_id, fingerprint]).await
    }

    /// A page of the stored certificates of the account.
    pub async fn store_certificates(
        &self,
        domain_id: &str,
        filter: &StoreCertificateFilter,
        page: &Page<StoreCertificateSort>,
    ) -> Result<Listing<StoreCertificateRow>, StoreError> {
        self.list(domain_id, filter.of(domain_id), page).await
    }

    /// All stored certificates of the account that a filter lets through, in the order of `page` (its
    /// limit and offset do not matter), without what they hold.
    pub async fn filed_store_certificates(
        &self,
        domain_id: &str,
        filter: &StoreCertificateFilter,
        page: &Page<StoreCertificateSort>,
    ) -> Result<Vec<Filed>, StoreError> {
        self.filed::<StoreCertificateRow, _>(domain_id, filter.of(domain_id), page)
            .await
    }

    /// How many stored certificates the account has.
    pub async fn count_store_certificates(
        &self,
        domain_id: &str,
        filter: &StoreCertificateFilter,
    ) -> Result<u64, StoreError> {
        self.count::<StoreCertificateRow>(domain_id, filter.of(domain_id))
            .await
    }
}

impl Transaction {
    /// Adds a stored certificate.
    pub fn insert_store_certificate(&mut self, row: &StoreCertificateRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds a stored certificate unless the account has one with its fingerprint and its
    /// encryption certificate, or likewise none. Conflicts with [`label::FINGERPRINT`], or with
    /// [`label::DOMAIN`] when there is no such account.
    pub fn insert_new_store_certificate(&mut self, row: &StoreCertificateRow) -> &mut Self {
        let condition = "NOT EXISTS (SELECT 1 FROM store_certificates \
                         WHERE domain_id = {1} AND fingerprint = {2} \
                         AND enc_certificate IS NOT DISTINCT FROM {3})";
        let more = params![
            &row.domain_id,
            &row.fingerprint,
            row.enc_certificate.as_deref()
        ];
        self.insert_if(row, &row.domain_id, (label::FINGERPRINT, condition), more)
    }

    /// Gives a stored certificate another name. Conflicts with [`label::STORE_CERTIFICATE`].
    pub fn rename_store_certificate(
        &mut self,
        domain_id: &str,
        id: &str,
        name: &str,
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE store_certificates SET name = $3, updated_at = $4 \
                   WHERE domain_id = $1 AND id = $2";
        self.one(
            label::STORE_CERTIFICATE,
            sql,
            params![domain_id, id, name, updated_at],
        )
    }

    /// Moves a stored certificate from one state to another. Conflicts with
    /// [`label::STORE_CERTIFICATE`].
    pub fn set_store_certificate_status(
        &mut self,
        domain_id: &str,
        id: &str,
        (from, to): (&str, &str),
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE store_certificates SET status = $4, updated_at = $5 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3";
        self.one(
            label::STORE_CERTIFICATE,
            sql,
            params![domain_id, id, from, to, updated_at],
        )
    }

    /// Deletes a stored certificate with its key. Conflicts with [`label::STORE_CERTIFICATE`].
    pub fn delete_store_certificate(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM store_certificates WHERE domain_id = $1 AND id = $2";
        self.one(label::STORE_CERTIFICATE, sql, params![domain_id, id])
    }
}
