//! Revoking CAs.

use serde_json::{Value, json};

use super::*;
use crate::ccm::{NO_ID, activation, certified, pending};

async fn refused(api: &Api, id: &str, code: &str, text: &str) {
    let path = format!("{CAS}/{id}/revoke");
    api.refused(("POST", &path), Some(json!({})), (400, code), text)
        .await;
}

#[tokio::test]
async fn a_revoked_ca_and_what_is_below_it_issue_nothing() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let middle = api.new_ca(subordinate("middle", &root, 2)).await;
    let below = api
        .new_ca(with(
            &subordinate("below", &middle, 1),
            &json!({ "validity": { "type": "MONTH", "value": 6 } }),
        ))
        .await;
    let path = format!("{CAS}/{middle}/revoke");
    let body = json!({ "reason": "CERTIFICATE_AUTHORITY_COMPROMISE" });
    let answer = api.succeed("POST", &path, Some(body)).await;
    assert_eq!(answer, Value::Null);
    assert_eq!(api.ca(&middle).await["status"], "REVOKED");
    assert_eq!(api.ca(&below).await["status"], "ACTIVED");

    for (issuer, says) in [(&middle, "REVOKED"), (&below, "below a revoked one")] {
        let issuing = (400, "PCA.10010202");
        let body = certificate("www.example.com", issuer);
        api.refused(("POST", CERTIFICATES), Some(body), issuing, says)
            .await;
        let body = subordinate("new", issuer, 0);
        api.refused(("POST", CAS), Some(body), issuing, says).await;
        let waiting = api.new_ca(pending("waiting")).await;
        let activate = format!("{CAS}/{waiting}/activate");
        let body = Some(activation(issuer));
        api.refused(("POST", &activate), body, issuing, says).await;
    }
    let issuing = (400, "PCA.10010202");
    for (step, body) in [
        ("crl/enable", lists("lists")),
        ("ocsp/switch", json!({ "ocsp_switch": true })),
    ] {
        let path = format!("{CAS}/{below}/{step}");
        api.refused(("POST", &path), Some(body), issuing, "below a revoked one")
            .await;
    }
    // What stands beside goes on.
    api.new_certificate(certificate("www.example.com", &root))
        .await;

    for step in ["export", "disable", "enable", "crl/disable"] {
        let path = format!("{CAS}/{middle}/{step}");
        api.refused(("POST", &path), None, (400, "PCA.10010201"), "REVOKED")
            .await;
    }
    refused(&api, &middle, "PCA.10010201", "REVOKED").await;
    let listed = api
        .succeed("GET", &format!("{CAS}?status=REVOKED"), None)
        .await;
    assert_eq!(listed["total"], 1);
}

#[tokio::test]
async fn revoked_is_for_ever() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let id = api.new_ca(subordinate("sub", &root, 0)).await;
    api.move_ca(&id, "/disable").await;
    api.revoke_ca(&id).await;
    let path = format!("{CAS}/{id}?pending_days=7");
    api.succeed("DELETE", &path, None).await;
    assert_eq!(api.ca(&id).await["status"], "DELETED");
    let body = certificate("www.example.com", &id);
    let issuing = (400, "PCA.10010202");
    api.refused(("POST", CERTIFICATES), Some(body), issuing, "DELETED")
        .await;
    api.move_ca(&id, "/restore").await;
    assert_eq!(api.ca(&id).await["status"], "REVOKED");
}

#[tokio::test]
async fn only_what_was_issued_here_is_revoked_here() {
    let api = Api::start().await;
    let root_id = api.new_ca(root("root")).await;
    let undefined = "PCA.10010204";
    refused(&api, &root_id, undefined, "another CA of this desk").await;
    let imported = api.new_ca(pending("imported")).await;
    refused(&api, &imported, "PCA.10010201", "PENDING").await;
    let body = certified(&api, &imported, &root_id).await;
    let path = format!("{CAS}/{imported}/import");
    api.succeed("POST", &path, Some(body)).await;
    refused(&api, &imported, undefined, "another CA of this desk").await;
    let path = format!("{CAS}/{NO_ID}/revoke");
    let missing = (404, "PCA.10010002");
    api.refused(("POST", &path), Some(json!({})), missing, "does not exist")
        .await;

    let id = api.new_ca(subordinate("sub", &root_id, 0)).await;
    let path = format!("{CAS}/{id}/revoke");
    let body = Some(json!({ "reason": "BORED" }));
    let invalid = (400, "PCA.10010105");
    api.refused(("POST", &path), body, invalid, "KEY_COMPROMISE")
        .await;
    api.refused(("POST", &path), None, invalid, "JSON").await;
    assert_eq!(api.ca(&id).await["status"], "ACTIVED");

    // A CA whose key is elsewhere is on the list of its issuer like any other.
    let waiting = api.new_ca(pending("elsewhere")).await;
    let csr = crate::ccm::request_of(&api, &waiting).await;
    let outside = api.issue_intermediate(&root_id, &csr).await;
    api.enable_crl(&root_id, lists("lists")).await;
    api.revoke_ca(&outside).await;
    assert_eq!(api.ca(&outside).await["status"], "REVOKED");
    let serial = text(&api.ca(&outside).await["serial_number"]);
    assert_eq!(serials(&api.newest_crl(&root_id).await), [serial]);
}
