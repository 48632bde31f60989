//! Roles and custom policies: `/v3/roles` and `/v3.0/OS-ROLE/roles`.

use chancery_core::Error;
use chancery_core::limits::iam as limits;
use chancery_core::roles::{Role, RoleChange};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{list_links, page, self_link};
use crate::operation::{Access, Answer, Call};
use crate::operations;

#[derive(Deserialize)]
struct Body<T> {
    role: T,
}

#[derive(Deserialize)]
struct Create {
    display_name: String,
    #[serde(rename = "type")]
    kind: String,
    description: Option<String>,
    description_cn: Option<String>,
    policy: Value,
}

#[derive(Deserialize)]
struct Change {
    display_name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    description_cn: Option<String>,
    policy: Option<Value>,
}

/// Roles that are built in; with `domain_id`, the account's custom policies.
pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let custom = match call.query("domain_id") {
        Some(domain_id) => {
            call.ctx()?.require_domain(domain_id)?;
            true
        }
        None => false,
    };
    let wanted = Wanted::of(&call)?;
    let mut roles = call.desk.roles(call.ctx()?).await?;
    roles.retain(|role| role.domain_id.is_some() == custom && wanted.holds(role));
    let total = roles.len();
    let roles = page(&call, roles, &limits::ROLES_PER_PAGE)?;
    Answer::ok(&json!({
        "roles": shown_all(&call, &roles)?,
        "links": list_links(&call, "/v3/roles"),
        "total_number": total,
    }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let role = call
        .desk
        .show_role(call.ctx()?, call.path("role_id"))
        .await?;
    Answer::ok(&json!({ "role": shown(&call, &role)? }))
}

pub(super) async fn list_custom(call: Call) -> Result<Answer, Error> {
    let roles = call.desk.custom_policies(call.ctx()?).await?;
    let total = roles.len();
    let roles = page(&call, roles, &limits::ROLES_PER_PAGE)?;
    let shown: Result<Vec<_>, _> = roles.iter().map(|role| shown_custom(&call, role)).collect();
    Answer::ok(&json!({
        "roles": shown?,
        "links": list_links(&call, "/v3/roles"),
        "total_number": total,
    }))
}

pub(super) async fn show_custom(call: Call) -> Result<Answer, Error> {
    let role_id = call.path("role_id");
    let (role, references) = call.desk.show_custom_policy(call.ctx()?, role_id).await?;
    let mut shown = shown_custom(&call, &role)?;
    shown["references"] = references.into();
    Answer::ok(&json!({ "role": shown }))
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let wire = call.json::<Body<Create>>()?.role;
    let new = RoleChange {
        display_name: Some(wire.display_name),
        kind: Some(wire.kind),
        description: wire.description,
        description_cn: wire.description_cn,
        document: Some(wire.policy.to_string()),
    };
    let made = call
        .desk
        .create_custom_policy(call.ctx()?, new, &actions())
        .await?;
    Answer::json(StatusCode::CREATED, &with_warnings(&call, made)?)
}

pub(super) async fn update(call: Call) -> Result<Answer, Error> {
    let wire = call.json::<Body<Change>>()?.role;
    let change = RoleChange {
        display_name: wire.display_name,
        kind: wire.kind,
        description: wire.description,
        description_cn: wire.description_cn,
        document: wire.policy.map(|policy| policy.to_string()),
    };
    let role_id = call.path("role_id");
    let changed = call
        .desk
        .change_custom_policy(call.ctx()?, role_id, change, &actions())
        .await?;
    Answer::ok(&with_warnings(&call, changed)?)
}

/// The actions of all calls.
fn actions() -> Vec<&'static str> {
    let action = |access: Access| match access {
        Access::Public => None,
        Access::Identified(action) | Access::Action(action) | Access::Resource(action) => {
            Some(action)
        }
    };
    operations()
        .filter_map(|operation| action(operation.access))
        .collect()
}

/// A custom policy that was made or changed. The field with warnings is our own, and there only when
/// there is something to warn of: no document of the cloud knows it.
fn with_warnings(call: &Call, (role, warnings): (Role, Vec<String>)) -> Result<Value, Error> {
    let mut shown = json!({ "role": shown_custom(call, &role)? });
    if !warnings.is_empty() {
        shown["warnings"] = warnings.into();
    }
    Ok(shown)
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_custom_policy(call.ctx()?, call.path("role_id"))
        .await?;
    // The documents of this call have 200 and no body.
    Ok(Answer::empty(StatusCode::OK))
}

/// Roles in the shape of version 3.
pub(super) fn shown_all(call: &Call, roles: &[Role]) -> Result<Vec<Value>, Error> {
    roles.iter().map(|role| shown(call, role)).collect()
}

/// A role in the shape of version 3.
fn shown(call: &Call, role: &Role) -> Result<Value, Error> {
    let mut shown = shown_custom(call, role)?;
    shown["links"] = list_links(call, &format!("/v3/roles/{}", role.id));
    if role.fine_grained {
        shown["flag"] = "fine_grained".into();
    }
    Ok(shown)
}

/// A role in the shape of version 3.0.
fn shown_custom(call: &Call, role: &Role) -> Result<Value, Error> {
    // Milliseconds, as text.
    let time = |ms: Option<i64>| ms.map(|ms| ms.to_string());
    let policy: Value = serde_json::from_str(&role.document).map_err(Error::internal)?;
    Ok(json!({
        "id": role.id,
        "domain_id": role.domain_id,
        "name": role.name,
        "display_name": role.display_name,
        "type": role.kind,
        "catalog": role.catalog,
        "description": role.description,
        "description_cn": role.description_cn,
        "policy": policy,
        "created_time": time(role.created_at),
        "updated_time": time(role.updated_at.or(role.created_at)),
        "links": self_link(call, "roles", &role.id),
    }))
}

/// What a list of roles is narrowed to.
struct Wanted<'a> {
    name: Option<&'a str>,
    display_name: Option<&'a str>,
    catalog: Option<&'a str>,
    kinds: Option<[&'static str; 2]>,
    fine_grained: Option<bool>,
}

impl<'a> Wanted<'a> {
    fn of(call: &'a Call) -> Result<Self, Error> {
        Ok(Self {
            name: call.query("name"),
            display_name: call.query("display_name"),
            catalog: call.query("catalog"),
            kinds: match call.query_one_of("type", &limits::ROLE_PLACE)? {
                Some("domain") => Some(["AX", "AA"]),
                Some("project") => Some(["XA", "AA"]),
                _ => None,
            },
            fine_grained: call
                .query_one_of("permission_type", &limits::PERMISSION_TYPE)?
                .map(|kind| kind == "policy"),
        })
    }

    fn holds(&self, role: &Role) -> bool {
        let equal = |wanted: Option<&str>, found: &str| wanted.is_none_or(|text| text == found);
        equal(self.name, &role.name)
            && equal(self.catalog, &role.catalog)
            && self
                .display_name
                .is_none_or(|part| role.display_name.contains(part))
            && self
                .kinds
                .is_none_or(|kinds| kinds.contains(&role.kind.as_str()))
            && self
                .fine_grained
                .is_none_or(|fine| fine == role.fine_grained)
    }
}
