//! Revocation as relying parties see it: OpenSSL asks the listener that `chancery serve` opens.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chancery_store::{Store, Transaction};
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
    let body = json!({
        "issuer_id": issuing, "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "distinguished_name": { "common_name": "www.example.com" },
        "validity": { "type": "DAY", "value": 30 },
    });
    let id = desk.post(CERTIFICATES, &body)["certificate_id"].clone();
    let one = format!("{CERTIFICATES}/{}", id.as_str().unwrap());
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

    let reason = json!({ "reason": "KEY_COMPROMISE" });
    desk.post(&format!("{one}/revoke"), &reason);
    check(Some("certificate revoked"), "www.pem");
    ask("/ocsp", "issuing", "www.pem", "revoked");
    let (_, said) = desk.run("openssl", "crl -in issuing.crl.pem -noout -text");
    assert!(said.contains("Key Compromise"), "{said}");

    check(None, "issuing.pem");
    desk.post(&format!("{CAS}/{issuing}/revoke"), &json!({}));
    desk.fetch(&format!("{url}/crl/{root}.crl"), "root.crl");
    desk.says(
        "openssl",
        "crl -inform DER -in root.crl -out root.crl.pem",
        "",
    );
    let verify = "verify -CAfile root.pem -crl_check -CRLfile root.crl.pem issuing.pem";
    let (success, said) = desk.run("openssl", verify);
    assert!(!success && said.contains("certificate revoked"), "{said}");
    ask("/ocsp", "root", "issuing.pem", "revoked");

    // Plain HTTP serves nothing else.
    for path in [
        "/openapi.json",
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
    let root = desk.ca("root", &json!({}));
    let lists = json!({ "obs_bucket_name": "acme-lists", "valid_days": 7 });
    desk.post(&format!("{CAS}/{root}/crl/enable"), &lists);
    let body = json!({
        "issuer_id": root, "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "distinguished_name": { "common_name": "www.example.com" },
        "validity": { "type": "DAY", "value": 30 },
    });
    let answer = desk.post(CERTIFICATES, &body);
    let id = answer["certificate_id"].as_str().unwrap().to_owned();
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
    let url = format!("http://{listen}/crl/{root}.crl");
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let fetched = Command::new("curl")
            .args([
                "-sS",
                "-D",
                "-",
                "-o",
                "/dev/null",
                "--max-time",
                "30",
                &url,
            ])
            .output()
            .unwrap();
        let head = String::from_utf8_lossy(&fetched.stdout).to_lowercase();
        if head.contains("etag: \"2\"") {
            break;
        }
        assert!(Instant::now() < deadline, "{head}");
        std::thread::sleep(Duration::from_millis(100));
    }
    server.stop();
}
