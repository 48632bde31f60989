//! Codes of the migration service. A refusal for lack of permission has three more fields.

use chancery_core::{Error, Kind, Refusal, Thing};
use http::StatusCode;
use serde_json::{Value, json};

use super::{Code, Denial};

/// A value that is not allowed; ours.
pub(super) const INVALID: &str = "SMS.9002";

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => (StatusCode::UNAUTHORIZED, "SMS.9001"), // ours
        Kind::Forbidden { .. } => (StatusCode::FORBIDDEN, "SMS.9004"),
        Kind::WrongProject => (StatusCode::FORBIDDEN, "SMS.2248"),
        Kind::NotFound(Thing::Source) => (StatusCode::NOT_FOUND, "SMS.2216"),
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "SMS.2252"),
        Kind::Refused(Refusal::Duplicate) => (StatusCode::BAD_REQUEST, "SMS.2013"),
        Kind::Refused(_) => (StatusCode::BAD_REQUEST, "SMS.2015"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "SMS.9503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "SMS.2007"),
        _ => (StatusCode::BAD_REQUEST, INVALID),
    }
}

/// The body; for a lack of permission as the call's documentation shows it, word for word.
pub(super) fn body(code: &str, error: &Error, denial: Option<&Denial>) -> Value {
    let text = error.public();
    match (error.kind(), denial) {
        (Kind::Forbidden { action }, Some(denial)) => {
            let resource = &denial.resource;
            let text = format!(
                "You do not have permission to perform action {action} on resource {resource}."
            );
            json!({
                "error_code": code,
                "error_msg": format!(
                    "The current account does not have the permission to execute policy. {text}"
                ),
                "encoded_authorization_message": denial.encoded,
                "error_param": [text],
                "details": [{ "error_code": code, "error_msg": text }],
            })
        }
        _ => json!({ "error_code": code, "error_msg": text }),
    }
}
