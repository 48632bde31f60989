//! `GET /v3/tasks/{task_id}/certkey`: the TLS material of a task, and what OpenSSL makes of it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::body::Body;
use chancery_core::policy::FULL_ACCESS;
use chancery_pki::Certificate;
use chancery_store::{AuditFilter, Transaction};
use http::Request;
use serde_json::{Value, json};

use super::{TASKS, source, task, with};
use crate::support::{Api, NOW, fields};
use crate::tools::{installed, openssl, run, write};

const KEYS: [&str; 3] = [
    "private_key",
    "target_mgmt_private_key",
    "target_data_private_key",
];
const CERTIFICATES: [&str; 4] = ["ca", "cert", "target_mgmt_cert", "target_data_cert"];

/// A minute after the desk's time, for OpenSSL.
fn time() -> String {
    (NOW / 1000 + 60).to_string()
}

async fn cert_key(api: &Api, id: &str) -> Value {
    let path = format!("{TASKS}/{id}/certkey");
    api.succeed("GET", &path, None).await
}

/// Writes the seven parts as `<prefix><field>.pem`.
fn unpack(folder: &Path, prefix: &str, material: &Value) {
    for (field, pem) in material.as_object().unwrap() {
        let name = format!("{prefix}{field}.pem");
        write(folder, &[(&name, pem.as_str().unwrap())]);
    }
}

#[tokio::test]
async fn seven_fields_of_pem() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let request = Request::get(format!("{TASKS}/{id}/certkey"))
        .header("x-auth-token", &api.token)
        .body(Body::empty());
    let response = api.send(request.unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let (_, material) = crate::support::read(response).await;
    assert_eq!(
        fields(&material),
        [
            "ca",
            "cert",
            "private_key",
            "target_data_cert",
            "target_data_private_key",
            "target_mgmt_cert",
            "target_mgmt_private_key",
        ]
    );
    for (names, label) in [
        (&CERTIFICATES[..], "CERTIFICATE"),
        (&KEYS, "RSA PRIVATE KEY"),
    ] {
        for name in names {
            let pem = material[name].as_str().unwrap();
            assert!(pem.starts_with(&format!("-----BEGIN {label}-----\n")));
            assert!(pem.ends_with(&format!("\n-----END {label}-----")));
            assert!(!pem.contains('\r'), "{name}");
            assert_eq!(pem.matches("BEGIN").count(), 1, "{name}");
        }
    }
    for (key, certificate) in KEYS.iter().zip(&CERTIFICATES[1..]) {
        let key = chancery_crypto::PrivateKey::from_pem(material[key].as_str().unwrap()).unwrap();
        let pem = material[certificate].as_str().unwrap();
        let certificate = Certificate::from_pem(pem).unwrap();
        assert_eq!(key.algorithm().name(), "RSA2048");
        assert_eq!(key.public_key_der(), certificate.public_key_der());
    }
}

#[tokio::test]
async fn the_same_on_every_call_and_after_a_restart() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let material = cert_key(&api, &id).await;
    let mut without_ca = material.clone();
    without_ca.as_object_mut().unwrap().remove("ca");
    let path = format!("{TASKS}/{id}/certkey");
    for (query, expected) in [
        ("", &material),
        ("?enable_ca_cert=", &material),
        ("?enable_ca_cert=true", &material),
        ("?enable_ca_cert=TRUE", &material),
        ("?enable_ca_cert=false", &without_ca),
        ("?enable_ca_cert=False", &without_ca),
    ] {
        let answer = api.succeed("GET", &format!("{path}{query}"), None).await;
        assert_eq!(answer, *expected, "{query}");
    }
    for query in ["?enable_ca_cert=1", "?enable_ca_cert=no"] {
        let path = format!("{path}{query}");
        let text = "enable_ca_cert must be true or false";
        api.refused(("GET", &path), None, (400, "SMS.9002"), text)
            .await;
    }
    // Also in another state of the task.
    api.act(&id, "start").await;
    let api = api.restart().await;
    assert_eq!(cert_key(&api, &id).await, material);
    // Another task has its own.
    let other = api.some_task().await;
    let others = cert_key(&api, &other).await;
    for field in CERTIFICATES.iter().chain(&KEYS) {
        assert_ne!(others[field], material[field], "{field}");
    }
}

#[tokio::test]
async fn the_first_call_may_ask_for_no_ca() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let path = format!("{TASKS}/{id}/certkey?enable_ca_cert=false");
    let first = api.succeed("GET", &path, None).await;
    assert!(first.get("ca").is_none());
    let mut whole = cert_key(&api, &id).await;
    assert!(whole.as_object_mut().unwrap().remove("ca").is_some());
    assert_eq!(first, whole);
}

#[tokio::test]
async fn first_calls_at_once_get_the_same() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let answers = tokio::join!(
        cert_key(&api, &id),
        cert_key(&api, &id),
        cert_key(&api, &id)
    );
    assert_eq!(answers.0, answers.1);
    assert_eq!(answers.0, answers.2);
    assert_eq!(cert_key(&api, &id).await, answers.0);
    let filter = AuditFilter {
        action: Some("sms:server:getCert".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&filter, 10, 0).await.unwrap();
    assert_eq!(rows.total, 4, "one row for each call");
}

#[tokio::test]
async fn every_call_is_audited_before_it_is_answered() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let path = format!("{TASKS}/{id}/certkey");
    let failed = json!({ "error_code": "SMS.2007", "error_msg": "internal server error" });
    let refuse = || api.faults.refuse(Some("migration_task.disclose"));
    refuse();
    let (status, answer) = api.call("GET", &path, None).await;
    assert_eq!((status.as_u16(), &answer), (500, &failed));
    let row = api.store.migration_task(&api.domain_id, &id).await.unwrap();
    assert!(row.unwrap().sealed_material.is_none(), "nothing is stored");
    api.faults.refuse(None);
    let material = cert_key(&api, &id).await;
    refuse();
    let (status, answer) = api.call("GET", &path, None).await;
    assert_eq!((status.as_u16(), &answer), (500, &failed));
    api.faults.refuse(None);
    let query = format!("{path}?enable_ca_cert=false");
    api.succeed("GET", &query, None).await;

    let filter = AuditFilter {
        resource: Some(id.clone()),
        action: Some("sms:server:getCert".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&filter, 10, 0).await.unwrap().rows;
    let details: Vec<_> = rows.iter().map(|row| row.detail.as_str()).collect();
    assert_eq!(rows.len(), 2);
    assert!(details.contains(&r#"{"ca":true}"#) && details.contains(&r#"{"ca":false}"#));
    // What is stored is sealed, and for this task only.
    let row = api.store.migration_task(&api.domain_id, &id).await.unwrap();
    let sealed = row.unwrap().sealed_material.unwrap();
    assert!(!sealed.windows(5).any(|window| window == b"BEGIN"));
    let other = api.some_task().await;
    let mut tx = Transaction::new("test.copy");
    tx.set_migration_task_material(&api.domain_id, &other, &sealed);
    api.store.commit(tx).await.unwrap();
    let path = format!("{TASKS}/{other}/certkey");
    let (status, answer) = api.call("GET", &path, None).await;
    assert_eq!((status.as_u16(), &answer), (500, &failed));
    assert_eq!(cert_key(&api, &id).await, material);
}

#[tokio::test]
async fn keys_need_a_permission_of_their_own() {
    let api = Api::start().await;
    let id = api.some_task().await;
    let path = format!("{TASKS}/{id}/certkey");
    let allow = |action: &str| {
        json!({ "Version": "5.0", "Statement": [{ "Effect": "Allow", "Action": [action] }] })
            .to_string()
    };
    let deny = r#"{"Version":"5.0","Statement":[{"Effect":"Deny","Action":["*:getCert"]}]}"#;
    let may = api.user_with("may", &[&allow("sms:server:getCert")]).await;
    // The older name of the action, as the call's documentation says.
    let older = api
        .user_with("older", &[&allow("sms:server:queryServer")])
        .await;
    let moves = api
        .user_with("moves", &[&allow("sms:server:migrationServer")])
        .await;
    let denied = api.user_with("denied", &[FULL_ACCESS, deny]).await;
    for user in [&may, &older] {
        let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, 200, "{}", user.name);
    }
    let task_path = format!("{TASKS}/{id}");
    let (status, _) = api.call_as(&may.token, "GET", &task_path, None).await;
    assert_eq!(status, 403);
    let (status, _) = api.call_as(&denied.token, "GET", &task_path, None).await;
    assert_eq!(status, 200);
    for user in [moves, denied] {
        let (status, answer) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, 403, "{}", user.name);
        assert_eq!(answer["error_code"], "SMS.9004");
    }
}

#[tokio::test]
async fn openssl_verifies_the_chains_and_the_names() {
    if !installed("verifying a task's certificates", "openssl") {
        return;
    }
    let api = Api::start().await;
    let id = api.some_task().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    unpack(folder, "", &cert_key(&api, &id).await);
    let time = time();
    for (file, role, addresses) in [
        (
            "cert.pem",
            "source",
            &["192.0.2.10", "198.51.100.10", "2001:db8::10"][..],
        ),
        ("target_mgmt_cert.pem", "target-mgmt", &["203.0.113.20"]),
        ("target_data_cert.pem", "target-data", &["203.0.113.20"]),
    ] {
        let host = format!("{role}.{id}.sms.internal");
        let verify = |more: &[&str]| {
            let mut arguments = vec![
                "verify",
                "-x509_strict",
                "-check_ss_sig",
                "-attime",
                &time,
                "-CAfile",
                "ca.pem",
            ];
            arguments.extend(more);
            arguments.push(file);
            run(folder, "openssl", &arguments)
        };
        for purpose in ["sslserver", "sslclient"] {
            let (success, said) = verify(&["-purpose", purpose, "-verify_hostname", &host]);
            assert!(success, "{role} {purpose}: {said}");
        }
        for address in addresses {
            let (success, said) = verify(&["-verify_ip", address]);
            assert!(success, "{role} {address}: {said}");
        }
        assert!(!verify(&["-verify_hostname", "localhost"]).0);
        assert!(!verify(&["-verify_ip", "127.0.0.1"]).0);
        let key = file.replace("cert", "private_key");
        let check = openssl(folder, &["rsa", "-in", &key, "-check", "-noout"]);
        assert!(check.contains("RSA key ok"), "{check}");
        let text = openssl(folder, &["x509", "-in", file, "-noout", "-text"]);
        for line in [
            "TLS Web Server Authentication, TLS Web Client Authentication",
            "Digital Signature, Key Encipherment",
            "sha256WithRSAEncryption",
            "Not After : May 29 12:00:00 2036 GMT",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
    let text = openssl(folder, &["x509", "-in", "ca.pem", "-noout", "-text"]);
    assert!(text.contains("CA:TRUE, pathlen:0"), "{text}");
    assert!(text.contains("Certificate Sign, CRL Sign"), "{text}");
    assert!(text.contains("Not After : May 29 12:00:00 2036 GMT"));
}

#[tokio::test]
async fn a_server_that_names_ipv6_and_no_target() {
    let api = Api::start().await;
    let more = json!({ "ip": "", "ipv6": "2001:db8::7" });
    let source_id = api.new_source(with(&source("v6"), &more)).await;
    let more = json!({ "migration_ip": "" });
    let id = api.new_task(with(&task("t", &source_id), &more)).await;
    let material = cert_key(&api, &id).await;
    let names = |field: &str| -> Vec<String> {
        let read = Certificate::from_pem(material[field].as_str().unwrap()).unwrap();
        read.sans().iter().map(|san| san.value()).collect()
    };
    assert_eq!(
        names("cert"),
        [
            &format!("source.{id}.sms.internal"),
            "2001:db8::7",
            "192.0.2.10",
            "198.51.100.10",
            "2001:db8::10",
        ]
    );
    assert_eq!(
        names("target_mgmt_cert"),
        [format!("target-mgmt.{id}.sms.internal")]
    );
}

/// An `openssl s_server` that demands a certificate of its clients; ends when it is dropped.
struct Server {
    child: Child,
    port: String,
}

impl Server {
    fn start(folder: &Path, pair: (&str, &str)) -> Self {
        let output = folder.join("server.out");
        let mut child = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-Verify", "1"])
            .args(["-verify_return_error", "-CAfile", "ca.pem"])
            .args(["-attime", &time(), "-cert", pair.0, "-key", pair.1])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(File::create(&output).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let said = std::fs::read_to_string(&output).unwrap();
            let line = said.lines().find_map(|line| line.strip_prefix("ACCEPT "));
            if let Some((_, port)) = line.and_then(|line| line.rsplit_once(':')) {
                let port = port.trim().to_owned();
                return Self { child, port };
            }
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none() && Instant::now() < deadline,
                "s_server did not start: {said}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks for a page as a client that verifies the server; what it got, if it got one.
    fn ask(&self, folder: &Path, host: &str, more: &[&str]) -> Option<String> {
        let address = format!("127.0.0.1:{}", self.port);
        write(folder, &[("request", "GET / HTTP/1.0\r\n\r\n")]);
        let mut child = Command::new("openssl")
            .args(["s_client", "-connect", &address, "-quiet", "-ign_eof"])
            .args(["-verify_return_error", "-verify_hostname", host])
            .args(["-CAfile", "ca.pem", "-attime", &time()])
            .args(more)
            .current_dir(folder)
            .stdin(File::open(folder.join("request")).unwrap())
            .stdout(File::create(folder.join("client.out")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("s_client does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let page = std::fs::read(folder.join("client.out")).unwrap();
        let page = String::from_utf8_lossy(&page).into_owned();
        page.contains("200 ok").then_some(page)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn source_and_target_authenticate_each_other() {
    if !installed("connecting source and target", "openssl") {
        return;
    }
    let api = Api::start().await;
    let (id, other) = (api.some_task().await, api.some_task().await);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    unpack(folder, "", &cert_key(&api, &id).await);
    unpack(folder, "other_", &cert_key(&api, &other).await);
    let source = ("cert.pem", "private_key.pem");
    let mgmt = ("target_mgmt_cert.pem", "target_mgmt_private_key.pem");
    let data = ("target_data_cert.pem", "target_data_private_key.pem");
    for (server, role, client) in [
        (mgmt, "target-mgmt", source),
        (data, "target-data", source),
        (source, "source", mgmt),
        (source, "source", data),
    ] {
        let host = format!("{role}.{id}.sms.internal");
        let running = Server::start(folder, server);
        for version in ["-tls1_2", "-tls1_3"] {
            let what = format!("{role} {version}");
            let with_client = ["-cert", client.0, "-key", client.1, version];
            let page = running.ask(folder, &host, &with_client);
            assert!(page.is_some(), "{what}");
            // Refused: no certificate, one of another task, and a server of another name.
            assert!(running.ask(folder, &host, &[version]).is_none(), "{what}");
            let stranger = [
                "-cert",
                "other_cert.pem",
                "-key",
                "other_private_key.pem",
                version,
            ];
            assert!(running.ask(folder, &host, &stranger).is_none(), "{what}");
            let wrong = running.ask(folder, "localhost", &with_client);
            assert!(wrong.is_none(), "{what}");
        }
    }
    // A server of another task is refused by the client.
    let running = Server::start(
        folder,
        (
            "other_target_data_cert.pem",
            "other_target_data_private_key.pem",
        ),
    );
    let host = format!("target-data.{other}.sms.internal");
    let with_client = ["-cert", source.0, "-key", source.1];
    assert!(running.ask(folder, &host, &with_client).is_none());
}
