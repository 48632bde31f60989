//! `/v2/{project_id}/…`: Redis instances.

mod instances;
mod permissions;
mod ssl;

use serde_json::{Value, json};

use crate::support::Api;

/// The path of the instances of the administrator's project, with `rest` behind it.
pub(crate) fn path(api: &Api, rest: &str) -> String {
    format!("/v2/{}/instances{rest}", api.project_id)
}

/// What is asked for, with some fields replaced or, where null, left out.
pub(crate) fn asked(changes: Value) -> Value {
    let mut body = json!({
        "name": "cache", "engine": "Redis", "engine_version": "6.0", "capacity": 1,
        "spec_code": "redis.ha.xu1.large.r2.1", "az_codes": ["cn-north-4a"],
        "vpc_id": "503d5ab9-9d7f-4e1c-8b5a-1d6f3b6a0001",
        "subnet_id": "2f0a3b6a-7d7f-4e1c-8b5a-1d6f3b6a0002", "no_password_access": true,
    });
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
    body
}

/// Creates one instance and returns its id.
pub(crate) async fn create(api: &Api, changes: Value) -> String {
    let answer = api
        .succeed("POST", &path(api, ""), Some(asked(changes)))
        .await;
    let id = answer["instances"][0]["instance_id"].as_str().unwrap();
    id.to_owned()
}
