//! Projects: `/v3/projects` and `GET /v3/auth/projects`.

use chancery_core::Error;
use chancery_core::limits::iam::PROJECTS_PER_PAGE;
use chancery_core::projects::{Project, ProjectChange, ProjectFilter};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{list_links, page, self_link};
use crate::operation::{Answer, Call};

#[derive(Deserialize)]
struct Body<T> {
    project: T,
}

#[derive(Deserialize)]
struct Create {
    name: String,
    parent_id: String,
    domain_id: Option<String>,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    name: Option<String>,
    description: Option<String>,
}

/// The projects of the account; SDKs look up the one named as their region.
pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    if let Some(domain_id) = call.query("domain_id") {
        call.ctx()?.require_domain(domain_id)?;
    }
    let filter = ProjectFilter {
        name: call.query("name"),
        parent_id: call.query("parent_id"),
    };
    let mut found = call.desk.projects(call.ctx()?, filter).await?;
    if !call.query_flag("enabled", true)? || call.query_flag("is_domain", false)? {
        found.clear(); // every project is enabled, and none is an account
    }
    let found = page(&call, found, &PROJECTS_PER_PAGE)?;
    Answer::ok(&listed(&call, &found, "/v3/projects"))
}

/// The projects the caller can use.
pub(super) async fn list_mine(call: Call) -> Result<Answer, Error> {
    let found = call.desk.own_projects(call.ctx()?).await?;
    Answer::ok(&listed(&call, &found, "/v3/auth/projects"))
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let new = call.json::<Body<Create>>()?.project;
    if let Some(domain_id) = new.domain_id.filter(|id| !id.is_empty()) {
        call.ctx()?.require_domain(&domain_id)?;
    }
    let description = new.description.unwrap_or_default();
    let project = call
        .desk
        .create_project(call.ctx()?, &new.parent_id, &new.name, &description)
        .await?;
    Answer::json(
        StatusCode::CREATED,
        &json!({ "project": shown(&call, &project) }),
    )
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let project = call
        .desk
        .show_project(call.ctx()?, call.path("project_id"))
        .await?;
    let mut shown = shown(&call, &project);
    shown["links"]["previous"] = Value::Null;
    shown["links"]["next"] = Value::Null;
    Answer::ok(&json!({ "project": shown }))
}

pub(super) async fn update(call: Call) -> Result<Answer, Error> {
    let wire = call.json::<Body<Change>>()?.project;
    let change = ProjectChange {
        name: wire.name,
        description: wire.description,
    };
    let project = call
        .desk
        .change_project(call.ctx()?, call.path("project_id"), change)
        .await?;
    let mut shown = shown(&call, &project);
    shown["extra"] = json!({});
    Answer::ok(&json!({ "project": shown }))
}

/// A list of projects.
pub(super) fn listed(call: &Call, projects: &[Project], path: &str) -> Value {
    let shown: Vec<_> = projects
        .iter()
        .map(|project| shown(call, project))
        .collect();
    json!({ "projects": shown, "links": list_links(call, path) })
}

fn shown(call: &Call, project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "domain_id": project.domain_id,
        "parent_id": project.parent_id,
        "is_domain": false,
        "enabled": true,
        "description": project.description,
        "links": self_link(call, "projects", &project.id),
    })
}
