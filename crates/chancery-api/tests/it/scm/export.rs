//! `POST /v3/scm/certificates/{certificate_id}/export`.

use axum::body::Body;
use chancery_crypto::KeyAlgorithm;
use http::Request;
use http::header::CACHE_CONTROL;
use serde_json::json;

use super::material::{Chain, Wanted, bring};
use crate::support::{Api, fields, read};

#[tokio::test]
async fn gives_back_what_was_brought() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted::default());
    let id = bring(&api, chain.body(&server)).await;
    let path = format!("/v3/scm/certificates/{id}/export");

    let request = Request::post(&path).header("x-auth-token", &api.token);
    let response = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let (_, exported) = read(response).await;
    assert_eq!(
        fields(&exported),
        [
            "certificate",
            "certificate_chain",
            "entire_certificate",
            "private_key"
        ]
    );
    let (leaf, intermediate, root) = (server.pem(), chain.intermediate.pem(), chain.root.pem());
    assert_eq!(exported["certificate"], leaf.trim_end());
    assert_eq!(
        exported["certificate_chain"],
        format!("{intermediate}{root}").trim_end()
    );
    assert_eq!(
        exported["entire_certificate"],
        format!("{leaf}{intermediate}{root}").trim_end()
    );
    assert_eq!(exported["private_key"], server.key_pem().trim_end());
    // An empty object is no body, nor is `null`.
    for body in [json!({}), json!(null)] {
        assert_eq!(api.succeed("POST", &path, Some(body)).await, exported);
    }
}

#[tokio::test]
async fn rsa_keys_are_pkcs1() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted {
        algorithm: KeyAlgorithm::Rsa2048,
        ..Wanted::default()
    });
    let id = bring(&api, chain.body(&server)).await;
    let exported = api
        .succeed("POST", &format!("/v3/scm/certificates/{id}/export"), None)
        .await;
    assert_eq!(exported["private_key"], server.pkcs1_pem().trim_end());
}

#[tokio::test]
async fn without_a_chain_its_text_is_empty() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted::default());
    let mut body = chain.body(&server);
    body["certificate_chain"] = "".into();
    let id = bring(&api, body).await;
    let exported = api
        .succeed("POST", &format!("/v3/scm/certificates/{id}/export"), None)
        .await;
    assert_eq!(exported["certificate_chain"], "");
    assert_eq!(exported["entire_certificate"], exported["certificate"]);
}

#[tokio::test]
async fn a_body_must_be_an_object() {
    let api = Api::start().await;
    let id = Chain::new().bring(&api, "web", &Wanted::default()).await;
    let path = format!("/v3/scm/certificates/{id}/export");
    let call = ("POST", path.as_str());
    let body = Some(json!("x"));
    api.refused(call, body, (400, "SCM.0005"), "the body must be an object")
        .await;
}

#[tokio::test]
async fn without_an_audit_row_nothing_is_given_out() {
    let api = Api::start().await;
    let id = Chain::new().bring(&api, "web", &Wanted::default()).await;
    let path = format!("/v3/scm/certificates/{id}/export");
    api.faults.refuse(Some("store_certificate.export"));
    let call = ("POST", path.as_str());
    api.refused(call, None, (500, "SCM.0038"), "internal server error")
        .await;
    api.faults.refuse(None);
    api.succeed("POST", &path, None).await;
}

#[tokio::test]
async fn it_survives_a_restart() {
    let api = Api::start().await;
    let id = Chain::new().bring(&api, "web", &Wanted::default()).await;
    let path = format!("/v3/scm/certificates/{id}/export");
    let before = api.succeed("POST", &path, None).await;
    let api = api.restart().await;
    assert_eq!(api.succeed("POST", &path, None).await, before);
}
