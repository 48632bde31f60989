//! `/v1.0/enterprise-projects`: enterprise projects, and what is filed under them.

mod enterprise_projects;
mod filing;

use serde_json::{Value, json};

use crate::support::Api;

pub(super) const PATH: &str = "/v1.0/enterprise-projects";

/// Creates an enterprise project and returns its id.
pub(super) async fn create(api: &Api, name: &str) -> String {
    let answer = api
        .succeed("POST", PATH, Some(json!({ "name": name })))
        .await;
    let id = answer["enterprise_project"]["id"].as_str().unwrap();
    id.to_owned()
}

/// Enables or disables an enterprise project.
pub(super) async fn switch(api: &Api, id: &str, action: &str) {
    let path = format!("{PATH}/{id}/action");
    let body = json!({ "action": action });
    let (status, answer) = api.call("POST", &path, Some(body)).await;
    assert_eq!((status.as_u16(), answer), (204, Value::Null));
}

/// A call that is refused with this status, code and text (part of it), in the service's shape.
pub(super) async fn refused(
    api: &Api,
    token: &str,
    (method, path): (&str, &str),
    body: Option<Value>,
    (status, code): (u16, &str),
    text: &str,
) {
    let (found, answer) = api.call_as(token, method, path, body).await;
    assert_eq!(found.as_u16(), status, "{method} {path}: {answer}");
    let error = &answer["error"];
    assert_eq!(error["error_code"], code, "{method} {path}: {answer}");
    let message = error["error_msg"].as_str().unwrap();
    assert!(message.contains(text), "{method} {path}: {message}");
}
