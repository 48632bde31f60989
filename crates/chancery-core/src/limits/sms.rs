//! Limits of the migration service. Sources name the calls of the SMS API reference.

use super::{ANY, Class, Limit};

/// The name of a server or a task.
pub const NAME: Limit = Limit::text(
    1,
    64,
    Class {
        set: concat!("A-Za-z0-9_", super::han!(), "-"),
        says: "ASCII letters, digits, Chinese characters, _ and -",
    },
    "RegisterServer, name; CreateTask, name",
);
/// Any other text.
pub const TEXT: Limit = Limit::text(1, 255, ANY, "RegisterServer, os_version and others");
/// The operating systems that are migrated.
pub const OS_TYPE: Limit = Limit::one_of(&["WINDOWS", "LINUX"], "RegisterServer, os_type");
/// How a server boots.
pub const FIRMWARE: Limit = Limit::one_of(&["BIOS", "UEFI"], "RegisterServer, firmware");
/// The states of a source server.
pub const SOURCE_STATE: Limit = Limit::one_of(
    &[
        "unavailable",
        "waiting",
        "initialize",
        "replicate",
        "syncing",
        "stopping",
        "stopped",
        "skipping",
        "deleting",
        "clearing",
        "cleared",
        "clearfailed",
        "premigready",
        "premiging",
        "premiged",
        "premigfailed",
        "cloning",
        "cutovering",
        "error",
        "finished",
    ],
    "RegisterServer, state",
);
/// Where a server runs now.
pub const PLATFORM: Limit = Limit::one_of(
    &[
        "hw", "ali", "aws", "azure", "gcp", "tencent", "vmware", "hyperv", "other", "default",
    ],
    "RegisterServer, platform",
);
/// How far a migration is.
pub const CYCLE: Limit = Limit::one_of(
    &[
        "checking",
        "setting",
        "replicating",
        "syncing",
        "cutovering",
        "cutovered",
    ],
    "RegisterServer, migration_cycle",
);
/// A number of cores or bytes.
pub const AMOUNT: Limit = Limit::number(0, i64::MAX, "RegisterServer, memory and cpu_quantity");
/// How data is moved.
pub const TASK_TYPE: Limit = Limit::one_of(&["MIGRATE_FILE", "MIGRATE_BLOCK"], "CreateTask, type");
/// The states of a task. Most come up only where data moves.
pub const TASK_STATE: Limit = Limit::one_of(
    &[
        "READY",
        "RUNNING",
        "SYNCING",
        "MIGRATE_SUCCESS",
        "MIGRATE_FAIL",
        "ABORTING",
        "ABORT",
        "DELETING",
        "SYNC_F_ROLLBACKING",
        "SYNC_F_ROLLBACK_SUCCESS",
    ],
    "ListTasks, state",
);
/// How soon a task's turn comes: low, normal, high.
pub const PRIORITY: Limit = Limit::number(0, 2, "CreateTask, priority");
/// How fast data is moved, in Mbit/s; 0 is as fast as it goes.
pub const SPEED: Limit = Limit::number(0, 10_000, "CreateTask, speed_limit");
/// How many tasks one call deletes.
pub const DELETED_AT_ONCE: Limit = Limit::count(1, 100, "DeleteTasks, ids");
