//! `crl_configuration` of CAs that are created or activated.

use serde_json::{Value, json};

use super::*;
use crate::ccm::{activation, pending};

/// A body as Terraform's provider sends it: what is not set is empty.
fn told(body: &Value, more: Value) -> Value {
    let settings = with(
        &json!({
            "enabled": true, "crl_name": "", "obs_bucket_name": "lists", "valid_days": 10,
        }),
        &more,
    );
    with(body, &json!({ "crl_configuration": settings }))
}

fn shown(id: &str, name: &str, days: i64) -> Value {
    json!({
        "enabled": true, "crl_name": name, "obs_bucket_name": "lists", "valid_days": days,
        "crl_dis_point": format!("{PKI_URL}/crl/{id}.crl"),
    })
}

#[tokio::test]
async fn a_ca_has_lists_from_the_start() {
    let api = named_desk().await;
    let top = api.new_ca(told(&root("top"), json!({}))).await;
    assert_eq!(
        api.ca(&top).await["crl_configuration"],
        shown(&top, &top, 10)
    );
    let crl = api.crl(&top).await;
    assert_eq!(crl.number(), Some(1));
    assert_eq!(serials(&crl), Vec::<String>::new());

    let named = json!({ "crl_name": "below", "valid_days": null });
    let below = api
        .new_ca(told(&subordinate("below", &top, 1), named))
        .await;
    let found = api.ca(&below).await["crl_configuration"].clone();
    assert_eq!(
        found,
        shown(&below, "below", 7),
        "seven days where none are given"
    );
    // Its certificate names the list of its issuer.
    let certificate = api.certificate_of_ca(&below).await;
    assert_eq!(
        certificate.crl_distribution_points(),
        [format!("{PKI_URL}/crl/{top}.crl")]
    );

    let waiting = api
        .new_ca(told(&pending("waiting"), json!({ "valid_days": 9 })))
        .await;
    let off = api.ca(&waiting).await["crl_configuration"]["enabled"].clone();
    assert_eq!(off, false, "one that waits has nothing to revoke");
    let path = format!("{CAS}/{waiting}/activate");
    let body = told(&activation(&top), json!({ "valid_days": "11" }));
    api.succeed("POST", &path, Some(body)).await;
    assert_eq!(
        api.ca(&waiting).await["crl_configuration"],
        shown(&waiting, &waiting, 11)
    );
    assert_eq!(api.crl(&waiting).await.number(), Some(1));

    for off in [json!(null), json!({ "enabled": false, "valid_days": 0 })] {
        let body = with(&root("quiet"), &json!({ "crl_configuration": off }));
        let id = api.new_ca(body).await;
        assert_eq!(api.ca(&id).await["crl_configuration"]["enabled"], false);
    }
}

#[tokio::test]
async fn settings_that_do_not_fit_create_nothing() {
    let api = Api::start().await;
    let issuer = api
        .new_ca(told(&root("top"), json!({ "crl_name": "taken" })))
        .await;
    let waiting = api.new_ca(pending("waiting")).await;
    let invalid = (400, "PCA.10010105");
    let activate = format!("{CAS}/{waiting}/activate");
    for (more, code, text) in [
        (
            json!({ "enabled": "yes" }),
            invalid,
            "crl_configuration.enabled",
        ),
        (
            json!({ "obs_bucket_name": "" }),
            invalid,
            "crl_configuration.obs_bucket_name is required",
        ),
        (
            json!({ "obs_bucket_name": "No" }),
            invalid,
            "obs_bucket_name must",
        ),
        (json!({ "valid_days": 31 }), invalid, "valid_days must"),
        (json!({ "crl_name": "a/b" }), invalid, "crl_name must"),
        (
            json!({ "crl_name": "taken" }),
            (400, "PCA.10010211"),
            "crl_name is that of another CA's list",
        ),
    ] {
        for (path, body) in [
            (CAS, root("refused")),
            (CAS, subordinate("refused", &issuer, 0)),
            (&activate, activation(&issuer)),
        ] {
            let body = Some(told(&body, more.clone()));
            api.refused(("POST", path), body, code, text).await;
        }
    }
    let body = with(&root("refused"), &json!({ "crl_configuration": {} }));
    let missing = "crl_configuration.enabled is required";
    api.refused(("POST", CAS), Some(body), invalid, missing)
        .await;
    // Not its own bucket, not a public one: neither is written to.
    let key_usages = json!({ "key_usages": ["keyCertSign"] });
    let body = told(
        &with(&subordinate("mute", &issuer, 0), &key_usages),
        json!({}),
    );
    let unable = (400, "PCA.10010202");
    api.refused(("POST", CAS), Some(body), unable, "cRLSign")
        .await;
    let other = api.other_account().await;
    let body = Some(told(&root("theirs"), json!({})));
    let (status, answer) = api.call_as(&other.token, "POST", CAS, body).await;
    assert_eq!(status, 400, "{answer}");
    assert!(text(&answer["error_msg"]).contains("must be a bucket of the account"));
    let (_, answer) = api.call_as(&other.token, "GET", CAS, None).await;
    assert_eq!(answer["total"], 0);

    assert_eq!(api.succeed("GET", CAS, None).await["total"], 2);
    assert_eq!(api.ca(&waiting).await["status"], "PENDING");
    let buckets = api.store.buckets(&api.domain_id).await.unwrap();
    assert_eq!(buckets.len(), 1);
}

#[tokio::test]
async fn a_bucket_is_made_for_those_who_may() {
    let api = Api::start().await;
    let policy = r#"{"Version":"1.1","Statement":[
        {"Effect":"Allow","Action":["pca:ca:create","pca:ca:get"]}]}"#;
    let user = api.user_with("maker", &[policy]).await;
    let body = Some(told(&root("told"), json!({})));
    let (status, answer) = api.call_as(&user.token, "POST", CAS, body.clone()).await;
    assert_eq!(status, 403, "{answer}");
    assert!(text(&answer["error_msg"]).contains("obs:bucket:CreateBucket"));
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 0);
    api.new_ca(told(&root("first"), json!({}))).await;
    let (status, answer) = api.call_as(&user.token, "POST", CAS, body).await;
    assert_eq!(status, 200, "{answer}");
}
