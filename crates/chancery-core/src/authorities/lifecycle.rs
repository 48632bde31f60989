//! Switching CAs off and on, scheduling their deletion, and taking that back.

use chancery_store::{StoreError, Transaction};

use super::state::{Next, State, Step, step};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::issuance::DAY_MS;
use crate::limits::ccm as limits;

impl Desk {
    /// Switches a CA off: it issues nothing until it is switched on again.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub async fn disable_authority(&self, ctx: &Context, id: &str) -> Result<()> {
        self.move_authority(ctx, id, Step::Disable, None).await
    }

    /// Switches a CA on.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub async fn enable_authority(&self, ctx: &Context, id: &str) -> Result<()> {
        self.move_authority(ctx, id, Step::Enable, None).await
    }

    /// Schedules the deletion of a CA in `pending_days`; a waiting one is deleted at once, and
    /// `pending_days` does not matter.
    ///
    /// # Errors
    /// [`Refusal::State`]; [`crate::Kind::Invalid`] for days outside 7 to 30.
    pub async fn delete_authority(
        &self,
        ctx: &Context,
        id: &str,
        pending_days: Option<i64>,
    ) -> Result<()> {
        self.move_authority(ctx, id, Step::Delete, pending_days)
            .await
    }

    /// Takes a scheduled deletion back; the CA is disabled then, or still revoked.
    ///
    /// # Errors
    /// [`Refusal::State`].
    pub async fn restore_authority(&self, ctx: &Context, id: &str) -> Result<()> {
        self.move_authority(ctx, id, Step::Restore, None).await
    }

    async fn move_authority(
        &self,
        ctx: &Context,
        id: &str,
        wanted: Step,
        pending_days: Option<i64>,
    ) -> Result<()> {
        let now = self.now_ms();
        let row = self.authority_row(ctx, id).await?;
        let mut tx = Transaction::new("authority.move");
        match step(State::of(&row, now)?, wanted)? {
            Next::Become(state) => {
                // Revoked is for ever.
                let state = match row.revoked_at {
                    Some(_) if state == State::Disabled => State::Revoked,
                    _ => state,
                };
                let delete_at = match state {
                    State::Deleted => Some(now + days(pending_days)? * DAY_MS),
                    _ => None,
                };
                tx.set_authority_deletion(
                    ctx.domain_id(),
                    id,
                    &row.status,
                    state.name(),
                    delete_at,
                );
            }
            Next::Vanish => {
                tx.delete_authority(ctx.domain_id(), id, &row.status);
            }
            Next::Stay => return Ok(()),
        }
        tx.audit(ctx.audit(now, id));
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(changed_meanwhile()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Another call changed the state between reading and writing it.
pub(crate) fn changed_meanwhile() -> Error {
    Error::refused(
        Refusal::State,
        "the state of the private CA was just changed by another call",
    )
}

fn days(pending: Option<i64>) -> Result<i64> {
    let days = pending.ok_or_else(|| limits::PENDING_DAYS.refusal("pending_days"))?;
    limits::PENDING_DAYS.check_number("pending_days", days)?;
    Ok(days)
}
