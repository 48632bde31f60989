//! `chancery login`, `logout`, `context` and `token`, and what they leave in the home of whoever calls.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::commands::{Env, fails, json, run, run_with, says};
use crate::support::{Server, free_port, mode};

/// Somebody with a home and nothing of a desk in their environment.
struct Person {
    home: tempfile::TempDir,
    env: Env,
}

impl Person {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().display().to_string();
        let env = Env::from([
            ("HOME".to_owned(), path),
            ("TZ".to_owned(), "UTC".to_owned()),
        ]);
        Self { home, env }
    }

    fn file(&self) -> PathBuf {
        self.home.path().join(".config/chancery/contexts.json")
    }

    /// Logs in with a password on standard input.
    #[track_caller]
    fn log_in(&self, line: &[&str], password: &str) -> (i32, String) {
        let whole = [&["login"], line, &["--password-stdin"]].concat();
        let ran = run_with(&self.env, &whole, &format!("{password}\n"));
        (ran.status, ran.out + &ran.err)
    }
}

fn authority(data: &Path) -> String {
    data.join("ca.pem").display().to_string()
}

#[test]
fn a_login_serves_the_commands_that_follow() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start("serve", &data, &[]);
    let (url, ca) = (server.env["CHANCERY_ENDPOINT"].clone(), authority(&data));
    let password = &server.env["CHANCERY_PASSWORD"];
    let person = Person::new();
    let env = &person.env;
    fails(
        env,
        &["ca", "list"],
        2,
        &["nobody is logged in: chancery login"],
    );
    fails(env, &["login"], 2, &["which desk?"]);
    fails(env, &["login", &url, "--ca-file", &ca], 2, &["who?"]);

    let by = [
        url.as_str(),
        "--user",
        "administrator",
        "--ca-file",
        &ca,
        "--context",
        "home",
    ];
    let (status, said) = person.log_in(&by, "wrong");
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("status 401"), "{said}");
    assert!(!person.file().exists());
    let (status, said) = person.log_in(&by, password);
    assert_eq!(status, 0, "{said}");
    assert!(!said.contains(password.as_str()), "{said}");
    assert_eq!(mode(&person.file()), 0o600);
    let kept = fs::read_to_string(person.file()).unwrap();
    assert!(!kept.contains(password.as_str()), "the password is kept");

    // The commands that follow, from any folder, and a token for curl.
    says(env, &["user", "list"], "administrator");
    let token = run(env, &["token"]);
    assert_eq!((token.status, token.err.as_str()), (0, ""));
    let header = format!("X-Auth-Token: {}", token.out.trim());
    assert_eq!(server.curl(&["-H", &header], "/v3/users").0, 200);

    // A second login beside it, by access key.
    let key = json(env, &["key", "create", "--user", "administrator"]);
    let access = key["access"].as_str().unwrap();
    let line = [
        "login",
        &url,
        "--access-key",
        access,
        "--secret-stdin",
        "--context",
        "key",
        "--ca-file",
        &ca,
    ];
    let wrong = run_with(env, &line, "0123456789012345678901234567890123456789\n");
    assert_eq!((wrong.status, wrong.out.as_str()), (1, ""), "{}", wrong.err);
    let ran = run_with(env, &line, key["secret"].as_str().unwrap());
    assert_eq!(ran.status, 0, "{}", ran.err);
    let listed = json(env, &["context", "list"]);
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["name"])
        .collect();
    assert_eq!(names, ["home", "key"]);
    assert_eq!(listed[1]["in_use"], true);
    says(env, &["user", "list"], "administrator");
    let token_by_key = run(env, &["token"]).out;
    let header = format!("X-Auth-Token: {}", token_by_key.trim());
    assert_eq!(server.curl(&["-H", &header], "/v3/users").0, 200);

    // The one that is named wins over the environment, and what is not there over nothing.
    let mut elsewhere = env.clone();
    for (name, value) in [
        ("CHANCERY_ENDPOINT", "https://127.0.0.1:1"),
        ("CLOUD_SDK_AK", "A"),
        ("CLOUD_SDK_SK", "S"),
    ] {
        elsewhere.insert(name.to_owned(), value.to_owned());
    }
    fails(
        &elsewhere,
        &["user", "list"],
        1,
        &["nothing listens there", "CHANCERY_ENDPOINT"],
    );
    says(
        &elsewhere,
        &["user", "list", "--context", "home"],
        "administrator",
    );
    elsewhere.insert("CHANCERY_CONTEXT".to_owned(), "home".to_owned());
    says(&elsewhere, &["user", "list"], "administrator");
    fails(
        env,
        &["user", "list", "--context", "nowhere"],
        2,
        &["there is no context \"nowhere\""],
    );
    fails(
        env,
        &[
            "user",
            "list",
            "--endpoint",
            &format!("https://127.0.0.1:{}", free_port()),
        ],
        1,
        &["nothing listens there", "--endpoint"],
    );

    // A token that holds no more, and a login that is forgotten.
    says(env, &["context", "use", "home"], "home is in use");
    let header = format!("X-Auth-Token: {}", token.out.trim());
    says(env, &["logout"], "home is forgotten");
    assert_eq!(server.curl(&["-H", &header], "/v3/users").0, 401);
    fails(env, &["user", "list"], 2, &["nobody is logged in"]);
    says(env, &["context", "use", "key"], "key is in use");
    says(env, &["user", "list"], "administrator");
    says(env, &["context", "delete", "key"], "key is forgotten");
    fails(env, &["context", "use", "key"], 2, &["there is no context"]);

    // What others may read is not used.
    fs::set_permissions(person.file(), fs::Permissions::from_mode(0o644)).unwrap();
    fails(
        env,
        &["context", "list"],
        2,
        &["others may read it: chmod 600"],
    );
}

#[test]
fn a_login_that_holds_no_more_says_how_to_log_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start("serve", &data, &[]);
    let (url, ca) = (server.env["CHANCERY_ENDPOINT"].clone(), authority(&data));
    let password = &server.env["CHANCERY_PASSWORD"];
    let person = Person::new();
    let by = [
        url.as_str(),
        "--user",
        "administrator",
        "--ca-file",
        &ca,
        "--context",
        "home",
    ];
    assert_eq!(person.log_in(&by, password).0, 0);
    // Its time is over.
    let kept = fs::read_to_string(person.file()).unwrap();
    let mut contexts: serde_json::Value = serde_json::from_str(&kept).unwrap();
    contexts["contexts"]["home"]["login"]["token"]["expires_at"] = "2020-01-01T00:00:00Z".into();
    fs::write(person.file(), contexts.to_string()).unwrap();
    let again = "chancery login --context home";
    fails(&person.env, &["user", "list"], 2, &["has expired", again]);
    // The desk does not know it any more.
    contexts["contexts"]["home"]["login"]["token"]["expires_at"] = "2999-01-01T00:00:00Z".into();
    contexts["contexts"]["home"]["login"]["token"]["token"] = "nothing".into();
    fs::write(person.file(), contexts.to_string()).unwrap();
    fails(&person.env, &["user", "list"], 1, &["status 401", again]);
    // It knows the rest by itself.
    assert_eq!(person.log_in(&["--context", "home"], password).0, 0);
    says(&person.env, &["user", "list"], "administrator");
    fs::write(person.file(), "{").unwrap();
    fails(&person.env, &["user", "list"], 2, &["contexts.json: "]);
}

/// What another user or machine needs, in a file that nobody else reads and that runs nothing.
#[test]
fn a_key_goes_into_a_file_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start("serve", &data, &[]);
    let env = &server.env;
    json(env, &["user", "create", "build agent", "--no-password"]);
    let file = folder.path().join("it's $(touch ran).env");
    let place = file.to_str().unwrap();
    let line = ["key", "create", "--user", "build agent", "--env", place];
    let ran = run(env, &[&line[..], &["--dry-run"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(!file.exists(), "nothing was to be made");
    let ran = run(env, &line);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(mode(&file), 0o600);
    // It is sourced as the command says, with nothing else there, and works.
    let load = ran
        .out
        .lines()
        .find(|line| line.starts_with("set -a"))
        .unwrap();
    let script = format!("{load}; {} token && env", env!("CARGO_BIN_EXE_chancery"));
    let output = std::process::Command::new("sh")
        .args(["-euc", &script])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    let sourced = String::from_utf8(output.stdout).unwrap();
    let value = |name: &str| {
        let mut lines = sourced.lines().filter_map(|line| line.split_once('='));
        lines
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.to_owned())
    };
    let secret = value("CLOUD_SDK_SK").unwrap();
    assert!(
        !ran.out.contains(&secret) && !ran.err.contains(&secret),
        "the secret is shown"
    );
    assert_eq!(value("CHANCERY_USER").unwrap(), "build agent");
    for name in [
        "CHANCERY_ENDPOINT",
        "HW_PROJECT_ID",
        "HUAWEICLOUD_SDK_REGION_CCM_CN_NORTH_4",
        "SSL_CERT_FILE",
    ] {
        assert_eq!(value(name).as_ref(), Some(&env[name]), "{name}");
    }
    assert!(!folder.path().join("ran").exists());

    // Nothing that is there is replaced, nor what a link leads to, and no key is made then.
    let keys = || {
        json(env, &["key", "list", "--user", "build agent"])
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(keys(), 1);
    fails(env, &line, 2, &["is there already"]);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("target"), &link).unwrap();
    let link = link.to_str().unwrap();
    fails(
        env,
        &["key", "create", "--user", "build agent", "--env", link],
        2,
        &["is there already"],
    );
    assert!(!folder.path().join("target").exists());
    assert_eq!(keys(), 1);
    // Where there can be no file no key is made.
    let nowhere = folder.path().join("no such folder/env");
    let line = [
        "key",
        "create",
        "--user",
        "build agent",
        "--env",
        nowhere.to_str().unwrap(),
    ];
    fails(env, &line, 2, &["cannot be written"]);
    assert_eq!(keys(), 1);
}
