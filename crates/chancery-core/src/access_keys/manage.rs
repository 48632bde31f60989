//! Permanent access keys, as users and their administrators manage them.

use chancery_store::{AccessKeyRow, StoreError, Transaction, label};

use super::NewAccessKey;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::users::require_over;

/// How many permanent access keys a user may have.
const KEYS: i64 = 2;
/// How long a description may be, in characters.
const DESCRIPTION: usize = 255;

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
    /// and for the account's owner unless she calls herself; [`Thing::User`] not found; [`Refusal::Quota`] beyond two keys;
    /// [`crate::Kind::Invalid`].
    pub async fn add_access_key(
        &self,
        ctx: &Context,
        user_id: &str,
        description: &str,
    ) -> Result<(NewAccessKey, AccessKey)> {
        ctx.require_for(user_id)?;
        ctx.require_unlimited()?;
        let user = self.store.user(ctx.domain_id(), user_id).await?;
        let user = user.ok_or_else(|| Error::not_found(Thing::User, user_id))?;
        require_over(ctx, &user)?;
        check_description(description)?;
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
        let row = self.store.access_key(access_key).await?;
        let row = row.filter(|row| row.domain_id == ctx.domain_id());
        let row = row.ok_or_else(|| Error::not_found(Thing::AccessKey, access_key))?;
        ctx.require_for(&row.user_id)?;
        Ok(row.into())
    }

    /// Changes an access key; a key that is made inactive signs nothing from now on (on other
    /// nodes after at most a minute).
    ///
    /// # Errors
    /// As [`Desk::show_access_key`]; [`crate::Kind::Invalid`].
    pub async fn change_access_key(
        &self,
        ctx: &Context,
        access_key: &str,
        change: AccessKeyChange,
    ) -> Result<AccessKey> {
        let mut key = self.show_access_key(ctx, access_key).await?;
        key.active = change.active.unwrap_or(key.active);
        if let Some(description) = change.description {
            check_description(&description)?;
            key.description = description;
        }
        let mut tx = Transaction::new("access_key.change");
        let status = status(key.active);
        tx.set_access_key(ctx.domain_id(), access_key, status, &key.description);
        let detail = serde_json::json!({ "user_id": key.user_id, "status": status });
        tx.audit(ctx.audit_with(self.now_ms(), access_key, detail));
        self.commit_to_key(tx, access_key).await?;
        Ok(key)
    }

    /// Deletes an access key.
    ///
    /// # Errors
    /// As [`Desk::show_access_key`].
    pub async fn delete_access_key(&self, ctx: &Context, access_key: &str) -> Result<()> {
        let key = self.show_access_key(ctx, access_key).await?;
        let mut tx = Transaction::new("access_key.delete");
        tx.delete_access_key(ctx.domain_id(), access_key);
        let detail = serde_json::json!({ "user_id": key.user_id });
        tx.audit(ctx.audit_with(self.now_ms(), access_key, detail));
        self.commit_to_key(tx, access_key).await
    }

    async fn commit_to_key(&self, tx: Transaction, access_key: &str) -> Result<()> {
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(())
            }
            Err(StoreError::Conflict(_)) => Err(Error::not_found(Thing::AccessKey, access_key)),
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

fn check_description(text: &str) -> Result<()> {
    let plain = !text
        .chars()
        .any(|c| "@#%&<>\\$^*".contains(c) || c.is_control());
    match plain && text.chars().count() <= DESCRIPTION {
        true => Ok(()),
        false => Err(Error::invalid(
            "description",
            format!("must have at most {DESCRIPTION} characters and none of @ # % & < > \\ $ ^ *"),
        )),
    }
}
