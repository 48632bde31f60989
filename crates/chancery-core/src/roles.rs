//! Roles: policies that can be granted to groups. Some are built in, others are made by the
//! administrators of an account, who call them custom policies.

mod grants;
mod system;
mod unknown;

use chancery_store::{PolicyRow, Reached, StoreError, Transaction, label};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result, Thing};
use crate::ids;
use crate::limits::iam as limits;
use crate::policy::{Policies, Target, Within};
use crate::retry::{ATTEMPTS, overtaken};
use system::{SYSTEM_ROLES, SystemRole};

pub use grants::Place;
pub(crate) use grants::{require_policies_within, too_many_policies};

/// A role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Role {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The account; none for a role that is built in.
    pub domain_id: Option<String>,
    /// What programs call it.
    pub name: String,
    /// What people call it; unique in an account.
    pub display_name: String,
    /// Where it is meant to be granted: `AX` in an account, `XA` in a project, `AA` in both.
    pub kind: String,
    /// The service it is of, or `CUSTOMED`.
    pub catalog: String,
    /// Whether the cloud calls it a policy; a role otherwise.
    pub fine_grained: bool,
    /// The administrator's words.
    pub description: String,
    /// The same in Chinese.
    pub description_cn: String,
    /// What it allows and denies: a policy document.
    pub document: String,
    /// Milliseconds since the epoch; none for a role that is built in.
    pub created_at: Option<i64>,
    /// The last change.
    pub updated_at: Option<i64>,
}

/// A custom policy that is asked for, or what one is changed to.
#[derive(Clone, Debug, Default)]
pub struct RoleChange {
    /// What people call it; see [`limits::POLICY_NAME`].
    pub display_name: Option<String>,
    /// Where it is meant to be granted; see [`limits::POLICY_TYPE`].
    pub kind: Option<String>,
    /// See [`limits::POLICY_DESCRIPTION`].
    pub description: Option<String>,
    /// See [`limits::POLICY_DESCRIPTION`].
    pub description_cn: Option<String>,
    /// A policy document, `Version` 1.1 or 5.0.
    pub document: Option<String>,
}

impl Desk {
    /// The roles that are built in, and those of the caller's account.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub async fn roles(&self, ctx: &Context) -> Result<Vec<Role>> {
        let built_in = SYSTEM_ROLES.iter().map(Role::from);
        let built_in = built_in.filter(|role| ctx.may(&target(&role.id)));
        let custom = self.custom_policies(ctx).await?;
        Ok(built_in.chain(custom).collect())
    }

    /// The custom policies of the caller's account, by name.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub async fn custom_policies(&self, ctx: &Context) -> Result<Vec<Role>> {
        let rows = self.store.policies(ctx.domain_id()).await?;
        let custom = rows.into_iter().filter(is_custom);
        let custom = custom.filter(|row| ctx.may(&target(&row.id)));
        Ok(custom.map(Role::from).collect())
    }

    /// A role that is built in, or one of the caller's account.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]; [`Thing::Role`] not found.
    pub async fn show_role(&self, ctx: &Context, role_id: &str) -> Result<Role> {
        ctx.require(&target(role_id))?;
        self.role(ctx, role_id).await
    }

    /// A custom policy of the caller's account, and how often it is granted.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]; [`Thing::Role`] not found.
    pub async fn show_custom_policy(&self, ctx: &Context, role_id: &str) -> Result<(Role, i64)> {
        ctx.require(&target(role_id))?;
        let row = self.custom_policy(ctx, role_id).await?;
        let grants = self.store.count_grants(ctx.domain_id(), role_id).await?;
        Ok((row.into(), grants))
    }

    /// Makes a custom policy; tells with it, in a sentence each, what its document names and the desk
    /// does not have. `actions` are those of the calls.
    ///
    /// # Errors
    /// [`Kind::Forbidden`], also for limited credentials; [`Kind::Invalid`], for a document with
    /// what the grammar does not allow; [`Refusal::Duplicate`]; [`Refusal::Quota`].
    pub async fn create_custom_policy(
        &self,
        ctx: &Context,
        new: RoleChange,
        actions: &[&str],
    ) -> Result<(Role, Vec<String>)> {
        ctx.require(&target(""))?;
        ctx.require_unlimited()?;
        let now = self.now_ms();
        let mut row = PolicyRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            name: String::new(),
            document: String::new(),
            created_at: now,
            kind: String::new(),
            description: String::new(),
            description_cn: String::new(),
            updated_at: 0,
        };
        let policies = apply(&mut row, new)?;
        let unknown = self.unknown_names(ctx, &policies, actions).await?;
        let quota = self.settings.quotas.policies;
        let mut tx = Transaction::new("policy.create");
        tx.insert_policy_up_to(&row, quota.into());
        tx.audit(ctx.audit_with(now, &row.id, detail(&row)));
        match self.store.commit(tx).await {
            Ok(()) => Ok((row.into(), unknown)),
            Err(StoreError::Duplicate(label::POLICIES_NAME)) => Err(taken()),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("an account has at most {quota} custom policies"),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a custom policy; it holds for all who have it from their next call on (on other
    /// nodes after at most a minute). Tells what [`Desk::create_custom_policy`] does.
    ///
    /// # Errors
    /// As [`Desk::create_custom_policy`]; [`Thing::Role`] not found.
    pub async fn change_custom_policy(
        &self,
        ctx: &Context,
        role_id: &str,
        change: RoleChange,
        actions: &[&str],
    ) -> Result<(Role, Vec<String>)> {
        ctx.require(&target(role_id))?;
        ctx.require_unlimited()?;
        for _ in 0..ATTEMPTS {
            let change = change.clone();
            if let Some(changed) = self
                .try_change_policy(ctx, role_id, change, actions)
                .await?
            {
                return Ok(changed);
            }
        }
        Err(overtaken())
    }

    /// The same, once; nothing when the row has changed since it was read.
    async fn try_change_policy(
        &self,
        ctx: &Context,
        role_id: &str,
        change: RoleChange,
        actions: &[&str],
    ) -> Result<Option<(Role, Vec<String>)>> {
        let read = self.custom_policy(ctx, role_id).await?;
        let mut row = read.clone();
        let policies = apply(&mut row, change)?;
        let unknown = self.unknown_names(ctx, &policies, actions).await?;
        row.updated_at = self.now_ms();
        let mut tx = Transaction::new("policy.change");
        tx.set_custom_policy(&read, &row);
        if row.document.chars().count() > read.document.chars().count() {
            require_policies_within(&mut tx, ctx, Reached::Policy(role_id));
        }
        tx.audit(ctx.audit_with(row.updated_at, role_id, detail(&row)));
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(Some((row.into(), unknown)))
            }
            Err(StoreError::Duplicate(label::POLICIES_NAME)) => Err(taken()),
            Err(StoreError::Conflict(label::POLICY)) => Ok(None),
            Err(StoreError::Conflict(label::POLICIES_OF_USER)) => Err(too_many_policies()),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a custom policy that no group has.
    ///
    /// # Errors
    /// [`Kind::Forbidden`], also for limited credentials; [`Thing::Role`] not found;
    /// [`Refusal::State`] while a group has it.
    pub async fn delete_custom_policy(&self, ctx: &Context, role_id: &str) -> Result<()> {
        ctx.require(&target(role_id))?;
        ctx.require_unlimited()?;
        let row = self.custom_policy(ctx, role_id).await?;
        let mut tx = Transaction::new("policy.delete");
        tx.delete_custom_policy(&row.domain_id, role_id);
        tx.audit(ctx.audit_with(self.now_ms(), role_id, detail(&row)));
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(label::POLICY)) => Err(Error::refused(
                Refusal::State,
                "the policy is granted to a group: take it from all groups first",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// A role that is built in, or one of the caller's account.
    async fn role(&self, ctx: &Context, role_id: &str) -> Result<Role> {
        match built_in(role_id) {
            Some(role) => Ok(role.into()),
            None => Ok(self.custom_policy(ctx, role_id).await?.into()),
        }
    }

    async fn custom_policy(&self, ctx: &Context, role_id: &str) -> Result<PolicyRow> {
        let row = self.store.policy(ctx.domain_id(), role_id).await?;
        let row = row.filter(is_custom);
        row.ok_or_else(|| Error::not_found(Thing::Role, role_id))
    }
}

impl From<&SystemRole> for Role {
    fn from(role: &SystemRole) -> Self {
        Self {
            id: role.id.to_owned(),
            domain_id: None,
            name: role.name.to_owned(),
            display_name: role.display_name.to_owned(),
            kind: role.kind.to_owned(),
            catalog: role.catalog.to_owned(),
            fine_grained: role.fine_grained,
            description: role.description.to_owned(),
            description_cn: role.description_cn.to_owned(),
            document: serde_json::json!({
                "Version": "1.1",
                "Statement": [{ "Effect": "Allow", "Action": role.actions }],
            })
            .to_string(),
            created_at: None,
            updated_at: None,
        }
    }
}

impl From<PolicyRow> for Role {
    fn from(row: PolicyRow) -> Self {
        Self {
            name: format!("custom_{}", row.id),
            id: row.id,
            domain_id: Some(row.domain_id),
            display_name: row.name,
            kind: row.kind,
            catalog: "CUSTOMED".to_owned(),
            fine_grained: true,
            description: row.description,
            description_cn: row.description_cn,
            document: row.document,
            created_at: Some(row.created_at),
            updated_at: (row.updated_at > 0).then_some(row.updated_at),
        }
    }
}

/// The role with this id that every account has.
fn built_in(role_id: &str) -> Option<&'static SystemRole> {
    SYSTEM_ROLES.iter().find(|role| role.id == role_id)
}

/// Whether a policy is the account's; the operator's own are neither shown nor changed.
fn is_custom(row: &PolicyRow) -> bool {
    !row.kind.is_empty()
}

/// Changes a row, and reads the document it has then.
fn apply(row: &mut PolicyRow, change: RoleChange) -> Result<Policies> {
    let asked = change.document.is_some();
    let RoleChange {
        display_name,
        kind,
        description,
        description_cn,
        document,
    } = change;
    row.name = display_name.unwrap_or_else(|| row.name.clone());
    row.kind = kind.unwrap_or_else(|| row.kind.clone());
    row.description = description.unwrap_or_else(|| row.description.clone());
    row.description_cn = description_cn.unwrap_or_else(|| row.description_cn.clone());
    row.document = document.unwrap_or_else(|| row.document.clone());
    limits::POLICY_NAME.check("role.display_name", &row.name)?;
    limits::POLICY_TYPE.check("role.type", &row.kind)?;
    limits::POLICY_DESCRIPTION.check("role.description", &row.description)?;
    limits::POLICY_DESCRIPTION.check("role.description_cn", &row.description_cn)?;
    if asked {
        return Policies::parse([row.document.as_str()])
            .map_err(|error| Error::invalid("role.policy", format!("cannot be taken: {error}")));
    }
    let mut kept = Policies::default();
    kept.add(&row.document, &Within::Account)
        .map_err(Error::internal)?;
    Ok(kept)
}

/// What policies may name: `iam:*:*:role:<id>`.
fn target(id: &str) -> Target<'_> {
    Target {
        kind: "role",
        id,
        ..Target::NOTHING
    }
}

fn detail(row: &PolicyRow) -> serde_json::Value {
    serde_json::json!({ "name": row.name, "document": row.document })
}

fn taken() -> Error {
    Error::new(
        Kind::Refused(Refusal::Duplicate),
        "the account has a policy with this name already",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_built_in_can_be_taken_and_told_apart() {
        let mut ids = BTreeSet::new();
        for role in SYSTEM_ROLES {
            let shown = Role::from(role);
            Policies::parse([shown.document.as_str()]).unwrap();
            assert!(ids.insert(role.id) && ids.insert(role.name) && ids.insert(role.display_name));
            assert!(role.id.len() == 32 && role.id.bytes().all(|b| b.is_ascii_hexdigit()));
        }
    }

    #[test]
    fn those_that_read_give_no_keys() {
        for role in SYSTEM_ROLES {
            let reads = role.name.ends_with("readonly");
            let document = Role::from(role).document;
            let policies = Policies::parse([document.as_str()]).unwrap();
            for action in [
                "pca:cert:export",
                "pca:ca:create",
                "scm:cert:export",
                "sms:server:getCert",
                "chancery:instance:getServerBundle",
                "iam:credentials:createCredential",
                "iam:permissions:grantRoleToGroupOnDomain",
            ] {
                let request = crate::policy::Request {
                    action,
                    domain_id: "d",
                    domain_name: "d",
                    user_id: "u",
                    user_name: "u",
                    project_id: None,
                };
                let allowed = policies.allow(&request, &Target::NOTHING);
                assert!(!(reads && allowed), "{} {action}", role.name);
                if role.name == "system_all_full" {
                    assert!(allowed, "{action}");
                }
            }
        }
    }
}
