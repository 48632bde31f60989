//! How DDS instances are shown: the documented fields, null where there is no value.

use chancery_core::instances::{Flavor, Group, MongodbInstance, Tag};
use serde_json::{Value, json};

use crate::wire::stamp;

/// `CreateInstanceResponse`: an instance that was just created. Ports are numbers here.
pub(super) fn created(instance: &MongodbInstance, job_id: &str) -> Value {
    let (row, spec) = (&instance.row, &instance.document.spec);
    let configurations: Vec<_> = spec
        .configurations
        .iter()
        .map(|one| json!({ "type": one.kind, "configuration_id": one.configuration_id }))
        .collect();
    json!({
        "id": row.id,
        "name": row.name,
        "datastore": {
            "type": spec.datastore.kind,
            "version": spec.datastore.version,
            "storage_engine": spec.datastore.storage_engine,
        },
        "created": stamp(row.created_at, "%Y-%m-%d %H:%M:%S"),
        "status": row.status,
        "region": spec.region,
        "availability_zone": spec.availability_zone,
        "vpc_id": spec.vpc_id,
        "subnet_id": spec.subnet_id,
        "security_group_id": spec.security_group_id,
        "port": spec.port,
        "disk_encryption_id": spec.disk_encryption_id,
        "mode": spec.mode,
        "configurations": configurations,
        "flavor": spec.flavors.iter().map(flavor).collect::<Vec<_>>(),
        "backup_strategy": {
            "start_time": spec.backup.start_time,
            "keep_days": spec.backup.keep_days.to_string(),
        },
        "enterprise_project_id": spec.enterprise_project_id,
        "ssl_option": if row.ssl { "1" } else { "0" },
        "dss_pool_id": spec.dss_pool_id,
        "job_id": job_id,
        "tags": spec.tags.iter().map(tag).collect::<Vec<_>>(),
        "order_id": null,
        "charge_info": null,
    })
}

/// `QueryInstanceResponse`: an instance in a list. Ports are texts here.
pub(super) fn listed(instance: &MongodbInstance) -> Value {
    let (row, spec) = (&instance.row, &instance.document.spec);
    let groups = instance.document.groups.iter();
    let groups: Vec<_> = groups
        .map(|shown| group(shown, &row.status, &spec.availability_zone))
        .collect();
    json!({
        "id": row.id,
        "name": row.name,
        "remark": "",
        "status": row.status,
        "port": spec.port.to_string(),
        "mode": spec.mode,
        "region": spec.region,
        "datastore": {
            "type": spec.datastore.kind,
            "version": spec.datastore.version,
            "patch_available": false,
            "whole_version": null,
        },
        "engine": spec.datastore.storage_engine,
        "created": stamp(row.created_at, "%Y-%m-%dT%H:%M:%S"),
        "updated": stamp(row.updated_at, "%Y-%m-%dT%H:%M:%S"),
        "db_user_name": "rwuser",
        "ssl": i32::from(row.ssl),
        "vpc_id": spec.vpc_id,
        "subnet_id": spec.subnet_id,
        "security_group_id": spec.security_group_id,
        "backup_strategy": {
            "start_time": spec.backup.start_time,
            "keep_days": spec.backup.keep_days,
        },
        "pay_mode": "0",
        "maintenance_window": "02:00-06:00",
        "groups": groups,
        "disk_encryption_id": spec.disk_encryption_id.as_deref().unwrap_or_default(),
        "enterprise_project_id": spec.enterprise_project_id,
        "time_zone": "",
        "dss_pool_id": spec.dss_pool_id,
        "actions": [],
        "order_id": null,
        "tags": spec.tags.iter().map(tag).collect::<Vec<_>>(),
    })
}

fn group(group: &Group, status: &str, zones: &str) -> Value {
    // Nodes are spread over the zones of the instance.
    let zones: Vec<_> = zones.split(',').collect();
    let nodes = group.nodes.iter().enumerate().map(|(index, node)| {
        json!({
            "id": node.id,
            "name": node.name,
            "status": status,
            "role": node.role,
            "private_ip": node.private_ip,
            "public_ip": "",
            "spec_code": node.spec_code,
            "availability_zone": zones[index % zones.len()],
            "nat_gateway_id": null,
            "external_service_port": null,
        })
    });
    json!({
        "type": group.kind,
        "id": group.id,
        "name": group.name,
        "status": status,
        "volume": group.size.map(|size| json!({ "size": size.to_string(), "used": null })),
        "nodes": nodes.collect::<Vec<_>>(),
    })
}

fn flavor(flavor: &Flavor) -> Value {
    json!({
        "type": flavor.kind,
        "num": flavor.num.to_string(),
        "storage": flavor.storage,
        "size": flavor.size.map(|size| size.to_string()),
        "spec_code": flavor.spec_code,
    })
}

fn tag(tag: &Tag) -> Value {
    json!({ "key": tag.key, "value": tag.value })
}
