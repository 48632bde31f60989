//! Users, as the administrators of an account manage them.
//!
//! Nobody deletes or disables themselves, and nobody but the owner of an account changes the owner:
//! so there is always someone who can log in and may do everything.

use chancery_store::{StoreError, Transaction, UserRow, label};
use zeroize::Zeroizing;

use super::profile::{Profile, ProfileChange, check_password};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::limits::iam as limits;
use crate::policy::Target;
use crate::retry::{ATTEMPTS, overtaken};
use crate::throttle::{Client, Secret};
use crate::users::password_matches;

/// A user without their password's hash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct User {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The account.
    pub domain_id: String,
    /// Unique in the account.
    pub name: String,
    /// Whether they can log in.
    pub enabled: bool,
    /// Whether they are the account's owner.
    pub owner: bool,
    /// What else is known about them.
    pub profile: Profile,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

/// A user who is asked for.
pub struct NewUser {
    /// See [`limits::USER_NAME`].
    pub name: String,
    /// See [`limits::PASSWORD`]; none for one who has access keys only.
    pub password: Option<Zeroizing<String>>,
    /// Whether they can log in; they can by default.
    pub enabled: Option<bool>,
    /// What else is known about them.
    pub profile: ProfileChange,
}

/// What to change about a user; nothing else changes.
#[derive(Default)]
pub struct UserChange {
    /// As [`NewUser::name`].
    pub name: Option<String>,
    /// As [`NewUser::password`], and not the one they have. Their tokens and temporary access keys
    /// end.
    pub password: Option<Zeroizing<String>>,
    /// Whether they can log in. When they cannot any more, their tokens and temporary access keys
    /// end, and their permanent access keys sign nothing until they can again.
    pub enabled: Option<bool>,
    /// What else is known about them.
    pub profile: ProfileChange,
}

/// Which users to list; nothing stands for any.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserFilter<'a> {
    /// The whole name.
    pub name: Option<&'a str>,
    /// Whether they can log in.
    pub enabled: Option<bool>,
}

impl Desk {
    /// Adds a user to the caller's account; they may do nothing until they are in a group.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials; [`crate::Kind::Invalid`];
    /// [`Refusal::Duplicate`]; [`Refusal::Quota`].
    pub async fn add_user(&self, ctx: &Context, new: NewUser) -> Result<User> {
        ctx.require(&target(""))?;
        ctx.require_unlimited()?;
        limits::USER_NAME.check("user.name", &new.name)?;
        let now = self.now_ms();
        let mut profile = Profile::default().changed(new.profile)?;
        let mut password_hash = String::new();
        if let Some(password) = &new.password {
            check_password(password, &new.name, &profile)?;
            password_hash = self.hash_password(ctx.behalf(), password).await?;
            profile.password_at = Some(now);
        }
        let row = UserRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            name: new.name,
            password_hash,
            enabled: new.enabled.unwrap_or(true),
            owner: false,
            profile: profile.to_json()?,
            created_at: now,
            generation: 0,
        };
        let quota = self.settings.quotas.users;
        let mut tx = Transaction::new("user.create");
        tx.insert_user_up_to(&row, quota.into());
        let detail = serde_json::json!({ "name": row.name, "enabled": row.enabled });
        tx.audit(ctx.audit_with(now, &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => row.try_into(),
            Err(StoreError::Duplicate(label::USERS_NAME)) => Err(taken()),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("an account has at most {quota} users"),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// The users of the caller's account, by name.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`].
    pub async fn users(&self, ctx: &Context, filter: UserFilter<'_>) -> Result<Vec<User>> {
        let mut rows = self.store.users(ctx.domain_id()).await?;
        rows.retain(|row| {
            ctx.may(&target(&row.id))
                && filter.name.is_none_or(|name| row.name == name)
                && filter.enabled.is_none_or(|enabled| row.enabled == enabled)
        });
        rows.into_iter().map(User::try_from).collect()
    }

    /// A user of the caller's account; themselves without permission.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`Thing::User`] not found.
    pub async fn show_user(&self, ctx: &Context, user_id: &str) -> Result<User> {
        ctx.require_for(user_id)?;
        self.user_row(ctx, user_id).await?.try_into()
    }

    /// Changes a user of the caller's account.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials, for the owner unless they call
    /// themselves, and for disabling oneself; [`Thing::User`] not found; [`crate::Kind::Invalid`];
    /// [`Refusal::Duplicate`].
    pub async fn change_user(
        &self,
        ctx: &Context,
        user_id: &str,
        change: UserChange,
    ) -> Result<User> {
        ctx.require(&target(user_id))?;
        ctx.require_unlimited()?;
        for _ in 0..ATTEMPTS {
            if let Some(changed) = self.try_change_user(ctx, user_id, &change).await? {
                return Ok(changed);
            }
        }
        Err(overtaken())
    }

    /// The same, once; nothing when the row has changed since it was read.
    async fn try_change_user(
        &self,
        ctx: &Context,
        user_id: &str,
        change: &UserChange,
    ) -> Result<Option<User>> {
        let read = self.user_row(ctx, user_id).await?;
        let mut row = read.clone();
        require_over(ctx, &row)?;
        if change.enabled == Some(false) && is_caller(ctx, &row) {
            return Err(ctx.forbid("nobody can disable themselves"));
        }
        if let Some(name) = &change.name {
            limits::USER_NAME.check("user.name", name)?;
            row.name.clone_from(name);
        }
        let now = self.now_ms();
        let mut profile = Profile::of(&row.profile)?.changed(change.profile.clone())?;
        profile.updated_at = Some(now);
        let mut hash = None;
        if let Some(password) = &change.password {
            hash = Some(
                self.new_password_hash(ctx, &row, &profile, password)
                    .await?,
            );
            profile.password_at = Some(now);
        }
        row.profile = profile.to_json()?;
        let mut tx = Transaction::new("user.change");
        tx.set_user(&read, &row);
        if let Some(hash) = &hash {
            set_password(&mut tx, &row, hash);
        }
        if let Some(enabled) = change.enabled {
            row.enabled = enabled;
            tx.set_user_enabled(&row.domain_id, &row.id, enabled);
        }
        if !row.enabled {
            tx.delete_tokens_of_user(&row.domain_id, &row.id);
        }
        let detail = serde_json::json!({
            "name": row.name, "enabled": row.enabled,
            "password_changed": change.password.is_some(),
        });
        tx.audit(ctx.audit_with(now, &row.id, detail));
        match self.commit_to_user(tx).await? {
            true => row.try_into().map(Some),
            false => Ok(None),
        }
    }

    /// Gives the caller another password; their tokens and temporary access keys end.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`] for another user and for limited credentials; [`Thing::User`] not
    /// found; [`crate::Kind::Invalid`], also when `original` is not the password they have;
    /// [`crate::Kind::TooMany`] when that was tried from `client` too often.
    pub async fn change_own_password(
        &self,
        ctx: &Context,
        client: Client,
        user_id: &str,
        original: &str,
        password: &str,
    ) -> Result<()> {
        if ctx.caller().user_id != user_id {
            return Err(ctx.forbid("a user can change only their own password this way"));
        }
        ctx.require_for(user_id)?;
        ctx.require_unlimited()?;
        for _ in 0..ATTEMPTS {
            let changed = self.try_change_own_password(ctx, client, original, password);
            if changed.await? {
                return Ok(());
            }
        }
        Err(overtaken())
    }

    /// The same, once; false when the row has changed since it was read, and `original` with it
    /// perhaps.
    async fn try_change_own_password(
        &self,
        ctx: &Context,
        client: Client,
        original: &str,
        password: &str,
    ) -> Result<bool> {
        let read = self.user_row(ctx, &ctx.caller().user_id).await?;
        let mut row = read.clone();
        // Who holds a token of theirs is still no one who knows their password, and may not try all.
        // Nobody can try another's this way, so wrong ones count for this user alone and not for the
        // address: strangers of other accounts may share it.
        let secret = Secret::Password(&ctx.caller().domain_name, &row.name);
        let guesses = &self.throttle.guesses;
        guesses.check_own(client, secret, self.now_ms())?;
        let (on, logins) = (ctx.behalf(), &self.workers.logins);
        let turn = logins.turn(on, logins.enter(on)?).await?;
        // Asked again, as for a login: of many that came at once, those before have been counted.
        guesses.check_own(client, secret, self.now_ms())?;
        let (turn, right) = password_matches(turn, &row.password_hash, original).await?;
        match right {
            true => guesses.right(client, secret, self.now_ms()),
            false => guesses.wrong_own(client, secret, self.now_ms()),
        }
        drop(turn);
        if !right {
            return Err(Error::invalid(
                "user.original_password",
                "is not the password that the user has",
            ));
        }
        let now = self.now_ms();
        let mut profile = Profile::of(&row.profile)?;
        let hash = self
            .new_password_hash(ctx, &row, &profile, password)
            .await?;
        profile.password_at = Some(now);
        profile.must_change_password = false;
        row.profile = profile.to_json()?;
        let mut tx = Transaction::new("user.password");
        tx.set_user(&read, &row);
        set_password(&mut tx, &row, &hash);
        tx.audit(ctx.audit(now, &row.id));
        self.commit_to_user(tx).await
    }

    /// Deletes a user with their keys, tokens and memberships.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials, for the owner and for oneself;
    /// [`Thing::User`] not found.
    pub async fn delete_user(&self, ctx: &Context, user_id: &str) -> Result<()> {
        ctx.require(&target(user_id))?;
        ctx.require_unlimited()?;
        let row = self.user_row(ctx, user_id).await?;
        require_over(ctx, &row)?;
        if is_caller(ctx, &row) {
            return Err(ctx.forbid("nobody can delete themselves"));
        }
        let mut tx = Transaction::new("user.delete");
        tx.delete_user(&row.domain_id, &row.id);
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        match self.commit_to_user(tx).await? {
            true => Ok(()),
            false => Err(Error::not_found(Thing::User, user_id)),
        }
    }

    /// The row of a user of the caller's account.
    pub(crate) async fn user_row(&self, ctx: &Context, user_id: &str) -> Result<UserRow> {
        let row = self.store.user(ctx.domain_id(), user_id).await?;
        row.ok_or_else(|| Error::not_found(Thing::User, user_id))
    }

    /// What another password of a user is stretched to, if it follows the rules.
    async fn new_password_hash(
        &self,
        ctx: &Context,
        row: &UserRow,
        profile: &Profile,
        password: &str,
    ) -> Result<String> {
        check_password(password, &row.name, profile)?;
        let (on, logins) = (ctx.behalf(), &self.workers.logins);
        let turn = logins.turn(on, logins.enter(on)?).await?;
        let (turn, same) = password_matches(turn, &row.password_hash, password).await?;
        drop(turn);
        if same {
            return Err(Error::invalid(
                "user.password",
                "must not be the one that the user has",
            ));
        }
        self.hash_password(on, password).await
    }

    /// Stores a change; false when the user is not as they were read, or is gone.
    async fn commit_to_user(&self, tx: Transaction) -> Result<bool> {
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(true)
            }
            Err(StoreError::Duplicate(label::USERS_NAME)) => Err(taken()),
            Err(StoreError::Conflict(label::USER)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self> {
        Ok(Self {
            profile: Profile::of(&row.profile)?,
            id: row.id,
            domain_id: row.domain_id,
            name: row.name,
            enabled: row.enabled,
            owner: row.owner,
            created_at: row.created_at,
        })
    }
}

/// Adds to a transaction what gives a user another password and ends what they got with the last.
fn set_password(tx: &mut Transaction, row: &UserRow, hash: &str) {
    tx.set_user_password_hash(&row.domain_id, &row.id, hash);
    tx.delete_tokens_of_user(&row.domain_id, &row.id);
}

/// Refuses what only the owner of an account may do to themselves.
pub(crate) fn require_over(ctx: &Context, row: &UserRow) -> Result<()> {
    match row.owner && !is_caller(ctx, row) {
        true => Err(ctx.forbid("the owner of an account is changed by nobody else")),
        false => Ok(()),
    }
}

fn is_caller(ctx: &Context, row: &UserRow) -> bool {
    ctx.caller().user_id == row.id
}

/// What policies may name: `iam:*:*:user:<id>`.
pub(crate) fn target(id: &str) -> Target<'_> {
    Target {
        kind: "user",
        id,
        ..Target::NOTHING
    }
}

fn taken() -> Error {
    Error::refused(
        Refusal::Duplicate,
        "the account has a user with this name already",
    )
}
