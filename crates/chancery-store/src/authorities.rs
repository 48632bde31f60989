//! Private CAs.

use crate::list::{Filter, Listing, Page, Sort};
use crate::orders::OrderFilter;
use crate::table::table;
use crate::tags::{Filed, TagFilter, Tagged};
use crate::transaction::Transaction;
use crate::value::{Column, Value, params};
use crate::{Store, StoreError, label};

table! {
    /// A private CA. Until it is activated it has a key and a signing request, but no certificate;
    /// when it was ordered and is nothing yet, neither.
    pub struct AuthorityRow in "authorities" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// `ROOT` or `SUBORDINATE`; empty for one that was ordered and is nothing yet.
        pub kind: String,
        /// Its state, as the API spells it.
        pub status: String,
        /// How its certificate came to be, as the API spells it.
        pub gen_mode: String,
        /// The authority above it, if that is one of ours.
        pub issuer_id: Option<String>,
        /// The common name of its issuer.
        pub issuer_name: Option<String>,
        /// Name of a key algorithm.
        pub key_algorithm: String,
        /// Name of the signature algorithm of its certificate.
        pub signature_algorithm: Option<String>,
        /// How many authorities may be below it; none for any number.
        pub path_length: Option<i64>,
        /// Serial number of its certificate, in hex.
        pub serial_number: Option<String>,
        /// The common name of its subject.
        pub common_name: String,
        /// Its subject, as JSON.
        pub subject: String,
        /// Its key usages, as JSON.
        pub key_usages: String,
        /// Milliseconds since 1970 UTC.
        pub not_before: Option<i64>,
        /// Milliseconds since 1970 UTC.
        pub not_after: Option<i64>,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// When it is going to be deleted, in milliseconds since 1970 UTC.
        pub delete_at: Option<i64>,
        /// Whether lists show it and the quota counts it.
        pub listed: bool,
        /// DER.
        pub certificate: Option<Vec<u8>>,
        /// The certificates above it that are not ours, from its issuer up; DER.
        pub external_chain: Option<Vec<Vec<u8>>>,
        /// Its signing request, DER.
        pub csr: Option<Vec<u8>>,
        /// PKCS#8, sealed.
        pub sealed_key: Option<Vec<u8>>,
        /// Enterprise project.
        pub enterprise_project_id: String,
        /// Its settings for revocation lists, as JSON.
        pub crl: String,
        /// Whether OCSP requests about what it issued are answered.
        pub ocsp: bool,
        /// Milliseconds since 1970 UTC.
        pub revoked_at: Option<i64>,
        /// Why it was revoked, as the API spells it.
        pub revocation_reason: Option<String>,
        /// The order it was bought with. Until its buyer says what it is to be, its kind and key
        /// algorithm are empty.
        pub order_id: Option<String>,
    }
}

/// What a pending authority gets when it is activated.
#[derive(Clone)]
pub struct AuthorityActivation {
    /// The authority above it, if that is one of ours.
    pub issuer_id: Option<String>,
    /// The common name of its issuer.
    pub issuer_name: Option<String>,
    /// Name of the signature algorithm of its certificate.
    pub signature_algorithm: String,
    /// How many authorities may be below it.
    pub path_length: Option<i64>,
    /// Serial number of its certificate, in hex.
    pub serial_number: String,
    /// Milliseconds since 1970 UTC.
    pub not_before: i64,
    /// Milliseconds since 1970 UTC.
    pub not_after: i64,
    /// DER.
    pub certificate: Vec<u8>,
    /// The certificates above it that are not ours, from its issuer up; DER.
    pub external_chain: Option<Vec<Vec<u8>>>,
    /// How its certificate came to be, as the API spells it.
    pub gen_mode: String,
    /// Its key usages, as JSON.
    pub key_usages: String,
    /// The common name in its certificate.
    pub common_name: String,
    /// The subject of its certificate, as JSON.
    pub subject: String,
}

/// Which listed authorities of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct AuthorityFilter {
    /// The state.
    pub status: Option<String>,
    /// States, of which one has to be its own.
    pub statuses: Option<Vec<String>>,
    /// `ROOT` or `SUBORDINATE`.
    pub kind: Option<String>,
    /// Part of the common name, ASCII letters in either case.
    pub name: Option<String>,
    /// The authority above.
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
    /// Not to be deleted at this time or before; milliseconds since 1970 UTC.
    pub kept_after: Option<i64>,
    /// Bought, with such an order.
    pub ordered: Option<OrderFilter>,
}

/// What authorities can be sorted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)] // the columns
pub enum AuthoritySort {
    #[default]
    CreatedAt,
    CommonName,
    Kind,
    NotAfter,
}

impl Sort for AuthoritySort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::CommonName => "common_name",
            Self::Kind => "kind",
            Self::NotAfter => "not_after",
        }
    }

    fn nullable(self) -> bool {
        self == Self::NotAfter
    }
}

impl AuthorityFilter {
    fn of(&self, domain_id: &str) -> Filter {
        Filter::default()
            .equal("domain_id", Some(domain_id))
            .equal("listed", Some(true))
            .equal("status", self.status.as_ref())
            .one_of("status", self.statuses.as_deref())
            .equal("kind", self.kind.as_ref())
            .contains(&["common_name"], self.name.as_ref())
            .equal("issuer_id", self.issuer_id.as_ref())
            .equal("enterprise_project_id", self.enterprise_project_id.as_ref())
            .one_of(
                "enterprise_project_id",
                self.enterprise_project_ids.as_deref(),
            )
            .one_of("id", self.ids.as_deref())
            .tagged(domain_id, Tagged::Authority, &self.tags)
            .at_least("not_after", self.not_after_from)
            .below("not_after", self.not_after_below)
            .null_or_above("delete_at", self.kept_after)
            .ordered("order_id", domain_id, self.ordered.as_ref())
    }
}

impl Store {
    /// The enterprise projects that authorities of the account are filed under.
    pub async fn authority_projects(&self, domain_id: &str) -> Result<Vec<String>, StoreError> {
        self.enterprise_projects_of::<AuthorityRow>(domain_id).await
    }

    /// The authority of the account with this id, listed or not.
    pub async fn authority(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<AuthorityRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// A page of the listed authorities of the account.
    pub async fn authorities(
        &self,
        domain_id: &str,
        filter: &AuthorityFilter,
        page: &Page<AuthoritySort>,
    ) -> Result<Listing<AuthorityRow>, StoreError> {
        self.list(domain_id, filter.of(domain_id), page).await
    }

    /// All listed authorities of the account that a filter lets through, in the order of `page` (its limit and
    /// offset do not matter), without what they hold.
    pub async fn filed_authorities(
        &self,
        domain_id: &str,
        filter: &AuthorityFilter,
        page: &Page<AuthoritySort>,
    ) -> Result<Vec<Filed>, StoreError> {
        self.filed::<AuthorityRow, _>(domain_id, filter.of(domain_id), page)
            .await
    }

    /// How many listed authorities the account has.
    pub async fn count_authorities(
        &self,
        domain_id: &str,
        filter: &AuthorityFilter,
    ) -> Result<u64, StoreError> {
        self.count::<AuthorityRow>(domain_id, filter.of(domain_id))
            .await
    }

    /// Whether the account has less than `limit` listed authorities; those that were to be deleted
    /// before `now` (milliseconds since 1970 UTC) do not count.
    pub async fn has_room_for_authority(
        &self,
        domain_id: &str,
        now: i64,
        limit: i64,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM authorities WHERE domain_id = $1 AND listed = 1 \
                   AND (delete_at IS NULL OR delete_at > $2)";
        Ok(self.number(sql, params![domain_id, now].as_slice()).await? < limit)
    }

    /// How many authorities, listed or not, have this one directly above them.
    pub async fn count_subordinates(
        &self,
        domain_id: &str,
        issuer_id: &str,
    ) -> Result<u64, StoreError> {
        let filter = Filter::default()
            .equal("domain_id", Some(domain_id))
            .equal("issuer_id", Some(issuer_id));
        self.count::<AuthorityRow>(domain_id, filter).await
    }

    /// The authority with this id, of any account: what is asked for without credentials.
    pub async fn public_authority(&self, id: &str) -> Result<Option<AuthorityRow>, StoreError> {
        self.first("WHERE id = $1", params![id]).await
    }

    /// Whether an authority, or one above it, is revoked.
    pub async fn is_below_revoked(&self, id: &str) -> Result<bool, StoreError> {
        let sql = "WITH RECURSIVE above (id, issuer_id, revoked_at) AS ( \
                   SELECT id, issuer_id, revoked_at FROM authorities WHERE id = $1 UNION \
                   SELECT a.id, a.issuer_id, a.revoked_at \
                   FROM authorities a JOIN above ON a.id = above.issuer_id) \
                   SELECT count(*) FROM above WHERE revoked_at IS NOT NULL";
        Ok(self.number(sql, &[Value::from(id)]).await? > 0)
    }

    /// The authority at the top of the ones of ours that stand above this one, or this one itself,
    /// if its certificate came from elsewhere.
    pub async fn imported_above(&self, id: &str) -> Result<Option<AuthorityRow>, StoreError> {
        let tail = "WHERE external_chain IS NOT NULL AND id IN ( \
                    WITH RECURSIVE above (id, issuer_id) AS ( \
                    SELECT id, issuer_id FROM authorities WHERE id = $1 UNION \
                    SELECT a.id, a.issuer_id \
                    FROM authorities a JOIN above ON a.id = above.issuer_id) \
                    SELECT id FROM above)";
        self.first(tail, params![id]).await
    }

    /// Authorities of all accounts that were to be deleted at `now` (milliseconds since 1970 UTC)
    /// or before and still have their key, at most `limit`.
    pub async fn authorities_to_delete(
        &self,
        now: i64,
        limit: u32,
    ) -> Result<Vec<AuthorityRow>, StoreError> {
        let tail = "WHERE delete_at <= $1 AND sealed_key IS NOT NULL \
                    ORDER BY delete_at, id LIMIT $2";
        self.all(tail, params![now, i64::from(limit)]).await
    }
}

impl Transaction {
    /// Adds an authority.
    pub fn insert_authority(&mut self, row: &AuthorityRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds an authority if the account has less than `limit` listed ones; those that were to be
    /// deleted before it was created do not count. Conflicts with [`label::QUOTA`], or with
    /// [`label::DOMAIN`] when there is no such account.
    pub fn insert_authority_within(&mut self, row: &AuthorityRow, limit: i64) -> &mut Self {
        let condition = "(SELECT count(*) FROM authorities WHERE domain_id = {1} AND listed = 1 \
                         AND (delete_at IS NULL OR delete_at > {3})) < {2}";
        let more = params![&row.domain_id, limit, row.created_at];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Says what an authority that was bought is to be: `row` takes the place of one that has
    /// only an order. Conflicts with [`label::AUTHORITY`] when there is none such any more.
    pub fn describe_authority(&mut self, row: &AuthorityRow) -> &mut Self {
        let sql = "DELETE FROM authorities WHERE domain_id = $1 AND id = $2 AND kind = ''";
        self.one(label::AUTHORITY, sql, params![&row.domain_id, &row.id])
            .insert(row)
    }

    /// Moves an authority from one state to another. Conflicts with [`label::AUTHORITY`].
    pub fn set_authority_status(
        &mut self,
        domain_id: &str,
        id: &str,
        from: &str,
        to: &str,
    ) -> &mut Self {
        let sql = "UPDATE authorities SET status = $4 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3";
        self.one(label::AUTHORITY, sql, params![domain_id, id, from, to])
    }

    /// Moves an authority to another state and sets when it is going to be deleted (milliseconds
    /// since 1970 UTC); nothing takes that back. Conflicts with [`label::AUTHORITY`].
    pub fn set_authority_deletion(
        &mut self,
        domain_id: &str,
        id: &str,
        from: &str,
        to: &str,
        delete_at: Option<i64>,
    ) -> &mut Self {
        let sql = "UPDATE authorities SET status = $4, delete_at = $5 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3";
        self.one(
            label::AUTHORITY,
            sql,
            params![domain_id, id, from, to, delete_at],
        )
    }

    /// Gives a pending authority its certificate. Conflicts with [`label::AUTHORITY`].
    pub fn activate_authority(
        &mut self,
        domain_id: &str,
        id: &str,
        from: &str,
        to: &str,
        with: &AuthorityActivation,
    ) -> &mut Self {
        let sql = "UPDATE authorities SET status = $4, issuer_id = $5, issuer_name = $6, \
                   signature_algorithm = $7, path_length = $8, serial_number = $9, \
                   not_before = $10, not_after = $11, certificate = $12, external_chain = $13, \
                   gen_mode = $14, key_usages = $15, common_name = $16, subject = $17 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3";
        let mut values = params![domain_id, id, from, to];
        values.extend([
            with.issuer_id.to_value(),
            with.issuer_name.to_value(),
            with.signature_algorithm.to_value(),
            with.path_length.to_value(),
            with.serial_number.to_value(),
            with.not_before.to_value(),
            with.not_after.to_value(),
            with.certificate.to_value(),
            with.external_chain.to_value(),
            with.gen_mode.to_value(),
            with.key_usages.to_value(),
            with.common_name.to_value(),
            with.subject.to_value(),
        ]);
        self.one(label::AUTHORITY, sql, values)
    }

    /// Moves an authority to a revoked state, in which it makes no revocation lists and answers no
    /// OCSP requests. Conflicts with [`label::AUTHORITY`].
    pub fn revoke_authority(
        &mut self,
        domain_id: &str,
        id: &str,
        (from, to): (&str, &str),
        revoked_at: i64,
        reason: Option<&str>,
    ) -> &mut Self {
        let sql = "UPDATE authorities SET status = $4, revoked_at = $5, revocation_reason = $6, \
                   crl = '{}', ocsp = 0 WHERE domain_id = $1 AND id = $2 AND status = $3";
        self.one(
            label::AUTHORITY,
            sql,
            params![domain_id, id, from, to, revoked_at, reason],
        );
        self.disable_crl(id).delete_ocsp_responder(id)
    }

    /// Sets what an authority does about revocation lists (JSON). Conflicts with
    /// [`label::AUTHORITY`].
    pub fn set_authority_crl(&mut self, domain_id: &str, id: &str, crl: &str) -> &mut Self {
        let sql = "UPDATE authorities SET crl = $3 WHERE domain_id = $1 AND id = $2";
        self.one(label::AUTHORITY, sql, params![domain_id, id, crl])
    }

    /// Ends an authority whose deletion was due at `now` (milliseconds since 1970 UTC): its key is
    /// destroyed. The row stays, as part of the chains of what it issued. Conflicts with
    /// [`label::AUTHORITY`].
    pub fn end_authority(&mut self, domain_id: &str, id: &str, now: i64) -> &mut Self {
        let sql = "UPDATE authorities SET sealed_key = NULL, crl = '{}', ocsp = 0, \
                   delete_at = 0 \
                   WHERE domain_id = $1 AND id = $2 AND delete_at <= $3 \
                   AND sealed_key IS NOT NULL";
        self.one(label::AUTHORITY, sql, params![domain_id, id, now])
            .disable_crl(id)
            .delete_ocsp_responder(id)
    }

    /// Deletes an authority that is in the state `from`, with its key and its tags. Conflicts with
    /// [`label::AUTHORITY`].
    pub fn delete_authority(&mut self, domain_id: &str, id: &str, from: &str) -> &mut Self {
        let sql = "DELETE FROM authorities WHERE domain_id = $1 AND id = $2 AND status = $3";
        self.one(label::AUTHORITY, sql, params![domain_id, id, from])
            .delete_tags(domain_id, Tagged::Authority, id)
    }

    /// Requires that an authority is in a state when this transaction is stored, and nothing above
    /// it revoked, so that what the transaction adds was issued by an authority that could.
    /// Conflicts with [`label::ISSUER`].
    pub fn require_authority_status(
        &mut self,
        domain_id: &str,
        id: &str,
        status: &str,
    ) -> &mut Self {
        let sql = "WITH RECURSIVE above (id, issuer_id, revoked_at) AS ( \
                   SELECT id, issuer_id, revoked_at FROM authorities WHERE id = $2 UNION \
                   SELECT a.id, a.issuer_id, a.revoked_at \
                   FROM authorities a JOIN above ON a.id = above.issuer_id) \
                   SELECT 1 FROM authorities WHERE domain_id = $1 AND id = $2 AND status = $3 \
                   AND NOT EXISTS (SELECT 1 FROM above WHERE revoked_at IS NOT NULL)";
        self.one(label::ISSUER, sql, params![domain_id, id, status])
    }
}
