//! Permanent access keys: `/v3.0/OS-CREDENTIAL/credentials`.

use chancery_core::Error;
use chancery_core::access_keys::{AccessKey, AccessKeyChange};
use chancery_core::limits::iam::KEY_STATUS;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::operation::{Answer, Call};
use crate::wire::iso_micros;

#[derive(Deserialize)]
struct Body<T> {
    credential: T,
}

#[derive(Deserialize)]
struct Create {
    user_id: String,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Change {
    status: Option<String>,
    description: Option<String>,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: Body<Create> = call.json()?;
    let Create {
        user_id,
        description,
    } = body.credential;
    let description = description.unwrap_or_default();
    let (new, key) = call
        .desk
        .add_access_key(call.ctx()?, &user_id, &description)
        .await?;
    let mut shown = shown(&key);
    shown["secret"] = new.secret.as_str().into();
    Ok(Answer::json(StatusCode::CREATED, &json!({ "credential": shown }))?.secret())
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let keys = call
        .desk
        .access_keys_of(call.ctx()?, call.query("user_id"))
        .await?;
    let keys: Vec<_> = keys.iter().map(shown).collect();
    Answer::ok(&json!({ "credentials": keys }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let key = call
        .desk
        .show_access_key(call.ctx()?, call.path("access_key"))
        .await?;
    let mut shown = shown(&key);
    shown["last_use_time"] = Value::Null; // it is not kept
    Answer::ok(&json!({ "credential": shown }))
}

pub(super) async fn update(call: Call) -> Result<Answer, Error> {
    let body: Body<Change> = call.json()?;
    let active = match body.credential.status.as_deref() {
        None => None,
        Some("active") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => return Err(KEY_STATUS.refusal("credential.status")),
    };
    let description = body.credential.description;
    if active.is_none() && description.is_none() {
        return Err(Error::invalid(
            "credential",
            "needs a status, a description or both",
        ));
    }
    let change = AccessKeyChange {
        active,
        description,
    };
    let key = call
        .desk
        .change_access_key(call.ctx()?, call.path("access_key"), change)
        .await?;
    Answer::ok(&json!({ "credential": shown(&key) }))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_access_key(call.ctx()?, call.path("access_key"))
        .await?;
    Ok(Answer::no_content())
}

fn shown(key: &AccessKey) -> Value {
    json!({
        "access": key.access_key,
        "user_id": key.user_id,
        "status": match key.active { true => "active", false => "inactive" },
        "description": key.description,
        "create_time": iso_micros(key.created_at),
    })
}
