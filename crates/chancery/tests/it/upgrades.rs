//! What earlier versions left behind, in `tests/fixtures`: this version opens it, gives out every key
//! that was given out then, goes on with what was begun, and finds the audit whole.

mod keys;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use chancery_core::{Clock, SystemClock};
use chancery_crypto::digest::sha256;
use chancery_store::{AuditFilter, Store};
use chancery_testing::postgres::TestPg;
use serde_json::{Value, json};

use crate::commands;
use crate::support::{Server, command, free_port};
use keys::private_keys;

const CAS: &str = "/v1/private-certificate-authorities";
const CERTIFICATES: &str = "/v1/private-certificates";

/// How long what is due at a start may take: lists and responders that ended since the fixture was
/// written are made anew.
const DUE: Duration = Duration::from_secs(90);

/// What one version wrote with one of the engines.
struct Fixture {
    folder: PathBuf,
    manifest: Value,
    people: Value,
}

/// The fixtures of all versions.
fn fixtures(engine: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut folders: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join(engine))
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    let read = |path: PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    folders
        .into_iter()
        .map(|folder| Fixture {
            manifest: read(folder.join("manifest.json")),
            people: read(folder.join("people.json")),
            folder,
        })
        .collect()
}

impl Fixture {
    /// Copies the data folder to a new one.
    fn copy(&self, to: &Path) {
        copy(&self.folder.join("data"), to);
    }

    /// Starts this version on a copy, as the fixture was written.
    fn start(&self, data: &Path, more: &[&str]) -> Server {
        let options = texts(&self.manifest["options"]);
        Server::start("serve", data, &[&options[..], more].concat())
    }
}

/// Only the owner reads a data folder; a repository keeps no such modes.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
            fs::set_permissions(&target, Permissions::from_mode(0o600)).unwrap();
        }
    }
}

/// Somebody at the desk, and a folder of files for OpenSSL.
struct Caller<'a> {
    server: &'a Server,
    token: String,
    folder: &'a Path,
}

impl Caller<'_> {
    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let token = format!("X-Auth-Token: {}", self.token);
        let body = body.to_string();
        let mut arguments = vec!["-X", method, "-H", &token];
        if body != "null" {
            arguments.extend(["-H", "Content-Type: application/json", "-d", &body]);
        }
        let (status, _, answer) = self.server.curl(&arguments, path);
        (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
    }

    /// A call that has to be accepted.
    #[track_caller]
    fn does(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// The calls of a list that no longer give out the keys they gave out when it was written.
    fn lost(&self, disclosures: &Value) -> Vec<String> {
        let now = SystemClock.now_ms() / 1000;
        let disclosures = disclosures.as_array().unwrap().iter();
        disclosures
            .filter_map(|call| {
                let path = text(&call["path"]);
                let (status, answer) = self.call(text(&call["method"]), path, &call["body"]);
                let found = private_keys(&answer);
                let expected = call["keys"].as_object().unwrap();
                // After that time the key is another one, which is in the same places.
                let same = call["until"].as_i64().is_none_or(|until| now < until);
                let given = found.len() == expected.len()
                    && expected
                        .iter()
                        .all(|(place, digest)| match found.get(place) {
                            Some(found) => !same || digest == found,
                            None => false,
                        });
                (status != 200 || !given).then(|| {
                    let places: Vec<_> = found.keys().collect();
                    format!("{path}: {status}, other keys than before in {places:?}")
                })
            })
            .collect()
    }

    /// Has a CA issue a certificate, which OpenSSL verifies where it can; its id.
    fn issued_by(&self, issuer: &Value) -> String {
        let body = json!({
            "issuer_id": issuer["ca_id"], "signature_algorithm": issuer["signature_algorithm"],
            "key_algorithm": match text(&issuer["key_algorithm"]) { "SM2" => "SM2", _ => "EC256" },
            "distinguished_name": { "common_name": "later.example.com" },
            "validity": { "type": "DAY", "value": 30 },
        });
        let made = self.does("POST", CERTIFICATES, &body);
        let id = text(&made["certificate_id"]).to_owned();
        // OpenSSL applies the user id of SM2 to the last certificate of a chain alone.
        if issuer["key_algorithm"] != "SM2" {
            self.export(&id);
            self.says("verify -CAfile chain.pem leaf.pem", "leaf.pem: OK");
        }
        id
    }

    /// Writes a certificate and its chain to `leaf.pem` and `chain.pem`.
    fn export(&self, id: &str) {
        let body = json!({ "type": "OTHER", "is_compressed": "false" });
        let answer = self.does("POST", &format!("{CERTIFICATES}/{id}/export"), &body);
        self.write("leaf.pem", &answer["certificate"]);
        self.write("chain.pem", &answer["certificate_chain"]);
    }

    fn write(&self, file: &str, content: &Value) {
        fs::write(self.folder.join(file), text(content)).unwrap();
    }

    fn openssl(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.folder)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// Runs `openssl`, which has to succeed and say something.
    #[track_caller]
    fn says(&self, arguments: &str, expected: &str) {
        let (success, said) = self.openssl(arguments);
        assert!(success && said.contains(expected), "{arguments}: {said}");
    }

    /// The same of what may have to be made anew first.
    #[track_caller]
    fn comes_to_say(&self, prepare: impl Fn() -> bool, arguments: &str, expected: &[&str]) {
        let deadline = Instant::now() + DUE;
        loop {
            let (success, said) = match prepare() {
                true => self.openssl(arguments),
                false => (false, "there is nothing yet".to_owned()),
            };
            if success && expected.iter().all(|text| said.contains(text)) {
                return;
            }
            assert!(Instant::now() < deadline, "{arguments}: {said}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Fetches something that anyone may have.
    fn fetch(&self, url: &str, file: &str) -> bool {
        let bundle = &self.server.env["CURL_CA_BUNDLE"];
        Command::new("curl")
            .args(["-sSf", "--max-time", "30", "-o", file, url])
            .env("CURL_CA_BUNDLE", bundle)
            .current_dir(self.folder)
            .output()
            .unwrap()
            .status
            .success()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(text).collect()
}

/// Where an answer lacks something of an earlier one; it may have more.
fn lacks(earlier: &Value, now: &Value, pointer: &str) -> Option<String> {
    match (earlier, now) {
        (Value::Object(earlier), Value::Object(now)) => earlier.iter().find_map(|(name, value)| {
            let now = now.get(name).unwrap_or(&Value::Null);
            lacks(value, now, &format!("{pointer}/{name}"))
        }),
        (Value::Array(earlier), Value::Array(now)) if earlier.len() == now.len() => {
            let pairs = earlier.iter().zip(now).enumerate();
            pairs
                .into_iter()
                .find_map(|(at, (earlier, now))| lacks(earlier, now, &format!("{pointer}/{at}")))
        }
        _ => (earlier != now).then(|| format!("{pointer}: {earlier}, now {now}")),
    }
}

/// What has to hold of a fixture that a server has been started on.
fn holds(fixture: &Fixture, server: &Server, pki: &str, folder: &Path) {
    let manifest = &fixture.manifest;
    let admin = Caller {
        server,
        token: server.token(),
        folder,
    };
    for read in manifest["reads"].as_array().unwrap() {
        let path = text(&read["path"]);
        let now = admin.does("GET", path, &Value::Null);
        assert_eq!(lacks(&read["answer"], &now, ""), None, "{path}");
    }
    assert_eq!(
        admin.lost(&manifest["disclosures"]),
        Vec::<String>::new(),
        "{}",
        fixture.folder.display()
    );
    people(fixture, &admin);
    downloads(manifest, &admin);
    revocation(&manifest["revocation"], &admin, pki);
    authorities(manifest, &admin);
    searched(text(&manifest["revocation"]["good"]), &admin);
}

/// A certificate of before is found by what is in it, as soon as the desk has read it.
fn searched(id: &str, admin: &Caller<'_>) {
    let path = format!("/chancery/v1/certificates/{id}");
    let shown = admin.does("GET", &path, &Value::Null);
    let inside = &shown["certificate"];
    let name = text(&shown["name"]);
    let deadline = Instant::now() + DUE;
    for query in [
        format!("fingerprint={}", text(&inside["fingerprint_sha256"])),
        format!("serial={}", text(&inside["serial_number"])),
        format!("name={name}"),
        format!("id_prefix={}", &id[..8]),
    ] {
        let path = format!("/chancery/v1/certificates?{query}");
        loop {
            let found = admin.does("GET", &path, &Value::Null);
            let mut rows = found["certificates"].as_array().unwrap().iter();
            if rows.any(|row| row["id"] == id) {
                break;
            }
            assert!(Instant::now() < deadline, "{query}: {found}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// Passwords and access keys open what they opened, for whom they did.
fn people(fixture: &Fixture, admin: &Caller<'_>) {
    let (server, manifest) = (admin.server, &fixture.manifest);
    let enter = |person: &Value| {
        let part = |name: &str| text(&person[name]);
        let token = server.login(part("domain"), part("name"), part("password"));
        let caller = Caller {
            token: token.unwrap(),
            ..*admin
        };
        let key = json!({ "access": person["access"], "secret": person["secret"] });
        (caller, commands::as_key(&server.env, &key))
    };
    // The command line signs with the permanent access keys.
    let users = |env: &commands::Env| {
        let rows = commands::json(env, &["user", "list"]);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| text(&row["name"]).to_owned())
            .collect::<Vec<_>>()
    };
    let mut names = users(&server.env);
    names.sort();
    assert_eq!(names, ["administrator", "alice", "bob"]);

    let alice = &fixture.people["alice"];
    let (caller, env) = enter(alice);
    let get = |path: &Value| caller.call("GET", text(path), &Value::Null);
    assert_eq!(get(&manifest["alice"]["allowed"]).0, 200);
    assert_eq!(get(&manifest["alice"]["denied"]).0, 403);
    assert_eq!(get(&manifest["alice"]["list"]).1["total"], 1);
    commands::fails(&env, &["user", "list"], 1, &["IAM.0003: ", "status 403"]);
    let bob = server.login("chancery", "bob", text(&alice["password"]));
    assert_eq!(bob, Err(401));

    let (caller, env) = enter(&fixture.people["branch"]);
    assert_eq!(users(&env).len(), 1);
    assert_eq!(caller.lost(&manifest["branch"]), Vec::<String>::new());
    // What one account has does not exist for another.
    assert_ne!(admin.lost(&manifest["branch"]), Vec::<String>::new());
    assert_ne!(caller.lost(&manifest["disclosures"]), Vec::<String>::new());
}

/// Links lead to the CAs of instances.
fn downloads(manifest: &Value, admin: &Caller<'_>) {
    for call in manifest["downloads"].as_array().unwrap() {
        let answer = admin.does(text(&call["method"]), text(&call["path"]), &Value::Null);
        let mut links = Vec::new();
        let certs = match &answer["certs"] {
            Value::Array(certs) => certs.clone(),
            _ => vec![answer],
        };
        for cert in &certs {
            links.extend(
                ["link", "download_link"]
                    .iter()
                    .filter_map(|name| cert[name].as_str()),
            );
        }
        assert_eq!(call["links"], links.len(), "{certs:?}");
        for link in links {
            assert!(admin.fetch(link, "ca.crt"), "{link}");
            admin.says("x509 -in ca.crt -noout -text", "CA:TRUE");
        }
    }
}

/// What was revoked is so, lists and responders go on, and what is revoked now is told.
fn revocation(manifest: &Value, admin: &Caller<'_>, pki: &str) {
    let part = |name: &str| text(&manifest[name]);
    let (root, issuer) = (part("root_id"), part("issuer_id"));
    for (id, file) in [(root, "root.pem"), (issuer, "issuing.pem")] {
        let answer = admin.does("POST", &format!("{CAS}/{id}/export"), &json!({}));
        admin.write(file, &answer["certificate"]);
    }
    for certificate in ["revoked", "sm2_revoked"] {
        let path = format!("{CERTIFICATES}/{}", part(certificate));
        let shown = admin.does("GET", &path, &Value::Null);
        assert_eq!(shown["status"], "REVOKED");
        let export = json!({ "type": "OTHER", "is_compressed": "false" });
        let (status, answer) = admin.call("POST", &format!("{path}/export"), &export);
        assert_eq!((status, text(&answer["error_code"])), (400, "PCA.10010201"));
    }
    let (revoked, deleted) = (
        text(&manifest["serials"]["revoked"]),
        text(&manifest["serials"]["deleted"]),
    );

    // Lists: one that still holds comes at once, others are made anew.
    let lists = || {
        admin.fetch(&format!("{pki}/crl/{issuer}.crl"), "list.crl")
            && admin.fetch(&format!("{pki}/crl/{root}.crl"), "root.crl")
            && admin
                .openssl("crl -inform DER -in list.crl -out list.pem")
                .0
            && admin
                .openssl("crl -inform DER -in root.crl -out root.crl.pem")
                .0
    };
    admin.export(part("good"));
    admin.comes_to_say(
        lists,
        "verify -crl_check_all -CRLfile list.pem -CRLfile root.crl.pem -CAfile chain.pem leaf.pem",
        &["leaf.pem: OK"],
    );
    let read = "crl -in list.pem -CAfile issuing.pem -noout -text";
    admin.comes_to_say(lists, read, &["verify OK", revoked]);
    assert!(!admin.openssl(read).1.contains(deleted));
    assert!(admin.fetch(
        &format!("{pki}/crl/{}.crl", part("sm2_issuer_id")),
        "sm2.crl"
    ));
    let copy = format!("{}{}", admin.server.url, part("list"));
    assert!(admin.fetch(&copy, "copy.crl"), "{copy}");

    let ask = |serial: &str, status: &str| {
        let ask = format!(
            "ocsp -issuer issuing.pem -serial 0x{serial} -CAfile root.pem -url {pki}/ocsp/{issuer}"
        );
        let status = format!("0x{serial}: {status}");
        admin.comes_to_say(|| true, &ask, &["Response verify OK", &status]);
    };
    ask(revoked, "revoked");
    // Deleted without being revoked: servers may go on with it.
    ask(deleted, "good");

    let id = admin.issued_by(&json!({
        "ca_id": issuer, "key_algorithm": "EC256", "signature_algorithm": "SHA256" }));
    let shown = admin.does("GET", &format!("{CERTIFICATES}/{id}"), &Value::Null);
    let serial = text(&shown["serial_number"]);
    ask(serial, "good");
    let reason = json!({ "reason": "SUPERSEDED" });
    admin.does("POST", &format!("{CERTIFICATES}/{id}/revoke"), &reason);
    admin.comes_to_say(lists, read, &["verify OK", revoked, serial]);
    ask(serial, "revoked");
}

/// The keys of CAs sign, and each CA is in the state it was left in.
fn authorities(manifest: &Value, admin: &Caller<'_>) {
    for issuer in manifest["issuers"].as_array().unwrap() {
        admin.issued_by(issuer);
    }
    for pending in manifest["pending"].as_array().unwrap() {
        let path = format!("{CAS}/{}", text(&pending["ca_id"]));
        let request = admin.does("GET", &format!("{path}/csr"), &Value::Null);
        admin.write("request.pem", &request["csr"]);
        let mut id = "";
        if pending["signature_algorithm"] == "SM3" {
            id = " -vfyopt distid:1234567812345678";
        }
        admin.says(&format!("req -in request.pem -verify -noout{id}"), "OK");
        let body = json!({
            "issuer_id": pending["issuer_id"], "path_length": 0,
            "signature_algorithm": pending["signature_algorithm"],
            "validity": { "type": "MONTH", "value": 6 },
        });
        admin.does("POST", &format!("{path}/activate"), &body);
        let shown = admin.does("GET", &path, &Value::Null);
        assert_eq!(shown["status"], "ACTIVED");
    }

    let disabled = &manifest["disabled"];
    let path = format!("{CAS}/{}", text(&disabled["ca_id"]));
    let shown = admin.does("GET", &path, &Value::Null);
    assert_eq!(shown["status"], "DISABLED");
    admin.does("POST", &format!("{path}/enable"), &Value::Null);
    admin.issued_by(disabled);

    // It ends by itself 30 days after the fixture was written.
    let path = format!("{CAS}/{}", text(&manifest["scheduled"]));
    let (status, shown) = admin.call("GET", &path, &Value::Null);
    let state = shown["status"].as_str().unwrap_or_default();
    assert!(
        matches!((status, state), (200, "DELETED") | (404, _)),
        "{status} {shown}"
    );
}

/// Every chain of the audit is whole, and goes through where the earlier version left it.
async fn audit_is_whole(store: &Store, manifest: &Value) {
    let heads = store.audit_heads().await.unwrap();
    let mut entries = 0;
    for head in &heads {
        let length = store.verify_audit_chain(&head.writer).await;
        assert_eq!(length, Ok(head.seq.unsigned_abs()), "{}", head.writer);
        entries += head.seq;
    }
    let mut earlier = 0;
    for end in manifest["audit"].as_array().unwrap() {
        let filter = AuditFilter {
            writer: Some(text(&end["writer"]).to_owned()),
            ..AuditFilter::default()
        };
        let rows = store.audit_entries(&filter, 100_000, 0).await.unwrap().rows;
        let row = rows.iter().find(|row| row.seq == end["seq"]).unwrap();
        assert_eq!(hex::encode(&row.hash), text(&end["hash"]));
        earlier += row.seq;
    }
    let disclosures = manifest["disclosures"].as_array().unwrap().len();
    assert!(entries > earlier + disclosures as i64, "{entries}");
}

/// An address for relying parties: the option of the listener, and its URL.
fn pki() -> (String, String) {
    let listen = format!("127.0.0.1:{}", free_port());
    let url = format!("http://{listen}");
    (listen, url)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().unwrap()
}

#[test]
fn data_folders_of_earlier_versions() {
    for fixture in fixtures("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fixture.copy(&data);
        let (listen, url) = pki();
        let server = fixture.start(&data, &["--listen-pki", &listen]);
        holds(&fixture, &server, &url, folder.path());
        server.stop();
        runtime().block_on(async {
            let store = Store::open_sqlite(data.join("chancery.db")).await.unwrap();
            audit_is_whole(&store, &fixture.manifest).await;
        });
    }
}

#[test]
fn postgresql_dumps_of_earlier_versions() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    for (at, fixture) in fixtures("postgres").into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fixture.copy(&data);
        // Other processes may have their tests on the same server.
        let name = format!("upgrades_{}_{at}", std::process::id());
        let database = postgres.load(&name, &fixture.folder.join("dump.sql"));
        let (listen, url) = pki();
        let options = ["--listen-pki", &listen, "--database", &database];
        let server = fixture.start(&data, &options);
        holds(&fixture, &server, &url, folder.path());
        server.stop();
        runtime().block_on(async {
            let store = Store::open_postgres(&database, "reader").await.unwrap();
            audit_is_whole(&store, &fixture.manifest).await;
        });
    }
}

/// The tests above would notice: one bit of one sealed key, and only that key is not given out; a bit
/// of the master key, and nothing starts.
#[test]
fn a_damaged_copy_is_noticed() {
    for fixture in fixtures("sqlite") {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fixture.copy(&data);
        let database = data.join("chancery.db");
        let good = text(&fixture.manifest["revocation"]["good"]);
        let env = fs::read_to_string(data.join("client.env")).unwrap();
        let account = env
            .lines()
            .find_map(|line| line.strip_prefix("HUAWEICLOUD_SDK_DOMAIN_ID="))
            .unwrap();
        let sealed = runtime().block_on(async {
            let store = Store::open_sqlite(&database).await.unwrap();
            let row = store.private_certificate(account, good).await.unwrap();
            row.unwrap().sealed_key.unwrap()
        });
        let mut bytes = fs::read(&database).unwrap();
        let at = bytes
            .windows(sealed.len())
            .position(|window| window == sealed)
            .unwrap();
        bytes[at + sealed.len() - 1] ^= 1;
        fs::write(&database, bytes).unwrap();

        let server = fixture.start(&data, &[]);
        let admin = Caller {
            server: &server,
            token: server.token(),
            folder: folder.path(),
        };
        let lost = admin.lost(&fixture.manifest["disclosures"]);
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert!(
            lost[0].starts_with(&format!("{CERTIFICATES}/{good}/export: 500")),
            "{lost:?}"
        );
        server.stop();

        let path = data.join("master.key");
        let mut key = fs::read(&path).unwrap();
        key[0] = if key[0] == b'0' { b'1' } else { b'0' };
        fs::write(&path, key).unwrap();
        let refused = command("serve", &data).output().unwrap();
        assert!(!refused.status.success());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains("with another master.key than"), "{said}");
    }
}
