//! Tokens, known by their digests.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError, label};

table! {
    /// A token.
    pub struct TokenRow in "tokens" {
        /// SHA-256 of the token, in hex.
        pub digest: String,
        /// Whose it is.
        pub user_id: String,
        /// The account.
        pub domain_id: String,
        /// The project it is limited to, if it is.
        pub project_id: Option<String>,
        /// How it was got: `password`, `token`, `hw_ak_sk`.
        pub methods: String,
        /// Milliseconds since 1970 UTC.
        pub issued_at: i64,
        /// Milliseconds since 1970 UTC.
        pub expires_at: i64,
        /// The access key, or the digest of the token, that it was made with; empty for a password.
        pub parent: String,
    }
}

/// The digests of a token and of all that were made with it, directly or not; of an access key (`$1`
/// too) those of all that were made with it. None of them outlives the one it was made with, so none
/// that is left is reached only through one that is gone.
macro_rules! made_with {
    () => {
        "WITH RECURSIVE made (digest) AS (\
         SELECT digest FROM tokens WHERE digest = $1 OR parent = $1 \
         UNION SELECT tokens.digest FROM tokens JOIN made ON tokens.parent = made.digest \
         WHERE tokens.parent <> '')"
    };
}

impl Store {
    /// The token with this digest, expired or not, of any account: it says whose a request is.
    pub async fn token(&self, digest: &str) -> Result<Option<TokenRow>, StoreError> {
        self.first("WHERE digest = $1", params![digest]).await
    }

    /// Whether a token was revoked before its time; known for as long as what was made with it lasts.
    pub async fn is_revoked_token(&self, digest: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM revoked_tokens WHERE digest = $1";
        Ok(self.number(sql, &[Value::from(digest)]).await? > 0)
    }
}

impl Transaction {
    /// Adds a token.
    pub fn insert_token(&mut self, row: &TokenRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds a token if what it is made with is still there: the user, enabled and at `generation`,
    /// and the parent, active where it is an access key. Conflicts with [`label::PARENT`].
    pub fn insert_token_if_parent(&mut self, row: &TokenRow, generation: i64) -> &mut Self {
        let condition = "EXISTS (SELECT 1 FROM users WHERE id = {1} AND generation = {2} \
                         AND enabled = 1) \
                         AND ({3} = '' OR EXISTS (SELECT 1 FROM tokens WHERE digest = {3}) \
                         OR EXISTS (SELECT 1 FROM access_keys WHERE access_key = {3} \
                         AND status = 'active'))";
        let more = params![&row.user_id, generation, &row.parent];
        self.insert_where(row, (label::PARENT, condition), more)
    }

    /// Deletes the tokens that expired at `now` (milliseconds since 1970 UTC) or before, and forgets
    /// the revoked ones that were to be kept until then.
    pub fn delete_expired_tokens(&mut self, now: i64) -> &mut Self {
        self.execute("DELETE FROM tokens WHERE expires_at <= $1", params![now])
            .execute(
                "DELETE FROM revoked_tokens WHERE kept_until <= $1",
                params![now],
            )
    }

    /// Ends a token, or those of an access key, and all that were made with them; that they were
    /// revoked is known until `kept_until` (milliseconds since 1970 UTC).
    pub fn revoke_tokens(&mut self, parent: &str, kept_until: i64) -> &mut Self {
        self.execute(
            concat!(
                "INSERT INTO revoked_tokens (digest, kept_until) ",
                made_with!(),
                " SELECT digest, $2 FROM made WHERE true ON CONFLICT (digest) DO NOTHING"
            ),
            params![parent, kept_until],
        );
        self.execute(
            concat!(
                "DELETE FROM tokens WHERE digest IN (",
                made_with!(),
                " SELECT digest FROM made)"
            ),
            params![parent],
        )
    }

    /// Deletes the tokens of a user.
    pub fn delete_tokens_of_user(&mut self, domain_id: &str, user_id: &str) -> &mut Self {
        let sql = "DELETE FROM tokens WHERE domain_id = $1 AND user_id = $2";
        self.execute(sql, params![domain_id, user_id])
    }
}
