//! Policies of an account, and which user has which.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A policy.
    pub struct PolicyRow in "policies" {
        /// 32 hex digits.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Unique in the account.
        pub name: String,
        /// What it allows and denies, as JSON.
        pub document: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The policy of the account with this id.
    pub async fn policy(&self, domain_id: &str, id: &str) -> Result<Option<PolicyRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// The policies of the account, by name.
    pub async fn policies(&self, domain_id: &str) -> Result<Vec<PolicyRow>, StoreError> {
        self.all("WHERE domain_id = $1 ORDER BY name", params![domain_id])
            .await
    }

    /// The policies that a user has, by name.
    pub async fn policies_of_user(&self, user_id: &str) -> Result<Vec<PolicyRow>, StoreError> {
        let tail =
            "WHERE id IN (SELECT policy_id FROM user_policies WHERE user_id = $1) ORDER BY name";
        self.all(tail, params![user_id]).await
    }
}

impl Transaction {
    /// Adds a policy.
    pub fn insert_policy(&mut self, row: &PolicyRow) -> &mut Self {
        self.insert(row)
    }

    /// Changes what a policy allows. Conflicts with [`label::POLICY`].
    pub fn set_policy_document(&mut self, domain_id: &str, id: &str, document: &str) -> &mut Self {
        let sql = "UPDATE policies SET document = $3 WHERE domain_id = $1 AND id = $2";
        self.one(label::POLICY, sql, params![domain_id, id, document])
    }

    /// Deletes a policy; users that have it lose it. Conflicts with [`label::POLICY`].
    pub fn delete_policy(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM policies WHERE domain_id = $1 AND id = $2";
        self.one(label::POLICY, sql, params![domain_id, id])
    }

    /// Gives a user a policy of the same account. Conflicts with [`label::POLICY`] when there is
    /// no such pair; a duplicate when she has it.
    pub fn attach_policy(&mut self, user_id: &str, policy_id: &str) -> &mut Self {
        let sql = "INSERT INTO user_policies (user_id, policy_id) \
                   SELECT users.id, policies.id FROM users, policies WHERE users.id = $1 \
                   AND policies.id = $2 AND users.domain_id = policies.domain_id";
        self.one(label::POLICY, sql, params![user_id, policy_id])
    }

    /// Takes a policy from a user. Conflicts with [`label::POLICY`].
    pub fn detach_policy(&mut self, user_id: &str, policy_id: &str) -> &mut Self {
        let sql = "DELETE FROM user_policies WHERE user_id = $1 AND policy_id = $2";
        self.one(label::POLICY, sql, params![user_id, policy_id])
    }
}
