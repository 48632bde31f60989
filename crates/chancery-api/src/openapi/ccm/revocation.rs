//! Revocation of CAs, revocation lists and OCSP.

use chancery_core::limits::ccm as limits;

use crate::openapi::shape::{Schema, Shape, opt, req, text};

/// A call about a CA.
const fn of(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("POST", path, id, summary).refuses(&[400, 404])
}

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    of(
        "/v1/private-certificate-authorities/{ca_id}/revoke",
        "RevokeCertificateAuthority",
        "revokes a subordinate CA: neither it nor any CA below it issues again",
    )
    .body(&[opt("reason", text(&limits::REVOCATION_REASON))]),
    of(
        "/v1/private-certificate-authorities/{ca_id}/crl/enable",
        "EnableCertificateAuthorityCrl",
        "has revocation lists made for a CA, or changes where they are",
    )
    .body(&[
        opt("crl_name", text(&limits::CRL_NAME)),
        req("obs_bucket_name", text(&limits::BUCKET_NAME)),
        req(
            "valid_days",
            Schema::LooseWhole(Some(&limits::CRL_VALID_DAYS)),
        ),
    ]),
    of(
        "/v1/private-certificate-authorities/{ca_id}/crl/disable",
        "DisableCertificateAuthorityCrl",
        "has no further revocation lists made for a CA",
    ),
    of(
        "/v1/private-certificate-authorities/{ca_id}/ocsp/switch",
        "UpdateOcspSwitch",
        "switches OCSP answers about what a CA issued on or off",
    )
    .body(&[req("ocsp_switch", Schema::LooseFlag)]),
];
