//! `/chancery/v1/accounts`: the accounts of the desk, for operators of its first one.

use chancery_core::Error;
use chancery_store::DomainRow;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::operation::{Answer, Call};
use crate::wire::iso_micros;

#[derive(Deserialize)]
struct Create {
    name: String,
}

/// The password and the secret are shown here and never again.
pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: Create = call.json()?;
    let new = call.desk.create_account(call.ctx()?, &body.name).await?;
    let projects = new.projects.iter();
    let projects: Vec<_> = projects
        .map(|project| json!({ "id": project.id, "name": project.name }))
        .collect();
    let body = json!({
        "account": shown(&new.domain),
        "administrator": {
            "id": new.user_id,
            "name": new.user_name,
            "password": new.password.as_str(),
        },
        "credential": { "access": new.key.access_key, "secret": new.key.secret.as_str() },
        "projects": projects,
    });
    Ok(Answer::json(StatusCode::CREATED, &body)?.secret())
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let accounts = call.desk.accounts(call.ctx()?).await?;
    let accounts: Vec<_> = accounts.iter().map(shown).collect();
    Answer::ok(&json!({ "accounts": accounts }))
}

pub(super) async fn disable(call: Call) -> Result<Answer, Error> {
    switch(&call, false).await
}

pub(super) async fn enable(call: Call) -> Result<Answer, Error> {
    switch(&call, true).await
}

async fn switch(call: &Call, enabled: bool) -> Result<Answer, Error> {
    let id = call.path("account_id");
    let account = call.desk.switch_account(call.ctx()?, id, enabled).await?;
    Answer::ok(&json!({ "account": shown(&account) }))
}

fn shown(account: &DomainRow) -> Value {
    json!({
        "id": account.id,
        "name": account.name,
        "enabled": account.enabled,
        "created_at": iso_micros(account.created_at),
    })
}
