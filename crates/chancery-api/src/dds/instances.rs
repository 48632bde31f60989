//! `/v3/{project_id}/instances`: MongoDB instances.

use chancery_core::Error;
use chancery_core::instances::{
    Backup, Configuration, Database, Flavor, MongodbFilter, NewMongodb, Tag,
};
use chancery_core::limits::{databases, lists};
use chancery_store::{InstanceFilter, InstanceSort, Page};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::shown;
use crate::operation::{Answer, Call};
use crate::wire::{enterprise_project, loose_number, text_or_empty};

// What is required is checked in the core: here fields have codes of their own.
#[derive(Deserialize)]
struct CreateInstance {
    name: Option<String>,
    #[serde(default)]
    datastore: WireDatastore,
    region: Option<String>,
    availability_zone: Option<String>,
    vpc_id: Option<String>,
    subnet_id: Option<String>,
    security_group_id: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    port: Option<i64>,
    password: Option<Zeroizing<String>>,
    disk_encryption_id: Option<String>,
    mode: Option<String>,
    configurations: Option<Vec<WireConfiguration>>,
    flavor: Option<Vec<WireFlavor>>,
    backup_strategy: Option<WireBackup>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
    #[serde(default)]
    ssl_option: Value,
    dss_pool_id: Option<String>,
    server_group_policies: Option<Vec<String>>,
    tags: Option<Vec<WireTag>>,
    charge_info: Option<ChargeInfo>,
}

#[derive(Default, Deserialize)]
struct WireDatastore {
    #[serde(rename = "type")]
    kind: Option<String>,
    version: Option<String>,
    storage_engine: Option<String>,
}

#[derive(Deserialize)]
struct WireConfiguration {
    #[serde(rename = "type")]
    kind: String,
    configuration_id: String,
}

#[derive(Deserialize)]
struct WireFlavor {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "loose_number")]
    num: Option<i64>,
    #[serde(default, deserialize_with = "text_or_empty")]
    storage: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    size: Option<i64>,
    spec_code: String,
}

#[derive(Deserialize)]
struct WireBackup {
    start_time: String,
    #[serde(default, deserialize_with = "loose_number")]
    keep_days: Option<i64>,
}

#[derive(Deserialize)]
struct WireTag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct ChargeInfo {
    charge_mode: String,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: CreateInstance = call.json()?;
    let project_id = call.path("project_id");
    let (instance, job) = call
        .desk
        .create_mongodb_instance(call.ctx()?, project_id, body.try_into()?)
        .await?;
    Answer::json(StatusCode::ACCEPTED, &shown::created(&instance, &job))
}

impl TryFrom<CreateInstance> for NewMongodb {
    type Error = Error;

    fn try_from(wire: CreateInstance) -> Result<Self, Error> {
        let configuration = |wire: WireConfiguration| Configuration {
            kind: wire.kind,
            configuration_id: wire.configuration_id,
        };
        let flavor = |wire: WireFlavor| Flavor {
            kind: wire.kind,
            num: wire.num.unwrap_or_default(),
            storage: wire.storage,
            size: wire.size,
            spec_code: wire.spec_code,
        };
        let tag = |wire: WireTag| Tag {
            key: wire.key,
            value: wire.value,
        };
        let configurations = wire.configurations.into_iter().flatten();
        Ok(Self {
            name: wire.name,
            datastore_type: wire.datastore.kind,
            datastore_version: wire.datastore.version,
            storage_engine: wire.datastore.storage_engine,
            region: wire.region,
            availability_zone: wire.availability_zone,
            vpc_id: wire.vpc_id,
            subnet_id: wire.subnet_id,
            security_group_id: wire.security_group_id,
            port: wire.port,
            password: wire.password,
            disk_encryption_id: wire.disk_encryption_id,
            mode: wire.mode,
            configurations: configurations.map(configuration).collect(),
            flavors: wire.flavor.into_iter().flatten().map(flavor).collect(),
            backup: wire.backup_strategy.map(|backup| Backup {
                start_time: backup.start_time,
                keep_days: backup.keep_days.unwrap_or(7),
            }),
            enterprise_project_id: enterprise_project(wire.enterprise_project_id)?,
            ssl: match &wire.ssl_option {
                Value::Null => true,
                option => ssl_option(option)
                    .ok_or_else(|| Error::invalid("ssl_option", "must be 0 or 1"))?,
            },
            dss_pool_id: wire.dss_pool_id,
            server_group_policies: wire.server_group_policies.unwrap_or_default(),
            tags: wire.tags.into_iter().flatten().map(tag).collect(),
            charge_mode: wire.charge_info.map(|info| info.charge_mode),
        })
    }
}

/// `"0"` or `"1"`, also as a number; none for anything else.
pub(super) fn ssl_option(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) if text == "0" => Some(false),
        Value::String(text) if text == "1" => Some(true),
        Value::Number(number) if number.as_i64() == Some(0) => Some(false),
        Value::Number(number) if number.as_i64() == Some(1) => Some(true),
        _ => None,
    }
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let limit = call.query_number("limit", &databases::DDS_PAGE, 100)?;
    let offset = call.query_number("offset", &lists::OFFSET, 0)?;
    let page = Page::newest_first(InstanceSort::CreatedAt, limit, offset);
    let (filter, project_id) = (filter(&call), call.path("project_id"));
    let found = call
        .desk
        .mongodb_instances(call.ctx()?, project_id, &filter, &page)
        .await?;
    let instances: Vec<Value> = found.rows.iter().map(shown::listed).collect();
    Answer::ok(&json!({ "instances": instances, "total_count": found.total }))
}

/// A name that begins with an asterisk is searched for, any other is the whole one.
fn filter(call: &Call) -> MongodbFilter {
    let text = |name: &str| call.query(name).map(str::to_owned);
    let name = call.query("name");
    let part = name.and_then(|name| name.strip_prefix('*'));
    let exact = name.filter(|_| part.is_none());
    MongodbFilter {
        common: InstanceFilter {
            id: text("id"),
            name: part.map(str::to_owned),
            exact_name: exact.map(str::to_owned),
            status: None,
        },
        mode: text("mode"),
        datastore_type: text("datastore_type"),
        vpc_id: text("vpc_id"),
        subnet_id: text("subnet_id"),
    }
}

pub(super) async fn delete(call: Call) -> Result<Answer, Error> {
    let (project_id, id) = (call.path("project_id"), instance_id(&call)?);
    let job = call
        .desk
        .delete_instance(call.ctx()?, Database::Mongodb, project_id, id)
        .await?;
    Answer::json(StatusCode::ACCEPTED, &json!({ "job_id": job }))
}

/// The instance of the path: 32 hex digits and `in02`.
pub(super) fn instance_id(call: &Call) -> Result<&str, Error> {
    let id = call.path("instance_id");
    let digits = id.strip_suffix("in02").unwrap_or_default();
    match crate::service::is_project_id(digits) {
        true => Ok(id),
        false => Err(Error::invalid(
            "instance_id",
            "must be 32 hexadecimal digits and in02",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        for (value, option) in [
            (json!("0"), Some(false)),
            (json!("1"), Some(true)),
            (json!(1), Some(true)),
            (json!("2"), None),
            (json!("on"), None),
            (json!(true), None),
            (json!(null), None),
            (json!(""), None),
        ] {
            assert_eq!(ssl_option(&value), option, "{value}");
        }
    }
}
