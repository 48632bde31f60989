//! Temporary access keys: `POST /v3.0/OS-CREDENTIAL/securitytokens`.

use chancery_core::Error;
use chancery_core::access_keys::NewTemporaryKey;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::operation::{Answer, Call};
use crate::wire::{iso_micros, loose_number};

#[derive(Deserialize)]
struct Body {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    identity: Identity,
}

#[derive(Deserialize)]
struct Identity {
    methods: Vec<String>,
    token: Option<Token>,
    policy: Option<Value>,
}

#[derive(Default, Deserialize)]
struct Token {
    id: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "loose_number")]
    duration_seconds: Option<i64>,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: Body = call.json()?;
    let identity = body.auth.identity;
    if identity.methods != ["token"] {
        return Err(Error::invalid(
            "auth.identity.methods",
            "must be [\"token\"]: there are no agencies to assume a role of",
        ));
    }
    let token = identity.token.unwrap_or_default();
    let new = NewTemporaryKey {
        duration_s: token.duration_seconds,
        policy: identity.policy.map(|policy| policy.to_string()),
    };
    let id = token.id.as_deref().map(String::as_str);
    let key = call.desk.create_temporary_key(call.ctx()?, id, new).await?;
    let shown = json!({ "credential": {
        "access": key.access_key,
        "secret": key.secret.as_str(),
        "securitytoken": key.security_token.as_str(),
        "expires_at": iso_micros(key.expires_at),
    } });
    Ok(Answer::json(StatusCode::CREATED, &shown)?.secret())
}
