//! Codes of the certificate store.

use chancery_core::{Kind, Refusal, Thing};
use http::StatusCode;

use super::Code;

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => (StatusCode::UNAUTHORIZED, "SCM.1000"),
        Kind::Forbidden { .. } | Kind::WrongProject => (StatusCode::FORBIDDEN, "SCM.4002"),
        Kind::NotFound(Thing::StoreCertificate) => (StatusCode::NOT_FOUND, "SCM.0020"),
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "SCM.0005"),
        Kind::Invalid { field } => (StatusCode::BAD_REQUEST, of_field(field)),
        Kind::Refused(refusal) => (StatusCode::BAD_REQUEST, of_refusal(refusal)),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "SCM.0503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "SCM.0038"),
        _ => (StatusCode::BAD_REQUEST, "SCM.0005"),
    }
}

pub(super) fn of_field(field: &str) -> &'static str {
    match field {
        "name" => "SCM.0032",
        "certificate_id" => "SCM.0008",
        _ => "SCM.0005",
    }
}

fn of_refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::CertificateUnreadable => "SCM.0006",
        Refusal::State => "SCM.0010",
        Refusal::KeyUnreadable => "SCM.0012",
        Refusal::ChainUnreadable => "SCM.0013",
        Refusal::KeyMismatch => "SCM.0014",
        Refusal::Expired | Refusal::Weak => "SCM.0031",
        Refusal::CertificateNotPem => "SCM.0053",
        Refusal::CertificateEmpty => "SCM.0054",
        Refusal::KeyEmpty => "SCM.0059",
        Refusal::NoDomain => "SCM.0070",
        Refusal::ChainBroken => "SCM.0079",
        Refusal::KeyNotPem => "SCM.0114",
        Refusal::Duplicate => "SCM.0001", // seen in a client's test only; no document names one
        _ => "SCM.0005",
    }
}
