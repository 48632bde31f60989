//! `/v3.0/OS-CREDENTIAL/credentials`: permanent access keys.

use chancery_store::AuditFilter;
use serde_json::{Value, json};

use crate::signatures::call_with_key;
use crate::support::{Api, PASSWORD, User, fields};

const KEYS: &str = "/v3.0/OS-CREDENTIAL/credentials";
const CAS: &str = "/v1/private-certificate-authorities";
const CAS_ONLY: &str =
    r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["pca:ca:list"]}]}"#;
const KEYS_OF_ALL: &str =
    r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["iam:credentials:*"]}]}"#;

/// A token of a user that is not limited to a project.
async fn unlimited(api: &Api, user: &User) -> String {
    api.account_token(&user.domain_name, &user.name, PASSWORD)
        .await
}

async fn create(api: &Api, token: &str, user_id: &str) -> (u16, Value) {
    let body = json!({ "credential": { "user_id": user_id, "description": "of a test" } });
    let (status, answer) = api.call_as(token, "POST", KEYS, Some(body)).await;
    (status.as_u16(), answer)
}

async fn list_cas(api: &Api, access: &str, secret: &str) -> (u16, Value) {
    call_with_key(api, (access, secret), &[], ("GET", CAS), None).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_user_manages_her_own_keys() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[CAS_ONLY]).await;
    let token = unlimited(&api, &user).await;
    let (status, answer) = create(&api, &token, &user.id).await;
    assert_eq!(status, 201, "{answer}");
    let key = &answer["credential"];
    assert_eq!(
        fields(key),
        [
            "access",
            "create_time",
            "description",
            "secret",
            "status",
            "user_id"
        ]
    );
    let (access, secret) = (text(&key["access"]), text(&key["secret"]));
    assert_eq!((access.len(), secret.len()), (20, 40));
    assert_eq!(key["status"], "active");
    assert_eq!(key["create_time"], "2026-06-01T12:00:00.000000Z");
    assert_eq!(list_cas(&api, access, secret).await.0, 200);

    let (_, listing) = api.call_as(&token, "GET", KEYS, None).await;
    let mut shown = key.clone();
    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!(listing, json!({ "credentials": [shown] }));
    let path = format!("{KEYS}/{access}");
    let (_, answer) = api.call_as(&token, "GET", &path, None).await;
    shown["last_use_time"] = Value::Null;
    assert_eq!(answer, json!({ "credential": shown }));

    // Not active, it signs nothing, from the next call on; active again, it does.
    for (wanted, expected) in [("inactive", 401), ("active", 200)] {
        let body = json!({ "credential": { "status": wanted, "description": "changed" } });
        let (status, answer) = api.call_as(&token, "PUT", &path, Some(body)).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["credential"]["status"], wanted);
        assert_eq!(answer["credential"]["description"], "changed");
        assert_eq!(list_cas(&api, access, secret).await.0, expected);
    }
    let nothing = json!({ "credential": {} });
    let (status, answer) = api.call_as(&token, "PUT", &path, Some(nothing)).await;
    assert_eq!(
        (status.as_u16(), text(&answer["error_code"])),
        (400, "IAM.0007")
    );
    assert!(text(&answer["error_msg"]).contains("a status, a description or both"));
    let (status, _) = api.call_as(&token, "DELETE", &path, None).await;
    assert_eq!(status, 204);
    let (status, answer) = list_cas(&api, access, secret).await;
    assert_eq!((status, &answer["error_code"]), (401, &json!("APIGW.0301")));
    let (status, answer) = api.call_as(&token, "GET", &path, None).await;
    assert_eq!(
        (status.as_u16(), text(&answer["error_code"])),
        (404, "IAM.0004")
    );

    let trail = AuditFilter {
        resource: Some(access.to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&trail, 10, 0).await.unwrap().rows;
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| !row.detail.contains(secret)));
}

#[tokio::test]
async fn keys_of_others_need_permission() {
    let api = Api::start().await;
    let alice = api.user_with("alice", &[CAS_ONLY]).await;
    let boss = api.user_with("boss", &[KEYS_OF_ALL]).await;
    let (theirs, bosses) = (unlimited(&api, &alice).await, unlimited(&api, &boss).await);
    let (status, answer) = create(&api, &bosses, &alice.id).await;
    assert_eq!(status, 201, "{answer}");
    let path = format!("{KEYS}/{}", text(&answer["credential"]["access"]));
    let (_, listing) = api
        .call_as(
            &bosses,
            "GET",
            &format!("{KEYS}?user_id={}", alice.id),
            None,
        )
        .await;
    assert_eq!(listing["credentials"].as_array().unwrap().len(), 1);

    let (status, answer) = create(&api, &theirs, &boss.id).await;
    assert_eq!((status, text(&answer["error_code"])), (403, "IAM.0003"));
    let message = text(&answer["error_msg"]);
    assert!(
        message.contains("iam:credentials:createCredential"),
        "{message}"
    );
    let carol = api.user_with("carol", &[CAS_ONLY]).await;
    for (method, target) in [
        ("GET", format!("{KEYS}?user_id={}", alice.id)),
        ("GET", path.clone()),
        ("PUT", path.clone()),
        ("DELETE", path.clone()),
    ] {
        let body = (method == "PUT").then(|| json!({ "credential": { "status": "inactive" } }));
        let (status, answer) = api.call_as(&carol.token, method, &target, body).await;
        assert_eq!(status, 403, "{method}: {answer}");
    }
    // Another account does not see that there is such a key.
    let stranger = api.other_account().await;
    let (status, _) = api.call_as(&stranger.token, "GET", &path, None).await;
    assert_eq!(status, 404);
    let theirs = unlimited(&api, &stranger).await;
    assert_eq!(create(&api, &theirs, &alice.id).await.0, 404);
}

#[tokio::test]
async fn limited_credentials_make_no_permanent_ones() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[KEYS_OF_ALL]).await;
    let (status, answer) = create(&api, &user.token, &user.id).await;
    assert_eq!(status, 403);
    let message = text(&answer["error_msg"]);
    assert!(
        message.contains("limited neither to a project nor in time"),
        "{message}"
    );
    // Nor do they give one back that was switched off.
    let (_, answer) = create(&api, &unlimited(&api, &user).await, &user.id).await;
    let path = format!("{KEYS}/{}", text(&answer["credential"]["access"]));
    let unlimited = unlimited(&api, &user).await;
    for (token, wanted, expected) in [
        (&unlimited, "inactive", 200),
        (&user.token, "active", 403),
        (&user.token, "inactive", 403),
    ] {
        let body = json!({ "credential": { "status": wanted } });
        let (status, answer) = api.call_as(token, "PUT", &path, Some(body)).await;
        assert_eq!(status, expected, "{answer}");
    }
}

#[tokio::test]
async fn a_user_has_at_most_two() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[]).await;
    let token = unlimited(&api, &user).await;
    for expected in [201, 201, 409] {
        let (status, answer) = create(&api, &token, &user.id).await;
        assert_eq!(status, expected, "{answer}");
    }
    let (_, listing) = api.call_as(&token, "GET", KEYS, None).await;
    assert_eq!(listing["credentials"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[]).await;
    let token = unlimited(&api, &user).await;
    let (_, answer) = create(&api, &token, &user.id).await;
    let path = format!("{KEYS}/{}", text(&answer["credential"]["access"]));
    let long = "d".repeat(256);
    for (method, target, body, says) in [
        ("POST", KEYS, json!({}), "credential is required"),
        (
            "POST",
            KEYS,
            json!({ "credential": {} }),
            "credential.user_id is required",
        ),
        (
            "POST",
            KEYS,
            json!({ "credential": { "user_id": user.id, "description": long } }),
            "description must have at most 255",
        ),
        (
            "POST",
            KEYS,
            json!({ "credential": { "user_id": user.id, "description": "a<b" } }),
            "none of @ # % & < >",
        ),
        (
            "PUT",
            &path,
            json!({ "credential": { "status": "paused" } }),
            "credential.status must be active or inactive",
        ),
    ] {
        let (status, answer) = api.call_as(&token, method, target, Some(body)).await;
        assert_eq!(status, 400, "{answer}");
        let message = text(&answer["error_msg"]);
        assert!(message.contains(says), "{message}");
    }
}

#[tokio::test]
async fn the_operators_key_is_replaced_after_it_was_deleted() {
    let api = super::start().await;
    let before = api.desk.bootstrap().await.unwrap();
    let user = json!({ "user": { "name": "root" } });
    let owner = &api.store.users(&api.domain_id).await.unwrap()[0].id;
    api.succeed("PATCH", &format!("/v3/users/{owner}"), Some(user))
        .await;
    let path = format!("{KEYS}/{}", before.access_key);
    api.succeed("DELETE", &path, None).await;
    assert_eq!(
        list_cas(&api, &before.access_key, &before.secret).await.0,
        401
    );

    let after = api.desk.bootstrap().await.unwrap();
    assert_ne!(after.access_key, before.access_key);
    assert_eq!(
        (after.user_name.as_str(), after.password.is_none()),
        ("root", true)
    );
    assert_eq!(
        list_cas(&api, &after.access_key, &after.secret).await.0,
        200
    );
    let again = api.desk.bootstrap().await.unwrap();
    assert_eq!(again.access_key, after.access_key);
}
