//! The private CA service.

use chancery_core::limits::{ENTERPRISE_PROJECT, UUID, ccm as limits, lists};

use super::shape::{Field, MILLIS, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const CAS: &str = "/v1/private-certificate-authorities";

/// Who is named: every attribute may be there.
const SUBJECT: [Field; 6] = [
    opt("common_name", text(&limits::COMMON_NAME)),
    opt("country", text(&limits::COUNTRY)),
    opt("state", text(&limits::STATE)),
    opt("locality", text(&limits::LOCALITY)),
    opt("organization", text(&limits::ORGANIZATION)),
    opt("organizational_unit", text(&limits::ORGANIZATIONAL_UNIT)),
];
const ENTITY_NAME: Schema = Schema::Object(&[
    req("common_name", SUBJECT[0].schema),
    SUBJECT[1],
    SUBJECT[2],
    SUBJECT[3],
    SUBJECT[4],
    SUBJECT[5],
]);
const AUTHORITY_NAME: Schema = Schema::Object(&[
    req("common_name", SUBJECT[0].schema),
    req("country", SUBJECT[1].schema),
    req("state", SUBJECT[2].schema),
    req("locality", SUBJECT[3].schema),
    req("organization", SUBJECT[4].schema),
    req("organizational_unit", SUBJECT[5].schema),
]);
const SHOWN_NAME: Schema = Schema::Object(&[
    req("common_name", NULL_TEXT),
    req("country", NULL_TEXT),
    req("state", NULL_TEXT),
    req("locality", NULL_TEXT),
    req("organization", NULL_TEXT),
    req("organizational_unit", NULL_TEXT),
]);
const NULL_TEXT: Schema = Schema::Nullable(&TEXT);
const NULL_WHOLE: Schema = Schema::Nullable(&WHOLE);

const VALIDITY: Schema = Schema::Object(&[
    req("type", text(&limits::VALIDITY_TYPE)),
    req("value", Schema::LooseWhole(Some(&limits::VALIDITY_VALUE))),
    opt("start_from", Schema::LooseWhole(None)),
]);
const KEY_USAGES: Schema = Schema::List(&text(&limits::KEY_USAGE), None);
const PROJECT: Field = opt("enterprise_project_id", text(&ENTERPRISE_PROJECT));
const PATH_LENGTH: Field = opt(
    "path_length",
    Schema::LooseWhole(Some(&limits::PATH_LENGTH)),
);

const AUTHORITY: Schema = Schema::Object(&[
    req("ca_id", text(&UUID)),
    req("type", text(&limits::AUTHORITY_TYPE)),
    req("status", text(&limits::AUTHORITY_STATUS)),
    req("path_length", NULL_WHOLE),
    req("issuer_id", NULL_TEXT),
    req("issuer_name", NULL_TEXT),
    req("key_algorithm", text(&limits::KEY_ALGORITHM)),
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

const CERTIFICATE: Schema = Schema::Object(&[
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

const PAGE: [Field; 4] = [
    opt("limit", Schema::Whole(Some(&lists::LIMIT))),
    opt("offset", Schema::Whole(Some(&lists::OFFSET))),
    opt("name", TEXT),
    opt("sort_dir", Schema::AnyCase(&lists::SORT_DIRECTION)),
];

/// A call that changes the state of a CA and takes nothing but its id.
const fn step(path: &'static str, id: &'static str, summary: &'static str) -> Shape {
    Shape::new("POST", path, id, summary).refuses(&[400, 404])
}

pub(super) const SHAPES: &[Shape] = &[
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
    ])
    .answers(200, json_object![req("ca_id", text(&UUID))])
    .refuses(&[400, 404]),
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
        "has a waiting CA certified by another one of the desk",
    )
    .body(&[
        req("issuer_id", text(&UUID)),
        PATH_LENGTH,
        req("signature_algorithm", text(&limits::SIGNATURE_ALGORITHM)),
        req("validity", VALIDITY),
        opt("key_usages", Schema::Nullable(&KEY_USAGES)),
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
    step(
        "/v1/private-certificate-authorities/{ca_id}/revoke",
        "RevokeCertificateAuthority",
        "revokes a subordinate CA: neither it nor any CA below it issues again",
    )
    .body(&[opt("reason", text(&limits::REVOCATION_REASON))]),
    step(
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
    step(
        "/v1/private-certificate-authorities/{ca_id}/crl/disable",
        "DisableCertificateAuthorityCrl",
        "has no further revocation lists made for a CA",
    ),
    step(
        "/v1/private-certificate-authorities/{ca_id}/ocsp/switch",
        "UpdateOcspSwitch",
        "switches OCSP answers about what a CA issued on or off",
    )
    .body(&[req("ocsp_switch", Schema::Flag)]),
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
