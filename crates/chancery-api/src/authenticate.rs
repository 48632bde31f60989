//! Who calls: a token, or a request signature, with a permanent access key or with a temporary one
//! and its security token.
//!
//! Everything that the headers alone can show is checked before the body is read: the date, the
//! names of the signed headers, the access key. The signature itself covers the body's hash.

use std::sync::Arc;

use bytes::Bytes;
use chancery_core::access_keys::OpenedKey;
use chancery_core::{Caller, Desk, Error, Kind, Result};
use chancery_sign::{Authorization, Field, Prepared, RequestParts, SignatureFault};
use http::request::Parts;

/// Credentials whose headers are right; a signature is still to be compared with the body.
pub(crate) enum Credentials {
    Token(Caller),
    Signature {
        prepared: Prepared,
        key: Arc<OpenedKey>,
    },
}

/// Finds the credentials of a request.
pub(crate) async fn credentials(desk: &Desk, parts: &Parts) -> Result<Credentials> {
    if let Some(token) = parts.headers.get("x-auth-token") {
        let token = token
            .to_str()
            .map_err(|_| Error::new(Kind::Token, "the token is not valid"))?;
        return Ok(Credentials::Token(desk.token_caller(token).await?));
    }
    let Some(value) = parts.headers.get(http::header::AUTHORIZATION) else {
        return Err(Error::new(
            Kind::CredentialsMissing,
            "Incorrect IAM authentication information: \
             header Authorization or x-auth-token not found",
        ));
    };
    let authorization = Authorization::parse(value.to_str().unwrap_or_default()).map_err(fault)?;
    let prepared = prepare(parts, &authorization, desk.now_ms()).map_err(fault)?;
    let access_key = authorization.access_key();
    let key = match parts.headers.get("x-security-token") {
        None => desk.access_key(access_key).await?,
        Some(token) => {
            let token = token.to_str().unwrap_or_default();
            desk.temporary_key(access_key, token).await?
        }
    };
    Ok(Credentials::Signature { prepared, key })
}

impl Credentials {
    /// The caller, once the signature holds for this body.
    pub(crate) fn verify(self, body: &Bytes) -> Result<Caller> {
        match self {
            Self::Token(caller) => Ok(caller),
            Self::Signature { prepared, key } => {
                prepared.verify(&key.secret, body).map_err(fault)?;
                Ok(key.caller.clone())
            }
        }
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
