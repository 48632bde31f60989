//! The private CA service.

mod agencies;
mod authorities;
pub(crate) mod certificates;
mod checks;
mod issuers;
mod national;
mod outside;
mod permissions;
mod quotas;
mod revocation;
mod tags;

pub(crate) use authorities::orders::order;
use serde_json::{Value, json};

use crate::support::Api;

pub(crate) const CAS: &str = "/v1/private-certificate-authorities";
pub(crate) const CERTIFICATES: &str = "/v1/private-certificates";
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
pub(crate) fn root(common_name: &str) -> Value {
    json!({
        "type": "ROOT", "distinguished_name": name(common_name), "key_algorithm": "EC256",
        "signature_algorithm": "SHA256", "validity": { "type": "YEAR", "value": 10 },
    })
}

/// The body that creates a subordinate CA that waits.
pub(crate) fn pending(common_name: &str) -> Value {
    json!({
        "type": "SUBORDINATE", "distinguished_name": name(common_name), "key_algorithm": "EC256",
    })
}

/// The body that creates a subordinate CA with its certificate, valid for a year.
pub(crate) fn subordinate(common_name: &str, issuer: &str, path_length: i64) -> Value {
    with(
        &pending(common_name),
        &json!({
            "issuer_id": issuer, "signature_algorithm": "SHA256", "path_length": path_length,
            "validity": { "type": "YEAR", "value": 1 },
        }),
    )
}

/// The body that activates a waiting CA.
pub(crate) fn activation(issuer: &str) -> Value {
    json!({
        "issuer_id": issuer, "signature_algorithm": "SHA256", "path_length": 0,
        "validity": { "type": "MONTH", "value": 6 },
    })
}

/// The body that creates a certificate valid for 30 days.
pub(crate) fn certificate(common_name: &str, issuer: &str) -> Value {
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

/// The body that imports the certificate of a waiting CA, which `issuer` makes for its request.
pub(crate) async fn certified(api: &Api, waiting: &str, issuer: &str) -> Value {
    let csr = request_of(api, waiting).await;
    let id = api.issue_intermediate(issuer, &csr).await;
    let (certificate, chain) = api.exported_ca(&id).await;
    json!({ "certificate": certificate, "certificate_chain": chain })
}

/// The signing request of a waiting CA.
pub(crate) async fn request_of(api: &Api, waiting: &str) -> String {
    let path = format!("{CAS}/{waiting}/csr");
    text(&api.succeed("GET", &path, None).await["csr"])
}

impl Api {
    /// Has an intermediate CA certified from a signing request and gives its id.
    async fn issue_intermediate(&self, issuer: &str, csr: &str) -> String {
        let body = json!({
            "issuer_id": issuer, "csr": csr, "type": "INTERMEDIATE_CA", "path_length": 0,
            "validity": { "type": "YEAR", "value": 1 },
        });
        let path = format!("{CERTIFICATES}/csr");
        text(&self.succeed("POST", &path, Some(body)).await["certificate_id"])
    }

    /// Creates a CA and gives its id.
    pub(crate) async fn new_ca(&self, body: Value) -> String {
        let answer = self.succeed("POST", CAS, Some(body)).await;
        answer["ca_id"].as_str().unwrap().to_owned()
    }

    /// Creates a certificate and gives its id.
    pub(crate) async fn new_certificate(&self, body: Value) -> String {
        let answer = self.succeed("POST", CERTIFICATES, Some(body)).await;
        answer["certificate_id"].as_str().unwrap().to_owned()
    }

    /// Calls an operation of a CA (`/disable`) that answers 204.
    pub(crate) async fn move_ca(&self, id: &str, step: &str) {
        let body = self
            .succeed("POST", &format!("{CAS}/{id}{step}"), None)
            .await;
        assert_eq!(body, Value::Null, "{step}");
    }

    /// What a CA is shown as.
    pub(crate) async fn ca(&self, id: &str) -> Value {
        self.succeed("GET", &format!("{CAS}/{id}"), None).await
    }

    /// Certificate and chain of a CA; the chain is empty for a root.
    pub(crate) async fn exported_ca(&self, id: &str) -> (String, String) {
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

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
