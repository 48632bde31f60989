//! `/v5/decode-authorization-message`: what stands behind a refusal.

use chancery_core::Error;
use serde::Deserialize;
use serde_json::json;

use crate::operation::{Answer, Call};

#[derive(Deserialize)]
struct Decode {
    encoded_message: String,
}

/// Opens the `encoded_authorization_message` of a refusal.
pub(super) async fn decode(call: Call) -> Result<Answer, Error> {
    let body: Decode = call.json()?;
    let denial = call
        .desk
        .decode_denial(call.ctx()?, &body.encoded_message)
        .await?;
    Answer::ok(&json!({ "decoded_message": denial.to_string() }))
}
