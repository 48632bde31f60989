//! Access keys, permanent and temporary.

use chancery_core::limits::iam as limits;

use super::NULL;
use crate::openapi::shape::{Field, Schema, Shape, TEXT, json_object, opt, req, text};

const KEY: [Field; 5] = [
    req("access", TEXT),
    req("user_id", TEXT),
    req("status", text(&limits::KEY_STATUS)),
    req("description", TEXT),
    req("create_time", TEXT),
];
const SHOWN_KEY: Schema = Schema::Object(&KEY);

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        "/v3.0/OS-CREDENTIAL/securitytokens",
        "CreateTemporaryAccessKeyByToken",
        "makes a temporary access key",
    )
    .body(&[req(
        "auth",
        Schema::Object(&[req(
            "identity",
            Schema::Object(&[
                req("methods", Schema::List(&TEXT, None)),
                opt(
                    "token",
                    Schema::Nullable(&Schema::Object(&[
                        opt("id", Schema::Nullable(&Schema::Secret(None))),
                        opt(
                            "duration_seconds",
                            Schema::LooseWhole(Some(&limits::DURATION)),
                        ),
                    ])),
                ),
                opt("policy", Schema::Any),
            ]),
        )]),
    )])
    .answers(
        201,
        json_object![req(
            "credential",
            Schema::Object(&[
                req("access", TEXT),
                req("secret", Schema::Secret(None)),
                req("securitytoken", Schema::Secret(None)),
                req("expires_at", TEXT),
            ]),
        )],
    )
    .refuses(&[400, 403]),
    Shape::new(
        "POST",
        "/v3.0/OS-CREDENTIAL/credentials",
        "CreatePermanentAccessKey",
        "makes an access key; its secret is shown this once",
    )
    .body(&[req(
        "credential",
        Schema::Object(&[
            req("user_id", TEXT),
            opt("description", Schema::Nullable(&text(&limits::DESCRIPTION)))
                .refused_as("description"),
        ]),
    )])
    .answers(
        201,
        json_object![req(
            "credential",
            Schema::Object(&[
                KEY[0],
                KEY[1],
                KEY[2],
                KEY[3],
                KEY[4],
                req("secret", Schema::Secret(None)),
            ]),
        )],
    )
    .refuses(&[400, 403, 404, 409]),
    Shape::new(
        "GET",
        "/v3.0/OS-CREDENTIAL/credentials",
        "ListPermanentAccessKeys",
        "lists the access keys of a user, by default the caller's own",
    )
    .query(&[opt("user_id", TEXT)])
    .answers(
        200,
        json_object![req("credentials", Schema::List(&SHOWN_KEY, None))],
    )
    .refuses(&[403]),
    Shape::new(
        "GET",
        "/v3.0/OS-CREDENTIAL/credentials/{access_key}",
        "ShowPermanentAccessKey",
        "shows an access key without its secret",
    )
    .answers(
        200,
        json_object![req(
            "credential",
            Schema::Object(&[
                KEY[0],
                KEY[1],
                KEY[2],
                KEY[3],
                KEY[4],
                req("last_use_time", NULL),
            ]),
        )],
    )
    .refuses(&[403, 404]),
    Shape::new(
        "PUT",
        "/v3.0/OS-CREDENTIAL/credentials/{access_key}",
        "UpdatePermanentAccessKey",
        "switches an access key on or off, or describes it anew",
    )
    .body(&[req(
        "credential",
        Schema::Object(&[
            opt("status", Schema::Nullable(&text(&limits::KEY_STATUS))),
            opt("description", Schema::Nullable(&text(&limits::DESCRIPTION)))
                .refused_as("description"),
        ]),
    )])
    .answers(200, json_object![req("credential", SHOWN_KEY)])
    .refuses(&[400, 403, 404]),
    Shape::new(
        "DELETE",
        "/v3.0/OS-CREDENTIAL/credentials/{access_key}",
        "DeletePermanentAccessKey",
        "deletes an access key",
    )
    .refuses(&[403, 404]),
];
