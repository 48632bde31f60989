//! `/v2/{project_id}/instances`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{asked, create, path};
use crate::support::{Api, fields};

/// The documented fields of an instance by itself.
const DETAILED: &str = "access_user available_zones az_codes backend_addrs bandwidth_info cache_mode capacity \
    capacity_minor charging_mode cloud_resource_type_code cloud_service_type_code \
    cpu_type created_at db_number description domain_name domain_name_info \
    enable_publicip enable_ssl engine engine_version enterprise_project_id \
    enterprise_project_name features inquery_spec_code instance_backup_policy \
    instance_id ip launched_at maintain_begin maintain_end max_memory name \
    no_password_access order_id port product_type publicip_address publicip_id \
    readonly_domain_name replica_count security_group_id security_group_name \
    service_task_id service_upgrade sharding_count spec_code status storage_type \
    sub_status subnet_cidr subnet_id subnet_name support_slow_log_flag tags \
    transparent_client_ip_enable update_at used_memory user_id user_name vpc_id \
    vpc_name";
/// The documented fields of an instance in a list.
const LISTED: &str = "access_user az_codes capacity capacity_minor charging_mode cpu_type created_at \
    description domain_name enable_publicip enable_ssl engine engine_version \
    enterprise_project_id features instance_id ip maintain_begin maintain_end \
    max_memory name no_password_access order_id port publicip_address publicip_id \
    readonly_domain_name security_group_id service_task_id service_upgrade spec_code \
    status sub_status subnet_id tags updated_at used_memory user_id user_name vpc_id \
    vpc_name";

#[tokio::test]
async fn an_instance_is_shown_with_every_documented_field() {
    let api = Api::start().await;
    let body = asked(json!({
        "enable_ssl": "true", "port": "6380", "private_ip": "192.168.0.5", "description": "d",
        "tags": [{ "key": "k", "value": "v" }], "no_password_access": null,
        "password": "Chancery-2026", "security_group_id": "group",
        "instance_backup_policy": { "backup_type": "auto", "save_days": 3,
            "periodical_backup_plan": { "begin_at": "00:00-01:00", "period_type": "weekly",
                "backup_at": [1, 3] } },
    }));
    let answer = api.succeed("POST", &path(&api, ""), Some(body)).await;
    let one = &answer["instances"][0];
    assert_eq!(one["instance_name"], "cache");
    let id = one["instance_id"].as_str().unwrap();
    let shown = api
        .succeed("GET", &path(&api, &format!("/{id}")), None)
        .await;
    let expected = json!({
        "instance_id": id, "name": "cache", "status": "RUNNING", "engine": "Redis",
        "engine_version": "6.0", "spec_code": "redis.ha.xu1.large.r2.1", "capacity": 1,
        "max_memory": 1024, "ip": "192.168.0.5", "port": 6380, "enable_ssl": true,
        "no_password_access": "false", "charging_mode": 0, "cpu_type": "x86_64",
        "cache_mode": "ha", "product_type": "generic", "storage_type": "DRAM",
        "replica_count": 2, "created_at": "2026-06-01T12:00:00.000Z",
        "update_at": "2026-06-01T12:00:00.000Z", "maintain_begin": "02:00:00",
        "maintain_end": "06:00:00", "enterprise_project_id": "0", "description": "d",
        "az_codes": ["cn-north-4a"], "available_zones": ["cn-north-4a"],
        "security_group_id": "group", "user_name": api.user_name, "vpc_name": null,
        "domain_name": format!("redis-{}.dcs.cn-north-4.chancery.internal", &id[..8]),
        "tags": [{ "key": "k", "value": "v" }], "used_memory": null, "capacity_minor": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(shown["features"]["support_ssl"], true);
    let plan = &shown["instance_backup_policy"]["policy"]["periodical_backup_plan"];
    assert_eq!(plan["backup_at"], json!([1, 3]));
    assert_eq!(fields(&shown), DETAILED.split(' ').collect::<Vec<_>>());
    assert!(!shown.to_string().contains("Chancery-2026"));

    let listing = api.succeed("GET", &path(&api, ""), None).await;
    assert_eq!(listing["instance_num"], 1);
    let listed = &listing["instances"][0];
    assert_eq!(listed["updated_at"], "2026-06-01T12:00:00.000Z");
    assert_eq!(listed["domain_name"], shown["domain_name"]);
    assert_eq!(fields(listed), LISTED.split(' ').collect::<Vec<_>>());
}

#[tokio::test]
async fn the_password_is_kept_nowhere() {
    let api = Api::start().await;
    let id = create(
        &api,
        json!({ "no_password_access": false, "password": "Chancery-2026" }),
    )
    .await;
    let row = api
        .store
        .instance(&api.project_id, "dcs", &id)
        .await
        .unwrap();
    assert!(!row.unwrap().document.contains("Chancery-2026"));
}

#[tokio::test]
async fn many_are_created_at_once_or_none() {
    let api = Api::start().await;
    let body = asked(json!({ "instance_num": 3 }));
    let answer = api.succeed("POST", &path(&api, ""), Some(body)).await;
    let names = answer["instances"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| &one["instance_name"]).collect();
    assert_eq!(names, ["cache-000", "cache-001", "cache-002"]);
    let collection = path(&api, "");
    let body = asked(json!({ "instance_num": 101 }));
    let call = ("POST", collection.as_str());
    api.refused(call, Some(body), (400, "DCS.4800"), "instance_num")
        .await;
    let listing = api
        .succeed("GET", &path(&api, "?limit=2&offset=2"), None)
        .await;
    assert_eq!(listing["instance_num"], 3);
    assert_eq!(listing["instances"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_small_one_shows_its_capacity_in_two_fields() {
    let api = Api::start().await;
    let flavor = json!({ "spec_code": "redis.single.au1.tiny.128", "capacity": "0.125" });
    let id = create(&api, flavor).await;
    let shown = api
        .succeed("GET", &path(&api, &format!("/{id}")), None)
        .await;
    assert_eq!(
        (&shown["capacity"], &shown["capacity_minor"]),
        (&json!(0), &json!(".125"))
    );
    assert_eq!(
        (&shown["max_memory"], &shown["cpu_type"]),
        (&json!(128), &json!("aarch64"))
    );
}

#[tokio::test]
async fn lists_are_narrowed() {
    let api = Api::start().await;
    let tagged = json!({ "name": "first-one", "tags": [{ "key": "env", "value": "test" }] });
    let first = create(&api, tagged).await;
    api.clock.advance_ms(1);
    let second = create(&api, json!({ "name": "second", "private_ip": "10.1.2.3" })).await;
    for (query, expected) in [
        ("", vec![&second, &first]),
        ("?name=ONE", vec![&first]),
        ("?name=one&name_equal=true", vec![]),
        ("?name=second&name_equal=true", vec![&second]),
        (&format!("?instance_id={first}"), vec![&first]),
        ("?status=RUNNING&limit=1", vec![&second]),
        ("?status=ERROR", vec![]),
        ("?ip=10.1.2.3", vec![&second]),
        ("?tags=env%3Dtest", vec![&first]),
        ("?tags=env%3Dlive", vec![]),
        ("?tags=env%3Dtest&offset=1", vec![]),
    ] {
        let listing = api.succeed("GET", &path(&api, query), None).await;
        let ids = listing["instances"].as_array().unwrap().iter();
        let ids: Vec<_> = ids
            .map(|one| one["instance_id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    for (query, says) in [
        ("?limit=0", "limit must be"),
        (
            "?include_failure=perhaps",
            "include_failure must be true or false",
        ),
        (
            "?include_delete=perhaps",
            "include_delete must be true or false",
        ),
    ] {
        let collection = path(&api, query);
        api.refused(("GET", &collection), None, (400, "DCS.4800"), says)
            .await;
    }
}

#[tokio::test]
async fn a_deleted_instance_is_gone() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let one = path(&api, &format!("/{id}"));
    let (status, answer) = api.call("DELETE", &one, None).await;
    assert_eq!((status, answer), (StatusCode::NO_CONTENT, Value::Null));
    let (ssl, download) = (format!("{one}/ssl"), format!("{one}/ssl-certs/download"));
    let switch = json!({ "enabled": true });
    for (method, path, body) in [
        ("GET", &one, None),
        ("DELETE", &one, None),
        ("GET", &ssl, None),
        ("PUT", &ssl, Some(switch)),
        ("POST", &download, None),
    ] {
        api.refused((method, path), body, (404, "DCS.3022"), &id)
            .await;
    }
    let (_, answer) = api.call("GET", &one, None).await;
    assert_eq!(answer["error_ext_msg"], Value::Null);
    assert!(answer.as_object().unwrap().contains_key("error_ext_msg"));
}

#[tokio::test]
async fn a_faulty_instance_is_refused_and_not_kept() {
    let api = Api::start().await;
    let collection = path(&api, "");
    for (changes, code, says) in [
        (
            json!({ "name": null }),
            "DCS.4010",
            "name must have 4 to 64 characters",
        ),
        (json!({ "name": "1x" }), "DCS.4010", "name"),
        (
            json!({ "engine": "Mongo" }),
            "DCS.4006",
            "Redis or Memcached",
        ),
        (
            json!({ "engine_version": "1.0" }),
            "DCS.4008",
            "4.0, 5.0, 6.0, 7.0",
        ),
        (
            json!({ "spec_code": "no-such-flavor" }),
            "DCS.4009",
            "spec_code",
        ),
        (json!({ "capacity": -1 }), "DCS.4012", "capacity must be 1"),
        (json!({ "capacity": 2 }), "DCS.4012", "capacity must be 1"),
        (json!({ "vpc_id": null }), "DCS.4013", "vpc_id is required"),
        (
            json!({ "subnet_id": "" }),
            "DCS.4016",
            "subnet_id is required",
        ),
        (
            json!({ "security_group_id": "?" }),
            "DCS.4014",
            "security_group_id",
        ),
        (
            json!({ "description": "d".repeat(1025) }),
            "DCS.4011",
            "1024",
        ),
        (json!({ "az_codes": [] }), "DCS.4042", "az_codes"),
        (json!({ "port": 70000 }), "DCS.4800", "1 to 65535"),
        (
            json!({ "private_ip": "10.0.0.256" }),
            "DCS.4800",
            "private_ip",
        ),
        (
            json!({ "password": "weak", "no_password_access": null }),
            "DCS.4019",
            "8 to 32",
        ),
        (
            json!({ "password": "Chancery-2026" }),
            "DCS.4019",
            "no_password_access",
        ),
        (
            json!({ "no_password_access": false }),
            "DCS.4019",
            "is required",
        ),
        (json!({ "tags": [{ "key": "" }] }), "DCS.4800", "tags"),
        (
            json!({ "bss_param": { "charging_mode": "prePaid" } }),
            "DCS.4800",
            "postPaid",
        ),
        (
            json!({ "bss_param": {} }),
            "DCS.4005",
            "bss_param.charging_mode is required",
        ),
        (
            json!({ "capacity": [] }),
            "DCS.4005",
            "capacity must be a number",
        ),
        (
            json!({ "engine_version": "5.0", "enable_ssl": true }),
            "DCS.4201",
            "Do not support SSL.",
        ),
    ] {
        let call = ("POST", collection.as_str());
        api.refused(call, Some(asked(changes)), (400, code), says)
            .await;
    }
    api.refused(("POST", &collection), None, (400, "DCS.4005"), "JSON")
        .await;
    let listing = api.succeed("GET", &collection, None).await;
    assert_eq!(listing, json!({ "instance_num": 0, "instances": [] }));
}

#[tokio::test]
async fn others_see_nothing() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let other = api.other_account().await;
    let mine = path(&api, &format!("/{id}"));
    let theirs = format!("/v2/{}/instances/{id}", other.project_id);
    let (status, answer) = api.call_as(&other.token, "GET", &mine, None).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (StatusCode::UNAUTHORIZED, &json!("DCS.1004"))
    );
    for (method, rest) in [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/ssl"),
        ("POST", "/ssl-certs/download"),
    ] {
        let path = format!("{theirs}{rest}");
        let (status, answer) = api.call_as(&other.token, method, &path, None).await;
        assert_eq!(
            (status, &answer["error_code"]),
            (StatusCode::NOT_FOUND, &json!("DCS.3022"))
        );
    }
    // The id of a MongoDB instance is none of Redis.
    let mongodb = crate::dds::create(&api, json!({})).await;
    let wrong = path(&api, &format!("/{mongodb}"));
    api.refused(("GET", &wrong), None, (404, "DCS.3022"), &mongodb)
        .await;
    // A job is its project's.
    let ssl = format!("{mine}/ssl");
    let switched = api
        .succeed("PUT", &ssl, Some(json!({ "enabled": true })))
        .await;
    let job = switched["job_id"].as_str().unwrap();
    let job = format!("/v2/{}/jobs/{job}", other.project_id);
    let (status, _) = api.call_as(&other.token, "GET", &job, None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_call_needs_its_permission() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let nobody = api.user_without_policy().await;
    let one = path(&api, &format!("/{id}"));
    let job = format!("/v2/{}/jobs/{}", api.project_id, "0".repeat(32));
    for (method, path, action) in [
        ("POST", path(&api, ""), "dcs:instance:create"),
        ("GET", path(&api, ""), "dcs:instance:list"),
        ("GET", one.clone(), "dcs:instance:get"),
        ("DELETE", one.clone(), "dcs:instance:delete"),
        ("GET", format!("{one}/ssl"), "dcs:ssl:get"),
        ("PUT", format!("{one}/ssl"), "dcs:ssl:modify"),
        ("POST", format!("{one}/ssl-certs/download"), "dcs:ssl:get"),
        ("GET", job, "dcs:job:get"),
    ] {
        let (status, answer) = api.call_as(&nobody.token, method, &path, None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(answer["error_code"], "DCS.2007");
        assert!(answer["error_msg"].as_str().unwrap().contains(action));
    }
}

#[tokio::test]
async fn a_restart_loses_nothing() {
    let api = Api::start().await;
    let id = create(&api, json!({ "enable_ssl": true })).await;
    let (one, download) = (
        path(&api, &format!("/{id}")),
        path(&api, &format!("/{id}/ssl-certs/download")),
    );
    let before = api.succeed("GET", &one, None).await;
    let link = api.succeed("POST", &download, None).await;
    let api = api.restart().await;
    assert_eq!(api.succeed("GET", &one, None).await, before);
    // The same key signs the same link at the same time.
    assert_eq!(api.succeed("POST", &download, None).await, link);
}
