//! `/v2/{project_id}/instances`: Redis and Memcached instances.

use chancery_core::Error;
use chancery_core::instances::{BackupPlan, BackupPolicy, Database, NewRedis, RedisFilter, Tag};
use chancery_core::limits::{databases, lists};
use chancery_store::{InstanceFilter, InstanceSort, Page};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::shown;
use crate::operation::{Answer, Call};
use crate::wire::{enterprise_project, loose_decimal, loose_flag, loose_number, text_or_empty};

// What is required is checked in the core: here every field has a code of its own.
#[derive(Deserialize)]
struct CreateInstance {
    name: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    instance_num: Option<i64>,
    engine: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    engine_version: Option<String>,
    spec_code: Option<String>,
    #[serde(default, deserialize_with = "loose_decimal")]
    capacity: Option<f64>,
    az_codes: Option<Vec<String>>,
    vpc_id: Option<String>,
    subnet_id: Option<String>,
    security_group_id: Option<String>,
    description: Option<String>,
    private_ip: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    port: Option<i64>,
    #[serde(default, deserialize_with = "loose_flag")]
    enable_ssl: Option<bool>,
    access_user: Option<String>,
    password: Option<Zeroizing<String>>,
    #[serde(default, deserialize_with = "loose_flag")]
    no_password_access: Option<bool>,
    maintain_begin: Option<String>,
    maintain_end: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
    enterprise_project_name: Option<String>,
    instance_backup_policy: Option<WireBackupPolicy>,
    tags: Option<Vec<WireTag>>,
    bss_param: Option<BssParam>,
}

#[derive(Deserialize)]
struct WireTag {
    key: String,
    #[serde(default, deserialize_with = "text_or_empty")]
    value: Option<String>,
}

#[derive(Deserialize)]
struct BssParam {
    charging_mode: String,
}

#[derive(Deserialize)]
struct WireBackupPolicy {
    backup_type: String,
    #[serde(default, deserialize_with = "loose_number")]
    save_days: Option<i64>,
    periodical_backup_plan: Option<WireBackupPlan>,
}

#[derive(Deserialize)]
struct WireBackupPlan {
    #[serde(default, deserialize_with = "text_or_empty")]
    timezone_offset: Option<String>,
    period_type: String,
    backup_at: Vec<i64>,
    begin_at: String,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: CreateInstance = call.json()?;
    let project_id = call.path("project_id");
    let rows = call
        .desk
        .create_redis_instances(call.ctx()?, project_id, body.try_into()?)
        .await?;
    let instances: Vec<_> = rows
        .iter()
        .map(|row| json!({ "instance_id": row.id, "instance_name": row.name }))
        .collect();
    Answer::ok(&json!({ "order_id": null, "instances": instances }))
}

impl TryFrom<CreateInstance> for NewRedis {
    type Error = Error;

    fn try_from(wire: CreateInstance) -> Result<Self, Error> {
        let tag = |tag: WireTag| Tag {
            key: tag.key,
            value: tag.value.unwrap_or_default(),
        };
        Ok(Self {
            name: wire.name,
            instance_num: wire.instance_num,
            engine: wire.engine,
            engine_version: wire.engine_version,
            spec_code: wire.spec_code,
            capacity: wire.capacity,
            az_codes: wire.az_codes.unwrap_or_default(),
            vpc_id: wire.vpc_id,
            subnet_id: wire.subnet_id,
            security_group_id: wire.security_group_id,
            description: wire.description,
            private_ip: wire.private_ip,
            port: wire.port,
            enable_ssl: wire.enable_ssl.unwrap_or(false),
            access_user: wire.access_user,
            password: wire.password,
            no_password_access: wire.no_password_access,
            maintain_begin: wire.maintain_begin,
            maintain_end: wire.maintain_end,
            enterprise_project_id: enterprise_project(wire.enterprise_project_id)?,
            enterprise_project_name: wire.enterprise_project_name,
            backup_policy: wire.instance_backup_policy.map(BackupPolicy::from),
            tags: wire.tags.into_iter().flatten().map(tag).collect(),
            charging_mode: wire.bss_param.map(|param| param.charging_mode),
        })
    }
}

impl From<WireBackupPolicy> for BackupPolicy {
    fn from(wire: WireBackupPolicy) -> Self {
        Self {
            backup_type: wire.backup_type,
            save_days: wire.save_days,
            periodical_backup_plan: wire.periodical_backup_plan.map(|plan| BackupPlan {
                timezone_offset: plan.timezone_offset,
                period_type: plan.period_type,
                backup_at: plan.backup_at,
                begin_at: plan.begin_at,
            }),
        }
    }
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    // Terraform asks for 1000 at once.
    let limit = call.query_number("limit", &databases::DCS_PAGE, 10)?;
    let offset = call.query_number("offset", &lists::OFFSET, 0)?;
    let page = Page::newest_first(InstanceSort::CreatedAt, limit, offset);
    let (filter, project_id) = (filter(&call)?, call.path("project_id"));
    let found = call
        .desk
        .redis_instances(call.ctx()?, project_id, &filter, &page)
        .await?;
    let instances: Vec<Value> = found.rows.iter().map(shown::listed).collect();
    Answer::ok(&json!({ "instance_num": found.total, "instances": instances }))
}

/// Names are searched for, unless `name_equal` wants the whole one. Instances that failed or were
/// deleted (`include_failure`, `include_delete`) are not kept, so there are none to include.
fn filter(call: &Call) -> Result<RedisFilter, Error> {
    let text = |name: &str| call.query(name).map(str::to_owned);
    let whole = call.query_flag("name_equal", false)?;
    for kind in ["include_failure", "include_delete"] {
        call.query_flag(kind, false)?;
    }
    let (part, exact) = match whole {
        true => (None, text("name")),
        false => (text("name"), None),
    };
    let tags = call.query("tags").unwrap_or_default();
    let tags = tags.split(',').filter(|pair| !pair.is_empty());
    Ok(RedisFilter {
        common: InstanceFilter {
            id: text("instance_id"),
            name: part,
            exact_name: exact,
            status: text("status"),
        },
        ip: text("ip"),
        tags: tags.map(tag).collect(),
    })
}

/// `key=value`, or a key alone.
fn tag(pair: &str) -> Tag {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), call.path("instance_id"));
    let instance = call
        .desk
        .redis_instance(call.ctx()?, project_id, id)
        .await?;
    Answer::ok(&shown::detailed(&instance))
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), call.path("instance_id"));
    call.desk
        .delete_instance(call.ctx()?, Database::Redis, project_id, id)
        .await?;
    Ok(Answer::no_content())
}
