//! Migrations: source servers, tasks, and the TLS material of a task.

use chancery_core::limits::{UUID, lists, sms as limits};

use super::shape::{Field, MILLIS, Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const TASK: &str = "/v3/tasks/{task_id}";
const SOURCE: &str = "/v3/sources/{source_id}";

const NULL_TEXT: Schema = Schema::Nullable(&TEXT);
const NULL_WHOLE: Schema = Schema::Nullable(&WHOLE);
const NULL_FLAG: Schema = Schema::Nullable(&Schema::LooseFlag);
const NULL_LIMITED: Schema = Schema::Nullable(&text(&limits::TEXT));
const NULL_OS_TYPE: Schema = Schema::Nullable(&text(&limits::OS_TYPE));
const NULL_AMOUNT: Schema = Schema::Nullable(&Schema::LooseWhole(Some(&limits::AMOUNT)));
/// Null: what the documents have an object for, and the desk nothing.
const NULL_OBJECT: Schema = Schema::Nullable(&Schema::Object(&[]));
/// A list that is empty: what only a migration that runs would fill.
const EMPTY: Schema = Schema::List(&Schema::Object(&[]), None);

/// A field of what an agent reports, as it is sent.
const fn may_be_null(name: &'static str, schema: &'static Schema) -> Field {
    opt(name, Schema::Nullable(schema))
}

/// The same, as it is shown: what was not sent is left out.
const fn may_be_missing(name: &'static str, schema: &'static Schema) -> Field {
    opt(name, *schema)
}

/// What an agent reports of a server's disks and networks, each field made by a function.
macro_rules! hardware {
    ($module:ident, $field:ident) => {
        mod $module {
            use super::$field as field;
            use crate::openapi::shape::{Schema, TEXT, WHOLE};

            pub(super) const DISKS: Schema = Schema::List(&DISK, None);
            pub(super) const VOLUME_GROUPS: Schema = Schema::List(&VOLUME_GROUP, None);
            pub(super) const FILE_SYSTEMS: Schema = Schema::List(&FILE_SYSTEM, None);
            pub(super) const NETWORKS: Schema = Schema::List(&NETWORK, None);

            const DISK: Schema = Schema::Object(&[
                field("name", &TEXT),
                field("partition_style", &TEXT),
                field("device_use", &TEXT),
                field("size", &WHOLE),
                field("used_size", &WHOLE),
                field("physical_volumes", &Schema::List(&PHYSICAL_VOLUME, None)),
                field("os_disk", &Schema::Flag),
                field("relation_name", &TEXT),
                field("inode_size", &WHOLE),
                field("disk_id", &TEXT),
            ]);
            const PHYSICAL_VOLUME: Schema = Schema::Object(&[
                field("device_use", &TEXT),
                field("file_system", &TEXT),
                field("index", &WHOLE),
                field("mount_point", &TEXT),
                field("name", &TEXT),
                field("size", &WHOLE),
                field("used_size", &WHOLE),
                field("inode_size", &WHOLE),
                field("inode_nums", &WHOLE),
                field("uuid", &TEXT),
                field("size_per_cluster", &WHOLE),
            ]);
            const VOLUME_GROUP: Schema = Schema::Object(&[
                field("components", &TEXT),
                field("free_size", &WHOLE),
                field("logical_volumes", &Schema::List(&LOGICAL_VOLUME, None)),
                field("name", &TEXT),
                field("size", &WHOLE),
            ]);
            const LOGICAL_VOLUME: Schema = Schema::Object(&[
                field("block_count", &WHOLE),
                field("block_size", &WHOLE),
                field("file_system", &TEXT),
                field("inode_size", &WHOLE),
                field("inode_nums", &WHOLE),
                field("device_use", &TEXT),
                field("mount_point", &TEXT),
                field("name", &TEXT),
                field("size", &WHOLE),
                field("used_size", &WHOLE),
                field("free_size", &WHOLE),
            ]);
            const FILE_SYSTEM: Schema = Schema::Object(&[
                field("name", &TEXT),
                field("label", &TEXT),
                field("uuid", &TEXT),
                field("device", &TEXT),
                field("size", &WHOLE),
                field("nodesize", &WHOLE),
                field("sectorsize", &WHOLE),
                field("data_profile", &TEXT),
                field("system_profile", &TEXT),
                field("metadata_profile", &TEXT),
                field("global_reserve1", &TEXT),
                field("g_vol_used_size", &WHOLE),
                field("default_subvolid", &TEXT),
                field("default_subvol_name", &TEXT),
                field("default_subvol_mountpath", &TEXT),
                field("subvolumn", &Schema::List(&SUBVOLUME, None)), // as the API spells it
            ]);
            const SUBVOLUME: Schema = Schema::Object(&[
                field("uuid", &TEXT),
                field("is_snapshot", &TEXT),
                field("subvol_id", &TEXT),
                field("parent_id", &TEXT),
                field("subvol_name", &TEXT),
                field("subvol_mount_path", &TEXT),
            ]);
            const NETWORK: Schema = Schema::Object(&[
                field("name", &TEXT),
                field("ip", &TEXT),
                field("ipv6", &TEXT),
                field("netmask", &TEXT),
                field("gateway", &TEXT),
                field("mtu", &WHOLE),
                field("mac", &TEXT),
                field("id", &TEXT),
            ]);
        }
    };
}
hardware!(sent, may_be_null);
hardware!(shown, may_be_missing);

/// A task as its source server shows it.
const CURRENT_TASK: Schema = Schema::Object(&[
    req("id", text(&UUID)),
    req("name", text(&limits::NAME)),
    req("type", text(&limits::TASK_TYPE)),
    req("state", TEXT),
    req("start_date", NULL_WHOLE),
    req("speed_limit", WHOLE),
    req("migrate_speed", Schema::Decimal),
    req("start_target_server", Schema::Flag),
    req("vm_template_id", NULL_TEXT),
    req("region_id", TEXT),
    req("project_name", TEXT),
    req("project_id", TEXT),
    req(
        "target_server",
        Schema::Object(&[req("vm_id", NULL_TEXT), req("name", NULL_TEXT)]),
    ),
    req("exist_server", Schema::Flag),
    req("use_public_ip", Schema::Flag),
]);

/// A source server: what lists and single answers show, and more fields.
macro_rules! source {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("id", text(&UUID)),
            req("ip", NULL_TEXT),
            req("name", text(&limits::NAME)),
            req("enterprise_project_id", TEXT),
            req("add_date", MILLIS),
            req("os_type", text(&limits::OS_TYPE)),
            req("os_version", TEXT),
            req("oem_system", Schema::Flag),
            req("state", text(&limits::SOURCE_STATE)),
            req("connected", Schema::Flag),
            req("cpu_quantity", NULL_WHOLE),
            req("memory", NULL_WHOLE),
            req("current_task", Schema::Nullable(&CURRENT_TASK)),
            req("checks", EMPTY),
            req("init_target_server", NULL_OBJECT),
            req("replicatesize", WHOLE),
            req("stage_action_time", MILLIS),
            req("totalsize", WHOLE),
            req("last_visit_time", MILLIS),
            req("migration_cycle", text(&limits::CYCLE)),
            req("state_action_time", MILLIS),
            req("has_tc", Schema::Flag),
            req("start_type", NULL_TEXT),
            $($more),*
        ])
    };
}

const LISTED_SOURCE: Schema = source![req("is_consistency_result_exist", Schema::Flag)];
const SHOWN_SOURCE: Schema = source![
    req("hostname", NULL_TEXT),
    req("firmware", Schema::Nullable(&text(&limits::FIRMWARE))),
    req("disks", shown::DISKS),
    req("volume_groups", shown::VOLUME_GROUPS),
    req("btrfs_list", shown::FILE_SYSTEMS),
    req("networks", shown::NETWORKS),
    req("agent_version", TEXT),
];

/// The source server of a task.
macro_rules! source_of_task {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("id", text(&UUID)),
            req("ip", NULL_TEXT),
            req("name", text(&limits::NAME)),
            req("os_type", text(&limits::OS_TYPE)),
            req("os_version", TEXT),
            req("oem_system", Schema::Flag),
            req("state", text(&limits::SOURCE_STATE)),
            $($more),*
        ])
    };
}

/// The target server of a task.
macro_rules! target_of_task {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("id", NULL_TEXT),
            req("vm_id", NULL_TEXT),
            req("name", NULL_TEXT),
            req("ip", NULL_TEXT),
            req("os_type", NULL_OS_TYPE),
            req("os_version", NULL_TEXT),
            $($more),*
        ])
    };
}

/// A task: what lists and single answers show, and more fields.
macro_rules! task {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("id", text(&UUID)),
            req("name", text(&limits::NAME)),
            req("type", text(&limits::TASK_TYPE)),
            req("os_type", NULL_OS_TYPE),
            req("state", TEXT),
            req("estimate_complete_time", NULL_WHOLE),
            req("create_date", MILLIS),
            req("priority", Schema::Whole(Some(&limits::PRIORITY))),
            req("speed_limit", Schema::Whole(Some(&limits::SPEED))),
            req("migrate_speed", Schema::Decimal),
            req("compress_rate", Schema::Decimal),
            req("start_target_server", Schema::Flag),
            req("error_json", TEXT),
            req("total_time", WHOLE),
            req("migration_ip", NULL_TEXT),
            req("sub_tasks", EMPTY),
            req("enterprise_project_id", TEXT),
            req("clone_server", NULL_OBJECT),
            req("network_check_info", NULL_OBJECT),
            req("total_cpu_usage", Schema::Decimal),
            req("agent_cpu_usage", Schema::Decimal),
            req("total_mem_usage", Schema::Decimal),
            req("agent_mem_usage", Schema::Decimal),
            req("total_disk_io", Schema::Decimal),
            req("agent_disk_io", Schema::Decimal),
            req("need_migration_test", Schema::Flag),
            req("subtask_info", TEXT),
            $($more),*
        ])
    };
}

const LISTED_TASK: Schema = task![
    req("source_server", source_of_task![]),
    req("target_server", target_of_task![]),
    req("log_collect_status", NULL_TEXT),
    req("syncing", Schema::Flag),
    req("special_config", EMPTY),
];
const SHOWN_TASK: Schema = task![
    req(
        "source_server",
        source_of_task![req("migration_cycle", text(&limits::CYCLE))],
    ),
    req(
        "target_server",
        target_of_task![
            req("system_dir", NULL_TEXT),
            req("disks", shown::DISKS),
            req("volume_groups", shown::VOLUME_GROUPS),
            req("btrfs_list", Schema::List(&TEXT, None)),
            req("image_disk_id", NULL_TEXT),
            req("cutovered_snapshot_ids", NULL_TEXT),
        ],
    ),
    req("region_id", TEXT),
    req("region_name", TEXT),
    req("project_name", TEXT),
    req("project_id", TEXT),
    req("vm_template_id", NULL_TEXT),
    req("connected", Schema::Flag),
    req("start_date", NULL_WHOLE),
    req("finish_date", NULL_WHOLE),
    req("float_ip", NULL_TEXT),
    req("remain_seconds", WHOLE),
    req("target_snapshot_id", NULL_TEXT),
];

const PAGE: [Field; 3] = [
    opt("limit", Schema::Whole(Some(&lists::LIMIT))),
    opt("offset", Schema::Whole(Some(&lists::OFFSET))),
    opt("enterprise_project_id", TEXT),
];

pub(super) const SHAPES: &[Shape] = &[
    Shape::new(
        "POST",
        "/v3/sources",
        "RegisterServer",
        "registers a source server",
    )
    .body(&[
        opt("id", NULL_TEXT),
        opt("ip", NULL_TEXT),
        opt("ipv6", NULL_TEXT),
        req("name", text(&limits::NAME)),
        opt("hostname", NULL_LIMITED),
        req("os_type", text(&limits::OS_TYPE)),
        req("os_version", text(&limits::TEXT)),
        opt("linux_block_check", NULL_LIMITED),
        opt("firmware", Schema::Nullable(&text(&limits::FIRMWARE))),
        opt("cpu_quantity", NULL_AMOUNT),
        opt("memory", NULL_AMOUNT),
        opt("disks", Schema::Nullable(&sent::DISKS)),
        opt("btrfs_list", Schema::Nullable(&sent::FILE_SYSTEMS)),
        req("networks", sent::NETWORKS),
        opt("has_rsync", NULL_FLAG),
        opt("paravirtualization", NULL_FLAG),
        opt("raw_devices", NULL_LIMITED),
        opt("driver_files", NULL_FLAG),
        opt("system_services", NULL_FLAG),
        opt("account_rights", NULL_FLAG),
        opt("boot_loader", NULL_LIMITED),
        opt("system_dir", NULL_LIMITED),
        opt("volume_groups", Schema::Nullable(&sent::VOLUME_GROUPS)),
        req("agent_version", text(&limits::TEXT)),
        opt("kernel_version", NULL_LIMITED),
        opt("migration_cycle", Schema::Nullable(&text(&limits::CYCLE))),
        opt("state", Schema::Nullable(&text(&limits::SOURCE_STATE))),
        opt("oem_system", NULL_FLAG),
        opt("start_type", NULL_LIMITED),
        opt("io_read_wait", Schema::Nullable(&Schema::Decimal)),
        opt("has_tc", NULL_FLAG),
        opt("platform", Schema::Nullable(&text(&limits::PLATFORM))),
    ])
    .answers(200, json_object![req("id", text(&UUID))])
    .refuses(&[400]),
    Shape::new("GET", "/v3/sources", "ListServers", "lists source servers")
        .query(&[
            PAGE[0],
            PAGE[1],
            PAGE[2],
            opt("id", TEXT),
            opt("name", TEXT),
            opt("state", text(&limits::SOURCE_STATE)),
            opt("ip", TEXT),
            opt("ipv6", TEXT),
            opt("migration_cycle", text(&limits::CYCLE)),
            opt("vm_id", TEXT),
            opt("migproject", TEXT),
            opt("connected", Schema::LooseFlag),
            opt("is_consistency_result_exist", Schema::LooseFlag),
        ])
        .answers(
            200,
            json_object![
                req("count", WHOLE),
                req("source_servers", Schema::List(&LISTED_SOURCE, None)),
            ],
        )
        .refuses(&[400]),
    Shape::new("GET", SOURCE, "ShowServer", "shows a source server")
        .answers(200, &[("application/json", Some(SHOWN_SOURCE))])
        .refuses(&[404]),
    Shape::new(
        "DELETE",
        SOURCE,
        "DeleteServer",
        "deletes a source server that has no tasks",
    )
    .answers(200, &[])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v3/tasks",
        "CreateTask",
        "creates a migration task",
    )
    .body(&[
        req("name", text(&limits::NAME)),
        req("type", text(&limits::TASK_TYPE)),
        opt("os_type", NULL_OS_TYPE),
        req("source_server", Schema::Object(&[req("id", TEXT)])),
        req(
            "target_server",
            Schema::Object(&[
                opt("name", NULL_LIMITED),
                opt("vm_id", NULL_LIMITED),
                opt("disks", Schema::Nullable(&sent::DISKS)),
                opt("volume_groups", Schema::Nullable(&sent::VOLUME_GROUPS)),
                opt("btrfs_list", Schema::Nullable(&sent::FILE_SYSTEMS)),
            ]),
        ),
        opt("migration_ip", NULL_TEXT),
        req("region_name", text(&limits::TEXT)),
        req("region_id", text(&limits::TEXT)),
        req("project_name", text(&limits::TEXT)),
        req("project_id", text(&limits::TEXT)),
        opt(
            "priority",
            Schema::Nullable(&Schema::LooseWhole(Some(&limits::PRIORITY))),
        ),
        opt("vm_template_id", NULL_LIMITED),
        opt("clonevm_template_id", NULL_LIMITED),
        opt("start_target_server", NULL_FLAG),
        opt("auto_start", NULL_FLAG),
        opt("use_public_ip", NULL_FLAG),
        opt("use_ipv6", NULL_FLAG),
        opt("syncing", NULL_FLAG),
        opt("exist_server", NULL_FLAG),
        opt("start_network_check", NULL_FLAG),
        opt(
            "speed_limit",
            Schema::Nullable(&Schema::LooseWhole(Some(&limits::SPEED))),
        ),
        opt("over_speed_threshold", Schema::Nullable(&Schema::Decimal)),
        opt("is_need_consistency_check", NULL_FLAG),
        opt("need_migration_test", NULL_FLAG),
    ])
    .answers(200, json_object![req("id", text(&UUID))])
    .refuses(&[400, 404]),
    Shape::new("GET", "/v3/tasks", "ListTasks", "lists migration tasks")
        .query(&[
            PAGE[0],
            PAGE[1],
            PAGE[2],
            opt("id", TEXT),
            opt("name", TEXT),
            opt("state", text(&limits::TASK_STATE)),
            opt("source_server_id", TEXT),
        ])
        .answers(
            200,
            json_object![
                req("count", WHOLE),
                req("tasks", Schema::List(&LISTED_TASK, None)),
            ],
        )
        .refuses(&[400]),
    Shape::new(
        "POST",
        "/v3/tasks/delete",
        "DeleteTasks",
        "deletes several migration tasks with their TLS material, or none of them",
    )
    .body(&[req(
        "ids",
        Schema::List(&TEXT, Some(&limits::DELETED_AT_ONCE)),
    )])
    .answers(200, &[])
    .refuses(&[400, 404]),
    Shape::new("GET", TASK, "ShowTask", "shows a migration task")
        .answers(200, &[("application/json", Some(SHOWN_TASK))])
        .refuses(&[404]),
    Shape::new(
        "DELETE",
        TASK,
        "DeleteTask",
        "deletes a migration task that does not run, with its TLS material",
    )
    .answers(200, &[])
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v3/tasks/{task_id}/action",
        "UpdateTaskStatus",
        "starts or stops a migration task",
    )
    .body(&[req("operation", TEXT)])
    .answers(200, &[])
    .refuses(&[400, 404]),
    Shape::new(
        "GET",
        "/v3/tasks/{task_id}/certkey",
        "ShowCertKey",
        "gives out the certificates and keys of a migration task",
    )
    .query(&[opt("enable_ca_cert", Schema::LooseFlag)])
    .answers(
        200,
        json_object![
            opt("ca", TEXT),
            req("cert", TEXT),
            req("private_key", Schema::Secret(None)),
            req("target_mgmt_cert", TEXT),
            req("target_mgmt_private_key", Schema::Secret(None)),
            req("target_data_cert", TEXT),
            req("target_data_private_key", Schema::Secret(None)),
        ],
    )
    .refuses(&[400, 404]),
];
