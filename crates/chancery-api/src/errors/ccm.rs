//! Codes of the private CA service.
//!
//! `PCA.0002….` and `PCA.1001….` come from the service's error list and from clients;
//! `PCA.1001040x`, `PCA.100102xx` and `PCA.10010500` are ours, since the list ends before these
//! cases, and so is which of `PCA.10010071` and `PCA.10010072` stands for OCSP that is on.

use chancery_core::{Kind, Refusal};
use http::StatusCode;

use super::Code;

pub(super) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Token | Kind::TokenExpired | Kind::Login => {
            (StatusCode::UNAUTHORIZED, "PCA.10010401") // ours
        }
        Kind::Forbidden { .. } | Kind::WrongProject => (StatusCode::FORBIDDEN, "PCA.10010403"), // ours
        Kind::NotFound(_) => (StatusCode::NOT_FOUND, "PCA.10010002"),
        Kind::Invalid { field } => (StatusCode::BAD_REQUEST, of_field(field)),
        // Of the two codes that clients know for this, which is which is ours.
        Kind::Refused(Refusal::OcspOn) => (StatusCode::FORBIDDEN, "PCA.10010071"),
        Kind::Refused(Refusal::OcspOff) => (StatusCode::FORBIDDEN, "PCA.10010072"),
        Kind::Refused(refusal) => (StatusCode::BAD_REQUEST, of_refusal(refusal)),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "PCA.10010503"), // ours
        Kind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "PCA.10010500"),  // ours
        _ => (StatusCode::BAD_REQUEST, "PCA.10010105"),
    }
}

/// The documented code of a field, or the general one for a parameter of the wrong form.
pub(super) fn of_field(field: &str) -> &'static str {
    let head = field.split('.').next().unwrap_or_default();
    match (head, field) {
        ("distinguished_name", _) => "PCA.00020101",
        ("key_algorithm", _) => "PCA.00020102",
        ("signature_algorithm", _) => "PCA.00020103",
        ("validity", _) => "PCA.00020109",
        (_, "subject_alternative_names.ip") => "PCA.00020111",
        (_, "subject_alternative_names.type") => "PCA.00020112",
        ("subject_alternative_names", _) => "PCA.00020110",
        ("issuer_id" | "ca_id", _) => "PCA.00020201",
        ("type", _) => "PCA.00020202",
        ("path_length", _) => "PCA.00020203",
        _ => "PCA.10010105",
    }
}

/// Ours: the public list has no codes for these.
fn of_refusal(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::State => "PCA.10010201",
        Refusal::Issuer => "PCA.10010202",
        Refusal::Quota => "PCA.10010203",
        Refusal::Undefined => "PCA.10010204",
        Refusal::RequestUnreadable => "PCA.10010205",
        Refusal::CertificateUnreadable | Refusal::ChainUnreadable => "PCA.10010206",
        Refusal::KeyMismatch => "PCA.10010207",
        Refusal::ChainBroken => "PCA.10010208",
        Refusal::Expired => "PCA.10010209",
        Refusal::Weak => "PCA.10010210",
        Refusal::Duplicate => "PCA.10010211",
        _ => "PCA.00020001",
    }
}
