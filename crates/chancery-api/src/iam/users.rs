//! Users: `/v3/users` and `/v3.0/OS-USER/users`.

use chancery_core::users::{NewUser, ProfileChange, User, UserChange, UserFilter};
use chancery_core::{Error, Kind};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{groups, list_links, projects, self_link};
use crate::operation::{Answer, Call};
use crate::wire::{loose_flag, stamp};

#[derive(Deserialize)]
struct Body<T> {
    user: T,
}

/// A user in a body: what is asked for, or what is changed.
#[derive(Deserialize)]
struct Wire {
    name: Option<String>,
    domain_id: Option<String>,
    password: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "loose_flag")]
    enabled: Option<bool>,
    description: Option<String>,
    access_mode: Option<String>,
    email: Option<String>,
    areacode: Option<String>,
    phone: Option<String>,
    xuser_type: Option<String>,
    xuser_id: Option<String>,
    #[serde(default, deserialize_with = "loose_flag")]
    pwd_status: Option<bool>,
}

#[derive(Deserialize)]
struct Passwords {
    password: Zeroizing<String>,
    original_password: Zeroizing<String>,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let user = make(&call).await?;
    let mut shown = keystone(&user);
    shown["links"] = self_link(&call, "users", &user.id);
    Answer::json(StatusCode::CREATED, &json!({ "user": shown }))
}

pub(super) async fn create_full(call: Call) -> Result<Answer, Error> {
    let user = make(&call).await?;
    Answer::json(StatusCode::CREATED, &json!({ "user": full(&user) }))
}

async fn make(call: &Call) -> Result<User, Error> {
    let wire = call.json::<Body<Wire>>()?.user;
    let (domain_id, mut change) = wire.split();
    if let Some(domain_id) = domain_id {
        call.ctx()?.require_domain(&domain_id)?;
    }
    let name = change.name.take();
    let name = name.ok_or_else(|| Error::new(Kind::Malformed, "user.name is required"))?;
    // Who is given a password is asked for another one, unless the body says otherwise. What it says
    // is kept for users without one as well: Terraform reads it back.
    let ask = change.profile.must_change_password;
    change.profile.must_change_password = ask.or(Some(change.password.is_some()));
    let new = NewUser {
        name,
        password: change.password,
        enabled: change.enabled,
        profile: change.profile,
    };
    call.desk.add_user(call.ctx()?, new).await
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    if let Some(domain_id) = call.query("domain_id") {
        call.ctx()?.require_domain(domain_id)?;
    }
    let filter = UserFilter {
        name: call.query("name"),
        enabled: match call.query("enabled") {
            None => None,
            Some(_) => Some(call.query_flag("enabled", true)?),
        },
    };
    let mut users = call.desk.users(call.ctx()?, filter).await?;
    if call.query("password_expires_at").is_some() {
        users.clear(); // no password expires
    }
    Answer::ok(&listed(&call, &users, "/v3/users"))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let user = shown_user(&call).await?;
    Answer::ok(&json!({ "user": with_list_links(&call, &user) }))
}

pub(super) async fn show_full(call: Call) -> Result<Answer, Error> {
    let user = shown_user(&call).await?;
    let mut shown = full(&user);
    let time = |ms: Option<i64>| ms.map(time);
    shown["links"] = self_link(&call, "users", &user.id);
    shown["links"]["previous"] = Value::Null;
    shown["links"]["next"] = Value::Null;
    shown["update_time"] = time(user.profile.updated_at).into();
    shown["pwd_create_time"] = time(user.profile.password_at).into();
    shown["modify_pwd_time"] = time(user.profile.password_at).into();
    // They are not kept.
    shown["last_login_time"] = Value::Null;
    shown["last_pwd_auth_time"] = Value::Null;
    Answer::ok(&json!({ "user": shown }))
}

async fn shown_user(call: &Call) -> Result<User, Error> {
    call.desk.show_user(call.ctx()?, call.path("user_id")).await
}

pub(super) async fn update(call: Call) -> Result<Answer, Error> {
    let user = changed_user(&call).await?;
    let mut shown = keystone(&user);
    shown["links"] = self_link(&call, "users", &user.id);
    Answer::ok(&json!({ "user": shown }))
}

pub(super) async fn update_full(call: Call) -> Result<Answer, Error> {
    let user = changed_user(&call).await?;
    let mut shown = full(&user);
    shown["links"] = self_link(&call, "users", &user.id);
    Answer::ok(&json!({ "user": shown }))
}

async fn changed_user(call: &Call) -> Result<User, Error> {
    let (domain_id, change) = call.json::<Body<Wire>>()?.user.split();
    if let Some(domain_id) = domain_id {
        call.ctx()?.require_domain(&domain_id)?;
    }
    call.desk
        .change_user(call.ctx()?, call.path("user_id"), change)
        .await
}

pub(super) async fn change_password(call: Call) -> Result<Answer, Error> {
    let new = call.json::<Body<Passwords>>()?.user;
    let user_id = call.path("user_id");
    call.desk
        .change_own_password(
            call.ctx()?,
            call.client,
            user_id,
            &new.original_password,
            &new.password,
        )
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_user(call.ctx()?, call.path("user_id"))
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn list_groups(call: Call) -> Result<Answer, Error> {
    let user_id = call.path("user_id");
    let groups = call.desk.groups_of_user(call.ctx()?, user_id).await?;
    Answer::ok(&groups::listed(
        &call,
        &groups,
        &format!("/v3/users/{user_id}/groups"),
    ))
}

pub(super) async fn list_projects(call: Call) -> Result<Answer, Error> {
    let user_id = call.path("user_id");
    let projects = call.desk.projects_of_user(call.ctx()?, user_id).await?;
    let path = format!("/v3/users/{user_id}/projects");
    Answer::ok(&projects::listed(&call, &projects, &path))
}

/// A list of users in the shape of version 3.
pub(super) fn listed(call: &Call, users: &[User], path: &str) -> Value {
    let shown: Vec<_> = users
        .iter()
        .map(|user| with_list_links(call, user))
        .collect();
    json!({ "users": shown, "links": list_links(call, path) })
}

fn with_list_links(call: &Call, user: &User) -> Value {
    let mut shown = keystone(user);
    shown["access_mode"] = access_mode(user).into();
    shown["links"] = list_links(call, &format!("/v3/users/{}", user.id));
    shown
}

impl Wire {
    fn split(self) -> (Option<String>, UserChange) {
        let change = UserChange {
            name: self.name,
            password: self.password,
            enabled: self.enabled,
            profile: ProfileChange {
                description: self.description,
                access_mode: self.access_mode.filter(|mode| !mode.is_empty()),
                email: self.email,
                area_code: self.areacode,
                phone: self.phone,
                external_type: self.xuser_type,
                external_id: self.xuser_id,
                must_change_password: self.pwd_status,
            },
        };
        (self.domain_id.filter(|id| !id.is_empty()), change)
    }
}

/// A user as version 3 shows one.
fn keystone(user: &User) -> Value {
    json!({
        "id": user.id,
        "domain_id": user.domain_id,
        "name": user.name,
        "description": user.profile.description,
        "enabled": user.enabled,
        "pwd_status": user.profile.must_change_password,
        "password_expires_at": null, // no password does
    })
}

/// A user as version 3.0 shows one.
fn full(user: &User) -> Value {
    let profile = &user.profile;
    json!({
        "id": user.id,
        "domain_id": user.domain_id,
        "name": user.name,
        "description": profile.description,
        "enabled": user.enabled,
        "is_domain_owner": user.owner,
        "access_mode": access_mode(user),
        "email": profile.email,
        "areacode": profile.area_code,
        "phone": profile.phone,
        "xuser_type": profile.external_type,
        "xuser_id": profile.external_id,
        "pwd_status": profile.must_change_password,
        "create_time": time(user.created_at),
    })
}

fn access_mode(user: &User) -> &'static str {
    match user.profile.programmatic {
        true => "programmatic",
        false => "default",
    }
}

/// A time as version 3.0 writes those of users: `2020-01-06 08:05:16.000000`.
fn time(ms: i64) -> String {
    stamp(ms, "%Y-%m-%d %H:%M:%S%.6f")
}
