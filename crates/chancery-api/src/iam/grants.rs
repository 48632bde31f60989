//! Which group has which role, and where: in the account, in all projects, in a project, in an
//! enterprise project.

use chancery_core::Error;
use chancery_core::roles::Place;
use serde_json::{Value, json};

use super::{list_links, roles};
use crate::operation::{Answer, Call};

pub(super) async fn grant(call: Call) -> Result<Answer, Error> {
    let (group_id, role_id) = (call.path("group_id"), call.path("role_id"));
    call.desk
        .grant_role(call.ctx()?, place(&call)?, group_id, role_id)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn check(call: Call) -> Result<Answer, Error> {
    let (group_id, role_id) = (call.path("group_id"), call.path("role_id"));
    call.desk
        .check_grant(call.ctx()?, place(&call)?, group_id, role_id)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn revoke(call: Call) -> Result<Answer, Error> {
    let (group_id, role_id) = (call.path("group_id"), call.path("role_id"));
    call.desk
        .revoke_role(call.ctx()?, place(&call)?, group_id, role_id)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let found = call
        .desk
        .roles_of_group(call.ctx()?, place(&call)?, call.path("group_id"))
        .await?;
    let shown = roles::shown_all(&call, &found)?;
    let links = list_links(&call, "/v3/roles");
    Answer::ok(&json!({ "roles": shown, "links": links }))
}

/// The same in the shape of version 3.0, which has no links.
pub(super) async fn list_in_enterprise_project(call: Call) -> Result<Answer, Error> {
    let found = call
        .desk
        .roles_of_group(call.ctx()?, place(&call)?, call.path("group_id"))
        .await?;
    let mut shown = roles::shown_all(&call, &found)?;
    for role in shown.iter_mut().filter_map(Value::as_object_mut) {
        role.remove("links");
        role.remove("created_time");
        role.remove("updated_time");
    }
    Answer::ok(&json!({ "roles": shown }))
}

/// The place that the path names.
fn place(call: &Call) -> Result<Place<'_>, Error> {
    let named = |name| Some(call.path(name)).filter(|id| !id.is_empty());
    if let Some(id) = named("enterprise_project_id") {
        return Ok(Place::EnterpriseProject(id));
    }
    if let Some(id) = named("project_id") {
        return Ok(Place::Project(id));
    }
    let id = call.path("domain_id");
    match call.route.starts_with("/v3/OS-INHERIT/") {
        true => Ok(Place::AllProjects(id)),
        false => Ok(Place::Account(id)),
    }
}
