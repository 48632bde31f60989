//! Groups of users.

use crate::table::table;
use crate::transaction::Transaction;
use crate::users::UserRow;
use crate::value::{Value, params};
use crate::{Store, StoreError, label};

table! {
    /// A group of users.
    pub struct GroupRow in "user_groups" {
        /// 32 hex digits.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Unique in the account.
        pub name: String,
        /// The administrator's words.
        pub description: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The group of the account with this id.
    pub async fn group(&self, domain_id: &str, id: &str) -> Result<Option<GroupRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// The groups of the account, by name.
    pub async fn groups(&self, domain_id: &str) -> Result<Vec<GroupRow>, StoreError> {
        self.all("WHERE domain_id = $1 ORDER BY name", params![domain_id])
            .await
    }

    /// The groups of the account that a user is in, by name.
    pub async fn groups_of_user(
        &self,
        domain_id: &str,
        user_id: &str,
    ) -> Result<Vec<GroupRow>, StoreError> {
        let tail = "WHERE domain_id = $1 AND id IN \
                    (SELECT group_id FROM group_members WHERE user_id = $2) ORDER BY name";
        self.all(tail, params![domain_id, user_id]).await
    }

    /// The users of the account that are in a group, by name.
    pub async fn users_of_group(
        &self,
        domain_id: &str,
        group_id: &str,
    ) -> Result<Vec<UserRow>, StoreError> {
        let tail = "WHERE domain_id = $1 AND id IN \
                    (SELECT user_id FROM group_members WHERE group_id = $2) ORDER BY name";
        self.all(tail, params![domain_id, group_id]).await
    }

    /// Whether a user is in a group.
    pub async fn is_member(&self, group_id: &str, user_id: &str) -> Result<bool, StoreError> {
        let sql = "SELECT count(*) FROM group_members WHERE group_id = $1 AND user_id = $2";
        Ok(self
            .number(sql, &[Value::from(group_id), Value::from(user_id)])
            .await?
            > 0)
    }
}

impl Transaction {
    /// Adds a group if its account has fewer than `limit`. Conflicts with [`label::QUOTA`], or
    /// with [`label::DOMAIN`] when there is no such account.
    pub fn insert_group_up_to(&mut self, row: &GroupRow, limit: i64) -> &mut Self {
        let condition = "(SELECT count(*) FROM user_groups WHERE domain_id = {1}) < {2}";
        let more = params![&row.domain_id, limit];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Sets name and description of a group that is as it was read. Conflicts with
    /// [`label::GROUP`].
    pub fn set_group(&mut self, old: &GroupRow, new: &GroupRow) -> &mut Self {
        self.replace(label::GROUP, (old, new), &["name", "description"])
    }

    /// Deletes a group with its memberships and what it was granted. Conflicts with
    /// [`label::GROUP`].
    pub fn delete_group(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM user_groups WHERE domain_id = $1 AND id = $2";
        self.one(label::GROUP, sql, params![domain_id, id])
    }

    /// Puts a user into a group of the same account, if they are in fewer than `limit`. Conflicts
    /// with [`label::MEMBER`] when they are in as many or there is no such pair; a duplicate when
    /// they are in the group.
    pub fn add_member_up_to(
        &mut self,
        domain_id: &str,
        group_id: &str,
        user_id: &str,
        limit: i64,
    ) -> &mut Self {
        self.lock_domain(domain_id);
        let sql = "INSERT INTO group_members (group_id, user_id) \
                   SELECT user_groups.id, users.id FROM user_groups, users \
                   WHERE user_groups.id = $1 AND users.id = $2 \
                   AND user_groups.domain_id = $3 AND users.domain_id = $3 \
                   AND (SELECT count(*) FROM group_members WHERE user_id = users.id) < $4";
        let values = params![group_id, user_id, domain_id, limit];
        self.one(label::MEMBER, sql, values)
    }

    /// Takes a user out of a group. Conflicts with [`label::MEMBER`].
    pub fn remove_member(&mut self, group_id: &str, user_id: &str) -> &mut Self {
        let sql = "DELETE FROM group_members WHERE group_id = $1 AND user_id = $2";
        self.one(label::MEMBER, sql, params![group_id, user_id])
    }
}
