//! Redis and Memcached instances.

use chancery_core::limits::{ENTERPRISE_PROJECT, UUID, databases as limits, lists};

use super::shape::{Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const INSTANCES: &str = "/v2/{project_id}/instances";
const INSTANCE: &str = "/v2/{project_id}/instances/{instance_id}";
const SSL: &str = "/v2/{project_id}/instances/{instance_id}/ssl";

const NULL_TEXT: Schema = Schema::Nullable(&TEXT);
const NULL_WHOLE: Schema = Schema::Nullable(&WHOLE);
/// Null: what the documents have an object for, and the desk nothing.
const NULL_OBJECT: Schema = Schema::Nullable(&Schema::Object(&[]));
const NULL_FLAG: Schema = Schema::Nullable(&Schema::LooseFlag);
const TEXTS: Schema = Schema::List(&TEXT, None);

/// The name of something around the instance.
const REFERENCE: Schema = text(&limits::REFERENCE);
const NULL_REFERENCE: Schema = Schema::Nullable(&text(&limits::OPTIONAL_REFERENCE));

const TAG: Schema = Schema::Object(&[
    req("key", text(&limits::TAG_KEY)),
    opt("value", Schema::Nullable(&text(&limits::TAG_VALUE))),
]);
const SHOWN_TAG: Schema = Schema::Object(&[
    req("key", text(&limits::TAG_KEY)),
    req("value", text(&limits::TAG_VALUE)),
]);

const BACKUP_POLICY: Schema = Schema::Object(&[
    req("backup_type", TEXT),
    opt("save_days", Schema::Nullable(&Schema::LooseWhole(None))),
    opt(
        "periodical_backup_plan",
        Schema::Nullable(&Schema::Object(&[
            opt("timezone_offset", NULL_TEXT),
            req("period_type", TEXT),
            req("backup_at", Schema::List(&WHOLE, None)),
            req("begin_at", TEXT),
        ])),
    ),
]);
const SHOWN_BACKUP_POLICY: Schema = Schema::Object(&[
    req("backup_policy_id", TEXT),
    req("created_at", TEXT),
    req("updated_at", TEXT),
    req(
        "policy",
        Schema::Object(&[
            req("backup_type", TEXT),
            req("save_days", NULL_WHOLE),
            req(
                "periodical_backup_plan",
                Schema::Nullable(&Schema::Object(&[
                    req("timezone_offset", NULL_TEXT),
                    req("backup_at", Schema::List(&WHOLE, None)),
                    req("period_type", TEXT),
                    req("begin_at", TEXT),
                ])),
            ),
        ]),
    ),
    req("tenant_id", TEXT),
]);

/// An instance: what lists and single answers show, and more fields.
macro_rules! instance {
    ($($more:expr),* $(,)?) => {
        Schema::Object(&[
            req("instance_id", text(&UUID)),
            req("name", text(&limits::NAME)),
            req("status", TEXT),
            req("sub_status", NULL_TEXT),
            req("created_at", TEXT),
            req("description", text(&limits::DESCRIPTION)),
            req("engine", text(&limits::DCS_ENGINE)),
            req("engine_version", Schema::Nullable(&text(&limits::REDIS_VERSION))),
            req("spec_code", TEXT),
            req("cpu_type", TEXT),
            req("capacity", WHOLE),
            req("capacity_minor", NULL_TEXT),
            req("max_memory", WHOLE),
            req("used_memory", NULL_WHOLE),
            req("ip", TEXT),
            req("port", Schema::Whole(Some(&limits::REDIS_PORT))),
            req("domain_name", TEXT),
            req("readonly_domain_name", NULL_TEXT),
            req("enable_ssl", Schema::Flag),
            req(
                "features",
                Schema::Object(&[
                    req("support_acl", Schema::Flag),
                    req("support_transparent_client_ip", Schema::Flag),
                    req("support_ssl", Schema::Flag),
                    req("support_audit_log", Schema::Flag),
                ]),
            ),
            req("no_password_access", TEXT), // a flag where it is asked for
            req("access_user", NULL_TEXT),
            req("user_id", TEXT),
            req("user_name", TEXT),
            req("az_codes", TEXTS),
            req("vpc_id", TEXT),
            req("vpc_name", NULL_TEXT),
            req("subnet_id", TEXT),
            req("security_group_id", NULL_TEXT),
            req("enable_publicip", Schema::Flag),
            req("publicip_id", NULL_TEXT),
            req("publicip_address", NULL_TEXT),
            req("charging_mode", WHOLE),
            req("order_id", NULL_TEXT),
            req("maintain_begin", TEXT),
            req("maintain_end", TEXT),
            req("service_upgrade", Schema::Flag),
            req("service_task_id", NULL_TEXT),
            req("enterprise_project_id", TEXT),
            req("tags", Schema::List(&SHOWN_TAG, None)),
            $($more),*
        ])
    };
}

const LISTED: Schema = instance![req("updated_at", TEXT)];
const DETAILED: Schema = instance![
    req("update_at", TEXT), // as the API spells it
    req("launched_at", TEXT),
    req("available_zones", TEXTS),
    req("security_group_name", NULL_TEXT),
    req("subnet_name", NULL_TEXT),
    req("subnet_cidr", NULL_TEXT),
    req("backend_addrs", NULL_TEXT),
    req("domain_name_info", NULL_OBJECT),
    req("transparent_client_ip_enable", Schema::Flag),
    req("enterprise_project_name", NULL_TEXT),
    req("product_type", NULL_TEXT),
    req("storage_type", TEXT),
    req("cache_mode", TEXT),
    req("support_slow_log_flag", NULL_TEXT),
    req("db_number", NULL_WHOLE),
    req("replica_count", NULL_WHOLE),
    req("sharding_count", NULL_WHOLE),
    req("bandwidth_info", NULL_OBJECT),
    req("cloud_service_type_code", NULL_TEXT),
    req("cloud_resource_type_code", NULL_TEXT),
    req("inquery_spec_code", NULL_TEXT),
    req(
        "instance_backup_policy",
        Schema::Nullable(&SHOWN_BACKUP_POLICY)
    ),
];

pub(super) const SHAPES: &[Shape] = &[
    Shape::new("POST", INSTANCES, "CreateInstance", "creates instances")
        .body(&[
            req("name", text(&limits::NAME)),
            opt(
                "instance_num",
                Schema::Nullable(&Schema::LooseWhole(Some(&limits::INSTANCES))),
            ),
            req("engine", text(&limits::DCS_ENGINE)),
            opt(
                "engine_version",
                Schema::Nullable(&text(&limits::REDIS_VERSION)),
            ),
            req("spec_code", TEXT),
            req("capacity", Schema::Decimal),
            req("az_codes", Schema::List(&REFERENCE, Some(&limits::ZONES))),
            req("vpc_id", REFERENCE),
            req("subnet_id", REFERENCE),
            opt("security_group_id", NULL_REFERENCE),
            opt("description", Schema::Nullable(&text(&limits::DESCRIPTION))),
            opt("private_ip", NULL_TEXT),
            opt(
                "port",
                Schema::Nullable(&Schema::LooseWhole(Some(&limits::REDIS_PORT))),
            ),
            opt("enable_ssl", NULL_FLAG),
            opt("access_user", NULL_REFERENCE),
            opt("password", Schema::Nullable(&Schema::Secret(None))),
            opt("no_password_access", NULL_FLAG),
            opt("maintain_begin", NULL_TEXT),
            opt("maintain_end", NULL_TEXT),
            opt(
                "enterprise_project_id",
                Schema::Nullable(&text(&ENTERPRISE_PROJECT)),
            ),
            opt("enterprise_project_name", NULL_REFERENCE),
            opt("instance_backup_policy", Schema::Nullable(&BACKUP_POLICY)),
            opt(
                "tags",
                Schema::Nullable(&Schema::List(&TAG, Some(&limits::TAGS))),
            ),
            opt(
                "bss_param",
                Schema::Nullable(&Schema::Object(&[req(
                    "charging_mode",
                    text(&limits::CHARGING_MODE),
                )])),
            ),
        ])
        .answers(
            200,
            json_object![
                req("order_id", NULL_TEXT),
                req(
                    "instances",
                    Schema::List(
                        &Schema::Object(&[
                            req("instance_id", text(&UUID)),
                            req("instance_name", text(&limits::NAME)),
                        ]),
                        None,
                    ),
                ),
            ],
        )
        .refuses(&[400]),
    Shape::new("GET", INSTANCES, "ListInstances", "lists instances")
        .query(&[
            opt("limit", Schema::Whole(Some(&limits::DCS_PAGE))),
            opt("offset", Schema::Whole(Some(&lists::OFFSET))),
            opt("instance_id", TEXT),
            opt("name", TEXT),
            opt("name_equal", Schema::LooseFlag),
            opt("include_failure", Schema::LooseFlag),
            opt("include_delete", Schema::LooseFlag),
            opt("status", TEXT),
            opt("ip", TEXT),
            opt("tags", TEXT),
        ])
        .answers(
            200,
            json_object![
                req("instance_num", WHOLE),
                req("instances", Schema::List(&LISTED, None)),
            ],
        )
        .refuses(&[400]),
    Shape::new("GET", INSTANCE, "ShowInstance", "shows an instance")
        .answers(200, &[("application/json", Some(DETAILED))])
        .refuses(&[404]),
    Shape::new(
        "DELETE",
        INSTANCE,
        "DeleteSingleInstance",
        "deletes an instance with its certificate and key",
    )
    .refuses(&[404]),
    Shape::new(
        "GET",
        SSL,
        "ShowInstanceSslDetail",
        "shows whether the TLS of an instance is on, and where it is reached",
    )
    .answers(
        200,
        json_object![
            req("enabled", Schema::Flag),
            req("ip", TEXT),
            req("port", TEXT),
            req("domain_name", TEXT),
            req("ssl_expired_at", TEXT),
            req("ssl_validated", Schema::Flag),
        ],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "PUT",
        SSL,
        "UpdateSslSwitch",
        "switches the TLS of an instance on or off",
    )
    .body(&[req("enabled", Schema::LooseFlag)])
    .answers(
        200,
        json_object![
            req("job_id", TEXT),
            req("instance_id", text(&UUID)),
            req("result", TEXT),
        ],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "POST",
        "/v2/{project_id}/instances/{instance_id}/ssl-certs/download",
        "DownloadSslCert",
        "gives out a link to the CA certificate that clients of an instance trust",
    )
    .answers(
        200,
        json_object![
            req("file_name", TEXT),
            req("link", Schema::Secret(None)), // whoever has it can open it
            req("bucket_name", TEXT),
        ],
    )
    .refuses(&[400, 404]),
    Shape::new(
        "GET",
        "/v2/{project_id}/jobs/{job_id}",
        "ShowJobInfo",
        "shows a job, which has ended",
    )
    .answers(
        200,
        json_object![
            req("job_id", TEXT),
            req("job_type", TEXT),
            req("status", TEXT),
            req("begin_time", TEXT),
            req("end_time", NULL_TEXT),
            req("fail_reason", NULL_TEXT),
        ],
    )
    .refuses(&[404]),
];
