//! The client commands against a running server, in the environment of `client.env`.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Running, Server, free_port};

pub(crate) type Env = HashMap<String, String>;

/// What a command printed and how it ended.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs a command line in an environment and nothing else.
pub(crate) fn run_with(env: &Env, line: &[&str], stdin: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(line)
        .env_clear()
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have ended before.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap().into()
}

pub(crate) fn run(env: &Env, line: &[&str]) -> Ran {
    run_with(env, line, "")
}

/// What a command shows programs.
#[track_caller]
pub(crate) fn json(env: &Env, line: &[&str]) -> Value {
    let ran = run(env, &[line, &["--json"]].concat());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{line:?}");
    serde_json::from_str(&ran.out).unwrap()
}

/// What a command says people.
#[track_caller]
pub(crate) fn says(env: &Env, line: &[&str], expected: &str) {
    let ran = run(env, line);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{line:?}");
    assert!(ran.out.contains(expected), "{line:?}: {}", ran.out);
}

/// A command that fails with this status and text, and prints nothing else.
#[track_caller]
pub(crate) fn fails(env: &Env, line: &[&str], status: i32, expected: &[&str]) {
    let ran = run(env, line);
    assert_eq!(
        (ran.status, ran.out.as_str()),
        (status, ""),
        "{line:?}: {}",
        ran.err
    );
    for part in expected {
        assert!(ran.err.contains(part), "{line:?}: {}", ran.err);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The environment of somebody else: their key, the same desk.
pub(crate) fn as_key(env: &Env, key: &Value) -> Env {
    let mut env = env.clone();
    env.insert("CLOUD_SDK_AK".to_owned(), text(&key["access"]).to_owned());
    env.insert("CLOUD_SDK_SK".to_owned(), text(&key["secret"]).to_owned());
    env
}

/// The environment of a user who has no permission at all.
pub(crate) fn nobody(env: &Env) -> Env {
    json(env, &["user", "create", "nobody", "--no-password"]);
    as_key(env, &json(env, &["key", "create", "--user", "nobody"]))
}

#[test]
fn a_team_from_nothing_to_its_first_call() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    let made = json(env, &["user", "create", "alice", "--description", "团队 a"]);
    let (id, password) = (text(&made["id"]), text(&made["password"]));
    assert_eq!(password.len(), 24);
    json(env, &["group", "create", "team-a"]);
    says(
        env,
        &["group", "add-user", "team-a", "alice"],
        "alice is in team-a",
    );
    assert_eq!(json(env, &["group", "users", "team-a"])[0]["id"], id);
    assert_eq!(json(env, &["user", "groups", id])[0]["name"], "team-a");

    let key = json(env, &["key", "create", "--user", "alice"]);
    let alice = as_key(env, &key);
    let denied = ["IAM.0003: ", "iam:users:listUsers", "(status 403, request "];
    fails(&alice, &["user", "list"], 1, &denied);

    let file = folder.path().join("policy.json");
    std::fs::write(
        &file,
        r#"{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["iam:users:listUsers"]}]}"#,
    )
    .unwrap();
    let file = file.display().to_string();
    let policy = json(env, &["policy", "create", "sees users", "--file", &file]);
    assert_eq!(policy["name"], "sees users");
    let attach = ["policy", "attach", "sees users", "--group", "team-a"];
    says(env, &attach, "team-a has sees users");
    assert_eq!(
        json(env, &["group", "policies", "team-a"])[0]["id"],
        policy["id"]
    );
    let listed = run(&alice, &["user", "list"]);
    assert_eq!(listed.status, 0, "{}", listed.err);
    let lines: Vec<_> = listed.out.lines().collect();
    assert!(
        lines[0].starts_with("NAME ") && lines[0].ends_with("  ID"),
        "{}",
        listed.out
    );
    let line = lines.iter().find(|line| line.contains("alice")).unwrap();
    assert!(
        line.ends_with(id) && line.contains("yes") && line.contains("团队 a"),
        "{line}"
    );
    fails(&alice, &["policy", "list"], 1, &["IAM.0003: "]);

    // What was given is taken again: the policy, the key, the user.
    let detach = ["policy", "detach", "sees users", "--group", "team-a"];
    says(env, &detach, "team-a does not have sees users");
    fails(&alice, &["user", "list"], 1, &["IAM.0003: "]);
    let access = text(&key["access"]);
    let ran = run(env, &["key", "show", access]);
    assert!(
        ran.out.contains(access) && !ran.out.contains(text(&key["secret"])),
        "{}",
        ran.out
    );
    says(env, &["key", "disable", access], "is disabled");
    fails(&alice, &["user", "list"], 1, &["status 401"]);
    says(env, &["key", "enable", access], "is enabled");
    says(env, &["user", "disable", "alice"], "alice is disabled");
    fails(&alice, &["user", "list"], 1, &["status 401"]);
    says(env, &["user", "enable", "alice"], "alice is enabled");
    assert_eq!(
        json(env, &["key", "list", "--user", "alice"])[0]["access"],
        access
    );
    let line = ["key", "delete", access];
    fails(env, &line, 2, &["There is nobody to ask: give --yes"]);
    says(env, &["key", "delete", access, "--yes"], "is deleted");
    says(
        env,
        &["group", "remove-user", "team-a", "alice"],
        "alice is not in team-a",
    );
    for (kind, name) in [
        ("policy", "sees users"),
        ("group", "team-a"),
        ("user", "alice"),
    ] {
        let line = [kind, "delete", name];
        fails(env, &line, 2, &["Delete the ", name, "give --yes"]);
        says(env, &[&line[..], &["--yes"]].concat(), "is deleted");
    }
    fails(env, &["user", "show", "alice"], 1, &["there is no user"]);

    let log = server.stop();
    for secret in [password, text(&key["secret"])] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
}

#[test]
fn what_a_policy_names_and_nobody_has_goes_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    let path = folder.path().join("policy.json");
    let file = path.display().to_string();
    let write = |action: &str| {
        let text = format!(
            r#"{{"Version":"1.1","Statement":[{{"Effect":"Allow","Action":["{action}"],
                "Resource":["pca:*:*:ca:CA_ID"]}}]}}"#
        );
        std::fs::write(&path, text).unwrap();
    };
    let resource = "chancery: warning: Resource pca:*:*:ca:CA_ID is nothing that the account has\n";
    write("pca:ca:gett");
    let ran = run(env, &["policy", "create", "p", "--file", &file, "--json"]);
    let action = "chancery: warning: Action pca:ca:gett is no action of this desk\n";
    assert_eq!(
        (ran.status, ran.err),
        (0, [action, resource].concat()),
        "{}",
        ran.out
    );
    let made: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(made["name"], "p");
    write("pca:ca:get");
    let ran = run(env, &["policy", "update", "p", "--file", &file]);
    assert_eq!((ran.status, ran.err.as_str()), (0, resource));
    assert!(ran.out.contains("pca:ca:get"), "{}", ran.out);
}

#[test]
fn passwords_come_from_standard_input_and_open() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", folder.path(), &[]);
    let env = &server.env;
    let login = |password: &str| {
        let body = format!(
            r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"bob",
                "password":"{password}","domain":{{"name":"chancery"}}}}}}}}}}}}"#
        );
        server.curl(&["-d", &body], "/v3/auth/tokens").0
    };
    let line = ["user", "create", "bob", "--password-stdin"];
    let ran = run_with(env, &line, "Correct-horse-7\n");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(!ran.out.contains("Correct-horse"), "{}", ran.out);
    assert_eq!(login("Correct-horse-7"), 201);
    let ran = run_with(
        env,
        &["user", "set-password", "bob", "--password-stdin"],
        "Battery-8-x\r\n",
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!((login("Correct-horse-7"), login("Battery-8-x")), (401, 201));
    let made = json(env, &["user", "set-password", "bob"]);
    assert_eq!(login(text(&made["password"])), 201);
    fails(env, &line, 2, &["standard input has no password"]);
}

#[test]
fn projects_and_enterprise_projects() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    let project = json(env, &["project", "create", "cn-north-4_team-a"]);
    says(env, &["project", "list"], text(&project["id"]));
    assert_eq!(
        json(env, &["project", "show", "cn-north-4_team-a"])["id"],
        project["id"]
    );
    fails(
        env,
        &["project", "create", "nowhere_x"],
        1,
        &["there is no project"],
    );

    let line = ["enterprise-project", "create", "team-a", "--type", "poc"];
    let made = json(env, &line);
    let id = text(&made["id"]);
    assert_eq!(
        (&made["name"], &made["type"]),
        (&"team-a".into(), &"poc".into())
    );
    let names = || {
        let rows = json(env, &["enterprise-project", "list"]);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| text(&row["name"]).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(), ["default", "team-a"]);
    let line = ["enterprise-project", "update", "team-a", "--name", "team-b"];
    assert_eq!(json(env, &line)["id"], id);
    assert_eq!(names(), ["default", "team-b"]);
    says(
        env,
        &["enterprise-project", "disable", "team-b"],
        "team-b is disabled",
    );
    assert_eq!(
        json(env, &["enterprise-project", "show", id])["enabled"],
        false
    );
    fails(env, &line, 1, &["there is no enterprise project"]);
    let line = ["enterprise-project", "update", id, "--name", "team-c"];
    fails(env, &line, 1, &["EPS.0014: ", "(status 400, request "]);
    says(
        env,
        &["enterprise-project", "enable", id],
        "team-b is enabled",
    );
    fails(
        env,
        &["enterprise-project", "create", "team-b"],
        1,
        &["EPS.0010: ", "status 409"],
    );

    // A policy at a place.
    json(env, &["group", "create", "team"]);
    for place in [
        ["--enterprise-project", "team-b"],
        ["--project", "cn-north-4"],
    ] {
        let line = ["policy", "attach", "PCA FullAccess", "--group", "team"];
        says(
            env,
            &[&line[..], &place].concat(),
            "team has PCA FullAccess",
        );
        let rows = json(env, &[&["group", "policies", "team"][..], &place].concat());
        assert_eq!(rows[0]["name"], "PCA FullAccess");
    }
    assert_eq!(
        json(env, &["group", "policies", "team"]),
        Value::Array(Vec::new())
    );
}

#[test]
fn accounts() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", folder.path(), &[]);
    let env = &server.env;
    let ran = run(env, &["account", "create", "team-a"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let field = |name: &str| {
        let line = ran.out.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    let (access, secret) = (
        field("credential access"),
        field("Secret access key (shown"),
    );
    assert_eq!((access.len(), secret.len()), (20, 40));
    let password = field("Password of the administrator (shown");
    assert_eq!(password.len(), 24);
    // They stand apart, and last.
    let (_, last) = ran.out.split_once("\n\n").unwrap();
    assert!(last.contains(&password) && last.contains(&secret), "{last}");
    let key = serde_json::json!({ "access": access, "secret": secret });
    let other = as_key(env, &key);
    // An account sees itself only, and manages no others.
    assert_eq!(json(&other, &["user", "list"]).as_array().unwrap().len(), 1);
    fails(
        &other,
        &["account", "list"],
        1,
        &["CHANCERY.0403: ", "first account"],
    );
    says(env, &["account", "list"], "team-a");
    assert_eq!(json(env, &["account", "show", "team-a"])["enabled"], true);
    says(env, &["account", "disable", "team-a"], "team-a is disabled");
    fails(&other, &["user", "list"], 1, &["status 401"]);
    says(env, &["account", "enable", "team-a"], "team-a is enabled");
    json(&other, &["user", "list"]);
    fails(
        env,
        &["account", "disable", "chancery"],
        1,
        &["CHANCERY.0409: "],
    );
    fails(
        env,
        &["account", "create", "team-a"],
        1,
        &["CHANCERY.0409: "],
    );
    let log = server.stop();
    for secret in [secret, password] {
        assert!(!log.contains(&secret), "a secret is in the log");
    }
}

/// A file with the certificate of a CA that is nobody's.
fn other_root(folder: &Path) -> String {
    let file = folder.join("other.pem");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=other",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
        ])
        .arg(folder.join("other.key"))
        .arg("-out")
        .arg(&file)
        .output()
        .unwrap();
    assert!(made.status.success());
    file.display().to_string()
}

/// A TLS server with this certificate and key, and its port, when it listens.
fn tls_server(certificate: &str, key: &str) -> (Running, u16) {
    let port = free_port();
    let child = Command::new("openssl")
        .args([
            "s_server",
            "-quiet",
            "-accept",
            &format!("127.0.0.1:{port}"),
        ])
        .args(["-cert", certificate, "-key", key])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let running = Running(child.unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            Instant::now() < deadline,
            "openssl s_server does not listen"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    (running, port)
}

/// A full disk in the place of standard output: what was done is not said to have failed.
#[test]
fn what_cannot_be_shown_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    let output = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["group", "create", "made"])
        .env_clear()
        .envs(env)
        .stdout(
            std::fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .unwrap(),
        )
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("done, but it cannot be shown: No space left"),
        "{said}"
    );
    assert_eq!(json(env, &["group", "show", "made"])["name"], "made");
}

/// Files of Windows, and standard input.
#[test]
fn policies_are_read_from_any_editor_and_from_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    let document = r#"{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["pca:ca:list"]}]}"#;
    let file = folder.path().join("policy.json");
    std::fs::write(&file, format!("\u{feff}{document}")).unwrap();
    json(
        env,
        &[
            "policy",
            "create",
            "marked",
            "--file",
            file.to_str().unwrap(),
        ],
    );
    let piped = run_with(env, &["policy", "create", "piped", "--file", "-"], document);
    assert_eq!((piped.status, piped.err.as_str()), (0, ""));
    // With and without what the API wraps it in.
    for (name, wrapped) in [
        ("once", format!("{{\"policy\":{document}}}")),
        (
            "twice",
            format!("{{\"role\":{{\"display_name\":\"x\",\"policy\":{document}}}}}"),
        ),
    ] {
        let ran = run_with(
            env,
            &["policy", "create", name, "--file", "-", "--json"],
            &wrapped,
        );
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        let made: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(made["policy"]["Statement"][0]["Action"][0], "pca:ca:list");
    }
    let utf16: Vec<u8> = format!("\u{feff}{document}")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(&file, utf16).unwrap();
    let line = ["policy", "create", "wide", "--file", file.to_str().unwrap()];
    fails(env, &line, 2, &["is in UTF-16; save it as UTF-8"]);
}

#[test]
fn refusals() {
    let folder = tempfile::tempdir().unwrap();
    let plain = format!("127.0.0.1:{}", free_port());
    let server = Server::start("serve", folder.path(), &["--listen-http", &plain]);
    let env = server.env.clone();
    let changed = |name: &str, value: &str| {
        let mut env = env.clone();
        env.insert(name.to_owned(), value.to_owned());
        env
    };
    let list = ["user", "list"];
    // Keys.
    let wrong = changed("CLOUD_SDK_SK", "0123456789012345678901234567890123456789");
    fails(&wrong, &list, 1, &["status 401, request "]);
    fails(
        &changed("CLOUD_SDK_AK", "NOBODY"),
        &list,
        1,
        &["status 401, request "],
    );
    fails(
        &env,
        &["user", "show", "nobody"],
        1,
        &["there is no user with the id or name"],
    );
    fails(
        &env,
        &["key", "show", "../x?y"],
        1,
        &["status 404, request "],
    );

    // The environment and the command line.
    for name in ["CHANCERY_ENDPOINT", "CLOUD_SDK_AK", "CLOUD_SDK_SK"] {
        let mut less = env.clone();
        less.retain(|known, _| known != name && !known.starts_with("HUAWEICLOUD_SDK"));
        fails(&less, &list, 2, &[name, "is not set"]);
    }
    fails(
        &changed("CHANCERY_ENDPOINT", "http://desk.example"),
        &list,
        2,
        &["https://"],
    );
    fails(
        &changed("SSL_CERT_FILE", "/nowhere.pem"),
        &list,
        2,
        &["SSL_CERT_FILE", "/nowhere.pem"],
    );
    // What is wrong with the connection, and what helps.
    let address = env["CHANCERY_ENDPOINT"]
        .strip_prefix("https://")
        .unwrap()
        .to_owned();
    let nobody = free_port();
    for (name, value, says) in [
        (
            "SSL_CERT_FILE",
            other_root(folder.path()),
            "give --ca-file, or set SSL_CERT_FILE",
        ),
        (
            "CHANCERY_ENDPOINT",
            format!("http://{address}"),
            "lack its https://",
        ),
        (
            "CHANCERY_ENDPOINT",
            format!("https://{plain}"),
            "this port speaks plain HTTP",
        ),
        (
            "CHANCERY_ENDPOINT",
            format!("https://127.0.0.1:{nobody}"),
            "nothing listens there",
        ),
    ] {
        fails(
            &changed(name, &value),
            &list,
            1,
            &["the desk does not answer: ", says],
        );
    }
    fails(&env, &["user", "create"], 2, &["<NAME>"]);
    fails(&env, &["user", "fly"], 2, &["unrecognized subcommand"]);
    let file = folder.path().join("policy.json");
    let name = file.display().to_string();
    let create = ["policy", "create", "p", "--file", &name];
    fails(&env, &create, 2, &[&name]);
    std::fs::write(&file, "{").unwrap();
    fails(&env, &create, 2, &["not JSON"]);
    std::fs::write(&file, "{}").unwrap();
    fails(&env, &create, 1, &["IAM.", "status 400"]);
    std::fs::write(&file, r#"{"Version":"1.1","Version":"5.0"}"#).unwrap();
    fails(&env, &create, 2, &[&name, "Version is there twice"]);

    // Trust: a desk whose certificate is not known is not told anything.
    let system = changed("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt");
    if std::path::Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        fails(&system, &list, 1, &["does not answer", "certificate"]);
    }

    // A server with a CA's certificate, as people make them for themselves.
    let root = other_root(folder.path());
    let (_running, port) = tls_server(&root, &root.replace(".pem", ".key"));
    let mut to_it = changed("CHANCERY_ENDPOINT", &format!("https://127.0.0.1:{port}"));
    to_it.insert("SSL_CERT_FILE".to_owned(), root);
    fails(
        &to_it,
        &list,
        1,
        &["its certificate is a CA's, which no server may have"],
    );

    // No permission where it was asked, and perhaps elsewhere.
    json(&env, &["user", "create", "carol", "--no-password"]);
    let carol = as_key(&env, &json(&env, &["key", "create", "--user", "carol"]));
    let denied = [
        "pca:ca:create",
        "asked in the enterprise project default; --enterprise-project",
    ];
    fails(&carol, &["ca", "create", "x"], 1, &denied);

    // No server.
    drop(server);
    fails(&env, &list, 1, &["the desk does not answer: 127.0.0.1:"]);
}
