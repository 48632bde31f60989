//! Files that `cert issue --out` writes: whole whenever the command is killed, and whose they are to be.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::certificates::{hierarchy, openssl};
use crate::commands::{Env, fails, json, run};
use crate::support::{Server, mode};

fn issue(env: &Env, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .args(["cert", "issue", "a.example.com", "--ca", "Issuing", "--out"])
        .arg(out)
        .env_clear()
        .envs(env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Killed at any moment, the command leaves files that are whole, old or new; the next one puts all right.
#[test]
fn a_killed_command_leaves_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let out = folder.path().join("tls");
    let started = std::time::Instant::now();
    assert!(issue(env, &out).status().unwrap().success());
    let whole = started.elapsed();
    let mut killed = 0;
    for part in 0..40 {
        let mut child = issue(env, &out).spawn().unwrap();
        std::thread::sleep(whole * part / 36);
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        for name in ["cert.pem", "chain.pem", "fullchain.pem"] {
            openssl(&out, &["x509", "-in", name, "-noout"]);
        }
        openssl(&out, &["pkey", "-in", "privkey.pem", "-noout"]);
        assert_eq!(mode(&out.join("privkey.pem")), 0o600);
        // What was not moved to its place has no more rights.
        for entry in fs::read_dir(&out).unwrap() {
            let path = entry.unwrap().path();
            if fs::read_to_string(&path).unwrap().contains("PRIVATE KEY") {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }
    assert!(killed > 10, "{killed}");
    assert!(issue(env, &out).status().unwrap().success());
    assert_eq!(
        openssl(&out, &["pkey", "-in", "privkey.pem", "-pubout"]),
        openssl(&out, &["x509", "-in", "fullchain.pem", "-noout", "-pubkey"])
    );
    assert_eq!(fs::read_dir(&out).unwrap().count(), 5);
}

/// A limit on the size of files stands for a full disk: nothing half written is left, what was there stays,
/// and the error says what became of the certificate or the key.
#[test]
fn a_full_disk_leaves_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let out = folder.path().join("tls");
    assert!(issue(env, &out).status().unwrap().success());
    let files = |folder: &Path| -> BTreeMap<_, _> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let content = entries.map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()));
        content.collect()
    };
    let before = files(&out);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let on_full_disk = |line: &str| {
        let program = env!("CARGO_BIN_EXE_chancery");
        let script = format!("trap '' XFSZ; ulimit -f 0; exec {program} {line}");
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .current_dir(&empty)
            .env_clear();
        let ran = command.envs(env).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{line}: {said}");
        assert!(said.contains("cannot be written"), "{line}: {said}");
        assert!(said.contains("may not be as large"), "{line}: {said}");
        said
    };
    let issue = format!(
        "cert issue a.example.com --ca Issuing --out {}",
        out.display()
    );
    let said = on_full_disk(&issue);
    assert!(said.contains("is made, but not written"), "{said}");
    assert_eq!(files(&out), before);
    for (line, rest) in [
        (
            "cert issue b.example.com --ca Issuing --out .",
            "but not written",
        ),
        ("trust export --ca Issuing --format pem --out trust.pem", ""),
        ("trust export --ca Issuing --format p12 --out trust.p12", ""),
        (
            "key create --user administrator --env of-another.env",
            "was made, and deleted again",
        ),
    ] {
        let said = on_full_disk(line);
        assert!(said.contains(rest), "{line}: {said}");
        assert!(
            files(&empty).is_empty(),
            "{line}: {:?}",
            files(&empty).keys()
        );
    }
    let keys = json(env, &["key", "list", "--user", "administrator"]);
    assert_eq!(keys.as_array().unwrap().len(), 1, "{keys}");
}

/// Root gives files to the user of a server; nobody else does.
#[test]
fn files_are_for_the_user_who_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let mut env = server.env.clone();
    hierarchy(&env);
    let owned = |env: &Env, out: &Path, owner: &str| {
        let out = out.to_str().unwrap();
        let line = [
            "cert",
            "issue",
            "r.example.com",
            "--ca",
            "Issuing",
            "--for",
            "redis",
        ];
        run(
            env,
            &[&line[..], &["--out", out, "--owner", owner]].concat(),
        )
    };
    let out = folder.path().join("redis");
    let line = [
        "cert",
        "issue",
        "r.example.com",
        "--ca",
        "Issuing",
        "--owner",
        "nobody",
    ];
    fails(&env, &line, 2, &["--out"]);
    let nowhere = owned(&env, &out, "no-such-user");
    assert_eq!(nowhere.status, 2);
    assert!(
        nowhere.err.contains("there is no user \"no-such-user\""),
        "{}",
        nowhere.err
    );
    assert!(!out.exists());

    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        let ran = owned(&env, &out, "root");
        assert_eq!(ran.status, 2);
        assert!(
            ran.err.contains("only root gives files to others"),
            "{}",
            ran.err
        );
        return;
    }
    for owner in ["nobody", "65534:65534"] {
        let ran = owned(&env, &out, owner);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert_eq!(mode(&out), 0o700);
        assert_eq!(fs::metadata(&out).unwrap().uid(), 65534);
        for name in ["fullchain.pem", "privkey.pem", "chain.pem"] {
            assert_eq!(fs::metadata(out.join(name)).unwrap().uid(), 65534, "{name}");
        }
        assert_eq!(mode(&out.join("privkey.pem")), 0o600);
    }
    let database = folder.path().join("mongodb");
    let place = database.to_str().unwrap();
    let create = [
        "instance",
        "create",
        "shop",
        "--mongodb",
        "--host",
        "m.example.com",
    ];
    let bundle = ["instance", "bundle", "shop", "--host", "m.example.com"];
    for line in [&create[..], &bundle[..]] {
        let ran = run(
            &env,
            &[line, &["--out", place, "--owner", "nobody"]].concat(),
        );
        assert_eq!(ran.status, 0, "{}", ran.err);
        for file in [
            &database,
            &database.join("server.pem"),
            &database.join("ca.crt"),
        ] {
            assert_eq!(
                fs::metadata(file).unwrap().uid(),
                65534,
                "{}",
                file.display()
            );
        }
        assert_eq!(mode(&database.join("server.pem")), 0o600);
    }
    // As that user, who may write to a folder of theirs and give it to nobody.
    let shared = tempfile::tempdir().unwrap();
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let trusted = shared.path().join("ca.pem");
    fs::copy(&env["SSL_CERT_FILE"], &trusted).unwrap();
    env.insert("SSL_CERT_FILE".to_owned(), trusted.display().to_string());
    let program = shared.path().join("chancery");
    fs::hard_link(env!("CARGO_BIN_EXE_chancery"), &program)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_chancery"), &program).map(drop))
        .unwrap();
    let out = shared.path().join("out");
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args([
            "cert",
            "issue",
            "r.example.com",
            "--ca",
            "Issuing",
            "--owner",
            "root",
            "--out",
        ])
        .arg(&out)
        .env_clear()
        .envs(&env);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("only root gives files to others"), "{said}");
    // Nothing was made that nobody has.
    assert!(!out.exists());
    let listed = run(&env, &["cert", "list", "-o", "name"]);
    assert_eq!(listed.out.lines().count(), 2);
}
