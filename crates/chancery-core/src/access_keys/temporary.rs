//! Temporary access keys: a key and its secret for some minutes or hours, with a security token
//! that travels beside them.
//!
//! The token is all that the desk knows of such a key: it holds the secret and whose it is,
//! sealed and bound to the key's id. So any node can check a signature, and nothing is stored.
//! Whether the user may still log in, what they may do, and whether what the key was made with still
//! holds, is asked at each call, or was at most a minute ago.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chancery_store::Transaction;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{OpenedKey, unknown};
use crate::context::{Caller, Context, Credential, Session};
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Kind, Result};
use crate::ids;
use crate::limits::iam as limits;
use crate::policy::Policies;

/// How long a temporary key lasts that says nothing of it, in seconds.
const SECONDS: i64 = 900;
/// The longest security token that is looked at, in characters.
const TOKEN: usize = 8_192;

/// A temporary access key that is asked for.
#[derive(Default)]
pub struct NewTemporaryKey {
    /// How long it lasts, in seconds: 900, which is the default, to 86,400.
    pub duration_s: Option<i64>,
    /// A policy document: the key may do what both this and its user's policies allow.
    pub policy: Option<String>,
}

/// A temporary access key; the only time its secret is given out.
pub struct TemporaryKey {
    /// The access key id (AK), 20 characters.
    pub access_key: String,
    /// The secret (SK), 40 characters.
    pub secret: Zeroizing<String>,
    /// What has to travel in `X-Security-Token`.
    pub security_token: Zeroizing<String>,
    /// When it ends, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// What a security token holds.
#[derive(Deserialize, Serialize)]
struct Content {
    secret: String,
    domain_id: String,
    user_id: String,
    project_id: Option<String>,
    expires_at: i64,
    policy: Option<String>,
    /// What the key was made with, and ends with. Keys of versions that did not write it say nothing
    /// of what would end them; they are refused, since another one is quickly made.
    #[serde(default)]
    parent: Option<Credential>,
    /// [`Caller::generation`] when the key was made.
    #[serde(default)]
    generation: i64,
}

impl Drop for Content {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Desk {
    /// Makes a temporary access key for the caller, or for the holder of `token`. It ends with the
    /// access key or the token it is made with, unless the token merely expires, and with the user's
    /// password.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] for a caller with a temporary key, and when a policy denies it for the
    /// caller or the holder; [`Kind::Token`];
    /// [`Kind::Invalid`] for the duration and the policy.
    pub async fn create_temporary_key(
        &self,
        ctx: &Context,
        token: Option<&str>,
        new: NewTemporaryKey,
    ) -> Result<TemporaryKey> {
        ctx.require_for(&ctx.caller().user_id)?;
        let holder = match token {
            None => ctx.clone(),
            Some(token) => ctx.by_holder(self.caller_until(token).await?.1)?,
        };
        let caller = holder.caller().clone();
        if caller.session.is_some() || ctx.caller().session.is_some() {
            return Err(Error::new(
                Kind::Forbidden {
                    action: "iam:credentials:createTemporaryAccessKey",
                },
                "a temporary access key cannot make another one",
            ));
        }
        let seconds = new.duration_s.unwrap_or(SECONDS);
        limits::DURATION.check_number("auth.identity.token.duration_seconds", seconds)?;
        if let Some(policy) = &new.policy {
            Policies::parse([policy.as_str()]).map_err(|error| {
                Error::invalid("auth.identity.policy", format!("cannot be taken: {error}"))
            })?;
        }
        let now = self.now_ms();
        let random = self.random.as_ref();
        let access_key = ids::text(random, ids::UPPER_DIGITS, 20);
        let content = Content {
            secret: ids::text(random, ids::ALPHANUMERIC, 40),
            domain_id: caller.domain_id,
            user_id: caller.user_id,
            project_id: caller.project_id,
            expires_at: now + seconds * 1000,
            policy: new.policy,
            parent: Some(caller.credential),
            generation: caller.generation,
        };
        let json = Zeroizing::new(serde_json::to_vec(&content).map_err(Error::internal)?);
        let sealed = self.custody.seal(place(&access_key), &json);

        let mut tx = Transaction::new("temporary_key.create");
        let detail = serde_json::json!({
            "user_id": content.user_id, "expires_at": content.expires_at,
            "narrowed": content.policy.is_some(),
        });
        tx.audit(ctx.audit_with(now, &access_key, detail));
        self.store.commit(tx).await?;
        Ok(TemporaryKey {
            secret: Zeroizing::new(content.secret.clone()),
            security_token: Zeroizing::new(BASE64_STANDARD.encode(sealed)),
            expires_at: content.expires_at,
            access_key,
        })
    }

    /// The temporary access key that a request says it is signed with.
    ///
    /// # Errors
    /// [`Kind::Signature`] when the token is not of this key, its time is over, or its user may
    /// not log in any more.
    pub async fn temporary_key(
        &self,
        access_key: &str,
        security_token: &str,
    ) -> Result<Arc<OpenedKey>> {
        let now = self.now_ms();
        let digest = chancery_crypto::digest::sha256(security_token.as_bytes());
        let known_as = format!("{access_key}/{}", hex::encode(digest));
        let opened = match self.access_keys.get(&known_as, now) {
            Some(opened) => opened,
            None => {
                let since = self.access_keys.since();
                let opened = Arc::new(self.open_temporary(access_key, security_token).await?);
                self.access_keys
                    .put(known_as, Arc::clone(&opened), now, since);
                opened
            }
        };
        match opened.expires_at {
            Some(end) if end > now => Ok(opened),
            _ => Err(refused("the security token has expired")),
        }
    }

    async fn open_temporary(&self, access_key: &str, security_token: &str) -> Result<OpenedKey> {
        let invalid = || refused("the security token is not valid");
        if security_token.len() > TOKEN {
            return Err(invalid());
        }
        let sealed = BASE64_STANDARD
            .decode(security_token)
            .map_err(|_| invalid())?;
        let json = self.custody.open(place(access_key), &sealed);
        let json = json.map_err(|_| invalid())?;
        let content: Content = serde_json::from_slice(&json).map_err(Error::internal)?;
        let caller = self
            .caller(
                &content.domain_id,
                &content.user_id,
                content.project_id.clone(),
            )
            .await?
            .ok_or_else(|| unknown(access_key))?;
        let parent = content.parent.as_ref().ok_or_else(invalid)?;
        if caller.generation != content.generation || !self.holds(parent).await? {
            return Err(refused(
                "what the temporary access key was made with does not hold any more",
            ));
        }
        let policies = content
            .policy
            .as_deref()
            .map(|text| Policies::parse([text]));
        let policies = policies.transpose().map_err(Error::internal)?;
        Ok(OpenedKey {
            secret: Zeroizing::new(content.secret.as_bytes().to_vec()),
            caller: Caller {
                session: Some(Session {
                    policies: policies.map(Arc::new),
                }),
                ..caller
            },
            expires_at: Some(content.expires_at),
        })
    }
}

impl Desk {
    /// Whether what a temporary key was made with was not taken back. A token that has expired was
    /// not, though its row is gone.
    async fn holds(&self, parent: &Credential) -> Result<bool> {
        match parent {
            Credential::AccessKey(id) => {
                let row = self.store.access_key(id).await?;
                Ok(row.is_some_and(|row| row.status == "active"))
            }
            Credential::Token(digest) => Ok(!self.store.is_revoked_token(digest).await?),
            // A password is exchanged for a token first.
            Credential::Password => Ok(false),
        }
    }
}

fn refused(why: &str) -> Error {
    Error::new(
        Kind::Signature,
        format!("Incorrect IAM authentication information: {why}"),
    )
}

/// A token is sealed for the key that it belongs to.
fn place(access_key: &str) -> Place<'_> {
    Place {
        table: "temporary_access_keys",
        row: access_key,
        column: "security_token",
    }
}
