//! Enterprise projects: what the resources of an account are filed under.
//!
//! Every account has the default one, `0`, which is made with it and stays as it is. Policies look
//! at the project of a resource (`g:EnterpriseProjectId`); nothing new can be filed under one that
//! is disabled, and what is there stays usable.

use std::cmp::Ordering;

use chancery_store::{
    Direction, DomainRow, EnterpriseProjectRow, Listing, Page, StoreError, Transaction, label,
};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::limits::eps as limits;
use crate::policy::Target;
use crate::retry::{ATTEMPTS, overtaken};

/// The id of the default one.
pub const DEFAULT: &str = "0";
/// The name of the default one; no other has it, in any case.
const DEFAULT_NAME: &str = "default";
/// How many an account can have beside the default one.
const QUOTA: i64 = 100;
/// The type of an enterprise project in a policy's resource.
const KIND: &str = "enterpriseProject";
/// What its states are called by the actions that lead to them.
pub(crate) const ENABLE: &str = "eps:enterpriseProjects:enable";
pub(crate) const DISABLE: &str = "eps:enterpriseProjects:disable";

/// What an enterprise project is for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ProjectKind {
    /// Commercial.
    #[default]
    Production,
    /// A test.
    Trial,
}

impl ProjectKind {
    /// The name on the wire: `prod` or `poc`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "prod",
            Self::Trial => "poc",
        }
    }

    /// The kind with that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Production, Self::Trial]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// An enterprise project as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct NewEnterpriseProject {
    /// 1 to 255 letters, digits, `_` and `-`; unique in the account.
    pub name: String,
    /// At most 512 characters.
    pub description: String,
    /// What it is for.
    pub kind: ProjectKind,
}

/// What to change; nothing else changes.
#[derive(Clone, Debug, Default)]
pub struct EnterpriseProjectChange {
    /// Its name.
    pub name: Option<String>,
    /// The user's words.
    pub description: Option<String>,
    /// What it is for.
    pub kind: Option<ProjectKind>,
}

/// Which enterprise projects; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct EnterpriseProjectFilter {
    /// The id.
    pub id: Option<String>,
    /// Part of the name, in any case.
    pub name: Option<String>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// What it is for.
    pub kind: Option<ProjectKind>,
}

/// What enterprise projects can be sorted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)] // the fields
pub enum EnterpriseProjectSort {
    #[default]
    CreatedAt,
    UpdatedAt,
    Name,
}

impl Desk {
    /// Creates an enterprise project; it is enabled.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`]; [`crate::Kind::Invalid`]; [`Refusal::Duplicate`] for a name that
    /// is taken; [`Refusal::Quota`].
    pub async fn create_enterprise_project(
        &self,
        ctx: &Context,
        new: NewEnterpriseProject,
    ) -> Result<EnterpriseProjectRow> {
        ctx.require(&Target {
            kind: KIND,
            ..Target::NOTHING
        })?;
        check_name(&new.name)?;
        limits::DESCRIPTION.check("description", &new.description)?;
        let now = self.now_ms();
        let row = EnterpriseProjectRow {
            id: ids::uuid(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            name: new.name,
            description: new.description,
            kind: new.kind.name().to_owned(),
            enabled: true,
            created_at: now,
            updated_at: now,
        };
        let mut tx = Transaction::new("enterprise_project.create");
        tx.insert_enterprise_project_within(&row, QUOTA);
        tx.audit(ctx.audit_with(now, &row.id, serde_json::json!({ "name": row.name })));
        match self.store.commit(tx).await {
            Ok(()) => Ok(row),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("an account can have at most {QUOTA} enterprise projects"),
            )),
            Err(error) => Err(taken(error)),
        }
    }

    /// A page of the account's enterprise projects, the default one among them.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn enterprise_projects(
        &self,
        ctx: &Context,
        filter: &EnterpriseProjectFilter,
        page: &Page<EnterpriseProjectSort>,
    ) -> Result<Listing<EnterpriseProjectRow>> {
        let mut rows = self.store.enterprise_projects(ctx.domain_id()).await?;
        rows.insert(0, default_of(&self.domain(ctx).await?));
        rows.retain(|row| filter.fits(row) && ctx.may(&target(&row.id)));
        rows.sort_by(|a, b| {
            let order = compare(page.sort, a, b).then_with(|| a.id.cmp(&b.id));
            match page.direction {
                Direction::Ascending => order,
                Direction::Descending => order.reverse(),
            }
        });
        let total = rows.len() as u64;
        let (offset, limit) = (page.offset as usize, page.limit as usize);
        Ok(Listing {
            rows: rows.into_iter().skip(offset).take(limit).collect(),
            total,
        })
    }

    /// An enterprise project of the account.
    ///
    /// # Errors
    /// [`Thing::EnterpriseProject`] not found; [`crate::Kind::Forbidden`].
    pub async fn enterprise_project(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<EnterpriseProjectRow> {
        let row = self.find_enterprise_project(ctx, id).await?;
        ctx.require(&target(&row.id))?;
        Ok(row)
    }

    /// An enterprise project of the account, for what concerns it but is not done with it.
    ///
    /// # Errors
    /// [`Thing::EnterpriseProject`] not found.
    pub(crate) async fn find_enterprise_project(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<EnterpriseProjectRow> {
        let row = match id {
            DEFAULT => Some(default_of(&self.domain(ctx).await?)),
            _ => self.store.enterprise_project(ctx.domain_id(), id).await?,
        };
        row.ok_or_else(|| Error::not_found(Thing::EnterpriseProject, id))
    }

    /// Changes an enterprise project that is enabled.
    ///
    /// # Errors
    /// As [`Desk::enterprise_project`]; [`Refusal::Default`] for the default one;
    /// [`Refusal::State`] for one that is disabled; [`crate::Kind::Invalid`];
    /// [`Refusal::Duplicate`] for a name that is taken.
    pub async fn change_enterprise_project(
        &self,
        ctx: &Context,
        id: &str,
        change: EnterpriseProjectChange,
    ) -> Result<EnterpriseProjectRow> {
        for _ in 0..ATTEMPTS {
            let change = change.clone();
            let changed = self.try_change_enterprise_project(ctx, id, change);
            if let Some(changed) = changed.await? {
                return Ok(changed);
            }
        }
        Err(overtaken())
    }

    /// The same, once; nothing when the row has changed since it was read.
    async fn try_change_enterprise_project(
        &self,
        ctx: &Context,
        id: &str,
        change: EnterpriseProjectChange,
    ) -> Result<Option<EnterpriseProjectRow>> {
        let read = self.enterprise_project(ctx, id).await?;
        let mut row = read.clone();
        if row.id == DEFAULT {
            return Err(Error::refused(
                Refusal::Default,
                "the default enterprise project cannot be modified",
            ));
        }
        if !row.enabled {
            return Err(Error::refused(
                Refusal::State,
                "a disabled enterprise project cannot be modified",
            ));
        }
        if let Some(name) = change.name {
            check_name(&name)?;
            row.name = name;
        }
        if let Some(description) = change.description {
            limits::DESCRIPTION.check("description", &description)?;
            row.description = description;
        }
        if let Some(kind) = change.kind {
            kind.name().clone_into(&mut row.kind);
        }
        row.updated_at = self.now_ms();
        let mut tx = Transaction::new("enterprise_project.change");
        tx.set_enterprise_project(&read, &row);
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(row.updated_at, id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(Some(row)),
            Err(StoreError::Conflict(label::ENTERPRISE_PROJECT)) => Ok(None),
            Err(error) => Err(taken(error)),
        }
    }

    /// Enables or disables an enterprise project; one that is so already stays so. The caller was
    /// only identified: which permission they need depends on `enabled`.
    ///
    /// # Errors
    /// As [`Desk::enterprise_project`]; [`Refusal::Undefined`] for the default one;
    /// [`crate::Kind::Invalid`] when `enabled` is neither true nor false.
    pub async fn switch_enterprise_project(
        &self,
        ctx: &Context,
        id: &str,
        enabled: Option<bool>,
    ) -> Result<()> {
        let ctx = ctx.to_do(match enabled {
            Some(false) => DISABLE,
            _ => ENABLE,
        })?;
        let row = self.enterprise_project(&ctx, id).await?;
        let enabled = enabled.ok_or_else(|| limits::ACTION.refusal("action"))?;
        if row.id == DEFAULT {
            return Err(Error::refused(
                Refusal::Undefined,
                "the default enterprise project can be neither enabled nor disabled",
            ));
        }
        let now = self.now_ms();
        let mut tx = Transaction::new("enterprise_project.switch");
        tx.set_enterprise_project_enabled(ctx.domain_id(), id, enabled, now);
        tx.audit(ctx.audit_with(now, id, serde_json::json!({ "name": row.name })));
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(_)) => Err(Error::not_found(Thing::EnterpriseProject, id)),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses to file something new under an enterprise project that the account does not have,
    /// or that is disabled. Every call that files asks here, once it is allowed.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for `enterprise_project_id`.
    pub(crate) async fn require_enterprise_project(&self, ctx: &Context, id: &str) -> Result<()> {
        if id == DEFAULT {
            return Ok(());
        }
        let field = "enterprise_project_id";
        match self.store.enterprise_project(ctx.domain_id(), id).await? {
            Some(row) if row.enabled => Ok(()),
            Some(_) => Err(Error::invalid(
                field,
                "names an enterprise project that is disabled; must be 0 or an enabled one",
            )),
            None => Err(Error::invalid(
                field,
                "must be 0 or the id of an enterprise project of the account",
            )),
        }
    }
}

impl EnterpriseProjectFilter {
    fn fits(&self, row: &EnterpriseProjectRow) -> bool {
        let part = |part: &String| row.name.to_lowercase().contains(&part.to_lowercase());
        self.id.as_ref().is_none_or(|id| *id == row.id)
            && self.name.as_ref().is_none_or(part)
            && self.enabled.is_none_or(|enabled| enabled == row.enabled)
            && self.kind.is_none_or(|kind| kind.name() == row.kind)
    }
}

/// The name of an account's enterprise project; `rows` has all of them but the default one.
pub(crate) fn name_of(rows: &[EnterpriseProjectRow], id: &str) -> Option<String> {
    match rows.iter().find(|row| row.id == id) {
        Some(row) => Some(row.name.clone()),
        None => (id == DEFAULT).then(|| DEFAULT_NAME.to_owned()),
    }
}

/// The default enterprise project of an account, which is as old as the account.
fn default_of(domain: &DomainRow) -> EnterpriseProjectRow {
    EnterpriseProjectRow {
        id: DEFAULT.to_owned(),
        domain_id: domain.id.clone(),
        name: DEFAULT_NAME.to_owned(),
        description: String::new(),
        kind: ProjectKind::Production.name().to_owned(),
        enabled: true,
        created_at: domain.created_at,
        updated_at: domain.created_at,
    }
}

fn compare(
    sort: EnterpriseProjectSort,
    a: &EnterpriseProjectRow,
    b: &EnterpriseProjectRow,
) -> Ordering {
    match sort {
        EnterpriseProjectSort::CreatedAt => a.created_at.cmp(&b.created_at),
        EnterpriseProjectSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
        EnterpriseProjectSort::Name => a.name.cmp(&b.name),
    }
}

/// An enterprise project, as policies see it: filed under itself.
pub(crate) fn target(id: &str) -> Target<'_> {
    Target {
        kind: KIND,
        id,
        enterprise_project_id: Some(id),
        tags: &[],
    }
}

fn taken(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate(label::ENTERPRISE_PROJECTS_NAME) => Error::refused(
            Refusal::Duplicate,
            "name is that of another enterprise project of the account",
        ),
        error => error.into(),
    }
}

fn check_name(name: &str) -> Result<()> {
    limits::NAME.check("name", name)?;
    match name.eq_ignore_ascii_case(DEFAULT_NAME) {
        true => Err(Error::invalid("name", "must not be default in any case")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "team-a_1", "团队一", "default-2", &"x".repeat(255)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a.b",
            "é",
            "default",
            "DeFault",
            &"x".repeat(256),
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
