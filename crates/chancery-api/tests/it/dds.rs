//! `/v3/{project_id}/instances`: MongoDB instances.

mod national;
mod permissions;

use axum::body::{Body, to_bytes};
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, fields};

/// The documented fields of an instance that was created.
const CREATED: &str = "availability_zone backup_strategy charge_info configurations created datastore \
    disk_encryption_id dss_pool_id enterprise_project_id flavor id job_id mode name \
    order_id port region security_group_id ssl_option status subnet_id tags vpc_id";
/// The documented fields of an instance in a list.
const LISTED: &str = "actions backup_strategy created datastore db_user_name disk_encryption_id dss_pool_id \
    engine enterprise_project_id groups id maintenance_window mode name order_id \
    pay_mode port region remark security_group_id ssl status subnet_id tags time_zone \
    updated vpc_id";
/// The documented fields of a node.
const NODE: &str = "availability_zone external_service_port id name nat_gateway_id private_ip public_ip \
    role spec_code status";

/// The path of the instances of the administrator's project, with `rest` behind it.
pub(crate) fn path(api: &Api, rest: &str) -> String {
    format!("/v3/{}/instances{rest}", api.project_id)
}

/// What is asked for, with some fields replaced or, where null, left out.
pub(crate) fn asked(changes: Value) -> Value {
    let mut body = json!({
        "name": "mongo", "region": "cn-north-4", "availability_zone": "cn-north-4a,cn-north-4b",
        "datastore": {
            "type": "DDS-Community", "version": "4.4", "storage_engine": "wiredTiger",
        },
        "vpc_id": "503d5ab9-9d7f-4e1c-8b5a-1d6f3b6a0001",
        "subnet_id": "2f0a3b6a-7d7f-4e1c-8b5a-1d6f3b6a0002",
        "security_group_id": "e0000000-7d7f-4e1c-8b5a-1d6f3b6a0003",
        "password": "Chancery-2026", "mode": "ReplicaSet",
        "flavor": [{
            "type": "replica", "num": "1", "storage": "ULTRAHIGH", "size": "20",
            "spec_code": "dds.mongodb.s6.large.2.repset",
        }],
    });
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
    body
}

/// Creates an instance and returns its id.
pub(crate) async fn create(api: &Api, changes: Value) -> String {
    let answer = api
        .succeed("POST", &path(api, ""), Some(asked(changes)))
        .await;
    answer["id"].as_str().unwrap().to_owned()
}

async fn find(api: &Api, id: &str) -> Value {
    let mut listing = api
        .succeed("GET", &path(api, &format!("?id={id}")), None)
        .await;
    let found = listing["instances"].as_array_mut().unwrap();
    found.pop().unwrap_or_default()
}

#[tokio::test]
async fn an_instance_is_shown_with_every_documented_field() {
    let api = Api::start().await;
    let body = asked(json!({
        "tags": [{ "key": "k", "value": "v" }], "port": "8636", "enterprise_project_id": "",
        "backup_strategy": { "start_time": "02:00-03:00", "keep_days": "5" },
        "configurations": [{ "type": "replica", "configuration_id": "c" }],
    }));
    let (status, created) = api.call("POST", &path(&api, ""), Some(body)).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let id = created["id"].as_str().unwrap();
    assert!(id.len() == 36 && id.ends_with("in02"), "{id}");
    let expected = json!({
        "name": "mongo", "created": "2026-06-01 12:00:00", "status": "normal", "port": 8636,
        "region": "cn-north-4", "mode": "ReplicaSet", "ssl_option": "1", "order_id": null,
        "availability_zone": "cn-north-4a,cn-north-4b", "enterprise_project_id": "0",
        "datastore": {
            "type": "DDS-Community", "version": "4.4", "storage_engine": "wiredTiger",
        },
        "backup_strategy": { "start_time": "02:00-03:00", "keep_days": "5" },
        "configurations": [{ "type": "replica", "configuration_id": "c" }],
        "flavor": [{
            "type": "replica", "num": "1", "storage": "ULTRAHIGH", "size": "20",
            "spec_code": "dds.mongodb.s6.large.2.repset",
        }],
        "tags": [{ "key": "k", "value": "v" }],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&created[name], value, "{name}");
    }
    assert_eq!(created["job_id"].as_str().unwrap().len(), 36);
    assert_eq!(fields(&created), CREATED.split(' ').collect::<Vec<_>>());

    let listing = api.succeed("GET", &path(&api, ""), None).await;
    assert_eq!(listing["total_count"], 1);
    let shown = &listing["instances"][0];
    let expected = json!({
        "id": id, "name": "mongo", "status": "normal", "port": "8636", "mode": "ReplicaSet",
        "engine": "wiredTiger", "created": "2026-06-01T12:00:00", "updated": "2026-06-01T12:00:00",
        "db_user_name": "rwuser", "ssl": 1, "pay_mode": "0", "actions": [], "remark": "",
        "backup_strategy": { "start_time": "02:00-03:00", "keep_days": 5 },
        "tags": [{ "key": "k", "value": "v" }],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(fields(shown), LISTED.split(' ').collect::<Vec<_>>());
    assert_eq!(
        fields(&shown["datastore"]),
        ["patch_available", "type", "version", "whole_version"]
    );
    let group = &shown["groups"][0];
    assert_eq!(
        fields(group),
        ["id", "name", "nodes", "status", "type", "volume"]
    );
    assert_eq!(group["volume"], json!({ "size": "20", "used": null }));
    let nodes = group["nodes"].as_array().unwrap();
    let zones: Vec<_> = nodes
        .iter()
        .map(|node| &node["availability_zone"])
        .collect();
    assert_eq!(zones, ["cn-north-4a", "cn-north-4b", "cn-north-4a"]);
    assert_eq!(fields(&nodes[0]), NODE.split(' ').collect::<Vec<_>>());
    assert!(nodes[0]["id"].as_str().unwrap().ends_with("no02"));
    assert!(!listing.to_string().contains("Chancery-2026"));
    let row = api
        .store
        .instance(&api.project_id, "dds", id)
        .await
        .unwrap();
    assert!(!row.unwrap().document.contains("Chancery-2026"));
}

#[tokio::test]
async fn lists_are_narrowed() {
    let api = Api::start().await;
    let first = create(&api, json!({ "name": "first-one", "vpc_id": "other-vpc" })).await;
    api.clock.advance_ms(1);
    let single = json!({
        "name": "second", "mode": "Single", "subnet_id": "other-subnet",
        "flavor": [{
            "type": "single", "num": 1, "size": 10,
            "spec_code": "dds.mongodb.s6.large.2.single",
        }],
    });
    let second = create(&api, single).await;
    for (query, expected) in [
        ("", vec![&second, &first]),
        ("?offset=1", vec![&first]),
        ("?limit=1", vec![&second]),
        (&format!("?id={first}"), vec![&first]),
        ("?name=first-one", vec![&first]),
        ("?name=first", vec![]),
        ("?name=*ONE", vec![&first]),
        ("?mode=Single", vec![&second]),
        ("?mode=Sharding", vec![]),
        (
            "?datastore_type=DDS-Community&limit=1&offset=1",
            vec![&first],
        ),
        ("?vpc_id=other-vpc", vec![&first]),
        ("?subnet_id=other-subnet", vec![&second]),
        ("?subnet_id=other-subnet&vpc_id=other-vpc", vec![]),
    ] {
        let listing = api.succeed("GET", &path(&api, query), None).await;
        let ids = listing["instances"].as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
    for (query, code, says) in [
        ("?limit=101", "DBS.280439", "must be a number"),
        ("?offset=-1", "DBS.280440", "must be a number"),
        (
            "?mode=Cluster",
            "DBS.280342",
            "mode must be one of Sharding, ReplicaSet, Single",
        ),
        (
            "?datastore_type=Mongo",
            "DBS.280001",
            "datastore_type must be DDS-Community",
        ),
    ] {
        api.refused(("GET", &path(&api, query)), None, (400, code), says)
            .await;
    }
}

#[tokio::test]
async fn a_faulty_instance_is_refused_and_not_kept() {
    let api = Api::start().await;
    let collection = path(&api, "");
    let datastore = |kind: &str, version: &str| json!({ "datastore": { "type": kind, "version": version, "storage_engine": "wiredTiger" } });
    for (changes, code, says) in [
        (
            json!({ "name": "1x" }),
            "DBS.280234",
            "name must have 4 to 64 characters",
        ),
        (
            json!({ "mode": "Cluster" }),
            "DBS.280342",
            "Sharding, ReplicaSet, Single",
        ),
        (
            json!({ "ssl_option": "2" }),
            "DBS.239011",
            "ssl_option must be 0 or 1",
        ),
        (datastore("Mongo", "4.4"), "DBS.280235", "datastore.type"),
        (
            datastore("DDS-Community", "1"),
            "DBS.280236",
            "datastore.version",
        ),
        (json!({ "datastore": null }), "DBS.280235", "datastore.type"),
        (
            json!({ "region": "eu-west-0" }),
            "DBS.280001",
            "region must be cn-north-4",
        ),
        (
            json!({ "vpc_id": null }),
            "DBS.280001",
            "vpc_id is required",
        ),
        (json!({ "port": "80" }), "DBS.280001", "2100 to 9500"),
        (
            json!({ "password": "weak" }),
            "DBS.280001",
            "password must have 8 to 32",
        ),
        (
            json!({ "flavor": null }),
            "DBS.280001",
            "one entry of each type: replica",
        ),
        (
            json!({ "flavor": [{ "type": "none", "spec_code": "dds" }] }),
            "DBS.280001",
            "flavor.type must be one of mongos, shard, config, replica, single",
        ),
        (
            json!({ "configurations": [{ "type": "none", "configuration_id": "c" }] }),
            "DBS.280001",
            "configurations.type must be one of mongos, shard, config, replica, single",
        ),
        (
            json!({ "charge_info": {} }),
            "DBS.280001",
            "charge_info.charge_mode is required",
        ),
        (
            json!({ "port": {} }),
            "DBS.280001",
            "port must be a whole number",
        ),
    ] {
        let call = ("POST", collection.as_str());
        api.refused(call, Some(asked(changes)), (400, code), says)
            .await;
    }
    let listing = api.succeed("GET", &collection, None).await;
    assert_eq!(listing, json!({ "instances": [], "total_count": 0 }));
}

#[tokio::test]
async fn ssl_is_switched() {
    let api = Api::start().await;
    let id = create(&api, json!({ "ssl_option": "0" })).await;
    assert_eq!(find(&api, &id).await["ssl"], 0);
    let switch = path(&api, &format!("/{id}/switch-ssl"));
    let on = Some(json!({ "ssl_option": "1" }));
    let answer = api.succeed("POST", &switch, on.clone()).await;
    assert_eq!(fields(&answer), ["job_id", "ssl_option"]);
    assert_eq!(answer["ssl_option"], "1");
    assert_eq!(answer["job_id"].as_str().unwrap().len(), 36);
    assert_eq!(find(&api, &id).await["ssl"], 1);
    for option in [json!("on"), json!(""), json!(true), Value::Null] {
        let body = Some(json!({ "ssl_option": option }));
        api.refused(
            ("POST", &switch),
            body,
            (400, "DBS.239011"),
            "must be 0 or 1",
        )
        .await;
    }
    api.faults.refuse(Some("instance.switch_ssl"));
    api.refused(("POST", &switch), on, (500, "DBS.280005"), "internal")
        .await;
    assert_eq!(find(&api, &id).await["ssl"], 1);
}

#[tokio::test]
async fn the_link_is_public() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let link = path(&api, &format!("/{id}/ssl-cert/download-link"));
    let answer = api.succeed("GET", &link, None).await;
    let address = format!(
        "https://desk.example:8443/objects/dds-{}/dds/ca-dds.crt",
        api.project_id
    );
    assert_eq!(
        answer,
        json!({ "certs": [{ "category": "international", "download_link": address }] })
    );
    // All instances of the project have the same.
    let other = create(&api, json!({ "name": "other" })).await;
    let link = path(&api, &format!("/{other}/ssl-cert/download-link"));
    assert_eq!(api.succeed("GET", &link, None).await, answer);

    let object = address.strip_prefix("https://desk.example:8443").unwrap();
    let response = api
        .send(Request::get(object).body(Body::empty()).unwrap())
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["content-type"],
        "application/x-x509-ca-cert"
    );
    assert_eq!(response.headers()["cache-control"], "no-cache");
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    let ca = chancery_pki::Certificate::from_pem(std::str::from_utf8(&body).unwrap()).unwrap();
    assert!(ca.is_ca());
}

#[tokio::test]
async fn a_deleted_instance_is_gone() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let one = path(&api, &format!("/{id}"));
    let (status, answer) = api.call("DELETE", &one, None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(fields(&answer), ["job_id"]);
    assert_eq!(find(&api, &id).await, Value::Null);
    let (switch, link) = (
        format!("{one}/switch-ssl"),
        format!("{one}/ssl-cert/download-link"),
    );
    for (method, path, body) in [
        ("DELETE", &one, None),
        ("POST", &switch, Some(json!({ "ssl_option": "1" }))),
        ("GET", &link, None),
    ] {
        api.refused((method, path), body, (400, "DBS.280110"), &id)
            .await;
    }
    for id in ["nothing", "0123in02", &"0".repeat(36)] {
        let one = path(&api, &format!("/{id}"));
        api.refused(("DELETE", &one), None, (400, "DBS.280404"), "instance_id")
            .await;
    }
}

#[tokio::test]
async fn others_see_nothing() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let other = api.other_account().await;
    let rest = format!("instances/{id}/ssl-cert/download-link");
    let mine = format!("/v3/{}/{rest}", api.project_id);
    let (status, answer) = api.call_as(&other.token, "GET", &mine, None).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (400, &json!("DBS.280408"))
    );
    let theirs = format!("/v3/{}/{rest}", other.project_id);
    let (status, answer) = api.call_as(&other.token, "GET", &theirs, None).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (400, &json!("DBS.280110"))
    );
    let listing = format!("/v3/{}/instances", other.project_id);
    let (_, answer) = api.call_as(&other.token, "GET", &listing, None).await;
    assert_eq!(answer["total_count"], 0);
}

#[tokio::test]
async fn every_call_needs_its_permission() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let nobody = api.user_without_policy().await;
    let one = path(&api, &format!("/{id}"));
    for (method, path, action) in [
        ("POST", path(&api, ""), "dds:instance:create"),
        ("GET", path(&api, ""), "dds:instance:list"),
        ("DELETE", one.clone(), "dds:instance:deleteInstance"),
        ("POST", format!("{one}/switch-ssl"), "dds:instance:setSsl"),
        (
            "GET",
            format!("{one}/ssl-cert/download-link"),
            "dds:instance:getSslCertDownloadAddress",
        ),
    ] {
        let (status, answer) = api.call_as(&nobody.token, method, &path, None).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(answer["error_code"], "DBS.280063");
        assert!(answer["error_msg"].as_str().unwrap().contains(action));
    }
}
