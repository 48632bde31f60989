//! What does not go together with SM2.

use serde_json::json;

use super::{csr, desk, sm2};
use crate::ccm::{CAS, CERTIFICATES, certificate, pending, root, subordinate, with};
use crate::support::Api;
use crate::tools::{installed, openssl};

const FAMILY: &str = "a chain is of one family";

#[tokio::test]
async fn a_chain_is_of_one_family() {
    let (api, sm2_ca) = desk().await;
    let sm2_root = api.new_ca(sm2(&root("another SM2 root"))).await;
    let ec_ca = api.new_ca(root("EC root")).await;
    let before = api.succeed("GET", CAS, None).await["total"].clone();
    for (path, body) in [
        (CAS, sm2(&subordinate("sub", &ec_ca, 0))),
        (CAS, subordinate("sub", &sm2_root, 0)),
        (CERTIFICATES, certificate("n", &sm2_ca)),
        (CERTIFICATES, sm2(&certificate("n", &ec_ca))),
    ] {
        let refusal = (400, "PCA.10010202");
        api.refused(("POST", path), Some(body), refusal, FAMILY)
            .await;
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], before);
    let none = api.succeed("GET", CERTIFICATES, None).await;
    assert_eq!(none["total"], 0);
}

#[tokio::test]
async fn a_waiting_ca_is_not_activated_by_another_family() {
    let api = Api::start().await;
    let ec = api.new_ca(root("EC root")).await;
    let waiting = with(&pending("sub"), &json!({ "key_algorithm": "SM2" }));
    let waiting = api.new_ca(waiting).await;
    let path = format!("{CAS}/{waiting}/activate");
    let body = crate::ccm::activation(&ec);
    let refusal = (400, "PCA.10010202");
    api.refused(("POST", &path), Some(body), refusal, FAMILY)
        .await;
    assert_eq!(api.ca(&waiting).await["status"], "PENDING");
}

#[tokio::test]
async fn csrs_of_another_family() {
    if !installed("making CSRs", "openssl") {
        return;
    }
    let (api, sm2_ca) = desk().await;
    let ec_ca = api.new_ca(root("EC root")).await;
    let folder = tempfile::tempdir().unwrap();
    let rsa = [
        "req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=n", "-keyout", "k", "-out",
        "r.csr",
    ];
    openssl(folder.path(), &rsa);
    let rsa = std::fs::read_to_string(folder.path().join("r.csr")).unwrap();
    let (sm2_csr, _) = csr(None);
    let path = format!("{CERTIFICATES}/csr");
    for (issuer, csr) in [(&sm2_ca, rsa), (&ec_ca, sm2_csr)] {
        for kind in ["ENTITY_CERT", "INTERMEDIATE_CA"] {
            let body = json!({
                "issuer_id": issuer, "csr": csr, "type": kind, "path_length": 0,
                "validity": { "type": "DAY", "value": 1 },
            });
            let refusal = (400, "PCA.10010202");
            api.refused(("POST", &path), Some(body), refusal, FAMILY)
                .await;
        }
    }
}

#[tokio::test]
async fn csrs_signed_with_another_user_id() {
    if !installed("making CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let (csr, _) = csr(Some("somebody-else-id"));
    let body = json!({
        "issuer_id": issuer, "csr": csr, "validity": { "type": "DAY", "value": 1 },
    });
    let path = format!("{CERTIFICATES}/csr");
    let refusal = (400, "PCA.10010205");
    api.refused(("POST", &path), Some(body), refusal, "signature")
        .await;
}

#[tokio::test]
async fn sm2_goes_with_sm3_alone() {
    let (api, sm2_ca) = desk().await;
    let ec_ca = api.new_ca(root("EC root")).await;
    let sha256 = json!({ "signature_algorithm": "SHA256" });
    let sm3 = json!({ "signature_algorithm": "SM3" });
    let refusal = (400, "PCA.00020103");
    for (path, body, text) in [
        (CAS, with(&sm2(&root("r")), &sha256), "must be SM3 for SM2"),
        (CAS, with(&root("r"), &sm3), "SM3 goes with SM2 only"),
        (
            CERTIFICATES,
            with(&sm2(&certificate("n", &sm2_ca)), &sha256),
            "must be SM3 for SM2",
        ),
        (
            CERTIFICATES,
            with(&certificate("n", &ec_ca), &sm3),
            "SM3 goes with SM2 only",
        ),
    ] {
        api.refused(("POST", path), Some(body), refusal, text).await;
    }
}

#[tokio::test]
async fn usages_that_no_half_has() {
    let (api, issuer) = desk().await;
    for usage in ["keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"] {
        let body = sm2(&certificate("n", &issuer));
        let body = with(&body, &json!({ "key_usages": ["digitalSignature", usage] }));
        let refusal = (400, "PCA.10010105");
        api.refused(("POST", CERTIFICATES), Some(body), refusal, usage)
            .await;
    }
}
