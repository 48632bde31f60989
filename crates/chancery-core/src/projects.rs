//! Projects: one per region and account. DCS and DDS keep their instances in one.

use chancery_store::ProjectRow;

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Result};

impl Desk {
    /// The projects of the caller's account, those named `name` if it is given.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn projects(&self, ctx: &Context, name: Option<&str>) -> Result<Vec<ProjectRow>> {
        let mut rows = self.store.projects(ctx.domain_id()).await?;
        rows.retain(|row| name.is_none_or(|name| row.name == name));
        Ok(rows)
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
