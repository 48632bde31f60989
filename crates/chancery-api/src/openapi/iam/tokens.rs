//! Tokens, and the account of the caller.

use super::{LINK, LINKS, NULL};
use crate::openapi::shape::{Field, Schema, Shape, TEXT, json_object, opt, req};

const NAMED: Schema = Schema::Object(&[req("id", TEXT), req("name", TEXT)]);
const WANTED: Schema = Schema::Object(&[opt("id", NULL), opt("name", NULL)]);

const TOKEN: Schema = Schema::Object(&[
    req("methods", Schema::List(&TEXT, None)),
    req("issued_at", TEXT),
    req("expires_at", TEXT),
    req(
        "user",
        Schema::Object(&[
            req("id", TEXT),
            req("name", TEXT),
            req("domain", NAMED),
            req("password_expires_at", TEXT),
        ]),
    ),
    req("roles", Schema::List(&NAMED, None)),
    opt("catalog", Schema::List(&Schema::Any, None)),
    opt("domain", NAMED),
    opt(
        "project",
        Schema::Object(&[req("id", TEXT), req("name", TEXT), req("domain", NAMED)]),
    ),
]);
const TOKEN_ANSWER: &[(&str, Option<Schema>)] = json_object![req("token", TOKEN)];
const SUBJECT: &[Field] = &[req("X-Subject-Token", TEXT)];

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        "/v3/auth/tokens",
        "KeystoneCreateUserTokenByPassword",
        "exchanges a login for a token, which the header X-Subject-Token of the answer holds",
    )
    .query(&[opt("nocatalog", TEXT)])
    .body(&[req(
        "auth",
        Schema::Object(&[
            req(
                "identity",
                Schema::Object(&[
                    req("methods", Schema::List(&TEXT, None)),
                    opt(
                        "password",
                        Schema::Nullable(&Schema::Object(&[req(
                            "user",
                            Schema::Object(&[
                                req("domain", Schema::Object(&[req("name", TEXT)])),
                                req("name", TEXT),
                                req("password", Schema::Secret(None)),
                            ]),
                        )])),
                    ),
                    opt(
                        "token",
                        Schema::Nullable(&Schema::Object(&[opt(
                            "id",
                            Schema::Nullable(&Schema::Secret(None)),
                        )])),
                    ),
                    opt(
                        "hw_ak_sk",
                        Schema::Nullable(&Schema::Object(&[
                            req("access", Schema::Object(&[req("key", TEXT)])),
                            req(
                                "secret",
                                Schema::Object(&[req("key", Schema::Secret(None))]),
                            ),
                        ])),
                    ),
                ]),
            ),
            opt(
                "scope",
                Schema::Nullable(&Schema::Object(&[
                    opt("domain", Schema::Nullable(&WANTED)),
                    opt("project", Schema::Nullable(&WANTED)),
                ])),
            ),
        ]),
    )])
    .answers(201, TOKEN_ANSWER)
    .refuses(&[400, 401, 403, 404]),
    Shape::new(
        "GET",
        "/v3/auth/tokens",
        "KeystoneValidateToken",
        "shows what a token stands for",
    )
    .query(&[opt("nocatalog", TEXT)])
    .headers(SUBJECT)
    .answers(200, TOKEN_ANSWER)
    .refuses(&[400, 404]),
    Shape::new(
        "DELETE",
        "/v3/auth/tokens",
        "KeystoneRevokeToken",
        "ends a token before its time",
    )
    .headers(SUBJECT)
    .refuses(&[400, 403, 404]),
    Shape::new(
        "GET",
        "/v3/auth/domains",
        "KeystoneListAuthDomains",
        "shows the account of the caller",
    )
    .answers(
        200,
        json_object![
            req(
                "domains",
                Schema::List(
                    &Schema::Object(&[
                        req("id", TEXT),
                        req("name", TEXT),
                        req("enabled", Schema::Flag),
                        req("description", TEXT),
                        req("links", LINK),
                    ]),
                    None,
                ),
            ),
            req("links", LINKS),
        ],
    ),
    Shape::new(
        "POST",
        "/v5/decode-authorization-message",
        "DecodeAuthorizationMessage",
        "opens the encoded message of a refusal",
    )
    .body(&[req("encoded_message", TEXT)])
    .answers(200, json_object![req("decoded_message", TEXT)])
    .refuses(&[400]),
];
