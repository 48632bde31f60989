//! Errors of object links: XML, as object stores answer.

use chancery_core::{Error, Kind};
use http::StatusCode;

/// The status and the document.
pub(super) fn body(error: &Error, request_id: &str) -> (StatusCode, String) {
    let (status, code) = match error.kind() {
        Kind::CredentialsMissing => (StatusCode::FORBIDDEN, "AccessDenied"),
        Kind::Signature => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
        Kind::TokenExpired => (StatusCode::FORBIDDEN, "AccessDenied"),
        Kind::Login => (StatusCode::FORBIDDEN, "InvalidAccessKeyId"),
        Kind::NotFound(_) | Kind::UnknownRoute => (StatusCode::NOT_FOUND, "NoSuchKey"),
        Kind::UnknownMethod => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "EntityTooLarge"),
        Kind::TooSlow => (StatusCode::REQUEST_TIMEOUT, "RequestTimeout"),
        Kind::UriTooLong => (StatusCode::URI_TOO_LONG, "InvalidURI"),
        Kind::TooManyHeaders => (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "InvalidRequest",
        ),
        Kind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, "RequestTimeout"),
        // Object stores answer 503, not 429: what their clients try again.
        Kind::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "InternalError"),
        _ => (StatusCode::BAD_REQUEST, "InvalidArgument"),
    };
    let text = error
        .public()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{text}</Message><RequestId>{request_id}</RequestId></Error>"
    );
    (status, body)
}
