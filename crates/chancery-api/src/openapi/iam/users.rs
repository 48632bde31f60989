//! Users.

use chancery_core::limits::iam as limits;

use super::groups::GROUPS;
use super::projects::PROJECTS;
use super::{LINK, LINKS, NULL};
use crate::openapi::shape::{Field, Schema, Shape, TEXT, json_object, opt, req, text};

/// A user as version 3 shows one.
const USER: [Field; 7] = [
    req("id", TEXT),
    req("domain_id", TEXT),
    req("name", TEXT),
    req("description", TEXT),
    req("enabled", Schema::Flag),
    req("pwd_status", Schema::Flag),
    req("password_expires_at", NULL),
];
const MADE: Schema = Schema::Object(&[
    USER[0],
    USER[1],
    USER[2],
    USER[3],
    USER[4],
    USER[5],
    USER[6],
    req("links", LINK),
]);
const LISTED: Schema = Schema::Object(&[
    USER[0],
    USER[1],
    USER[2],
    USER[3],
    USER[4],
    USER[5],
    USER[6],
    req("access_mode", text(&limits::ACCESS_MODE)),
    req("links", LINKS),
]);
pub(super) const USERS: &[(&str, Option<Schema>)] = json_object![
    req("users", Schema::List(&LISTED, None)),
    req("links", LINKS),
];

/// A user as version 3.0 shows one, with what else an answer has.
macro_rules! full {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("id", TEXT),
            req("domain_id", TEXT),
            req("name", TEXT),
            req("description", TEXT),
            req("enabled", Schema::Flag),
            req("is_domain_owner", Schema::Flag),
            req("access_mode", text(&limits::ACCESS_MODE)),
            req("email", TEXT),
            req("areacode", TEXT),
            req("phone", TEXT),
            req("xuser_type", TEXT),
            req("xuser_id", TEXT),
            req("pwd_status", Schema::Flag),
            req("create_time", TEXT),
            $($more),*
        ])
    };
}

/// The body that makes or changes a user.
macro_rules! body {
    ($name:expr) => {
        &[req(
            "user",
            Schema::Object(&[
                $name,
                opt("domain_id", NULL),
                opt(
                    "password",
                    Schema::Nullable(&Schema::Secret(Some(&limits::PASSWORD))),
                ),
                opt("enabled", Schema::LooseFlag),
                opt(
                    "description",
                    Schema::Nullable(&text(&limits::USER_DESCRIPTION)),
                ),
                opt("access_mode", Schema::Nullable(&text(&limits::ACCESS_MODE))),
                opt("email", Schema::Nullable(&text(&limits::EMAIL))),
                opt("areacode", Schema::Nullable(&text(&limits::AREA_CODE))),
                opt("phone", Schema::Nullable(&text(&limits::PHONE))),
                opt(
                    "xuser_type",
                    Schema::Nullable(&text(&limits::EXTERNAL_TYPE)),
                ),
                opt("xuser_id", Schema::Nullable(&text(&limits::EXTERNAL_ID))),
                opt("pwd_status", Schema::LooseFlag),
            ]),
        )]
    };
}

const NEW: &[Field] = body!(req("name", text(&limits::USER_NAME)));
const CHANGE: &[Field] = body!(opt("name", Schema::Nullable(&text(&limits::USER_NAME))));

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v3/users",
        "KeystoneListUsers",
        "lists the users of the account",
    )
    .query(&[
        opt("name", TEXT),
        opt("domain_id", TEXT),
        opt("enabled", Schema::LooseFlag),
        opt("password_expires_at", TEXT),
    ])
    .answers(200, USERS)
    .refuses(&[400, 404]),
    Shape::new("POST", "/v3/users", "KeystoneCreateUser", "makes a user")
        .body(NEW)
        .answers(201, json_object![req("user", MADE)])
        .refuses(&[400, 404, 409]),
    Shape::new(
        "GET",
        "/v3/users/{user_id}",
        "KeystoneShowUser",
        "shows a user",
    )
    .answers(200, json_object![req("user", LISTED)])
    .refuses(&[403, 404]),
    Shape::new(
        "PATCH",
        "/v3/users/{user_id}",
        "KeystoneUpdateUserByAdmin",
        "changes a user",
    )
    .body(CHANGE)
    .answers(200, json_object![req("user", MADE)])
    .refuses(&[400, 404, 409]),
    Shape::new(
        "DELETE",
        "/v3/users/{user_id}",
        "KeystoneDeleteUser",
        "deletes a user with their keys and tokens",
    )
    .refuses(&[404]),
    Shape::new(
        "POST",
        "/v3/users/{user_id}/password",
        "KeystoneUpdateUserPassword",
        "gives the caller another password; their tokens end",
    )
    .body(&[req(
        "user",
        Schema::Object(&[
            req("password", Schema::Secret(Some(&limits::PASSWORD))),
            req("original_password", Schema::Secret(None)),
        ]),
    )])
    .refuses(&[400, 403]),
    Shape::new(
        "GET",
        "/v3/users/{user_id}/groups",
        "KeystoneListGroupsForUser",
        "lists the groups that a user is in",
    )
    .answers(200, GROUPS)
    .refuses(&[403, 404]),
    Shape::new(
        "GET",
        "/v3/users/{user_id}/projects",
        "KeystoneListProjectsForUser",
        "lists the projects of the account for a user of it",
    )
    .answers(200, PROJECTS)
    .refuses(&[403, 404]),
    Shape::new(
        "POST",
        "/v3.0/OS-USER/users",
        "CreateUser",
        "makes a user, in version 3.0",
    )
    .body(NEW)
    .answers(201, json_object![req("user", full![])])
    .refuses(&[400, 404, 409]),
    Shape::new(
        "GET",
        "/v3.0/OS-USER/users/{user_id}",
        "ShowUser",
        "shows all that is known about a user",
    )
    .answers(
        200,
        json_object![req(
            "user",
            full![
                req("links", LINKS),
                req("update_time", NULL),
                req("pwd_create_time", NULL),
                req("modify_pwd_time", NULL),
                req("last_login_time", NULL),
                req("last_pwd_auth_time", NULL),
            ],
        )],
    )
    .refuses(&[403, 404]),
    Shape::new(
        "PUT",
        "/v3.0/OS-USER/users/{user_id}",
        "UpdateUser",
        "changes a user, in version 3.0",
    )
    .body(CHANGE)
    .answers(200, json_object![req("user", full![req("links", LINK)])])
    .refuses(&[400, 404, 409]),
];
