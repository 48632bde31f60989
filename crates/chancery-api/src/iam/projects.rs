//! Projects: `GET /v3/projects` and `GET /v3/auth/projects`.

use chancery_core::Error;
use serde_json::json;

use crate::operation::{Answer, Call};

/// The projects of the account; SDKs look up the one named as their region.
pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    answer(&call, call.query("name"), "/v3/projects").await
}

/// The projects the caller can use.
pub(super) async fn list_mine(call: Call) -> Result<Answer, Error> {
    answer(&call, None, "/v3/auth/projects").await
}

async fn answer(call: &Call, name: Option<&str>, path: &str) -> Result<Answer, Error> {
    let projects = call.desk.projects(call.ctx()?, name).await?;
    let base = &call.desk.settings().public_url;
    let projects: Vec<_> = projects
        .iter()
        .map(|project| {
            json!({
                "id": project.id,
                "name": project.name,
                "domain_id": project.domain_id,
                "parent_id": project.domain_id,
                "is_domain": false,
                "enabled": true,
                "description": "",
                "links": { "self": format!("{base}/v3/projects/{}", project.id) },
            })
        })
        .collect();
    Answer::ok(&json!({
        "projects": projects,
        "links": { "self": format!("{base}{path}"), "previous": null, "next": null },
    }))
}
