//! `/v2/{project_id}/instances/{instance_id}/ssl` and `…/ssl-certs/download`: TLS of instances.

use chancery_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::operation::{Answer, Call};
use crate::wire::iso_millis;

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), call.path("instance_id"));
    let ssl = call.desk.redis_ssl(call.ctx()?, project_id, id).await?;
    let document = &ssl.instance.document;
    let port = document.spec.port;
    Answer::ok(&json!({
        "enabled": ssl.instance.row.ssl,
        "ip": document.private_ip,
        "port": port.to_string(),
        "domain_name": format!("{}:{port}", document.domain_name),
        "ssl_expired_at": iso_millis(ssl.expires_at),
        "ssl_validated": ssl.valid,
    }))
}

#[derive(Deserialize)]
struct Switch {
    // Whatever it is: a wrong value has a code of its own here.
    #[serde(default)]
    enabled: Value,
}

pub(super) async fn switch(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), call.path("instance_id"));
    let body: Switch = call.json()?;
    let enabled = match &body.enabled {
        Value::Bool(enabled) => Some(*enabled),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    let job = call
        .desk
        .switch_redis_ssl(call.ctx()?, project_id, id, enabled)
        .await?;
    Answer::ok(&json!({ "job_id": job, "instance_id": id, "result": "success" }))
}

pub(super) async fn download(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), call.path("instance_id"));
    let download = call
        .desk
        .download_redis_ca(call.ctx()?, project_id, id)
        .await?;
    Ok(Answer::ok(&json!({
        "file_name": download.file_name,
        "link": download.link,
        "bucket_name": download.bucket_name,
    }))?
    .secret())
}
