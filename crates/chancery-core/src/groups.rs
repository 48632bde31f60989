//! Groups: what users have in common, and what roles are granted to.

use chancery_store::{GroupRow, Reached, StoreError, Transaction, label};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::limits::iam as limits;
use crate::policy::Target;
use crate::retry::{ATTEMPTS, overtaken};
use crate::roles::{require_policies_within, too_many_policies};
use crate::users::{self, User};

/// What to change about a group; nothing else changes.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    /// See [`limits::GROUP_NAME`].
    pub name: Option<String>,
    /// See [`limits::GROUP_DESCRIPTION`].
    pub description: Option<String>,
}

impl Desk {
    /// Adds a group to the caller's account.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials; [`crate::Kind::Invalid`];
    /// [`Refusal::Duplicate`]; [`Refusal::Quota`].
    pub async fn create_group(
        &self,
        ctx: &Context,
        name: &str,
        description: &str,
    ) -> Result<GroupRow> {
        ctx.require(&target(""))?;
        ctx.require_unlimited()?;
        check(name, description)?;
        let row = GroupRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
            created_at: self.now_ms(),
        };
        let quota = self.settings.quotas.groups;
        let mut tx = Transaction::new("group.create");
        tx.insert_group_up_to(&row, quota.into());
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(row),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("an account has at most {quota} groups"),
            )),
            Err(error) => Err(fault(error, &row.id)),
        }
    }

    /// The groups of the caller's account, by name; those named `name` if it is given.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`].
    pub async fn groups(&self, ctx: &Context, name: Option<&str>) -> Result<Vec<GroupRow>> {
        let mut rows = self.store.groups(ctx.domain_id()).await?;
        rows.retain(|row| ctx.may(&target(&row.id)) && name.is_none_or(|name| row.name == name));
        Ok(rows)
    }

    /// A group of the caller's account.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`Thing::Group`] not found.
    pub async fn show_group(&self, ctx: &Context, group_id: &str) -> Result<GroupRow> {
        ctx.require(&target(group_id))?;
        self.group_row(ctx, group_id).await
    }

    /// Changes a group of the caller's account.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials; [`Thing::Group`] not found;
    /// [`crate::Kind::Invalid`]; [`Refusal::Duplicate`].
    pub async fn change_group(
        &self,
        ctx: &Context,
        group_id: &str,
        change: GroupChange,
    ) -> Result<GroupRow> {
        for _ in 0..ATTEMPTS {
            let change = change.clone();
            if let Some(changed) = self.try_change_group(ctx, group_id, change).await? {
                return Ok(changed);
            }
        }
        Err(overtaken())
    }

    /// The same, once; nothing when the row has changed since it was read.
    async fn try_change_group(
        &self,
        ctx: &Context,
        group_id: &str,
        change: GroupChange,
    ) -> Result<Option<GroupRow>> {
        let read = self.group_to_change(ctx, group_id).await?;
        let mut row = read.clone();
        row.name = change.name.unwrap_or(row.name);
        row.description = change.description.unwrap_or(row.description);
        check(&row.name, &row.description)?;
        let mut tx = Transaction::new("group.change");
        tx.set_group(&read, &row);
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(Some(row)),
            Err(StoreError::Conflict(label::GROUP)) => Ok(None),
            Err(error) => Err(fault(error, group_id)),
        }
    }

    /// Deletes a group; its members lose what it was granted.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials; [`Thing::Group`] not found.
    pub async fn delete_group(&self, ctx: &Context, group_id: &str) -> Result<()> {
        let row = self.group_to_change(ctx, group_id).await?;
        let mut tx = Transaction::new("group.delete");
        tx.delete_group(&row.domain_id, &row.id);
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        let committed = self.store.commit(tx).await;
        committed.map_err(|error| fault(error, group_id))?;
        self.forget_callers();
        Ok(())
    }

    /// The groups that a user of the account is in; the caller's own without permission.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`Thing::User`] not found.
    pub async fn groups_of_user(&self, ctx: &Context, user_id: &str) -> Result<Vec<GroupRow>> {
        ctx.require_for(user_id)?;
        let user = self.user_row(ctx, user_id).await?;
        let mut rows = self.store.groups_of_user(&user.domain_id, &user.id).await?;
        let own = users::target(user_id);
        let of_caller = ctx.caller().user_id == user_id;
        rows.retain(|row| match of_caller {
            // What needs no permission can still be denied.
            true => ctx.may_unasked(&target(&row.id)),
            false => ctx.may_beside(&own, &target(&row.id)),
        });
        Ok(rows)
    }

    /// The users in a group of the account, by name.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`Thing::Group`] not found.
    pub async fn users_of_group(&self, ctx: &Context, group_id: &str) -> Result<Vec<User>> {
        let group = self.show_group(ctx, group_id).await?;
        let rows = self
            .store
            .users_of_group(&group.domain_id, &group.id)
            .await?;
        let shown = rows.into_iter();
        let shown = shown.filter(|row| ctx.may_beside(&target(group_id), &users::target(&row.id)));
        shown.map(User::try_from).collect()
    }

    /// Puts a user into a group; who is in it already stays there.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`], also for limited credentials; [`Thing::Group`] and
    /// [`Thing::User`] not found; [`Refusal::Quota`].
    pub async fn add_member(&self, ctx: &Context, group_id: &str, user_id: &str) -> Result<()> {
        let group = self.group_to_change(ctx, group_id).await?;
        ctx.require_beside(&target(group_id), &users::target(user_id))?;
        let user = self.user_row(ctx, user_id).await?;
        if self.store.is_member(&group.id, &user.id).await? {
            return Ok(());
        }
        let quota = self.settings.quotas.groups_of_user;
        let mut tx = Transaction::new("group.add_member");
        tx.add_member_up_to(&group.domain_id, &group.id, &user.id, quota.into());
        require_policies_within(&mut tx, ctx, Reached::User(&user.id));
        let detail = serde_json::json!({ "user_id": user.id });
        tx.audit(ctx.audit_with(self.now_ms(), &group.id, detail));
        match self.store.commit(tx).await {
            Ok(()) | Err(StoreError::Duplicate(label::GROUP_MEMBERS_PAIR)) => {
                self.forget_callers();
                Ok(())
            }
            Err(StoreError::Conflict(label::MEMBER)) => Err(Error::refused(
                Refusal::Quota,
                format!("a user is in at most {quota} groups"),
            )),
            Err(StoreError::Conflict(label::POLICIES_OF_USER)) => Err(too_many_policies()),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds a user in a group.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`Thing::Group`] not found; [`Thing::User`] not found, also
    /// when they are not in the group.
    pub async fn check_member(&self, ctx: &Context, group_id: &str, user_id: &str) -> Result<()> {
        let group = self.show_group(ctx, group_id).await?;
        ctx.require_beside(&target(group_id), &users::target(user_id))?;
        let user = self.user_row(ctx, user_id).await?;
        match self.store.is_member(&group.id, &user.id).await? {
            true => Ok(()),
            false => Err(no_member(user_id)),
        }
    }

    /// Takes a user out of a group; they lose what it was granted.
    ///
    /// # Errors
    /// As [`Desk::check_member`]; [`crate::Kind::Forbidden`] also for limited credentials.
    pub async fn remove_member(&self, ctx: &Context, group_id: &str, user_id: &str) -> Result<()> {
        let group = self.group_to_change(ctx, group_id).await?;
        ctx.require_beside(&target(group_id), &users::target(user_id))?;
        let user = self.user_row(ctx, user_id).await?;
        let mut tx = Transaction::new("group.remove_member");
        tx.remove_member(&group.id, &user.id);
        let detail = serde_json::json!({ "user_id": user.id });
        tx.audit(ctx.audit_with(self.now_ms(), &group.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(())
            }
            Err(StoreError::Conflict(label::MEMBER)) => Err(no_member(user_id)),
            Err(error) => Err(error.into()),
        }
    }

    /// The row of a group of the caller's account.
    pub(crate) async fn group_row(&self, ctx: &Context, group_id: &str) -> Result<GroupRow> {
        let row = self.store.group(ctx.domain_id(), group_id).await?;
        row.ok_or_else(|| Error::not_found(Thing::Group, group_id))
    }

    /// The same, for a call that changes it or who and what belongs to it.
    pub(crate) async fn group_to_change(&self, ctx: &Context, group_id: &str) -> Result<GroupRow> {
        ctx.require(&target(group_id))?;
        ctx.require_unlimited()?;
        self.group_row(ctx, group_id).await
    }
}

/// What policies may name: `iam:*:*:group:<id>`.
pub(crate) fn target(id: &str) -> Target<'_> {
    Target {
        kind: "group",
        id,
        ..Target::NOTHING
    }
}

fn check(name: &str, description: &str) -> Result<()> {
    limits::GROUP_NAME.check("group.name", name)?;
    limits::GROUP_DESCRIPTION.check("group.description", description)
}

fn no_member(user_id: &str) -> Error {
    Error::new(
        crate::Kind::NotFound(Thing::User),
        format!("the user {user_id} is not in the group"),
    )
}

fn fault(error: StoreError, group_id: &str) -> Error {
    match error {
        StoreError::Duplicate(label::USER_GROUPS_NAME) => Error::refused(
            Refusal::Duplicate,
            "the account has a group with this name already",
        ),
        StoreError::Conflict(label::GROUP) => Error::not_found(Thing::Group, group_id),
        error => error.into(),
    }
}
