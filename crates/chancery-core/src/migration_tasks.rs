//! Migration tasks: which source server goes where, and the TLS material of both ends.

mod material;
mod state;

use std::net::IpAddr;

use chancery_store::{
    Listing, MigrationSourceRow, MigrationTaskFilter, MigrationTaskRow, StoreError, Transaction,
    label,
};
use serde::{Deserialize, Serialize};

pub use material::{Material, Pair};
pub use state::{State, Step};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::limits::sms as limits;
use crate::migration_sources::{BtrfsFileSystem, Disk, Facts, VolumeGroup, check_os_type};
use state::{check_deletable, step};

/// A task that is asked for.
pub struct NewTask {
    /// Its name.
    pub name: String,
    /// The source server.
    pub source_id: String,
    /// Everything else.
    pub plan: Plan,
}

/// What a task is to do.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[allow(missing_docs)] // the fields are the API's
pub struct Plan {
    /// `MIGRATE_FILE` or `MIGRATE_BLOCK`.
    pub kind: String,
    /// That of the source server, if it is not said.
    pub os_type: Option<String>,
    pub target: Target,
    /// Where the target server is reached.
    pub migration_ip: Option<IpAddr>,
    pub region_name: String,
    pub region_id: String,
    pub project_name: String,
    pub project_id: String,
    /// 0 low, 1 normal, 2 high.
    pub priority: i64,
    pub vm_template_id: Option<String>,
    pub clonevm_template_id: Option<String>,
    pub start_target_server: bool,
    /// Starts the task when it is created.
    pub auto_start: bool,
    pub use_public_ip: bool,
    /// Whether `migration_ip` is an IPv6 address.
    pub use_ipv6: bool,
    pub syncing: bool,
    pub exist_server: bool,
    pub start_network_check: bool,
    /// In Mbit/s; 0 for no limit.
    pub speed_limit: i64,
    /// In percent.
    pub over_speed_threshold: Option<f64>,
    pub is_need_consistency_check: bool,
    pub need_migration_test: bool,
    /// When it was last started, in milliseconds since the epoch.
    #[serde(default)]
    pub started_at: Option<i64>,
}

/// The target server of a task.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[allow(missing_docs)] // the fields are the API's
pub struct Target {
    pub name: Option<String>,
    pub vm_id: Option<String>,
    pub disks: Vec<Disk>,
    pub volume_groups: Vec<VolumeGroup>,
    pub btrfs_list: Vec<BtrfsFileSystem>,
}

/// A task.
pub struct Task {
    /// Its row.
    pub row: MigrationTaskRow,
    /// What it is to do.
    pub plan: Plan,
    /// Its state.
    pub state: State,
}

/// A task as it is shown, with its source server.
pub struct TaskOfSource {
    /// The task.
    pub task: Task,
    /// The row of its source server.
    pub source: MigrationSourceRow,
    /// What is known about its source server.
    pub facts: Facts,
}

impl Desk {
    /// Creates a task and returns its id.
    ///
    /// # Errors
    /// [`Thing::Source`] not found; [`crate::Kind::Invalid`].
    pub async fn create_task(&self, ctx: &Context, mut new: NewTask) -> Result<String> {
        let source = self.source_row(ctx.domain_id(), &new.source_id).await?;
        let os_type = Facts::of(&source)?.os_type;
        limits::NAME.check("name", &new.name)?;
        new.plan.check(&os_type)?;
        new.plan.os_type = Some(os_type);
        let now = self.now_ms();
        let state = match new.plan.auto_start {
            true => State::Running,
            false => State::Ready,
        };
        new.plan.started_at = new.plan.auto_start.then_some(now);
        let row = MigrationTaskRow {
            id: ids::uuid(self.random.as_ref()),
            domain_id: ctx.domain_id().to_owned(),
            source_id: new.source_id,
            name: new.name,
            state: state.name().to_owned(),
            created_at: now,
            document: new.plan.to_json()?,
            sealed_material: None,
        };
        let mut tx = Transaction::new("migration_task.create");
        tx.insert_migration_task(&row);
        let detail = serde_json::json!({ "name": row.name, "source_id": row.source_id });
        tx.audit(ctx.audit_with(now, &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(row.id),
            Err(StoreError::Conflict(label::REFERENCE)) => {
                Err(Error::not_found(Thing::Source, &row.source_id))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A task of the caller's account.
    ///
    /// # Errors
    /// [`Thing::Task`] not found.
    pub async fn task(&self, ctx: &Context, id: &str) -> Result<TaskOfSource> {
        let row = self.task_row(ctx, id).await?;
        self.show_task(row).await
    }

    /// A page of the account's tasks, newest first.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for a state that there is not.
    pub async fn tasks(
        &self,
        ctx: &Context,
        filter: &MigrationTaskFilter,
        limit: u32,
        offset: u32,
    ) -> Result<Listing<TaskOfSource>> {
        if let Some(state) = &filter.state {
            limits::TASK_STATE.check("state", state)?;
        }
        let found = self
            .store
            .migration_tasks(ctx.domain_id(), filter, limit, offset)
            .await?;
        let mut rows = Vec::with_capacity(found.rows.len());
        for row in found.rows {
            rows.push(self.show_task(row).await?);
        }
        Ok(Listing {
            rows,
            total: found.total,
        })
    }

    /// Starts or stops a task. Nothing is migrated by that: the desk only keeps the state, and a
    /// task that was started is not deleted before it is stopped.
    ///
    /// # Errors
    /// [`Thing::Task`] not found; [`Refusal::State`].
    pub async fn move_task(&self, ctx: &Context, id: &str, wanted: Step) -> Result<()> {
        let now = self.now_ms();
        let mut task = Task::of(self.task_row(ctx, id).await?)?;
        let next = step(task.state, wanted)?;
        let (domain, row) = (ctx.domain_id(), &task.row);
        let mut tx = Transaction::new("migration_task.move");
        tx.set_migration_task_state(domain, id, &row.state, next.name());
        if wanted == Step::Start {
            task.plan.started_at = Some(now);
            tx.set_migration_task_document(domain, id, &row.name, &task.plan.to_json()?);
        }
        tx.audit(ctx.audit_with(now, id, serde_json::json!({ "state": next.name() })));
        self.store.commit(tx).await.map_err(changed_meanwhile)
    }

    /// Deletes tasks with their TLS material: all of them, or none if one cannot be.
    ///
    /// # Errors
    /// [`Thing::Task`] not found; [`Refusal::State`] for a task that runs; [`crate::Kind::Invalid`]
    /// for none or too many at once.
    pub async fn delete_tasks(&self, ctx: &Context, ids: &[&str]) -> Result<()> {
        limits::DELETED_AT_ONCE.check_count("ids", ids.len())?;
        let now = self.now_ms();
        let mut tx = Transaction::new("migration_task.delete");
        for (at, id) in ids.iter().enumerate() {
            if ids[..at].contains(id) {
                continue;
            }
            let task = Task::of(self.task_row(ctx, id).await?)?;
            check_deletable(task.state)?;
            // Holds only in the state that was looked at: it may be started meanwhile.
            let state = &task.row.state;
            tx.set_migration_task_state(ctx.domain_id(), id, state, "DELETING");
            tx.delete_migration_task(ctx.domain_id(), id);
            tx.audit(ctx.audit(now, id));
        }
        self.store.commit(tx).await.map_err(changed_meanwhile)
    }

    async fn task_row(&self, ctx: &Context, id: &str) -> Result<MigrationTaskRow> {
        let row = self.store.migration_task(ctx.domain_id(), id).await?;
        row.ok_or_else(|| Error::not_found(Thing::Task, id))
    }

    async fn show_task(&self, row: MigrationTaskRow) -> Result<TaskOfSource> {
        let source = self.source_row(&row.domain_id, &row.source_id).await?;
        Ok(TaskOfSource {
            task: Task::of(row)?,
            facts: Facts::of(&source)?,
            source,
        })
    }
}

impl Task {
    pub(crate) fn of(row: MigrationTaskRow) -> Result<Self> {
        Ok(Self {
            plan: serde_json::from_str(&row.document).map_err(Error::internal)?,
            state: State::of(&row)?,
            row,
        })
    }
}

impl Plan {
    fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    fn check(&self, os_type: &str) -> Result<()> {
        limits::TASK_TYPE.check("type", &self.kind)?;
        check_os_type(self.os_type.as_deref())?;
        if self.os_type.as_deref().is_some_and(|own| own != os_type) {
            let text = format!("must be that of the source server, {os_type}");
            return Err(Error::invalid("os_type", text));
        }
        for (field, text) in [
            ("region_name", Some(&self.region_name)),
            ("region_id", Some(&self.region_id)),
            ("project_name", Some(&self.project_name)),
            ("project_id", Some(&self.project_id)),
            ("vm_template_id", self.vm_template_id.as_ref()),
            ("clonevm_template_id", self.clonevm_template_id.as_ref()),
            ("target_server.vm_id", self.target.vm_id.as_ref()),
            ("target_server.name", self.target.name.as_ref()),
        ] {
            if let Some(text) = text {
                limits::TEXT.check(field, text)?;
            }
        }
        limits::PRIORITY.check_number("priority", self.priority)?;
        limits::SPEED.check_number("speed_limit", self.speed_limit)?;
        match self.migration_ip {
            Some(ip) if ip.is_ipv6() && !self.use_ipv6 => Err(Error::invalid(
                "migration_ip",
                "must be an IPv4 address unless use_ipv6 is true",
            )),
            Some(ip) if ip.is_ipv4() && self.use_ipv6 => Err(Error::invalid(
                "migration_ip",
                "must be an IPv6 address when use_ipv6 is true",
            )),
            _ => Ok(()),
        }
    }
}

/// Another call changed the state between reading and writing it.
fn changed_meanwhile(error: StoreError) -> Error {
    match error {
        StoreError::Conflict(_) => Error::refused(
            Refusal::State,
            "the state of the migration task was just changed by another call",
        ),
        other => other.into(),
    }
}
