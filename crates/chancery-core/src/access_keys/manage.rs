//! Permanent access keys, as users and their administrators manage them.

use chancery_store::{AccessKeyRow, StoreError, Transaction, label};

use super::NewAccessKey;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::limits::iam as limits;
use crate::retry::{ATTEMPTS, overtaken};
use crate::tokens::revocation_end;
use crate::users::require_over;

/// How many permanent access keys a user may have.
const KEYS: i64 = 2;

/// An access key without its secret, which is never shown again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessKey {
    /// The access key id (AK).
    pub access_key: String,
    /// Whose it is.
    pub user_id: String,
    /// Whether requests may be signed with it.
    pub active: bool,
    /// The user's words.
    pub description: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

/// What to change; nothing else changes.
#[derive(Clone, Debug, Default)]
pub struct AccessKeyChange {
    /// Whether requests may be signed with it.
    pub active: Option<bool>,
    /// The user's words.
    pub description: Option<String>,
}

impl Desk {
    /// Creates an access key for a user of the account.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`] for another user without permission, for limited credentials,
    /// and for the account's owner unless they call themselves; [`Thing::User`] not found;
    /// [`Refusal::Quota`] beyond two keys; [`crate::Kind::Invalid`].
    pub async fn add_access_key(
        &self,
        ctx: &Context,
        user_id: &str,
        description: &str,
    ) -> Result<(NewAccessKey, AccessKey)> {
        ctx.require_for(user_id)?;
        ctx.require_unlimited()?;
        let user = self.user_row(ctx, user_id).await?;
        require_over(ctx, &user)?;
        limits::DESCRIPTION.check("description", description)?;
        let (key, row) = self.new_access_key(&user.domain_id, &user.id, description.to_owned());
        let mut tx = Transaction::new("access_key.create");
        tx.insert_access_key_up_to(&row, KEYS);
        let detail = serde_json::json!({ "user_id": user.id });
        tx.audit(ctx.audit_with(row.created_at, &row.access_key, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok((key, row.into())),
            Err(StoreError::Conflict(label::ACCESS_KEY)) => Err(Error::refused(
                Refusal::Quota,
                format!("a user has at most {KEYS} access keys"),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// The access keys of a user of the account, oldest first; the caller's own by default.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`] for another user without permission.
    pub async fn access_keys_of(
        &self,
        ctx: &Context,
        user_id: Option<&str>,
    ) -> Result<Vec<AccessKey>> {
        let user_id = user_id.unwrap_or(&ctx.caller().user_id);
        ctx.require_for(user_id)?;
        let rows = self.store.access_keys(ctx.domain_id(), user_id).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// An access key of the account.
    ///
    /// # Errors
    /// [`Thing::AccessKey`] not found; [`crate::Kind::Forbidden`] for another user's without
    /// permission.
    pub async fn show_access_key(&self, ctx: &Context, access_key: &str) -> Result<AccessKey> {
        Ok(self.access_key_row(ctx, access_key).await?.into())
    }

    async fn access_key_row(&self, ctx: &Context, access_key: &str) -> Result<AccessKeyRow> {
        let row = self.store.access_key(access_key).await?;
        let row = row.filter(|row| row.domain_id == ctx.domain_id());
        let row = row.ok_or_else(|| Error::not_found(Thing::AccessKey, access_key))?;
        ctx.require_for(&row.user_id)?;
        Ok(row)
    }

    /// Changes an access key; a key that is made inactive signs nothing from now on (on other
    /// nodes after at most a minute), nor do the temporary keys that were made with it, and tokens
    /// that were made with it end.
    ///
    /// # Errors
    /// As [`Desk::show_access_key`]; [`crate::Kind::Forbidden`] also for a key of the account's
    /// owner unless they call themself, and for limited credentials; [`crate::Kind::Invalid`].
    pub async fn change_access_key(
        &self,
        ctx: &Context,
        access_key: &str,
        change: AccessKeyChange,
    ) -> Result<AccessKey> {
        for _ in 0..ATTEMPTS {
            let changed = self.try_change_access_key(ctx, access_key, &change);
            if let Some(changed) = changed.await? {
                return Ok(changed);
            }
        }
        Err(overtaken())
    }

    /// The same, once; nothing when the row has changed since it was read.
    async fn try_change_access_key(
        &self,
        ctx: &Context,
        access_key: &str,
        change: &AccessKeyChange,
    ) -> Result<Option<AccessKey>> {
        let read = self.access_key_to_change(ctx, access_key).await?;
        let mut row = read.clone();
        if let Some(active) = change.active {
            status(active).clone_into(&mut row.status);
        }
        if let Some(description) = &change.description {
            limits::DESCRIPTION.check("description", description)?;
            row.description.clone_from(description);
        }
        let now = self.now_ms();
        let mut tx = Transaction::new("access_key.change");
        tx.set_access_key(&read, &row);
        if change.active == Some(false) {
            tx.revoke_tokens(access_key, revocation_end(now));
        }
        let detail = serde_json::json!({ "user_id": row.user_id, "status": row.status });
        tx.audit(ctx.audit_with(now, access_key, detail));
        match self.commit_to_key(tx).await? {
            true => Ok(Some(row.into())),
            false => Ok(None),
        }
    }

    /// Deletes an access key, and with it the tokens and temporary keys that were made with it.
    ///
    /// # Errors
    /// As [`Desk::show_access_key`]; [`crate::Kind::Forbidden`] also for a key of the account's
    /// owner unless they call themself, and for limited credentials.
    pub async fn delete_access_key(&self, ctx: &Context, access_key: &str) -> Result<()> {
        let row = self.access_key_to_change(ctx, access_key).await?;
        let now = self.now_ms();
        let mut tx = Transaction::new("access_key.delete");
        tx.delete_access_key(ctx.domain_id(), access_key);
        tx.revoke_tokens(access_key, revocation_end(now));
        let detail = serde_json::json!({ "user_id": row.user_id });
        tx.audit(ctx.audit_with(now, access_key, detail));
        match self.commit_to_key(tx).await? {
            true => Ok(()),
            false => Err(Error::not_found(Thing::AccessKey, access_key)),
        }
    }

    /// An access key that the caller may change: with credentials that are not limited, and not one
    /// of the owner's, unless they call themself.
    async fn access_key_to_change(&self, ctx: &Context, access_key: &str) -> Result<AccessKeyRow> {
        let row = self.access_key_row(ctx, access_key).await?;
        ctx.require_unlimited()?;
        require_over(ctx, &self.user_row(ctx, &row.user_id).await?)?;
        Ok(row)
    }

    /// Stores a change; false when the key is not as it was read, or is gone.
    async fn commit_to_key(&self, tx: Transaction) -> Result<bool> {
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(true)
            }
            Err(StoreError::Conflict(label::ACCESS_KEY)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl From<AccessKeyRow> for AccessKey {
    fn from(row: AccessKeyRow) -> Self {
        Self {
            active: row.status == status(true),
            access_key: row.access_key,
            user_id: row.user_id,
            description: row.description,
            created_at: row.created_at,
        }
    }
}

/// As rows and the API have it.
fn status(active: bool) -> &'static str {
    match active {
        true => "active",
        false => "inactive",
    }
}
