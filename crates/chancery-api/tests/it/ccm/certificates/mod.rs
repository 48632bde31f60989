//! `/v1/private-certificates`.

mod contents;
pub(super) mod export;
mod from_request;
mod intermediate;
mod lists;
mod rules;
mod validity;

use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, NO_ID, certificate, name, root, subordinate, text, with, without};
use crate::support::{Api, DAY, MINUTE, NOW};
use crate::tools::{installed, openssl, printed, write};

/// A desk with a root CA, valid for ten years.
async fn desk() -> (Api, String) {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    (api, issuer)
}

/// Certificate, chain and key as JSON shows them.
pub(crate) async fn exported(api: &Api, id: &str) -> Value {
    let body = json!({ "type": "OTHER", "is_compressed": false });
    let path = format!("{CERTIFICATES}/{id}/export");
    api.succeed("POST", &path, Some(body)).await
}

#[tokio::test]
async fn a_certificate_is_shown() {
    let (api, issuer) = desk().await;
    let id = api
        .new_certificate(certificate("www.example.com", &issuer))
        .await;
    let shown = api
        .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
        .await;
    let serial = text(&shown["serial_number"]);
    assert!((16..=40).contains(&serial.len()), "{serial}");
    assert_eq!(
        shown,
        json!({
            "certificate_id": id, "status": "ISSUED",
            "issuer_id": issuer, "issuer_name": "root",
            "key_algorithm": "EC256", "signature_algorithm": "SHA256",
            "freeze_flag": 0, "gen_mode": "GENERATE", "serial_number": serial,
            "create_time": NOW, "delete_time": null,
            "not_before": NOW - MINUTE, "not_after": NOW + 30 * DAY,
            // What it leaves out it has from its issuer.
            "distinguished_name": name("www.example.com"),
            "enc_cert_info": null, "enterprise_project_id": "0",
        })
    );
}

#[tokio::test]
async fn openssl_reads_what_was_asked_for() {
    if !installed("reading issued certificates", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let body = with(
        &certificate("www.example.com", &issuer),
        &json!({
            "distinguished_name": {
                "common_name": "www.example.com", "organization": "Leaf , Co",
                "country": "DE", "state": "", "locality": "Muenchen",
            },
            "key_usages": ["digitalSignature", "keyAgreement"],
            "subject_alternative_names": [
                { "type": "DNS", "value": "*.example.com" },
                { "type": "IP", "value": "192.0.2.1" },
                { "type": "IP", "value": "2001:db8::1" },
                { "type": "EMAIL", "value": "ops@example.com" },
                { "type": "URI", "value": "https://example.com/x" },
            ],
            "extended_key_usage": {
                "server_auth": true, "client_auth": true, "code_signing": false,
                "email_protection": null, "smart_card_logon": true,
            },
            "customized_extension": {
                "object_identifier": "1.3.6.1.4.1.2011.4.99", "value": "ours",
            },
        }),
    );
    let id = api.new_certificate(body).await;
    let answer = exported(&api, &id).await;
    let said = printed(&text(&answer["certificate"]));
    for line in [
        "Subject: C = DE, ST = Guangdong, L = Muenchen, O = \"Leaf , Co\", OU = ops, \
         CN = www.example.com",
        "Digital Signature, Key Agreement",
        "DNS:*.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, \
         email:ops@example.com, URI:https://example.com/x",
        "TLS Web Server Authentication, TLS Web Client Authentication, Microsoft Smartcard Login",
        "1.3.6.1.4.1.2011.4.99",
        "Not Before: Jun  1 11:59:00 2026 GMT",
        "Not After : Jul  1 12:00:00 2026 GMT",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Key Identifier",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("CA:TRUE"), "{said}");
}

#[tokio::test]
async fn the_common_name_of_a_server_is_an_alternative_name() {
    let (api, issuer) = desk().await;
    for (common_name, expected) in [
        ("www.example.com", Some("www.example.com")),
        ("*.example.com", Some("*.example.com")),
        ("192.0.2.7", Some("192.0.2.7")),
        ("Jane Doe", None),
        ("汉字", None),
    ] {
        let id = api.new_certificate(certificate(common_name, &issuer)).await;
        let pem = text(&exported(&api, &id).await["certificate"]);
        let read = chancery_pki::Certificate::from_pem(&pem).unwrap();
        let names: Vec<_> = read.sans().iter().map(|san| san.value()).collect();
        let expected: Vec<_> = expected.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names, expected, "{common_name}");
    }
}

#[tokio::test]
async fn certificates_verify_below_two_cas() {
    if !installed("verifying certificates", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let sub = api.new_ca(subordinate("sub", &issuer, 0)).await;
    let folder = tempfile::tempdir().unwrap();
    let (root, _) = api.exported_ca(&issuer).await;
    let time = (NOW / 1000 + 60).to_string();
    for (algorithm, hash) in [
        ("RSA2048", "SHA256"),
        ("RSA4096", "SHA512"),
        ("EC256", "SHA256"),
        ("EC384", "SHA384"),
    ] {
        let more = json!({ "key_algorithm": algorithm, "signature_algorithm": hash });
        let id = api
            .new_certificate(with(&certificate("www.example.com", &sub), &more))
            .await;
        let answer = exported(&api, &id).await;
        write(
            folder.path(),
            &[
                ("root.pem", &root),
                ("leaf.pem", &text(&answer["certificate"])),
                ("chain.pem", &text(&answer["certificate_chain"])),
                ("leaf.key", &text(&answer["private_key"])),
            ],
        );
        let verify = [
            "verify",
            "-x509_strict",
            "-attime",
            &time,
            "-purpose",
            "sslserver",
            "-verify_hostname",
            "www.example.com",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "chain.pem",
            "leaf.pem",
        ];
        assert!(
            openssl(folder.path(), &verify).contains("OK"),
            "{algorithm}"
        );
        let of_key = openssl(folder.path(), &["pkey", "-in", "leaf.key", "-pubout"]);
        let of_leaf = openssl(
            folder.path(),
            &["x509", "-in", "leaf.pem", "-noout", "-pubkey"],
        );
        assert_eq!(of_key, of_leaf, "{algorithm}");
    }
}

#[tokio::test]
async fn certificates_are_revoked_once() {
    let (api, issuer) = desk().await;
    let new = || api.new_certificate(certificate("www.example.com", &issuer));
    for reason in [
        None,
        Some(""),
        Some("UNSPECIFIED"),
        Some("KEY_COMPROMISE"),
        Some("CERTIFICATE_AUTHORITY_COMPROMISE"),
        Some("AFFILIATION_CHANGED"),
        Some("SUPERSEDED"),
        Some("CESSATION_OF_OPERATION"),
        Some("CERTIFICATE_HOLD"),
        Some("PRIVILEGE_WITHDRAWN"),
        Some("ATTRIBUTE_AUTHORITY_COMPROMISE"),
    ] {
        let id = new().await;
        let path = format!("{CERTIFICATES}/{id}/revoke");
        let body = match reason {
            Some(reason) => json!({ "reason": reason }),
            None => json!({}),
        };
        let answer = api.succeed("POST", &path, Some(body.clone())).await;
        assert_eq!(answer, Value::Null);
        let shown = api
            .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
            .await;
        assert_eq!(shown["status"], "REVOKED");
        let text = "a certificate in state REVOKED cannot be revoked";
        api.refused(("POST", &path), Some(body), (400, "PCA.10010201"), text)
            .await;
    }
    let id = new().await;
    let path = format!("{CERTIFICATES}/{id}/revoke");
    for (body, text) in [
        (None, "the body must be a JSON object"),
        (
            Some(json!({ "reason": "unspecified" })),
            "reason must be one of UNSPECIFIED, KEY_COMPROMISE",
        ),
        (
            Some(json!({ "reason": "REMOVE_FROM_CRL" })),
            "reason must be one of",
        ),
        (Some(json!({ "reason": 1 })), "reason must be a string"),
    ] {
        api.refused(("POST", &path), body, (400, "PCA.10010105"), text)
            .await;
    }
    api.clock.advance_ms(30 * DAY);
    let mut api = api;
    api.log_in_again().await;
    let text = "a certificate in state EXPIRED cannot be revoked";
    let body = Some(json!({}));
    api.refused(("POST", &path), body, (400, "PCA.10010201"), text)
        .await;
}

#[tokio::test]
async fn certificates_are_deleted_in_any_state() {
    let (mut api, issuer) = desk().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(
            api.new_certificate(certificate("www.example.com", &issuer))
                .await,
        );
    }
    let path = |id: &str| format!("{CERTIFICATES}/{id}");
    let revoke = format!("{}/revoke", path(&ids[0]));
    api.succeed("POST", &revoke, Some(json!({}))).await;
    for id in &ids[..2] {
        assert_eq!(api.succeed("DELETE", &path(id), None).await, Value::Null);
    }
    api.clock.advance_ms(30 * DAY);
    api.log_in_again().await;
    api.succeed("DELETE", &path(&ids[2]), None).await;
    for id in &ids {
        for method in ["GET", "DELETE"] {
            let missing = format!("the private certificate {id} does not exist");
            api.refused((method, &path(id)), None, (404, "PCA.10010002"), &missing)
                .await;
        }
    }
    assert_eq!(api.succeed("GET", CERTIFICATES, None).await["total"], 0);
}

#[tokio::test]
async fn certificates_are_hidden_from_other_accounts() {
    let (api, issuer) = desk().await;
    let other = api.other_account().await;
    let ours = api
        .new_certificate(certificate("www.example.com", &issuer))
        .await;
    let export = json!({ "type": "OTHER", "is_compressed": "false" });
    for id in [ours.as_str(), NO_ID] {
        for (method, step, body) in [
            ("GET", "", None),
            ("DELETE", "", None),
            ("POST", "/export", Some(export.clone())),
            ("POST", "/revoke", Some(json!({}))),
        ] {
            let path = format!("{CERTIFICATES}/{id}{step}");
            let (status, answer) = api.call_as(&other.token, method, &path, body).await;
            assert_eq!(status, 404, "{method} {step}: {answer}");
            assert_eq!(
                answer,
                json!({
                    "error_code": "PCA.10010002",
                    "error_msg": format!("the private certificate {id} does not exist"),
                })
            );
        }
    }
    let body = Some(certificate("theirs", &issuer));
    let (status, answer) = api.call_as(&other.token, "POST", CERTIFICATES, body).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (404, &json!("PCA.10010002"))
    );
    let (_, answer) = api.call_as(&other.token, "GET", CERTIFICATES, None).await;
    assert_eq!(answer, json!({ "total": 0, "certificates": [] }));
    let shown = api
        .succeed("GET", &format!("{CERTIFICATES}/{ours}"), None)
        .await;
    assert_eq!(shown["status"], "ISSUED");
}

#[tokio::test]
async fn an_id_has_one_form() {
    let (api, _) = desk().await;
    let rule = "certificate_id must be an id: ";
    for (method, rest) in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/export"),
        ("POST", "/revoke"),
    ] {
        let path = format!("{CERTIFICATES}/{}{rest}", NO_ID.to_ascii_uppercase() + "A");
        let call = (method, path.as_str());
        let body = Some(json!({ "type": "OTHER", "is_compressed": false }));
        api.refused(call, body, (400, "PCA.10010105"), rule).await;
    }
}
