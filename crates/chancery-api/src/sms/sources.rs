//! `/v3/sources`: source servers.

use bytes::Bytes;
use chancery_core::Error;
use chancery_core::migration_sources::{
    BtrfsFileSystem, Disk, Facts, Network, NewSource, Source, SourceFilter, VolumeGroup,
};
use chancery_core::migration_tasks::Task;
use chancery_store::MigrationSourceFilter;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{other_enterprise_project, page};
use crate::operation::{Answer, Call};
use crate::wire::{loose_flag, loose_number, text_or_empty};

#[derive(Deserialize)]
struct RegisterServer {
    #[serde(default, deserialize_with = "text_or_empty")]
    id: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    ip: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    ipv6: Option<String>,
    name: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    hostname: Option<String>,
    os_type: String,
    os_version: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    linux_block_check: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    firmware: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    cpu_quantity: Option<i64>,
    #[serde(default, deserialize_with = "loose_number")]
    memory: Option<i64>,
    disks: Option<Vec<Disk>>,
    btrfs_list: Option<Vec<BtrfsFileSystem>>,
    networks: Vec<Network>,
    #[serde(default, deserialize_with = "loose_flag")]
    has_rsync: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    paravirtualization: Option<bool>,
    #[serde(default, deserialize_with = "text_or_empty")]
    raw_devices: Option<String>,
    #[serde(default, deserialize_with = "loose_flag")]
    driver_files: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    system_services: Option<bool>,
    #[serde(default, deserialize_with = "loose_flag")]
    account_rights: Option<bool>,
    #[serde(default, deserialize_with = "text_or_empty")]
    boot_loader: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    system_dir: Option<String>,
    volume_groups: Option<Vec<VolumeGroup>>,
    agent_version: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    kernel_version: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    migration_cycle: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    state: Option<String>,
    #[serde(default, deserialize_with = "loose_flag")]
    oem_system: Option<bool>,
    #[serde(default, deserialize_with = "text_or_empty")]
    start_type: Option<String>,
    io_read_wait: Option<f64>,
    #[serde(default, deserialize_with = "loose_flag")]
    has_tc: Option<bool>,
    #[serde(default, deserialize_with = "text_or_empty")]
    platform: Option<String>,
}

impl From<RegisterServer> for NewSource {
    fn from(body: RegisterServer) -> Self {
        Self {
            id: body.id,
            name: body.name,
            state: body.state,
            facts: Facts {
                ip: body.ip,
                ipv6: body.ipv6,
                hostname: body.hostname,
                os_type: body.os_type,
                os_version: body.os_version,
                linux_block_check: body.linux_block_check,
                firmware: body.firmware,
                cpu_quantity: body.cpu_quantity,
                memory: body.memory,
                disks: body.disks.unwrap_or_default(),
                btrfs_list: body.btrfs_list.unwrap_or_default(),
                networks: body.networks,
                volume_groups: body.volume_groups.unwrap_or_default(),
                agent_version: body.agent_version,
                kernel_version: body.kernel_version,
                migration_cycle: body.migration_cycle.unwrap_or_default(),
                has_rsync: body.has_rsync,
                paravirtualization: body.paravirtualization,
                raw_devices: body.raw_devices,
                driver_files: body.driver_files,
                system_services: body.system_services,
                account_rights: body.account_rights,
                boot_loader: body.boot_loader,
                system_dir: body.system_dir,
                oem_system: body.oem_system.unwrap_or(false),
                start_type: body.start_type,
                io_read_wait: body.io_read_wait,
                has_tc: body.has_tc,
                platform: body.platform,
            },
        }
    }
}

pub(super) async fn register(call: Call) -> Result<Answer, Error> {
    let body: RegisterServer = call.json()?;
    let id = call.desk.register_source(call.ctx()?, body.into()).await?;
    Answer::ok(&json!({ "id": id }))
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let text = |name: &str| call.query(name).map(str::to_owned);
    let (limit, offset) = page(&call)?;
    let filter = SourceFilter {
        columns: MigrationSourceFilter {
            id: text("id"),
            name: text("name"),
            state: text("state"),
        },
        ip: text("ip"),
        ipv6: text("ipv6"),
        migration_cycle: text("migration_cycle"),
        vm_id: text("vm_id"),
    };
    if is_about_nothing(&call)? {
        return Answer::ok(&json!({ "count": 0, "source_servers": [] }));
    }
    let found = call
        .desk
        .sources(call.ctx()?, &filter, limit, offset)
        .await?;
    let shown: Vec<_> = found.rows.iter().map(Listed::from).collect();
    Answer::ok(&json!({ "count": found.total, "source_servers": shown }))
}

/// Whether a list is asked for what no source server here is: connected, compared, in a migration
/// project or in another enterprise project than the default one.
fn is_about_nothing(call: &Call) -> Result<bool, Error> {
    let connected = call.query_flag("connected", false)?;
    let compared = call.query_flag("is_consistency_result_exist", false)?;
    let in_project = call.query("migproject").is_some();
    Ok(connected || compared || in_project || other_enterprise_project(call))
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let source = call
        .desk
        .source(call.ctx()?, call.path("source_id"))
        .await?;
    Answer::ok(&Shown::from(&source))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    call.desk
        .delete_source(call.ctx()?, call.path("source_id"))
        .await?;
    Ok(done())
}

/// What the service answers where it has nothing to say: `200 OK` with an empty body.
pub(super) fn done() -> Answer {
    Answer::bytes(StatusCode::OK, "application/json", Bytes::new())
}

/// What lists and single source servers show alike.
#[derive(Serialize)]
struct Common<'a> {
    id: &'a str,
    ip: Option<&'a str>,
    name: &'a str,
    enterprise_project_id: &'a str,
    add_date: i64,
    os_type: &'a str,
    os_version: &'a str,
    oem_system: bool,
    state: &'a str,
    connected: bool,
    cpu_quantity: Option<i64>,
    memory: Option<i64>,
    current_task: Option<Value>,
    checks: [(); 0],
    init_target_server: Option<()>,
    replicatesize: i64,
    stage_action_time: i64,
    totalsize: i64,
    last_visit_time: i64,
    migration_cycle: &'a str,
    state_action_time: i64,
    has_tc: bool,
    start_type: Option<&'a str>,
}

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    is_consistency_result_exist: bool,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    hostname: Option<&'a str>,
    firmware: Option<&'a str>,
    disks: &'a [Disk],
    volume_groups: &'a [VolumeGroup],
    btrfs_list: &'a [BtrfsFileSystem],
    networks: &'a [Network],
    agent_version: &'a str,
}

impl<'a> From<&'a Source> for Common<'a> {
    fn from(source: &'a Source) -> Self {
        let (row, facts) = (&source.row, &source.facts);
        let sizes = facts.disks.iter().filter_map(|disk| disk.used_size);
        Self {
            id: &row.id,
            ip: facts.ip.as_deref().or(facts.ipv6.as_deref()),
            name: &row.name,
            enterprise_project_id: "0",
            add_date: row.created_at,
            os_type: &facts.os_type,
            os_version: &facts.os_version,
            oem_system: facts.oem_system,
            state: &row.state,
            connected: false, // the desk keeps no connection to an agent
            cpu_quantity: facts.cpu_quantity,
            memory: facts.memory,
            current_task: source.current_task.as_ref().map(current_task),
            checks: [],
            init_target_server: None,
            replicatesize: 0,
            stage_action_time: row.created_at,
            totalsize: sizes.fold(0, i64::saturating_add),
            last_visit_time: row.created_at,
            migration_cycle: &facts.migration_cycle,
            state_action_time: row.created_at,
            has_tc: facts.has_tc.unwrap_or(false),
            start_type: facts.start_type.as_deref(),
        }
    }
}

/// A task as its source server shows it.
fn current_task(task: &Task) -> Value {
    let plan = &task.plan;
    json!({
        "id": task.row.id,
        "name": task.row.name,
        "type": plan.kind,
        "state": task.state.name(),
        "start_date": plan.started_at,
        "speed_limit": plan.speed_limit,
        "migrate_speed": 0.0,
        "start_target_server": plan.start_target_server,
        "vm_template_id": plan.vm_template_id,
        "region_id": plan.region_id,
        "project_name": plan.project_name,
        "project_id": plan.project_id,
        "target_server": { "vm_id": plan.target.vm_id, "name": plan.target.name },
        "exist_server": plan.exist_server,
        "use_public_ip": plan.use_public_ip,
    })
}

impl<'a> From<&'a Source> for Listed<'a> {
    fn from(source: &'a Source) -> Self {
        Self {
            common: source.into(),
            is_consistency_result_exist: false,
        }
    }
}

impl<'a> From<&'a Source> for Shown<'a> {
    fn from(source: &'a Source) -> Self {
        let facts = &source.facts;
        Self {
            common: source.into(),
            hostname: facts.hostname.as_deref(),
            firmware: facts.firmware.as_deref(),
            disks: &facts.disks,
            volume_groups: &facts.volume_groups,
            btrfs_list: &facts.btrfs_list,
            networks: &facts.networks,
            agent_version: &facts.agent_version,
        }
    }
}
