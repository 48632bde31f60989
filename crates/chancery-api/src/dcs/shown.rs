//! How DCS instances are shown: the documented fields, null where there is no value.

use chancery_core::instances::{BackupPolicy, RedisInstance};
use serde_json::{Map, Value, json};

use crate::wire::iso_millis;

/// `InstanceListInfo`: an instance in a list.
pub(super) fn listed(instance: &RedisInstance) -> Value {
    let mut shown = common(instance);
    add(
        &mut shown,
        json!({ "updated_at": iso_millis(instance.row.updated_at) }),
    );
    Value::Object(shown)
}

/// `ShowInstanceResponse`: an instance by itself.
pub(super) fn detailed(instance: &RedisInstance) -> Value {
    let (row, document) = (&instance.row, &instance.document);
    let spec = &document.spec;
    let created = iso_millis(row.created_at);
    let policy = spec.backup_policy.as_ref();
    let mut shown = common(instance);
    add(
        &mut shown,
        json!({
            "update_at": iso_millis(row.updated_at),
            "launched_at": created,
            "available_zones": spec.az_codes,
            "security_group_name": null,
            "subnet_name": null,
            "subnet_cidr": null,
            "backend_addrs": null,
            "domain_name_info": null,
            "transparent_client_ip_enable": false,
            "enterprise_project_name": spec.enterprise_project_name,
            "product_type": instance.product_type,
            "storage_type": instance.storage_type,
            "cache_mode": instance.cache_mode,
            "support_slow_log_flag": null,
            "db_number": null,
            "replica_count": instance.replicas,
            "sharding_count": null,
            "bandwidth_info": null,
            "cloud_service_type_code": null,
            "cloud_resource_type_code": null,
            "inquery_spec_code": null,
            "instance_backup_policy": policy.map(|policy| json!({
                "backup_policy_id": row.id,
                "created_at": created,
                "updated_at": created,
                "policy": backup_policy(policy),
                "tenant_id": row.project_id,
            })),
        }),
    );
    Value::Object(shown)
}

/// What both show.
fn common(instance: &RedisInstance) -> Map<String, Value> {
    let (row, document) = (&instance.row, &instance.document);
    let spec = &document.spec;
    let tag = |tag: &chancery_core::instances::Tag| json!({ "key": tag.key, "value": tag.value });
    let mut shown = Map::new();
    add(
        &mut shown,
        json!({
            "instance_id": row.id,
            "name": row.name,
            "status": row.status,
            "sub_status": null,
            "created_at": iso_millis(row.created_at),
            "description": spec.description,
            "engine": spec.engine,
            "engine_version": spec.engine_version,
            "spec_code": spec.spec_code,
            "cpu_type": instance.cpu_type,
            // Whole GB; what is less stands in `capacity_minor`.
            "capacity": spec.capacity_mb / 1024,
            "capacity_minor": capacity_minor(spec.capacity_mb),
            "max_memory": spec.capacity_mb,
            "used_memory": null,
            "ip": document.private_ip,
            "port": spec.port,
            "domain_name": document.domain_name,
            "readonly_domain_name": null,
            "enable_ssl": row.ssl,
            "features": {
                "support_acl": false,
                "support_transparent_client_ip": false,
                "support_ssl": instance.supports_ssl,
                "support_audit_log": false,
            },
            // Text here, a boolean where it is asked for.
            "no_password_access": spec.no_password_access.to_string(),
            "access_user": spec.access_user,
            "user_id": document.user_id,
            "user_name": document.user_name,
            "az_codes": spec.az_codes,
            "vpc_id": spec.vpc_id,
            "vpc_name": null,
            "subnet_id": spec.subnet_id,
            "security_group_id": spec.security_group_id,
            "enable_publicip": false,
            "publicip_id": null,
            "publicip_address": null,
        }),
    );
    add(
        &mut shown,
        json!({
            "charging_mode": 0,
            "order_id": null,
            "maintain_begin": spec.maintain_begin,
            "maintain_end": spec.maintain_end,
            "service_upgrade": false,
            "service_task_id": null,
            "enterprise_project_id": spec.enterprise_project_id,
            "tags": spec.tags.iter().map(tag).collect::<Vec<_>>(),
        }),
    );
    shown
}

fn add(shown: &mut Map<String, Value>, fields: Value) {
    if let Value::Object(fields) = fields {
        shown.extend(fields);
    }
}

/// `.125` for 128 MB; none for whole GB.
fn capacity_minor(mb: u32) -> Option<String> {
    let fraction = f64::from(mb % 1024) / 1024.0;
    let text = fraction.to_string();
    text.strip_prefix("0.").map(|digits| format!(".{digits}"))
}

fn backup_policy(policy: &BackupPolicy) -> Value {
    let plan = policy.periodical_backup_plan.as_ref();
    json!({
        "backup_type": policy.backup_type,
        "save_days": policy.save_days,
        "periodical_backup_plan": plan.map(|plan| json!({
            "timezone_offset": plan.timezone_offset,
            "backup_at": plan.backup_at,
            "period_type": plan.period_type,
            "begin_at": plan.begin_at,
        })),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_a_gigabyte() {
        for (mb, minor) in [(128, Some(".125")), (512, Some(".5")), (1024, None)] {
            assert_eq!(capacity_minor(mb).as_deref(), minor);
        }
    }
}
