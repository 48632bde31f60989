//! `chancery trust`: stores of trusted certificates that OpenSSL and Java read.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::certificates::{hierarchy, openssl, text};
use crate::commands::{fails, json, nobody, run, run_with};
use crate::support::Server;

fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "needs {program}"
        );
        eprintln!("SKIPPED: reading a trust store needs {program}");
    }
    found
}

/// What Java lists of a store; none when it refuses it.
fn listed(store: &Path, kind: &str, password: &str) -> Option<String> {
    let output = Command::new("keytool")
        .args(["-list", "-v", "-J-Duser.language=en", "-storetype", kind])
        .args(["-storepass", password, "-keystore"])
        .arg(store)
        .env_remove("JAVA_TOOL_OPTIONS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
}

#[test]
fn clients_read_what_they_are_to_trust() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let export = |format, more: &[&'static str]| {
        let line = ["trust", "export", "--ca", "Issuing", "--format", format];
        [&line[..], more].concat()
    };
    // The root alone, and with the CA that was asked for.
    let root = run(env, &["ca", "export", "Example Root"]).out;
    let whole = run(env, &["ca", "export", "Issuing"]).out;
    let pem = |more: &[&'static str]| {
        let ran = run(env, &export("pem", more));
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        ran.out
    };
    assert_eq!(pem(&[]), root);
    assert_eq!(pem(&["--chain"]), whole);
    assert_eq!(whole.matches("BEGIN CERTIFICATE").count(), 2);

    for (format, kind) in [("jks", "JKS"), ("p12", "PKCS12")] {
        let file = folder.join(format!("trust.{format}"));
        let line = export(format, &["--chain"]);
        let line = [&line[..], &["--out", file.to_str().unwrap()]].concat();
        let shown = json(env, &line);
        assert_eq!(text(&shown["password"]), "changeit");
        assert_eq!(shown["trusted"].as_array().unwrap().len(), 2);
        // Somebody may have put something there.
        fails(env, &line, 2, &["is there already"]);
        let own = folder.join(format!("own.{format}"));
        let line = export(format, &["--password-stdin"]);
        let line = [&line[..], &["--out", own.to_str().unwrap()]].concat();
        let ran = run_with(env, &line, "their-password\n");
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        assert!(!ran.out.contains("password"), "{}", ran.out);
        if installed("keytool") {
            let both = listed(&file, kind, "changeit").unwrap();
            assert_eq!(
                both.matches("Entry type: trustedCertEntry").count(),
                2,
                "{both}"
            );
            assert!(both.contains("Alias name: example root"), "{both}");
            let one = listed(&own, kind, "their-password").unwrap();
            assert_eq!(
                one.matches("Entry type: trustedCertEntry").count(),
                1,
                "{one}"
            );
            assert!(one.contains("Owner: CN=Example Root"), "{one}");
            assert_eq!(listed(&own, kind, "changeit"), None);
        }
    }
    let info = [
        "pkcs12",
        "-info",
        "-in",
        "trust.p12",
        "-passin",
        "pass:changeit",
    ];
    let said = openssl(folder, &info);
    assert_eq!(said.matches("BEGIN CERTIFICATE").count(), 2, "{said}");
    assert!(!said.contains("PRIVATE KEY"), "{said}");
    // What is no text goes to a pipe as it is.
    let piped = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(export("jks", &[]))
        .env_clear()
        .envs(env)
        .output()
        .unwrap();
    assert!(piped.stdout.starts_with(b"\xfe\xed\xfe\xed"));
    let file = folder.join("root.pem");
    let line = export("pem", &["--out"]);
    let shown = json(env, &[&line[..], &[file.to_str().unwrap()]].concat());
    assert!(shown["password"].is_null());
    assert_eq!(fs::read_to_string(file).unwrap(), root);
}

#[test]
fn what_no_client_could_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    json(env, &["ca", "create", "SM Root", "--key-algorithm", "sm2"]);
    let file = folder.path().join("trust");
    let out = file.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &["--ca", "SM Root", "--format", "jks"],
            2,
            "Java reads no SM2",
        ),
        (
            &["--ca", "SM Root", "--format", "p12"],
            2,
            "Java reads no SM2",
        ),
        (&["--ca", "Nobody", "--format", "pem"], 1, "there is no CA"),
        (
            &["--ca", "Issuing", "--format", "pem", "--password-stdin"],
            2,
            "PEM has no password",
        ),
        (
            &["--ca", "Issuing", "--format", "p12", "--password-stdin"],
            2,
            "no password",
        ),
    ];
    for (more, status, says) in cases {
        let line = [&["trust", "export", "--out", out], more].concat();
        fails(env, &line, status, &[says]);
    }
    let id = json(env, &["ca", "show", "Issuing"])["id"].clone();
    let line = [
        "trust",
        "export",
        "--format",
        "pem",
        "--out",
        out,
        "--ca",
        text(&id),
    ];
    fails(&nobody(env), &line, 1, &["(status 403"]);
    assert!(!file.exists());
}
