//! Private certificates: issued by a private CA for a key made here or for a CSR.

mod create;
mod export;
mod from_request;
mod issue;
mod search;

use chancery_pki::DistinguishedName;
use chancery_store::{
    Listing, Page, PrivateCertificateFilter, PrivateCertificateRow, PrivateCertificateSort,
    StoreError, Tagged, Transaction, label,
};

pub use create::NewCertificate;
pub use export::{
    EncryptionKeyText, EncryptionText, Export, ExportAs, ExportRequest, ExportedText,
};
pub use from_request::{NewFromRequest, RequestedType};
use issue::Issued;
pub use search::{Found, Search};

use crate::authorities::{issue_failed, require_issuer};
use crate::context::{Context, cut};
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::instances::Tag;
use crate::limits::ccm as limits;
use crate::policy::Target;
use crate::subject;

/// The state of a private certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Valid, or not valid yet.
    Issued,
    /// Past its validity.
    Expired,
    /// Revoked by its owner.
    Revoked,
}

impl State {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
        }
    }

    /// The state with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Issued, Self::Expired, Self::Revoked]
            .into_iter()
            .find(|state| state.name() == name)
    }

    fn of(row: &PrivateCertificateRow, now_ms: i64) -> Result<Self> {
        match Self::from_name(&row.status) {
            Some(Self::Issued) if row.not_after <= now_ms => Ok(Self::Expired),
            Some(state) => Ok(state),
            None => Err(Error::internal(format!(
                "certificate {}: {}",
                row.id, row.status
            ))),
        }
    }
}

/// A private certificate as it is shown.
pub struct PrivateCertificate {
    /// Its row.
    pub row: PrivateCertificateRow,
    /// Its name.
    pub subject: DistinguishedName,
    /// Its state now.
    pub state: State,
}

impl Desk {
    /// A private certificate of the caller's account.
    ///
    /// # Errors
    /// [`Thing::Certificate`] not found.
    pub async fn private_certificate(&self, ctx: &Context, id: &str) -> Result<PrivateCertificate> {
        let row = self.private_certificate_row(ctx, id).await?;
        self.show_private_certificate(row)
    }

    /// A page of the account's private certificates; `status` narrows to a state as it is now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn private_certificates(
        &self,
        ctx: &Context,
        mut filter: PrivateCertificateFilter,
        status: Option<State>,
        page: &Page<PrivateCertificateSort>,
    ) -> Result<Listing<PrivateCertificate>> {
        let now = self.now_ms();
        match status {
            // Expired is what an issued certificate becomes by time alone.
            Some(State::Issued) => filter.not_after_from = Some(now + 1),
            Some(State::Expired) => filter.not_after_below = Some(now + 1),
            _ => {}
        }
        filter.status = status.map(|status| match status {
            State::Expired => State::Issued.name().to_owned(),
            other => other.name().to_owned(),
        });
        let found = self.narrowed_certificates(ctx, filter, page).await?;
        let rows = found
            .rows
            .into_iter()
            .map(|row| self.show_private_certificate(row));
        Ok(Listing {
            rows: rows.collect::<Result<_>>()?,
            total: found.total,
        })
    }

    /// The rows of a list that the caller may see.
    async fn narrowed_certificates(
        &self,
        ctx: &Context,
        mut filter: PrivateCertificateFilter,
        page: &Page<PrivateCertificateSort>,
    ) -> Result<Listing<PrivateCertificateRow>> {
        let (domain_id, store) = (ctx.domain_id(), &self.store);
        if ctx.judges_rows() {
            let filed = store.filed_private_certificates(domain_id, &filter, page);
            let visible = self.visible(ctx, Tagged::PrivateCertificate, filed.await?);
            let visible = visible.await?;
            let (ids, total, page) = cut(visible, page);
            filter.ids = Some(ids);
            let found = store
                .private_certificates(domain_id, &filter, &page)
                .await?;
            return Ok(Listing { total, ..found });
        }
        if ctx.is_narrowed() {
            let known = store.certificate_projects(domain_id).await?;
            filter.enterprise_project_ids = Some(ctx.narrowed_to(KIND, known));
        }
        Ok(store.private_certificates(domain_id, &filter, page).await?)
    }

    /// Revokes a private certificate; there is no way back, also not from `CERTIFICATE_HOLD`.
    ///
    /// # Errors
    /// [`Refusal::State`] unless it is issued; [`crate::Kind::Invalid`] for an unknown reason.
    pub async fn revoke_private_certificate(
        &self,
        ctx: &Context,
        id: &str,
        reason: Option<&str>,
    ) -> Result<()> {
        let now = self.now_ms();
        let row = self.private_certificate_row(ctx, id).await?;
        let reason = reason.unwrap_or("UNSPECIFIED");
        limits::REVOCATION_REASON.check("reason", reason)?;
        self.require_issued(&row, "be revoked")?;
        let mut tx = Transaction::new("private_certificate.revoke");
        let states = (State::Issued.name(), State::Revoked.name());
        tx.revoke_private_certificate(ctx.domain_id(), id, states, now, Some(reason));
        let detail = serde_json::json!({
            "reason": reason, "serial_number": row.serial_number,
            "enc_serial_number": row.enc_serial_number,
        });
        tx.audit(ctx.audit_with(now, id, detail));
        match self.commit_revocation(ctx, &row.issuer_id, tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(Error::refused(
                Refusal::State,
                "the certificate was just revoked or deleted by another call",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a private certificate with its key, in any state.
    ///
    /// # Errors
    /// [`Thing::Certificate`] not found.
    pub async fn delete_private_certificate(&self, ctx: &Context, id: &str) -> Result<()> {
        let row = self.private_certificate_row(ctx, id).await?;
        let mut tx = Transaction::new("private_certificate.delete");
        tx.delete_private_certificate(ctx.domain_id(), id);
        let detail = serde_json::json!({
            "serial_number": row.serial_number, "enc_serial_number": row.enc_serial_number,
        });
        tx.audit(ctx.audit_with(self.now_ms(), id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(Error::not_found(Thing::Certificate, id)),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn private_certificate_row(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<PrivateCertificateRow> {
        let row = self.store.private_certificate(ctx.domain_id(), id).await?;
        let row = row.ok_or_else(|| Error::not_found(Thing::Certificate, id))?;
        let tags = self
            .policy_tags(ctx, Tagged::PrivateCertificate, id)
            .await?;
        ctx.require(&target(&row.id, &row.enterprise_project_id, &tags))?;
        Ok(row)
    }

    fn require_issued(&self, row: &PrivateCertificateRow, verb: &str) -> Result<()> {
        match State::of(row, self.now_ms())? {
            State::Issued => Ok(()),
            state => Err(Error::refused(
                Refusal::State,
                format!("a certificate in state {} cannot {verb}", state.name()),
            )),
        }
    }

    fn show_private_certificate(&self, row: PrivateCertificateRow) -> Result<PrivateCertificate> {
        Ok(PrivateCertificate {
            subject: subject::from_json(&row.subject)?,
            state: State::of(&row, self.now_ms())?,
            row,
        })
    }

    /// Stores a new certificate with its audit row, if its issuer may still issue.
    async fn store_private_certificate(
        &self,
        ctx: &Context,
        row: &PrivateCertificateRow,
        issued: Issued,
    ) -> Result<()> {
        let mut tx = Transaction::new("private_certificate.issue");
        require_issuer(&mut tx, ctx, &row.issuer_id);
        let quota = self.settings.quotas.private_certificates;
        tx.insert_private_certificate_within(row, quota.into());
        let half = issued.encryption.map(|half| half.row);
        let der = half.as_ref().map(|half| half.certificate.as_slice());
        let words = search::words_of(row, &issued.certificate, der);
        tx.insert_certificate_words(&row.domain_id, &row.id, &words);
        if let Some(half) = &half {
            tx.insert_encryption_half(half);
        }
        let detail = serde_json::json!({
            "issuer_id": row.issuer_id, "serial_number": row.serial_number,
            "enc_serial_number": row.enc_serial_number,
            "common_name": row.common_name, "gen_mode": row.gen_mode,
        });
        tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        match self.store.commit(tx).await {
            Err(StoreError::Conflict(label::QUOTA)) => Err(self.no_room_for_certificate()),
            other => other.map_err(issue_failed),
        }
    }
}

/// The type of a private certificate in a policy's resource.
const KIND: &str = "cert";

/// A private certificate, as policies see it; with an empty id one that is to be made.
pub(crate) fn target<'a>(
    id: &'a str,
    enterprise_project_id: &'a str,
    tags: &'a [Tag],
) -> Target<'a> {
    Target {
        kind: KIND,
        id,
        enterprise_project_id: Some(enterprise_project_id),
        tags,
    }
}

/// Where the key of a private certificate is sealed for.
fn key_place(id: &str) -> Place<'_> {
    Place {
        table: "private_certificates",
        row: id,
        column: "sealed_key",
    }
}
