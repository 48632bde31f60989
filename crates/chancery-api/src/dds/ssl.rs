//! `…/switch-ssl` and `…/ssl-cert/download-link`: TLS of MongoDB instances.

use chancery_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::instances::{instance_id, ssl_option};
use crate::operation::{Answer, Call};

#[derive(Deserialize)]
struct Switch {
    #[serde(default)]
    ssl_option: Value,
}

pub(super) async fn switch(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), instance_id(&call)?);
    let body: Switch = call.json()?;
    let enabled = ssl_option(&body.ssl_option);
    let job = call
        .desk
        .switch_mongodb_ssl(call.ctx()?, project_id, id, enabled)
        .await?;
    let option = if enabled == Some(true) { "1" } else { "0" };
    Answer::ok(&json!({ "job_id": job, "ssl_option": option }))
}

pub(super) async fn download_link(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), instance_id(&call)?);
    let links = call
        .desk
        .mongodb_ca_links(call.ctx()?, project_id, id)
        .await?;
    let certs = links
        .iter()
        .map(|link| json!({ "category": link.category.name(), "download_link": link.link }));
    Answer::ok(&json!({ "certs": certs.collect::<Vec<_>>() }))
}
