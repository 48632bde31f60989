//! `chancery source` and `chancery task`: from a server's name to what both ends of its migration load.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::certificates::{openssl, text};
use crate::commands::{fails, json, nobody, run, run_with, says};
use crate::support::Server;

#[test]
fn from_a_name_to_certificates_and_keys() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    let create = [
        "source",
        "create",
        "web-1",
        "--ip",
        "192.0.2.10",
        "--ip",
        "2001:db8::10",
        "--os",
        "windows",
    ];
    let source = json(env, &create);
    assert_eq!(
        (text(&source["ip"]), text(&source["os_type"])),
        ("192.0.2.10", "WINDOWS")
    );
    let task = json(
        env,
        &[
            "task",
            "create",
            "move-1",
            "--source",
            "web-1",
            "--target-ip",
            "192.0.2.20",
        ],
    );
    assert_eq!(task["source_id"], source["id"]);
    assert_eq!(text(&task["type"]), "MIGRATE_BLOCK");
    assert_eq!(text(&task["project_id"]), env["HUAWEICLOUD_SDK_PROJECT_ID"]);

    let out = folder.join("move-1");
    let certkey = ["task", "certkey", "move-1", "--out", out.to_str().unwrap()];
    let written = json(env, &certkey);
    assert_eq!(written["files"].as_array().unwrap().len(), 7);
    assert_eq!(out.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    for (prefix, ip) in [
        ("", "192.0.2.10"),
        ("target-mgmt-", "192.0.2.20"),
        ("target-data-", "192.0.2.20"),
    ] {
        let (cert, key) = (format!("{prefix}cert.pem"), format!("{prefix}privkey.pem"));
        let mode = out.join(&key).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        openssl(
            &out,
            &["verify", "-CAfile", "ca.pem", "-verify_ip", ip, &cert],
        );
        assert_eq!(
            openssl(&out, &["pkey", "-in", &key, "-pubout"]),
            openssl(&out, &["x509", "-in", &cert, "-noout", "-pubkey"])
        );
    }
    // The same again, and without the CA.
    let bare = folder.join("bare");
    let bare_text = bare.to_str().unwrap();
    let id = text(&task["id"]);
    let written = json(env, &["task", "certkey", id, "--no-ca", "--out", bare_text]);
    assert_eq!(written["files"].as_array().unwrap().len(), 6);
    assert!(!bare.join("ca.pem").exists());
    let read = |folder: &Path| fs::read_to_string(folder.join("privkey.pem")).unwrap();
    assert_eq!(read(&bare), read(&out));

    // Everything that an agent reports.
    let body = r#"{"name":"web-2","ip":"192.0.2.11","os_type":"LINUX","os_version":"DEBIAN_12",
        "agent_version":"24.9.0","hostname":"web-2.example.com","networks":[{"mac":"fa:16:3e:00:00:01"}]}"#;
    let made = run_with(
        env,
        &["source", "create", "--from-file", "-", "--json"],
        body,
    );
    assert_eq!((made.status, made.err.as_str()), (0, ""));
    assert!(made.out.contains("web-2.example.com"), "{}", made.out);
    let file = folder.join("task.json");
    let body = format!(
        r#"{{"name":"move-2","type":"MIGRATE_FILE","source_server":{{"id":"{}"}},"target_server":{{}},
        "region_name":"r","region_id":"r","project_name":"p","project_id":"p"}}"#,
        text(&source["id"])
    );
    fs::write(&file, body).unwrap();
    let made = json(
        env,
        &["task", "create", "--from-file", file.to_str().unwrap()],
    );
    assert_eq!(text(&made["type"]), "MIGRATE_FILE");
    let names = |line: &[&str]| {
        let rows = json(env, line);
        let names = rows.as_array().unwrap().iter();
        let mut names: Vec<_> = names.map(|row| text(&row["name"]).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&["source", "list"]), ["web-1", "web-2"]);
    assert_eq!(names(&["source", "list", "--name", "b-2"]), ["web-2"]);
    assert_eq!(names(&["task", "list"]), ["move-1", "move-2"]);
    assert_eq!(names(&["task", "list", "--name", "e-1"]), ["move-1"]);
    let printed = run(env, &["task", "list"]);
    assert!(printed.out.starts_with("NAME "), "{}", printed.out);

    fails(
        env,
        &["source", "delete", "web-1", "--yes"],
        1,
        &["has migration tasks"],
    );
    for task in ["move-1", "move-2"] {
        says(env, &["task", "delete", task, "--yes"], "is deleted");
    }
    says(
        env,
        &["source", "delete", "web-1", "--yes"],
        "web-1 is deleted",
    );
    assert_eq!(names(&["source", "list"]), ["web-2"]);
    let log = server.stop();
    assert!(!log.contains("PRIVATE KEY"));
}

#[test]
fn what_is_refused_makes_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    let broken = folder.join("broken.json");
    fs::write(&broken, "{").unwrap();
    let broken = broken.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["source", "create"], 2, "<NAME>"),
        (&["source", "create", "a b"], 1, "name must have 1 to 64"),
        (&["source", "create", "a", "--ip", "host"], 2, "--ip"),
        (
            &[
                "source",
                "create",
                "a",
                "--ip",
                "192.0.2.1",
                "--ip",
                "192.0.2.2",
            ],
            2,
            "once for IPv4",
        ),
        (&["source", "create", "--from-file", broken], 2, "not JSON"),
        (
            &["source", "create", "--from-file", "nowhere"],
            2,
            "cannot be read",
        ),
        (
            &["source", "create", "a", "--from-file", broken],
            2,
            "cannot be used with",
        ),
        (&["task", "create", "a"], 2, "--source"),
        (
            &["task", "create", "a", "--source", "nobody"],
            1,
            "there is no source server",
        ),
    ];
    for (line, status, says) in cases {
        fails(env, line, status, &[says]);
    }
    assert_eq!(json(env, &["source", "list"]).as_array().unwrap().len(), 0);
    // What is left out is something that the desk takes.
    let source = json(env, &["source", "create", "plain"]);
    assert_eq!(
        (text(&source["ip"]), text(&source["os_type"])),
        ("127.0.0.1", "LINUX")
    );
    let task = json(
        env,
        &["task", "create", "plain", "--source", text(&source["id"])],
    );
    assert_eq!(text(&task["target"]), "plain");
    let theirs = folder.join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("privkey.pem"), "theirs").unwrap();
    let certkey = [
        "task",
        "certkey",
        "plain",
        "--out",
        theirs.to_str().unwrap(),
    ];
    fails(env, &certkey, 2, &["privkey.pem is there already"]);
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 1);
    fails(
        env,
        &["task", "certkey", "nobody", "--out", "x"],
        1,
        &["there is no task"],
    );

    let nobody = nobody(env);
    let id = text(&task["id"]);
    for (line, action) in [
        (&["source", "list"][..], "sms:server:queryServer"),
        (&["source", "create", "b"], "sms:server:registerServer"),
        (&["task", "certkey", id, "--out", "x"], "sms:server:getCert"),
        (
            &["task", "delete", id, "--yes"],
            "sms:server:migrationServer",
        ),
    ] {
        fails(&nobody, line, 1, &[action, "(status 403"]);
    }
    assert!(!Path::new("x").exists());
}
