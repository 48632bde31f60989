//! Codes of the Redis service.

use chancery_core::{Kind, Refusal};
use http::StatusCode;

use super::Code;

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::Login => (StatusCode::UNAUTHORIZED, "DCS.1001"),
        Kind::TokenExpired => (StatusCode::UNAUTHORIZED, "DCS.1002"),
        Kind::WrongProject => (StatusCode::UNAUTHORIZED, "DCS.1004"),
        Kind::Forbidden { .. } => (StatusCode::FORBIDDEN, "DCS.2007"),
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "DCS.3022"),
        Kind::UnknownRoute => (StatusCode::NOT_FOUND, "DCS.4001"),
        Kind::UnknownMethod => (StatusCode::METHOD_NOT_ALLOWED, "DCS.5001"),
        Kind::Malformed => (StatusCode::BAD_REQUEST, "DCS.4005"),
        Kind::Invalid { field } => (StatusCode::BAD_REQUEST, of_field(field)),
        Kind::Refused(Refusal::SslUnsupported) => (StatusCode::BAD_REQUEST, "DCS.4201"),
        Kind::Refused(Refusal::State) => (StatusCode::BAD_REQUEST, "DCS.4026"),
        Kind::Refused(Refusal::Quota) => (StatusCode::BAD_REQUEST, "DCS.4035"),
        // Documented for the TLS calls, the only ones whose list has storage that fails.
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "DCS.5010"),
        Kind::SslStorage => (StatusCode::INTERNAL_SERVER_ERROR, "DCS.5010"),
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "DCS.5000"),
        _ => (StatusCode::BAD_REQUEST, "DCS.4800"),
    }
}

pub(super) fn of_field(field: &str) -> &'static str {
    match field {
        "enabled" => "DCS.4202",
        "project_id" => "DCS.4002",
        "engine" => "DCS.4006",
        "engine_version" => "DCS.4008",
        "spec_code" => "DCS.4009",
        "name" => "DCS.4010",
        "description" => "DCS.4011",
        "capacity" => "DCS.4012",
        "vpc_id" => "DCS.4013",
        "security_group_id" => "DCS.4014",
        "subnet_id" => "DCS.4016",
        "password" => "DCS.4019",
        "az_codes" => "DCS.4042",
        _ => "DCS.4800",
    }
}
