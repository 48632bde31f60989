//! What chancery offers beyond the documented calls.

use super::shape::{Schema, Shape, TEXT, json_object, opt, req};

pub(super) const SHAPES: &[Shape] = &[
    Shape::new("GET", "/openapi.json", "ShowApi", "shows this document")
        .answers(200, &[("application/json", None)]),
    Shape::new(
        "GET",
        "/openapi.html",
        "ReadApi",
        "shows this document as a page",
    )
    .answers(200, &[("text/html; charset=utf-8", None)]),
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
];
