//! Accounts, which the API calls domains.

use chancery_store::DomainRow;

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Result};

impl Desk {
    /// The account of the caller, for whoever asks who they are.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] when a policy denies it; when storage fails.
    pub async fn own_domain(&self, ctx: &Context) -> Result<DomainRow> {
        ctx.require_for(&ctx.caller().user_id)?;
        self.domain(ctx).await
    }

    /// The account of the caller.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn domain(&self, ctx: &Context) -> Result<DomainRow> {
        let row = self.store.domain(ctx.domain_id()).await?;
        row.ok_or_else(|| Error::new(Kind::Token, "the account of the caller does not exist"))
    }
}
