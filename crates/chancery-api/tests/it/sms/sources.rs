//! `/v3/sources`.

use serde_json::{Value, json};

use super::{NO_ID, SOURCES, TASKS, source, task, with};
use crate::support::{Api, NOW, fields};

#[tokio::test]
async fn a_registered_server_is_shown() {
    let api = Api::start().await;
    let answer = api
        .succeed("POST", SOURCES, Some(source("源端_web-1")))
        .await;
    assert_eq!(fields(&answer), ["id"]);
    let id = answer["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    let shown = api.succeed("GET", &format!("{SOURCES}/{id}"), None).await;
    let registered = source("");
    assert_eq!(
        shown,
        json!({
            "id": id, "ip": "192.0.2.10", "name": "源端_web-1", "hostname": "web.example.com",
            "enterprise_project_id": "0", "add_date": NOW,
            "os_type": "LINUX", "os_version": "CENTOS_7_9_64BIT", "oem_system": false,
            "state": "waiting", "connected": false, "firmware": "BIOS",
            "init_target_server": null, "cpu_quantity": 4, "memory": 8_589_934_592_i64,
            "current_task": null, "disks": registered["disks"], "volume_groups": [],
            "btrfs_list": [], "networks": registered["networks"], "checks": [],
            "migration_cycle": "checking", "state_action_time": NOW, "replicatesize": 0,
            "totalsize": 1_000, "last_visit_time": NOW, "stage_action_time": NOW,
            "agent_version": "24.6.0", "has_tc": true, "start_type": "MANUAL",
        })
    );
    let list = api.succeed("GET", SOURCES, None).await;
    assert_eq!(fields(&list), ["count", "source_servers"]);
    assert_eq!(list["count"], 1);
    let row = &list["source_servers"][0];
    let mut expected = shown.clone();
    for field in [
        "hostname",
        "firmware",
        "disks",
        "volume_groups",
        "btrfs_list",
        "networks",
        "agent_version",
    ] {
        expected.as_object_mut().unwrap().remove(field);
    }
    expected["is_consistency_result_exist"] = json!(false);
    assert_eq!(*row, expected);
}

#[tokio::test]
async fn the_least_that_is_registered() {
    let api = Api::start().await;
    let id = api
        .new_source(json!({
            "name": "w", "ipv6": "2001:db8::1", "os_type": "WINDOWS", "os_version": "2019",
            "agent_version": "1", "networks": [{ "mac": "00:00:00:00:00:01" }],
            "cpu_quantity": "2", "has_rsync": "", "disks": null, "state": "unavailable",
            "migration_cycle": "setting",
        }))
        .await;
    let shown = api.succeed("GET", &format!("{SOURCES}/{id}"), None).await;
    assert_eq!(shown["ip"], "2001:db8::1");
    assert_eq!(shown["cpu_quantity"], 2);
    assert_eq!(shown["state"], "unavailable");
    assert_eq!(shown["migration_cycle"], "setting");
    assert_eq!(shown["disks"], json!([]));
    assert_eq!(shown["memory"], Value::Null);
}

#[tokio::test]
async fn registrations_that_are_refused() {
    let api = Api::start().await;
    for (field, text) in [
        ("name", "name is required"),
        ("os_type", "os_type is required"),
        ("os_version", "os_version is required"),
        ("agent_version", "agent_version is required"),
        ("networks", "networks is required"),
        ("ip", "ip or ipv6 is required"),
    ] {
        let mut body = source("web");
        body.as_object_mut().unwrap().remove(field);
        api.refused(("POST", SOURCES), Some(body), (400, "SMS.9002"), text)
            .await;
    }
    let name = "name must have 1 to 64 characters";
    for (more, text) in [
        (json!({ "name": "" }), name),
        (json!({ "name": "a b" }), name),
        (json!({ "name": "n".repeat(65) }), name),
        (json!({ "name": 5 }), "name must be a string"),
        (
            json!({ "os_type": "BSD" }),
            "os_type must be WINDOWS or LINUX",
        ),
        (
            json!({ "os_version": "" }),
            "os_version must have 1 to 255 characters",
        ),
        (
            json!({ "agent_version": "v".repeat(256) }),
            "agent_version must have 1 to 255 characters",
        ),
        (
            json!({ "hostname": "h".repeat(256) }),
            "hostname must have 1 to 255 characters",
        ),
        (
            json!({ "firmware": "COREBOOT" }),
            "firmware must be BIOS or UEFI",
        ),
        (json!({ "ip": "192.0.2" }), "ip must be an IPv4 address"),
        (json!({ "ip": "::1" }), "ip must be an IPv4 address"),
        (
            json!({ "ipv6": "192.0.2.1" }),
            "ipv6 must be an IPv6 address",
        ),
        (
            json!({ "networks": [] }),
            "networks must begin with a network that has a mac",
        ),
        (
            json!({ "networks": [{ "mac": "" }] }),
            "networks must begin with a network that has a mac",
        ),
        (
            json!({ "networks": [{ "mac": "m", "mtu": "large" }] }),
            "networks[0].mtu must be",
        ),
        (
            json!({ "disks": [{ "size": "big" }] }),
            "disks[0].size must be",
        ),
        (json!({ "disks": "none" }), "disks must be"),
        (
            json!({ "cpu_quantity": -1 }),
            "cpu_quantity must not be negative",
        ),
        (json!({ "memory": 1.5 }), "memory must be a whole number"),
        (
            json!({ "has_rsync": "maybe" }),
            "has_rsync must be true or false",
        ),
        (json!({ "state": "READY" }), "state must be one of"),
        (
            json!({ "migration_cycle": "moon" }),
            "migration_cycle must be one of",
        ),
        (
            json!({ "platform": "moon" }),
            "platform must be one of hw, ali",
        ),
    ] {
        let body = Some(with(&source("web"), &more));
        api.refused(("POST", SOURCES), body, (400, "SMS.9002"), text)
            .await;
    }
    assert_eq!(api.succeed("GET", SOURCES, None).await["count"], 0);
}

#[tokio::test]
async fn a_server_is_registered_once() {
    let api = Api::start().await;
    let id = api.new_source(source("web")).await;
    let again = with(&source("web"), &json!({ "id": id }));
    let text = "is registered already";
    api.refused(
        ("POST", SOURCES),
        Some(again.clone()),
        (400, "SMS.2013"),
        text,
    )
    .await;
    // The id of a server of another account, or of none, does not matter.
    let other = api.other_account().await;
    let (status, answer) = api
        .call_as(&other.token, "POST", SOURCES, Some(again))
        .await;
    assert_eq!(status, 200);
    assert_ne!(answer["id"], id.as_str());
}

#[tokio::test]
async fn pages_and_filters() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for (name, ip, state) in [
        ("alpha", "192.0.2.1", "waiting"),
        ("beta", "192.0.2.2", "unavailable"),
        ("gamma", "192.0.2.1", "waiting"),
    ] {
        let more = json!({
            "ip": ip, "state": state, "ipv6": format!("2001:db8::{}", ids.len()),
            "migration_cycle": if name == "beta" { "setting" } else { "" },
        });
        ids.push(api.new_source(with(&source(name), &more)).await);
        api.clock.advance_ms(1000);
    }
    let body = task("t", &ids[0]);
    api.new_task(body).await;
    let by_id = format!("id={}", ids[1]);
    for (query, count, expected) in [
        ("", 3, &["gamma", "beta", "alpha"][..]),
        ("limit=0", 3, &["gamma", "beta", "alpha"]),
        ("limit=2", 3, &["gamma", "beta"]),
        ("limit=2&offset=2", 3, &["alpha"]),
        ("offset=3", 3, &[]),
        ("name=ET", 1, &["beta"]),
        ("name=%25", 0, &[]),
        (&by_id, 1, &["beta"]),
        ("state=waiting", 2, &["gamma", "alpha"]),
        ("state=finished", 0, &[]),
        ("ip=192.0.2.1", 2, &["gamma", "alpha"]),
        ("ip=192.0.2.1&limit=1", 2, &["gamma"]),
        ("ip=192.0.2.1&limit=1&offset=1", 2, &["alpha"]),
        ("ip=192.0.2.1&name=alp", 1, &["alpha"]),
        ("ip=192.0.2.9", 0, &[]),
        ("ipv6=2001:db8::1", 1, &["beta"]),
        ("migration_cycle=setting", 1, &["beta"]),
        ("vm_id=d2b0b7f4-7d0c-4b4a-9f0e-000000000001", 1, &["alpha"]),
        ("vm_id=none", 0, &[]),
        (
            "connected=false&enterprise_project_id=0&is_consistency_result_exist=False",
            3,
            &["gamma", "beta", "alpha"],
        ),
        ("enterprise_project_id=all", 3, &["gamma", "beta", "alpha"]),
        ("connected=true", 0, &[]),
        ("is_consistency_result_exist=true", 0, &[]),
        ("migproject=p", 0, &[]),
        ("enterprise_project_id=other", 0, &[]),
    ] {
        let path = format!("{SOURCES}?{query}");
        let answer = api.succeed("GET", &path, None).await;
        let rows = answer["source_servers"].as_array().unwrap();
        let names: Vec<_> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{query}");
        assert_eq!(answer["count"], count, "{query}");
    }
    for (query, text) in [
        ("limit=1001", "limit must be a number from 0 to 1000"),
        ("limit=x", "limit must be a number"),
        ("offset=-1", "offset must be a number"),
        ("connected=maybe", "connected must be true or false"),
        ("state=moon", "state must be one of unavailable"),
        (
            "migration_cycle=moon",
            "migration_cycle must be one of checking",
        ),
    ] {
        let path = format!("{SOURCES}?{query}");
        api.refused(("GET", &path), None, (400, "SMS.9002"), text)
            .await;
    }
}

#[tokio::test]
async fn a_server_shows_its_newest_task() {
    let api = Api::start().await;
    let id = api.new_source(source("web")).await;
    api.new_task(task("old", &id)).await;
    api.clock.advance_ms(1000);
    let newest = api.new_task(task("new", &id)).await;
    api.act(&newest, "start").await;
    let shown = api.succeed("GET", &format!("{SOURCES}/{id}"), None).await;
    assert_eq!(
        shown["current_task"],
        json!({
            "id": newest, "name": "new", "type": "MIGRATE_BLOCK", "state": "RUNNING",
            "start_date": NOW + 1000, "speed_limit": 10, "migrate_speed": 0.0,
            "start_target_server": true, "vm_template_id": null, "region_id": "cn-north-4",
            "project_name": "cn-north-4", "project_id": "0123456789abcdef0123456789abcdef",
            "target_server": {
                "vm_id": "d2b0b7f4-7d0c-4b4a-9f0e-000000000001", "name": "target",
            },
            "exist_server": false, "use_public_ip": false,
        })
    );
}

#[tokio::test]
async fn a_server_with_tasks_is_not_deleted() {
    let api = Api::start().await;
    let id = api.new_source(source("web")).await;
    let task_id = api.new_task(task("t", &id)).await;
    let path = format!("{SOURCES}/{id}");
    let text = "the source server has migration tasks; delete them first";
    api.refused(("DELETE", &path), None, (400, "SMS.2015"), text)
        .await;
    api.succeed("GET", &path, None).await;
    api.succeed("DELETE", &format!("{TASKS}/{task_id}"), None)
        .await;
    assert_eq!(api.succeed("DELETE", &path, None).await, Value::Null);
    let missing = format!("the source server {id} does not exist");
    for method in ["GET", "DELETE"] {
        api.refused((method, &path), None, (404, "SMS.2216"), &missing)
            .await;
    }
}

#[tokio::test]
async fn servers_are_hidden_from_other_accounts() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let ours = api.new_source(source("web")).await;
    for id in [ours.as_str(), NO_ID, "x", "%ff"] {
        for method in ["GET", "DELETE"] {
            let path = format!("{SOURCES}/{id}");
            let (status, answer) = api.call_as(&other.token, method, &path, None).await;
            assert_eq!(status, 404, "{method} {id}: {answer}");
            assert_eq!(answer["error_code"], "SMS.2216");
            assert_eq!(fields(&answer), ["error_code", "error_msg"]);
        }
    }
    let path = format!("{SOURCES}?ip=192.0.2.10");
    for path in [SOURCES, path.as_str()] {
        let (_, answer) = api.call_as(&other.token, "GET", path, None).await;
        assert_eq!(answer, json!({ "count": 0, "source_servers": [] }));
    }
    api.succeed("GET", &format!("{SOURCES}/{ours}"), None).await;
}

#[tokio::test]
async fn a_lack_of_permission_reads_as_documented() {
    let api = Api::start().await;
    let nobody = api.user_without_policy().await;
    let (status, answer) = api.call_as(&nobody.token, "GET", SOURCES, None).await;
    assert_eq!(status, 403);
    let encoded = answer["encoded_authorization_message"].as_str().unwrap();
    let resource = format!("sms:*:{}:server:*", api.domain_id);
    let text = format!(
        "You do not have permission to perform action sms:server:queryServer on resource {resource}."
    );
    assert_eq!(
        answer,
        json!({
            "error_code": "SMS.9004",
            "error_msg": format!(
                "The current account does not have the permission to execute policy. {text}"
            ),
            "encoded_authorization_message": encoded,
            "error_param": [text],
            "details": [{ "error_code": "SMS.9004", "error_msg": text }],
        })
    );

    // What is in the message is for those who may read it.
    let decode = "/v5/decode-authorization-message";
    let body = json!({ "encoded_message": encoded });
    let (status, refused) = api
        .call_as(&nobody.token, "POST", decode, Some(body.clone()))
        .await;
    assert_eq!(
        (status.as_u16(), &refused["error_code"]),
        (403, &json!("IAM.0003"))
    );
    let answer = api.succeed("POST", decode, Some(body.clone())).await;
    let decoded = answer["decoded_message"].as_str().unwrap();
    let decoded: serde_json::Value = serde_json::from_str(decoded).unwrap();
    assert_eq!(decoded["allowed"], false);
    let context = &decoded["context"];
    assert_eq!(context["action"], "sms:server:queryServer");
    assert_eq!(context["resource"], resource);
    assert_eq!(context["principal"]["user_id"], nobody.id);
    assert_eq!(context["time"], crate::support::NOW);
    assert_eq!(context["request_id"].as_str().unwrap().len(), 32);

    // In another account it does not open, and a changed one in none.
    let other = api.other_account().await;
    let (status, _) = api.call_as(&other.token, "POST", decode, Some(body)).await;
    assert_eq!(status, 400);
    for bad in ["", "%", "AAAA", &encoded[4..], &"A".repeat(8_196)] {
        let body = json!({ "encoded_message": bad });
        api.refused(
            ("POST", decode),
            Some(body),
            (400, "IAM.0007"),
            "encoded_message",
        )
        .await;
    }
}
