//! `…/quotas`.

use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, certificate, pending, root, text};
use crate::support::Api;

fn quota(kind: &str, used: u64, quota: u64) -> Value {
    json!({ "quotas": { "resources": [{ "type": kind, "used": used, "quota": quota }] } })
}

async fn shown(api: &Api, all: &str) -> Value {
    api.succeed("GET", &format!("{all}/quotas"), None).await
}

#[tokio::test]
async fn cas_count_until_they_are_gone() {
    let mut api = Api::start().await;
    let used = |used| quota("CERTIFICATE_AUTHORITY", used, 100);
    assert_eq!(shown(&api, CAS).await, used(0));
    let ca = api.new_ca(root("root")).await;
    let waiting = api.new_ca(pending("waiting")).await;
    assert_eq!(shown(&api, CAS).await, used(2));
    // What a signing request led to is no CA of the desk's.
    let csr = super::request_of(&api, &waiting).await;
    api.issue_intermediate(&ca, &csr).await;
    assert_eq!(shown(&api, CAS).await, used(2));
    api.succeed("DELETE", &format!("{CAS}/{waiting}"), None)
        .await;
    assert_eq!(shown(&api, CAS).await, used(1));
    api.move_ca(&ca, "/disable").await;
    let path = format!("{CAS}/{ca}?pending_days=7");
    api.succeed("DELETE", &path, None).await;
    assert_eq!(shown(&api, CAS).await, used(1));
    api.clock.advance_ms(7 * 24 * 60 * 60 * 1000);
    api.log_in_again().await;
    assert_eq!(shown(&api, CAS).await, used(0));
}

#[tokio::test]
async fn cas_have_a_quota() {
    let small = |settings: &mut chancery_core::Settings| settings.quotas.private_authorities = 1;
    let api = Api::start_with(small).await;
    let ca = api.new_ca(root("root")).await;
    assert_eq!(shown(&api, CAS).await, quota("CERTIFICATE_AUTHORITY", 1, 1));
    let full = (400, "PCA.10010203");
    let order = format!("{CAS}/order");
    for (path, body) in [
        (CAS, root("two")),
        (CAS, pending("two")),
        (&order, super::order(1)),
    ] {
        api.refused(("POST", path), Some(body), full, "at most 1 private CAs")
            .await;
    }
    assert_eq!(api.ca(&ca).await["status"], "ACTIVED");
}

#[tokio::test]
async fn certificates_have_a_quota() {
    let api = Api::start().await;
    let first = quota("CERTIFICATE", 0, 100_000);
    assert_eq!(shown(&api, CERTIFICATES).await, first);
    let small = |settings: &mut chancery_core::Settings| settings.quotas.private_certificates = 2;
    let api = api.restart_with(small).await;
    let ca = api.new_ca(root("root")).await;
    let made = api.new_certificate(certificate("one", &ca)).await;
    let waiting = api.new_ca(pending("waiting")).await;
    let csr = super::request_of(&api, &waiting).await;
    let by_csr = json!({
        "issuer_id": ca, "csr": csr, "validity": { "type": "DAY", "value": 30 },
    });
    let path = format!("{CERTIFICATES}/csr");
    let answer = api.succeed("POST", &path, Some(by_csr.clone())).await;
    assert!(!text(&answer["certificate_id"]).is_empty());
    assert_eq!(shown(&api, CERTIFICATES).await, quota("CERTIFICATE", 2, 2));

    for (path, body) in [
        (CERTIFICATES, certificate("three", &ca)),
        (path.as_str(), by_csr),
    ] {
        let (status, answer) = api.call("POST", path, Some(body)).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (400, &json!("PCA.10010203")),
            "{answer}"
        );
        let expected = "an account can have at most 2 private certificates";
        assert_eq!(answer["error_msg"], expected);
    }
    assert_eq!(shown(&api, CERTIFICATES).await, quota("CERTIFICATE", 2, 2));
    // A revoked one counts, a deleted one does not.
    let one = format!("{CERTIFICATES}/{made}");
    api.succeed("POST", &format!("{one}/revoke"), Some(json!({})))
        .await;
    assert_eq!(shown(&api, CERTIFICATES).await, quota("CERTIFICATE", 2, 2));
    api.succeed("DELETE", &one, None).await;
    assert_eq!(shown(&api, CERTIFICATES).await, quota("CERTIFICATE", 1, 2));
    api.new_certificate(certificate("three", &ca)).await;
}

#[tokio::test]
async fn each_account_has_its_own() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let ca = api.new_ca(root("root")).await;
    api.new_certificate(certificate("one", &ca)).await;
    for all in [CAS, CERTIFICATES] {
        let path = format!("{all}/quotas");
        let (_, answer) = api.call_as(&other.token, "GET", &path, None).await;
        assert_eq!(answer["quotas"]["resources"][0]["used"], 0);
        assert_eq!(shown(&api, all).await["quotas"]["resources"][0]["used"], 1);
    }
}
