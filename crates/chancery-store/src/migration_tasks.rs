//! Migrations of source servers, and the TLS material of each.

use crate::list::{Filter, Listing, Page};
use crate::migration_sources::ByCreation;
use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A migration task.
    pub struct MigrationTaskRow in "migration_tasks" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// The source server.
        pub source_id: String,
        /// The user's name for it.
        pub name: String,
        /// Its state, as the API spells it.
        pub state: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// What was asked for, as JSON.
        pub document: String,
        /// Certificates and keys of both sides, sealed, once they were made.
        pub sealed_material: Option<Vec<u8>>,
    }
}

/// Which migration tasks of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct MigrationTaskFilter {
    /// The id.
    pub id: Option<String>,
    /// Part of the name, ASCII letters in either case.
    pub name: Option<String>,
    /// The state.
    pub state: Option<String>,
    /// The source server.
    pub source_id: Option<String>,
}

impl MigrationTaskFilter {
    fn of(&self, domain_id: &str) -> Filter {
        Filter::default()
            .equal("domain_id", Some(domain_id))
            .equal("id", self.id.as_ref())
            .contains(&["name"], self.name.as_ref())
            .equal("state", self.state.as_ref())
            .equal("source_id", self.source_id.as_ref())
    }
}

impl Store {
    /// The migration task of the account with this id.
    pub async fn migration_task(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<MigrationTaskRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// A page of the migration tasks of the account, newest first.
    pub async fn migration_tasks(
        &self,
        domain_id: &str,
        filter: &MigrationTaskFilter,
        limit: u32,
        offset: u32,
    ) -> Result<Listing<MigrationTaskRow>, StoreError> {
        self.list(
            domain_id,
            filter.of(domain_id),
            &Page::newest_first(ByCreation, limit, offset),
        )
        .await
    }
}

impl Transaction {
    /// Adds a migration task. Conflicts with [`label::REFERENCE`] when there is no such source.
    pub fn insert_migration_task(&mut self, row: &MigrationTaskRow) -> &mut Self {
        self.insert(row)
    }

    /// Moves a migration task from one state to another. Conflicts with
    /// [`label::MIGRATION_TASK`].
    pub fn set_migration_task_state(
        &mut self,
        domain_id: &str,
        id: &str,
        from: &str,
        to: &str,
    ) -> &mut Self {
        let sql = "UPDATE migration_tasks SET state = $4 \
                   WHERE domain_id = $1 AND id = $2 AND state = $3";
        self.one(label::MIGRATION_TASK, sql, params![domain_id, id, from, to])
    }

    /// Gives a migration task another name and document (JSON). Conflicts with
    /// [`label::MIGRATION_TASK`].
    pub fn set_migration_task_document(
        &mut self,
        domain_id: &str,
        id: &str,
        name: &str,
        document: &str,
    ) -> &mut Self {
        let sql = "UPDATE migration_tasks SET name = $3, document = $4 \
                   WHERE domain_id = $1 AND id = $2";
        self.one(
            label::MIGRATION_TASK,
            sql,
            params![domain_id, id, name, document],
        )
    }

    /// Gives a migration task its TLS material, once. Conflicts with [`label::MATERIAL`] when it
    /// has some: another call was first, and its material is the one to answer with.
    pub fn set_migration_task_material(
        &mut self,
        domain_id: &str,
        id: &str,
        sealed_material: &[u8],
    ) -> &mut Self {
        let sql = "UPDATE migration_tasks SET sealed_material = $3 \
                   WHERE domain_id = $1 AND id = $2 AND sealed_material IS NULL";
        self.one(
            label::MATERIAL,
            sql,
            params![domain_id, id, sealed_material],
        )
    }

    /// Deletes a migration task with its material. Conflicts with [`label::MIGRATION_TASK`].
    pub fn delete_migration_task(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM migration_tasks WHERE domain_id = $1 AND id = $2";
        self.one(label::MIGRATION_TASK, sql, params![domain_id, id])
    }
}
