//! `/chancery/v1/instances`: the server's side of Redis and MongoDB instances.

use chancery_core::Error;
use serde::Serialize;

use crate::operation::{Answer, Call};

#[derive(Serialize)]
struct Bundle<'a> {
    instance_id: &'a str,
    service: &'a str,
    files: Vec<File<'a>>,
    configuration: &'a str,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    content: &'a str,
}

/// What the server loads. `host`, which may be repeated, adds names to a certificate made for
/// this answer.
pub(super) async fn server_bundle(call: Call) -> Result<Answer, Error> {
    let (id, hosts) = (call.path("instance_id"), call.query_all("host"));
    let bundle = call.desk.server_bundle(call.ctx()?, id, &hosts).await?;
    let files = bundle.files.iter().map(|file| File {
        name: file.name,
        content: &file.content,
    });
    let shown = Bundle {
        instance_id: &bundle.instance_id,
        service: bundle.service,
        files: files.collect(),
        configuration: &bundle.configuration,
    };
    Ok(Answer::ok(&shown)?.secret())
}
