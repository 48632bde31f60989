//! Errors of object links: XML, as object stores answer.

use axum::body::Body;
use axum::response::Response;
use chancery_core::{Error, Kind};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};

pub(super) fn response(error: &Error, request_id: &str) -> Response {
    let (status, code) = match error.kind() {
        Kind::CredentialsMissing => (StatusCode::FORBIDDEN, "AccessDenied"),
        Kind::Signature => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
        Kind::TokenExpired => (StatusCode::FORBIDDEN, "AccessDenied"),
        Kind::Login => (StatusCode::FORBIDDEN, "InvalidAccessKeyId"),
        Kind::NotFound(_) | Kind::UnknownRoute => (StatusCode::NOT_FOUND, "NoSuchKey"),
        Kind::UnknownMethod => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        Kind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "EntityTooLarge"),
        Kind::TooSlow => (StatusCode::REQUEST_TIMEOUT, "RequestTimeout"),
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
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    response
}
