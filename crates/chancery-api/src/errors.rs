//! Errors on the wire: each service's shape, status and code.
//!
//! A core error has a kind; the table of the service turns the kind into a status and a code.
//! Codes marked "ours" are not in any public document: they are stable, and listed in
//! `docs/errors.md`.

mod bss;
mod ccm;
mod dcs;
mod dds;
mod eps;
mod iam;
mod objects;
mod scm;
mod sms;

use axum::body::Body;
use axum::response::Response;
use chancery_core::{Error, Kind};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::service::Service;

/// A status and a code.
type Code = (StatusCode, &'static str);

/// What a refusal for lack of permission says beyond its text, where the service has fields for it.
pub(crate) struct Denial {
    /// What the action would have been done to.
    pub(crate) resource: String,
    /// What stands behind the refusal, sealed.
    pub(crate) encoded: String,
}

/// The answer to a call that failed.
pub(crate) fn response(
    service: Service,
    error: &Error,
    denial: Option<&Denial>,
    request_id: &str,
) -> Response {
    let (status, content_type, body) = match service {
        Service::Objects => {
            let (status, body) = objects::body(error, request_id);
            (status, "application/xml", body)
        }
        _ => {
            let (status, body) = json_body(service, error, denial, request_id);
            (status, "application/json", body.to_string())
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    let unavailable = status == StatusCode::SERVICE_UNAVAILABLE;
    if let Some(seconds) = error.retry_after_s().or(unavailable.then_some(1)) {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn json_body(
    service: Service,
    error: &Error,
    denial: Option<&Denial>,
    request_id: &str,
) -> (StatusCode, Value) {
    let text = error.public();
    if service == Service::Iam {
        return iam::body(error);
    }
    if service == Service::IamV30 {
        let (status, code) = iam::code(error.kind());
        return (status, json!({ "error_code": code, "error_msg": text }));
    }
    // The gateway in front of the services judges signatures, and paths that lead nowhere.
    if let Some((status, code)) = gateway(service, error.kind()) {
        return (
            status,
            json!({ "error_code": code, "error_msg": text, "request_id": request_id }),
        );
    }
    let (status, code) = match service {
        Service::Bss => bss::code(error.kind()),
        Service::Ccm => ccm::code(error.kind()),
        Service::Scm => scm::code(error.kind()),
        Service::Dcs => dcs::code(error.kind()),
        Service::Dds => dds::code(error.kind()),
        Service::Eps => eps::code(error.kind()),
        Service::Sms => sms::code(error.kind()),
        Service::Iam | Service::IamV30 | Service::Objects | Service::Own | Service::Gateway => {
            own(error.kind())
        }
    };
    let body = match service {
        Service::Dcs => {
            json!({ "error_code": code, "error_msg": text, "error_ext_msg": null })
        }
        Service::Eps => json!({ "error": { "error_code": code, "error_msg": text } }),
        Service::Sms => sms::body(code, error, denial),
        _ => json!({ "error_code": code, "error_msg": text }),
    };
    (status, body)
}

/// What a value that is not allowed is answered with; `field` has dots between its levels.
pub(crate) fn of_invalid(service: Service, field: &str) -> Code {
    let code = match service {
        Service::Bss => bss::INVALID,
        Service::Ccm => ccm::of_field(field),
        Service::Scm => scm::of_field(field),
        Service::Dcs => dcs::of_field(field),
        Service::Dds => dds::of_field(field),
        Service::Sms => sms::INVALID,
        Service::Iam | Service::IamV30 => iam::INVALID,
        Service::Eps => eps::of_field(field),
        Service::Objects | Service::Own | Service::Gateway => OWN_INVALID,
    };
    (StatusCode::BAD_REQUEST, code)
}

/// What the API gateway answers by itself (`APIGW.` codes): faults of a signature, missing
/// credentials, unknown routes of services that have no code for them.
fn gateway(service: Service, kind: Kind) -> Option<Code> {
    match kind {
        Kind::Signature | Kind::CredentialsMissing => {
            Some((StatusCode::UNAUTHORIZED, "APIGW.0301"))
        }
        Kind::UnknownRoute | Kind::UnknownMethod if service != Service::Dcs => {
            Some((StatusCode::NOT_FOUND, "APIGW.0101"))
        }
        Kind::TooLarge => Some((StatusCode::PAYLOAD_TOO_LARGE, "APIGW.0201")),
        Kind::TooSlow => Some((StatusCode::REQUEST_TIMEOUT, "APIGW.0201")),
        Kind::UriTooLong => Some((StatusCode::URI_TOO_LONG, "APIGW.0201")),
        Kind::TooManyHeaders => Some((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "APIGW.0201")),
        Kind::TimedOut => Some((StatusCode::GATEWAY_TIMEOUT, "APIGW.0201")),
        Kind::TooMany => Some((StatusCode::TOO_MANY_REQUESTS, "APIGW.0308")),
        _ => None,
    }
}

/// A value that is not allowed, in what chancery adds to the documented calls.
const OWN_INVALID: &str = "CHANCERY.0400";

/// Codes of what chancery adds to the documented calls.
fn own(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => {
            (StatusCode::UNAUTHORIZED, "CHANCERY.0401")
        }
        Kind::Forbidden { .. } | Kind::WrongProject => (StatusCode::FORBIDDEN, "CHANCERY.0403"),
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "CHANCERY.0404"),
        Kind::Refused(_) => (StatusCode::CONFLICT, "CHANCERY.0409"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "CHANCERY.0503"),
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "CHANCERY.0500"),
        _ => (StatusCode::BAD_REQUEST, OWN_INVALID),
    }
}
