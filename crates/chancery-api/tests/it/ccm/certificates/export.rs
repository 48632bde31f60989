//! `POST /v1/private-certificates/{certificate_id}/export`.

use std::io::Read;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use chancery_store::AuditFilter;
use http::Request;
use serde_json::{Value, json};

use super::{CERTIFICATES, certificate, desk, text, with};
use crate::ccm::subordinate;
use crate::support::{Api, DAY, fields, read};
use crate::tools::{installed, openssl, run, write};

/// Asks for an export.
pub(in crate::ccm) async fn send(api: &Api, id: &str, body: &Value) -> Response {
    let request = Request::post(format!("{CERTIFICATES}/{id}/export"))
        .header("x-auth-token", &api.token)
        .header("content-type", "application/json");
    api.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

/// Names and contents of the files of an archive, in their order.
pub(in crate::ccm) async fn files(response: Response) -> Vec<(String, Vec<u8>)> {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/zip");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let name = file.name().unwrap().into_owned();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

/// A certificate whose key is the desk's, and one from a CSR, below a subordinate CA.
async fn two(api: &Api, issuer: &str) -> (String, Option<String>) {
    let sub = api.new_ca(subordinate("sub", issuer, 0)).await;
    let made = api.new_certificate(certificate("*.例.example", &sub)).await;
    if !installed("exporting what a CSR led to", "openssl") {
        return (made, None);
    }
    let folder = tempfile::tempdir().unwrap();
    openssl(
        folder.path(),
        &[
            "req", "-new", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=csr", "-keyout", "r.key",
            "-out", "r.csr",
        ],
    );
    let csr = std::fs::read_to_string(folder.path().join("r.csr")).unwrap();
    let body = json!({
        "issuer_id": sub, "csr": csr, "validity": { "type": "DAY", "value": 1 },
    });
    let path = format!("{CERTIFICATES}/csr");
    let answer = api.succeed("POST", &path, Some(body)).await;
    (made, Some(text(&answer["certificate_id"])))
}

#[tokio::test]
async fn archives_hold_the_documented_files() {
    let (api, issuer) = desk().await;
    let (made, from_csr) = two(&api, &issuer).await;
    let made_files: [(&str, &[&str], &[&str]); 5] = [
        (
            "APACHE",
            &["chain.crt", "server.crt", "server.key"],
            &["chain.crt", "server.crt", "server.key"],
        ),
        (
            "nginx",
            &["server.crt", "server.key"],
            &["server.crt", "server.key"],
        ),
        ("Iis", &["keystorePass.txt", "server.pfx"], &["server.pfx"]),
        (
            "tomcat",
            &["keystorePass.txt", "server.jks"],
            &["server.jks"],
        ),
        (
            "other",
            &["chain.pem", "server.key", "server.pem"],
            &["chain.pem", "server.key", "server.pem"],
        ),
    ];
    for (kind, plain, encrypted) in made_files {
        for (password, expected) in [("", plain), ("test", encrypted)] {
            let body = json!({ "type": kind, "is_compressed": "true", "password": password });
            let response = send(&api, &made, &body).await;
            let lower = kind.to_lowercase();
            assert_eq!(
                response.headers()["content-disposition"].to_str().unwrap(),
                format!(
                    "attachment; filename=\"_.u4f8b.example_{lower}.zip\"; \
                     filename*=UTF-8''%2A.%E4%BE%8B.example_{lower}.zip"
                )
            );
            let files = files(response).await;
            let mut names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{kind} {password}");
            if let Some((_, key)) = files.iter().find(|(name, _)| name == "server.key") {
                let key = String::from_utf8(key.clone()).unwrap();
                let label = match password {
                    "" => "-----BEGIN PRIVATE KEY-----\n",
                    _ => "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
                };
                assert!(key.starts_with(label), "{kind} {password}");
                assert!(!key.contains('\r'));
            }
        }
    }
    let Some(from_csr) = from_csr else { return };
    for (kind, expected) in [
        ("APACHE", &["chain.crt", "server.crt"][..]),
        ("IIS", &["chain.crt", "server.crt"]),
        ("TOMCAT", &["chain.crt", "server.crt"]),
        ("NGINX", &["server.crt"]),
        ("OTHER", &["cert.pem", "chain.pem"]),
    ] {
        // There is no key that a password could encrypt.
        for password in ["", "test"] {
            let body = json!({ "type": kind, "is_compressed": true, "password": password });
            let files = files(send(&api, &from_csr, &body).await).await;
            let mut names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, expected, "{kind}");
        }
    }
}

#[tokio::test]
async fn texts_have_the_documented_fields() {
    let (api, issuer) = desk().await;
    let (made, from_csr) = two(&api, &issuer).await;
    for kind in ["APACHE", "NGINX", "OTHER", "other"] {
        let body = json!({ "type": kind, "is_compressed": "false", "is_sm_standard": "" });
        let response = send(&api, &made, &body).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        let (status, answer) = read(response).await;
        assert_eq!(status, 200);
        assert_eq!(
            fields(&answer),
            ["certificate", "certificate_chain", "private_key"]
        );
        for (field, blocks, ends) in [
            ("certificate", 1, false),
            ("certificate_chain", 2, false),
            ("private_key", 1, true),
        ] {
            let pem = text(&answer[field]);
            assert_eq!(pem.matches("-----BEGIN ").count(), blocks, "{field}");
            assert_eq!(pem.ends_with("\r\n"), ends, "{field}");
            assert_eq!(
                pem.matches('\n').count(),
                pem.matches("\r\n").count(),
                "{field}"
            );
            assert!(!pem.contains("\r\n\r\n"), "{field}");
        }
        let leaf = chancery_pki::Certificate::from_pem(&text(&answer["certificate"])).unwrap();
        let key = chancery_crypto::PrivateKey::from_pem(&text(&answer["private_key"])).unwrap();
        assert_eq!(leaf.public_key_der(), key.public_key_der());
    }
    for kind in ["IIS", "TOMCAT"] {
        let body = json!({ "type": kind, "is_compressed": "false" });
        let (status, answer) = read(send(&api, &made, &body).await).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (400, &json!("PCA.10010204"))
        );
        let message = text(&answer["error_msg"]);
        assert!(
            message.contains("they need is_compressed to be true"),
            "{message}"
        );
    }
    let Some(from_csr) = from_csr else { return };
    for kind in ["APACHE", "IIS", "NGINX", "TOMCAT", "OTHER"] {
        let body = json!({ "type": kind, "is_compressed": "False", "password": "test" });
        let (status, answer) = read(send(&api, &from_csr, &body).await).await;
        assert_eq!(status, 200);
        assert_eq!(fields(&answer), ["certificate", "certificate_chain"]);
    }
}

#[tokio::test]
async fn a_password_encrypts_the_key() {
    if !installed("reading encrypted keys", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    for algorithm in ["RSA2048", "EC384"] {
        let more = json!({ "key_algorithm": algorithm });
        let id = api
            .new_certificate(with(&certificate("www.example.com", &issuer), &more))
            .await;
        let password = "Az09,.+-_#0123456789012345678901";
        assert_eq!(password.len(), 32);
        let body = json!({ "type": "OTHER", "is_compressed": "false", "password": password });
        let (_, answer) = read(send(&api, &id, &body).await).await;
        let key = text(&answer["private_key"]);
        assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n"));
        write(
            folder.path(),
            &[
                ("leaf.key", &key),
                ("leaf.pem", &text(&answer["certificate"])),
            ],
        );
        let pass = format!("pass:{password}");
        let arguments = ["pkey", "-in", "leaf.key", "-pubout", "-passin", &pass];
        let of_key = openssl(folder.path(), &arguments);
        let of_leaf = openssl(
            folder.path(),
            &["x509", "-in", "leaf.pem", "-noout", "-pubkey"],
        );
        assert_eq!(of_key, of_leaf);
        let wrong = ["pkey", "-in", "leaf.key", "-passin", "pass:wrong"];
        assert!(!run(folder.path(), "openssl", &wrong).0);
        // Without one, RSA keys are PKCS#1.
        let body = json!({ "type": "OTHER", "is_compressed": "false" });
        let (_, answer) = read(send(&api, &id, &body).await).await;
        let label = match algorithm {
            "RSA2048" => "-----BEGIN RSA PRIVATE KEY-----",
            _ => "-----BEGIN PRIVATE KEY-----",
        };
        assert!(text(&answer["private_key"]).starts_with(label));
    }
}

#[tokio::test]
async fn requests_that_are_refused() {
    let (api, issuer) = desk().await;
    let id = api.new_certificate(certificate("n", &issuer)).await;
    let password = "password must have 1 to 32 characters";
    for (body, text) in [
        (json!({ "is_compressed": "true" }), "type is required"),
        (
            json!({ "type": "OTHER" }),
            "is_compressed is required: it must be true or false",
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "" }),
            "is_compressed is required: it must be true or false",
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "yes" }),
            "is_compressed must be true or false",
        ),
        (
            json!({ "type": "OTHER", "is_compressed": 1 }),
            "is_compressed must be true or false",
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "true", "is_sm_standard": "maybe" }),
            "is_sm_standard must be true or false",
        ),
        (
            json!({ "type": "LIGHTTPD", "is_compressed": "true" }),
            "type must be one of APACHE, NGINX, IIS, TOMCAT, OTHER",
        ),
        (
            json!({ "type": "", "is_compressed": "true" }),
            "type must be one of",
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "true", "password": "p".repeat(33) }),
            password,
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "true", "password": "s3cret!" }),
            password,
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "true", "password": "s3cret/" }),
            password,
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "true", "password": "密码" }),
            password,
        ),
        (
            json!({ "type": "OTHER", "is_compressed": "true", "password": 31337 }),
            "password must be a string",
        ),
    ] {
        let (status, answer) = read(send(&api, &id, &body).await).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert_eq!(answer["error_code"], "PCA.10010105", "{body}");
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(text), "{body}: {message}");
        assert!(!message.contains("s3cret") && !message.contains("31337"));
    }
}

#[tokio::test]
async fn only_issued_certificates_are_exported() {
    let (mut api, issuer) = desk().await;
    let revoked = api.new_certificate(certificate("n", &issuer)).await;
    let expired = api.new_certificate(certificate("n", &issuer)).await;
    let path = format!("{CERTIFICATES}/{revoked}/revoke");
    api.succeed("POST", &path, Some(json!({}))).await;
    api.clock.advance_ms(30 * DAY);
    api.log_in_again().await;
    for (id, state) in [(revoked, "REVOKED"), (expired, "EXPIRED")] {
        for compressed in ["true", "false"] {
            let body = json!({ "type": "OTHER", "is_compressed": compressed });
            let (status, answer) = read(send(&api, &id, &body).await).await;
            assert_eq!(status, 400);
            assert_eq!(
                answer,
                json!({
                    "error_code": "PCA.10010201",
                    "error_msg": format!("a certificate in state {state} cannot be exported"),
                })
            );
        }
    }
}

#[tokio::test]
async fn an_export_is_audited_before_it_is_answered() {
    let (api, issuer) = desk().await;
    let id = api.new_certificate(certificate("n", &issuer)).await;
    let body = json!({ "type": "APACHE", "is_compressed": "false", "password": "hunter2" });
    let response = send(&api, &id, &body).await;
    let request_id = response.headers()["x-request-id"].to_str().unwrap();
    let filter = AuditFilter {
        action: Some("pca:cert:export".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&filter, 10, 0).await.unwrap().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].resource, id);
    assert_eq!(rows[0].request_id, request_id);
    assert_eq!(rows[0].domain_id, api.domain_id);
    let detail: Value = serde_json::from_str(&rows[0].detail).unwrap();
    assert_eq!(
        detail,
        json!({
            "type": "apache", "is_compressed": false, "private_key": true, "encrypted": true,
            "enc_private_key": false, "enc_envelopes": false,
        })
    );
    // What cannot be written down is not given out.
    api.faults.refuse(Some("private_certificate.export"));
    let (status, answer) = read(send(&api, &id, &body).await).await;
    assert_eq!(status, 500);
    assert_eq!(fields(&answer), ["error_code", "error_msg"]);
    api.faults.refuse(None);
    assert_eq!(send(&api, &id, &body).await.status(), 200);
}

#[tokio::test]
async fn keys_come_back_after_a_restart() {
    let (api, issuer) = desk().await;
    let id = api.new_certificate(certificate("n", &issuer)).await;
    let body = json!({ "type": "OTHER", "is_compressed": "false" });
    let before = read(send(&api, &id, &body).await).await;
    let api = api.restart().await;
    assert_eq!(read(send(&api, &id, &body).await).await, before);
}
