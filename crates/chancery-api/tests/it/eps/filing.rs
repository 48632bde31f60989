//! What can be filed under an enterprise project: one that the account has and that is enabled.

use serde_json::{Value, json};

use super::{create, switch};
use crate::ccm::{CAS, CERTIFICATES, certificate, pending, root, with};
use crate::scm::material::{Chain, Wanted};
use crate::support::Api;
use crate::{dcs, dds};

/// Every call that files something: its path, its body and its code for a wrong value.
async fn calls(api: &Api) -> Vec<(String, Value, &'static str)> {
    let ca = api.new_ca(root("issuer")).await;
    let chain = Chain::new();
    let waiting = api.new_ca(pending("requested")).await;
    let path = format!("{CAS}/{waiting}/csr");
    let csr = api.succeed("GET", &path, None).await["csr"].clone();
    let by_csr = json!({
        "issuer_id": ca, "csr": csr, "validity": { "type": "DAY", "value": 5 },
    });
    vec![
        (CAS.to_owned(), root("new"), "PCA.10010105"),
        (
            CERTIFICATES.to_owned(),
            certificate("n", &ca),
            "PCA.10010105",
        ),
        (format!("{CERTIFICATES}/csr"), by_csr, "PCA.10010105"),
        (
            "/v3/scm/certificates/import".to_owned(),
            chain.body(&chain.server(&Wanted::default())),
            "SCM.0005",
        ),
        (dcs::path(api, ""), dcs::asked(json!({})), "DCS.4800"),
        (dds::path(api, ""), dds::asked(json!({})), "DBS.280001"),
    ]
}

#[tokio::test]
async fn only_under_what_exists_and_is_enabled() {
    let api = Api::start().await;
    let (ours, closed) = (create(&api, "ours").await, create(&api, "closed").await);
    switch(&api, &closed, "disable").await;
    let elsewhere = "aaaaaaaa-0000-4000-8000-000000000009";
    for (path, body, code) in calls(&api).await {
        let filed = |id: &str| Some(with(&body, &json!({ "enterprise_project_id": id })));
        for (id, text) in [
            (
                elsewhere,
                "must be 0 or the id of an enterprise project of the account",
            ),
            (
                closed.as_str(),
                "names an enterprise project that is disabled",
            ),
        ] {
            let text = format!("enterprise_project_id {text}");
            api.refused(("POST", &path), filed(id), (400, code), &text)
                .await;
        }
        for id in [ours.as_str(), "0"] {
            let (status, answer) = api.call("POST", &path, filed(id)).await;
            assert!(status.is_success(), "{path}: {answer}");
        }
    }
}

/// An enterprise project of another account is none, and one is looked for after the permission.
#[tokio::test]
async fn other_accounts_and_other_callers_learn_nothing() {
    let api = Api::start().await;
    let ours = create(&api, "ours").await;
    let other = api.other_account().await;
    let body = with(&root("new"), &json!({ "enterprise_project_id": ours }));
    let (status, answer) = api
        .call_as(&other.token, "POST", CAS, Some(body.clone()))
        .await;
    assert_eq!(status, 400, "{answer}");
    let text = answer["error_msg"].as_str().unwrap();
    assert!(
        text.starts_with("enterprise_project_id must be 0"),
        "{text}"
    );
    let nobody = api.user_without_policy().await;
    let (status, _) = api.call_as(&nobody.token, "POST", CAS, Some(body)).await;
    assert_eq!(status, 403);
}

/// What was filed stays in use when the project is disabled.
#[tokio::test]
async fn what_is_filed_stays() {
    let api = Api::start().await;
    let ours = create(&api, "ours").await;
    let body = with(&root("ca"), &json!({ "enterprise_project_id": ours }));
    let ca = api.new_ca(body).await;
    switch(&api, &ours, "disable").await;
    let path = format!("{CAS}/{ca}");
    let shown = api.succeed("GET", &path, None).await;
    assert_eq!(shown["enterprise_project_id"], ours.as_str());
    api.succeed("POST", CERTIFICATES, Some(certificate("n", &ca)))
        .await;
}
