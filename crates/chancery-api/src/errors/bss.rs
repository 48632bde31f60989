//! Codes of billing (`CBC.`), from the public lists of its calls but for the one of an order that
//! is not there.

use chancery_core::{Kind, Refusal, Thing};
use http::StatusCode;

use super::Code;

/// A value that is not allowed.
pub(super) const INVALID: &str = "CBC.0100";

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => (StatusCode::UNAUTHORIZED, "CBC.0154"),
        Kind::Forbidden { .. } | Kind::WrongProject => (StatusCode::FORBIDDEN, "CBC.0151"),
        // What clients take for: it is gone.
        Kind::NotFound(Thing::Subscription) => (StatusCode::BAD_REQUEST, "CBC.30000067"),
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "CBC.0404"),
        Kind::Refused(Refusal::State) => (StatusCode::BAD_REQUEST, "CBC.99003128"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "CBC.0503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "CBC.0999"),
        _ => (StatusCode::BAD_REQUEST, INVALID),
    }
}
