//! What callers show: tokens, permanent access keys, temporary ones.

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use super::text;
use crate::signatures::call_with_key;
use crate::support::{Api, User, read};

/// A policy that leaves nothing of IAM to a temporary key.
pub(crate) const LIST_CAS: &str =
    r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["pca:ca:list"]}]}"#;

pub(crate) enum Credential {
    Token(String),
    Key {
        access: String,
        secret: String,
        /// That of a temporary key.
        security_token: Option<String>,
    },
}

impl Credential {
    /// A token of the account.
    pub(crate) async fn token(api: &Api, user: &User, password: &str) -> Self {
        let token = api.account_token(&user.domain_name, &user.name, password);
        Self::Token(token.await)
    }

    /// A permanent access key.
    pub(crate) async fn permanent(api: &Api, user: &User) -> Self {
        let (access, secret) = api.access_key(user).await;
        Self::Key {
            access,
            secret,
            security_token: None,
        }
    }

    /// A temporary key that these make, narrowed by a policy if there is one.
    pub(crate) async fn temporary(&self, api: &Api, policy: Option<&str>) -> Self {
        let mut identity = json!({ "methods": ["token"] });
        if let Some(policy) = policy {
            identity["policy"] = serde_json::from_str(policy).unwrap();
        }
        let body = json!({ "auth": { "identity": identity } });
        let path = "/v3.0/OS-CREDENTIAL/securitytokens";
        let (status, answer) = self.call(api, ("POST", path), Some(body)).await;
        assert_eq!(status, 201, "{answer}");
        let key = &answer["credential"];
        Self::Key {
            access: text(&key["access"]),
            secret: text(&key["secret"]),
            security_token: Some(text(&key["securitytoken"])),
        }
    }

    /// A token that these are exchanged for.
    pub(crate) async fn exchanged(&self, api: &Api) -> Self {
        let identity = match self {
            Self::Token(token) => json!({ "methods": ["token"], "token": { "id": token } }),
            Self::Key { access, secret, .. } => json!({ "methods": ["hw_ak_sk"], "hw_ak_sk": {
                "access": { "key": access }, "secret": { "key": secret },
            } }),
        };
        let body = json!({ "auth": { "identity": identity } });
        let request = Request::post("/v3/auth/tokens").body(Body::from(body.to_string()));
        let response = api.send(request.unwrap()).await;
        assert_eq!(response.status(), 201);
        let token = response.headers()["x-subject-token"].to_str();
        Self::Token(token.unwrap().to_owned())
    }

    /// The id of an access key.
    pub(crate) fn access(&self) -> &str {
        match self {
            Self::Key { access, .. } => access,
            Self::Token(_) => panic!("a token is no key"),
        }
    }

    pub(crate) async fn call(
        &self,
        api: &Api,
        call: (&str, &str),
        body: Option<Value>,
    ) -> (u16, Value) {
        self.call_about(api, None, call, body).await
    }

    /// A call with a token that it is about.
    pub(crate) async fn call_about(
        &self,
        api: &Api,
        subject: Option<&str>,
        (method, path): (&str, &str),
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut headers = Vec::new();
        headers.extend(subject.map(|subject| ("x-subject-token", subject)));
        match self {
            Self::Token(token) => {
                let mut request = Request::builder()
                    .method(Method::from_bytes(method.as_bytes()).unwrap())
                    .uri(path)
                    .header("x-auth-token", token);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
                let (status, answer) = read(api.send(request.body(body).unwrap()).await).await;
                (status.as_u16(), answer)
            }
            Self::Key {
                access,
                secret,
                security_token,
            } => {
                let token = security_token.as_deref();
                headers.extend(token.map(|token| ("x-security-token", token)));
                call_with_key(api, (access, secret), &headers, (method, path), body).await
            }
        }
    }

    /// Whether they are taken: who calls has the account's id.
    pub(crate) async fn holds(&self, api: &Api) -> bool {
        let (status, answer) = self.call(api, ("GET", "/v3/auth/domains"), None).await;
        match status {
            200 => assert_eq!(answer["domains"][0]["id"], api.domain_id.as_str()),
            _ => assert_eq!(status, 401, "{answer}"),
        }
        status == 200
    }
}
