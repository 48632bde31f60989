//! Credentials that were made with others end with them.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chancery_core::custody::{Custody, Place};
use chancery_core::policy::FULL_ACCESS;
use chancery_crypto::random::{Random, SystemRandom};
use chancery_store::Transaction;
use serde_json::{Value, json};

use super::credentials::Credential;
use super::{NEW_PASSWORD, start};
use crate::support::{Api, PASSWORD, User};

const KEYS: &str = "/v3.0/OS-CREDENTIAL/credentials";

/// A user with a permanent key, and what is made with it: a temporary key, a token, a token of that
/// token, and a temporary key of each.
struct Family {
    user: User,
    key: Credential,
    temporary: Credential,
    /// Token and temporary key, twice.
    tokens: [Credential; 4],
}

impl Family {
    async fn new(api: &Api, name: &str) -> Self {
        let user = api.user_with(name, &[]).await;
        let key = Credential::permanent(api, &user).await;
        let temporary = key.temporary(api, None).await;
        let tokens = descendants(api, &key).await;
        Self {
            user,
            key,
            temporary,
            tokens,
        }
    }

    /// Which hold: the temporary key, then what is made with tokens.
    async fn holds(&self, api: &Api) -> (bool, [bool; 4]) {
        (
            self.temporary.holds(api).await,
            all(api, &self.tokens).await,
        )
    }

    fn path(&self) -> String {
        format!("{KEYS}/{}", self.key.access())
    }

    async fn switch(&self, api: &Api, status: &str) {
        let body = json!({ "credential": { "status": status } });
        api.succeed("PUT", &self.path(), Some(body)).await;
    }
}

/// A token, a temporary key of it, a token of the token, a temporary key of that one.
async fn descendants(api: &Api, first: &Credential) -> [Credential; 4] {
    let token = first.exchanged(api).await;
    let second = token.exchanged(api).await;
    let temporary = token.temporary(api, None).await;
    let last = second.temporary(api, None).await;
    [token, temporary, second, last]
}

async fn all(api: &Api, credentials: &[Credential; 4]) -> [bool; 4] {
    let mut found = [false; 4];
    for (at, credential) in credentials.iter().enumerate() {
        found[at] = credential.holds(api).await;
    }
    found
}

const WHOLE: (bool, [bool; 4]) = (true, [true; 4]);
const GONE: (bool, [bool; 4]) = (false, [false; 4]);

#[tokio::test]
async fn a_deleted_key_takes_along_what_it_made() {
    let api = start().await;
    let (family, other) = (
        Family::new(&api, "alice").await,
        Family::new(&api, "bob").await,
    );
    let by_password = descendants_of_password(&api, &family.user).await;
    assert_eq!(family.holds(&api).await, WHOLE);
    api.succeed("DELETE", &family.path(), None).await;
    assert_eq!(family.holds(&api).await, GONE);
    assert_eq!(other.holds(&api).await, WHOLE);
    assert_eq!(all(&api, &by_password).await, [true; 4]);
    let (status, answer) = family.temporary.call(&api, ("GET", KEYS), None).await;
    assert_eq!(status, 401);
    let message = answer["error_msg"].as_str().unwrap();
    assert!(message.contains("made with"), "{message}");
}

#[tokio::test]
async fn a_key_that_is_switched_off_signs_nothing_and_its_tokens_end() {
    let api = start().await;
    let family = Family::new(&api, "alice").await;
    // Words change nothing.
    let words = json!({ "credential": { "description": "of a test" } });
    api.succeed("PUT", &family.path(), Some(words)).await;
    assert_eq!(family.holds(&api).await, WHOLE);
    family.switch(&api, "inactive").await;
    assert_eq!(family.holds(&api).await, GONE);
    // It is the key that signs again, and what is signed like it.
    family.switch(&api, "active").await;
    assert_eq!(family.holds(&api).await, (true, [false; 4]));
}

async fn descendants_of_password(api: &Api, user: &User) -> [Credential; 4] {
    let token = Credential::token(api, user, PASSWORD).await;
    descendants(api, &token).await
}

async fn revoke(api: &Api, token: &Credential) {
    let Credential::Token(text) = token else {
        panic!("no token")
    };
    let call = ("DELETE", "/v3/auth/tokens");
    let (status, answer) = token.call_about(api, Some(text), call, None).await;
    assert_eq!(status, 204, "{answer}");
}

#[tokio::test]
async fn a_revoked_token_takes_along_what_it_made() {
    let api = start().await;
    let user = api.user_with("alice", &[]).await;
    let (family, other) = (
        descendants_of_password(&api, &user).await,
        descendants_of_password(&api, &user).await,
    );
    // The younger of two tokens first: what was made with the elder alone stays.
    revoke(&api, &family[2]).await;
    assert_eq!(all(&api, &family).await, [true, true, false, false]);
    revoke(&api, &family[0]).await;
    assert_eq!(all(&api, &family).await, [false; 4]);
    revoke(&api, &other[0]).await;
    assert_eq!(all(&api, &other).await, [false; 4]);
    // Also after a restart, and for as long as the key would last.
    let api = api.restart().await;
    api.clock.advance_ms(800_000);
    assert!(!family[1].holds(&api).await);
}

#[tokio::test]
async fn a_token_that_expires_leaves_its_keys() {
    let api = Api::start_with(|settings| settings.token_lifetime_ms = 60_000).await;
    let user = api.user_with("alice", &[]).await;
    let family = descendants_of_password(&api, &user).await;
    api.clock.advance_ms(120_000);
    // A login removes the rows of tokens that have expired.
    Credential::token(&api, &user, PASSWORD).await;
    assert_eq!(all(&api, &family).await, [false, true, false, true]);
}

/// Changes the family's user, and what holds of it then; keys that are made afterwards do.
async fn after(change: impl AsyncFn(&Api, &Family), password: &str) -> (bool, [bool; 4]) {
    let api = start().await;
    let (family, other) = (
        Family::new(&api, "alice").await,
        Family::new(&api, "bob").await,
    );
    change(&api, &family).await;
    assert!(family.key.holds(&api).await);
    assert!(family.key.temporary(&api, None).await.holds(&api).await);
    let token = Credential::token(&api, &family.user, password).await;
    assert!(token.temporary(&api, None).await.holds(&api).await);
    assert_eq!(other.holds(&api).await, WHOLE);
    family.holds(&api).await
}

async fn change_user(api: &Api, family: &Family, fields: Value) {
    let path = format!("/v3/users/{}", family.user.id);
    let body = json!({ "user": fields });
    api.succeed("PATCH", &path, Some(body)).await;
}

#[tokio::test]
async fn another_password_ends_what_the_last_one_made() {
    let by_administrator = after(
        async |api, family| change_user(api, family, json!({ "password": NEW_PASSWORD })).await,
        NEW_PASSWORD,
    );
    assert_eq!(by_administrator.await, GONE);
    let by_themself = after(
        async |api, family| {
            let token = Credential::token(api, &family.user, PASSWORD).await;
            let path = format!("/v3/users/{}/password", family.user.id);
            let body = json!({ "original_password": PASSWORD, "password": NEW_PASSWORD });
            let body = Some(json!({ "user": body }));
            assert_eq!(token.call(api, ("POST", &path), body).await.0, 204);
        },
        NEW_PASSWORD,
    );
    assert_eq!(by_themself.await, GONE);
    let words = after(
        async |api, family| change_user(api, family, json!({ "description": "words" })).await,
        PASSWORD,
    );
    assert_eq!(words.await, WHOLE);
}

#[tokio::test]
async fn a_user_who_is_enabled_again_gets_nothing_back() {
    let switched = after(
        async |api, family| {
            for enabled in [false, true] {
                change_user(api, family, json!({ "enabled": enabled })).await;
            }
        },
        PASSWORD,
    );
    assert_eq!(switched.await, GONE);
    let still = after(
        async |api, family| change_user(api, family, json!({ "enabled": true })).await,
        PASSWORD,
    );
    assert_eq!(still.await, WHOLE);
}

/// What another node takes back is remembered here for a minute: nothing is made of it meanwhile that
/// lasts longer.
#[tokio::test]
async fn what_is_remembered_makes_nothing_that_lasts() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[FULL_ACCESS]).await;
    for name in ["revoked", "disabled and enabled", "another password"] {
        let token = Credential::token(&api, &user, PASSWORD).await;
        assert!(token.holds(&api).await, "{name}");
        let Credential::Token(text) = &token else {
            panic!("no token")
        };
        let digest = chancery_crypto::digest::sha256(text.as_bytes());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut tx = Transaction::new("test.other_node");
        match name {
            "revoked" => tx.revoke_tokens(&digest, i64::MAX),
            "another password" => tx
                .set_user_password_hash(&api.domain_id, &user.id, "another")
                .delete_tokens_of_user(&api.domain_id, &user.id),
            _ => tx
                .set_user_enabled(&api.domain_id, &user.id, false)
                .set_user_enabled(&api.domain_id, &user.id, true)
                .delete_tokens_of_user(&api.domain_id, &user.id),
        };
        api.store.commit(tx).await.unwrap();

        let temporary = token.temporary(&api, None).await;
        assert!(!temporary.holds(&api).await, "{name}");
        let identity = json!({ "methods": ["token"], "token": { "id": text } });
        let body = json!({ "auth": { "identity": identity } });
        let (status, answer) = api.call_as("", "POST", "/v3/auth/tokens", Some(body)).await;
        assert_eq!(status, 401, "{name}: {answer}");
        api.clock.advance_ms(60_000);
        assert!(!token.holds(&api).await, "{name}");
    }
}

/// Keys of earlier versions say nothing of what they were made with.
#[tokio::test]
async fn a_key_that_names_nothing_is_refused() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[]).await;
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let custody = Custody::new(&[7; 32].into(), random, api.clock.clone());
    let sealed = |content: &Value| {
        let place = Place {
            table: "temporary_access_keys",
            row: "ABCDEFGHIJKLMNOPQRST",
            column: "security_token",
        };
        let sealed = custody.seal(place, content.to_string().as_bytes());
        Credential::Key {
            access: place.row.to_owned(),
            secret: "secret".to_owned(),
            security_token: Some(BASE64_STANDARD.encode(sealed)),
        }
    };
    let mut content = json!({
        "secret": "secret", "domain_id": user.domain_id, "user_id": user.id, "project_id": null,
        "expires_at": api.desk.now_ms() + 60_000, "policy": null,
    });
    assert!(!sealed(&content).holds(&api).await);
    for (parent, expected) in [
        (json!({ "Token": "00" }), true),
        (json!({ "AccessKey": "ABCDEFGHIJKLMNOPQRST" }), false),
        (json!("Password"), false),
    ] {
        content["parent"] = parent;
        content["generation"] = json!(0);
        assert_eq!(sealed(&content).holds(&api).await, expected, "{content}");
        content["generation"] = json!(1);
        assert!(!sealed(&content).holds(&api).await, "{content}");
    }
}

/// What a login shows may be taken back between the look at it and the token.
#[tokio::test]
async fn a_login_that_is_overtaken_gives_no_token() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[]).await;
    let key = Credential::permanent(&api, &user).await;
    let Credential::Key { access, secret, .. } = &key else {
        panic!("no key")
    };
    let by_key = json!({ "methods": ["hw_ak_sk"], "hw_ak_sk": {
        "access": { "key": access }, "secret": { "key": secret },
    } });
    let token = api.account_token(&api.domain_name, "alice", PASSWORD).await;
    let by_token = json!({ "methods": ["token"], "token": { "id": token } });
    let by_password = json!({ "methods": ["password"], "password": { "user": {
        "domain": { "name": api.domain_name }, "name": "alice", "password": PASSWORD,
    } } });
    let mut gone = Transaction::new("test.key");
    gone.delete_access_key(&api.domain_id, access);
    let mut revoked = Transaction::new("test.tokens");
    revoked.delete_tokens_of_user(&api.domain_id, &user.id);
    let mut changed = Transaction::new("test.password");
    changed.set_user_password_hash(&api.domain_id, &user.id, "another");
    for (identity, other) in [(by_key, gone), (by_token, revoked), (by_password, changed)] {
        api.faults.overtake("token.issue", other);
        let body = json!({ "auth": { "identity": identity } });
        let (status, answer) = api.call_as("", "POST", "/v3/auth/tokens", Some(body)).await;
        assert_eq!(status, 401, "{identity}: {answer}");
        assert!(!api.faults.is_waiting());
    }
}
