//! What groups were granted, and where it holds.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError, label};

table! {
    /// A role that a group has.
    pub struct GrantRow in "group_grants" {
        /// The group.
        pub group_id: String,
        /// A policy of the account, or the id of one that is built in.
        pub role_id: String,
        /// What `scope_id` names: `domain`, `inherited`, `project` or `enterprise_project`.
        pub scope: String,
        /// Where the role holds.
        pub scope_id: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

/// A role that a user has through a group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GrantedRole {
    /// As [`GrantRow::role_id`].
    pub role_id: String,
    /// As [`GrantRow::scope`].
    pub scope: String,
    /// As [`GrantRow::scope_id`].
    pub scope_id: String,
    /// The document of a policy of the account; none for a role that is none of its policies.
    pub document: Option<String>,
}

impl Store {
    /// What a group was granted at one place, oldest first.
    pub async fn grants_of_group(
        &self,
        group_id: &str,
        scope: &str,
        scope_id: &str,
    ) -> Result<Vec<GrantRow>, StoreError> {
        let tail = "WHERE group_id = $1 AND scope = $2 AND scope_id = $3 \
                    ORDER BY created_at, role_id";
        self.all(tail, params![group_id, scope, scope_id]).await
    }

    /// How many grants there are of a role to groups of the account.
    pub async fn count_grants(&self, domain_id: &str, role_id: &str) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM group_grants WHERE role_id = $2 AND group_id IN \
                   (SELECT id FROM user_groups WHERE domain_id = $1)";
        self.number(sql, &[Value::from(domain_id), Value::from(role_id)])
            .await
    }

    /// What a user of the account has through their groups.
    pub async fn roles_of_user(
        &self,
        domain_id: &str,
        user_id: &str,
    ) -> Result<Vec<GrantedRole>, StoreError> {
        let sql = "SELECT group_grants.role_id, group_grants.scope, group_grants.scope_id, \
                   policies.document FROM group_members \
                   JOIN user_groups ON user_groups.id = group_members.group_id \
                   JOIN group_grants ON group_grants.group_id = group_members.group_id \
                   LEFT JOIN policies ON policies.id = group_grants.role_id \
                   AND policies.domain_id = user_groups.domain_id \
                   WHERE user_groups.domain_id = $1 AND group_members.user_id = $2 \
                   ORDER BY group_grants.role_id, group_grants.scope, group_grants.scope_id";
        let rows = self
            .rows(sql, &[Value::from(domain_id), Value::from(user_id)])
            .await?;
        let role = |mut row: crate::Row| {
            Ok(GrantedRole {
                role_id: row.take()?,
                scope: row.take()?,
                scope_id: row.take()?,
                document: row.take()?,
            })
        };
        rows.into_iter().map(role).collect()
    }
}

impl Transaction {
    /// Grants a role to a group of the account, if the group has fewer than `limit` grants and, for
    /// a role that is not built in, the account has such a policy. Conflicts with
    /// [`label::GRANT`]; a duplicate when the group has it there.
    pub fn insert_grant_up_to(
        &mut self,
        row: &GrantRow,
        domain_id: &str,
        built_in: bool,
        limit: i64,
    ) -> &mut Self {
        let fewer = "(SELECT count(*) FROM group_grants WHERE group_id = {1}) < {2}";
        let known = "(SELECT count(*) FROM group_grants WHERE group_id = {1}) < {2} AND EXISTS \
                     (SELECT 1 FROM policies WHERE id = {3} AND domain_id = {4} AND kind <> '')";
        let mut more = params![&row.group_id, limit];
        let condition = match built_in {
            true => fewer,
            false => {
                more.extend(params![&row.role_id, domain_id]);
                known
            }
        };
        self.insert_if(row, domain_id, (label::GRANT, condition), more)
    }

    /// Takes a role from a group. Conflicts with [`label::GRANT`].
    pub fn delete_grant(
        &mut self,
        group_id: &str,
        role_id: &str,
        scope: &str,
        scope_id: &str,
    ) -> &mut Self {
        let sql = "DELETE FROM group_grants \
                   WHERE group_id = $1 AND role_id = $2 AND scope = $3 AND scope_id = $4";
        let values = params![group_id, role_id, scope, scope_id];
        self.one(label::GRANT, sql, values)
    }
}
