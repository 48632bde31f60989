//! Errors of the identity service. Version 3 has a shape of its own,
//! `{"error": {"code", "message", "title"}}`; version 3.0 has the flat one of the other services.
//!
//! `code` is text (`IAM.0062`): an integer would leave the code empty in the Go SDK.

use chancery_core::{Error, Kind};
use http::StatusCode;
use serde_json::{Value, json};

use super::Code;

/// A value that is not allowed.
pub(super) const INVALID: &str = "IAM.0007";

pub(super) fn body(error: &Error) -> (StatusCode, Value) {
    let (status, code) = code(error.kind());
    let title = status.canonical_reason().unwrap_or_default();
    (
        status,
        json!({ "error": { "code": code, "message": error.public(), "title": title } }),
    )
}

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::CredentialsMissing | Kind::Signature => (StatusCode::UNAUTHORIZED, "IAM.0001"),
        Kind::Token => (StatusCode::UNAUTHORIZED, "IAM.0067"),
        Kind::TokenExpired => (StatusCode::UNAUTHORIZED, "IAM.0066"),
        Kind::Login => (StatusCode::UNAUTHORIZED, "IAM.0062"),
        Kind::Forbidden { .. } | Kind::WrongProject => (StatusCode::FORBIDDEN, "IAM.0003"),
        Kind::NotFound(_) | Kind::UnknownRoute => (StatusCode::NOT_FOUND, "IAM.0004"),
        Kind::UnknownMethod => (StatusCode::METHOD_NOT_ALLOWED, "IAM.0004"),
        Kind::Malformed => (StatusCode::BAD_REQUEST, "IAM.0011"),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "IAM.0011"),
        Kind::TooSlow => (StatusCode::REQUEST_TIMEOUT, "IAM.0011"),
        Kind::UriTooLong => (StatusCode::URI_TOO_LONG, "IAM.0011"),
        Kind::TooManyHeaders => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "IAM.0011"),
        Kind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "IAM.0006"),
        Kind::TooMany => (StatusCode::TOO_MANY_REQUESTS, "IAM.0012"),
        Kind::Refused(_) => (StatusCode::CONFLICT, "IAM.0005"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "IAM.0503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "IAM.0006"),
        _ => (StatusCode::BAD_REQUEST, INVALID),
    }
}
