//! What limited credentials leave alone: permanent access keys and the password.

use chancery_core::policy::FULL_ACCESS;
use serde_json::{Value, json};

use super::credentials::{Credential, LIST_CAS};
use super::{NEW_PASSWORD, text};
use crate::support::{Api, PASSWORD, User};

const KEYS: &str = "/v3.0/OS-CREDENTIAL/credentials";
const OWN_KEYS: &str =
    r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["iam:credentials:*"]}]}"#;

/// What changes permanent credentials of a user who has the key.
fn changes(user: &User, key: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let one = format!("{KEYS}/{key}");
    let change = |fields: Value| Some(json!({ "credential": fields }));
    let passwords = json!({ "original_password": PASSWORD, "password": NEW_PASSWORD });
    vec![
        (
            "POST",
            KEYS.to_owned(),
            change(json!({ "user_id": user.id })),
        ),
        ("PUT", one.clone(), change(json!({ "status": "active" }))),
        (
            "PUT",
            one.clone(),
            change(json!({ "description": "taken" })),
        ),
        ("PUT", one.clone(), change(json!({ "status": "inactive" }))),
        ("DELETE", one, None),
        (
            "POST",
            format!("/v3/users/{}/password", user.id),
            Some(json!({ "user": passwords })),
        ),
    ]
}

#[tokio::test]
async fn they_change_no_permanent_ones() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[FULL_ACCESS]).await;
    let permanent = Credential::permanent(&api, &user).await;
    let of_account = Credential::token(&api, &user, PASSWORD).await;
    let of_project = Credential::Token(user.token.clone());
    let limited = [
        ("a temporary key", permanent.temporary(&api, None).await),
        ("one of a token", of_account.temporary(&api, None).await),
        ("one of a project", of_project.temporary(&api, None).await),
        (
            "one that may",
            of_account.temporary(&api, Some(OWN_KEYS)).await,
        ),
        (
            "one that may all",
            of_account.temporary(&api, Some(FULL_ACCESS)).await,
        ),
        (
            "one that may not",
            permanent.temporary(&api, Some(LIST_CAS)).await,
        ),
        ("a token of a project", of_project),
    ];
    let before = api.store.access_key(permanent.access()).await.unwrap();
    let login = api.store.user(&api.domain_id, &user.id).await.unwrap();
    for (name, credential) in &limited {
        for (method, path, body) in changes(&user, permanent.access()) {
            let (status, answer) = credential.call(&api, (method, &path), body).await;
            assert_eq!(status, 403, "{name}: {method} {path}: {answer}");
            let code = answer["error_code"].as_str();
            let code = code.or(answer["error"]["code"].as_str());
            assert_eq!(code, Some("IAM.0003"), "{name}: {method} {path}");
        }
    }
    let keys = api.store.access_keys(&api.domain_id, &user.id).await;
    assert_eq!(keys.unwrap(), [before.unwrap()]);
    assert_eq!(
        api.store.user(&api.domain_id, &user.id).await.unwrap(),
        login
    );

    // What is not limited does all of it.
    for (number, credential) in [of_account, permanent].into_iter().enumerate() {
        let other = Credential::permanent(&api, &user).await;
        for (method, path, body) in changes(&user, other.access()) {
            if method == "POST" && path == KEYS || path.ends_with("/password") {
                continue; // there is room for two; the password comes at the end
            }
            let (status, answer) = credential.call(&api, (method, &path), body).await;
            assert!((200..300).contains(&status), "{number} {method}: {answer}");
        }
    }
    let token = Credential::token(&api, &user, PASSWORD).await;
    let (method, path, body) = changes(&user, "").pop().unwrap();
    assert_eq!(token.call(&api, (method, &path), body).await.0, 204);
}

#[tokio::test]
async fn they_ask_who_they_are() {
    let api = Api::start().await;
    let user = api.user_without_policy().await;
    let token = Credential::token(&api, &user, PASSWORD).await;
    let own = format!("/v3/users/{}", user.id);
    for (name, credential) in [
        ("temporary", token.temporary(&api, None).await),
        ("of a project", Credential::Token(user.token.clone())),
    ] {
        for path in ["/v3/auth/domains", "/v3/auth/projects", KEYS, &own] {
            let (status, answer) = credential.call(&api, ("GET", path), None).await;
            assert_eq!(status, 200, "{name} {path}: {answer}");
        }
        for (method, expected) in [("GET", 200), ("DELETE", 204)] {
            let Credential::Token(subject) = token.exchanged(&api).await else {
                panic!("no token")
            };
            let call = (method, "/v3/auth/tokens");
            let (status, answer) = credential
                .call_about(&api, Some(&subject), call, None)
                .await;
            assert_eq!(status, expected, "{name} {method}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_key_narrowed_to_a_call_makes_it() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[FULL_ACCESS]).await;
    let permanent = Credential::permanent(&api, &user).await;
    let own = format!("/v3/users/{}", user.id);
    let allow = |action: &str, resource: &str| {
        let statement = json!({ "Effect": "Allow", "Action": [action], "Resource": [resource] });
        json!({ "Version": "1.1", "Statement": [statement] }).to_string()
    };
    let me = format!("iam:*:*:user:{}", user.id);
    for (action, resource, path, expected) in [
        ("iam:credentials:listCredentials", "*", KEYS, 200),
        ("iam:credentials:listCredentials", me.as_str(), KEYS, 200),
        (
            "iam:credentials:listCredentials",
            "iam:*:*:user:0",
            KEYS,
            403,
        ),
        ("iam:credentials:getCredential", "*", KEYS, 403),
        ("iam:users:getUser", me.as_str(), own.as_str(), 200),
        ("iam:users:listUsers", "*", own.as_str(), 403),
    ] {
        let policy = allow(action, resource);
        let key = permanent.temporary(&api, Some(&policy)).await;
        let (status, answer) = key.call(&api, ("GET", path), None).await;
        assert_eq!(status, expected, "{action} {resource} {path}: {answer}");
    }
    // What is sent decides which of two actions this is.
    let project = "/v1.0/enterprise-projects";
    let body = json!({ "name": "team" });
    let made = api.succeed("POST", project, Some(body)).await;
    let path = format!(
        "{project}/{}/action",
        text(&made["enterprise_project"]["id"])
    );
    let policy = allow("eps:enterpriseProjects:disable", "*");
    let key = permanent.temporary(&api, Some(&policy)).await;
    for (action, expected) in [("enable", 403), ("disable", 204)] {
        let body = json!({ "action": action });
        let (status, answer) = key.call(&api, ("POST", &path), Some(body)).await;
        assert_eq!(status, expected, "{action}: {answer}");
    }
}

#[tokio::test]
async fn a_key_for_the_holder_of_a_token_asks_the_policies_of_both() {
    const NONE: &str = r#"{"Version":"5.0","Statement":[{"Effect":"Deny",
        "Action":["iam:credentials:createTemporaryAccessKey"]}]}"#;
    let api = Api::start().await;
    let denied = api.user_with("alice", &[FULL_ACCESS, NONE]).await;
    let free = api.user_with("bob", &[]).await;
    for (caller, holder, expected) in [
        (&free, &denied, 403),
        (&denied, &free, 403),
        (&free, &free, 201),
    ] {
        let identity = json!({ "methods": ["token"], "token": { "id": holder.token } });
        let body = json!({ "auth": { "identity": identity } });
        let path = "/v3.0/OS-CREDENTIAL/securitytokens";
        let (status, answer) = api.call_as(&caller.token, "POST", path, Some(body)).await;
        assert_eq!(
            status, expected,
            "{} {}: {answer}",
            caller.name, holder.name
        );
    }
}
