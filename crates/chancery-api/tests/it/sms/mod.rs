//! The migration service.

mod certkey;
mod national;
mod sources;
mod tasks;

use serde_json::{Value, json};

use crate::support::Api;

pub(crate) const SOURCES: &str = "/v3/sources";
pub(crate) const TASKS: &str = "/v3/tasks";
/// The id of nothing.
pub(super) const NO_ID: &str = "00000000-0000-4000-8000-000000000000";

/// The body that registers a source server.
pub(crate) fn source(name: &str) -> Value {
    json!({
        "name": name, "ip": "192.0.2.10", "ipv6": "", "hostname": "web.example.com",
        "os_type": "LINUX", "os_version": "CENTOS_7_9_64BIT", "firmware": "BIOS",
        "cpu_quantity": 4, "memory": 8_589_934_592_i64, "agent_version": "24.6.0",
        "networks": [
            { "name": "eth0", "ip": "192.0.2.10", "mac": "fa:16:3e:00:00:01", "mtu": 1500 },
            { "name": "eth1", "ip": "198.51.100.10", "ipv6": "2001:db8::10", "mac": "" },
        ],
        "disks": [{
            "name": "/dev/vda", "partition_style": "MBR", "device_use": "BOOT",
            "size": 42_949_672_960_i64, "used_size": 1_000, "os_disk": true,
            "physical_volumes": [{
                "name": "/dev/vda1", "device_use": "OS", "file_system": "ext4", "index": 1,
                "mount_point": "/", "size": 42_947_575_808_i64, "used_size": 900,
            }],
        }],
        "volume_groups": [], "btrfs_list": [], "has_rsync": true, "oem_system": false,
        "start_type": "MANUAL", "has_tc": true,
    })
}

/// The body that creates a task.
pub(crate) fn task(name: &str, source_id: &str) -> Value {
    json!({
        "name": name, "type": "MIGRATE_BLOCK", "os_type": "LINUX",
        "source_server": { "id": source_id },
        "target_server": {
            "name": "target", "vm_id": "d2b0b7f4-7d0c-4b4a-9f0e-000000000001",
            "disks": [{ "name": "Disk 0", "device_use": "BOOT", "disk_id": "0", "size": 1 }],
            "btrfs_list": [{ "name": "pool" }],
        },
        "migration_ip": "203.0.113.20", "region_name": "cn-north-4", "region_id": "cn-north-4",
        "project_name": "cn-north-4", "project_id": "0123456789abcdef0123456789abcdef",
        "start_target_server": true, "speed_limit": 10,
    })
}

/// A body with some fields replaced or added.
pub(super) fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

impl Api {
    /// Registers a source server and gives its id.
    pub(crate) async fn new_source(&self, body: Value) -> String {
        let answer = self.succeed("POST", SOURCES, Some(body)).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Creates a task and gives its id.
    pub(super) async fn new_task(&self, body: Value) -> String {
        let answer = self.succeed("POST", TASKS, Some(body)).await;
        answer["id"].as_str().unwrap().to_owned()
    }

    /// A task of a new source server.
    pub(crate) async fn some_task(&self) -> String {
        let source_id = self.new_source(source("web")).await;
        self.new_task(task("move-web", &source_id)).await
    }

    /// Starts or stops a task.
    pub(super) async fn act(&self, id: &str, operation: &str) {
        let path = format!("{TASKS}/{id}/action");
        let body = json!({ "operation": operation });
        assert_eq!(self.succeed("POST", &path, Some(body)).await, Value::Null);
    }
}
