//! Private CAs.

use chancery_core::limits::{UUID, ccm as limits};

use super::{
    KEY_USAGES, NULL_TEXT, NULL_WHOLE, PAGE, PATH_LENGTH, PROJECT, SHOWN_NAME, SUBJECT, VALIDITY,
};
use crate::openapi::shape::{MILLIS, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const CAS: &str = "/v1/private-certificate-authorities";

const AUTHORITY_NAME: Schema = Schema::Object(&[
    req("common_name", SUBJECT[0].schema),
    req("country", SUBJECT[1].schema),
    req("state", SUBJECT[2].schema),
    req("locality", SUBJECT[3].schema),
    req("organization", SUBJECT[4].schema),
    req("organizational_unit", SUBJECT[5].schema),
]);

pub(super) const AUTHORITY: Schema = Schema::Object(&[
    req("ca_id", text(&UUID)),
    req("type", Schema::Nullable(&text(&limits::AUTHORITY_TYPE))),
    req("status", text(&limits::AUTHORITY_STATUS)),
    req("path_length", NULL_WHOLE),
    req("issuer_id", NULL_TEXT),
    req("issuer_name", NULL_TEXT),
    req(
        "key_algorithm",
        Schema::Nullable(&text(&limits::KEY_ALGORITHM)),
    ),
    req("signature_algorithm", NULL_TEXT),
    req("freeze_flag", WHOLE),
    req("gen_mode", TEXT),
    req("serial_number", NULL_TEXT),
    req("create_time", MILLIS),
    req("delete_time", NULL_WHOLE),
    req("not_before", NULL_WHOLE),
    req("not_after", NULL_WHOLE),
    req("distinguished_name", SHOWN_NAME),
    req(
        "crl_configuration",
        Schema::Object(&[
            req("enabled", Schema::Flag),
            req("crl_name", NULL_TEXT),
            req("obs_bucket_name", NULL_TEXT),
            req("valid_days", NULL_WHOLE),
            req("crl_dis_point", NULL_TEXT),
        ]),
    ),
    req("enterprise_project_id", TEXT),
    req("free_quota", WHOLE),
    req("charging_mode", WHOLE),
    req("cluster_id", NULL_TEXT),
    req("domain_id", TEXT),
]);

const CRL: Schema = Schema::Object(&[
    req("enabled", Schema::LooseFlag),
    opt("crl_name", Schema::Nullable(&text(&limits::CRL_NAME))),
    opt(
        "obs_bucket_name",
        Schema::Nullable(&text(&limits::BUCKET_NAME)),
    ),
    opt(
        "valid_days",
        Schema::Nullable(&Schema::LooseWhole(Some(&limits::CRL_VALID_DAYS))),
    ),
]);

/// A call that changes the state of a CA and takes nothing but its id.
const fn step(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("POST", path, id, summary).refuses(&[400, 404])
}

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        CAS,
        "CreateCertificateAuthority",
        "creates a private CA",
    )
    .body(&[
        req("type", text(&limits::AUTHORITY_TYPE)),
        req("distinguished_name", AUTHORITY_NAME),
        req("key_algorithm", text(&limits::KEY_ALGORITHM)),
        opt("validity", Schema::Nullable(&VALIDITY)),
        opt("issuer_id", text(&UUID)),
        PATH_LENGTH,
        opt("signature_algorithm", text(&limits::SIGNATURE_ALGORITHM)),
        opt("key_usages", Schema::Nullable(&KEY_USAGES)),
        PROJECT,
        opt("crl_configuration", Schema::Nullable(&CRL)),
        opt("ca_id", text(&UUID)),
    ])
    .answers(200, json_object![req("ca_id", text(&UUID))])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificate-authorities/order",
        "CreateCertificateAuthorityOrder",
        "buys private CAs, which wait until their activation says what they are",
    )
    .body(&[
        req("cloud_service_type", text(&limits::ORDERED_SERVICE)),
        req(
            "charging_mode",
            Schema::LooseWhole(Some(&limits::ORDER_CHARGING)),
        ),
        req(
            "period_type",
            Schema::LooseWhole(Some(&limits::ORDER_PERIOD_TYPE)),
        ),
        req(
            "period_num",
            Schema::LooseWhole(Some(&limits::ORDER_PERIODS)),
        ),
        req(
            "is_auto_renew",
            Schema::LooseWhole(Some(&limits::ORDER_SWITCH)),
        ),
        req(
            "subscription_num",
            Schema::LooseWhole(Some(&limits::ORDER_COUNT)),
        ),
        opt(
            "is_auto_pay",
            Schema::LooseWhole(Some(&limits::ORDER_SWITCH)),
        ),
        opt("promotion_info", text(&limits::ORDER_PROMOTION)),
        PROJECT,
        req(
            "product_infos",
            Schema::List(
                &Schema::Object(&[
                    req("cloud_service_type", text(&limits::ORDERED_SERVICE)),
                    req("resource_type", text(&limits::ORDERED_RESOURCE)),
                    req("resource_spec_code", text(&limits::ORDERED_SPEC)),
                ]),
                Some(&limits::ORDER_PRODUCTS),
            ),
        ),
    ])
    .answers(
        200,
        json_object![
            req("order_id", TEXT),
            req("ca_ids", Schema::List(&text(&UUID), None)),
        ],
    )
    .refuses(&[400]),
    Shape::new("GET", CAS, "ListCertificateAuthority", "lists private CAs")
        .query(&[
            PAGE[0],
            PAGE[1],
            PAGE[2],
            PAGE[3],
            opt("status", text(&limits::AUTHORITY_STATUS)),
            opt("type", text(&limits::AUTHORITY_TYPE)),
            opt("sort_key", text(&limits::AUTHORITY_SORT)),
        ])
        .answers(
            200,
            json_object![
                req("total", WHOLE),
                req("certificate_authorities", Schema::List(&AUTHORITY, None)),
            ],
        )
        .refuses(&[400]),
    Shape::new(
        "GET",
        "/v1/private-certificate-authorities/{ca_id}",
        "ShowCertificateAuthority",
        "shows a private CA",
    )
    .answers(200, &[("application/json", Some(AUTHORITY))])
    .refuses(&[400, 404]),
    Shape::new(
        "DELETE",
        "/v1/private-certificate-authorities/{ca_id}",
        "DeleteCertificateAuthority",
        "schedules the deletion of a disabled CA, or deletes one that waits for its certificate",
    )
    .query(&[opt(
        "pending_days",
        Schema::Whole(Some(&limits::PENDING_DAYS)),
    )])
    .refuses(&[400, 404]),
    Shape::new(
        "GET",
        "/v1/private-certificate-authorities/{ca_id}/csr",
        "ExportCertificateAuthorityCsr",
        "gives out the signing request of a CA that waits for its certificate",
    )
    .answers(200, json_object![req("csr", TEXT)])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificate-authorities/{ca_id}/activate",
        "IssueCertificateAuthorityCertificate",
        "has a waiting CA certified by another one of the desk; one that was bought is described",
    )
    .body(&[
        opt("type", text(&limits::AUTHORITY_TYPE)),
        opt("distinguished_name", Schema::Nullable(&AUTHORITY_NAME)),
        opt("key_algorithm", text(&limits::KEY_ALGORITHM)),
        opt("issuer_id", text(&UUID)),
        PATH_LENGTH,
        req("signature_algorithm", text(&limits::SIGNATURE_ALGORITHM)),
        req("validity", VALIDITY),
        opt("key_usages", Schema::Nullable(&KEY_USAGES)),
        opt("crl_configuration", Schema::Nullable(&CRL)),
    ])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificate-authorities/{ca_id}/import",
        "ImportCertificateAuthorityCertificate",
        "gives a waiting CA the certificate that another CA made of its request",
    )
    .body(&[
        req("certificate", text(&limits::AUTHORITY_PEM)),
        opt("certificate_chain", text(&limits::AUTHORITY_CHAIN_PEM)),
    ])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificate-authorities/{ca_id}/export",
        "ExportCertificateAuthorityCertificate",
        "gives out the certificate and the chain of a CA",
    )
    .answers(
        200,
        json_object![
            req("certificate", TEXT),
            req("certificate_chain", NULL_TEXT)
        ],
    )
    .refuses(&[400, 404]),
    step(
        "/v1/private-certificate-authorities/{ca_id}/enable",
        "EnableCertificateAuthority",
        "lets a disabled CA issue again",
    ),
    step(
        "/v1/private-certificate-authorities/{ca_id}/disable",
        "DisableCertificateAuthority",
        "stops a CA from issuing",
    ),
    step(
        "/v1/private-certificate-authorities/{ca_id}/restore",
        "RestoreCertificateAuthority",
        "takes back the deletion of a CA, which is disabled then",
    ),
];
