//! Revocation as relying parties see it: OpenSSL asks the listener that `chancery serve` opens.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chancery_store::{Store, Transaction};
use chancery_testing::postgres::TestPg;
use serde_json::{Value, json};

use crate::support::{Server, free_port};

const CAS: &str = "/v1/private-certificate-authorities";
const CERTIFICATES: &str = "/v1/private-certificates";

/// An administrator at the desk, and a folder of files.
struct Desk<'a> {
    server: &'a Server,
    token: String,
    folder: &'a Path,
}

impl Desk<'_> {
    fn post(&self, path: &str, body: &Value) -> Value {
        let arguments = ["-H", &self.token, "-H", "Content-Type: application/json"];
        let body = body.to_string();
        let arguments = [&arguments[..], &["-d", &body]].concat();
        let (status, _, answer) = self.server.curl(&arguments, path);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    fn ca(&self, common_name: &str, more: &Value) -> String {
        let mut body = json!({
            "type": "ROOT", "key_algorithm": "EC256", "signature_algorithm": "SHA256",
            "validity": { "type": "YEAR", "value": 1 },
            "distinguished_name": {
                "common_name": common_name, "country": "CN", "state": "Guangdong",
                "locality": "Shenzhen", "organization": "Acme", "organizational_unit": "ops",
            },
        });
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        self.post(CAS, &body)["ca_id"].as_str().unwrap().to_owned()
    }

    /// A root with revocation lists.
    fn listing_root(&self) -> String {
        let root = self.ca("root", &json!({}));
        let lists = json!({ "obs_bucket_name": "acme-lists", "valid_days": 7 });
        self.post(&format!("{CAS}/{root}/crl/enable"), &lists);
        root
    }

    /// A new certificate of a CA.
    fn certificate(&self, issuer: &str) -> String {
        let body = json!({
            "issuer_id": issuer, "key_algorithm": "EC256", "signature_algorithm": "SHA256",
            "distinguished_name": { "common_name": "www.example.com" },
            "validity": { "type": "DAY", "value": 30 },
        });
        let answer = self.post(CERTIFICATES, &body);
        answer["certificate_id"].as_str().unwrap().to_owned()
    }

    fn revoke(&self, certificate: &str) {
        let path = format!("{CERTIFICATES}/{certificate}/revoke");
        self.post(&path, &json!({ "reason": "KEY_COMPROMISE" }));
    }

    /// Writes the certificate of `path` to a file.
    fn save(&self, path: &str, body: &Value, file: &str) {
        let answer = self.post(&format!("{path}/export"), body);
        std::fs::write(
            self.folder.join(file),
            answer["certificate"].as_str().unwrap(),
        )
        .unwrap();
    }

    fn run(&self, program: &str, arguments: &str) -> (bool, String) {
        let output = Command::new(program)
            .args(arguments.split(' '))
            .current_dir(self.folder)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said)
    }

    /// Runs a program that has to succeed and say something.
    fn says(&self, program: &str, arguments: &str, text: &str) {
        let (success, said) = self.run(program, arguments);
        assert!(success && said.contains(text), "{arguments}: {said}");
    }

    fn fetch(&self, url: &str, file: &str) {
        let (success, said) = self.run("curl", &format!("-sSf -o {file} {url}"));
        assert!(success, "{url}: {said}");
    }
}

/// Asks again until something has happened, for a minute at the most.
fn until<T>(what: &str, happened: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = happened() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The number of the list that is served at an address.
fn number(url: &str) -> u64 {
    let asked = ["-sSf", "-I", "--max-time", "30", url];
    let head = Command::new("curl").args(asked).output().unwrap();
    let head = String::from_utf8_lossy(&head.stdout).to_lowercase();
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: \""));
    tag.unwrap().trim_end_matches('"').parse().unwrap()
}

/// Waits for the list with this number, or a later one.
fn wait_for_list(url: &str, wanted: u64) {
    until(&format!("list {wanted} at {url}"), || {
        (number(url) >= wanted).then_some(())
    });
}

#[test]
fn openssl_sees_what_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let (listen, url) = (
        format!("127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}"),
    );
    let options = ["--listen-pki", &listen, "--pki-url", &url];
    let server = Server::start("serve", &folder.path().join("data"), &options);
    let desk = Desk {
        server: &server,
        token: format!("X-Auth-Token: {}", server.token()),
        folder: folder.path(),
    };

    let root = desk.ca("root", &json!({}));
    let below = json!({ "type": "SUBORDINATE", "issuer_id": root, "path_length": 0,
        "validity": { "type": "MONTH", "value": 6 } });
    let issuing = desk.ca("issuing", &below);
    for id in [&root, &issuing] {
        let lists = json!({ "obs_bucket_name": "acme-lists", "valid_days": 7 });
        desk.post(&format!("{CAS}/{id}/crl/enable"), &lists);
        let on = json!({ "ocsp_switch": true });
        desk.post(&format!("{CAS}/{id}/ocsp/switch"), &on);
    }
    let id = desk.certificate(&issuing);
    let one = format!("{CERTIFICATES}/{id}");
    let text = json!({ "type": "OTHER", "is_compressed": false });
    desk.save(&one, &text, "www.pem");
    desk.save(&format!("{CAS}/{root}"), &json!({}), "root.pem");
    desk.save(&format!("{CAS}/{issuing}"), &json!({}), "issuing.pem");

    // The certificate says where to ask, and there is what it says.
    let (_, said) = desk.run("openssl", "x509 -in www.pem -noout -text");
    for place in [
        format!("{url}/crl/{issuing}.crl"),
        format!("{url}/ocsp/{issuing}"),
        format!("{url}/aia/{issuing}.crt"),
    ] {
        assert!(said.contains(&place), "{place}: {said}");
    }
    desk.fetch(&format!("{url}/aia/{issuing}.crt"), "fetched.crt");
    desk.says(
        "openssl",
        "verify -CAfile root.pem fetched.crt",
        "fetched.crt: OK",
    );

    let check = |expected: Option<&str>, file: &str| {
        for (id, name) in [(&root, "root"), (&issuing, "issuing")] {
            desk.fetch(&format!("{url}/crl/{id}.crl"), "list.crl");
            let read =
                format!("crl -inform DER -in list.crl -CAfile {name}.pem -out {name}.crl.pem");
            desk.says("openssl", &read, "verify OK");
        }
        let verify = format!(
            "verify -CAfile root.pem -untrusted issuing.pem -crl_check_all -CRLfile root.crl.pem \
             -CRLfile issuing.crl.pem {file}"
        );
        let (success, said) = desk.run("openssl", &verify);
        match expected {
            None => assert!(success, "{said}"),
            Some(text) => assert!(!success && said.contains(text), "{said}"),
        }
    };
    let ask = |path: &str, issuer: &str, file: &str, status: &str| {
        for nonce in ["", " -no_nonce"] {
            let ask = format!(
                "ocsp -issuer {issuer}.pem -cert {file} -CAfile root.pem -url {url}{path}{nonce}"
            );
            desk.says("openssl", &ask, &format!("{file}: {status}"));
            desk.says("openssl", &ask, "Response verify OK");
        }
    };
    check(None, "www.pem");
    ask("/ocsp", "issuing", "www.pem", "good");
    ask(&format!("/ocsp/{issuing}"), "issuing", "www.pem", "good");
    ask(&format!("/ocsp/{root}"), "root", "issuing.pem", "good");

    // By OCSP at once, on the list soon.
    desk.revoke(&id);
    ask("/ocsp", "issuing", "www.pem", "revoked");
    wait_for_list(&format!("{url}/crl/{issuing}.crl"), 2);
    check(Some("certificate revoked"), "www.pem");
    let (_, said) = desk.run("openssl", "crl -in issuing.crl.pem -noout -text");
    assert!(said.contains("Key Compromise"), "{said}");

    check(None, "issuing.pem");
    desk.post(&format!("{CAS}/{issuing}/revoke"), &json!({}));
    ask("/ocsp", "root", "issuing.pem", "revoked");
    wait_for_list(&format!("{url}/crl/{root}.crl"), 2);
    desk.fetch(&format!("{url}/crl/{root}.crl"), "root.crl");
    desk.says(
        "openssl",
        "crl -inform DER -in root.crl -out root.crl.pem",
        "",
    );
    let verify = "verify -CAfile root.pem -crl_check -CRLfile root.crl.pem issuing.pem";
    let (success, said) = desk.run("openssl", verify);
    assert!(!success && said.contains("certificate revoked"), "{said}");

    // Plain HTTP serves nothing else.
    for path in [
        "/openapi.json",
        "/docs",
        "/v3/auth/domains",
        "/objects/acme-lists/x.crl",
    ] {
        let (success, said) = desk.run("curl", &format!("-sSf {url}{path}"));
        assert!(!success && said.contains("404"), "{path}: {said}");
    }
    let token = desk.token.split_once(' ').unwrap().1.to_owned();
    let log = server.stop();
    assert!(
        log.contains("route=\"/ocsp\"") && log.contains("status=200"),
        "{log}"
    );
    assert!(!log.contains(&token));
}

/// A process that ends between a revocation and the list that says so: the next one makes the list,
/// without anybody asking for it.
#[test]
fn what_was_left_undone_is_done_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let options = ["--listen-pki", &listen];
    let server = Server::start("serve", &data, &options);
    let desk = Desk {
        server: &server,
        token: format!("X-Auth-Token: {}", server.token()),
        folder: folder.path(),
    };
    let root = desk.listing_root();
    let id = desk.certificate(&root);
    let account = server.env["HUAWEICLOUD_SDK_DOMAIN_ID"].clone();
    server.stop();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open_sqlite(&data.join("chancery.db")).await.unwrap();
        let mut tx = Transaction::new("test.revoke");
        tx.revoke_private_certificate(&account, &id, ("ISSUED", "REVOKED"), 1, None)
            .outdate_crl(&root);
        store.commit(tx).await.unwrap();
    });
    drop(runtime);

    let server = Server::start("serve", &data, &options);
    wait_for_list(&format!("http://{listen}/crl/{root}.crl"), 2);
    server.stop();
}

/// A stop does not wait for lists: what it leaves is marked, and made at the next start.
#[test]
fn what_was_revoked_before_a_stop_is_listed_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let listen = format!("127.0.0.1:{}", free_port());
    let options = ["--listen-pki", &listen];
    let server = Server::start("serve", &data, &options);
    let desk = Desk {
        server: &server,
        token: format!("X-Auth-Token: {}", server.token()),
        folder: folder.path(),
    };
    let root = desk.listing_root();
    let certificates: Vec<_> = (0..3).map(|_| desk.certificate(&root)).collect();
    for id in &certificates {
        desk.revoke(id);
    }
    server.stop();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let left = runtime.block_on(async {
        let store = Store::open_sqlite(&data.join("chancery.db")).await.unwrap();
        store.crl(&root).await.unwrap().unwrap()
    });
    drop(runtime);
    assert_eq!(left.revision, 4, "switched on, and three revocations");

    let server = Server::start("serve", &data, &options);
    let url = format!("http://{listen}/crl/{root}.crl");
    until("a list of three", || (entries(&url) == 3).then_some(()));
    server.stop();
}

/// The serial numbers on the list at an address, by OpenSSL.
fn entries(url: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&folder)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(output.status.success(), "{url}: {said}");
        said
    };
    run("curl", &["-sSf", "--max-time", "30", "-o", "list", url]);
    let read = ["crl", "-inform", "DER", "-in", "list", "-noout", "-text"];
    run("openssl", &read).matches("Serial Number").count()
}

/// Two nodes revoke certificates of one CA: the lists of both tell everything, with one number after
/// the other. What one is told about them, the other one does.
#[test]
fn the_lists_of_two_nodes() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let database = postgres.new_schema("lists_of_two_nodes");
    let data = ["one", "two"].map(|name| folder.path().join(name));
    let listen = [(), ()].map(|()| format!("127.0.0.1:{}", free_port()));
    let start = |node: usize| {
        let options = ["--database", &database, "--listen-pki", &listen[node]];
        Server::start("serve", &data[node], &options)
    };
    let one = start(0);
    std::fs::create_dir(&data[1]).unwrap();
    std::fs::copy(data[0].join("master.key"), data[1].join("master.key")).unwrap();
    let two = start(1);
    let token = format!("X-Auth-Token: {}", one.token());
    let at = |server| Desk {
        server,
        token: token.clone(),
        folder: folder.path(),
    };
    let desks = [at(&one), at(&two)];
    let root = desks[0].listing_root();
    let ids: Vec<_> = (0..8).map(|_| desks[0].certificate(&root)).collect();
    let urls = listen.clone();
    let urls = urls.map(|listen| format!("http://{listen}/crl/{root}.crl"));
    std::thread::scope(|scope| {
        for (desk, ids) in desks.iter().zip(ids[..6].chunks(3)) {
            scope.spawn(move || ids.iter().for_each(|id| desk.revoke(id)));
        }
    });
    let last = std::cell::Cell::new(1);
    until("a list of six", || {
        for url in &urls {
            let found = number(url);
            assert!(found >= last.replace(found), "numbers only grow");
        }
        (entries(&urls[0]) == 6).then_some(())
    });
    // Lists that two nodes make at once are few: one of the two finds that it has nothing to do.
    assert!(last.get() <= 7, "list {}", last.get());

    // The list that one node makes is what both serve, in the bucket too.
    desks[1].revoke(&ids[6]);
    until("a list of seven", || (entries(&urls[0]) == 7).then_some(()));
    let copy = data[1].join(format!("objects/acme-lists/{root}.crl"));
    until("its copy", || copy.exists().then_some(()));
    let object = format!("/objects/acme-lists/{root}.crl");
    for server in [&one, &two] {
        assert_eq!(server.curl(&[], &object).0, 200);
    }

    // Switched off at the one, it is so at the other, which clears its folder at the latest when it
    // starts again.
    desks[0].post(&format!("{CAS}/{root}/crl/disable"), &json!({}));
    for server in [&one, &two] {
        assert_eq!(server.curl(&[], &object).0, 404);
    }
    two.stop();
    let two = start(1);
    until("the copy goes", || (!copy.exists()).then_some(()));
    assert_eq!(
        entries(&urls[1]),
        7,
        "the last list is served until it runs out"
    );
    two.stop();
    one.stop();
}
