//! Enterprise projects.

use chancery_core::limits::{eps as limits, lists};

use super::shape::{Field, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const PROJECT: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", TEXT),
    req("description", TEXT),
    req("status", WHOLE),
    req("created_at", TEXT),
    req("updated_at", TEXT),
    req("type", text(&limits::KIND)),
    req("delete_flag", Schema::Flag),
]);
const ONE: &[(&str, Option<Schema>)] = json_object![req("enterprise_project", PROJECT)];
const DESCRIPTION: Field = opt("description", Schema::Nullable(&text(&limits::DESCRIPTION)));
const KIND: Field = opt("type", Schema::Nullable(&text(&limits::KIND)));

pub(super) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        "/v1.0/enterprise-projects",
        "CreateEnterpriseProject",
        "makes an enterprise project",
    )
    .body(&[req("name", text(&limits::NAME)), DESCRIPTION, KIND])
    .answers(201, ONE)
    .refuses(&[400, 409]),
    Shape::new(
        "GET",
        "/v1.0/enterprise-projects",
        "ListEnterpriseProject",
        "lists enterprise projects",
    )
    .query(&[
        opt("limit", Schema::Whole(Some(&limits::PAGE))),
        opt("offset", Schema::Whole(Some(&lists::OFFSET))),
        opt("id", TEXT),
        opt("name", TEXT),
        opt("status", text(&limits::STATUS)),
        opt("type", text(&limits::KIND)),
        opt("sort_key", text(&limits::SORT)),
        opt("sort_dir", Schema::AnyCase(&lists::SORT_DIRECTION)),
    ])
    .answers(
        200,
        json_object![
            req("enterprise_projects", Schema::List(&PROJECT, None)),
            req("total_count", WHOLE),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/v1.0/enterprise-projects/{enterprise_project_id}",
        "ShowEnterpriseProject",
        "shows an enterprise project",
    )
    .answers(200, ONE)
    .refuses(&[404]),
    Shape::new(
        "PUT",
        "/v1.0/enterprise-projects/{enterprise_project_id}",
        "UpdateEnterpriseProject",
        "names or describes an enterprise project anew",
    )
    .body(&[
        opt("name", Schema::Nullable(&text(&limits::NAME))),
        DESCRIPTION,
        KIND,
    ])
    .answers(200, ONE)
    .refuses(&[400, 404, 409]),
    Shape::new(
        "POST",
        "/v1.0/enterprise-projects/{enterprise_project_id}/action",
        "EnableEnterpriseProject",
        "lets things be filed under an enterprise project, or no longer",
    )
    .body(&[req("action", text(&limits::ACTION))])
    .refuses(&[400, 403, 404]),
];
