//! Revoking CAs.

use chancery_store::{StoreError, Transaction};

use super::lifecycle::changed_meanwhile;
use super::state::{State, Step, step};
use crate::context::Context;
use crate::crls::CrlSettings;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::limits::ccm as limits;

impl Desk {
    /// Revokes a subordinate CA that a CA of this desk issued, also one with its key elsewhere;
    /// there is no way back. From then on neither it nor any CA below it issues here. Its last list
    /// tells what it has revoked before.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for an unknown reason; [`Refusal::State`];
    /// [`Refusal::Undefined`] for a root, and for a CA whose issuer is elsewhere: revoking is its
    /// issuer's matter.
    pub async fn revoke_authority(
        &self,
        ctx: &Context,
        id: &str,
        reason: Option<&str>,
    ) -> Result<()> {
        let now = self.now_ms();
        let row = self.authority_row(ctx, id).await?;
        let reason = reason.unwrap_or("UNSPECIFIED");
        limits::REVOCATION_REASON.check("reason", reason)?;
        step(State::of(&row, now)?, Step::Revoke)?;
        let Some(issuer_id) = &row.issuer_id else {
            return Err(Error::refused(
                Refusal::Undefined,
                "only a CA that another CA of this desk issued can be revoked here",
            ));
        };
        let lists = CrlSettings::of(&row)?;
        if lists.is_some() {
            self.publish_last_crl(id).await?;
        }
        let mut tx = Transaction::new("authority.revoke");
        let states = (row.status.as_str(), State::Revoked.name());
        tx.revoke_authority(ctx.domain_id(), id, states, now, Some(reason));
        let detail = serde_json::json!({
            "reason": reason, "serial_number": row.serial_number, "issuer_id": issuer_id,
        });
        tx.audit(ctx.audit_with(now, id, detail));
        match self.commit_revocation(ctx, issuer_id, tx).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => return Err(changed_meanwhile()),
            Err(error) => return Err(error.into()),
        }
        // It answers no more, also where it is opened.
        self.forget_ocsp();
        self.remove_left_copy(lists.as_ref()).await;
        Ok(())
    }
}
