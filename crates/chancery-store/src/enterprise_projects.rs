//! Enterprise projects of an account. The default one has no row: every account has it.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// An enterprise project.
    pub struct EnterpriseProjectRow in "enterprise_projects" {
        /// A UUID.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Unique in the account.
        pub name: String,
        /// The user's words.
        pub description: String,
        /// `prod` or `poc`.
        pub kind: String,
        /// Whether new things may be filed under it.
        pub enabled: bool,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// Milliseconds since 1970 UTC.
        pub updated_at: i64,
    }
}

impl Store {
    /// The enterprise project of the account with this id.
    pub async fn enterprise_project(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<EnterpriseProjectRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// The enterprise projects of the account, oldest first. There are not many: an account has a
    /// quota of them.
    pub async fn enterprise_projects(
        &self,
        domain_id: &str,
    ) -> Result<Vec<EnterpriseProjectRow>, StoreError> {
        let tail = "WHERE domain_id = $1 ORDER BY created_at, id";
        self.all(tail, params![domain_id]).await
    }
}

impl Transaction {
    /// Adds an enterprise project if its account has fewer than `limit`. Conflicts with
    /// [`label::QUOTA`], or with [`label::DOMAIN`] when there is no such account; a duplicate of
    /// [`label::ENTERPRISE_PROJECTS_NAME`] when the name is taken.
    pub fn insert_enterprise_project_within(
        &mut self,
        row: &EnterpriseProjectRow,
        limit: i64,
    ) -> &mut Self {
        let condition = "(SELECT count(*) FROM enterprise_projects WHERE domain_id = {1}) < {2}";
        let more = params![&row.domain_id, limit];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Sets name, description and kind of an enterprise project that is as it was read. Conflicts with
    /// [`label::ENTERPRISE_PROJECT`]; a duplicate of [`label::ENTERPRISE_PROJECTS_NAME`] when the
    /// name is taken.
    pub fn set_enterprise_project(
        &mut self,
        old: &EnterpriseProjectRow,
        new: &EnterpriseProjectRow,
    ) -> &mut Self {
        let columns = ["name", "description", "kind", "updated_at"];
        self.replace(label::ENTERPRISE_PROJECT, (old, new), &columns)
    }

    /// Enables or disables an enterprise project; to what it is changes nothing more. Conflicts
    /// with [`label::ENTERPRISE_PROJECT`].
    pub fn set_enterprise_project_enabled(
        &mut self,
        domain_id: &str,
        id: &str,
        enabled: bool,
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE enterprise_projects SET enabled = $3, updated_at = $4 \
                   WHERE domain_id = $1 AND id = $2";
        let values = params![domain_id, id, enabled, updated_at];
        self.one(label::ENTERPRISE_PROJECT, sql, values)
    }
}
