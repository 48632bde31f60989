//! `/v3/tasks`: migration tasks, and `certkey`, the TLS material of one.

mod shown;

use std::net::IpAddr;

use chancery_core::Error;
use chancery_core::migration_sources::{BtrfsFileSystem, Disk, VolumeGroup};
use chancery_core::migration_tasks::{NewTask, Plan, Step, Target};
use chancery_store::MigrationTaskFilter;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::sources::done;
use super::{other_enterprise_project, page};
use crate::operation::{Answer, Call};
use crate::wire::{loose_flag, loose_number, text_or_empty};
use shown::{Listed, Shown};

#[derive(Deserialize)]
struct CreateTask {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    os_type: Option<String>,
    source_server: SourceServer,
    target_server: TargetServer,
    #[serde(default, deserialize_with = "text_or_empty")]
    migration_ip: Option<String>,
    region_name: String,
    region_id: String,
    project_name: String,
    project_id: String,
    #[serde(default, deserialize_with = "loose_number")]
    priority: Option<i64>,
    #[serde(default, deserialize_with = "text_or_empty")]
    vm_template_id: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    clonevm_template_id: Option<String>,
    #[serde(default, deserialize_with = "loose_flag")]
    start_target_server: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    auto_start: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    use_public_ip: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    use_ipv6: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    syncing: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    exist_server: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    start_network_check: Option<bool>,
    #[serde(default, deserialize_with = "loose_number")]
    speed_limit: Option<i64>,
    over_speed_threshold: Option<f64>,
    #[serde(default, deserialize_with = "loose_flag")]
    is_need_consistency_check: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    need_migration_test: Option<bool>,
}

#[derive(Deserialize)]
struct SourceServer {
    id: String,
}

// Terraform leaves the name and the id of a server out that is still to be made.
#[derive(Deserialize)]
struct TargetServer {
    #[serde(default, deserialize_with = "text_or_empty")]
    name: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    vm_id: Option<String>,
    disks: Option<Vec<Disk>>,
    volume_groups: Option<Vec<VolumeGroup>>,
    btrfs_list: Option<Vec<BtrfsFileSystem>>,
}

impl TryFrom<CreateTask> for NewTask {
    type Error = Error;

    fn try_from(body: CreateTask) -> Result<Self, Error> {
        let migration_ip = body.migration_ip.as_deref().map(str::parse::<IpAddr>);
        let migration_ip = migration_ip.transpose().map_err(|_| {
            Error::invalid(
                "migration_ip",
                "must be an IPv4 address, or an IPv6 address when use_ipv6 is true",
            )
        })?;
        let target = body.target_server;
        Ok(Self {
            name: body.name,
            source_id: body.source_server.id,
            plan: Plan {
                kind: body.kind,
                os_type: body.os_type,
                target: Target {
                    name: target.name,
                    vm_id: target.vm_id,
                    disks: target.disks.unwrap_or_default(),
                    volume_groups: target.volume_groups.unwrap_or_default(),
                    btrfs_list: target.btrfs_list.unwrap_or_default(),
                },
                migration_ip,
                region_name: body.region_name,
                region_id: body.region_id,
                project_name: body.project_name,
                project_id: body.project_id,
                priority: body.priority.unwrap_or(1),
                vm_template_id: body.vm_template_id,
                clonevm_template_id: body.clonevm_template_id,
                start_target_server: body.start_target_server.unwrap_or(false),
                auto_start: body.auto_start.unwrap_or(false),
                use_public_ip: body.use_public_ip.unwrap_or(false),
                use_ipv6: body.use_ipv6.unwrap_or(false),
                syncing: body.syncing.unwrap_or(false),
                exist_server: body.exist_server.unwrap_or(false),
                start_network_check: body.start_network_check.unwrap_or(false),
                speed_limit: body.speed_limit.unwrap_or(0),
                over_speed_threshold: body.over_speed_threshold,
                is_need_consistency_check: body.is_need_consistency_check.unwrap_or(false),
                need_migration_test: body.need_migration_test.unwrap_or(false),
                started_at: None,
            },
        })
    }
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: CreateTask = call.json()?;
    let id = call.desk.create_task(call.ctx()?, body.try_into()?).await?;
    Answer::ok(&json!({ "id": id }))
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let text = |name: &str| call.query(name).map(str::to_owned);
    let (limit, offset) = page(&call)?;
    let filter = MigrationTaskFilter {
        id: text("id"),
        name: text("name"),
        state: text("state"),
        source_id: text("source_server_id"),
    };
    if other_enterprise_project(&call) {
        return Answer::ok(&json!({ "count": 0, "tasks": [] }));
    }
    let found = call.desk.tasks(call.ctx()?, &filter, limit, offset).await?;
    let shown: Vec<_> = found.rows.iter().map(Listed::from).collect();
    Answer::ok(&json!({ "count": found.total, "tasks": shown }))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let task = call.desk.task(call.ctx()?, call.path("task_id")).await?;
    Answer::ok(&Shown::from(&task))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_tasks(call.ctx()?, &[call.path("task_id")])
        .await?;
    Ok(done())
}

#[derive(Deserialize)]
struct DeleteTasks {
    ids: Vec<String>,
}

pub(super) async fn delete_several(call: Call) -> Result<Answer, Error> {
    let body: DeleteTasks = call.json()?;
    let ids: Vec<_> = body.ids.iter().map(String::as_str).collect();
    call.desk.delete_tasks(call.ctx()?, &ids).await?;
    Ok(done())
}

#[derive(Deserialize)]
struct Action {
    operation: String,
}

/// Starts or stops a task. The other operations move data or look at it, which the desk does not.
pub(super) async fn act(call: Call) -> Result<Answer, Error> {
    let body: Action = call.json()?;
    let step = match body.operation.as_str() {
        "start" => Step::Start,
        "stop" => Step::Stop,
        _ => {
            return Err(Error::invalid(
                "operation",
                "must be start or stop; no data is migrated here that others could act on",
            ));
        }
    };
    call.desk
        .move_task(call.ctx()?, call.path("task_id"), step)
        .await?;
    Ok(done())
}

#[derive(Serialize)]
struct CertKey<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<&'a str>,
    cert: &'a str,
    private_key: &'a str,
    target_mgmt_cert: &'a str,
    target_mgmt_private_key: &'a str,
    target_data_cert: &'a str,
    target_data_private_key: &'a str,
}

pub(super) async fn cert_key(call: Call) -> Result<Answer, Error> {
    let with_ca = call.query_flag("enable_ca_cert", true)?;
    let material = call
        .desk
        .task_material(call.ctx()?, call.path("task_id"), with_ca)
        .await?;
    let answer = Answer::ok(&CertKey {
        ca: material.ca.as_deref(),
        cert: &material.source.certificate,
        private_key: &material.source.private_key,
        target_mgmt_cert: &material.target_mgmt.certificate,
        target_mgmt_private_key: &material.target_mgmt.private_key,
        target_data_cert: &material.target_data.certificate,
        target_data_private_key: &material.target_data.private_key,
    })?;
    Ok(answer.secret())
}
