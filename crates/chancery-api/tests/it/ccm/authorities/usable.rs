//! Below a CA that another one certified: what is issued verifies for other programs, or is refused.

use serde_json::json;

use super::import::{Outside, by_root, desk_and_outside, import};
use crate::ccm::certificates::exported;
use crate::ccm::{CAS, CERTIFICATES, certificate, pending, subordinate, with};
use crate::support::Api;

const CSR: &str = "/v1/private-certificates/csr";
/// What nobody may issue has this code.
const REFUSED: (u16, &str) = (400, "PCA.10010202");

async fn imported(api: &Api, outside: &Outside, kind: &str) -> String {
    let id = api.new_ca(pending("ours")).await;
    let pem = outside.certify(api, &id, &["-extensions", kind]).await;
    let chain = outside.read("root.pem") + &outside.read("middle.pem");
    let path = format!("{CAS}/{id}/import");
    api.succeed("POST", &path, import(&pem, Some(&chain))).await;
    id
}

/// That OpenSSL verifies a certificate of the desk up to the root outside, for a purpose.
async fn verifies(api: &Api, outside: &Outside, id: &str, purpose: &str) {
    let strict = ["-x509_strict", "-policy_check", "-purpose", purpose];
    outside.verify(&exported(api, id).await, &strict);
}

#[tokio::test]
async fn purposes_above_bind() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    let limited = imported(&api, &outside, "clients").await;
    // The same limit further up.
    outside.issue("middle.csr", "middle.pem", &by_root("clients"));
    let below_limited = imported(&api, &outside, "unlimited").await;
    let deep = api.new_ca(subordinate("deep", &below_limited, 0)).await;
    let wants = |issuer: &str, purposes: serde_json::Value| {
        with(
            &certificate("www.example.com", issuer),
            &json!({ "extended_key_usage": purposes }),
        )
    };
    let text = "the purpose 1.3.6.1.5.5.7.3.1 is not among those that the issuer or a CA above it";
    for issuer in [&limited, &below_limited, &deep] {
        for purposes in [
            json!({ "server_auth": true }),
            json!({ "server_auth": true, "client_auth": true }),
        ] {
            let body = Some(wants(issuer, purposes));
            api.refused(("POST", CERTIFICATES), body, REFUSED, text)
                .await;
        }
        for purposes in [json!({ "client_auth": true }), json!({})] {
            let id = api.new_certificate(wants(issuer, purposes)).await;
            verifies(&api, &outside, &id, "sslclient").await;
        }
    }
    for kind in ["ENTITY_CERT", "INTERMEDIATE_CA"] {
        for (purpose, is_refused) in [("serverAuth", true), ("clientAuth", false)] {
            let usage = format!("extendedKeyUsage={purpose}");
            outside.request("other", &["-addext", &usage]);
            let body = json!({
                "issuer_id": below_limited, "csr": outside.read("other.csr"), "type": kind,
                "validity": { "type": "DAY", "value": 30 },
            });
            match is_refused {
                true => api.refused(("POST", CSR), Some(body), REFUSED, text).await,
                false => drop(api.succeed("POST", CSR, Some(body)).await),
            }
        }
    }
}

#[tokio::test]
async fn what_nothing_could_be_issued_below_is_not_imported() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    let id = api.new_ca(pending("ours")).await;
    let path = format!("{CAS}/{id}/import");
    let good = outside.certify(&api, &id, &["-extensions", "sub"]).await;
    for (kind, text) in [
        (
            "policies",
            "demands certificate policies (policyConstraints, requireExplicitPolicy)",
        ),
        (
            "unknown",
            "has the critical extension 1.2.3.4, for which programs refuse all that is below it",
        ),
    ] {
        let chain = outside.read("middle.pem") + &outside.read("root.pem");
        let pem = outside.certify(&api, &id, &["-extensions", kind]).await;
        let (refusal, body) = ((400, "PCA.10010204"), import(&pem, Some(&chain)));
        let named = format!("certificate: \"CN=ours\" {text}");
        api.refused(("POST", &path), body, refusal, &named).await;
        outside.issue("middle.csr", "limited.pem", &by_root(kind));
        let chain = outside.read("limited.pem") + &outside.read("root.pem");
        let body = import(&good, Some(&chain));
        let named = format!("certificate_chain: \"CN=middle\" {text}");
        api.refused(("POST", &path), body, refusal, &named).await;
    }
    // A CA above that has ended, or has not begun.
    for (from, to) in [
        ("20250101000000Z", "20260601115959Z"),
        ("20260601120001Z", "20280101000000Z"),
    ] {
        let mut arguments = by_root("unlimited").to_vec();
        arguments.extend(["-startdate", from, "-enddate", to]);
        outside.issue("middle.csr", "dated.pem", &arguments);
        let body = import(&good, Some(&outside.read("dated.pem")));
        let text = "certificate_chain: \"CN=middle\" is not valid at this time";
        api.refused(("POST", &path), body, (400, "PCA.10010209"), text)
            .await;
    }
    let middle = outside.read("middle.pem");
    api.succeed("POST", &path, import(&good, Some(&middle)))
        .await;
}

#[tokio::test]
async fn what_is_issued_ends_with_the_chain_above() {
    let Some((api, outside)) = desk_and_outside().await else {
        return;
    };
    let mut arguments = by_root("unlimited").to_vec();
    arguments.extend([
        "-startdate",
        "20260101000000Z",
        "-enddate",
        "20270101000000Z",
    ]);
    outside.issue("middle.csr", "middle.pem", &arguments);
    let ours = imported(&api, &outside, "unlimited").await;
    assert_eq!(api.ca(&ours).await["not_after"], 1_924_992_000_000_i64);
    let lasting = |issuer: &str, days: u32| {
        with(
            &certificate("www.example.com", issuer),
            &json!({ "validity": { "type": "DAY", "value": days } }),
        )
    };
    let text = "within the validity of the issuing CA";
    let body = Some(lasting(&ours, 365));
    api.refused(("POST", CERTIFICATES), body, REFUSED, text)
        .await;
    let below = with(
        &subordinate("below", &ours, 0),
        &json!({ "validity": { "type": "DAY", "value": 365 } }),
    );
    api.refused(("POST", CAS), Some(below), REFUSED, text).await;
    let below = with(
        &subordinate("below", &ours, 0),
        &json!({ "validity": { "type": "DAY", "value": 200 } }),
    );
    let below = api.new_ca(below).await;
    for issuer in [ours, below] {
        let id = api.new_certificate(lasting(&issuer, 100)).await;
        verifies(&api, &outside, &id, "sslserver").await;
    }
}
