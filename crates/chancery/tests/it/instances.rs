//! `chancery instance`: from nothing to what a Redis or MongoDB server loads, and what its clients trust.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::certificates::{openssl, text};
use crate::commands::{Env, fails, json, nobody, run, says};
use crate::support::{Server, free_port, mode};

/// An environment that names no project.
fn without_project(env: &Env) -> Env {
    let mut env = env.clone();
    for name in ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"] {
        env.remove(name).unwrap();
    }
    env
}

#[test]
fn redis_from_nothing_to_its_servers_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    let tls = folder.join("tls");
    let made = run(
        env,
        &[
            "instance",
            "create",
            "cache",
            "--redis",
            "--host",
            "redis.example.com",
            "--host",
            "10.0.0.7",
            "--out",
            tls.to_str().unwrap(),
        ],
    );
    assert_eq!((made.status, made.err.as_str()), (0, ""));
    assert_eq!(mode(&tls), 0o700);
    assert_eq!(mode(&tls.join("server.key")), 0o600);
    assert_eq!(mode(&tls.join("server.crt")), 0o644);
    for line in [
        "tls-port 6379".to_owned(),
        format!("tls-cert-file \"{}/server.crt\"", tls.display()),
        format!("tls-key-file \"{}/server.key\"", tls.display()),
    ] {
        assert!(
            made.out.lines().any(|one| one == line),
            "{line}: {}",
            made.out
        );
    }
    for host in [
        "-verify_hostname",
        "redis.example.com",
        "-verify_ip",
        "10.0.0.7",
    ]
    .chunks(2)
    {
        openssl(
            &tls,
            &[&["verify", "-CAfile", "ca.crt"], host, &["server.crt"]].concat(),
        );
    }
    assert_eq!(
        openssl(&tls, &["pkey", "-in", "server.key", "-pubout"]),
        openssl(&tls, &["x509", "-in", "server.crt", "-noout", "-pubkey"])
    );

    // What clients trust is the same CA, by name or id, in a file or not.
    let ca = run(env, &["instance", "ca", "cache"]);
    assert_eq!(ca.out, fs::read_to_string(tls.join("ca.crt")).unwrap());
    let file = folder.join("ca.pem");
    let to_file = ["instance", "ca", "cache", "--out", file.to_str().unwrap()];
    says(env, &to_file, "is written");
    assert_eq!(fs::read_to_string(&file).unwrap(), ca.out);
    fails(env, &to_file, 2, &["is there already"]);

    let shown = json(env, &["instance", "show", "cache"]);
    assert_eq!(shown["ssl"], true);
    assert_eq!(text(&shown["engine"]), "Redis");
    let id = text(&shown["id"]);
    says(env, &["instance", "ssl", "disable", id], "has no TLS");
    assert_eq!(json(env, &["instance", "show", id])["ssl"], false);
    says(
        env,
        &["instance", "ssl", "enable", "cache"],
        "cache has TLS",
    );
    // Again into the same folder, with another certificate.
    let before = fs::read_to_string(tls.join("server.crt")).unwrap();
    let bundle = [
        "instance",
        "bundle",
        id,
        "--host",
        "b.example.com",
        "--out",
        tls.to_str().unwrap(),
    ];
    json(env, &bundle);
    assert_ne!(fs::read_to_string(tls.join("server.crt")).unwrap(), before);
    says(
        env,
        &["instance", "delete", "cache", "--yes"],
        "cache is deleted",
    );
    fails(
        env,
        &["instance", "show", "cache"],
        1,
        &["there is no instance"],
    );
    fails(
        env,
        &["instance", "show", id],
        1,
        &["DCS.3022: ", "(status 404"],
    );
    let log = server.stop();
    assert!(!log.contains("PRIVATE KEY"));
}

/// Ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_redis_server_starts_with_what_is_written_and_its_clients_trust_it() {
    for program in ["redis-server", "redis-cli"] {
        if !Path::new("/usr/bin").join(program).is_file() {
            let complete = std::env::var("CI").as_deref() == Ok("true");
            assert!(!complete, "a server with its bundle: needs {program}");
            eprintln!("SKIPPED: a server with its bundle needs {program}");
            return;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    let port = free_port().to_string();
    let tls = folder.join("a place");
    let create = ["instance", "create", "cache", "--redis", "--port", &port];
    let place = [
        "--host",
        "localhost",
        "--host",
        "127.0.0.1",
        "--out",
        tls.to_str().unwrap(),
    ];
    let written = json(env, &[&create[..], &place].concat());
    let settings: Vec<_> = written["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let own = format!(
        "bind 127.0.0.1\nsave \"\"\ndir {}\n{}\n",
        folder.display(),
        settings.join("\n")
    );
    fs::write(folder.join("redis.conf"), own).unwrap();
    let ca = folder.join("ca.pem");
    json(
        env,
        &["instance", "ca", "cache", "--out", ca.to_str().unwrap()],
    );
    let redis = Command::new("/usr/bin/redis-server")
        .arg(folder.join("redis.conf"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let _redis = Running(redis.unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    let ping = || {
        let output = Command::new("/usr/bin/redis-cli")
            .args(["-h", "127.0.0.1", "-p", &port, "--tls", "--cacert"])
            .arg(&ca)
            .arg("ping")
            .output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    };
    while ping() != "PONG\n" {
        assert!(Instant::now() < deadline, "it does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    for host in [
        ["-verify_hostname", "localhost"],
        ["-verify_ip", "127.0.0.1"],
    ] {
        let at = format!("127.0.0.1:{port}");
        let line = [
            "s_client",
            "-connect",
            &at,
            "-CAfile",
            "ca.pem",
            "-verify_return_error",
        ];
        let said = openssl(folder, &[&line[..], &host].concat());
        assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    }
}

#[test]
fn mongodb_in_both_families_and_without_a_project_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let national = ["--dds-categories", "international,national"];
    let server = Server::start("serve", &folder.join("data"), &national);
    let env = &without_project(&server.env);
    let made = json(
        env,
        &[
            "instance",
            "create",
            "--mongodb",
            "--no-ssl",
            "--capacity",
            "20",
        ],
    );
    assert!(text(&made["name"]).starts_with("mongodb-"));
    assert_eq!(made["ssl"], false);
    let id = text(&made["id"]);
    // What is to be done next stands there, and does it.
    let tls = folder.join("tls");
    let next = text(&made["next"]).replace("HOST", "db.example.com");
    let next = next.replace("DIR", tls.to_str().unwrap());
    let next: Vec<_> = next.split(' ').skip(1).collect();
    let written = json(env, &next);
    assert_eq!(written["files"].as_array().unwrap().len(), 9);
    for name in ["server.key", "server.pem", "signCert.key", "encCert.key"] {
        assert_eq!(mode(&tls.join(name)), 0o600, "{name}");
    }
    let settings: Vec<_> = written["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    let line = format!("    certificateKeyFile: \"{}/server.pem\"", tls.display());
    assert!(settings.contains(&line.as_str()), "{settings:?}");
    let verify = [
        "verify",
        "-CAfile",
        "ca.crt",
        "-verify_hostname",
        "db.example.com",
        "server.pem",
    ];
    openssl(&tls, &verify);
    for (more, file) in [
        (&[][..], "ca.crt"),
        (&["--category", "international"], "ca.crt"),
        (&["--category", "national"], "ca-national.crt"),
    ] {
        let ca = run(env, &[&["instance", "ca", id], more].concat());
        assert_eq!(
            ca.out,
            fs::read_to_string(tls.join(file)).unwrap(),
            "{}",
            ca.err
        );
    }
    says(env, &["instance", "ssl", "enable", id], "has TLS");
    assert_eq!(json(env, &["instance", "show", id])["ssl"], true);

    // A replica set, in a project below the region's.
    json(env, &["project", "create", "cn-north-4_team-a"]);
    let below = ["--project", "cn-north-4_team-a"];
    let create = [
        "instance",
        "create",
        "replicas",
        "--mongodb",
        "--flavor",
        "dds.mongodb.s6.large.4.repset",
        "--zone",
        "a",
        "--zone",
        "b",
        "--zone",
        "c",
        "--port",
        "27018",
        "--engine-version",
        "5.0",
    ];
    let made = json(env, &[&create[..], &below].concat());
    assert_eq!(text(&made["mode"]), "ReplicaSet");
    assert!(text(&made["address"]).ends_with(":27018"), "{made}");
    json(
        env,
        &[
            "instance",
            "create",
            "small",
            "--redis",
            "--flavor",
            "redis.single.xu1.tiny.128",
        ],
    );
    let names = |line: &[&str]| {
        let rows = json(env, line);
        let names = rows.as_array().unwrap().iter();
        names
            .map(|row| text(&row["name"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&[&["instance", "list"], &below[..]].concat()),
        ["replicas"]
    );
    assert_eq!(names(&["instance", "list", "--redis"]), ["small"]);
    assert_eq!(names(&["instance", "list"]).len(), 2);
    fails(
        env,
        &["instance", "show", "replicas"],
        1,
        &["there is no instance"],
    );
    says(env, &["instance", "delete", id, "--yes"], "is deleted");
    assert_eq!(names(&["instance", "list", "--mongodb"]), [""; 0]);
    fails(env, &["instance", "show", id], 1, &["there is no instance"]);
}

#[test]
fn who_may_use_redis_alone_sees_no_project_and_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    let user = nobody(env);
    let policy = folder.join("policy.json");
    let allowed = r#"{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["dcs:*:*"]},
        {"Effect":"Deny","Action":["iam:projects:listForUser"]}]}"#;
    fs::write(&policy, allowed).unwrap();
    let policy = policy.to_str().unwrap();
    json(env, &["policy", "create", "redis", "--file", policy]);
    json(env, &["group", "create", "redis"]);
    json(env, &["group", "add-user", "redis", "nobody"]);
    json(env, &["policy", "attach", "redis", "--group", "redis"]);

    json(&user, &["instance", "create", "cache", "--redis"]);
    assert_eq!(json(&user, &["instance", "show", "cache"])["name"], "cache");
    let listed = json(&user, &["instance", "list", "--redis"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let pem = run(&user, &["instance", "ca", "cache"]);
    assert!(
        pem.out.starts_with("-----BEGIN CERTIFICATE-----\n"),
        "{}",
        pem.err
    );
    // What they may not see is not left out in silence.
    for line in [&["instance", "list"][..], &["instance", "show", "other"]] {
        fails(&user, line, 1, &["dds:instance:list", "(status 403"]);
    }
    let asked = ["IAM.0003: ", "iam:projects:listForUser"];
    fails(&without_project(&user), &["instance", "list"], 1, &asked);
    says(
        &user,
        &["instance", "delete", "cache", "--yes"],
        "is deleted",
    );
}

#[test]
fn what_is_refused_makes_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    let theirs = folder.join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::write(theirs.join("server.key"), "theirs").unwrap();
    let place = theirs.to_str().unwrap();
    let create = ["instance", "create", "cache", "--redis"];
    let cases: [(&[&str], i32, &str); 9] = [
        (
            &["--host", "a.b", "--out", place],
            2,
            "server.key is there already",
        ),
        (&["--out", place], 2, "--host"),
        (&["--owner", "root"], 2, "--out"),
        (
            &["--host", "a.b", "--out", "x", "--owner", "no-such-user"],
            2,
            "there is no user \"no-such-user\"",
        ),
        (&["--mongodb"], 2, "cannot be used with"),
        (&["--flavor", "redis.huge"], 1, "spec_code must be"),
        (&["--capacity", "3"], 1, "capacity must be 1"),
        (
            &["--project", "nowhere"],
            1,
            "there is no project with the id or name \"nowhere\"",
        ),
        (
            &["--enterprise-project", "nowhere"],
            1,
            "there is no enterprise project",
        ),
    ];
    for (more, status, says) in cases {
        fails(env, &[&create, more].concat(), status, &[says]);
    }
    fails(env, &["instance", "create", "cache"], 2, &["--redis"]);
    let cluster = [
        "instance",
        "create",
        "--mongodb",
        "--flavor",
        "dds.mongodb.s6.large.4.shard",
    ];
    fails(env, &cluster, 2, &["must end in .single or .repset"]);
    assert_eq!(
        json(env, &["instance", "list"]).as_array().unwrap().len(),
        0
    );
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 1);

    let made = json(env, &create);
    let id = text(&made["id"]);
    let wrong = ["instance", "bundle", id, "--host", "a_b", "--out", "x"];
    fails(env, &wrong, 1, &["host must be a host name"]);
    let wrong = [
        "instance", "create", "again", "--redis", "--host", "a_b", "--out", "x",
    ];
    fails(
        env,
        &wrong,
        1,
        &["host must be a host name", "is made, but not"],
    );
    let owner = [
        "instance",
        "bundle",
        id,
        "--host",
        "a.b",
        "--out",
        "x",
        "--owner",
        "no-such-user",
    ];
    fails(env, &owner, 2, &["there is no user"]);
    let wrong = ["instance", "bundle", "cache", "--out", "x"];
    fails(env, &wrong, 2, &["--host"]);
    fails(
        env,
        &["instance", "ca", id, "--category", "national"],
        2,
        &["international CA only"],
    );
    let mongodb = json(env, &["instance", "create", "--mongodb"]);
    let national = [
        "instance",
        "ca",
        text(&mongodb["id"]),
        "--category",
        "national",
    ];
    fails(env, &national, 1, &["has no national CA"]);
    assert!(!Path::new("x").exists());

    let nobody = nobody(env);
    for (line, action) in [
        (&["instance", "list"][..], "dcs:instance:list"),
        (&["instance", "show", "cache"], ":instance:list"),
        (&["instance", "ca", id], "dcs:ssl:get"),
        (
            &["instance", "bundle", id, "--host", "a.b", "--out", "x"],
            "chancery:instance:getServerBundle",
        ),
        (&create, "dcs:instance:create"),
    ] {
        fails(&nobody, line, 1, &[action, "(status 403"]);
    }
    assert!(!Path::new("x").exists());
}
