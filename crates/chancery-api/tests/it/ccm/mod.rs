//! The private CA service.

mod authorities;
mod certificates;
mod national;
mod permissions;

use serde_json::{Value, json};

use crate::support::Api;

pub(super) const CAS: &str = "/v1/private-certificate-authorities";
pub(super) const CERTIFICATES: &str = "/v1/private-certificates";
/// The id of nothing.
pub(super) const NO_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A complete name.
pub(super) fn name(common_name: &str) -> Value {
    json!({
        "common_name": common_name, "country": "CN", "state": "Guangdong",
        "locality": "Shenzhen", "organization": "Acme, Inc.", "organizational_unit": "ops",
    })
}

/// The body that creates a root CA valid for ten years.
pub(super) fn root(common_name: &str) -> Value {
    json!({
        "type": "ROOT", "distinguished_name": name(common_name), "key_algorithm": "EC256",
        "signature_algorithm": "SHA256", "validity": { "type": "YEAR", "value": 10 },
    })
}

/// The body that creates a subordinate CA that waits.
pub(super) fn pending(common_name: &str) -> Value {
    json!({
        "type": "SUBORDINATE", "distinguished_name": name(common_name), "key_algorithm": "EC256",
    })
}

/// The body that creates a subordinate CA with its certificate, valid for a year.
pub(super) fn subordinate(common_name: &str, issuer: &str, path_length: i64) -> Value {
    with(
        &pending(common_name),
        &json!({
            "issuer_id": issuer, "signature_algorithm": "SHA256", "path_length": path_length,
            "validity": { "type": "YEAR", "value": 1 },
        }),
    )
}

/// The body that activates a waiting CA.
pub(super) fn activation(issuer: &str) -> Value {
    json!({
        "issuer_id": issuer, "signature_algorithm": "SHA256", "path_length": 0,
        "validity": { "type": "MONTH", "value": 6 },
    })
}

/// The body that creates a certificate valid for 30 days.
pub(super) fn certificate(common_name: &str, issuer: &str) -> Value {
    json!({
        "issuer_id": issuer, "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "distinguished_name": { "common_name": common_name },
        "validity": { "type": "DAY", "value": 30 },
    })
}

/// A body with some fields replaced or added.
pub(super) fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// A body without a field.
pub(super) fn without(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(field);
    body
}

impl Api {
    /// Creates a CA and gives its id.
    pub(super) async fn new_ca(&self, body: Value) -> String {
        let answer = self.succeed("POST", CAS, Some(body)).await;
        answer["ca_id"].as_str().unwrap().to_owned()
    }

    /// Creates a certificate and gives its id.
    pub(super) async fn new_certificate(&self, body: Value) -> String {
        let answer = self.succeed("POST", CERTIFICATES, Some(body)).await;
        answer["certificate_id"].as_str().unwrap().to_owned()
    }

    /// Calls an operation of a CA (`/disable`) that answers 204.
    pub(super) async fn move_ca(&self, id: &str, step: &str) {
        let body = self
            .succeed("POST", &format!("{CAS}/{id}{step}"), None)
            .await;
        assert_eq!(body, Value::Null, "{step}");
    }

    /// What a CA is shown as.
    pub(super) async fn ca(&self, id: &str) -> Value {
        self.succeed("GET", &format!("{CAS}/{id}"), None).await
    }

    /// Certificate and chain of a CA; the chain is empty for a root.
    pub(super) async fn exported_ca(&self, id: &str) -> (String, String) {
        let path = format!("{CAS}/{id}/export");
        let answer = self.succeed("POST", &path, None).await;
        (
            text(&answer["certificate"]),
            answer["certificate_chain"]
                .as_str()
                .unwrap_or("")
                .to_owned(),
        )
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
