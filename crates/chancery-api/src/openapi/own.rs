//! What chancery offers beyond the documented calls.

use chancery_core::limits::UUID;
use chancery_core::limits::own::{
    ACCOUNT_NAME, ID_PREFIX, SEARCH_PAGE, SEARCH_SORT, SEARCHED_NAME,
};

use super::shape::{Field, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};
use crate::html;

const PAGE: &[(&str, Option<Schema>)] = &[(html::PAGE, None)];
const ACCOUNT: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", TEXT),
    req("enabled", Schema::Flag),
    req("created_at", TEXT),
]);
const NAMED: Schema = Schema::Object(&[req("id", TEXT), req("name", TEXT)]);

const OID: Schema = Schema::Object(&[req("oid", TEXT), req("name", Schema::Nullable(&TEXT))]);
const FOUND: Schema = Schema::Object(&[
    req("id", TEXT),
    req("kind", TEXT),
    req("name", TEXT),
    req("status", TEXT),
    req("key_algorithm", TEXT),
    req("issuer_id", TEXT),
    req("issuer_name", TEXT),
    req("serial_number", TEXT),
    req("fingerprint_sha256", TEXT),
    req(
        "sans",
        Schema::List(
            &Schema::Object(&[req("type", TEXT), req("value", TEXT)]),
            None,
        ),
    ),
    req("not_before", TEXT),
    req("not_after", TEXT),
    req("created_at", TEXT),
]);
const X500_NAME: Schema = Schema::Object(&[
    req("text", TEXT),
    req(
        "attributes",
        Schema::List(
            &Schema::Object(&[
                req("oid", TEXT),
                req("name", Schema::Nullable(&TEXT)),
                req("value", TEXT),
            ]),
            None,
        ),
    ),
]);
const CERTIFICATE: Schema = Schema::Object(&[
    req("pem", TEXT),
    req("version", WHOLE),
    req("serial_number", TEXT),
    req("signature_algorithm", OID),
    req("issuer", X500_NAME),
    req("subject", X500_NAME),
    req("not_before", TEXT),
    req("not_after", TEXT),
    req(
        "public_key",
        Schema::Object(&[
            req("oid", TEXT),
            req("algorithm", TEXT),
            req("bits", Schema::Nullable(&WHOLE)),
            req("curve", Schema::Nullable(&TEXT)),
            req("spki_sha256", TEXT),
        ]),
    ),
    req("fingerprint_sha1", TEXT),
    req("fingerprint_sha256", TEXT),
    req(
        "extensions",
        Schema::List(
            &Schema::Object(&[
                req("oid", TEXT),
                req("name", Schema::Nullable(&TEXT)),
                req("critical", Schema::Flag),
                req("value", Schema::Any),
                req("hex", Schema::Nullable(&TEXT)),
            ]),
            None,
        ),
    ),
]);
const DESCRIBED: &[Field] = &[
    req("id", TEXT),
    req("kind", TEXT),
    req("name", TEXT),
    req("status", TEXT),
    req("issuer_id", Schema::Nullable(&TEXT)),
    req("issuer_name", Schema::Nullable(&TEXT)),
    req("enterprise_project_id", TEXT),
    req("created_at", TEXT),
    req("revoked_at", Schema::Nullable(&TEXT)),
    req("revocation_reason", Schema::Nullable(&TEXT)),
    req("has_private_key", Schema::Flag),
    req("certificate", Schema::Nullable(&CERTIFICATE)),
    req("encryption_certificate", Schema::Nullable(&CERTIFICATE)),
    req("chain_pem", TEXT),
];

pub(super) const SHAPES: &[Shape] = &[
    Shape::new("GET", "/openapi.json", "ShowApi", "shows this document")
        .answers(200, &[("application/json", None)]),
    Shape::new(
        "GET",
        "/openapi.html",
        "ReadApi",
        "shows this document as a page",
    )
    .answers(200, PAGE),
    Shape::new("GET", "/docs", "ReadDocuments", "shows the first document").answers(200, PAGE),
    Shape::new(
        "GET",
        "/docs/",
        "ReadDocumentsWithSlash",
        "shows the first document",
    )
    .answers(200, PAGE),
    Shape::new(
        "GET",
        "/docs/{*page}",
        "ReadDocument",
        "shows a document, or a picture in one",
    )
    .answers(
        200,
        &[
            (html::PAGE, None),
            ("image/svg+xml", None),
            ("text/css; charset=utf-8", None),
        ],
    )
    .refuses_with_pages(&[404]),
    Shape::new(
        "GET",
        "/chancery/v1/instances/{instance_id}/server-bundle",
        "ShowServerBundle",
        "gives out the files that the server of an instance loads",
    )
    .query(&[opt("host", Schema::List(&TEXT, None))])
    .answers(
        200,
        json_object![
            req("instance_id", TEXT),
            req("service", TEXT),
            req(
                "files",
                Schema::List(
                    &Schema::Object(&[req("name", TEXT), req("content", Schema::Secret(None))]),
                    None,
                ),
            ),
            req("configuration", TEXT),
        ],
    )
    .refuses(&[400, 404, 409]),
    Shape::new(
        "GET",
        "/chancery/v1/certificates",
        "SearchCertificates",
        "finds private certificates by what is in them",
    )
    .query(&[
        opt("san", text(&SEARCHED_NAME)),
        opt("name", text(&SEARCHED_NAME)),
        opt("serial", TEXT),
        opt("fingerprint", TEXT),
        opt("id_prefix", text(&ID_PREFIX)),
        opt("issuer_id", text(&UUID)),
        opt("expires_after", TEXT),
        opt("expires_before", TEXT),
        opt("sort", text(&SEARCH_SORT)),
        opt("limit", Schema::Whole(Some(&SEARCH_PAGE))),
        opt("marker", TEXT),
    ])
    .answers(
        200,
        json_object![
            req("certificates", Schema::List(&FOUND, None)),
            req("next_marker", Schema::Nullable(&TEXT)),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/chancery/v1/certificates/{certificate_id}",
        "DescribeCertificate",
        "shows all that a private certificate holds",
    )
    .answers(
        200,
        &[("application/json", Some(Schema::Object(DESCRIBED)))],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "GET",
        "/chancery/v1/store-certificates/{certificate_id}",
        "DescribeStoreCertificate",
        "shows all that a certificate of the store holds",
    )
    .answers(
        200,
        &[("application/json", Some(Schema::Object(DESCRIBED)))],
    )
    .refuses(&[404]),
    Shape::new(
        "GET",
        "/chancery/v1/authorities/{ca_id}",
        "DescribeAuthority",
        "shows all that the certificate of a private CA holds",
    )
    .answers(
        200,
        &[("application/json", Some(Schema::Object(DESCRIBED)))],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/chancery/v1/accounts",
        "CreateAccount",
        "makes an account with an administrator; their password and key are shown this once",
    )
    .body(&[req("name", text(&ACCOUNT_NAME))])
    .answers(
        201,
        json_object![
            req("account", ACCOUNT),
            req(
                "administrator",
                Schema::Object(&[
                    req("id", TEXT),
                    req("name", TEXT),
                    req("password", Schema::Secret(None)),
                ]),
            ),
            req(
                "credential",
                Schema::Object(&[req("access", TEXT), req("secret", Schema::Secret(None))]),
            ),
            req("projects", Schema::List(&NAMED, None)),
        ],
    )
    .refuses(&[400, 409]),
    Shape::new(
        "GET",
        "/chancery/v1/accounts",
        "ListAccounts",
        "lists the accounts of the desk",
    )
    .answers(
        200,
        json_object![req("accounts", Schema::List(&ACCOUNT, None))],
    ),
    Shape::new(
        "POST",
        "/chancery/v1/accounts/{account_id}/disable",
        "DisableAccount",
        "refuses every caller of an account from now on",
    )
    .answers(200, json_object![req("account", ACCOUNT)])
    .refuses(&[404, 409]),
    Shape::new(
        "POST",
        "/chancery/v1/accounts/{account_id}/enable",
        "EnableAccount",
        "lets the callers of an account in again",
    )
    .answers(200, json_object![req("account", ACCOUNT)])
    .refuses(&[404, 409]),
];
