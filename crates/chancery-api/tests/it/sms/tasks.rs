//! `/v3/tasks`.

use serde_json::{Value, json};

use super::{NO_ID, SOURCES, TASKS, source, task, with};
use crate::support::{Api, NOW, fields};

#[tokio::test]
async fn a_task_is_shown() {
    let api = Api::start().await;
    let source_id = api.new_source(source("web")).await;
    let answer = api
        .succeed("POST", TASKS, Some(task("迁移_1", &source_id)))
        .await;
    assert_eq!(fields(&answer), ["id"]);
    let id = answer["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    let shown = api.succeed("GET", &format!("{TASKS}/{id}"), None).await;
    let mut source_server = json!({
        "id": source_id, "ip": "192.0.2.10", "name": "web", "os_type": "LINUX",
        "os_version": "CENTOS_7_9_64BIT", "oem_system": false, "state": "waiting",
        "migration_cycle": "checking",
    });
    let brief = json!({
        "id": null, "vm_id": "d2b0b7f4-7d0c-4b4a-9f0e-000000000001", "name": "target",
        "ip": "203.0.113.20", "os_type": "LINUX", "os_version": null,
    });
    let target_server = with(
        &brief,
        &json!({
            "system_dir": null, "volume_groups": [], "btrfs_list": ["pool"],
            "disks": [{ "name": "Disk 0", "device_use": "BOOT", "disk_id": "0", "size": 1 }],
            "image_disk_id": null, "cutovered_snapshot_ids": null,
        }),
    );
    let common = json!({
        "name": "迁移_1", "type": "MIGRATE_BLOCK", "os_type": "LINUX", "id": id,
        "priority": 1, "speed_limit": 10, "start_target_server": true,
        "enterprise_project_id": "0", "migration_ip": "203.0.113.20",
        "source_server": source_server, "target_server": target_server, "state": "READY",
        "estimate_complete_time": null, "create_date": NOW, "migrate_speed": 0.0,
        "compress_rate": 0.0, "error_json": "", "total_time": 0, "clone_server": null,
        "sub_tasks": [], "network_check_info": null, "total_cpu_usage": 0.0,
        "agent_cpu_usage": 0.0, "total_mem_usage": 0.0, "agent_mem_usage": 0.0,
        "total_disk_io": 0.0, "agent_disk_io": 0.0, "need_migration_test": false,
        "subtask_info": "",
    });
    let project = "0123456789abcdef0123456789abcdef";
    let whole = with(
        &common,
        &json!({
            "region_id": "cn-north-4", "region_name": "cn-north-4",
            "project_name": "cn-north-4", "project_id": project, "vm_template_id": null,
            "connected": false, "start_date": null, "finish_date": null, "float_ip": null,
            "remain_seconds": 0, "target_snapshot_id": null,
        }),
    );
    assert_eq!(shown, whole);

    let list = api.succeed("GET", TASKS, None).await;
    assert_eq!(fields(&list), ["count", "tasks"]);
    assert_eq!(list["count"], 1);
    source_server
        .as_object_mut()
        .unwrap()
        .remove("migration_cycle");
    let listed = with(
        &common,
        &json!({
            "source_server": source_server, "target_server": brief,
            "log_collect_status": null, "syncing": false, "special_config": [],
        }),
    );
    assert_eq!(list["tasks"][0], listed);
}

#[tokio::test]
async fn what_is_not_said_has_a_default() {
    let api = Api::start().await;
    let source_id = api.new_source(source("web")).await;
    let body = json!({
        "name": "t", "type": "MIGRATE_FILE", "os_type": "",
        "source_server": { "id": source_id }, "target_server": { "name": "", "disks": null },
        "region_name": "r", "region_id": "r", "project_name": "p", "project_id": "i",
        "migration_ip": "", "priority": "2", "use_ipv6": "false", "vm_template_id": "",
    });
    let id = api.new_task(body).await;
    let shown = api.succeed("GET", &format!("{TASKS}/{id}"), None).await;
    assert_eq!(shown["os_type"], "LINUX", "the source server's");
    assert_eq!(shown["priority"], 2);
    assert_eq!(shown["migration_ip"], Value::Null);
    assert_eq!(shown["target_server"]["vm_id"], Value::Null);
    assert_eq!(shown["target_server"]["disks"], json!([]));
}

#[tokio::test]
async fn tasks_that_are_refused() {
    let api = Api::start().await;
    let source_id = api.new_source(source("web")).await;
    let new = task("t", &source_id);
    for field in [
        "name",
        "type",
        "source_server",
        "target_server",
        "region_name",
        "region_id",
        "project_name",
        "project_id",
    ] {
        let mut body = new.clone();
        body.as_object_mut().unwrap().remove(field);
        let text = format!("{field} is required");
        api.refused(("POST", TASKS), Some(body), (400, "SMS.9002"), &text)
            .await;
    }
    for (more, text) in [
        (
            json!({ "name": "a/b" }),
            "name must have 1 to 64 characters",
        ),
        (
            json!({ "type": "MIGRATE_ALL" }),
            "type must be MIGRATE_FILE or MIGRATE_BLOCK",
        ),
        (
            json!({ "os_type": "BSD" }),
            "os_type must be WINDOWS or LINUX",
        ),
        (
            json!({ "os_type": "WINDOWS" }),
            "os_type must be that of the source server, LINUX",
        ),
        (
            json!({ "source_server": {} }),
            "source_server.id is required",
        ),
        (
            json!({ "source_server": "s" }),
            "source_server must be an object",
        ),
        (
            json!({ "target_server": { "disks": [{ "size": {} }] } }),
            "target_server.disks[0].size",
        ),
        (
            json!({ "project_id": "" }),
            "project_id must have 1 to 255 characters",
        ),
        (
            json!({ "region_id": "r".repeat(256) }),
            "region_id must have 1 to 255 characters",
        ),
        (
            json!({ "priority": 3 }),
            "priority must be a number from 0 to 2",
        ),
        (
            json!({ "priority": "high" }),
            "priority must be a whole number",
        ),
        (
            json!({ "speed_limit": -1 }),
            "speed_limit must be a number from 0 to 10000",
        ),
        (
            json!({ "migration_ip": "somewhere" }),
            "migration_ip must be an IPv4 address",
        ),
        (
            json!({ "migration_ip": "2001:db8::1" }),
            "migration_ip must be an IPv4 address unless use_ipv6 is true",
        ),
        (
            json!({ "use_ipv6": true }),
            "migration_ip must be an IPv6 address when use_ipv6 is true",
        ),
        (
            json!({ "auto_start": 1 }),
            "auto_start must be true or false",
        ),
    ] {
        let body = Some(with(&new, &more));
        api.refused(("POST", TASKS), body, (400, "SMS.9002"), text)
            .await;
    }
    let missing = format!("the source server {NO_ID} does not exist");
    let body = Some(task("t", NO_ID));
    api.refused(("POST", TASKS), body, (404, "SMS.2216"), &missing)
        .await;
    assert_eq!(api.succeed("GET", TASKS, None).await["count"], 0);
}

#[tokio::test]
async fn pages_and_filters() {
    let api = Api::start().await;
    let first = api.new_source(source("one")).await;
    let second = api.new_source(source("two")).await;
    let mut ids = Vec::new();
    for (name, source_id) in [("alpha", &first), ("beta", &second), ("gamma", &first)] {
        ids.push(api.new_task(task(name, source_id)).await);
        api.clock.advance_ms(1000);
    }
    api.act(&ids[1], "start").await;
    let (by_id, by_source) = (
        format!("id={}", ids[0]),
        format!("source_server_id={first}"),
    );
    for (query, count, expected) in [
        ("", 3, &["gamma", "beta", "alpha"][..]),
        ("limit=1&offset=1", 3, &["beta"]),
        ("name=A&limit=2", 3, &["gamma", "beta"]),
        ("name=PH", 1, &["alpha"]),
        ("state=RUNNING", 1, &["beta"]),
        ("state=MIGRATE_SUCCESS", 0, &[]),
        (&by_id, 1, &["alpha"]),
        (&by_source, 2, &["gamma", "alpha"]),
        ("enterprise_project_id=0", 3, &["gamma", "beta", "alpha"]),
        ("enterprise_project_id=x", 0, &[]),
    ] {
        let answer = api.succeed("GET", &format!("{TASKS}?{query}"), None).await;
        let rows = answer["tasks"].as_array().unwrap();
        let names: Vec<_> = rows
            .iter()
            .map(|row| row["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected, "{query}");
        assert_eq!(answer["count"], count, "{query}");
    }
    for (query, text) in [
        ("limit=1001", "limit must be a number from 0 to 1000"),
        ("state=moon", "state must be one of READY, RUNNING"),
    ] {
        let path = format!("{TASKS}?{query}");
        api.refused(("GET", &path), None, (400, "SMS.9002"), text)
            .await;
    }
}

#[tokio::test]
async fn tasks_start_and_stop() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let path = format!("{TASKS}/{id}");
    let action = format!("{path}/action");
    let operation = |name: &str| Some(json!({ "operation": name }));
    let text = "a migration task in state READY cannot be stopped";
    api.refused(
        ("POST", &action),
        operation("stop"),
        (400, "SMS.2015"),
        text,
    )
    .await;
    api.clock.advance_ms(1000);
    api.act(&id, "start").await;
    let shown = api.succeed("GET", &path, None).await;
    assert_eq!(shown["state"], "RUNNING");
    assert_eq!(shown["start_date"], NOW + 1000);
    let text = "a migration task in state RUNNING cannot be started";
    api.refused(
        ("POST", &action),
        operation("start"),
        (400, "SMS.2015"),
        text,
    )
    .await;
    let text = "a migration task in state RUNNING cannot be deleted";
    api.refused(("DELETE", &path), None, (400, "SMS.2015"), text)
        .await;
    api.act(&id, "stop").await;
    assert_eq!(api.succeed("GET", &path, None).await["state"], "ABORT");
    api.act(&id, "start").await;
    api.act(&id, "stop").await;
    for (body, text) in [
        (operation("restart"), "operation must be start or stop"),
        (operation(""), "operation must be start or stop"),
        (Some(json!({})), "operation is required"),
        (None, "the body must be a JSON object"),
    ] {
        api.refused(("POST", &action), body, (400, "SMS.9002"), text)
            .await;
    }
    assert_eq!(api.succeed("DELETE", &path, None).await, Value::Null);
    let missing = format!("the migration task {id} does not exist");
    for (method, path, body) in [
        ("GET", &path, None),
        ("DELETE", &path, None),
        ("POST", &action, operation("start")),
    ] {
        api.refused((method, path), body, (404, "SMS.2252"), &missing)
            .await;
    }
}

#[tokio::test]
async fn a_task_may_start_by_itself() {
    let api = Api::start().await;
    let source_id = api.new_source(source("web")).await;
    let body = with(&task("t", &source_id), &json!({ "auto_start": "true" }));
    let id = api.new_task(body).await;
    let shown = api.succeed("GET", &format!("{TASKS}/{id}"), None).await;
    assert_eq!(shown["state"], "RUNNING");
    assert_eq!(shown["start_date"], NOW);
}

#[tokio::test]
async fn several_tasks_are_deleted_together_or_not_at_all() {
    let api = Api::start().await;
    let source_id = api.new_source(source("web")).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(api.new_task(task(name, &source_id)).await);
    }
    api.act(&ids[2], "start").await;
    let path = format!("{TASKS}/delete");
    let delete = |ids: &[&str]| Some(json!({ "ids": ids }));
    let text = "a migration task in state RUNNING cannot be deleted";
    let body = delete(&[&ids[0], &ids[2]]);
    api.refused(("POST", &path), body, (400, "SMS.2015"), text)
        .await;
    let body = delete(&[&ids[0], NO_ID]);
    let text = "does not exist";
    api.refused(("POST", &path), body, (404, "SMS.2252"), text)
        .await;
    let too_many = vec![NO_ID; 101];
    for (body, text) in [
        (delete(&[]), "ids must have 1 to 100 entries"),
        (delete(&too_many), "ids must have 1 to 100 entries"),
        (Some(json!({ "ids": "a" })), "ids must be"),
        (Some(json!({})), "ids is required"),
    ] {
        api.refused(("POST", &path), body, (400, "SMS.9002"), text)
            .await;
    }
    assert_eq!(api.succeed("GET", TASKS, None).await["count"], 3);
    // One that is named twice is deleted once.
    let body = delete(&[&ids[0], &ids[1], &ids[0]]);
    assert_eq!(api.succeed("POST", &path, body).await, Value::Null);
    assert_eq!(api.succeed("GET", TASKS, None).await["count"], 1);
}

#[tokio::test]
async fn tasks_are_hidden_from_other_accounts() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let ours = api.some_task().await;
    let listed = api.succeed("GET", SOURCES, None).await;
    let source_id = listed["source_servers"][0]["id"].as_str().unwrap();
    for id in [ours.as_str(), NO_ID, "x", "%ff"] {
        for (method, step, body) in [
            ("GET", "", None),
            ("DELETE", "", None),
            ("GET", "/certkey", None),
            ("POST", "/action", Some(json!({ "operation": "start" }))),
        ] {
            let path = format!("{TASKS}/{id}{step}");
            let (status, answer) = api.call_as(&other.token, method, &path, body).await;
            assert_eq!(status, 404, "{method} {step} {id}: {answer}");
            assert_eq!(answer["error_code"], "SMS.2252");
        }
    }
    let body = Some(json!({ "ids": [ours] }));
    let path = format!("{TASKS}/delete");
    let (status, _) = api.call_as(&other.token, "POST", &path, body).await;
    assert_eq!(status, 404);
    // A task of theirs cannot be made for a source server of ours.
    let body = Some(task("t", source_id));
    let (status, answer) = api.call_as(&other.token, "POST", TASKS, body).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (404, &json!("SMS.2216"))
    );
    let (_, answer) = api.call_as(&other.token, "GET", TASKS, None).await;
    assert_eq!(answer, json!({ "count": 0, "tasks": [] }));
    let shown = api.succeed("GET", &format!("{TASKS}/{ours}"), None).await;
    assert_eq!(shown["state"], "READY");
}
