//! Which group has which role, and where it holds.
//!
//! In an account, and in all projects, a role holds for every call of the account. In a project it
//! holds for calls whose path names the project, or whose credentials are limited to it. In an
//! enterprise project it holds for what is filed under that.

use chancery_store::{
    GrantRow, GrantedRole, GroupRow, Reached, StoreError, Transaction, UserRow, label,
};

use super::{Role, built_in, is_custom, target};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result, Thing};
use crate::limits::iam as limits;
use crate::policy::{Policies, Within};
use crate::{enterprise_projects, groups, projects};

/// Where a role is granted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place<'a> {
    /// The account with this id.
    Account(&'a str),
    /// All projects of the account with this id, and the account.
    AllProjects(&'a str),
    /// The project with this id.
    Project(&'a str),
    /// The enterprise project with this id; `0` is the default one.
    EnterpriseProject(&'a str),
}

impl Place<'_> {
    /// As rows have it.
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Account(id) => ("domain", id),
            Self::AllProjects(id) => ("inherited", id),
            Self::Project(id) => ("project", id),
            Self::EnterpriseProject(id) => ("enterprise_project", id),
        }
    }
}

impl Desk {
    /// Grants a role to a group; a group that has it keeps it.
    ///
    /// # Errors
    /// [`Kind::Forbidden`], also for limited credentials; [`Thing::Domain`], [`Thing::Project`],
    /// [`Thing::EnterpriseProject`], [`Thing::Group`] and [`Thing::Role`] not found; [`Refusal::Quota`].
    pub async fn grant_role(
        &self,
        ctx: &Context,
        place: Place<'_>,
        group_id: &str,
        role_id: &str,
    ) -> Result<()> {
        let group = self.group_to_change(ctx, group_id).await?;
        self.require_place(ctx, place, &group.id).await?;
        ctx.require_beside(&groups::target(group_id), &target(role_id))?;
        let role = self.role(ctx, role_id).await?;
        let (scope, scope_id) = place.columns();
        let row = GrantRow {
            group_id: group.id,
            role_id: role.id,
            scope: scope.to_owned(),
            scope_id: scope_id.to_owned(),
            created_at: self.now_ms(),
        };
        let quota = self.settings.quotas.grants_of_group;
        if self.find_grant(&row).await? {
            return Ok(());
        }
        let mut tx = Transaction::new("group.grant");
        let built_in = role.domain_id.is_none();
        tx.insert_grant_up_to(&row, ctx.domain_id(), built_in, quota.into());
        if !built_in {
            require_policies_within(&mut tx, ctx, Reached::Group(&row.group_id));
        }
        tx.audit(ctx.audit_with(row.created_at, &row.group_id, detail(&row)));
        match self.store.commit(tx).await {
            Ok(()) | Err(StoreError::Duplicate(label::GROUP_GRANTS_KEY)) => {
                self.forget_callers();
                Ok(())
            }
            Err(StoreError::Conflict(label::GRANT)) => Err(Error::refused(
                Refusal::Quota,
                format!("a group has at most {quota} roles"),
            )),
            Err(StoreError::Conflict(label::POLICIES_OF_USER)) => Err(too_many_policies()),
            Err(error) => Err(error.into()),
        }
    }

    /// Finds a role that a group has at a place.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]; what is named and is not there; [`Thing::Role`] not found, also when
    /// the group does not have it there.
    pub async fn check_grant(
        &self,
        ctx: &Context,
        place: Place<'_>,
        group_id: &str,
        role_id: &str,
    ) -> Result<()> {
        let group = self.show_group(ctx, group_id).await?;
        let row = self.grant_row(ctx, place, &group, role_id).await?;
        match self.find_grant(&row).await? {
            true => Ok(()),
            false => Err(not_granted(role_id)),
        }
    }

    /// The roles that a group has at a place, in the order in which they were granted.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]; [`Thing::Group`] and the place not found.
    pub async fn roles_of_group(
        &self,
        ctx: &Context,
        place: Place<'_>,
        group_id: &str,
    ) -> Result<Vec<Role>> {
        let group = self.show_group(ctx, group_id).await?;
        self.require_place(ctx, place, &group.id).await?;
        let (scope, scope_id) = place.columns();
        let grants = self
            .store
            .grants_of_group(&group.id, scope, scope_id)
            .await?;
        let policies = self.store.policies(ctx.domain_id()).await?;
        let role = |grant: GrantRow| match built_in(&grant.role_id) {
            Some(role) => Some(role.into()),
            None => {
                let mut custom = policies.iter().filter(|row| is_custom(row));
                custom
                    .find(|row| row.id == grant.role_id)
                    .cloned()
                    .map(Role::from)
            }
        };
        let roles = grants.into_iter().filter_map(role);
        Ok(roles
            .filter(|role| ctx.may_beside(&groups::target(group_id), &target(&role.id)))
            .collect())
    }

    /// Takes a role from a group at a place.
    ///
    /// # Errors
    /// As [`Desk::check_grant`]; [`Kind::Forbidden`] also for limited credentials.
    pub async fn revoke_role(
        &self,
        ctx: &Context,
        place: Place<'_>,
        group_id: &str,
        role_id: &str,
    ) -> Result<()> {
        let group = self.group_to_change(ctx, group_id).await?;
        let row = self.grant_row(ctx, place, &group, role_id).await?;
        let mut tx = Transaction::new("group.revoke");
        tx.delete_grant(&row.group_id, &row.role_id, &row.scope, &row.scope_id);
        tx.audit(ctx.audit_with(row.created_at, &row.group_id, detail(&row)));
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(())
            }
            Err(StoreError::Conflict(label::GRANT)) => Err(not_granted(role_id)),
            Err(error) => Err(error.into()),
        }
    }

    /// What a user may do: what they were given themself, and what their groups were granted. The
    /// owner of an account has all of it themself: no group that others put them into takes anything
    /// from them.
    pub(crate) async fn policies_of(&self, user: &UserRow) -> Result<Policies> {
        let own = self.store.policies_of_user(&user.id).await?;
        let granted = match user.owner {
            true => Vec::new(),
            false => self.store.roles_of_user(&user.domain_id, &user.id).await?,
        };
        let same_role = |one: &GrantedRole, other: &GrantedRole| one.role_id == other.role_id;
        let documents = granted
            .chunk_by(same_role)
            .filter_map(|same| same[0].document.as_deref())
            .chain(own.iter().map(|own| own.document.as_str()));
        let characters: usize = documents.map(|text| text.chars().count()).sum();
        // Nothing is granted beyond that; it may have been, before there was this limit. What an owner
        // has is the operator's.
        if !user.owner && characters as i64 > limits::POLICIES_OF_USER.most_characters() {
            return Ok(Policies::too_many());
        }
        let mut policies = Policies::default();
        for own in &own {
            let added = policies.add(&own.document, &Within::Account);
            added.map_err(Error::internal)?;
        }
        let alike = |one: &GrantedRole, other: &GrantedRole| {
            same_role(one, other) && one.scope == other.scope
        };
        for alike in granted.chunk_by(alike) {
            let within = within(alike)?;
            let document = match (built_in(&alike[0].role_id), &alike[0].document) {
                (Some(role), _) => &Role::from(role).document,
                (None, Some(document)) => document,
                (None, None) => continue, // a role that this version does not have
            };
            let added = policies.add(document, &within);
            added.map_err(Error::internal)?;
        }
        Ok(policies)
    }

    /// A grant as it would be stored now, of what exists.
    async fn grant_row(
        &self,
        ctx: &Context,
        place: Place<'_>,
        group: &GroupRow,
        role_id: &str,
    ) -> Result<GrantRow> {
        self.require_place(ctx, place, &group.id).await?;
        ctx.require_beside(&groups::target(&group.id), &target(role_id))?;
        let role = self.role(ctx, role_id).await?;
        let (scope, scope_id) = place.columns();
        Ok(GrantRow {
            group_id: group.id.clone(),
            role_id: role.id,
            scope: scope.to_owned(),
            scope_id: scope_id.to_owned(),
            created_at: self.now_ms(),
        })
    }

    async fn find_grant(&self, row: &GrantRow) -> Result<bool> {
        let grants = self
            .store
            .grants_of_group(&row.group_id, &row.scope, &row.scope_id)
            .await?;
        Ok(grants.iter().any(|grant| grant.role_id == row.role_id))
    }

    /// Checks that a place is the caller's.
    async fn require_place(&self, ctx: &Context, place: Place<'_>, group_id: &str) -> Result<()> {
        match place {
            Place::Account(id) | Place::AllProjects(id) => ctx.require_domain(id),
            Place::Project(id) => {
                ctx.require_beside(&groups::target(group_id), &projects::target(id))?;
                let row = self.store.project(ctx.domain_id(), id).await?;
                row.map(drop)
                    .ok_or_else(|| Error::not_found(Thing::Project, id))
            }
            Place::EnterpriseProject(id) => {
                let place = enterprise_projects::target(id);
                ctx.require_beside(&groups::target(group_id), &place)?;
                self.find_enterprise_project(ctx, id).await.map(drop)
            }
        }
    }
}

/// Where a role holds that is granted at places of one kind.
fn within(alike: &[GrantedRole]) -> Result<Within> {
    let ids = || {
        alike
            .iter()
            .map(|granted| granted.scope_id.clone())
            .collect()
    };
    match alike[0].scope.as_str() {
        "domain" | "inherited" => Ok(Within::Account),
        "project" => Ok(Within::Projects(ids())),
        "enterprise_project" => Ok(Within::EnterpriseProjects(ids())),
        other => Err(Error::internal(format!("a role is granted in {other:?}"))),
    }
}

/// Adds to a change that no user whom it reaches has more policies with it than are looked at; the
/// conflict is [`too_many_policies`].
pub(crate) fn require_policies_within(tx: &mut Transaction, ctx: &Context, reached: Reached<'_>) {
    let most = limits::POLICIES_OF_USER.most_characters();
    tx.require_policies_within(ctx.domain_id(), reached, most);
}

/// The refusal of a change after which a user would have more policies than are looked at.
pub(crate) fn too_many_policies() -> Error {
    let text = format!(
        "the documents of all policies of one user, of all groups together, {}: with this change they \
         would have more",
        limits::POLICIES_OF_USER.sentence()
    );
    Error::refused(Refusal::Quota, text)
}

fn not_granted(role_id: &str) -> Error {
    Error::new(
        Kind::NotFound(Thing::Role),
        format!("the group does not have the role {role_id} there"),
    )
}

fn detail(row: &GrantRow) -> serde_json::Value {
    serde_json::json!({ "role_id": row.role_id, "scope": row.scope, "scope_id": row.scope_id })
}
