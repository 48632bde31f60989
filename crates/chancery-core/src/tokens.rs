//! Tokens: what a login is exchanged for.
//!
//! A token is random text; the desk keeps only its SHA-256, so nobody can read tokens out of the
//! database. Its scope is the account or one project.

use chancery_store::{ProjectRow, StoreError, TokenRow, Transaction, label};
use zeroize::Zeroizing;

use crate::behalf::Patience;
use crate::cache::TIME_TO_LIVE_MS;
use crate::context::{Caller, Context, Credential};
use crate::desk::Desk;
use crate::error::{Error, Kind, Result, Thing};
use crate::ids;
use crate::limits::iam::LONGEST_TEMPORARY_KEY_S;
use crate::throttle::Client;

/// Characters of a token; far below the 512 that are promised as the most.
const TOKEN_LENGTH: usize = 64;

/// What a login shows.
pub enum Login<'a> {
    /// A user's name and password.
    Password {
        /// The account's name.
        domain: &'a str,
        /// The user's name.
        user: &'a str,
        /// Their password.
        password: &'a str,
    },
    /// A token, to be exchanged for one with another scope.
    Token(&'a str),
    /// A permanent access key and its secret.
    AccessKey {
        /// The access key id (AK).
        access_key: &'a str,
        /// Its secret (SK).
        secret: &'a str,
    },
}

/// What a token is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope<'a> {
    /// The account of the user.
    Domain,
    /// The account with this id or name; it has to be the user's.
    NamedDomain(&'a str),
    /// The project with this id.
    ProjectId(&'a str),
    /// The project with this name.
    ProjectName(&'a str),
}

/// A token that was issued, or the description of one that was validated.
pub struct Token {
    /// The token itself; shown once, when it is issued.
    pub text: Option<Zeroizing<String>>,
    /// Whose it is.
    pub caller: Caller,
    /// The project it is limited to.
    pub project: Option<ProjectRow>,
    /// How it was obtained: `password`, `token` or `hw_ak_sk`.
    pub method: String,
    /// When it was issued, in milliseconds since the epoch.
    pub issued_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

impl Desk {
    /// Exchanges a login for a token.
    ///
    /// A token made from a token ends when that one does; one that is made with an access key ends
    /// when the key is deleted or made inactive. To exchange a token or a key counts as a request of
    /// its user.
    ///
    /// # Errors
    /// [`Kind::Login`], [`Kind::Token`], [`Kind::TooMany`] when `client` guesses or the user asks too
    /// often, and [`Kind::NotFound`] for a project that is not the account's.
    pub async fn issue_token(
        &self,
        request_id: &str,
        (client, patience): (Client, Patience),
        login: Login<'_>,
        scope: Scope<'_>,
    ) -> Result<Token> {
        let now = self.now_ms();
        let (caller, method, expires_at) = match login {
            Login::Password {
                domain,
                user,
                password,
            } => {
                let user = self
                    .login(client, patience, (domain, user), password)
                    .await?;
                let caller = self.caller(&user.domain_id, &user.id, None).await?;
                let caller = caller.ok_or_else(|| Error::new(Kind::Login, "no such user"))?;
                // The password that was right is the one of the row that was read first.
                let caller = Caller {
                    generation: user.generation,
                    ..caller
                };
                (caller, "password", now + self.settings.token_lifetime_ms)
            }
            Login::Token(text) => {
                let (expires_at, caller) = self.tried_token(client, text).await?;
                self.admit_caller(&caller.user_id)?;
                (caller, "token", expires_at)
            }
            Login::AccessKey { access_key, secret } => {
                self.may_try_key(client, access_key)?;
                let wrong = || Error::new(Kind::Login, "the access key or its secret is wrong");
                let key = match self.access_key(access_key).await {
                    Err(error) if error.kind() == Kind::Signature => {
                        self.tried_unknown_key(client);
                        return Err(wrong());
                    }
                    key => key?,
                };
                let right = chancery_crypto::constant_time_eq(&key.secret, secret.as_bytes());
                self.tried_key(client, access_key, right);
                if !right {
                    return Err(wrong());
                }
                self.admit_caller(&key.caller.user_id)?;
                let expires_at = now + self.settings.token_lifetime_ms;
                (key.caller.clone(), "hw_ak_sk", expires_at)
            }
        };
        let project = match scope {
            Scope::Domain => None,
            Scope::NamedDomain(name) if name == caller.domain_id || name == caller.domain_name => {
                None
            }
            Scope::NamedDomain(_) => {
                return Err(Error::new(Kind::Login, "the scope names another account"));
            }
            Scope::ProjectId(wanted) | Scope::ProjectName(wanted) => {
                let by_id = matches!(scope, Scope::ProjectId(_));
                let projects = self.store.projects(&caller.domain_id).await?;
                let found = projects
                    .into_iter()
                    .find(|p| wanted == if by_id { &p.id } else { &p.name });
                Some(found.ok_or_else(|| Error::not_found(Thing::Project, wanted))?)
            }
        };
        // A token that is limited to a project cannot be exchanged for more.
        let wanted = project.as_ref().map(|project| project.id.as_str());
        if caller.project_id.is_some() && caller.project_id.as_deref() != wanted {
            return Err(Error::new(
                Kind::WrongProject,
                "a token of a project can be exchanged for one of that project only",
            ));
        }
        let text = Zeroizing::new(ids::text(
            self.random.as_ref(),
            ids::ALPHANUMERIC,
            TOKEN_LENGTH,
        ));
        let row = TokenRow {
            digest: digest(&text),
            user_id: caller.user_id.clone(),
            domain_id: caller.domain_id.clone(),
            project_id: project.as_ref().map(|project| project.id.clone()),
            methods: method.to_owned(),
            issued_at: now,
            expires_at,
            parent: caller.credential.id().to_owned(),
        };
        let mut tx = Transaction::new("token.issue");
        tx.delete_expired_tokens(now);
        tx.insert_token_if_parent(&row, caller.generation);
        let ctx = Context::login(caller.clone(), request_id);
        let detail = serde_json::json!({ "method": row.methods, "project_id": row.project_id });
        tx.audit(ctx.audit_with(now, &row.user_id, detail));
        match self.store.commit(tx).await {
            // What was shown was taken back since it was looked at.
            Err(StoreError::Conflict(label::PARENT)) => {
                return Err(match caller.credential {
                    Credential::Token(_) => invalid(),
                    _ => Error::new(Kind::Login, "the login does not hold any more"),
                });
            }
            committed => committed?,
        }
        Ok(Token {
            text: Some(text),
            caller: Caller {
                project_id: row.project_id,
                credential: Credential::Token(row.digest),
                ..caller
            },
            project,
            method: row.methods,
            issued_at: now,
            expires_at,
        })
    }

    /// The caller that a token stands for.
    ///
    /// # Errors
    /// [`Kind::Token`] when it is unknown, [`Kind::TokenExpired`] when it is past its time,
    /// [`Kind::TooMany`] when `client` guesses.
    pub async fn token_caller(&self, client: Client, text: &str) -> Result<Caller> {
        Ok(self.tried_token(client, text).await?.1)
    }

    /// When a token ends and whose it is; an unknown one counts as a guess of the client, who has to
    /// wait after many. A right one is never kept waiting, and leaves nothing behind.
    async fn tried_token(&self, client: Client, text: &str) -> Result<(i64, Caller)> {
        let found = self.caller_until(text).await;
        if let Err(error) = &found
            && error.kind() == Kind::Token
        {
            let guesses = &self.throttle.guesses;
            guesses.check_client(client, self.now_ms())?;
            guesses.wrong_name(client, self.now_ms());
        }
        found
    }

    /// The description of a token of the caller's own account.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is none; [`Kind::Forbidden`] when a policy denies it.
    pub async fn show_token(&self, ctx: &Context, text: &str) -> Result<Token> {
        ctx.require_for(&ctx.caller().user_id)?;
        self.describe_token(ctx.domain_id(), text).await
    }

    async fn describe_token(&self, domain_id: &str, text: &str) -> Result<Token> {
        let missing = || Error::new(Kind::NotFound(Thing::Token), "the token does not exist");
        let row = self.store.token(&digest(text)).await?.ok_or_else(missing)?;
        if row.domain_id != domain_id || row.expires_at <= self.now_ms() {
            return Err(missing());
        }
        let caller = self
            .caller(&row.domain_id, &row.user_id, row.project_id.clone())
            .await?;
        let caller = caller.ok_or_else(missing)?;
        let project = match &row.project_id {
            Some(id) => self.store.project(&row.domain_id, id).await?,
            None => None,
        };
        Ok(Token {
            text: None,
            caller,
            project,
            method: row.methods,
            issued_at: row.issued_at,
            expires_at: row.expires_at,
        })
    }

    /// Ends a token of the caller's own account before its time, and all tokens and temporary access
    /// keys that were made with it; on other nodes they hold for at most a minute more.
    ///
    /// # Errors
    /// [`Kind::NotFound`] when there is none; [`Kind::Forbidden`] for another user's without
    /// permission.
    pub async fn revoke_token(&self, ctx: &Context, text: &str) -> Result<()> {
        let token = self.describe_token(ctx.domain_id(), text).await?;
        ctx.require_for(&token.caller.user_id)?;
        let mut tx = Transaction::new("token.revoke");
        let now = self.now_ms();
        tx.revoke_tokens(&digest(text), revocation_end(now));
        tx.audit(ctx.audit(now, &token.caller.user_id));
        self.store.commit(tx).await?;
        self.forget_callers();
        Ok(())
    }

    pub(crate) async fn caller_until(&self, text: &str) -> Result<(i64, Caller)> {
        let now = self.now_ms();
        let digest = digest(text);
        let known = match self.tokens.get(&digest, now) {
            Some(known) => known,
            None => {
                let since = self.tokens.since();
                let row = self.store.token(&digest).await?.ok_or_else(invalid)?;
                let caller = self
                    .caller(&row.domain_id, &row.user_id, row.project_id)
                    .await?;
                let caller = Caller {
                    credential: Credential::Token(row.digest),
                    ..caller.ok_or_else(invalid)?
                };
                let known = std::sync::Arc::new((row.expires_at, caller));
                self.tokens
                    .put(digest, std::sync::Arc::clone(&known), now, since);
                known
            }
        };
        if known.0 <= now {
            return Err(Error::new(Kind::TokenExpired, "the token has expired"));
        }
        Ok((known.0, known.1.clone()))
    }
}

/// Until when it has to be known that a token is revoked `now`: another node may take it for as long
/// as it remembers callers, and make a temporary access key with it that lasts longest.
pub(crate) fn revocation_end(now: i64) -> i64 {
    now + TIME_TO_LIVE_MS + LONGEST_TEMPORARY_KEY_S * 1000
}

fn invalid() -> Error {
    Error::new(Kind::Token, "the token is not valid")
}

/// How a token is known to the store.
fn digest(text: &str) -> String {
    hex::encode(chancery_crypto::digest::sha256(text.as_bytes()))
}
