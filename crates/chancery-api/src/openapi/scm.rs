//! The certificate store.

use chancery_core::limits::{ENTERPRISE_PROJECT, lists, scm as limits};

use super::shape::{Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const NULL: Schema = Schema::Nullable(&TEXT);

const LISTED: Schema = Schema::Object(&[
    req("id", text(&limits::CERTIFICATE_ID)),
    req("name", TEXT),
    req("domain", TEXT),
    req("sans", TEXT),
    req("signature_algorithm", TEXT),
    req("deploy_support", Schema::Flag),
    req("type", NULL),
    req("brand", NULL),
    req("expire_time", TEXT),
    req("domain_type", TEXT),
    req("validity_period", WHOLE),
    req("status", text(&limits::STATUS)),
    req("domain_count", WHOLE),
    req("wildcard_count", WHOLE),
    req("description", NULL),
    req("domain_id", TEXT),
    req("enterprise_project_id", TEXT),
]);

const SHOWN: Schema = Schema::Object(&[
    req("id", text(&limits::CERTIFICATE_ID)),
    req("status", text(&limits::STATUS)),
    req("order_id", NULL),
    req("name", TEXT),
    req("type", NULL),
    req("brand", NULL),
    req("push_support", TEXT),
    req("revoke_reason", NULL),
    req("signature_algorithm", TEXT),
    req("signature_algrithm", TEXT), // as older clients read it
    req("issue_time", TEXT),
    req("not_before", TEXT),
    req("not_after", TEXT),
    req("validity_period", WHOLE),
    req("validation_method", NULL),
    req("domain_type", TEXT),
    req("multi_domain_type", NULL),
    req("domain", TEXT),
    req("sans", TEXT),
    req("domain_count", WHOLE),
    req("wildcard_count", WHOLE),
    req("fingerprint", TEXT),
    req("shared", Schema::Flag),
    req("application_info", NULL),
    req("description", NULL),
    req("enterprise_project_id", TEXT),
    req("authentification", Schema::List(&Schema::Any, None)), // as the API spells it
]);

pub(super) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        "/v3/scm/certificates/import",
        "ImportCertificate",
        "keeps a certificate with its chain and its key",
    )
    .body(&[
        req("name", text(&limits::NAME)),
        req("certificate", text(&limits::CERTIFICATE_PEM)),
        opt("certificate_chain", text(&limits::CHAIN_PEM)),
        req("private_key", Schema::Secret(Some(&limits::KEY_PEM))),
        opt("duplicate_check", Schema::LooseFlag),
        opt("enterprise_project_id", text(&ENTERPRISE_PROJECT)),
        opt("enc_certificate", text(&limits::CERTIFICATE_PEM)),
        opt(
            "enc_private_key",
            Schema::Nullable(&Schema::Secret(Some(&limits::KEY_PEM))),
        ),
    ])
    .answers(
        200,
        json_object![req("certificate_id", text(&limits::CERTIFICATE_ID))],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/v3/scm/certificates",
        "ListCertificates",
        "lists certificates",
    )
    .query(&[
        opt("limit", Schema::Whole(Some(&lists::LIMIT))),
        opt("offset", Schema::Whole(Some(&lists::OFFSET))),
        opt("sort_dir", Schema::AnyCase(&lists::SORT_DIRECTION)),
        opt("sort_key", text(&limits::SORT)),
        opt("status", text(&limits::STATUS)),
        opt("enterprise_project_id", TEXT),
        opt("deploy_support", Schema::LooseFlag),
        opt("owned_by_self", Schema::LooseFlag),
        opt(
            "expired_days_since",
            Schema::Whole(Some(&limits::EXPIRED_DAYS)),
        ),
        opt("content", TEXT),
    ])
    .answers(
        200,
        json_object![
            req("certificates", Schema::List(&LISTED, None)),
            req("total_count", WHOLE),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/v3/scm/certificates/{certificate_id}",
        "ShowCertificate",
        "shows a certificate",
    )
    .answers(200, &[("application/json", Some(SHOWN))])
    .refuses(&[400, 404]),
    Shape::new(
        "DELETE",
        "/v3/scm/certificates/{certificate_id}",
        "DeleteCertificate",
        "deletes a certificate and its key",
    )
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v3/scm/certificates/{certificate_id}/export",
        "ExportCertificate",
        "gives out a certificate, its chain and its key",
    )
    .body(&[])
    .answers(
        200,
        json_object![
            req("entire_certificate", TEXT),
            req("certificate", TEXT),
            req("certificate_chain", TEXT),
            req("private_key", Schema::Secret(None)),
            opt("enc_certificate", TEXT),
            opt("enc_private_key", Schema::Secret(None)),
        ],
    )
    .refuses(&[400, 404]),
];
