//! Groups, and who is in them.

use chancery_core::limits::iam as limits;

use super::users::USERS;
use super::{LINK, LINKS, NULL};
use crate::openapi::shape::{Field, MILLIS, Schema, Shape, TEXT, json_object, opt, req, text};

const GROUP: [Field; 5] = [
    req("id", TEXT),
    req("domain_id", TEXT),
    req("name", TEXT),
    req("description", TEXT),
    req("create_time", MILLIS),
];
const MADE: Schema = Schema::Object(&[
    GROUP[0],
    GROUP[1],
    GROUP[2],
    GROUP[3],
    GROUP[4],
    req("links", LINK),
]);
const LISTED: Schema = Schema::Object(&[
    GROUP[0],
    GROUP[1],
    GROUP[2],
    GROUP[3],
    GROUP[4],
    req("links", LINKS),
]);
pub(super) const GROUPS: &[(&str, Option<Schema>)] = json_object![
    req("groups", Schema::List(&LISTED, None)),
    req("links", LINKS),
];
const DESCRIPTION: Schema = Schema::Nullable(&text(&limits::GROUP_DESCRIPTION));

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v3/groups",
        "KeystoneListGroups",
        "lists the groups of the account",
    )
    .query(&[opt("name", TEXT), opt("domain_id", TEXT)])
    .answers(200, GROUPS)
    .refuses(&[404]),
    Shape::new("POST", "/v3/groups", "KeystoneCreateGroup", "makes a group")
        .body(&[req(
            "group",
            Schema::Object(&[
                req("name", text(&limits::GROUP_NAME)),
                opt("description", DESCRIPTION),
                opt("domain_id", NULL),
            ]),
        )])
        .answers(201, json_object![req("group", MADE)])
        .refuses(&[400, 404, 409]),
    Shape::new(
        "GET",
        "/v3/groups/{group_id}",
        "KeystoneShowGroup",
        "shows a group",
    )
    .answers(200, json_object![req("group", LISTED)])
    .refuses(&[404]),
    Shape::new(
        "PATCH",
        "/v3/groups/{group_id}",
        "KeystoneUpdateGroup",
        "renames a group, or describes it anew",
    )
    .body(&[req(
        "group",
        Schema::Object(&[
            opt("name", Schema::Nullable(&text(&limits::GROUP_NAME))),
            opt("description", DESCRIPTION),
            opt("domain_id", NULL),
        ]),
    )])
    .answers(200, json_object![req("group", MADE)])
    .refuses(&[400, 404, 409]),
    Shape::new(
        "DELETE",
        "/v3/groups/{group_id}",
        "KeystoneDeleteGroup",
        "deletes a group with what it was granted",
    )
    .refuses(&[404]),
    Shape::new(
        "GET",
        "/v3/groups/{group_id}/users",
        "KeystoneListUsersForGroupByAdmin",
        "lists the users in a group",
    )
    .answers(200, USERS)
    .refuses(&[404]),
    Shape::new(
        "PUT",
        "/v3/groups/{group_id}/users/{user_id}",
        "KeystoneAddUserToGroup",
        "puts a user into a group",
    )
    .refuses(&[404, 409]),
    Shape::new(
        "HEAD",
        "/v3/groups/{group_id}/users/{user_id}",
        "KeystoneCheckUserInGroup",
        "finds a user in a group",
    )
    .refuses(&[404]),
    Shape::new(
        "DELETE",
        "/v3/groups/{group_id}/users/{user_id}",
        "KeystoneRemoveUserFromGroup",
        "takes a user out of a group",
    )
    .refuses(&[404]),
];
