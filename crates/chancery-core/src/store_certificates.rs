//! Certificates that users brought: the store behind SCM.

mod check;
mod export;
mod import;
mod names;
mod pair;
mod read;

use std::collections::HashMap;

use chancery_crypto::digest;
use chancery_store::{
    Listing, Page, StoreCertificateFilter, StoreCertificateRow, StoreCertificateSort, StoreError,
    Transaction,
};

pub use export::{StoreExport, StoreExportEncryption};
pub use import::NewStoreCertificate;

use crate::context::{Context, cut};
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result, Thing};
use crate::issuance::DAY_MS;
use crate::policy::Target;

/// Months are counted by their mean length in the Gregorian calendar: 400 years have 146,097 days.
const MONTH_MS: i64 = 146_097 * DAY_MS / 4800;

/// The state of a stored certificate.
///
/// A certificate that was brought knows only these two. What the API lists beyond them are the
/// steps of buying one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Brought by its owner; valid, or not valid yet.
    Upload,
    /// Past its validity.
    Expired,
}

impl State {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "UPLOAD",
            Self::Expired => "EXPIRED",
        }
    }

    /// The row keeps the state that time alone does not change.
    fn of(row: &StoreCertificateRow, now_ms: i64) -> Self {
        match row.not_after < whole_second(now_ms) {
            true => Self::Expired,
            false => Self::Upload,
        }
    }
}

/// A stored certificate as it is shown.
pub struct StoreCertificate {
    /// Its row.
    pub row: StoreCertificateRow,
    /// Its state now.
    pub state: State,
}

impl StoreCertificate {
    /// The servers it is for, the main one first: host names and IP addresses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let others = names::split(&self.row.sans);
        std::iter::once(self.row.domain.as_str()).chain(others)
    }

    /// How long it is valid from beginning to end, rounded to whole months.
    pub fn validity_months(&self) -> i64 {
        (self.row.not_after - self.row.not_before + MONTH_MS / 2).div_euclid(MONTH_MS)
    }
}

/// Which stored certificates are asked for; the default is all of them.
#[derive(Clone, Debug, Default)]
pub struct StoreCertificateQuery {
    /// The state, by its name; no certificate is in a state other than those of [`State`].
    pub status: Option<String>,
    /// Part of the name or of a server's name.
    pub content: Option<String>,
    /// The enterprise project it is filed under.
    pub enterprise_project_id: Option<String>,
    /// Leaves out those that expired more than this number of days ago.
    pub expired_days_since: Option<u32>,
}

impl Desk {
    /// A stored certificate of the caller's account.
    ///
    /// # Errors
    /// [`Thing::StoreCertificate`] not found.
    pub async fn store_certificate(&self, ctx: &Context, id: &str) -> Result<StoreCertificate> {
        let row = self.store_certificate_row(ctx, id).await?;
        Ok(self.show_store_certificate(row))
    }

    /// A page of the account's stored certificates.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn store_certificates(
        &self,
        ctx: &Context,
        query: StoreCertificateQuery,
        page: &Page<StoreCertificateSort>,
    ) -> Result<Listing<StoreCertificate>> {
        let filter = filter(query, whole_second(self.now_ms()));
        let found = self.narrowed_store_certificates(ctx, filter, page).await?;
        let rows = found.rows.into_iter();
        Ok(Listing {
            rows: rows.map(|row| self.show_store_certificate(row)).collect(),
            total: found.total,
        })
    }

    /// The rows of a list that the caller may see.
    async fn narrowed_store_certificates(
        &self,
        ctx: &Context,
        mut filter: StoreCertificateFilter,
        page: &Page<StoreCertificateSort>,
    ) -> Result<Listing<StoreCertificateRow>> {
        let (domain_id, store) = (ctx.domain_id(), &self.store);
        if ctx.judges_rows() {
            let filed = store.filed_store_certificates(domain_id, &filter, page);
            let visible = self.judge(ctx, KIND, filed.await?, HashMap::new()).await?;
            let (ids, total, page) = cut(visible, page);
            filter.ids = Some(ids);
            let found = store.store_certificates(domain_id, &filter, &page).await?;
            return Ok(Listing { total, ..found });
        }
        if ctx.is_narrowed() {
            let known = store.store_certificate_projects(domain_id).await?;
            filter.enterprise_project_ids = Some(ctx.narrowed_to(KIND, known));
        }
        Ok(store.store_certificates(domain_id, &filter, page).await?)
    }

    /// Deletes a stored certificate with its key.
    ///
    /// # Errors
    /// [`Thing::StoreCertificate`] not found.
    pub async fn delete_store_certificate(&self, ctx: &Context, id: &str) -> Result<()> {
        let row = self.store_certificate_row(ctx, id).await?;
        let mut tx = Transaction::new("store_certificate.delete");
        tx.delete_store_certificate(ctx.domain_id(), id);
        tx.audit(ctx.audit_with(self.now_ms(), id, audited(&row)));
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(Error::not_found(Thing::StoreCertificate, id)),
            Err(error) => Err(error.into()),
        }
    }

    async fn store_certificate_row(&self, ctx: &Context, id: &str) -> Result<StoreCertificateRow> {
        let row = self.store.store_certificate(ctx.domain_id(), id).await?;
        let row = row.ok_or_else(|| Error::not_found(Thing::StoreCertificate, id))?;
        ctx.require(&target(&row.id, &row.enterprise_project_id))?;
        Ok(row)
    }

    fn show_store_certificate(&self, row: StoreCertificateRow) -> StoreCertificate {
        StoreCertificate {
            state: State::of(&row, self.now_ms()),
            row,
        }
    }
}

/// What is asked for, in terms of the rows: expired is what a row becomes by time alone.
fn filter(query: StoreCertificateQuery, second_ms: i64) -> StoreCertificateFilter {
    let mut filter = StoreCertificateFilter {
        status: query.status,
        content: query.content,
        enterprise_project_id: query.enterprise_project_id,
        not_after_from: query
            .expired_days_since
            .map(|days| second_ms - i64::from(days) * DAY_MS),
        ..StoreCertificateFilter::default()
    };
    if filter.status.as_deref() == Some(State::Upload.name()) {
        filter.not_after_from = Some(second_ms);
    } else if filter.status.as_deref() == Some(State::Expired.name()) {
        filter.status = Some(State::Upload.name().to_owned());
        filter.not_after_below = Some(second_ms);
    }
    filter
}

/// The second that this moment is in. Certificates count in seconds, and the last one counts
/// (RFC 5280 section 4.1.2.5).
fn whole_second(now_ms: i64) -> i64 {
    now_ms - now_ms.rem_euclid(1000)
}

/// The type of a stored certificate in a policy's resource.
const KIND: &str = "cert";

/// A stored certificate, as policies see it; with an empty id one that is to be brought.
fn target<'a>(id: &'a str, enterprise_project_id: &'a str) -> Target<'a> {
    Target {
        kind: KIND,
        id,
        enterprise_project_id: Some(enterprise_project_id),
        tags: &[],
    }
}

/// What the audit trail says of a stored certificate.
fn audited(row: &StoreCertificateRow) -> serde_json::Value {
    let mut detail = serde_json::json!({ "name": row.name, "fingerprint": row.fingerprint });
    if let Some(certificate) = &row.enc_certificate {
        let fingerprint = hex::encode_upper(digest::sha1(certificate));
        detail["enc_fingerprint"] = fingerprint.into();
    }
    detail
}

/// Where the key of a stored certificate is sealed for.
fn key_place(id: &str) -> Place<'_> {
    Place {
        table: "store_certificates",
        row: id,
        column: "sealed_key",
    }
}

/// Where the encryption key of an SM2 pair is sealed for.
fn enc_key_place(id: &str) -> Place<'_> {
    Place {
        column: "sealed_enc_key",
        ..key_place(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(not_before: i64, not_after: i64) -> StoreCertificateRow {
        StoreCertificateRow {
            id: "scs0000000000001".to_owned(),
            domain_id: String::new(),
            name: "name".to_owned(),
            status: State::Upload.name().to_owned(),
            domain: "example.com".to_owned(),
            sans: String::new(),
            signature_algorithm: String::new(),
            not_before,
            not_after,
            created_at: 0,
            updated_at: 0,
            fingerprint: String::new(),
            certificate: Vec::new(),
            chain: Vec::new(),
            sealed_key: Vec::new(),
            enc_certificate: None,
            sealed_enc_key: None,
            enterprise_project_id: String::new(),
        }
    }

    #[test]
    fn the_last_second_counts() {
        for (now, expected) in [
            (9_999, State::Upload),
            (10_999, State::Upload),
            (11_000, State::Expired),
        ] {
            assert_eq!(State::of(&row(0, 10_000), now), expected, "{now}");
        }
    }

    #[test]
    fn months_are_rounded() {
        let shown = |days: i64| StoreCertificate {
            row: row(0, days * DAY_MS - 1000),
            state: State::Upload,
        };
        for (days, months) in [(1, 0), (90, 3), (365, 12), (366, 12), (398, 13), (825, 27)] {
            assert_eq!(shown(days).validity_months(), months, "{days} days");
        }
    }

    #[test]
    fn names_begin_with_the_main_one() {
        let mut row = row(0, 1);
        let shown = |row| StoreCertificate {
            row,
            state: State::Upload,
        };
        assert_eq!(
            shown(row.clone()).names().collect::<Vec<_>>(),
            ["example.com"]
        );
        row.sans = "*.example.com;192.0.2.1".to_owned();
        assert_eq!(
            shown(row).names().collect::<Vec<_>>(),
            ["example.com", "*.example.com", "192.0.2.1"]
        );
    }

    #[test]
    fn states_are_found_by_time() {
        let ask = |status: &str, expired_days_since| {
            let query = StoreCertificateQuery {
                status: Some(status.to_owned()),
                expired_days_since,
                ..StoreCertificateQuery::default()
            };
            let filter = filter(query, 10 * DAY_MS);
            (
                filter.status.unwrap_or_default(),
                filter.not_after_from,
                filter.not_after_below,
            )
        };
        let (upload, now) = ("UPLOAD".to_owned(), Some(10 * DAY_MS));
        assert_eq!(ask("UPLOAD", None), (upload.clone(), now, None));
        assert_eq!(ask("UPLOAD", Some(3)), (upload.clone(), now, None));
        assert_eq!(ask("EXPIRED", None), (upload.clone(), None, now));
        assert_eq!(ask("EXPIRED", Some(3)), (upload, Some(7 * DAY_MS), now));
        assert_eq!(ask("ISSUED", None), ("ISSUED".to_owned(), None, None));
    }
}
