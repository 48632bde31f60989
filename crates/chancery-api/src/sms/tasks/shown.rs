//! A task as lists and single answers show it.
//!
//! What only a migration that runs could tell (speeds, times, usage) is zero or null: the desk
//! moves no data.

use std::net::IpAddr;

use chancery_core::migration_sources::{Disk, VolumeGroup};
use chancery_core::migration_tasks::TaskOfSource;
use serde::Serialize;

/// What lists and single tasks show alike.
#[derive(Serialize)]
struct Common<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    os_type: Option<&'a str>,
    state: &'a str,
    estimate_complete_time: Option<i64>,
    create_date: i64,
    priority: i64,
    speed_limit: i64,
    migrate_speed: f64,
    compress_rate: f64,
    start_target_server: bool,
    error_json: &'a str,
    total_time: i64,
    migration_ip: Option<IpAddr>,
    sub_tasks: [(); 0],
    source_server: SourceServer<'a>,
    enterprise_project_id: &'a str,
    clone_server: Option<()>,
    network_check_info: Option<()>,
    total_cpu_usage: f64,
    agent_cpu_usage: f64,
    total_mem_usage: f64,
    agent_mem_usage: f64,
    total_disk_io: f64,
    agent_disk_io: f64,
    need_migration_test: bool,
    subtask_info: &'a str,
}

#[derive(Serialize)]
struct SourceServer<'a> {
    id: &'a str,
    ip: Option<&'a str>,
    name: &'a str,
    os_type: &'a str,
    os_version: &'a str,
    oem_system: bool,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    migration_cycle: Option<&'a str>,
}

#[derive(Serialize)]
struct TargetServer<'a> {
    id: Option<&'a str>,
    vm_id: Option<&'a str>,
    name: Option<&'a str>,
    ip: Option<IpAddr>,
    os_type: Option<&'a str>,
    os_version: Option<&'a str>,
}

#[derive(Serialize)]
struct TargetInFull<'a> {
    #[serde(flatten)]
    brief: TargetServer<'a>,
    system_dir: Option<&'a str>,
    disks: &'a [Disk],
    volume_groups: &'a [VolumeGroup],
    btrfs_list: Vec<&'a str>,
    image_disk_id: Option<&'a str>,
    cutovered_snapshot_ids: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Listed<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    target_server: TargetServer<'a>,
    log_collect_status: Option<&'a str>,
    syncing: bool,
    special_config: [(); 0],
}

#[derive(Serialize)]
pub(super) struct Shown<'a> {
    #[serde(flatten)]
    common: Common<'a>,
    target_server: TargetInFull<'a>,
    region_id: &'a str,
    region_name: &'a str,
    project_name: &'a str,
    project_id: &'a str,
    vm_template_id: Option<&'a str>,
    connected: bool,
    start_date: Option<i64>,
    finish_date: Option<i64>,
    float_ip: Option<&'a str>,
    remain_seconds: i64,
    target_snapshot_id: Option<&'a str>,
}

impl<'a> From<&'a TaskOfSource> for Common<'a> {
    fn from(shown: &'a TaskOfSource) -> Self {
        let (task, plan) = (&shown.task, &shown.task.plan);
        Self {
            id: &task.row.id,
            name: &task.row.name,
            kind: &plan.kind,
            os_type: plan.os_type.as_deref(),
            state: task.state.name(),
            estimate_complete_time: None,
            create_date: task.row.created_at,
            priority: plan.priority,
            speed_limit: plan.speed_limit,
            migrate_speed: 0.0,
            compress_rate: 0.0,
            start_target_server: plan.start_target_server,
            error_json: "",
            total_time: 0,
            migration_ip: plan.migration_ip,
            sub_tasks: [],
            source_server: shown.into(),
            enterprise_project_id: "0",
            clone_server: None,
            network_check_info: None,
            total_cpu_usage: 0.0,
            agent_cpu_usage: 0.0,
            total_mem_usage: 0.0,
            agent_mem_usage: 0.0,
            total_disk_io: 0.0,
            agent_disk_io: 0.0,
            need_migration_test: plan.need_migration_test,
            subtask_info: "",
        }
    }
}

impl<'a> From<&'a TaskOfSource> for SourceServer<'a> {
    fn from(shown: &'a TaskOfSource) -> Self {
        let (row, facts) = (&shown.source, &shown.facts);
        Self {
            id: &row.id,
            ip: facts.ip.as_deref().or(facts.ipv6.as_deref()),
            name: &row.name,
            os_type: &facts.os_type,
            os_version: &facts.os_version,
            oem_system: facts.oem_system,
            state: &row.state,
            migration_cycle: None,
        }
    }
}

impl<'a> From<&'a TaskOfSource> for TargetServer<'a> {
    fn from(shown: &'a TaskOfSource) -> Self {
        let plan = &shown.task.plan;
        Self {
            id: None,
            vm_id: plan.target.vm_id.as_deref(),
            name: plan.target.name.as_deref(),
            ip: plan.migration_ip,
            os_type: plan.os_type.as_deref(),
            os_version: None,
        }
    }
}

impl<'a> From<&'a TaskOfSource> for Listed<'a> {
    fn from(shown: &'a TaskOfSource) -> Self {
        Self {
            common: shown.into(),
            target_server: shown.into(),
            log_collect_status: None,
            syncing: shown.task.plan.syncing,
            special_config: [],
        }
    }
}

impl<'a> From<&'a TaskOfSource> for Shown<'a> {
    fn from(shown: &'a TaskOfSource) -> Self {
        let plan = &shown.task.plan;
        let file_systems = plan.target.btrfs_list.iter();
        let mut common = Common::from(shown);
        common.source_server.migration_cycle = Some(&shown.facts.migration_cycle);
        Self {
            common,
            target_server: TargetInFull {
                brief: shown.into(),
                system_dir: None,
                disks: &plan.target.disks,
                volume_groups: &plan.target.volume_groups,
                btrfs_list: file_systems.filter_map(|fs| fs.name.as_deref()).collect(),
                image_disk_id: None,
                cutovered_snapshot_ids: None,
            },
            region_id: &plan.region_id,
            region_name: &plan.region_name,
            project_name: &plan.project_name,
            project_id: &plan.project_id,
            vm_template_id: plan.vm_template_id.as_deref(),
            connected: false, // the desk keeps no connection to an agent
            start_date: plan.started_at,
            finish_date: None,
            float_ip: None,
            remain_seconds: 0,
            target_snapshot_id: None,
        }
    }
}
