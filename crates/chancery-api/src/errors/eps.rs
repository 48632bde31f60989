//! Codes of enterprise projects, all from the service's public list; its documents show them inside
//! of `{"error": …}`.

use chancery_core::{Kind, Refusal};
use http::StatusCode;

use super::Code;

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => (StatusCode::UNAUTHORIZED, "EPS.0003"),
        Kind::Forbidden { .. } | Kind::WrongProject => (StatusCode::FORBIDDEN, "EPS.0004"),
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "EPS.0005"),
        Kind::Refused(Refusal::Duplicate) => (StatusCode::CONFLICT, "EPS.0010"),
        Kind::Invalid { field } => (StatusCode::BAD_REQUEST, of_field(field)),
        Kind::Refused(refusal) => (StatusCode::BAD_REQUEST, of_refusal(refusal)),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "EPS.0503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "EPS.0001"),
        _ => (StatusCode::BAD_REQUEST, "EPS.0002"),
    }
}

pub(super) fn of_field(field: &str) -> &'static str {
    match field {
        "name" => "EPS.0007",
        "description" => "EPS.0008",
        "action" => "EPS.0013",
        "limit" => "EPS.0017",
        "offset" => "EPS.0018",
        _ => "EPS.0002",
    }
}

fn of_refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Quota => "EPS.0009",
        Refusal::Default => "EPS.0012",
        Refusal::State => "EPS.0014",
        Refusal::Undefined => "EPS.0015",
        _ => "EPS.0002",
    }
}
