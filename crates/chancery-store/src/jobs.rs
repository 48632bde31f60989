//! Jobs: what a service answers with for work that takes a while.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// A job.
    pub struct JobRow in "jobs" {
        /// Unique.
        pub id: String,
        /// The project.
        pub project_id: String,
        /// The instance it works on.
        pub instance_id: String,
        /// What it does, as the service spells it.
        pub job_type: String,
        /// How far it is, as the service spells it.
        pub status: String,
        /// Milliseconds since 1970 UTC.
        pub begin_at: i64,
        /// Milliseconds since 1970 UTC, once it has ended.
        pub end_at: Option<i64>,
    }
}

impl Store {
    /// The job of the project with this id.
    pub async fn job(&self, project_id: &str, id: &str) -> Result<Option<JobRow>, StoreError> {
        self.first("WHERE project_id = $1 AND id = $2", params![project_id, id])
            .await
    }

    /// The jobs of an instance, newest first.
    pub async fn jobs(
        &self,
        project_id: &str,
        instance_id: &str,
    ) -> Result<Vec<JobRow>, StoreError> {
        let tail = "WHERE project_id = $1 AND instance_id = $2 ORDER BY begin_at DESC, id DESC";
        self.all(tail, params![project_id, instance_id]).await
    }
}

impl Transaction {
    /// Adds a job.
    pub fn insert_job(&mut self, row: &JobRow) -> &mut Self {
        self.insert(row)
    }

    /// Ends a job that has not ended. Conflicts with [`label::JOB`].
    pub fn finish_job(
        &mut self,
        project_id: &str,
        id: &str,
        status: &str,
        end_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE jobs SET status = $3, end_at = $4 \
                   WHERE project_id = $1 AND id = $2 AND end_at IS NULL";
        self.one(label::JOB, sql, params![project_id, id, status, end_at])
    }
}
