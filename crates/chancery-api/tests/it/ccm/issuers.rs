//! Who issues nothing: every call that needs an issuer, with one in each state.

use serde_json::{Value, json};

use super::{
    CAS, CERTIFICATES, activation, certificate, pending, request_of, root, subordinate, with,
};
use crate::support::{Api, DAY};

const CSR: &str = "/v1/private-certificates/csr";

/// What an issuer is in the way of, by name, and what the refusal says.
const ISSUERS: [(&str, &str); 9] = [
    (
        "waiting",
        "a private CA in state PENDING cannot issue certificates",
    ),
    (
        "disabled",
        "a private CA in state DISABLED cannot issue certificates",
    ),
    (
        "expired",
        "a private CA in state EXPIRED cannot issue certificates",
    ),
    (
        "revoked",
        "a private CA in state REVOKED cannot issue certificates",
    ),
    (
        "to be deleted",
        "a private CA in state DELETED cannot issue certificates",
    ),
    (
        "revoked and to be deleted",
        "a private CA in state DELETED cannot issue certificates",
    ),
    (
        "below a revoked one",
        "a private CA below a revoked one signs nothing any more",
    ),
    (
        "far below a revoked one",
        "a private CA below a revoked one signs nothing any more",
    ),
    (
        "held elsewhere",
        "has its key elsewhere and cannot issue here",
    ),
];

/// A CA below `issuer`, valid for as many days.
async fn ca(api: &Api, name: &str, issuer: &str, path_length: i64, days: i64) -> String {
    let days = json!({ "validity": { "type": "DAY", "value": days } });
    api.new_ca(with(&subordinate(name, issuer, path_length), &days))
        .await
}

async fn schedule(api: &Api, id: &str) {
    let path = format!("{CAS}/{id}?pending_days=30");
    api.succeed("DELETE", &path, None).await;
}

async fn revoke(api: &Api, id: &str) {
    let path = format!("{CAS}/{id}/revoke");
    api.succeed("POST", &path, Some(json!({}))).await;
}

/// The issuer of that name.
async fn issuer(api: &Api, name: &str, root: &str) -> String {
    match name {
        "waiting" => api.new_ca(pending(name)).await,
        "expired" => ca(api, name, root, 2, 1).await,
        "held elsewhere" => {
            let waiting = api.new_ca(pending("of somebody else")).await;
            let body = json!({
                "issuer_id": root, "csr": request_of(api, &waiting).await, "path_length": 2,
                "type": "INTERMEDIATE_CA", "validity": { "type": "DAY", "value": 300 },
            });
            let answer = api.succeed("POST", CSR, Some(body)).await;
            super::text(&answer["certificate_id"])
        }
        "below a revoked one" => {
            let above = ca(api, "above", root, 4, 320).await;
            let id = ca(api, name, &above, 3, 300).await;
            revoke(api, &above).await;
            id
        }
        "far below a revoked one" => {
            let top = ca(api, "top", root, 5, 340).await;
            let above = ca(api, "above", &top, 4, 320).await;
            let id = ca(api, name, &above, 3, 300).await;
            revoke(api, &top).await;
            id
        }
        _ => {
            let id = ca(api, name, root, 2, 300).await;
            if name.contains("revoked") {
                revoke(api, &id).await;
            } else {
                api.move_ca(&id, "/disable").await;
            }
            if name.contains("to be deleted") {
                schedule(api, &id).await;
            }
            id
        }
    }
}

/// Everything that a call might have stored.
async fn stored(api: &Api, issuer: &str) -> (Value, Value, u64) {
    let below = api.store.count_subordinates(&api.domain_id, issuer).await;
    (
        api.succeed("GET", CAS, None).await["total"].clone(),
        api.succeed("GET", CERTIFICATES, None).await["total"].clone(),
        below.unwrap(),
    )
}

/// Each issuing call with that issuer: its path and body.
fn calls(issuer: &str, waiting: &str, csr: &str) -> Vec<(String, Value)> {
    let day = json!({ "validity": { "type": "DAY", "value": 1 } });
    let by_csr = |kind: &str| {
        json!({
            "issuer_id": issuer, "csr": csr, "type": kind, "path_length": 0,
            "validity": { "type": "DAY", "value": 1 },
        })
    };
    vec![
        (CAS.to_owned(), with(&subordinate("new", issuer, 0), &day)),
        (
            format!("{CAS}/{waiting}/activate"),
            with(&activation(issuer), &day),
        ),
        (
            CERTIFICATES.to_owned(),
            with(&certificate("www.example.com", issuer), &day),
        ),
        (CSR.to_owned(), by_csr("ENTITY_CERT")),
        (CSR.to_owned(), by_csr("INTERMEDIATE_CA")),
    ]
}

#[tokio::test]
async fn every_issuing_call_with_every_issuer_that_may_not() {
    let mut api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let waiting = api.new_ca(pending("to be activated")).await;
    let csr = request_of(&api, &waiting).await;
    let mut issuers = Vec::new();
    for (name, says) in ISSUERS {
        issuers.push((issuer(&api, name, &root).await, name, says));
    }
    api.clock.advance_ms(2 * DAY);
    api.log_in_again().await;
    for (issuer, name, says) in &issuers {
        let before = stored(&api, issuer).await;
        for (path, body) in calls(issuer, &waiting, &csr) {
            let refusal = (400, "PCA.10010202");
            api.refused(("POST", &path), Some(body), refusal, says)
                .await;
        }
        assert_eq!(stored(&api, issuer).await, before, "{name}");
        assert_eq!(api.ca(&waiting).await["status"], "PENDING", "{name}");
    }
    // The same calls with an issuer that may: none of them was refused for anything else.
    for (path, body) in calls(&root, &waiting, &csr) {
        api.succeed("POST", &path, Some(body)).await;
    }
}

#[tokio::test]
async fn an_issuer_that_is_gone_is_unknown() {
    let mut api = Api::start().await;
    let root_id = api.new_ca(root("root")).await;
    let waiting = api.new_ca(pending("to be activated")).await;
    let csr = request_of(&api, &waiting).await;
    api.move_ca(&root_id, "/disable").await;
    schedule(&api, &root_id).await;
    api.clock.advance_ms(31 * DAY);
    api.log_in_again().await;
    let other = api.other_account().await;
    let missing = |id: &str| format!("the private CA {id} does not exist");
    for (path, body) in calls(&root_id, &waiting, &csr) {
        let refusal = (404, "PCA.10010002");
        api.refused(("POST", &path), Some(body), refusal, &missing(&root_id))
            .await;
    }
    // As is one that is another account's.
    let theirs = api.new_ca(root("ours")).await;
    let own = api
        .call_as(&other.token, "POST", CAS, Some(pending("own")))
        .await
        .1;
    let own = super::text(&own["ca_id"]);
    for (path, body) in calls(&theirs, &own, &csr) {
        let (status, answer) = api.call_as(&other.token, "POST", &path, Some(body)).await;
        assert_eq!(status, 404, "{path}: {answer}");
        assert_eq!(answer["error_msg"], missing(&theirs), "{path}");
    }
}

#[tokio::test]
async fn an_issuer_that_comes_back_issues_again() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let waiting = api.new_ca(pending("to be activated")).await;
    let csr = request_of(&api, &waiting).await;
    api.move_ca(&root, "/disable").await;
    for (path, body) in calls(&root, &waiting, &csr) {
        let refusal = (400, "PCA.10010202");
        api.refused(("POST", &path), Some(body), refusal, "DISABLED")
            .await;
    }
    api.move_ca(&root, "/enable").await;
    for (path, body) in calls(&root, &waiting, &csr) {
        api.succeed("POST", &path, Some(body)).await;
    }
}
