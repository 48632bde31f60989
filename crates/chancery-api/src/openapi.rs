//! The OpenAPI document of every operation, made from the table of routes, the shapes in the
//! modules below, and the table of limits.
//!
//! It is checked in as `docs/openapi.json`, compared by a test, and served at `/openapi.json` with
//! a page to read it at `/openapi.html`. An operation without a shape, or a shape without an
//! operation, fails a test; so does an answer of any test that the document does not allow.

mod bss;
mod ccm;
mod dcs;
mod dds;
mod eps;
mod iam;
mod objects;
mod own;
mod page;
mod schema;
mod scm;
pub(crate) mod shape;
mod sms;

use std::sync::LazyLock;

use bytes::Bytes;
use chancery_core::Error;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::html;
use crate::operation::{Access, Answer, Call, Operation};
use crate::service::Service;
use shape::Shape;

static DOCUMENT: LazyLock<Bytes> =
    LazyLock::new(|| serde_json::to_vec(&document()).unwrap_or_default().into());
static PAGE: LazyLock<Bytes> = LazyLock::new(|| page::render(&document()).into());

/// `GET /openapi.json`.
pub(crate) async fn show(_: Call) -> Result<Answer, Error> {
    let body = DOCUMENT.clone();
    Ok(Answer::bytes(StatusCode::OK, "application/json", body))
}

/// `GET /openapi.html`.
pub(crate) async fn read(_: Call) -> Result<Answer, Error> {
    let policy = HeaderValue::from_str(&page::policy()).map_err(Error::internal)?;
    let body = PAGE.clone();
    Ok(html::answer(StatusCode::OK, html::PAGE, policy, body))
}

fn shapes() -> impl Iterator<Item = &'static Shape> {
    [
        bss::SHAPES,
        ccm::agencies::SHAPES,
        ccm::authorities::SHAPES,
        ccm::certificates::SHAPES,
        ccm::quotas::SHAPES,
        ccm::revocation::SHAPES,
        ccm::tags::SHAPES,
        dcs::SHAPES,
        dds::SHAPES,
        eps::SHAPES,
        iam::access_keys::SHAPES,
        iam::grants::SHAPES,
        iam::groups::SHAPES,
        iam::projects::SHAPES,
        iam::roles::SHAPES,
        iam::tokens::SHAPES,
        iam::users::SHAPES,
        objects::SHAPES,
        own::SHAPES,
        scm::SHAPES,
        sms::SHAPES,
    ]
    .into_iter()
    .flatten()
}

pub(crate) fn shape_of(operation: &Operation) -> Option<&'static Shape> {
    shapes().find(|shape| shape.path == operation.path && shape.method == operation.method.as_str())
}

/// The document (OpenAPI 3.1).
pub fn document() -> Value {
    let mut paths = Map::new();
    for operation in crate::operations() {
        let Some(shape) = shape_of(operation) else {
            continue; // a test sees to it that there is none
        };
        let path = operation.path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[operation.method.as_str().to_ascii_lowercase()] = described(operation, shape);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "chancery",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Certificates and keys over the Huawei Cloud certificate APIs. \
                Every operation answers 408 to a request that does not arrive in time, 414 and 431 \
                to a head that is too long, 500 to a failure of the server, 503 where its storage is \
                away or it is too busy, and 504 where it is too slow, in the shape of the service's \
                other errors. The header X-Chancery-Notes of an answer names the fields and \
                parameters of the request that the operation does not know, and what else of it was \
                passed over. After a 503 nothing was done, and Retry-After says when to try again. \
                Beside them GET /readyz answers in plain text whether the server can do its work \
                (200, 503), GET /healthz whether it lives.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "signature": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": { "type": "apiKey", "in": "header", "name": "X-Auth-Token" },
                "signature": { "type": "apiKey", "in": "header", "name": "Authorization" },
            },
            "schemas": schema::errors(),
        },
    })
}

fn described(operation: &Operation, shape: &Shape) -> Value {
    let service = operation.service;
    let mut parameters: Vec<Value> = path_parameters(operation.path)
        .map(|name| schema::path_parameter(service, name))
        .collect();
    for (place, fields) in [("query", shape.query), ("header", shape.headers)] {
        let fields = fields.iter();
        parameters.extend(fields.map(|field| schema::parameter(service, place, field)));
    }
    let mut described = json!({
        "operationId": format!("{}.{}", service.name(), shape.id),
        "summary": shape.summary,
        "tags": [service.name()],
        "x-service": service.name(),
        "parameters": parameters,
        "responses": responses(operation, shape),
    });
    if let Access::Identified(action) | Access::Action(action) | Access::Resource(action) =
        operation.access
    {
        described["x-action"] = action.into();
    } else {
        described["security"] = json!([]);
    }
    if let Some(body) = &shape.body {
        described["requestBody"] = json!({
            "required": schema::has_required(body),
            "content": { "application/json": { "schema": schema::of_request(service, body) } },
        });
    }
    described
}

fn responses(operation: &Operation, shape: &Shape) -> Value {
    let mut responses = Map::new();
    let mut success = json!({ "description": "success" });
    let mut content = Map::new();
    for (media, schema) in shape.answer {
        let entry = match schema {
            Some(schema) => json!({ "schema": schema::of_answer(schema) }),
            None => json!({}),
        };
        content.insert((*media).to_owned(), entry);
    }
    if !content.is_empty() {
        success["content"] = content.into();
    }
    responses.insert(shape.status.to_string(), success);
    for status in statuses(operation, shape) {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        let mut response = json!({ "description": reason.to_ascii_lowercase() });
        let (media, schema) = match shape.pages.contains(&status) {
            true => (html::PAGE, json!({})),
            false => schema::error(operation.service),
        };
        response["content"] = json!({ media: schema });
        responses.insert(status.to_string(), response);
    }
    responses.into()
}

/// The statuses of an operation's refusals.
fn statuses(operation: &Operation, shape: &Shape) -> Vec<u16> {
    let mut statuses = [shape.refuses, shape.pages].concat();
    statuses.push(413); // a body that is too long, wanted or not
    if operation.service != Service::Objects {
        statuses.push(429); // object stores have 503 for it
    }
    if shape.path.contains("{project_id}") {
        statuses.push(404); // what is no project's id leads nowhere
    }
    match operation.access {
        Access::Public => {}
        Access::Identified(_) | Access::Action(_) | Access::Resource(_) => {
            statuses.extend([401, 403]);
        }
    }
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The names of the parameters in a path.
fn path_parameters(path: &'static str) -> impl Iterator<Item = &'static str> {
    let parts = path.split('/');
    parts.filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.trim_start_matches('*'))
    })
}

impl Service {
    /// The service's name in the document.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bss => "bss",
            Self::Ccm => "ccm",
            Self::Scm => "scm",
            Self::Dcs => "dcs",
            Self::Dds => "dds",
            Self::Eps => "eps",
            Self::Sms => "sms",
            Self::Iam | Self::IamV30 => "iam",
            Self::Objects => "objects",
            Self::Own => "chancery",
            Self::Gateway => "gateway",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_one_shape_and_every_shape_an_operation() {
        for operation in crate::operations() {
            let (method, path) = (&operation.method, operation.path);
            let count = shapes()
                .filter(|shape| shape.path == path && shape.method == method.as_str())
                .count();
            assert_eq!(count, 1, "{method} {path}");
        }
        assert_eq!(shapes().count(), crate::operations().count());
    }

    #[test]
    fn names_of_operations_are_unique() {
        let mut names: Vec<_> = crate::operations()
            .filter_map(|operation| {
                let id = shape_of(operation)?.id;
                Some(format!("{}.{id}", operation.service.name()))
            })
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
