//! Users of an account.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A user.
    pub struct UserRow in "users" {
        /// 32 hex digits.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Unique in the account.
        pub name: String,
        /// The stretched password, with its algorithm and salt.
        pub password_hash: String,
        /// Whether they can log in.
        pub enabled: bool,
        /// Whether they are the account's owner, whom nobody else changes.
        pub owner: bool,
        /// What else is known about them, as JSON; may be empty.
        pub profile: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// How often a new password, or being disabled, ended the user's temporary access keys.
        pub generation: i64,
    }
}

impl Store {
    /// The user of the account with this id.
    pub async fn user(&self, domain_id: &str, id: &str) -> Result<Option<UserRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// The user of the account with this name.
    pub async fn user_by_name(
        &self,
        domain_id: &str,
        name: &str,
    ) -> Result<Option<UserRow>, StoreError> {
        self.first(
            "WHERE domain_id = $1 AND name = $2",
            params![domain_id, name],
        )
        .await
    }

    /// The users of the account, by name.
    pub async fn users(&self, domain_id: &str) -> Result<Vec<UserRow>, StoreError> {
        self.all("WHERE domain_id = $1 ORDER BY name", params![domain_id])
            .await
    }
}

impl Transaction {
    /// Adds a user.
    pub fn insert_user(&mut self, row: &UserRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds a user if their account has fewer than `limit`. Conflicts with [`label::QUOTA`], or with
    /// [`label::DOMAIN`] when there is no such account.
    pub fn insert_user_up_to(&mut self, row: &UserRow, limit: i64) -> &mut Self {
        let condition = "(SELECT count(*) FROM users WHERE domain_id = {1}) < {2}";
        let more = params![&row.domain_id, limit];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Sets name and profile of a user who is as they were read. Conflicts with [`label::USER`].
    pub fn set_user(&mut self, old: &UserRow, new: &UserRow) -> &mut Self {
        self.replace(label::USER, (old, new), &["name", "profile"])
    }

    /// Lets a user log in, or not any more, which ends their temporary access keys for good.
    /// Conflicts with [`label::USER`].
    pub fn set_user_enabled(&mut self, domain_id: &str, id: &str, enabled: bool) -> &mut Self {
        let sql = "UPDATE users SET enabled = $3, generation = generation + 1 - $3 \
                   WHERE domain_id = $1 AND id = $2";
        self.one(label::USER, sql, params![domain_id, id, enabled])
    }

    /// Gives a user another password, which ends their temporary access keys. Conflicts with
    /// [`label::USER`].
    pub fn set_user_password_hash(&mut self, domain_id: &str, id: &str, hash: &str) -> &mut Self {
        let sql = "UPDATE users SET password_hash = $3, generation = generation + 1 \
                   WHERE domain_id = $1 AND id = $2";
        self.one(label::USER, sql, params![domain_id, id, hash])
    }

    /// Deletes a user with their access keys, tokens, memberships and attached policies. Conflicts
    /// with [`label::USER`].
    pub fn delete_user(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM users WHERE domain_id = $1 AND id = $2";
        self.one(label::USER, sql, params![domain_id, id])
    }
}
