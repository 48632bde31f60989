//! `chancery ca` and `chancery cert`: from an empty folder to a server that clients verify.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::commands::{Env, fails, json, run, run_with, says};
use crate::support::{Running, Server, free_port, mode};

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap() + &said
}

/// A root and an issuer below it, by the shortest lines there are.
pub(crate) fn hierarchy(env: &Env) {
    json(env, &["ca", "create", "Example Root"]);
    json(
        env,
        &["ca", "create", "Issuing", "--issuer", "Example Root"],
    );
}

#[test]
fn from_an_empty_folder_to_an_nginx_that_clients_verify() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let tls = folder.join("tls");
    let line = [
        "cert",
        "issue",
        "www.example.com",
        "--ca",
        "Issuing",
        "--san",
        "127.0.0.1",
        "--for",
        "nginx",
        "--out",
        tls.to_str().unwrap(),
    ];
    let ran = run(env, &line);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let settings: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("ssl_"))
        .collect();
    assert_eq!(settings.len(), 2, "{}", ran.out);
    assert_eq!(mode(&tls), 0o700);
    assert_eq!(mode(&tls.join("privkey.pem")), 0o600);

    let root = folder.join("root.pem");
    let export = [
        "ca",
        "export",
        "Example Root",
        "--out",
        root.to_str().unwrap(),
    ];
    says(env, &export, "is written");
    if !Path::new("/usr/sbin/nginx").is_file() {
        let complete = std::env::var("CI").as_deref() == Ok("true");
        assert!(!complete, "a server for what was issued: needs nginx");
        eprintln!("SKIPPED: a server for what was issued needs nginx");
        return;
    }
    let port = free_port();
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {name};\n"))
        .concat();
    let configuration = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\
         server {{\nlisten 127.0.0.1:{port} ssl;\n{}\nlocation / {{ return 200 \"right\"; }}\n}}\n}}\n",
        settings.join("\n")
    );
    fs::write(folder.join("nginx.conf"), configuration).unwrap();
    let nginx = Command::new("/usr/sbin/nginx")
        .args([
            "-p",
            &format!("{}/", folder.display()),
            "-c",
            "nginx.conf",
            "-e",
            "stderr",
        ])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _nginx = Running(nginx.unwrap());
    let deadline = Instant::now() + Duration::from_secs(30);
    for host in ["www.example.com", "127.0.0.1"] {
        let url = format!("https://{host}:{port}/");
        let resolve = format!("www.example.com:{port}:127.0.0.1");
        loop {
            let got = Command::new("curl")
                .args(["-sS", "--max-time", "10", "--resolve", &resolve, "--cacert"])
                .arg(&root)
                .arg(&url)
                .output()
                .unwrap();
            if got.stdout == b"right" {
                break;
            }
            let said = String::from_utf8_lossy(&got.stderr);
            assert!(Instant::now() < deadline, "{said}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn cas_and_certificates_live() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let listed = json(env, &["ca", "list"]);
    let names: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|ca| text(&ca["name"]))
        .collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"Example Root") && names.contains(&"Issuing"));
    let issuing = json(env, &["ca", "show", "Issuing"]);
    assert_eq!(issuing["issuer_name"], "Example Root");
    assert!(text(&issuing["certificate"]["not_after"]).ends_with('Z'));
    says(
        env,
        &["ca", "show", "Issuing"],
        "basic constraints (critical)",
    );
    let printed = run(env, &["ca", "list"]);
    assert!(printed.out.starts_with("NAME "), "{}", printed.out);

    // For people, with an SM2 key, for hosts, for mail.
    let made = json(
        env,
        &[
            "cert",
            "issue",
            "Jane Doe",
            "--ca",
            "Issuing",
            "--san",
            "jane@example.com",
        ],
    );
    assert_eq!(
        (text(&made["name"]), text(&made["status"])),
        ("Jane Doe", "ISSUED")
    );
    let wide = [
        "cert",
        "issue",
        "www.example.com",
        "--ca",
        text(&issuing["id"]),
        "--san",
        "*.example.org",
        "--san",
        "2001:db8::1",
        "--san",
        "https://example.com/x",
        "--key-algorithm",
        "rsa2048",
        "--days",
        "30",
        "--out",
        "out",
    ];
    let out = folder.join("out");
    let wide = wide.map(|word| {
        if word == "out" {
            out.to_str().unwrap()
        } else {
            word
        }
    });
    let written = json(env, &wide);
    assert_eq!(written["files"].as_array().unwrap().len(), 4);
    let read = openssl(&out, &["x509", "-in", "cert.pem", "-noout", "-text"]);
    for part in [
        "DNS:www.example.com",
        "DNS:*.example.org",
        "IP Address:2001:DB8:0",
        "URI:https://example.com/x",
    ] {
        assert!(read.contains(part), "{part}: {read}");
    }
    let verify = [
        "verify",
        "-CAfile",
        "chain.pem",
        "-untrusted",
        "chain.pem",
        "cert.pem",
    ];
    openssl(&out, &verify);
    let key = openssl(&out, &["pkey", "-in", "privkey.pem", "-pubout"]);
    assert_eq!(
        key,
        openssl(&out, &["x509", "-in", "fullchain.pem", "-noout", "-pubkey"])
    );

    // The same name twice is found by ids only.
    let twin = json(
        env,
        &["cert", "issue", "www.example.com", "--ca", "Issuing"],
    );
    let refused = "more than one certificate \"www.example.com\"; give its id";
    fails(env, &["cert", "show", "www.example.com"], 1, &[refused]);
    let id = text(&twin["id"]);
    assert_eq!(json(env, &["cert", "show", id])["id"], id);
    assert_eq!(
        json(env, &["cert", "list", "--name", "www"])
            .as_array()
            .unwrap()
            .len(),
        2
    );
    for kind in ["haproxy", "tomcat", "redis", "httpd"] {
        let out = folder.join(kind);
        let ran = run(
            env,
            &[
                "cert",
                "export",
                id,
                "--for",
                kind,
                "--out",
                out.to_str().unwrap(),
            ],
        );
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert!(
            ran.out.contains(&format!("\"{}/", out.display())),
            "{}",
            ran.out
        );
    }
    says(
        env,
        &["cert", "revoke", id, "--reason", "superseded", "--yes"],
        "is revoked",
    );
    assert_eq!(json(env, &["cert", "show", id])["status"], "REVOKED");
    let gone = ["PCA.", "(status 400, request "];
    fails(env, &["cert", "export", id, "--out", "x"], 1, &gone);
    says(env, &["cert", "delete", "Jane Doe", "--yes"], "is deleted");
    fails(
        env,
        &["cert", "show", "Jane Doe"],
        1,
        &["there is no certificate"],
    );

    // What ends soon comes first, and what is revoked not at all.
    let soon = |days: &str| {
        let rows = json(env, &["cert", "list", "--expires-in", days]);
        let names = rows.as_array().unwrap().iter();
        names
            .map(|row| text(&row["name"]).to_owned())
            .collect::<Vec<_>>()
    };
    json(
        env,
        &[
            "cert",
            "issue",
            "short.example.com",
            "--ca",
            "Issuing",
            "--days",
            "2",
        ],
    );
    assert_eq!(soon("1"), [""; 0]);
    assert_eq!(soon("3"), ["short.example.com"]);
    assert_eq!(soon("40"), ["short.example.com", "www.example.com"]);

    let lists = ["ca", "crl", "enable", "Issuing", "--bucket", "lists"];
    says(env, &lists, "Issuing makes revocation lists");
    says(
        env,
        &["ca", "crl", "disable", "Issuing"],
        "makes no revocation lists",
    );
    says(
        env,
        &["ca", "ocsp", "enable", "Issuing"],
        "Issuing answers OCSP",
    );
    let again = "OCSP of the private CA is on already";
    fails(env, &["ca", "ocsp", "enable", "Issuing"], 1, &[again]);
    says(
        env,
        &["ca", "ocsp", "disable", "Issuing"],
        "answers no OCSP",
    );

    // A key that stays elsewhere.
    openssl(
        folder,
        &[
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=a.example.com",
            "-keyout",
            "own.key",
            "-out",
            "own.csr",
        ],
    );
    let csr = fs::read_to_string(folder.join("own.csr")).unwrap();
    let signed = run_with(env, &["cert", "sign", "-", "--ca", "Issuing"], &csr);
    assert_eq!((signed.status, signed.err.as_str()), (0, ""));
    fs::write(folder.join("signed.pem"), &signed.out).unwrap();
    assert_eq!(
        openssl(folder, &["pkey", "-in", "own.key", "-pubout"]),
        openssl(folder, &["x509", "-in", "signed.pem", "-noout", "-pubkey"])
    );
    let elsewhere = ["where its CSR was made"];
    let export = ["cert", "export", "a.example.com", "--out", "x"];
    fails(env, &export, 2, &elsewhere);

    says(env, &["ca", "disable", "Issuing"], "issues nothing now");
    let line = ["cert", "issue", "b.example.com", "--ca", "Issuing"];
    fails(env, &line, 1, &["in state DISABLED cannot issue"]);
    says(env, &["ca", "enable", "Issuing"], "issues again");
    json(env, &line);
    says(env, &["ca", "disable", "Issuing"], "issues nothing now");
    says(
        env,
        &["ca", "delete", "Issuing", "--days", "9", "--yes"],
        "deleted in 9 days",
    );
    says(env, &["ca", "restore", "Issuing"], "is kept");
    let exported = run(env, &["ca", "export", "Example Root"]);
    assert_eq!(exported.out.matches("BEGIN CERTIFICATE").count(), 1);
    let log = server.stop();
    assert!(!log.contains("PRIVATE KEY"));
}

#[test]
fn sm2_pairs_are_written_whole() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    json(env, &["ca", "create", "SM Root", "--key-algorithm", "sm2"]);
    let out = folder.path().join("pair");
    let out = out.to_str().unwrap();
    let line = [
        "cert",
        "issue",
        "sm.example.com",
        "--ca",
        "SM Root",
        "--out",
        out,
    ];
    let written = json(env, &line);
    let files = written["files"].as_array().unwrap();
    assert_eq!(files.len(), 6);
    for name in ["privkey.pem", "enc-privkey.pem"] {
        let file = Path::new(out).join(name);
        assert_eq!(mode(&file), 0o600);
        assert!(fs::read_to_string(file).unwrap().contains("PRIVATE KEY"));
    }
    let nginx = [&line[..6], &["other", "--for", "nginx"]].concat();
    fails(env, &nginx, 2, &["this is an SM2 pair"]);
    assert!(!Path::new("other").exists());
    // A chain is of one family, unless somebody asks for what the desk refuses.
    let below = json(env, &["ca", "create", "SM Issuing", "--issuer", "SM Root"]);
    assert_eq!(below["key_algorithm"], "SM2");
    let mixed = [
        "cert",
        "issue",
        "a.b",
        "--ca",
        "SM Root",
        "--key-algorithm",
        "ec384",
    ];
    fails(env, &mixed, 1, &["PCA.10010202: "]);
}

#[test]
fn what_is_refused_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let out = folder.path().join("theirs");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("privkey.pem"), "theirs").unwrap();
    let place = out.to_str().unwrap();
    let line = [
        "cert",
        "issue",
        "a.example.com",
        "--ca",
        "Issuing",
        "--out",
        place,
    ];
    fails(
        env,
        &line,
        2,
        &["privkey.pem is there already, and chancery has not written it"],
    );
    assert_eq!(
        fs::read_to_string(out.join("privkey.pem")).unwrap(),
        "theirs"
    );
    assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    // Nor was a certificate made that nobody has.
    assert_eq!(json(env, &["cert", "list"]).as_array().unwrap().len(), 0);
    for (line, status, says) in [
        (
            &["ca", "show", "Nobody"][..],
            1,
            "there is no CA with the id or name \"Nobody\"",
        ),
        (
            &["cert", "issue", "a.b", "--ca", "Nobody"],
            1,
            "there is no CA",
        ),
        (
            &["cert", "issue", "a.b", "--ca", "Issuing", "--san", "a_b"],
            1,
            "DNS name \"a_b\" must",
        ),
        (
            &["cert", "issue", "a.b", "--ca", "Issuing", "--for", "nginx"],
            2,
            "--out",
        ),
        (
            &["cert", "sign", "nowhere.csr", "--ca", "Issuing"],
            2,
            "nowhere.csr cannot be read",
        ),
        (&["ca", "create", "x", "--country", "Germany"], 1, "country"),
    ] {
        fails(env, line, status, &[says]);
    }
}
