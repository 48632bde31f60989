//! `X-Chancery-Notes`: what an answer says beside its body. Walks the table of routes.

use axum::body::Body;
use chancery_api::{Access, Operation, Service, operations};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::authorization::call_of;
use crate::authorization::calls::{Call, prepare};
use crate::storage::account_token;
use crate::support::Api;

/// The status and the notes of an answer.
async fn noted(api: &Api, token: &str, operation: &Operation, call: &Call) -> (u16, String) {
    let body = call.body.as_ref().map(Value::to_string);
    let request = call_of(operation, &call.path)
        .header("x-auth-token", token)
        .header("content-type", "application/json")
        .body(Body::from(body.unwrap_or_default()));
    let mut request = request.unwrap();
    if let Some(subject) = &call.subject_token {
        let name = HeaderName::from_static("x-subject-token");
        let value = HeaderValue::from_str(subject).unwrap();
        request.headers_mut().insert(name, value);
    }
    let response = api.send(request).await;
    let notes = response.headers().get("x-chancery-notes");
    let notes = notes.map_or("", |notes| notes.to_str().unwrap());
    (response.status().as_u16(), notes.to_owned())
}

#[tokio::test]
async fn every_operation_names_what_it_does_not_know() {
    let api = Api::start().await;
    let of_account = account_token(&api).await;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let call = prepare(&api, operation).await;
        let name = format!("{} {}", operation.method, call.path);
        // Credentials that are limited to a project manage nothing.
        let token = match operation.service {
            Service::Iam | Service::IamV30 | Service::Own => &of_account,
            _ => &api.token,
        };
        let (status, notes) = noted(&api, token, operation, &call).await;
        // Notes are of refusals too, such as of a name that an earlier call has taken.
        assert!(status < 500 && status != 401, "{name}: {status}");
        assert_eq!(notes, "", "{name} knows what it is sent");

        let mut more = prepare(&api, operation).await;
        let separator = if more.path.contains('?') { '&' } else { '?' };
        more.path = format!("{}{separator}not_known=1", more.path);
        let mut expected = vec!["unknown parameter not_known"];
        if let Some(body) = more.body.as_mut().and_then(Value::as_object_mut) {
            body.insert("not_known_either".into(), json!({ "deep": [1] }));
            expected.push("unknown field not_known_either");
        }
        let (_, notes) = noted(&api, token, operation, &more).await;
        assert_eq!(notes, expected.join("; "), "{name}");
    }
}

#[tokio::test]
async fn strangers_learn_nothing() {
    let api = Api::start().await;
    let path = "/v1/private-certificates?not_known=1";
    let request = http::Request::get(path).body(Body::empty()).unwrap();
    let response = api.send(request).await;
    assert_eq!(response.status(), 401);
    assert!(!response.headers().contains_key("x-chancery-notes"));
}
