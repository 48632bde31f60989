//! Servers that are to be migrated.

use crate::list::{Filter, Listing, Page, Sort};
use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A source server.
    pub struct MigrationSourceRow in "migration_sources" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// The user's name for it.
        pub name: String,
        /// Its state, as the API spells it.
        pub state: String,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// What was registered, as JSON.
        pub document: String,
    }
}

/// Which source servers of an account; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct MigrationSourceFilter {
    /// The id.
    pub id: Option<String>,
    /// Part of the name, ASCII letters in either case.
    pub name: Option<String>,
    /// The state.
    pub state: Option<String>,
}

/// The order of sources and of tasks: by time of creation.
#[derive(Clone, Copy)]
pub(crate) struct ByCreation;

impl Sort for ByCreation {
    fn column(self) -> &'static str {
        "created_at"
    }
}

impl MigrationSourceFilter {
    fn of(&self, domain_id: &str) -> Filter {
        Filter::default()
            .equal("domain_id", Some(domain_id))
            .equal("id", self.id.as_ref())
            .contains(&["name"], self.name.as_ref())
            .equal("state", self.state.as_ref())
    }
}

impl Store {
    /// The source server of the account with this id.
    pub async fn migration_source(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<MigrationSourceRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// A page of the source servers of the account, newest first.
    pub async fn migration_sources(
        &self,
        domain_id: &str,
        filter: &MigrationSourceFilter,
        limit: u32,
        offset: u32,
    ) -> Result<Listing<MigrationSourceRow>, StoreError> {
        self.list(
            domain_id,
            filter.of(domain_id),
            &Page::newest_first(ByCreation, limit, offset),
        )
        .await
    }
}

impl Transaction {
    /// Adds a source server.
    pub fn insert_migration_source(&mut self, row: &MigrationSourceRow) -> &mut Self {
        self.insert(row)
    }

    /// Moves a source server from one state to another. Conflicts with
    /// [`label::MIGRATION_SOURCE`].
    pub fn set_migration_source_state(
        &mut self,
        domain_id: &str,
        id: &str,
        from: &str,
        to: &str,
    ) -> &mut Self {
        let sql = "UPDATE migration_sources SET state = $4 \
                   WHERE domain_id = $1 AND id = $2 AND state = $3";
        self.one(
            label::MIGRATION_SOURCE,
            sql,
            params![domain_id, id, from, to],
        )
    }

    /// Gives a source server another name and document (JSON). Conflicts with
    /// [`label::MIGRATION_SOURCE`].
    pub fn set_migration_source_document(
        &mut self,
        domain_id: &str,
        id: &str,
        name: &str,
        document: &str,
    ) -> &mut Self {
        let sql = "UPDATE migration_sources SET name = $3, document = $4 \
                   WHERE domain_id = $1 AND id = $2";
        self.one(
            label::MIGRATION_SOURCE,
            sql,
            params![domain_id, id, name, document],
        )
    }

    /// Deletes a source server. Conflicts with [`label::MIGRATION_SOURCE`], or with
    /// [`label::REFERENCE`] when a task names it.
    pub fn delete_migration_source(&mut self, domain_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM migration_sources WHERE domain_id = $1 AND id = $2";
        self.one(label::MIGRATION_SOURCE, sql, params![domain_id, id])
    }
}
