//! `/openapi.json` and `/openapi.html`.

use std::fs;
use std::path::Path;

use axum::body::{Body, to_bytes};
use http::Request;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::support::{Api, read};

/// Set to write the document where it is checked in.
const WRITE: &str = "CHANCERY_WRITE_OPENAPI";

#[test]
fn the_document_is_the_one_that_is_checked_in() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let mut current = Vec::new();
    // A line for each value, so that changes are seen, and little space before it.
    let form = PrettyFormatter::with_indent(b" ");
    let mut writer = Serializer::with_formatter(&mut current, form);
    chancery_api::openapi().serialize(&mut writer).unwrap();
    current.push(b'\n');
    if std::env::var_os(WRITE).is_some() {
        fs::write(&file, &current).unwrap();
    }
    let kept = fs::read(&file).unwrap();
    assert!(
        kept == current,
        "run `cargo xtask openapi` and look at the difference"
    );
}

#[tokio::test]
async fn the_document_is_served_to_everyone() {
    let api = Api::start().await;
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    let (status, document) = read(api.send(request).await).await;
    assert_eq!(status, 200);
    assert_eq!(document, chancery_api::openapi());
    assert_eq!(document["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_page_names_every_operation() {
    let api = Api::start().await;
    let request = Request::get("/openapi.html").body(Body::empty()).unwrap();
    let response = api.send(request).await;
    assert_eq!(response.status(), 200);
    let page = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    let document = chancery_api::openapi();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        for operation in item.as_object().unwrap().values() {
            assert!(
                page.contains(operation["summary"].as_str().unwrap()),
                "{path}"
            );
        }
    }
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn every_limit_names_its_source_and_its_refusal() {
    let document = chancery_api::openapi();
    let mut limits = 0;
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            for parameter in operation["parameters"].as_array().unwrap() {
                count(&parameter["schema"], &mut limits);
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            count(body, &mut limits);
        }
    }
    assert!(limits > 80, "{limits}");
}

fn count(schema: &Value, limits: &mut usize) {
    if let Some(source) = schema["x-source"].as_str() {
        *limits += 1;
        assert!(!source.is_empty());
        assert_eq!(schema["x-refusal"]["status"], 400, "{schema}");
        assert!(schema["x-refusal"]["code"].is_string(), "{schema}");
    }
    count_inside(schema, limits);
}

fn count_inside(schema: &Value, limits: &mut usize) {
    for property in schema["properties"].as_object().into_iter().flatten() {
        count(property.1, limits);
    }
    if schema["items"].is_object() {
        count(&schema["items"], limits);
    }
    for either in ["anyOf", "oneOf"] {
        for schema in schema[either].as_array().into_iter().flatten() {
            count(schema, limits);
        }
    }
}
