//! `/v3/users` and `/v3.0/OS-USER/users`.

use serde_json::{Value, json};

use super::{NEW_PASSWORD, start, text};
use crate::signatures::call_with_key;
use crate::support::{Api, PASSWORD};

const USERS: &str = "/v3/users";
const FULL: &str = "/v3.0/OS-USER/users";
const KEYS: &str = "/v3.0/OS-CREDENTIAL/credentials";
const BASE: &str = "https://desk.example:8443";

#[tokio::test]
async fn a_user_is_made_shown_and_listed() {
    let api = start().await;
    let body = json!({ "user": {
        "name": "alice", "domain_id": api.domain_id, "password": NEW_PASSWORD,
        "enabled": true, "description": "of a test",
    } });
    let (status, answer) = api.call("POST", USERS, Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    let id = text(&answer["user"]["id"]);
    let link = format!("{BASE}/v3/users/{id}");
    let mut expected = json!({
        "id": id, "domain_id": api.domain_id, "name": "alice", "description": "of a test",
        "enabled": true, "pwd_status": true, "password_expires_at": null,
        "links": { "self": link },
    });
    assert_eq!(answer, json!({ "user": expected }));
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 201);
    assert_eq!(api.login_status("alice", PASSWORD).await, 401);

    let path = format!("{USERS}/{id}");
    expected["access_mode"] = "default".into();
    expected["links"] = json!({ "self": link, "previous": null, "next": null });
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer, json!({ "user": expected }));
    let found = |query: &'static str| {
        let api = &api;
        async move { api.succeed("GET", &format!("{USERS}{query}"), None).await }
    };
    let both = found("").await;
    assert_eq!(both["users"].as_array().unwrap().len(), 2);
    assert_eq!(both["links"]["self"], format!("{BASE}{USERS}"));
    assert_eq!(both["users"][0]["name"], "administrator", "by name");
    assert_eq!(both["users"][1], expected);
    for (query, count) in [
        ("?name=alice", 1),
        ("?name=ali", 0),
        ("?enabled=true", 2),
        ("?enabled=false", 0),
        ("?password_expires_at=lt:2030-01-01T00:00:00Z", 0),
    ] {
        let users = found(query).await["users"].as_array().unwrap().len();
        assert_eq!(users, count, "{query}");
    }
    let detail = api.audited(&id, "iam:users:createUser").await;
    assert!(detail.contains("alice") && !detail.contains(NEW_PASSWORD));
}

#[tokio::test]
async fn a_user_has_what_version_3_0_knows_of_her() {
    let api = start().await;
    let body = json!({ "user": {
        "name": "alice", "domain_id": api.domain_id, "email": "a@team.example",
        "areacode": "0086", "phone": "13800000000", "access_mode": "programmatic",
        "xuser_type": "ldap", "xuser_id": "42", "enabled": false, "pwd_status": false,
    } });
    let (status, answer) = api.call("POST", FULL, Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    let id = text(&answer["user"]["id"]);
    let mut expected = json!({
        "id": id, "domain_id": api.domain_id, "name": "alice", "description": "",
        "enabled": false, "is_domain_owner": false, "access_mode": "programmatic",
        "email": "a@team.example", "areacode": "0086", "phone": "13800000000",
        "xuser_type": "ldap", "xuser_id": "42", "pwd_status": false,
        "create_time": "2026-06-01 12:00:00.000000",
    });
    assert_eq!(answer, json!({ "user": expected }));
    let path = format!("{FULL}/{id}");
    let answer = api.succeed("GET", &path, None).await;
    let mut shown = expected.clone();
    for name in [
        "update_time",
        "pwd_create_time",
        "modify_pwd_time",
        "last_login_time",
        "last_pwd_auth_time",
    ] {
        shown[name] = Value::Null;
    }
    let link = format!("{BASE}/v3/users/{id}");
    shown["links"] = json!({ "self": link, "previous": null, "next": null });
    assert_eq!(answer, json!({ "user": shown }));

    api.clock.advance_ms(1_000);
    let body = json!({ "user": {
        "email": "", "areacode": "", "phone": "", "access_mode": "default",
        "enabled": true, "description": "d", "password": NEW_PASSWORD, "pwd_status": true,
    } });
    let answer = api.succeed("PUT", &path, Some(body)).await;
    for (name, value) in [
        ("email", json!("")),
        ("areacode", json!("")),
        ("phone", json!("")),
        ("access_mode", json!("default")),
        ("enabled", json!(true)),
        ("description", json!("d")),
        ("pwd_status", json!(true)),
        ("links", json!({ "self": link })),
    ] {
        expected[name] = value;
    }
    assert_eq!(answer, json!({ "user": expected }));
    let answer = api.succeed("GET", &path, None).await;
    for name in ["update_time", "pwd_create_time"] {
        assert_eq!(answer["user"][name], "2026-06-01 12:00:01.000000", "{name}");
    }
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 201);
}

#[tokio::test]
async fn a_user_without_a_password_does_not_log_in() {
    let api = start().await;
    let body = json!({ "user": { "name": "robot" } });
    let answer = api.succeed("POST", USERS, Some(body)).await;
    assert_eq!(answer["user"]["pwd_status"], false);
    for password in ["", "password", NEW_PASSWORD] {
        assert_eq!(api.login_status("robot", password).await, 401);
    }
    // A key of theirs works.
    let id = text(&answer["user"]["id"]);
    let (access, secret) = key_of(&api, &id).await;
    assert_eq!(who(&api, &access, &secret).await, 200);
    // What they are asked for once they have one may be said before.
    let body = json!({ "user": { "name": "later", "pwd_status": true } });
    let answer = api.succeed("POST", USERS, Some(body)).await;
    assert_eq!(answer["user"]["pwd_status"], true);
}

/// A key that the administrator makes for a user.
async fn key_of(api: &Api, user_id: &str) -> (String, String) {
    let body = json!({ "credential": { "user_id": user_id } });
    let answer = api.succeed("POST", KEYS, Some(body)).await;
    let key = &answer["credential"];
    (text(&key["access"]), text(&key["secret"]))
}

/// The status of a call that needs no permission, signed with a key.
async fn who(api: &Api, access: &str, secret: &str) -> u16 {
    let call = ("GET", "/v3/auth/domains");
    call_with_key(api, (access, secret), &[], call, None)
        .await
        .0
}

#[tokio::test]
async fn a_user_who_is_disabled_is_out_at_once() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let token = api.token_of("alice").await;
    let (access, secret) = key_of(&api, &id).await;
    let asks = |token: String| {
        let api = &api;
        async move {
            let (status, _) = api.call_as(&token, "GET", "/v3/auth/domains", None).await;
            status.as_u16()
        }
    };
    let body = json!({ "auth": { "identity": { "methods": ["token"] } } });
    let (status, temporary) = api
        .call_as(
            &token,
            "POST",
            "/v3.0/OS-CREDENTIAL/securitytokens",
            Some(body),
        )
        .await;
    assert_eq!(status, 201, "{temporary}");
    let temporary = &temporary["credential"];
    let (brief, brief_secret) = (text(&temporary["access"]), text(&temporary["secret"]));
    let session = text(&temporary["securitytoken"]);
    let headers = [("x-security-token", session.as_str())];
    let with_brief = || async {
        let call = ("GET", "/v3/auth/domains");
        let key = (brief.as_str(), brief_secret.as_str());
        call_with_key(&api, key, &headers, call, None).await.0
    };
    assert_eq!(asks(token.clone()).await, 200);
    assert_eq!(who(&api, &access, &secret).await, 200);
    assert_eq!(with_brief().await, 200);

    let path = format!("{USERS}/{id}");
    let disable = json!({ "user": { "enabled": false } });
    let answer = api.succeed("PATCH", &path, Some(disable)).await;
    assert_eq!(answer["user"]["enabled"], false);
    assert_eq!(asks(token.clone()).await, 401);
    assert_eq!(who(&api, &access, &secret).await, 401);
    assert_eq!(with_brief().await, 401);
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 401);
    let detail = api.audited(&id, "iam:users:updateUser").await;
    assert!(detail.contains("\"enabled\":false"), "{detail}");

    // Enabled again, their keys sign again; their tokens are gone.
    let enable = json!({ "user": { "enabled": "true" } });
    api.succeed("PATCH", &path, Some(enable)).await;
    assert_eq!(asks(token).await, 401);
    assert_eq!(who(&api, &access, &secret).await, 200);
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 201);

    // Deleted, nothing is left.
    let token = api.token_of("alice").await;
    let (status, _) = api.call("DELETE", &path, None).await;
    assert_eq!(status, 204);
    assert_eq!(asks(token).await, 401);
    assert_eq!(who(&api, &access, &secret).await, 401);
    assert_eq!(with_brief().await, 401);
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 401);
    for method in ["GET", "DELETE"] {
        let admin = &api.token;
        api.is_refused(admin, (method, &path), None, (404, "user"))
            .await;
    }
    api.audited(&id, "iam:users:deleteUser").await;
}

#[tokio::test]
async fn a_user_sees_herself_without_permission() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let other = api.new_user("bob").await;
    let token = api.token_of("alice").await;
    for (base, rest) in [
        (USERS, ""),
        (FULL, ""),
        (USERS, "/groups"),
        (USERS, "/projects"),
    ] {
        let (status, answer) = api
            .call_as(&token, "GET", &format!("{base}/{id}{rest}"), None)
            .await;
        assert_eq!(status, 200, "{answer}");
        let path = format!("{base}/{other}{rest}");
        api.is_refused(&token, ("GET", &path), None, (403, "iam:"))
            .await;
    }
    let path = format!("{USERS}/{id}/projects");
    let (_, answer) = api.call_as(&token, "GET", &path, None).await;
    assert_eq!(answer["projects"][0]["id"], api.project_id.as_str());
}

#[tokio::test]
async fn someone_who_may_do_everything_remains() {
    let api = start().await;
    let users = api.succeed("GET", USERS, None).await;
    let owner = text(&users["users"][0]["id"]);
    let path = format!("{FULL}/{owner}");
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer["user"]["is_domain_owner"], true);

    // A second administrator neither changes the owner nor takes themselves away.
    let (boss, group) = api.new_member("boss").await;
    let role = api.system_role("FullAccess").await;
    api.grant(&group, &role).await;
    let token = api.token_of("boss").await;
    let owner = format!("{USERS}/{owner}");
    let themselves = format!("{USERS}/{boss}");
    let by_nobody_else = (403, "changed by nobody else");
    for body in [
        json!({ "enabled": false }),
        json!({ "password": "Third-Pass-2026" }),
        json!({ "name": "nobody" }),
    ] {
        let body = Some(json!({ "user": body }));
        api.is_refused(&token, ("PATCH", &owner), body.clone(), by_nobody_else)
            .await;
        api.is_refused(&token, ("PUT", &path), body, by_nobody_else)
            .await;
    }
    api.is_refused(&token, ("DELETE", &owner), None, by_nobody_else)
        .await;
    // Nor is any of the owner's keys theirs, to be switched off or deleted.
    let owner_id = owner.trim_start_matches("/v3/users/");
    let (access, _) = key_of(&api, owner_id).await;
    let theirs = format!("{KEYS}/{access}");
    let off = json!({ "credential": { "status": "inactive" } });
    api.is_refused(&token, ("PUT", &theirs), Some(off), by_nobody_else)
        .await;
    api.is_refused(&token, ("DELETE", &theirs), None, by_nobody_else)
        .await;
    // Nor does a group that denies everything take anything from them.
    let nothing = json!({ "Effect": "Deny", "Action": ["*"] });
    let nothing = api.new_policy("nothing", nothing).await;
    let locked = api.new_group("locked").await;
    api.grant(&locked, &nothing).await;
    let member = format!("/v3/groups/{locked}/users/{owner_id}");
    let (status, _) = api.call_as(&token, "PUT", &member, None).await;
    assert_eq!(status, 204);
    api.succeed("GET", USERS, None).await;
    let key = json!({ "credential": { "user_id": owner_id } });
    api.is_refused(&token, ("POST", KEYS), Some(key), by_nobody_else)
        .await;
    let disable = || Some(json!({ "user": { "enabled": false } }));
    let not_themselves = (403, "disable themselves");
    api.is_refused(&token, ("PATCH", &themselves), disable(), not_themselves)
        .await;
    api.is_refused(
        &token,
        ("DELETE", &themselves),
        None,
        (403, "delete themselves"),
    )
    .await;
    // Nor does the owner.
    api.is_refused(&api.token, ("PATCH", &owner), disable(), not_themselves)
        .await;
    api.is_refused(
        &api.token,
        ("DELETE", &owner),
        None,
        (403, "delete themselves"),
    )
    .await;
    // They change themselves otherwise, and the boss.
    let body = json!({ "user": { "description": "the owner" } });
    api.succeed("PATCH", &owner, Some(body)).await;
    let (status, _) = api.call("DELETE", &themselves, None).await;
    assert_eq!(status, 204);
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let long = |length: usize| "x".repeat(length);
    let user = |change: Value| {
        let mut user = json!({ "name": "bob", "password": NEW_PASSWORD });
        for (name, value) in change.as_object().unwrap() {
            user[name] = value.clone();
        }
        json!({ "user": user })
    };
    let cases = [
        (json!({}), 400, "user is required"),
        (json!({ "user": {} }), 400, "user.name is required"),
        (
            user(json!({ "name": "1bob" })),
            400,
            "user.name must have 1 to 64",
        ),
        (
            user(json!({ "name": long(65) })),
            400,
            "user.name must have 1 to 64",
        ),
        (
            user(json!({ "name": "b/b" })),
            400,
            "user.name must have 1 to 64",
        ),
        (user(json!({ "name": "alice" })), 409, "this name already"),
        (
            user(json!({ "password": "abcdefgh" })),
            400,
            "user.password must have 8 to 32",
        ),
        (
            user(json!({ "password": "Ab1" })),
            400,
            "user.password must have 8 to 32",
        ),
        (
            user(json!({ "password": 5 })),
            400,
            "user.password must be a string",
        ),
        (
            user(json!({ "email": "b@x.example", "password": "b@x.exampleA1" })),
            400,
            "nor hold their e-mail",
        ),
        (
            user(json!({ "description": long(256) })),
            400,
            "user.description must have at most 255",
        ),
        (
            user(json!({ "description": "a\nb" })),
            400,
            "no control characters",
        ),
        (
            user(json!({ "email": "nobody" })),
            400,
            "an e-mail address without spaces",
        ),
        (
            user(json!({ "phone": "1" })),
            400,
            "together with user.areacode",
        ),
        (
            user(json!({ "areacode": "x", "phone": "1" })),
            400,
            "user.areacode must have at most 32",
        ),
        (
            user(json!({ "xuser_id": "1" })),
            400,
            "together with user.xuser_type",
        ),
        (
            user(json!({ "access_mode": "console" })),
            400,
            "user.access_mode must be default or",
        ),
        (
            user(json!({ "enabled": "perhaps" })),
            400,
            "user.enabled must be true or false",
        ),
        (
            user(json!({ "domain_id": "other" })),
            404,
            "the account other does not exist",
        ),
    ];
    for (body, status, says) in cases {
        for path in [USERS, FULL] {
            let call = ("POST", path);
            api.is_refused(&api.token, call, Some(body.clone()), (status, says))
                .await;
        }
        let sparse = says.contains("required");
        for (method, path) in [
            ("PATCH", format!("{USERS}/{id}")),
            ("PUT", format!("{FULL}/{id}")),
        ] {
            // Their own name is not another's; a change may leave out anything.
            if !sparse && status != 409 {
                let body = Some(body.clone());
                api.is_refused(&api.token, (method, &path), body, (status, says))
                    .await;
            }
        }
    }
    let path = format!("{USERS}?enabled=perhaps");
    let refused = (400, "enabled must be true or false");
    api.is_refused(&api.token, ("GET", &path), None, refused)
        .await;
    let answer = api.succeed("GET", USERS, None).await;
    assert_eq!(answer["users"].as_array().unwrap().len(), 2);
    assert_eq!(api.login_status("alice", NEW_PASSWORD).await, 201);
    let bob = api.new_user("bob").await;
    let taken = json!({ "user": { "name": "alice" } });
    for (method, base) in [("PATCH", USERS), ("PUT", FULL)] {
        let call = (method, &*format!("{base}/{bob}"));
        api.is_refused(&api.token, call, Some(taken.clone()), (409, "already"))
            .await;
    }
}

#[tokio::test]
async fn another_account_does_not_see_her() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let stranger = api.other_account().await;
    let token = api
        .account_token(&stranger.domain_name, &stranger.name, PASSWORD)
        .await;
    let change = || Some(json!({ "user": { "description": "x" } }));
    for (method, path, body) in [
        ("GET", format!("{USERS}/{id}"), None),
        ("GET", format!("{FULL}/{id}"), None),
        ("PATCH", format!("{USERS}/{id}"), change()),
        ("PUT", format!("{FULL}/{id}"), change()),
        ("DELETE", format!("{USERS}/{id}"), None),
        ("GET", format!("{USERS}/{id}/groups"), None),
        ("GET", format!("{USERS}/{id}/projects"), None),
        ("GET", format!("{USERS}?domain_id={}", api.domain_id), None),
        (
            "GET",
            format!("/v3/groups?domain_id={}", api.domain_id),
            None,
        ),
        (
            "GET",
            format!("/v3/projects?domain_id={}", api.domain_id),
            None,
        ),
    ] {
        api.is_refused(&token, (method, &path), body, (404, "does not exist"))
            .await;
    }
    let (_, answer) = api.call_as(&token, "GET", USERS, None).await;
    assert_eq!(answer["users"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_has_only_so_many() {
    let api = Api::start_with(|settings| settings.quotas.users = 2).await;
    let api = super::unlimited(api).await;
    api.new_user("alice").await;
    let body = json!({ "user": { "name": "bob" } });
    let refused = (409, "at most 2 users");
    api.is_refused(&api.token, ("POST", USERS), Some(body), refused)
        .await;
}
