//! Projects of an account.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A project; its name is that of the region it stands for, or begins with it and `_`.
    pub struct ProjectRow in "projects" {
        /// 32 hex digits.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// Unique in the account.
        pub name: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// The administrator's words.
        pub description: String,
    }
}

impl Store {
    /// The project of the account with this id.
    pub async fn project(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<ProjectRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// The project of the account with this name.
    pub async fn project_by_name(
        &self,
        domain_id: &str,
        name: &str,
    ) -> Result<Option<ProjectRow>, StoreError> {
        self.first(
            "WHERE domain_id = $1 AND name = $2",
            params![domain_id, name],
        )
        .await
    }

    /// The projects of the account, by name.
    pub async fn projects(&self, domain_id: &str) -> Result<Vec<ProjectRow>, StoreError> {
        self.all("WHERE domain_id = $1 ORDER BY name", params![domain_id])
            .await
    }
}

impl Transaction {
    /// Adds a project.
    pub fn insert_project(&mut self, row: &ProjectRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds a project if its account has fewer than `limit` whose names begin with `prefix`.
    /// Conflicts with [`label::QUOTA`], or with [`label::DOMAIN`] when there is no such account.
    pub fn insert_project_up_to(
        &mut self,
        row: &ProjectRow,
        prefix: &str,
        limit: i64,
    ) -> &mut Self {
        let condition = "(SELECT count(*) FROM projects WHERE domain_id = {1} \
                         AND substr(name, 1, length({2})) = {2}) < {3}";
        let more = params![&row.domain_id, prefix, limit];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Sets name and description of a project that is as it was read. Conflicts with
    /// [`label::PROJECT`].
    pub fn set_project(&mut self, old: &ProjectRow, new: &ProjectRow) -> &mut Self {
        self.replace(label::PROJECT, (old, new), &["name", "description"])
    }
}
