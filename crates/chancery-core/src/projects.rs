//! Projects. Every region has its own; others are below one of those, and their names begin with
//! the region's and an underscore. DCS and DDS keep their instances in one.

use chancery_store::{ProjectRow, StoreError, Transaction, label};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result, Thing};
use crate::ids;
use crate::limits::iam as limits;
use crate::policy::Target;
use crate::retry::{ATTEMPTS, overtaken};

/// What to change about a project; nothing else changes.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    /// The region, an underscore, and more; see [`limits::PROJECT_NAME`].
    pub name: Option<String>,
    /// See [`limits::PROJECT_DESCRIPTION`].
    pub description: Option<String>,
}

/// A project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Project {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The account.
    pub domain_id: String,
    /// The project of its region, or the account for that one.
    pub parent_id: String,
    /// Unique in the account.
    pub name: String,
    /// The administrator's words.
    pub description: String,
}

/// Which projects to list; nothing stands for any.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProjectFilter<'a> {
    /// The whole name.
    pub name: Option<&'a str>,
    /// The project of the region, or the account.
    pub parent_id: Option<&'a str>,
}

impl Desk {
    /// The projects of the caller's account, by name.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn projects(&self, ctx: &Context, filter: ProjectFilter<'_>) -> Result<Vec<Project>> {
        let mut projects = with_parents(self.store.projects(ctx.domain_id()).await?);
        projects.retain(|project| {
            ctx.may(&target(&project.id))
                && filter.name.is_none_or(|name| project.name == name)
                && filter.parent_id.is_none_or(|id| project.parent_id == id)
        });
        Ok(projects)
    }

    /// The projects that the caller can ask for credentials of: all of the account, by name.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] when a policy denies it; when storage fails.
    pub async fn own_projects(&self, ctx: &Context) -> Result<Vec<Project>> {
        ctx.require_for(&ctx.caller().user_id)?;
        self.projects(ctx, ProjectFilter::default()).await
    }

    /// The projects that a user of the account can ask for credentials of: all; their own without
    /// permission.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]; [`Thing::User`] not found.
    pub async fn projects_of_user(&self, ctx: &Context, user_id: &str) -> Result<Vec<Project>> {
        ctx.require_for(user_id)?;
        let user = self.user_row(ctx, user_id).await?;
        Ok(with_parents(self.store.projects(&user.domain_id).await?))
    }

    /// A project of the caller's account.
    ///
    /// # Errors
    /// [`Kind::Forbidden`]; [`Thing::Project`] not found.
    pub async fn show_project(&self, ctx: &Context, id: &str) -> Result<Project> {
        ctx.require(&target(id))?;
        let mut projects = self.projects(ctx, ProjectFilter::default()).await?;
        let found = projects.iter().position(|project| project.id == id);
        let found = found.ok_or_else(|| Error::not_found(Thing::Project, id))?;
        Ok(projects.swap_remove(found))
    }

    /// Makes a project below the project of a region.
    ///
    /// # Errors
    /// [`Kind::Forbidden`], also for limited credentials; [`Thing::Project`] not found for the
    /// parent; [`Kind::Invalid`]; [`Refusal::Duplicate`]; [`Refusal::Quota`].
    pub async fn create_project(
        &self,
        ctx: &Context,
        parent_id: &str,
        name: &str,
        description: &str,
    ) -> Result<Project> {
        ctx.require(&target(""))?;
        ctx.require_unlimited()?;
        ctx.require_beside(&target(""), &target(parent_id))?;
        let parent = self.store.project(ctx.domain_id(), parent_id).await?;
        let parent = parent.ok_or_else(|| Error::not_found(Thing::Project, parent_id))?;
        if !self.settings.regions.contains(&parent.name) {
            return Err(Error::invalid(
                "project.parent_id",
                format!(
                    "must be the project of a region: {}",
                    self.settings.regions.join(", ")
                ),
            ));
        }
        check(&parent.name, name, description)?;
        let row = ProjectRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: parent.domain_id,
            name: name.to_owned(),
            created_at: self.now_ms(),
            description: description.to_owned(),
        };
        let quota = self.settings.quotas.projects_of_region;
        let mut tx = Transaction::new("project.create");
        tx.insert_project_up_to(&row, &format!("{}_", parent.name), quota.into());
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(Project::of(row, parent.id)),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("an account has at most {quota} projects in a region beside its own"),
            )),
            Err(error) => Err(fault(error)),
        }
    }

    /// Changes a project. It stays in its region, and the project of a region keeps its name.
    ///
    /// # Errors
    /// [`Kind::Forbidden`], also for limited credentials; [`Thing::Project`] not found;
    /// [`Kind::Invalid`]; [`Refusal::Duplicate`].
    pub async fn change_project(
        &self,
        ctx: &Context,
        id: &str,
        change: ProjectChange,
    ) -> Result<Project> {
        for _ in 0..ATTEMPTS {
            let change = change.clone();
            if let Some(changed) = self.try_change_project(ctx, id, change).await? {
                return Ok(changed);
            }
        }
        Err(overtaken())
    }

    /// The same, once; nothing when the row has changed since it was read.
    async fn try_change_project(
        &self,
        ctx: &Context,
        id: &str,
        change: ProjectChange,
    ) -> Result<Option<Project>> {
        let parent_id = self.show_project(ctx, id).await?.parent_id;
        ctx.require_unlimited()?;
        if change.name.is_none() && change.description.is_none() {
            return Err(Error::invalid(
                "project",
                "must hold name or description, or both",
            ));
        }
        let read = self.store.project(ctx.domain_id(), id).await?;
        let read = read.ok_or_else(|| Error::not_found(Thing::Project, id))?;
        let mut row = read.clone();
        let region = region_of(&row.name).to_owned();
        row.description = change.description.unwrap_or(row.description);
        match change.name {
            Some(name) if name != row.name => {
                if row.name == region {
                    let rule = "cannot change for the project of a region";
                    return Err(Error::invalid("project.name", rule));
                }
                check(&region, &name, &row.description)?;
                row.name = name;
            }
            _ => limits::PROJECT_DESCRIPTION.check("project.description", &row.description)?,
        }
        let mut tx = Transaction::new("project.change");
        tx.set_project(&read, &row);
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(Some(Project::of(row, parent_id))),
            Err(StoreError::Conflict(label::PROJECT)) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    /// The project that a path names, if it is the caller's and the credentials reach it.
    ///
    /// # Errors
    /// [`Kind::WrongProject`] for a project of another account, one that does not exist, and one
    /// outside the scope of a project's token.
    pub async fn project(&self, ctx: &Context, id: &str) -> Result<ProjectRow> {
        let scoped_elsewhere = ctx
            .caller()
            .project_id
            .as_deref()
            .is_some_and(|scope| scope != id);
        let row = match scoped_elsewhere {
            true => None,
            false => self.store.project(ctx.domain_id(), id).await?,
        };
        row.ok_or_else(|| {
            Error::new(
                Kind::WrongProject,
                format!("the credentials are not for project {id}"),
            )
        })
    }
}

impl Project {
    fn of(row: ProjectRow, parent_id: String) -> Self {
        Self {
            id: row.id,
            domain_id: row.domain_id,
            parent_id,
            name: row.name,
            description: row.description,
        }
    }
}

/// All projects of an account, each with what it is below of.
fn with_parents(rows: Vec<ProjectRow>) -> Vec<Project> {
    let ids: std::collections::HashMap<_, _> = rows
        .iter()
        .map(|row| (row.name.clone(), row.id.clone()))
        .collect();
    let shown = |row: ProjectRow| {
        let region = region_of(&row.name);
        let parent = ids.get(region).filter(|_| region != row.name);
        let parent = parent.unwrap_or(&row.domain_id).clone();
        Project::of(row, parent)
    };
    rows.into_iter().map(shown).collect()
}

/// The region that a project with this name is in; no region's name holds an underscore.
pub fn region_of(project_name: &str) -> &str {
    project_name.split('_').next().unwrap_or(project_name)
}

/// What policies may name: `iam:*:*:project:<id>`.
pub(crate) fn target(id: &str) -> Target<'_> {
    Target {
        kind: "project",
        id,
        ..Target::NOTHING
    }
}

fn check(region: &str, name: &str, description: &str) -> Result<()> {
    limits::PROJECT_NAME.check("project.name", name)?;
    let own = name.strip_prefix(region);
    let own = own.and_then(|rest| rest.strip_prefix('_'));
    if own.is_none_or(str::is_empty) {
        return Err(Error::invalid(
            "project.name",
            format!("must begin with {region}_ and go on"),
        ));
    }
    limits::PROJECT_DESCRIPTION.check("project.description", description)
}

fn fault(error: StoreError) -> Error {
    match error {
        StoreError::Duplicate(label::PROJECTS_NAME) => Error::refused(
            Refusal::Duplicate,
            "the account has a project with this name already",
        ),
        error => error.into(),
    }
}
