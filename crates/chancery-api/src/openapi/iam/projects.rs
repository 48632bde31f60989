//! Projects.

use chancery_core::limits::iam as limits;

use super::{LINK, LINKS, NULL};
use crate::openapi::shape::{Field, Schema, Shape, TEXT, json_object, opt, req, text};

const PROJECT: [Field; 7] = [
    req("id", TEXT),
    req("name", TEXT),
    req("domain_id", TEXT),
    req("parent_id", TEXT),
    req("is_domain", Schema::Flag),
    req("enabled", Schema::Flag),
    req("description", TEXT),
];

/// A project with its links and what else an answer shows.
macro_rules! project {
    ($($more:expr),*) => {
        Schema::Object(&[
            PROJECT[0], PROJECT[1], PROJECT[2], PROJECT[3], PROJECT[4], PROJECT[5], PROJECT[6],
            $($more),*
        ])
    };
}

const LISTED: Schema = project![req("links", LINK)];
pub(super) const PROJECTS: &[(&str, Option<Schema>)] = json_object![
    req("projects", Schema::List(&LISTED, None)),
    req("links", LINKS),
];
const DESCRIPTION: Schema = Schema::Nullable(&text(&limits::PROJECT_DESCRIPTION));

pub(in crate::openapi) const SHAPES: &[Shape] = &[
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
        opt("parent_id", TEXT),
        opt("domain_id", TEXT),
        opt("enabled", Schema::LooseFlag),
        opt("is_domain", Schema::LooseFlag),
        opt("page", Schema::Whole(Some(&limits::PAGE))),
        opt("per_page", Schema::Whole(Some(&limits::PROJECTS_PER_PAGE))),
    ])
    .answers(200, PROJECTS)
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v3/projects",
        "KeystoneCreateProject",
        "makes a project below that of a region",
    )
    .body(&[req(
        "project",
        Schema::Object(&[
            req("name", text(&limits::PROJECT_NAME)),
            req("parent_id", TEXT),
            opt("domain_id", NULL),
            opt("description", DESCRIPTION),
        ]),
    )])
    .answers(201, json_object![req("project", LISTED)])
    .refuses(&[400, 404, 409]),
    Shape::new(
        "GET",
        "/v3/projects/{project_id}",
        "KeystoneShowProject",
        "shows a project",
    )
    .answers(
        200,
        json_object![req("project", project![req("links", LINKS)])],
    )
    .refuses(&[404]),
    Shape::new(
        "PATCH",
        "/v3/projects/{project_id}",
        "KeystoneUpdateProject",
        "renames a project, or describes it anew",
    )
    .body(&[req(
        "project",
        Schema::Object(&[
            opt("name", Schema::Nullable(&text(&limits::PROJECT_NAME))),
            opt("description", DESCRIPTION),
        ]),
    )])
    .answers(
        200,
        json_object![req(
            "project",
            project![req("links", LINK), req("extra", Schema::Object(&[]))]
        )],
    )
    .refuses(&[400, 404, 409]),
];
