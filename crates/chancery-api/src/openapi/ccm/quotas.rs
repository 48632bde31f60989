//! Quotas of private CAs and private certificates.

use crate::openapi::shape::{Schema, Shape, TEXT, WHOLE, json_object, req};

const QUOTAS: Schema = Schema::Object(&[req(
    "resources",
    Schema::List(
        &Schema::Object(&[req("type", TEXT), req("used", WHOLE), req("quota", WHOLE)]),
        None,
    ),
)]);

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v1/private-certificate-authorities/quotas",
        "ShowCertificateAuthorityQuota",
        "shows how many private CAs the account has and may have",
    )
    .answers(200, json_object![req("quotas", QUOTAS)]),
    Shape::new(
        "GET",
        "/v1/private-certificates/quotas",
        "ShowCertificateQuota",
        "shows how many private certificates the account has and may have",
    )
    .answers(200, json_object![req("quotas", QUOTAS)]),
];
