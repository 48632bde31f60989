//! `/v1.0/enterprise-projects`.

use chancery_core::Error;
use chancery_core::enterprise_projects::{
    EnterpriseProjectChange, EnterpriseProjectFilter, EnterpriseProjectSort, NewEnterpriseProject,
    ProjectKind,
};
use chancery_core::limits::eps as limits;
use chancery_store::{EnterpriseProjectRow, Page};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::operation::{Answer, Call};
use crate::wire::{stamp, text_or_empty};

const SORT_KEYS: [(&str, EnterpriseProjectSort); 3] = [
    ("created_at", EnterpriseProjectSort::CreatedAt),
    ("updated_at", EnterpriseProjectSort::UpdatedAt),
    ("name", EnterpriseProjectSort::Name),
];

#[derive(Deserialize)]
struct Create {
    name: String,
    description: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "text_or_empty")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Update {
    name: Option<String>,
    description: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "text_or_empty")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Switch {
    action: String,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: Create = call.json()?;
    let new = NewEnterpriseProject {
        name: body.name,
        description: body.description.unwrap_or_default(),
        kind: kind(body.kind.as_deref())?.unwrap_or_default(),
    };
    let row = call
        .desk
        .create_enterprise_project(call.ctx()?, new)
        .await?;
    let body = json!({ "enterprise_project": shown(&row) });
    Answer::json(StatusCode::CREATED, &body)
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let (filter, page) = (filter(&call)?, page(&call)?);
    let found = call
        .desk
        .enterprise_projects(call.ctx()?, &filter, &page)
        .await?;
    let projects: Vec<_> = found.rows.iter().map(shown).collect();
    Answer::ok(&json!({ "enterprise_projects": projects, "total_count": found.total }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let id = call.path("enterprise_project_id");
    let row = call.desk.enterprise_project(call.ctx()?, id).await?;
    Answer::ok(&json!({ "enterprise_project": shown(&row) }))
}

pub(super) async fn update(call: Call) -> Result<Answer, Error> {
    let body: Update = call.json()?;
    let change = EnterpriseProjectChange {
        name: body.name,
        description: body.description,
        kind: kind(body.kind.as_deref())?,
    };
    let id = call.path("enterprise_project_id");
    let row = call
        .desk
        .change_enterprise_project(call.ctx()?, id, change)
        .await?;
    Answer::ok(&json!({ "enterprise_project": shown(&row) }))
}

pub(super) async fn switch(call: Call) -> Result<Answer, Error> {
    let body: Switch = call.json()?;
    let enabled = match body.action.as_str() {
        "enable" => Some(true),
        "disable" => Some(false),
        _ => None,
    };
    let id = call.path("enterprise_project_id");
    call.desk
        .switch_enterprise_project(call.ctx()?, id, enabled)
        .await?;
    Ok(Answer::no_content())
}

fn kind(name: Option<&str>) -> Result<Option<ProjectKind>, Error> {
    let known = |name| ProjectKind::from_name(name).ok_or_else(|| limits::KIND.refusal("type"));
    name.map(known).transpose()
}

fn filter(call: &Call) -> Result<EnterpriseProjectFilter, Error> {
    let text = |name: &str| call.query(name).map(str::to_owned);
    let status = call.query_one_of("status", &limits::STATUS)?;
    Ok(EnterpriseProjectFilter {
        id: text("id"),
        name: text("name"),
        enabled: status.map(|status| status == "1"),
        kind: kind(call.query("type"))?,
    })
}

/// As other lists, but up to 1000 at once, which is also the default.
fn page(call: &Call) -> Result<Page<EnterpriseProjectSort>, Error> {
    let page = call.page(&limits::SORT, &SORT_KEYS, EnterpriseProjectSort::default())?;
    let limit = call.query_number("limit", &limits::PAGE, 1000)?;
    Ok(Page { limit, ..page })
}

fn shown(row: &EnterpriseProjectRow) -> Value {
    json!({
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "status": if row.enabled { 1 } else { 2 },
        "created_at": stamp(row.created_at, "%Y-%m-%dT%H:%M:%SZ"),
        "updated_at": stamp(row.updated_at, "%Y-%m-%dT%H:%M:%SZ"),
        "type": row.kind,
        "delete_flag": false,
    })
}
