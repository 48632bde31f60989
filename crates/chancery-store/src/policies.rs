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
        /// `AX` or `XA` for a custom policy; empty for one of the operator's own.
        pub kind: String,
        /// The administrator's words.
        pub description: String,
        /// The same in Chinese.
        pub description_cn: String,
        /// The last change, in milliseconds since 1970 UTC; 0 for none.
        pub updated_at: i64,
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

    /// Adds a custom policy if its account has fewer than `limit`. Conflicts with
    /// [`label::QUOTA`], or with [`label::DOMAIN`] when there is no such account.
    pub fn insert_policy_up_to(&mut self, row: &PolicyRow, limit: i64) -> &mut Self {
        let condition =
            "(SELECT count(*) FROM policies WHERE domain_id = {1} AND kind <> '') < {2}";
        let more = params![&row.domain_id, limit];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Changes a custom policy that is as it was read. Conflicts with [`label::POLICY`], also for
    /// one of the operator's own.
    pub fn set_custom_policy(&mut self, old: &PolicyRow, new: &PolicyRow) -> &mut Self {
        let sql = "SELECT 1 FROM policies WHERE domain_id = $1 AND id = $2 AND kind <> ''";
        self.one(label::POLICY, sql, params![&old.domain_id, &old.id]);
        let columns = [
            "name",
            "kind",
            "document",
            "description",
            "description_cn",
            "updated_at",
        ];
        self.replace(label::POLICY, (old, new), &columns)
    }

    /// Deletes a custom policy that no group has. Conflicts with [`label::POLICY`].
    pub fn delete_custom_policy(&mut self, domain_id: &str, id: &str) -> &mut Self {
        self.lock_domain(domain_id);
        let sql = "DELETE FROM policies WHERE domain_id = $1 AND id = $2 AND kind <> '' \
                   AND NOT EXISTS (SELECT 1 FROM group_grants WHERE role_id = policies.id)";
        self.one(label::POLICY, sql, params![domain_id, id])
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
