//! `/chancery/v1/store-certificates`: certificates of the store, decoded.

use chancery_core::Error;
use serde_json::json;

use super::described::{shown, time};
use crate::operation::{Answer, Call};

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let id = call.path("certificate_id");
    let found = call
        .desk
        .store_certificate_with_chain(call.ctx()?, id)
        .await?;
    let row = &found.thing.row;
    let own = json!({
        "id": row.id,
        "kind": "store",
        "name": row.name,
        "status": found.thing.state.name(),
        "issuer_id": null,
        "issuer_name": null,
        "enterprise_project_id": row.enterprise_project_id,
        "created_at": time(row.created_at),
        "revoked_at": null,
        "revocation_reason": null,
        "has_private_key": true,
    });
    Answer::ok(&shown(&found, own)?)
}
