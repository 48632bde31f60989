//! `GET /v3/auth/domains`: the account of the caller; SDKs learn its id here.

use chancery_core::Error;
use serde_json::json;

use crate::operation::{Answer, Call};

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let domain = call.desk.own_domain(call.ctx()?).await?;
    let base = &call.desk.settings().public_url;
    Answer::ok(&json!({
        "domains": [{
            "id": domain.id,
            "name": domain.name,
            "enabled": true,
            "description": "",
            "links": { "self": format!("{base}/v3/domains/{}", domain.id) },
        }],
        "links": { "self": format!("{base}/v3/auth/domains"), "previous": null, "next": null },
    }))
}
