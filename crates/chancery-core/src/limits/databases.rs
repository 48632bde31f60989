//! Limits of Redis (DCS) and MongoDB (DDS) instances. Sources name the calls of the DCS and DDS
//! API references.

use super::{ANY, Class, LETTERS, Limit};

const NAME_CHARACTERS: Class = Class {
    set: "A-Za-z0-9_-",
    says: "ASCII letters, digits, hyphens and underscores",
};
const REFERENCE_CHARACTERS: Class = Class {
    set: "A-Za-z0-9_.-",
    says: "ASCII letters, digits, hyphens, underscores and dots",
};

/// The name of an instance.
pub const NAME: Limit = Limit::text(
    4,
    64,
    NAME_CHARACTERS,
    "DCS CreateInstance, name; DDS CreateInstance, name",
)
.beginning_with(LETTERS);
/// The name of several instances that one call creates: each gets a hyphen and a number behind it.
pub const BATCH_NAME: Limit = Limit::text(
    4,
    56,
    NAME_CHARACTERS,
    "DCS CreateInstance, name and instance_num",
)
.beginning_with(LETTERS);
/// The id or name of something around the instance: a network, a zone, a parameter group.
pub const REFERENCE: Limit = Limit::text(
    1,
    64,
    REFERENCE_CHARACTERS,
    "CreateInstance, vpc_id and others",
);
/// The same where nothing may be named.
pub const OPTIONAL_REFERENCE: Limit = Limit::text(
    0,
    64,
    REFERENCE_CHARACTERS,
    "CreateInstance, disk_encryption_id and others",
);
/// The words that describe a Redis instance.
pub const DESCRIPTION: Limit = Limit::text(0, 1024, ANY, "DCS CreateInstance, description");
/// How many Redis instances one call creates.
pub const INSTANCES: Limit = Limit::number(1, 100, "DCS CreateInstance, instance_num");
/// The port of a Redis instance.
pub const REDIS_PORT: Limit = Limit::number(1, 65_535, "DCS CreateInstance, port");
/// What a DCS instance is.
pub const DCS_ENGINE: Limit = Limit::one_of(&["Redis", "Memcached"], "DCS CreateInstance, engine");
/// The versions of Redis.
pub const REDIS_VERSION: Limit = Limit::one_of(
    &["4.0", "5.0", "6.0", "7.0"],
    "DCS CreateInstance, engine_version",
);
/// How many zones a Redis instance stands in.
pub const ZONES: Limit = Limit::count(1, 16, "DCS CreateInstance, az_codes");
/// How an instance is paid for: this desk takes no orders.
pub const CHARGING_MODE: Limit = Limit::one_of(
    &["postPaid"],
    "CreateInstance, charging_mode and charge_mode",
);
/// How many labels an instance has.
pub const TAGS: Limit = Limit::count(0, 20, "CreateInstance, tags");
/// The key of a label.
pub const TAG_KEY: Limit = Limit::text(1, 36, ANY, "CreateInstance, tags.key");
/// The value of a label.
pub const TAG_VALUE: Limit = Limit::text(0, 43, ANY, "CreateInstance, tags.value");
/// How many Redis instances a list shows at once.
pub const DCS_PAGE: Limit = Limit::number(1, 1000, "DCS ListInstances, limit");

/// What a DDS instance is.
pub const DDS_ENGINE: Limit =
    Limit::one_of(&["DDS-Community"], "DDS CreateInstance, datastore.type");
/// The versions of MongoDB.
pub const MONGODB_VERSION: Limit = Limit::one_of(
    &["3.4", "4.0", "4.2", "4.4", "5.0"],
    "DDS CreateInstance, datastore.version",
);
/// The storage engines of MongoDB.
pub const STORAGE_ENGINE: Limit = Limit::one_of(
    &["wiredTiger", "rocksDB"],
    "DDS CreateInstance, datastore.storage_engine",
);
/// How the nodes of a DDS instance belong together.
pub const MODE: Limit = Limit::one_of(
    &["Sharding", "ReplicaSet", "Single"],
    "DDS CreateInstance, mode",
);
/// The kinds of nodes, of all modes.
pub const NODE_TYPE: Limit = Limit::one_of(
    &["mongos", "shard", "config", "replica", "single"],
    "DDS CreateInstance, flavor.type and configurations.type",
);
/// The days that backups are kept.
pub const KEEP_DAYS: Limit = Limit::number(0, 732, "DDS CreateInstance, backup_strategy.keep_days");
/// How many DDS instances a list shows at once.
pub const DDS_PAGE: Limit = Limit::number(1, 100, "DDS ListInstances, limit");
/// On or off, of a MongoDB instance.
pub const SSL_OPTION: Limit = Limit::one_of(&["0", "1"], "DDS SwitchSsl, ssl_option");
