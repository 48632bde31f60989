//! What chancery offers beyond the documented calls.

use chancery_core::limits::own::ACCOUNT_NAME;

use super::shape::{Schema, Shape, TEXT, json_object, opt, req, text};
use crate::html;

const PAGE: &[(&str, Option<Schema>)] = &[(html::PAGE, None)];
const ACCOUNT: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", TEXT),
    req("enabled", Schema::Flag),
    req("created_at", TEXT),
]);
const NAMED: Schema = Schema::Object(&[req("id", TEXT), req("name", TEXT)]);

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
        "POST",
        "/chancery/v1/accounts",
        "CreateAccount",
        "makes an account with an administrator; her password and key are shown this once",
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
