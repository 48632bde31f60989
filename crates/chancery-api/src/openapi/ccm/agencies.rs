//! Agencies and buckets of the private CA service, and what a console may offer.

use crate::openapi::shape::{MILLIS, Schema, Shape, TEXT, WHOLE, json_object, req};

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v1/private-certificate-authorities/agency",
        "ShowAgency",
        "tells whether the service has an agency of the account",
    )
    .answers(200, json_object![req("agency_granted", Schema::LooseFlag)]),
    Shape::new(
        "POST",
        "/v1/private-certificate-authorities/agencies",
        "CreateAgency",
        "grants the service an agency of the account",
    )
    .answers(200, json_object![req("agency_id", TEXT)]),
    Shape::new(
        "GET",
        "/v1/private-certificate-authorities/obs/agencies",
        "ShowCertificateAuthorityObsAgency",
        "tells whether the service has an agency for the account's buckets",
    )
    .answers(200, json_object![req("agency_granted", Schema::LooseFlag)]),
    Shape::new(
        "POST",
        "/v1/private-certificate-authorities/obs/agencies",
        "CreateCertificateAuthorityObsAgency",
        "grants the service an agency for the account's buckets",
    )
    .answers(200, json_object![req("agency_id", TEXT)]),
    Shape::new(
        "GET",
        "/v1/private-certificate-authorities/obs/buckets",
        "ListCertificateAuthorityObsBucket",
        "lists the account's buckets in the object store",
    )
    .answers(
        200,
        json_object![
            req("total", WHOLE),
            req(
                "obs_buckets",
                Schema::List(
                    &Schema::Object(&[req("bucket_name", TEXT), req("create_time", MILLIS)]),
                    None,
                ),
            ),
        ],
    ),
    Shape::new(
        "GET",
        "/v1/pca/config/console",
        "ShowConsoleConfig",
        "tells what of the service there is",
    )
    .answers(
        200,
        json_object![
            req("is_support_eps", Schema::Flag),
            req("is_support_sm2", Schema::Flag),
            req("is_support_dhsm", Schema::Flag),
            req("dhsm_regions", Schema::List(&TEXT, None)),
            req("is_support_yearly_monthly_ca", Schema::Flag),
            req("is_support_iam5", Schema::Flag),
            req("is_support_ocsp", Schema::Flag),
        ],
    ),
];
