//! `POST /v3/auth/tokens` and `GET /v3/auth/tokens`.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::support::{Api, DAY, PASSWORD, fields, read};

const TOKENS: &str = "/v3/auth/tokens";

/// A login by password.
fn password(api: &Api, user: &str, password: &str) -> Value {
    json!({ "methods": ["password"], "password": { "user": {
        "domain": { "name": api.domain_name }, "name": user, "password": password,
    } } })
}

/// A login by token.
fn token(text: &str) -> Value {
    json!({ "methods": ["token"], "token": { "id": text } })
}

/// Status, token and body of a login.
async fn log_in(api: &Api, path: &str, identity: Value, scope: Option<Value>) -> Login {
    let mut auth = json!({ "identity": identity });
    if let Some(scope) = scope {
        auth["scope"] = scope;
    }
    let body = json!({ "auth": auth }).to_string();
    let request = Request::post(path).header("content-type", "application/json;charset=utf8");
    let response = api.send(request.body(Body::from(body)).unwrap()).await;
    let token = response.headers().get("x-subject-token");
    let token = token.map(|token| token.to_str().unwrap().to_owned());
    let no_store = response
        .headers()
        .get("cache-control")
        .is_some_and(|v| v == "no-store");
    let (status, body) = read(response).await;
    assert_eq!(
        token.is_some(),
        no_store,
        "what holds a token is not cached"
    );
    Login {
        status: status.as_u16(),
        token,
        body,
    }
}

struct Login {
    status: u16,
    token: Option<String>,
    body: Value,
}

impl Login {
    fn token(&self) -> &str {
        assert_eq!(self.status, 201, "{}", self.body);
        self.token.as_deref().unwrap()
    }

    fn refused(&self, status: u16, code: &str, text: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert!(self.token.is_none());
        assert_eq!(self.body["error"]["code"], code, "{}", self.body);
        let message = self.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

/// Describes a token to the administrator.
async fn describe(api: &Api, subject: &str, query: &str) -> (u16, Value) {
    let request = Request::get(format!("{TOKENS}{query}"))
        .header("x-auth-token", &api.token)
        .header("x-subject-token", subject);
    let response = api.send(request.body(Body::empty()).unwrap()).await;
    if response.status() == 200 {
        assert_eq!(response.headers()["x-subject-token"], subject);
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let (status, body) = read(response).await;
    (status.as_u16(), body)
}

#[tokio::test]
async fn a_password_buys_a_token_for_a_project() {
    let api = Api::start().await;
    let identity = || password(&api, &api.user_name, &api.password);
    for scope in [
        json!({ "project": { "id": api.project_id } }),
        json!({ "project": { "name": "cn-north-4" } }),
    ] {
        let login = log_in(&api, TOKENS, identity(), Some(scope)).await;
        assert!(login.token().len() <= 512);
        assert_eq!(fields(&login.body), ["token"]);
        let token = &login.body["token"];
        assert_eq!(
            fields(token),
            [
                "catalog",
                "expires_at",
                "issued_at",
                "methods",
                "project",
                "roles",
                "user"
            ]
        );
        let domain = json!({ "id": api.domain_id, "name": api.domain_name });
        assert_eq!(token["methods"], json!(["password"]));
        assert_eq!(token["issued_at"], "2026-06-01T12:00:00.000000Z");
        assert_eq!(token["expires_at"], "2026-06-02T12:00:00.000000Z");
        assert_eq!(token["catalog"], json!([]));
        assert_eq!(token["user"]["name"], api.user_name.as_str());
        assert_eq!(token["user"]["domain"], domain);
        assert_eq!(token["user"]["password_expires_at"], "");
        assert_eq!(
            token["project"],
            json!({ "id": api.project_id, "name": "cn-north-4", "domain": domain })
        );
        assert!(
            !login.body.to_string().contains(login.token()),
            "only in the header"
        );
        let (status, _) = api
            .call_as(login.token(), "GET", "/v3/projects", None)
            .await;
        assert_eq!(status, 200);
    }
}

#[tokio::test]
async fn a_password_buys_a_token_for_the_account() {
    let api = Api::start().await;
    let identity = || password(&api, &api.user_name, &api.password);
    for scope in [
        None,
        Some(json!({})),
        Some(json!({ "domain": { "id": api.domain_id } })),
        Some(json!({ "domain": { "name": api.domain_name } })),
    ] {
        let login = log_in(&api, TOKENS, identity(), scope).await;
        login.token();
        let token = &login.body["token"];
        assert_eq!(token["project"], Value::Null);
        assert_eq!(
            token["domain"],
            json!({ "id": api.domain_id, "name": api.domain_name })
        );
    }
}

#[tokio::test]
async fn nocatalog_leaves_the_catalog_out() {
    let api = Api::start().await;
    let identity = password(&api, &api.user_name, &api.password);
    let login = log_in(&api, "/v3/auth/tokens?nocatalog=true", identity, None).await;
    login.token();
    assert!(!fields(&login.body["token"]).contains(&"catalog"));
    let (status, described) = describe(&api, login.token(), "?nocatalog=1").await;
    assert_eq!(status, 200);
    assert!(!fields(&described["token"]).contains(&"catalog"));
}

#[tokio::test]
async fn scopes_that_are_not_the_users() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let identity = || password(&api, &api.user_name, &api.password);
    for (scope, status, code, text) in [
        (
            json!({ "project": { "id": other.project_id } }),
            404,
            "IAM.0004",
            "project",
        ),
        (
            json!({ "project": { "name": "no-such-region" } }),
            404,
            "IAM.0004",
            "project",
        ),
        (
            json!({ "domain": { "id": other.domain_id } }),
            401,
            "IAM.0062",
            "account",
        ),
        (
            json!({ "project": {} }),
            400,
            "IAM.0007",
            "auth.scope.project needs an id or a name",
        ),
        (
            json!({ "domain": {} }),
            400,
            "IAM.0007",
            "auth.scope.domain needs an id or a name",
        ),
        (
            json!({ "domain": { "id": api.domain_id }, "project": { "id": api.project_id } }),
            400,
            "IAM.0007",
            "not both",
        ),
        (
            json!({ "project": 5 }),
            400,
            "IAM.0011",
            "auth.scope.project must be an object",
        ),
    ] {
        let login = log_in(&api, TOKENS, identity(), Some(scope)).await;
        login.refused(status, code, text);
    }
}

#[tokio::test]
async fn a_wrong_password_reads_like_a_wrong_name() {
    let api = Api::start().await;
    let user = api.user_without_policy().await;
    let wrong_password = log_in(&api, TOKENS, password(&api, &user.name, "wrong"), None).await;
    let wrong_user = log_in(&api, TOKENS, password(&api, "who", PASSWORD), None).await;
    let mut identity = password(&api, &user.name, PASSWORD);
    identity["password"]["user"]["domain"]["name"] = json!("elsewhere");
    let wrong_domain = log_in(&api, TOKENS, identity, None).await;
    let empty = log_in(&api, TOKENS, password(&api, &user.name, ""), None).await;
    let nul = log_in(&api, TOKENS, password(&api, "no\u{0}body", PASSWORD), None).await;
    for login in [&wrong_password, &wrong_user, &wrong_domain, &empty, &nul] {
        login.refused(401, "IAM.0062", "the user name or password is wrong");
        assert_eq!(login.body, wrong_password.body);
    }

    let mut tx = chancery_store::Transaction::new("test.disable");
    tx.set_user_enabled(&user.domain_id, &user.id, false);
    api.store.commit(tx).await.unwrap();
    let disabled = log_in(&api, TOKENS, password(&api, &user.name, PASSWORD), None).await;
    assert_eq!(disabled.body, wrong_password.body);
}

#[tokio::test]
async fn requests_that_are_no_login() {
    let api = Api::start().await;
    for (identity, code, text) in [
        (
            json!({ "methods": ["password"] }),
            "IAM.0011",
            "auth.identity.password is required",
        ),
        (
            json!({ "methods": ["token"] }),
            "IAM.0011",
            "auth.identity.token.id is required",
        ),
        (
            json!({ "methods": ["token"], "token": {} }),
            "IAM.0011",
            "auth.identity.token.id is required",
        ),
        (
            json!({ "methods": [] }),
            "IAM.0007",
            "auth.identity.methods must be",
        ),
        (
            json!({ "methods": ["totp"] }),
            "IAM.0007",
            "auth.identity.methods must be",
        ),
        (
            json!({ "methods": ["password", "token"] }),
            "IAM.0007",
            "auth.identity.methods must be",
        ),
        (
            json!({ "methods": ["password"], "password": { "user": {
                "domain": { "name": "d" }, "name": "n" } } }),
            "IAM.0011",
            "auth.identity.password.user.password is required",
        ),
        (
            json!({ "methods": ["password"], "password": { "user": {
                "domain": {}, "name": "n", "password": "p" } } }),
            "IAM.0011",
            "auth.identity.password.user.domain.name is required",
        ),
        (
            json!({ "methods": ["password"], "password": { "user": {
                "domain": { "name": "d" }, "name": "n", "password": 12345678 } } }),
            "IAM.0011",
            "auth.identity.password.user.password must be a string",
        ),
    ] {
        let login = log_in(&api, TOKENS, identity, None).await;
        login.refused(400, code, text);
        assert!(!login.body.to_string().contains("12345678"));
    }
}

#[tokio::test]
async fn a_token_buys_a_token_that_ends_with_it() {
    let api = Api::start().await;
    let identity = password(&api, &api.user_name, &api.password);
    let first = log_in(&api, TOKENS, identity, None).await;
    api.clock.advance_ms(DAY / 2);
    let scope = json!({ "project": { "id": api.project_id } });
    let second = log_in(&api, TOKENS, token(first.token()), Some(scope)).await;
    assert_ne!(second.token(), first.token());
    let described = &second.body["token"];
    assert_eq!(described["methods"], json!(["token"]));
    assert_eq!(described["issued_at"], "2026-06-02T00:00:00.000000Z");
    assert_eq!(described["expires_at"], "2026-06-02T12:00:00.000000Z");
    assert_eq!(described["project"]["id"], api.project_id.as_str());

    // A project's token does not become one of the account again.
    let login = log_in(&api, TOKENS, token(second.token()), None).await;
    login.refused(403, "IAM.0003", "for one of that project only");

    log_in(&api, TOKENS, token("unknown"), None).await.refused(
        401,
        "IAM.0067",
        "the token is not valid",
    );
    api.clock.advance_ms(DAY / 2);
    for old in [first.token(), second.token()] {
        log_in(&api, TOKENS, token(old), None).await.refused(
            401,
            "IAM.0066",
            "the token has expired",
        );
    }
}

#[tokio::test]
async fn tokens_end_after_a_day() {
    let api = Api::start().await;
    let path = "/v1/private-certificate-authorities";
    api.clock.advance_ms(DAY - 1);
    api.succeed("GET", path, None).await;
    api.clock.advance_ms(1);
    let expected = json!({ "error_code": "PCA.10010401", "error_msg": "the token has expired" });
    let (status, answer) = api.call("GET", path, None).await;
    assert_eq!((status.as_u16(), answer), (401, expected));
    let (status, answer) = api.call("GET", "/v3/projects", None).await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["code"]),
        (401, &json!("IAM.0066"))
    );
}

#[tokio::test]
async fn tokens_outlive_a_restart_and_are_not_stored() {
    let api = Api::start().await.restart().await;
    api.succeed("GET", "/v3/projects", None).await;
    let stored = api.store.token(&api.token).await.unwrap();
    assert!(stored.is_none(), "only the digest is kept");
}

#[tokio::test]
async fn a_token_is_described() {
    let api = Api::start().await;
    let user = api.user_without_policy().await;
    let (status, body) = describe(&api, &user.token, "").await;
    assert_eq!(status, 200);
    let token = &body["token"];
    assert_eq!(token["user"]["id"], user.id.as_str());
    assert_eq!(token["user"]["name"], user.name.as_str());
    assert_eq!(token["methods"], json!(["password"]));
    assert_eq!(token["issued_at"], "2026-06-01T12:00:00.000000Z");
    assert_eq!(token["expires_at"], "2026-06-02T12:00:00.000000Z");
    assert_eq!(token["project"]["id"], user.project_id.as_str());
    assert_eq!(token["catalog"], json!([]));
}

#[tokio::test]
async fn tokens_that_cannot_be_described() {
    let api = Api::start().await;
    let other = api.other_account().await;
    for subject in ["unknown", other.token.as_str()] {
        let (status, body) = describe(&api, subject, "").await;
        assert_eq!(status, 404);
        assert_eq!(body["error"]["code"], "IAM.0004");
        assert_eq!(body["error"]["message"], "the token does not exist");
    }
    let (status, body) = api.call("GET", TOKENS, None).await;
    assert_eq!(status, 400);
    assert_eq!(body["error"]["code"], "IAM.0007");
    assert_eq!(body["error"]["message"], "X-Subject-Token is required");

    let user = api.user_without_policy().await;
    api.clock.advance_ms(DAY / 2);
    let identity = password(&api, &api.user_name, &api.password);
    let login = log_in(&api, TOKENS, identity, None).await;
    api.clock.advance_ms(DAY / 2);
    let request = Request::get(TOKENS)
        .header("x-auth-token", login.token())
        .header("x-subject-token", user.token);
    let response = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 404, "it has expired");
}

#[tokio::test]
async fn an_access_key_buys_a_token() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[]).await;
    let (ak, sk) = api.access_key(&user).await;
    let identity = |access: &str, secret: &str| {
        json!({ "methods": ["hw_ak_sk"], "hw_ak_sk": {
            "access": { "key": access }, "secret": { "key": secret },
        } })
    };
    let right = identity(&ak, &sk);
    let login = log_in(&api, TOKENS, right, None).await;
    assert_eq!(login.body["token"]["user"]["id"], user.id.as_str());
    assert_eq!(login.body["token"]["methods"], json!(["hw_ak_sk"]));
    login.token();
    for wrong in [
        identity(&ak, "another secret"),
        identity("AKNOBODY000000000000", &sk),
        identity("", ""),
    ] {
        let login = log_in(&api, TOKENS, wrong, None).await;
        login.refused(401, "IAM.0062", "the access key or its secret is wrong");
    }
    let missing = json!({ "methods": ["hw_ak_sk"] });
    let login = log_in(&api, TOKENS, missing, None).await;
    login.refused(400, "IAM.0011", "auth.identity.hw_ak_sk is required");
}

#[tokio::test]
async fn a_revoked_token_is_none() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[]).await;
    let stranger = api.other_account().await;
    let revoke = async |token: &str, subject: &str| {
        let request = Request::delete(TOKENS)
            .header("x-auth-token", token)
            .header("x-subject-token", subject);
        let response = api.send(request.body(Body::empty()).unwrap()).await;
        response.status().as_u16()
    };
    let use_it = async || {
        let (status, _) = api
            .call_as(&user.token, "GET", "/v3/auth/domains", None)
            .await;
        status.as_u16()
    };
    assert_eq!(use_it().await, 200);
    assert_eq!(revoke(&stranger.token, &user.token).await, 404);
    assert_eq!(
        revoke(&user.token, &api.token).await,
        403,
        "of another user"
    );
    assert_eq!(use_it().await, 200);
    // Their own, or any of the account for who may.
    assert_eq!(revoke(&api.token, &user.token).await, 204);
    assert_eq!(use_it().await, 401);
    assert_eq!(describe(&api, &user.token, "").await.0, 404);
    assert_eq!(revoke(&api.token, &api.token).await, 204);
    assert_eq!(revoke(&api.token, &api.token).await, 401);
}

#[tokio::test]
async fn a_token_is_named_in_its_header() {
    let api = Api::start().await;
    for method in ["GET", "DELETE"] {
        let (status, answer) = api.call(method, "/v3/auth/tokens", None).await;
        assert_eq!(status, 400, "{method}: {answer}");
        assert_eq!(answer["error"]["code"], "IAM.0007", "{method}");
        assert_eq!(answer["error"]["message"], "X-Subject-Token is required");
    }
}
