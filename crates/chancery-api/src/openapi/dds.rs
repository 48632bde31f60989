//! MongoDB instances.

use chancery_core::limits::{ENTERPRISE_PROJECT, UUID, databases as limits, lists};

use super::shape::{Schema, Shape, TEXT, WHOLE, json_object, opt, req, text};

const INSTANCES: &str = "/v3/{project_id}/instances";

const NULL_TEXT: Schema = Schema::Nullable(&TEXT);
const NULL_WHOLE: Schema = Schema::Nullable(&WHOLE);
/// Null: what the documents have an object for, and the desk nothing.
const NULL_OBJECT: Schema = Schema::Nullable(&Schema::Object(&[]));

/// The name of something around the instance.
const REFERENCE: Schema = text(&limits::REFERENCE);
const NULL_REFERENCE: Schema = Schema::Nullable(&text(&limits::OPTIONAL_REFERENCE));

const TAG: Schema = Schema::Object(&[
    req("key", text(&limits::TAG_KEY)),
    req("value", text(&limits::TAG_VALUE)),
]);
const CONFIGURATION: Schema = Schema::Object(&[
    req("type", text(&limits::NODE_TYPE)),
    req("configuration_id", REFERENCE),
]);
const FLAVOR: Schema = Schema::Object(&[
    req("type", text(&limits::NODE_TYPE)),
    req("num", Schema::LooseWhole(None)),
    opt("storage", NULL_TEXT),
    opt("size", Schema::Nullable(&Schema::LooseWhole(None))),
    req("spec_code", REFERENCE).refused_as("flavor"),
]);
const SHOWN_FLAVOR: Schema = Schema::Object(&[
    req("type", TEXT),
    req("num", TEXT),
    req("storage", NULL_TEXT),
    req("size", NULL_TEXT),
    req("spec_code", TEXT),
]);

/// An instance as the answer to its creation shows it: most numbers are texts.
const CREATED: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", text(&limits::NAME)),
    req(
        "datastore",
        Schema::Object(&[
            req("type", text(&limits::DDS_ENGINE)),
            req("version", text(&limits::MONGODB_VERSION)),
            req("storage_engine", text(&limits::STORAGE_ENGINE)),
        ]),
    ),
    req("created", TEXT),
    req("status", TEXT),
    req("region", TEXT),
    req("availability_zone", TEXT),
    req("vpc_id", TEXT),
    req("subnet_id", TEXT),
    req("security_group_id", TEXT),
    req("port", WHOLE),
    req("disk_encryption_id", NULL_TEXT),
    req("mode", text(&limits::MODE)),
    req("configurations", Schema::List(&CONFIGURATION, None)),
    req("flavor", Schema::List(&SHOWN_FLAVOR, None)),
    req(
        "backup_strategy",
        Schema::Object(&[req("start_time", TEXT), req("keep_days", TEXT)]),
    ),
    req("enterprise_project_id", TEXT),
    req("ssl_option", text(&limits::SSL_OPTION)),
    req("dss_pool_id", NULL_TEXT),
    req("job_id", text(&UUID)),
    req("tags", Schema::List(&TAG, None)),
    req("order_id", NULL_TEXT),
    req("charge_info", NULL_OBJECT),
]);

const NODE: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", TEXT),
    req("status", TEXT),
    req("role", TEXT),
    req("private_ip", TEXT),
    req("public_ip", TEXT),
    req("spec_code", TEXT),
    req("availability_zone", TEXT),
    req("nat_gateway_id", NULL_TEXT),
    req("external_service_port", NULL_WHOLE),
]);
const GROUP: Schema = Schema::Object(&[
    req("type", TEXT),
    req("id", TEXT),
    req("name", TEXT),
    req("status", TEXT),
    req(
        "volume",
        Schema::Nullable(&Schema::Object(&[
            req("size", TEXT),
            req("used", NULL_TEXT),
        ])),
    ),
    req("nodes", Schema::List(&NODE, None)),
]);

/// An instance in a list.
const LISTED: Schema = Schema::Object(&[
    req("id", TEXT),
    req("name", text(&limits::NAME)),
    req("remark", TEXT),
    req("status", TEXT),
    req("port", TEXT),
    req("mode", text(&limits::MODE)),
    req("region", TEXT),
    req(
        "datastore",
        Schema::Object(&[
            req("type", text(&limits::DDS_ENGINE)),
            req("version", text(&limits::MONGODB_VERSION)),
            req("patch_available", Schema::Flag),
            req("whole_version", NULL_TEXT),
        ]),
    ),
    req("engine", text(&limits::STORAGE_ENGINE)),
    req("created", TEXT),
    req("updated", TEXT),
    req("db_user_name", TEXT),
    req("ssl", WHOLE),
    req("vpc_id", TEXT),
    req("subnet_id", TEXT),
    req("security_group_id", TEXT),
    req(
        "backup_strategy",
        Schema::Object(&[
            req("start_time", TEXT),
            req("keep_days", Schema::Whole(Some(&limits::KEEP_DAYS))),
        ]),
    ),
    req("pay_mode", TEXT),
    req("maintenance_window", TEXT),
    req("groups", Schema::List(&GROUP, None)),
    req("disk_encryption_id", TEXT),
    req("enterprise_project_id", TEXT),
    req("time_zone", TEXT),
    req("dss_pool_id", NULL_TEXT),
    req("actions", Schema::List(&TEXT, None)),
    req("order_id", NULL_TEXT),
    req("tags", Schema::List(&TAG, None)),
]);

pub(super) const SHAPES: &[Shape] = &[
    Shape::new("POST", INSTANCES, "CreateInstance", "creates an instance")
        .body(&[
            req("name", text(&limits::NAME)),
            req(
                "datastore",
                Schema::Object(&[
                    req("type", text(&limits::DDS_ENGINE)),
                    req("version", text(&limits::MONGODB_VERSION)),
                    req("storage_engine", text(&limits::STORAGE_ENGINE)),
                ]),
            ),
            req("region", TEXT),
            req("availability_zone", TEXT), // one, or several with commas between them
            req("vpc_id", REFERENCE),
            req("subnet_id", REFERENCE),
            req("security_group_id", REFERENCE),
            opt("port", Schema::Nullable(&Schema::LooseWhole(None))),
            opt("password", Schema::Nullable(&Schema::Secret(None))),
            opt("disk_encryption_id", NULL_REFERENCE),
            req("mode", text(&limits::MODE)),
            opt(
                "configurations",
                Schema::Nullable(&Schema::List(&CONFIGURATION, None)),
            ),
            req("flavor", Schema::List(&FLAVOR, None)),
            opt(
                "backup_strategy",
                Schema::Nullable(&Schema::Object(&[
                    req("start_time", TEXT),
                    opt(
                        "keep_days",
                        Schema::Nullable(&Schema::LooseWhole(Some(&limits::KEEP_DAYS))),
                    )
                    .refused_as("backup_strategy"),
                ])),
            ),
            opt(
                "enterprise_project_id",
                Schema::Nullable(&text(&ENTERPRISE_PROJECT)),
            ),
            opt("ssl_option", Schema::Nullable(&text(&limits::SSL_OPTION))),
            opt("dss_pool_id", NULL_REFERENCE),
            opt(
                "server_group_policies",
                Schema::Nullable(&Schema::List(&TEXT, None)),
            ),
            opt(
                "tags",
                Schema::Nullable(&Schema::List(&TAG, Some(&limits::TAGS))),
            ),
            opt(
                "charge_info",
                Schema::Nullable(&Schema::Object(&[req(
                    "charge_mode",
                    text(&limits::CHARGING_MODE),
                )])),
            ),
        ])
        .answers(202, &[("application/json", Some(CREATED))])
        .refuses(&[400]),
    Shape::new("GET", INSTANCES, "ListInstances", "lists instances")
        .query(&[
            opt("limit", Schema::Whole(Some(&limits::DDS_PAGE))),
            opt("offset", Schema::Whole(Some(&lists::OFFSET))),
            opt("id", TEXT),
            opt("name", TEXT),
            opt("mode", text(&limits::MODE)),
            opt("datastore_type", text(&limits::DDS_ENGINE)),
            opt("vpc_id", TEXT),
            opt("subnet_id", TEXT),
        ])
        .answers(
            200,
            json_object![
                req("instances", Schema::List(&LISTED, None)),
                req("total_count", WHOLE),
            ],
        )
        .refuses(&[400]),
    Shape::new(
        "DELETE",
        "/v3/{project_id}/instances/{instance_id}",
        "DeleteInstance",
        "deletes an instance with its certificate and key",
    )
    .answers(202, json_object![req("job_id", text(&UUID))])
    .refuses(&[400]),
    Shape::new(
        "POST",
        "/v3/{project_id}/instances/{instance_id}/switch-ssl",
        "SwitchSsl",
        "switches the TLS of an instance on or off",
    )
    .body(&[req("ssl_option", text(&limits::SSL_OPTION))])
    .answers(
        200,
        json_object![
            req("job_id", text(&UUID)),
            req("ssl_option", text(&limits::SSL_OPTION)),
        ],
    )
    .refuses(&[400]),
    Shape::new(
        "GET",
        "/v3/{project_id}/instances/{instance_id}/ssl-cert/download-link",
        "ListSslCertDownloadAddress",
        "gives out links to the CA certificates that clients of an instance trust",
    )
    .answers(
        200,
        json_object![req(
            "certs",
            Schema::List(
                &Schema::Object(&[req("category", TEXT), req("download_link", TEXT)]),
                None,
            ),
        )],
    )
    .refuses(&[400]),
];
