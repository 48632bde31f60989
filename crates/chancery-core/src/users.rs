//! Users: who can log in, and how passwords are kept.

mod manage;
mod profile;

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use chancery_store::{PolicyRow, Transaction, UserRow};

use crate::behalf::{Behalf, Patience};
use crate::context::{Caller, Credential};
use crate::desk::Desk;
use crate::error::{Error, Kind, Result};
use crate::ids;
use crate::policy::Policies;
use crate::throttle::{Client, Secret};
use crate::workers::WorkTurn;

pub use manage::{NewUser, User, UserChange, UserFilter};
pub use profile::{Profile, ProfileChange};

pub(crate) use manage::{require_over, target};

/// The hash that is compared when there is no such user, so that the answer takes as long.
/// Its password is not known to anyone.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y2hhbmNlcnkgbm9ib2R5$\
                      hYlFwtPJ8nUDyoGkR+6eSyBGkFWJ1oNdYYUJpTk4Q2Q";

impl Desk {
    /// Creates a user who may do what `policy_ids` allow, for the operator; none of them means
    /// nothing.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a password that is too short; a failure of storage.
    pub async fn create_user(
        &self,
        domain_id: &str,
        name: &str,
        password: &str,
        policy_ids: &[String],
    ) -> Result<UserRow> {
        if password.chars().count() < 8 {
            return Err(Error::invalid(
                "password",
                "must have at least 8 characters",
            ));
        }
        let user = UserRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: domain_id.to_owned(),
            name: name.to_owned(),
            password_hash: self.hash_password(&Behalf::desk(), password).await?,
            enabled: true,
            owner: false,
            profile: String::new(),
            created_at: self.now_ms(),
            generation: 0,
        };
        let mut tx = Transaction::new("user.create");
        tx.insert_user(&user);
        for policy_id in policy_ids {
            tx.attach_policy(&user.id, policy_id);
        }
        self.store.commit(tx).await?;
        self.forget_callers();
        Ok(user)
    }

    /// Creates a policy of the account, for the operator: the API neither shows nor changes it.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for a document outside the grammar; a failure of storage.
    pub async fn create_policy(
        &self,
        domain_id: &str,
        name: &str,
        document: &str,
    ) -> Result<PolicyRow> {
        Policies::parse([document])
            .map_err(|error| Error::invalid("policy", format!("cannot be taken: {error}")))?;
        let policy = PolicyRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: domain_id.to_owned(),
            name: name.to_owned(),
            document: document.to_owned(),
            created_at: self.now_ms(),
            kind: String::new(),
            description: String::new(),
            description_cn: String::new(),
            updated_at: 0,
        };
        let mut tx = Transaction::new("policy.create");
        tx.insert_policy(&policy);
        self.store.commit(tx).await?;
        Ok(policy)
    }

    /// The user of that name, if the password is theirs.
    ///
    /// # Errors
    /// [`Kind::Login`], with one text for a wrong name and a wrong password; [`Kind::TooMany`] when
    /// the client has to wait after wrong ones, whether there is such a user or not.
    pub(crate) async fn login(
        &self,
        client: Client,
        patience: Patience,
        (domain, name): (&str, &str),
        password: &str,
    ) -> Result<UserRow> {
        let secret = Secret::Password(domain, name);
        let may_try = || self.throttle.guesses.check(client, secret, self.now_ms());
        may_try()?;
        let user = match self.store.domain_by_name(domain).await? {
            Some(domain) if domain.enabled => self.store.user_by_name(&domain.id, name).await?,
            _ => None,
        };
        let hash = user.as_ref().map_or("", |user| &user.password_hash);
        let on = Behalf::client(client, patience);
        let logins = &self.workers.logins;
        let turn = logins.turn(&on, logins.enter(&on)?).await?;
        // Asked again: of many tries that came at once, those before this one have been counted.
        may_try()?;
        let (turn, matches) = password_matches(turn, hash, password).await?;
        let user = user.filter(|user| matches && user.enabled);
        self.tried(client, secret, user.is_some());
        drop(turn);
        user.ok_or_else(|| Error::new(Kind::Login, "the user name or password is wrong"))
    }

    /// The caller that a user of an account is, with their policies; none when one of the two is
    /// disabled. Whoever has opened another credential than a password says so in it.
    pub(crate) async fn caller(
        &self,
        domain_id: &str,
        user_id: &str,
        project_id: Option<String>,
    ) -> Result<Option<Caller>> {
        let (Some(domain), Some(user)) = (
            self.store.domain(domain_id).await?,
            self.store.user(domain_id, user_id).await?,
        ) else {
            return Ok(None);
        };
        if !user.enabled || !domain.enabled {
            return Ok(None);
        }
        let policies = self.policies_of(&user).await?;
        Ok(Some(Caller {
            domain_id: domain.id,
            domain_name: domain.name,
            user_id: user.id,
            user_name: user.name,
            project_id,
            at_project: None,
            policies: Arc::new(policies),
            session: None,
            credential: Credential::Password,
            generation: user.generation,
        }))
    }

    /// Stretches a password with Argon2id (the library's defaults: 19 MiB, 2 passes).
    pub(crate) async fn hash_password(&self, on: &Behalf, password: &str) -> Result<String> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let password = zeroize::Zeroizing::new(password.as_bytes().to_vec());
        let hash = self
            .workers
            .short
            .run(on, move || {
                Argon2::default()
                    .hash_password_with_salt(&password, &salt)
                    .map(|hash| hash.to_string())
            })
            .await?;
        hash.map_err(Error::internal)
    }
}

/// Whether a password is the one that was stretched to `hash`. Nothing is the password of a user who
/// has none, whose `hash` is empty; to find that out takes as long.
pub(crate) async fn password_matches<'a>(
    turn: WorkTurn<'a>,
    hash: &str,
    password: &str,
) -> Result<(WorkTurn<'a>, bool)> {
    let nobody = hash.is_empty();
    let hash = if nobody { NOBODY } else { hash }.to_owned();
    let password = zeroize::Zeroizing::new(password.as_bytes().to_vec());
    let (turn, matches) = turn
        .work(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(&password, &hash).is_ok())
        })
        .await?;
    Ok((turn, matches && !nobody))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nobody_has_a_hash_that_is_really_computed() {
        let hash = PasswordHash::new(NOBODY).unwrap();
        assert!(
            Argon2::default()
                .verify_password(b"password", &hash)
                .is_err()
        );
        assert_eq!(hash.algorithm.as_str(), "argon2id");
    }
}
