//! `chancery cert … --for iis`: a PFX for Windows.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::certificates::{hierarchy, openssl};
use crate::commands::{fails, json, run_with};
use crate::support::Server;

#[test]
fn iis_has_one_file_with_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start("serve", &folder.join("data"), &[]);
    let env = &server.env;
    hierarchy(env);
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let issue = [
        "cert",
        "issue",
        "www.example.com",
        "--ca",
        "Issuing",
        "--for",
        "iis",
    ];
    let written = json(env, &[&issue[..], &["--out", &at("new")]].concat());
    let names = ["new/server.pfx", "new/keystorePass.txt"];
    assert_eq!(written["files"], serde_json::json!(names.map(at)));
    let export = [
        "cert",
        "export",
        "www.example.com",
        "--for",
        "iis",
        "--password-stdin",
    ];
    let own = at("own");
    let export = [&export[..], &["--out", &own]].concat();
    let ran = run_with(env, &export, "their-password\n");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(!folder.join("own/keystorePass.txt").exists());
    assert!(!ran.out.contains("their-password"));
    json(
        env,
        &["cert", "export", "www.example.com", "--out", &at("pem")],
    );
    for (place, password) in [
        ("new", "file:keystorePass.txt"),
        ("own", "pass:their-password"),
    ] {
        let folder = folder.join(place);
        for name in folder.read_dir().unwrap().map(|entry| entry.unwrap()) {
            let mode = name.metadata().unwrap().permissions().mode();
            let own = name.file_name() == ".chancery";
            assert_eq!(mode & 0o777, if own { 0o644 } else { 0o600 }, "{name:?}");
        }
        let pfx = ["pkcs12", "-in", "server.pfx", "-passin", password];
        let key = openssl(&folder, &[&pfx[..], &["-nodes", "-nocerts"]].concat());
        fs::write(folder.join("key.pem"), key).unwrap();
        assert_eq!(
            openssl(&folder, &["pkey", "-in", "key.pem", "-pubout"]),
            openssl(&folder, &["pkey", "-in", "../pem/privkey.pem", "-pubout"])
        );
        let certificates = openssl(&folder, &[&pfx[..], &["-nokeys"]].concat());
        assert_eq!(certificates.matches("BEGIN CERTIFICATE").count(), 3);
    }
    let other = [
        "cert",
        "export",
        "www.example.com",
        "--out",
        &at("x"),
        "--password-stdin",
    ];
    fails(env, &other, 2, &["other files have no password"]);
    fails(env, &export, 2, &["standard input has no password"]);
    json(env, &["ca", "create", "SM Root", "--key-algorithm", "sm2"]);
    json(env, &["cert", "issue", "sm.example.com", "--ca", "SM Root"]);
    let pair = [
        "cert",
        "export",
        "sm.example.com",
        "--for",
        "iis",
        "--out",
        &at("x"),
    ];
    fails(env, &pair, 2, &["this is an SM2 pair"]);
    assert!(!folder.join("x").exists());
}
