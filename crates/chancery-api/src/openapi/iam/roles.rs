//! Roles and custom policies.

use chancery_core::limits::iam as limits;

use super::{LINK, LINKS, NULL};
use crate::openapi::shape::{Field, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

/// A list of texts, of a policy document.
const TEXTS: Schema = Schema::Nullable(&Schema::List(&TEXT, None));
/// The same, of at most so many resources.
const RESOURCES: Schema = Schema::Nullable(&Schema::List(&TEXT, Some(&limits::RESOURCES)));
const STATEMENT: Schema = Schema::Object(&[
    req("Effect", text(&limits::POLICY_EFFECT)),
    opt("Sid", NULL),
    opt("Action", TEXTS),
    opt("NotAction", TEXTS),
    opt("Resource", RESOURCES),
    opt("NotResource", RESOURCES),
    opt("Condition", Schema::Any),
]);
const POLICY: Schema = Schema::Object(&[
    req("Version", text(&limits::POLICY_VERSION)),
    req(
        "Statement",
        Schema::List(&STATEMENT, Some(&limits::STATEMENTS)),
    ),
]);

/// A role with what else an answer shows of it.
macro_rules! role {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("id", TEXT),
            req("domain_id", NULL),
            req("name", TEXT),
            req("display_name", TEXT),
            req("type", TEXT),
            req("catalog", TEXT),
            req("description", TEXT),
            req("description_cn", TEXT),
            req("policy", POLICY),
            $($more),*
        ])
    };
}

const CUSTOM: Schema = role![
    req("created_time", NULL),
    req("updated_time", NULL),
    req("links", LINK),
];
const ROLE: Schema = role![
    req("created_time", NULL),
    req("updated_time", NULL),
    opt("flag", TEXT),
    req("links", LINKS),
];
/// A list of the roles of a group.
pub(super) const ROLES: &[(&str, Option<Schema>)] =
    json_object![req("roles", Schema::List(&ROLE, None)), req("links", LINKS),];
/// The same in the shape of version 3.0.
pub(super) const FLAT_ROLES: &[(&str, Option<Schema>)] =
    json_object![req("roles", Schema::List(&role![opt("flag", TEXT)], None))];

/// What the policy names and the desk does not have; not there when it has all of it.
const WARNINGS: Field = opt("warnings", Schema::List(&TEXT, None));

const PAGE: Field = opt("page", Schema::Whole(Some(&limits::PAGE)));
const PER_PAGE: Field = opt("per_page", Schema::Whole(Some(&limits::ROLES_PER_PAGE)));
const DESCRIPTION: Schema = Schema::Nullable(&text(&limits::POLICY_DESCRIPTION));

pub(in crate::openapi) const SHAPES: &[Shape] = &[
    Shape::new(
        "GET",
        "/v3/roles",
        "KeystoneListPermissions",
        "lists the roles that are built in; with domain_id, the custom policies of the account",
    )
    .query(&[
        opt("name", TEXT),
        opt("display_name", TEXT),
        opt("catalog", TEXT),
        opt("domain_id", TEXT),
        opt("type", text(&limits::ROLE_PLACE)),
        opt("permission_type", text(&limits::PERMISSION_TYPE)),
        PAGE,
        PER_PAGE,
    ])
    .answers(
        200,
        json_object![
            req("roles", Schema::List(&ROLE, None)),
            req("links", LINKS),
            req("total_number", WHOLE),
        ],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "GET",
        "/v3/roles/{role_id}",
        "KeystoneShowPermission",
        "shows a role or a custom policy",
    )
    .answers(200, json_object![req("role", ROLE)])
    .refuses(&[404]),
    Shape::new(
        "GET",
        "/v3.0/OS-ROLE/roles",
        "ListCustomPolicies",
        "lists the custom policies of the account",
    )
    .query(&[PAGE, PER_PAGE])
    .answers(
        200,
        json_object![
            req("roles", Schema::List(&CUSTOM, None)),
            req("links", LINKS),
            req("total_number", WHOLE),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "POST",
        "/v3.0/OS-ROLE/roles",
        "CreateCloudServiceCustomPolicy",
        "makes a custom policy",
    )
    .body(&[req(
        "role",
        Schema::Object(&[
            req("display_name", text(&limits::POLICY_NAME)),
            req("type", text(&limits::POLICY_TYPE)),
            opt("description", DESCRIPTION),
            opt("description_cn", DESCRIPTION),
            req("policy", POLICY),
        ]),
    )])
    .answers(201, json_object![req("role", CUSTOM), WARNINGS])
    .refuses(&[400, 409]),
    Shape::new(
        "GET",
        "/v3.0/OS-ROLE/roles/{role_id}",
        "ShowCustomPolicy",
        "shows a custom policy, and how often it is granted",
    )
    .answers(
        200,
        json_object![req(
            "role",
            role![
                req("created_time", NULL),
                req("updated_time", NULL),
                req("links", LINK),
                req("references", WHOLE),
            ],
        )],
    )
    .refuses(&[404]),
    Shape::new(
        "PATCH",
        "/v3.0/OS-ROLE/roles/{role_id}",
        "UpdateCloudServiceCustomPolicy",
        "changes a custom policy, from the next call on",
    )
    .body(&[req(
        "role",
        Schema::Object(&[
            opt(
                "display_name",
                Schema::Nullable(&text(&limits::POLICY_NAME)),
            ),
            opt("type", Schema::Nullable(&text(&limits::POLICY_TYPE))),
            opt("description", DESCRIPTION),
            opt("description_cn", DESCRIPTION),
            opt("policy", Schema::Nullable(&POLICY)),
        ]),
    )])
    .answers(200, json_object![req("role", CUSTOM), WARNINGS])
    .refuses(&[400, 404, 409]),
    Shape::new(
        "DELETE",
        "/v3.0/OS-ROLE/roles/{role_id}",
        "DeleteCustomPolicy",
        "deletes a custom policy that no group has",
    )
    .answers(200, &[])
    .refuses(&[404, 409]),
];
