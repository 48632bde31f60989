//! What a new certificate may be.

use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, NO_ID, certificate, desk, exported, text, with, without};
use crate::ccm::{pending, subordinate};
use crate::support::{Api, DAY, NOW};

async fn refuse(api: &Api, body: Value, code: &str, text: &str) {
    api.refused(("POST", CERTIFICATES), Some(body), (400, code), text)
        .await;
}

#[tokio::test]
async fn fields_that_are_refused() {
    let (api, issuer) = desk().await;
    let new = certificate("www.example.com", &issuer);
    for field in ["issuer_id", "distinguished_name", "validity"] {
        let text = format!("{field} is required");
        refuse(&api, without(&new, field), "PCA.10010105", &text).await;
    }
    let sans = |value: Value| json!({ "subject_alternative_names": value });
    let twenty_one: Vec<_> = (0..21)
        .map(|i| json!({ "type": "DNS", "value": format!("h{i}.example.com") }))
        .collect();
    let long_dns = format!("{}.example.com", "a.".repeat(130));
    for (more, code, text) in [
        (
            json!({ "issuer_id": "x" }),
            "PCA.00020201",
            "issuer_id must be an id",
        ),
        (
            json!({ "key_algorithm": "EC521" }),
            "PCA.00020102",
            "key_algorithm must be one of RSA2048, RSA4096, EC256, EC384",
        ),
        (
            json!({ "signature_algorithm": "sha256" }),
            "PCA.00020103",
            "signature_algorithm must be one of",
        ),
        (
            json!({ "distinguished_name": {} }),
            "PCA.00020101",
            "distinguished_name.common_name is required",
        ),
        (
            json!({ "distinguished_name": { "common_name": "" } }),
            "PCA.00020101",
            "distinguished_name.common_name is required",
        ),
        (
            json!({ "distinguished_name": { "common_name": "n".repeat(65) } }),
            "PCA.00020101",
            "distinguished_name.common_name must have 1 to 64",
        ),
        (
            json!({ "distinguished_name": { "common_name": "n", "state": "s".repeat(129) } }),
            "PCA.00020101",
            "distinguished_name.state must have 1 to 128",
        ),
        (
            json!({ "validity": { "type": "YEAR", "value": 21 } }),
            "PCA.00020109",
            "validity.value must be at least 1, and at most 20 years in all",
        ),
        (
            json!({ "validity": { "type": "YEAR", "value": 11 } }),
            "PCA.10010202",
            "within the validity of the issuing CA",
        ),
        (
            json!({ "key_usages": ["keyCertSign"] }),
            "PCA.10010105",
            "key_usages must not contain keyCertSign for an end entity",
        ),
        (
            json!({ "key_usages": ["cRLSign"] }),
            "PCA.10010105",
            "key_usages must not contain cRLSign",
        ),
        (
            sans(json!(twenty_one)),
            "PCA.00020110",
            "subject_alternative_names must have at most 20 entries",
        ),
        (
            sans(json!([{ "type": "DNS", "value": "" }])),
            "PCA.00020110",
            "",
        ),
        (
            sans(json!([{ "type": "DNS", "value": long_dns }])),
            "PCA.00020110",
            "253",
        ),
        (
            sans(json!([{ "type": "DNS", "value": "a b" }])),
            "PCA.00020110",
            "",
        ),
        (
            sans(json!([{ "type": "EMAIL", "value": "nobody" }])),
            "PCA.00020110",
            "",
        ),
        (
            sans(json!([{ "type": "IP", "value": "1.2.3" }])),
            "PCA.00020111",
            "IPv4 or IPv6",
        ),
        (
            sans(json!([{ "type": "DIR", "value": "x" }])),
            "PCA.00020112",
            "DNS, IP, EMAIL or URI",
        ),
        (
            sans(json!([{ "type": "DNS" }])),
            "PCA.10010105",
            "subject_alternative_names[0].value is required",
        ),
        (
            json!({ "extended_key_usage": { "server_auth": "yes" } }),
            "PCA.10010105",
            "extended_key_usage.server_auth must be",
        ),
        (
            json!({ "customized_extension": { "object_identifier": "1.2.3.4" } }),
            "PCA.10010105",
            "customized_extension needs both",
        ),
        (
            json!({ "customized_extension": { "value": "v" } }),
            "PCA.10010105",
            "customized_extension needs both",
        ),
        (
            json!({ "customized_extension": { "object_identifier": "x", "value": "v" } }),
            "PCA.10010105",
            "customized_extension",
        ),
        (
            json!({ "customized_extension": { "object_identifier": "02.5.29.30", "value": "v" } }),
            "PCA.10010105",
            "customized_extension",
        ),
        (
            json!({ "enterprise_project_id": "mine" }),
            "PCA.10010105",
            "enterprise_project_id must be",
        ),
    ] {
        refuse(&api, with(&new, &more), code, text).await;
    }
    assert_eq!(api.succeed("GET", CERTIFICATES, None).await["total"], 0);
}

#[tokio::test]
async fn issuers_that_cannot_issue() {
    let (api, issuer) = desk().await;
    let missing = format!("the private CA {NO_ID} does not exist");
    api.refused(
        ("POST", CERTIFICATES),
        Some(certificate("n", NO_ID)),
        (404, "PCA.10010002"),
        &missing,
    )
    .await;
    let waiting = api.new_ca(pending("waiting")).await;
    let off = api.new_ca(subordinate("off", &issuer, 0)).await;
    api.move_ca(&off, "/disable").await;
    for (id, state) in [(&waiting, "PENDING"), (&off, "DISABLED")] {
        let text = format!("a private CA in state {state} cannot issue certificates");
        refuse(&api, certificate("n", id), "PCA.10010202", &text).await;
    }
    // What was issued before goes on.
    let id = api.new_certificate(certificate("n", &issuer)).await;
    api.move_ca(&issuer, "/disable").await;
    exported(&api, &id).await;
    let path = format!("{CAS}/{issuer}?pending_days=7");
    api.succeed("DELETE", &path, None).await;
    exported(&api, &id).await;
}

#[tokio::test]
async fn a_certificate_outlives_its_issuer_in_the_list_only() {
    let (mut api, issuer) = desk().await;
    let id = api.new_certificate(certificate("n", &issuer)).await;
    api.move_ca(&issuer, "/disable").await;
    let path = format!("{CAS}/{issuer}?pending_days=7");
    api.succeed("DELETE", &path, None).await;
    api.clock.advance_ms(8 * DAY);
    api.log_in_again().await;
    // The CA is gone; the certificate's chain still leads to it.
    let chain = text(&exported(&api, &id).await["certificate_chain"]);
    assert_eq!(chain.matches("BEGIN").count(), 1);
}

#[tokio::test]
async fn what_is_not_said_has_a_default() {
    let (api, issuer) = desk().await;
    let body = json!({
        "issuer_id": issuer, "distinguished_name": { "common_name": "www.example.com" },
        "validity": { "type": "DAY", "value": "1", "start_from": NOW.to_string() },
    });
    // Terraform sends what is not set as empty.
    let empty = json!({
        "key_algorithm": "", "signature_algorithm": "", "key_usages": [],
        "subject_alternative_names": [], "enterprise_project_id": "",
        "customized_extension": { "object_identifier": "", "value": "" },
        "extended_key_usage": {
            "server_auth": false, "client_auth": false, "code_signing": false,
            "email_protection": false, "time_stamping": false,
        },
        "distinguished_name": {
            "common_name": "www.example.com", "country": "", "state": "", "locality": "",
            "organization": "", "organizational_unit": "",
        },
    });
    for body in [body.clone(), with(&body, &empty)] {
        let id = api.new_certificate(body).await;
        let shown = api
            .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
            .await;
        assert_eq!(shown["key_algorithm"], "RSA2048");
        assert_eq!(shown["signature_algorithm"], "SHA256");
        assert_eq!(shown["not_after"], NOW + DAY);
        assert_eq!(shown["distinguished_name"]["organization"], "Acme, Inc.");
        let pem = text(&exported(&api, &id).await["certificate"]);
        let read = chancery_pki::Certificate::from_pem(&pem).unwrap();
        let usages: Vec<_> = read.key_usages().iter().map(|u| u.name()).collect();
        assert_eq!(usages, ["digitalSignature", "keyEncipherment"]);
        assert!(read.extended_key_usages().is_empty());
        assert_eq!(read.sans().len(), 1);
    }
}

#[tokio::test]
async fn ids_have_a_form() {
    let (api, _) = desk().await;
    for id in ["x", "6434F74F-2D13-4E6A-89EB-93EE313F1A43", "%ff"] {
        let path = format!("{CERTIFICATES}/{id}");
        let text = "certificate_id must be an id";
        api.refused(("GET", &path), None, (400, "PCA.10010105"), text)
            .await;
    }
}

/// Fields are known by their names: nothing is read by its place.
#[tokio::test]
async fn lists_are_no_objects() {
    let (api, issuer) = desk().await;
    let good = certificate("www.example.com", &issuer);
    let id = api.new_certificate(good.clone()).await;
    let mut listed = good;
    listed["distinguished_name"] = json!(["CN", "www.example.com"]);
    for (path, body, text) in [
        (
            format!("{CERTIFICATES}/{id}/export"),
            json!(["true", "OTHER"]),
            "the body must be an object",
        ),
        (
            CERTIFICATES.to_owned(),
            listed,
            "distinguished_name must be an object",
        ),
    ] {
        let (status, answer) = api.call("POST", &path, Some(body)).await;
        assert_eq!(status, 400, "{path}: {answer}");
        assert!(super::text(&answer["error_msg"]).contains(text), "{answer}");
    }
}
