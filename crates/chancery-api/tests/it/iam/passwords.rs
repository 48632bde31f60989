//! Passwords: `/v3/users/{user_id}/password`, and what an administrator sets.

use serde_json::{Value, json};

use super::{NEW_PASSWORD, start};
use crate::support::fields;

const USERS: &str = "/v3/users";

#[tokio::test]
async fn a_password_set_by_the_administrator_ends_tokens() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let token = api.token_of("alice").await;
    let path = format!("{USERS}/{id}");
    let body =
        json!({ "user": { "name": "alicia", "password": "Third-Pass-2026", "domain_id": "" } });
    let answer = api.succeed("PATCH", &path, Some(body)).await;
    assert_eq!(
        fields(&answer["user"]),
        [
            "description",
            "domain_id",
            "enabled",
            "id",
            "links",
            "name",
            "password_expires_at",
            "pwd_status"
        ]
    );
    assert_eq!(answer["user"]["name"], "alicia");
    let (status, _) = api.call_as(&token, "GET", "/v3/auth/domains", None).await;
    assert_eq!(status, 401);
    assert_eq!(api.login_status("alicia", NEW_PASSWORD).await, 401);
    assert_eq!(api.login_status("alicia", "Third-Pass-2026").await, 201);
    let again = json!({ "user": { "password": "Third-Pass-2026" } });
    let admin = &api.token;
    api.is_refused(
        admin,
        ("PATCH", &path),
        Some(again),
        (400, "must not be the one"),
    )
    .await;
}

#[tokio::test]
async fn a_user_changes_her_own_password() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let token = api.token_of("alice").await;
    let path = format!("{USERS}/{id}/password");
    let body = |original: &str, password: &str| {
        Some(json!({ "user": { "original_password": original, "password": password } }))
    };
    for (original, password, says) in [
        (
            "Wrong-Pass-2026",
            "Third-Pass-2026",
            "user.original_password",
        ),
        (NEW_PASSWORD, NEW_PASSWORD, "must not be the one"),
        (NEW_PASSWORD, "short1", "user.password must have 8 to 32"),
        (NEW_PASSWORD, "alice", "user.password"),
    ] {
        let refused = (400, says);
        api.is_refused(&token, ("POST", &path), body(original, password), refused)
            .await;
    }
    let missing = Some(json!({ "user": { "password": "Third-Pass-2026" } }));
    let refused = (400, "user.original_password is required");
    api.is_refused(&token, ("POST", &path), missing, refused)
        .await;
    // Not even the administrator does it for them.
    let new = body(NEW_PASSWORD, "Third-Pass-2026");
    api.is_refused(
        &api.token,
        ("POST", &path),
        new.clone(),
        (403, "only their own"),
    )
    .await;

    let (status, answer) = api.call_as(&token, "POST", &path, new).await;
    assert_eq!((status.as_u16(), answer), (204, Value::Null));
    let (status, _) = api.call_as(&token, "GET", "/v3/auth/domains", None).await;
    assert_eq!(status, 401);
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 401);
    assert_eq!(api.login_status("alice", "Third-Pass-2026").await, 201);
    let answer = api.succeed("GET", &format!("{USERS}/{id}"), None).await;
    assert_eq!(answer["user"]["pwd_status"], false);
    api.audited(&id, "iam:users:updateUserPassword").await;
}
