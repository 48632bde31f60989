//! Private certificates.

use chancery_core::limits::{UUID, ccm as limits};

use super::{KEY_USAGES, NULL_WHOLE, PAGE, PATH_LENGTH, PROJECT, SHOWN_NAME, SUBJECT, VALIDITY};
use crate::openapi::shape::{MILLIS, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const ENTITY_NAME: Schema = Schema::Object(&[
    req("common_name", SUBJECT[0].schema),
    SUBJECT[1],
    SUBJECT[2],
    SUBJECT[3],
    SUBJECT[4],
    SUBJECT[5],
]);

pub(super) const CERTIFICATE: Schema = Schema::Object(&[
    req("certificate_id", text(&UUID)),
    req("status", text(&limits::CERTIFICATE_STATUS)),
    req("issuer_id", text(&UUID)),
    req("issuer_name", TEXT),
    req("key_algorithm", text(&limits::KEY_ALGORITHM)),
    req("signature_algorithm", text(&limits::SIGNATURE_ALGORITHM)),
    req("freeze_flag", WHOLE),
    req("gen_mode", TEXT),
    req("serial_number", TEXT),
    req("create_time", MILLIS),
    req("delete_time", NULL_WHOLE),
    req("not_before", MILLIS),
    req("not_after", MILLIS),
    req("distinguished_name", SHOWN_NAME),
    req(
        "enc_cert_info",
        Schema::Nullable(&Schema::Object(&[req("enc_serial_number", TEXT)])),
    ),
    req("enterprise_project_id", TEXT),
]);

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        "/v1/private-certificates",
        "CreateCertificate",
        "issues a certificate with a key that is made here",
    )
    .body(&[
        req("issuer_id", text(&UUID)),
        opt("key_algorithm", text(&limits::KEY_ALGORITHM)),
        opt("signature_algorithm", text(&limits::SIGNATURE_ALGORITHM)),
        req("distinguished_name", ENTITY_NAME),
        req("validity", VALIDITY),
        opt("key_usages", Schema::Nullable(&KEY_USAGES)),
        opt(
            "subject_alternative_names",
            Schema::List(
                &Schema::Object(&[
                    req("type", text(&limits::ALT_NAME_TYPE)),
                    req("value", TEXT),
                ]),
                Some(&limits::ALT_NAMES),
            ),
        ),
        opt(
            "extended_key_usage",
            Schema::Object(&[
                opt("server_auth", Schema::Flag),
                opt("client_auth", Schema::Flag),
                opt("code_signing", Schema::Flag),
                opt("email_protection", Schema::Flag),
                opt("time_stamping", Schema::Flag),
                opt("smart_card_logon", Schema::Flag),
            ]),
        ),
        opt(
            "customized_extension",
            Schema::Object(&[opt("object_identifier", TEXT), opt("value", TEXT)]),
        ),
        PROJECT,
    ])
    .answers(200, json_object![req("certificate_id", text(&UUID))])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificates/csr",
        "CreateCertificateByCsr",
        "issues a certificate for the key of a signing request",
    )
    .body(&[
        req("issuer_id", text(&UUID)),
        req("csr", TEXT),
        req("validity", VALIDITY),
        opt("type", text(&limits::REQUESTED_TYPE)),
        PATH_LENGTH,
        PROJECT,
    ])
    .answers(200, json_object![req("certificate_id", text(&UUID))])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificates/csr/parse",
        "ParseCertificateSigningRequest",
        "shows what a signing request holds",
    )
    .body(&[req("csr", TEXT)])
    .answers(
        200,
        json_object![
            req("key_algorithm", TEXT),
            req("key_algorithm_length", WHOLE),
            req("signature_algorithm", TEXT),
            req("public_key", TEXT),
            req("distinguished_name", SHOWN_NAME),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/v1/private-certificates",
        "ListCertificate",
        "lists private certificates",
    )
    .query(&[
        PAGE[0],
        PAGE[1],
        PAGE[2],
        PAGE[3],
        opt("status", text(&limits::CERTIFICATE_STATUS)),
        opt("sort_key", text(&limits::CERTIFICATE_SORT)),
    ])
    .answers(
        200,
        json_object![
            req("total", WHOLE),
            req("certificates", Schema::List(&CERTIFICATE, None)),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/v1/private-certificates/{certificate_id}",
        "ShowCertificate",
        "shows a private certificate",
    )
    .answers(200, &[("application/json", Some(CERTIFICATE))])
    .refuses(&[400, 404]),
    Shape::new(
        "DELETE",
        "/v1/private-certificates/{certificate_id}",
        "DeleteCertificate",
        "deletes a private certificate and its key",
    )
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificates/{certificate_id}/export",
        "ExportCertificate",
        "gives out a certificate, its chain and its key in the form of a receiving server",
    )
    .body(&[
        req("is_compressed", Schema::LooseFlag),
        req("type", Schema::AnyCase(&limits::SERVER_TYPE)).refused_as("export.type"),
        opt("is_sm_standard", Schema::LooseFlag),
        opt(
            "password",
            Schema::Nullable(&Schema::Secret(Some(&limits::EXPORT_PASSWORD))),
        ),
    ])
    .answers(
        200,
        &[
            (
                "application/json",
                Some(Schema::Object(&[
                    req("certificate", TEXT),
                    req("certificate_chain", TEXT),
                    opt("private_key", Schema::Secret(None)),
                    opt("enc_certificate", TEXT),
                    opt("enc_private_key", Schema::Secret(None)),
                    opt("enc_sm2_enveloped_key", TEXT),
                    opt("signed_and_enveloped_data", TEXT),
                ])),
            ),
            ("application/zip", None),
        ],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v1/private-certificates/{certificate_id}/revoke",
        "RevokeCertificate",
        "revokes a private certificate",
    )
    .body(&[opt("reason", text(&limits::REVOCATION_REASON))])
    .refuses(&[400, 404]),
];
