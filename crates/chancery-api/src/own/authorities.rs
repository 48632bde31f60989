//! `/chancery/v1/authorities`: private CAs with their certificates, decoded.

use chancery_core::Error;
use chancery_core::limits::UUID;
use serde_json::json;

use super::described::{shown, time};
use crate::operation::{Answer, Call};
use crate::wire::is_uuid;

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let id = call.path("ca_id");
    if !is_uuid(id) {
        return Err(UUID.refusal("ca_id"));
    }
    let found = call.desk.authority_with_chain(call.ctx()?, id).await?;
    let row = &found.thing.row;
    let own = json!({
        "id": row.id,
        "kind": "authority",
        "name": row.common_name,
        "status": found.thing.state.name(),
        "issuer_id": row.issuer_id,
        "issuer_name": row.issuer_name,
        "enterprise_project_id": row.enterprise_project_id,
        "created_at": time(row.created_at),
        "revoked_at": row.revoked_at.map(time),
        "revocation_reason": row.revocation_reason,
        "has_private_key": true,
    });
    Answer::ok(&shown(&found, own)?)
}
