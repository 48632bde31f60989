//! Who calls: a token, or a request signature, with a permanent access key or with a temporary one
//! and its security token.
//!
//! Everything that the headers alone can show is checked before the body is read: the date, the
//! names of the signed headers, the access key. The signature itself covers the body's hash.

use std::sync::Arc;

use bytes::Bytes;
use chancery_core::access_keys::OpenedKey;
use chancery_core::{Caller, Client, Desk, Error, Kind, Result};
use chancery_sign::{Authorization, Field, Prepared, RequestParts, SignatureFault};
use http::HeaderValue;
use http::request::Parts;

/// Credentials whose headers are right; a signature is still to be compared with the body.
pub(crate) enum Credentials {
    Token(Caller),
    Signature {
        prepared: Prepared,
        access_key: String,
        key: Arc<OpenedKey>,
    },
}

/// Finds the credentials of a request: one token or one signature, not both.
///
/// A token's caller is counted here, before the body is read. Who only says that a key is theirs is
/// not: else strangers could use up what its owner may ask.
pub(crate) async fn credentials(desk: &Desk, client: Client, parts: &Parts) -> Result<Credentials> {
    let token = one(parts, "x-auth-token")?;
    let authorization = one(parts, "authorization")?;
    let (token, authorization) = match (token, authorization) {
        (Some(_), Some(_)) => {
            return Err(Error::new(
                Kind::Signature,
                "Incorrect IAM authentication information: \
                 headers Authorization and x-auth-token exclude each other",
            ));
        }
        (None, None) => {
            return Err(Error::new(
                Kind::CredentialsMissing,
                "Incorrect IAM authentication information: \
                 header Authorization or x-auth-token not found",
            ));
        }
        either => either,
    };
    if let Some(token) = token {
        let token = token
            .to_str()
            .map_err(|_| Error::new(Kind::Token, "the token is not valid"))?;
        let caller = desk.token_caller(client, token).await?;
        desk.admit_caller(&caller.user_id)?;
        return Ok(Credentials::Token(caller));
    }
    let value = authorization.and_then(|value| value.to_str().ok());
    let authorization = Authorization::parse(value.unwrap_or_default()).map_err(fault)?;
    let prepared = prepare(parts, &authorization, desk.now_ms()).map_err(fault)?;
    let access_key = authorization.access_key();
    desk.may_try_key(client, access_key)?;
    let found = match one(parts, "x-security-token")? {
        None => desk.access_key(access_key).await,
        Some(token) => {
            let token = token.to_str().unwrap_or_default();
            desk.temporary_key(access_key, token).await
        }
    };
    if let Err(error) = &found
        && error.kind() == Kind::Signature
    {
        desk.tried_unknown_key(client);
    }
    let key = found?;
    desk.has_room(&key.caller.user_id)?;
    Ok(Credentials::Signature {
        prepared,
        access_key: access_key.to_owned(),
        key,
    })
}

impl Credentials {
    /// The caller, once the signature holds for this body.
    pub(crate) fn verify(self, desk: &Desk, client: Client, body: &Bytes) -> Result<Caller> {
        match self {
            Self::Token(caller) => Ok(caller),
            Self::Signature {
                prepared,
                access_key,
                key,
            } => {
                // Asked again: of many tries that came at once, those before this one have been
                // counted.
                desk.may_try_key(client, &access_key)?;
                let verdict = prepared.verify(&key.secret, body);
                match verdict {
                    Ok(()) => desk.tried_key(client, &access_key, true),
                    Err(SignatureFault::SignatureMismatch) => {
                        desk.tried_key(client, &access_key, false);
                    }
                    Err(_) => {}
                }
                verdict.map_err(fault)?;
                desk.admit_caller(&key.caller.user_id)?;
                Ok(key.caller.clone())
            }
        }
    }
}

/// The value of a header of credentials. Sent twice, another reader might take the other one.
fn one<'a>(parts: &'a Parts, name: &'static str) -> Result<Option<&'a HeaderValue>> {
    let mut values = parts.headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Error::new(
            Kind::Signature,
            format!(
                "Incorrect IAM authentication information: header {name} is sent more than once"
            ),
        )),
    }
}

/// Checks what the headers alone can show.
fn prepare(
    parts: &Parts,
    authorization: &Authorization,
    now_ms: i64,
) -> std::result::Result<Prepared, SignatureFault> {
    let field = |name: &str| {
        Field::of(
            parts
                .headers
                .get_all(name)
                .iter()
                .map(|value| value.as_bytes()),
        )
    };
    let request = RequestParts {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &field,
    };
    chancery_sign::prepare(&request, authorization, now_ms)
}

fn fault(fault: SignatureFault) -> Error {
    Error::new(
        Kind::Signature,
        format!("Incorrect IAM authentication information: {fault}"),
    )
}
