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

/// Whose policies a change makes more.
#[derive(Clone, Copy, Debug)]
pub enum Reached<'a> {
    /// Those of the user with this id.
    User(&'a str),
    /// Those of the members of the group with this id.
    Group(&'a str),
    /// Those of all who have the policy with this id.
    Policy(&'a str),
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
        self.lock_domain(&old.domain_id);
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

    /// Asks, after a change, that the documents of all policies of each user whom it reaches have at
    /// most `limit` characters together, those of all groups, each counted once wherever it is
    /// granted. Owners of accounts have nothing from groups. Conflicts with [`label::POLICIES_OF_USER`].
    /// The account's row has been locked.
    pub fn require_policies_within(
        &mut self,
        domain_id: &str,
        reached: Reached<'_>,
        limit: i64,
    ) -> &mut Self {
        let (users, id) = match reached {
            Reached::User(id) => ("SELECT id FROM users WHERE id = $2", id),
            Reached::Group(id) => ("SELECT user_id FROM group_members WHERE group_id = $2", id),
            Reached::Policy(id) => (
                "SELECT user_id FROM user_policies WHERE policy_id = $2 UNION \
                 SELECT group_members.user_id FROM group_members JOIN group_grants \
                 ON group_grants.group_id = group_members.group_id WHERE group_grants.role_id = $2",
                id,
            ),
        };
        let sql = format!(
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM users \
             WHERE users.domain_id = $1 AND users.owner = 0 AND users.id IN ({users}) AND \
             (SELECT COALESCE(SUM(length(policies.document)), 0) FROM policies \
              JOIN user_policies ON user_policies.policy_id = policies.id \
              WHERE user_policies.user_id = users.id) + \
             (SELECT COALESCE(SUM(length(policies.document)), 0) FROM policies \
              WHERE policies.domain_id = $1 AND policies.id IN \
              (SELECT group_grants.role_id FROM group_grants JOIN group_members \
               ON group_members.group_id = group_grants.group_id \
               WHERE group_members.user_id = users.id)) > $3)"
        );
        self.one(label::POLICIES_OF_USER, sql, params![domain_id, id, limit])
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
    /// no such pair; a duplicate when they have it.
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
