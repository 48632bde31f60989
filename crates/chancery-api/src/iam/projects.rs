//! Projects: `GET /v3/projects` and `GET /v3/auth/projects`.

use chancery_core::Error;
use chancery_core::limits::iam as limits;
use chancery_store::ProjectRow;
use serde_json::json;

use crate::operation::{Answer, Call};

/// The projects of the account; SDKs look up the one named as their region.
pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let page = call.query_number("page", &limits::PAGE, 1)?;
    let per_page = call.query_number("per_page", &limits::PROJECTS, 5000)?;
    let enabled = call.query_flag("enabled", true)?;
    let is_domain = call.query_flag("is_domain", false)?;
    let domain_id = call.ctx()?.domain_id();
    // Every project here is enabled, and right below its account.
    let wanted = enabled
        && !is_domain
        && ["domain_id", "parent_id"]
            .iter()
            .all(|name| call.query(name).is_none_or(|id| id == domain_id));
    let projects = match wanted {
        true => call.desk.projects(call.ctx()?, call.query("name")).await?,
        false => Vec::new(),
    };
    let skipped = u64::from(page - 1) * u64::from(per_page);
    let projects: Vec<_> = projects
        .into_iter()
        .skip(usize::try_from(skipped).unwrap_or(usize::MAX))
        .take(per_page as usize)
        .collect();
    answer(&call, &projects, "/v3/projects")
}

/// The projects the caller can use.
pub(super) async fn list_mine(call: Call) -> Result<Answer, Error> {
    let projects = call.desk.projects(call.ctx()?, None).await?;
    answer(&call, &projects, "/v3/auth/projects")
}

fn answer(call: &Call, projects: &[ProjectRow], path: &str) -> Result<Answer, Error> {
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
