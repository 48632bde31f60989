//! Tokens, known by their digests.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError};

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
    }
}

impl Store {
    /// The token with this digest, expired or not, of any account: it says whose a request is.
    pub async fn token(&self, digest: &str) -> Result<Option<TokenRow>, StoreError> {
        self.first("WHERE digest = $1", params![digest]).await
    }
}

impl Transaction {
    /// Adds a token.
    pub fn insert_token(&mut self, row: &TokenRow) -> &mut Self {
        self.insert(row)
    }

    /// Deletes the tokens that expired at `now` (milliseconds since 1970 UTC) or before.
    pub fn delete_expired_tokens(&mut self, now: i64) -> &mut Self {
        self.execute("DELETE FROM tokens WHERE expires_at <= $1", params![now])
    }

    /// Deletes a token, if it is there.
    pub fn delete_token(&mut self, digest: &str) -> &mut Self {
        self.execute("DELETE FROM tokens WHERE digest = $1", params![digest])
    }

    /// Deletes the tokens of a user.
    pub fn delete_tokens_of_user(&mut self, domain_id: &str, user_id: &str) -> &mut Self {
        let sql = "DELETE FROM tokens WHERE domain_id = $1 AND user_id = $2";
        self.execute(sql, params![domain_id, user_id])
    }
}
