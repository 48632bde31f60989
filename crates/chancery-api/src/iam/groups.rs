//! Groups and who is in them: `/v3/groups`.

use chancery_core::Error;
use chancery_core::groups::GroupChange;
use chancery_store::GroupRow;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{list_links, self_link, users};
use crate::operation::{Answer, Call};

#[derive(Deserialize)]
struct Body<T> {
    group: T,
}

#[derive(Deserialize)]
struct Create {
    name: String,
    description: Option<String>,
    domain_id: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    name: Option<String>,
    description: Option<String>,
    domain_id: Option<String>,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let new = call.json::<Body<Create>>()?.group;
    own_account(&call, new.domain_id.as_deref())?;
    let description = new.description.unwrap_or_default();
    let group = call
        .desk
        .create_group(call.ctx()?, &new.name, &description)
        .await?;
    Answer::json(StatusCode::CREATED, &one(&call, &group))
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    own_account(&call, call.query("domain_id"))?;
    let groups = call.desk.groups(call.ctx()?, call.query("name")).await?;
    Answer::ok(&listed(&call, &groups, "/v3/groups"))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let group = call
        .desk
        .show_group(call.ctx()?, call.path("group_id"))
        .await?;
    let mut shown = shown(&group);
    shown["links"] = list_links(&call, &format!("/v3/groups/{}", group.id));
    Answer::ok(&json!({ "group": shown }))
}

pub(super) async fn update(call: Call) -> Result<Answer, Error> {
    let wire = call.json::<Body<Change>>()?.group;
    own_account(&call, wire.domain_id.as_deref())?;
    let change = GroupChange {
        name: wire.name,
        description: wire.description,
    };
    let group = call
        .desk
        .change_group(call.ctx()?, call.path("group_id"), change)
        .await?;
    Answer::ok(&one(&call, &group))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_group(call.ctx()?, call.path("group_id"))
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn list_users(call: Call) -> Result<Answer, Error> {
    let group_id = call.path("group_id");
    let found = call.desk.users_of_group(call.ctx()?, group_id).await?;
    let path = format!("/v3/groups/{group_id}/users");
    Answer::ok(&users::listed(&call, &found, &path))
}

pub(super) async fn add_user(call: Call) -> Result<Answer, Error> {
    let (group_id, user_id) = (call.path("group_id"), call.path("user_id"));
    call.desk.add_member(call.ctx()?, group_id, user_id).await?;
    Ok(Answer::no_content())
}

pub(super) async fn check_user(call: Call) -> Result<Answer, Error> {
    let (group_id, user_id) = (call.path("group_id"), call.path("user_id"));
    call.desk
        .check_member(call.ctx()?, group_id, user_id)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn remove_user(call: Call) -> Result<Answer, Error> {
    let (group_id, user_id) = (call.path("group_id"), call.path("user_id"));
    call.desk
        .remove_member(call.ctx()?, group_id, user_id)
        .await?;
    Ok(Answer::no_content())
}

/// A list of groups.
pub(super) fn listed(call: &Call, groups: &[GroupRow], path: &str) -> Value {
    let with_links = |group: &GroupRow| {
        let mut shown = shown(group);
        shown["links"] = list_links(call, &format!("/v3/groups/{}", group.id));
        shown
    };
    let shown: Vec<_> = groups.iter().map(with_links).collect();
    json!({ "groups": shown, "links": list_links(call, path) })
}

fn one(call: &Call, group: &GroupRow) -> Value {
    let mut shown = shown(group);
    shown["links"] = self_link(call, "groups", &group.id);
    json!({ "group": shown })
}

fn shown(group: &GroupRow) -> Value {
    json!({
        "id": group.id,
        "domain_id": group.domain_id,
        "name": group.name,
        "description": group.description,
        "create_time": group.created_at,
    })
}

fn own_account(call: &Call, domain_id: Option<&str>) -> Result<(), Error> {
    match domain_id.filter(|id| !id.is_empty()) {
        Some(domain_id) => call.ctx()?.require_domain(domain_id),
        None => Ok(()),
    }
}
