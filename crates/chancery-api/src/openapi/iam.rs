//! Identities.

use chancery_core::limits::iam as limits;

use super::shape::{Field, Schema, Shape, TEXT, json_object, opt, req, text};

const NULL: Schema = Schema::Nullable(&TEXT);
const LINKS: Schema =
    Schema::Object(&[req("self", TEXT), req("previous", NULL), req("next", NULL)]);
const LINK: Schema = Schema::Object(&[req("self", TEXT)]);
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

const PROJECT: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", TEXT),
    req("domain_id", TEXT),
    req("parent_id", TEXT),
    req("is_domain", Schema::Flag),
    req("enabled", Schema::Flag),
    req("description", TEXT),
    req("links", LINK),
]);
const PROJECTS: &[(&str, Option<Schema>)] = json_object![
    req("projects", Schema::List(&PROJECT, None)),
    req("links", LINKS),
];

const KEY: [Field; 5] = [
    req("access", TEXT),
    req("user_id", TEXT),
    req("status", text(&limits::KEY_STATUS)),
    req("description", TEXT),
    req("create_time", TEXT),
];
const SHOWN_KEY: Schema = Schema::Object(&KEY);

pub(super) const SHAPES: &[Shape] = &[
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
        "GET",
        "/v3/auth/projects",
        "KeystoneListAuthProjects",
        "lists the projects that the caller can use",
    )
    .answers(200, PROJECTS),
    Shape::new(
        "GET",
        "/v3/projects",
        "KeystoneListProjects",
        "lists the projects of the account",
    )
    .query(&[
        opt("name", TEXT),
        opt("domain_id", TEXT),
        opt("parent_id", TEXT),
        opt("enabled", Schema::LooseFlag),
        opt("is_domain", Schema::LooseFlag),
        opt("page", Schema::Whole(Some(&limits::PAGE))),
        opt("per_page", Schema::Whole(Some(&limits::PROJECTS))),
    ])
    .answers(200, PROJECTS)
    .refuses(&[400]),
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
