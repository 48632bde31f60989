//! `POST /v3.0/OS-CREDENTIAL/securitytokens`: temporary access keys.

use serde_json::{Value, json};

use crate::signatures::call_with_key;
use crate::support::{Api, fields};

const PATH: &str = "/v3.0/OS-CREDENTIAL/securitytokens";
const CAS: &str = "/v1/private-certificate-authorities";
const PCA: &str = r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["pca:*:*"]}]}"#;

/// A temporary key, as its client keeps it.
struct Key {
    access: String,
    secret: String,
    token: String,
}

impl Key {
    async fn new(api: &Api, token: &str, identity: Value) -> Self {
        let body = json!({ "auth": { "identity": identity } });
        let (status, answer) = api.call_as(token, "POST", PATH, Some(body)).await;
        assert_eq!(status, 201, "{answer}");
        let key = &answer["credential"];
        assert_eq!(
            fields(key),
            ["access", "expires_at", "secret", "securitytoken"]
        );
        let text = |field: &str| key[field].as_str().unwrap().to_owned();
        Self {
            access: text("access"),
            secret: text("secret"),
            token: text("securitytoken"),
        }
    }

    async fn call(&self, api: &Api, method: &str, path: &str) -> (u16, Value) {
        let headers = [("x-security-token", self.token.as_str())];
        let key = (self.access.as_str(), self.secret.as_str());
        call_with_key(api, key, &headers, (method, path), None).await
    }

    async fn refused(&self, api: &Api, why: &str) {
        let (status, answer) = self.call(api, "GET", CAS).await;
        assert_eq!((status, &answer["error_code"]), (401, &json!("APIGW.0301")));
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
    }
}

fn by_token(more: Value) -> Value {
    let mut identity = json!({ "methods": ["token"] });
    for (field, value) in more.as_object().unwrap() {
        identity[field] = value.clone();
    }
    identity
}

#[tokio::test]
async fn a_key_is_good_for_its_time_also_after_a_restart() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[PCA]).await;
    let key = Key::new(&api, &user.token, by_token(json!({}))).await;
    assert_eq!(key.call(&api, "GET", CAS).await.0, 200);
    let api = api.restart().await;
    api.clock.advance_ms(900_000 - 1);
    assert_eq!(key.call(&api, "GET", CAS).await.0, 200);
    api.clock.advance_ms(1);
    key.refused(&api, "the security token has expired").await;

    let mut api = api;
    api.log_in_again().await;
    let more = json!({ "token": { "duration_seconds": "86400" } });
    let long = Key::new(&api, &api.token, by_token(more)).await;
    api.clock.advance_ms(86_399_000);
    assert_eq!(long.call(&api, "GET", CAS).await.0, 200);
}

#[tokio::test]
async fn a_key_is_of_the_token_that_is_named() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[PCA]).await;
    let nobody = api.user_without_policy().await;
    let more = json!({ "token": { "id": user.token } });
    let key = Key::new(&api, &nobody.token, by_token(more)).await;
    assert_eq!(key.call(&api, "GET", CAS).await.0, 200);
    let key = Key::new(&api, &nobody.token, by_token(json!({}))).await;
    assert_eq!(key.call(&api, "GET", CAS).await.0, 403);
}

#[tokio::test]
async fn a_key_needs_its_own_token() {
    let api = Api::start().await;
    let key = Key::new(&api, &api.token, by_token(json!({}))).await;
    let other = Key::new(&api, &api.token, by_token(json!({}))).await;
    let (status, answer) =
        call_with_key(&api, (&key.access, &key.secret), &[], ("GET", CAS), None).await;
    assert_eq!(status, 401);
    let message = answer["error_msg"].as_str().unwrap();
    assert!(message.contains("not exist"), "{message}");
    let flipped = key.token.replace(&key.token[40..41], "_");
    for token in [
        other.token.clone(),
        "AAAA".to_owned(),
        flipped,
        "x".repeat(8_193),
    ] {
        let with = |token| Key {
            access: key.access.clone(),
            secret: key.secret.clone(),
            token,
        };
        with(token)
            .refused(&api, "the security token is not valid")
            .await;
    }
    let stolen = Key {
        access: key.access.clone(),
        secret: other.secret.clone(),
        token: key.token.clone(),
    };
    stolen.refused(&api, "verify aksk signature fail").await;
}

#[tokio::test]
async fn a_policy_narrows_a_key_and_widens_nothing() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[PCA]).await;
    let list = json!({ "Version": "1.1", "Statement": [
        { "Effect": "Allow", "Action": ["pca:ca:list", "scm:cert:list"] },
    ] });
    let key = Key::new(&api, &user.token, by_token(json!({ "policy": list }))).await;
    assert_eq!(key.call(&api, "GET", CAS).await.0, 200);
    let (status, _) = key.call(&api, "GET", "/v1/private-certificates").await;
    assert_eq!(status, 403, "not in the key's policy");
    let (status, _) = key.call(&api, "GET", "/v3/scm/certificates").await;
    assert!(status == 401 || status == 403, "not in the user's policies");
}

#[tokio::test]
async fn a_key_falls_with_its_user_and_stays_in_its_project() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[PCA]).await;
    let key = Key::new(&api, &user.token, by_token(json!({}))).await;
    // Its token was limited to a project, and so is the key.
    let elsewhere = "/v2/ffffffffffffffffffffffffffffffff/instances";
    assert!(key.call(&api, "GET", elsewhere).await.0 >= 400);
    let mut tx = chancery_store::Transaction::new("test.disable");
    tx.set_user_enabled(&api.domain_id, &user.id, false);
    api.store.commit(tx).await.unwrap();
    api.clock.advance_ms(60_000); // what is remembered is forgotten
    key.refused(&api, "not exist").await;
}

#[tokio::test]
async fn a_temporary_key_makes_no_others() {
    let api = Api::start().await;
    let key = Key::new(&api, &api.token, by_token(json!({}))).await;
    let headers = [("x-security-token", key.token.as_str())];
    let signed = (key.access.as_str(), key.secret.as_str());
    let temporary = json!({ "auth": { "identity": { "methods": ["token"] } } });
    let permanent = json!({ "credential": { "user_id": "0" } });
    let keys = "/v3.0/OS-CREDENTIAL/credentials";
    for (path, body) in [(PATH, temporary), (keys, permanent)] {
        let call = call_with_key(&api, signed, &headers, ("POST", path), Some(body));
        let (status, answer) = call.await;
        assert_eq!((status, &answer["error_code"]), (403, &json!("IAM.0003")));
    }
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = Api::start().await;
    let duration = "auth.identity.token.duration_seconds must be a number from 900 to 86400";
    for (identity, says) in [
        (json!({}), "auth.identity.methods is required"),
        (
            json!({ "methods": ["assume_role"] }),
            "auth.identity.methods must be",
        ),
        (
            by_token(json!({ "token": { "duration_seconds": 899 } })),
            duration,
        ),
        (
            by_token(json!({ "token": { "duration_seconds": 86401 } })),
            duration,
        ),
        (
            by_token(json!({ "policy": { "Version": "2.0", "Statement": [] } })),
            "auth.identity.policy cannot be taken",
        ),
    ] {
        let body = json!({ "auth": { "identity": identity } });
        let (status, answer) = api.call("POST", PATH, Some(body)).await;
        assert_eq!(status, 400, "{answer}");
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
}
