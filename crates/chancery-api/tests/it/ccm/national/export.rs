//! The eight national forms of an export.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chancery_crypto::PrivateKey;
use chancery_pki::{Certificate, envelope};
use chancery_store::AuditFilter;
use serde_json::{Value, json};

use super::{desk, exported, pair, pair_from_csr};
use crate::ccm::certificates::export::{files, send};
use crate::ccm::{CERTIFICATES, text};
use crate::support::{Api, fields};
use crate::tools::{installed, openssl, write};

/// Names, in their order, and contents of the files of an archive.
async fn archive(api: &Api, id: &str, standard: bool, password: &str) -> Vec<(String, String)> {
    let body = json!({
        "type": "OTHER", "is_compressed": "true", "is_sm_standard": standard.to_string(),
        "password": password,
    });
    let response = send(api, id, &body).await;
    let disposition = response.headers()["content-disposition"].to_str().unwrap();
    assert!(
        disposition.contains("example.com_other.zip\""),
        "{disposition}"
    );
    let texts = |(name, content)| (name, String::from_utf8(content).unwrap());
    files(response).await.into_iter().map(texts).collect()
}

fn names(files: &[(String, String)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

fn certificate(pem: &str) -> Certificate {
    Certificate::from_pem(pem).unwrap()
}

/// Opens both envelopes with the signing key: each holds the key of the encryption certificate.
fn open_both(enveloped_key: &str, signed: &str, recipient: &PrivateKey, ca: &str, enc: &str) {
    let der = |text: &str| BASE64_STANDARD.decode(text).unwrap();
    let opened = envelope::open_enveloped_key(&der(enveloped_key), recipient).unwrap();
    let ca = certificate(ca);
    let signed = envelope::open_signed_and_enveloped(&der(signed), recipient, &ca).unwrap();
    for key in [opened, signed] {
        assert_eq!(key.public_key_der(), certificate(enc).public_key_der());
    }
}

/// The first certificate of a chain: the issuing CA.
fn first(chain: &str) -> &str {
    let end = "-----END CERTIFICATE-----";
    chain.split_inclusive(end).next().unwrap()
}

#[tokio::test]
async fn archives_of_keys_made_here() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    for password in ["", "test"] {
        let label = match password {
            "" => "-----BEGIN PRIVATE KEY-----\n",
            _ => "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        };
        let files = archive(&api, &id, true, password).await;
        assert_eq!(
            names(&files),
            [
                "chain.pem",
                "signCert.key",
                "signCert.pem",
                "encSm2EnvelopedKey.key",
                "signedAndEnvelopedData.key",
                "encCert.pem",
            ]
        );
        let files: BTreeMap<_, _> = files.into_iter().collect();
        assert!(files["signCert.key"].starts_with(label));
        if password.is_empty() {
            let key = PrivateKey::from_pem(&files["signCert.key"]).unwrap();
            assert_eq!(
                key.public_key_der(),
                certificate(&files["signCert.pem"]).public_key_der()
            );
            open_both(
                &files["encSm2EnvelopedKey.key"],
                &files["signedAndEnvelopedData.key"],
                &key,
                first(&files["chain.pem"]),
                &files["encCert.pem"],
            );
        }

        let files = archive(&api, &id, false, password).await;
        assert_eq!(
            names(&files),
            [
                "chain.pem",
                "signCert.key",
                "signCert.pem",
                "encCert.key",
                "encCert.pem",
            ]
        );
        for (name, content) in files.iter().filter(|(name, _)| name.ends_with(".key")) {
            assert!(content.starts_with(label), "{name}");
        }
    }
}

#[tokio::test]
async fn archives_of_csrs() {
    if !installed("making SM2 CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let (id, key) = pair_from_csr(&api, &issuer, Some("1234567812345678")).await;
    let key = PrivateKey::from_pem(&key).unwrap();
    let files = archive(&api, &id, true, "").await;
    assert_eq!(
        names(&files),
        [
            "chain.pem",
            "signCert.pem",
            "encSm2EnvelopedKey.key",
            "signedAndEnvelopedData.key",
            "encCert.pem",
        ]
    );
    let files: BTreeMap<_, _> = files.into_iter().collect();
    open_both(
        &files["encSm2EnvelopedKey.key"],
        &files["signedAndEnvelopedData.key"],
        &key,
        first(&files["chain.pem"]),
        &files["encCert.pem"],
    );
    let files = archive(&api, &id, false, "").await;
    assert_eq!(
        names(&files),
        ["chain.pem", "signCert.pem", "encCert.key", "encCert.pem"]
    );
    let files: BTreeMap<_, _> = files.into_iter().collect();
    let key = PrivateKey::from_pem(&files["encCert.key"]).unwrap();
    let enc = certificate(&files["encCert.pem"]);
    assert_eq!(key.public_key_der(), enc.public_key_der());
}

#[tokio::test]
async fn texts_of_keys_made_here() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    let standard = exported(&api, &id, json!({ "is_sm_standard": "true" })).await;
    assert_eq!(
        fields(&standard),
        [
            "certificate",
            "certificate_chain",
            "enc_certificate",
            "enc_sm2_enveloped_key",
            "private_key",
            "signed_and_enveloped_data",
        ]
    );
    let key = PrivateKey::from_pem(&text(&standard["private_key"])).unwrap();
    open_texts(&standard, &key);

    // Not the standard is what is meant when nothing is said.
    for more in [json!({}), json!({ "is_sm_standard": "false" })] {
        let plain = exported(&api, &id, more).await;
        assert_eq!(
            fields(&plain),
            [
                "certificate",
                "certificate_chain",
                "enc_certificate",
                "enc_private_key",
                "private_key",
            ]
        );
        for (field, key) in [
            ("certificate", "private_key"),
            ("enc_certificate", "enc_private_key"),
        ] {
            let key = text(&plain[key]);
            assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\r\n"));
            let key = PrivateKey::from_pem(&key).unwrap();
            let certificate = certificate(&text(&plain[field]));
            assert_eq!(key.public_key_der(), certificate.public_key_der());
        }
    }
}

fn open_texts(answer: &Value, key: &PrivateKey) {
    open_both(
        &text(&answer["enc_sm2_enveloped_key"]),
        &text(&answer["signed_and_enveloped_data"]),
        key,
        first(&text(&answer["certificate_chain"])),
        &text(&answer["enc_certificate"]),
    );
}

#[tokio::test]
async fn texts_of_csrs() {
    if !installed("making SM2 CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let (id, key) = pair_from_csr(&api, &issuer, None).await;
    let standard = exported(&api, &id, json!({ "is_sm_standard": true })).await;
    assert_eq!(
        fields(&standard),
        [
            "certificate",
            "certificate_chain",
            "enc_certificate",
            "enc_sm2_enveloped_key",
            "signed_and_enveloped_data",
        ]
    );
    open_texts(&standard, &PrivateKey::from_pem(&key).unwrap());
    let plain = exported(&api, &id, json!({ "is_sm_standard": false })).await;
    assert_eq!(
        fields(&plain),
        [
            "certificate",
            "certificate_chain",
            "enc_certificate",
            "enc_private_key",
        ]
    );
}

#[tokio::test]
async fn a_password_encrypts_both_keys() {
    if !installed("reading encrypted keys", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    let answer = exported(&api, &id, json!({ "password": "test" })).await;
    let folder = tempfile::tempdir().unwrap();
    for (certificate, key) in [
        ("certificate", "private_key"),
        ("enc_certificate", "enc_private_key"),
    ] {
        let key = text(&answer[key]);
        assert!(key.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\r\n"));
        write(
            folder.path(),
            &[("key.pem", &key), ("c.pem", &text(&answer[certificate]))],
        );
        let run = |arguments: &[&str]| openssl(folder.path(), arguments);
        assert_eq!(
            run(&["pkey", "-in", "key.pem", "-passin", "pass:test", "-pubout"]),
            run(&["x509", "-in", "c.pem", "-noout", "-pubkey"])
        );
    }
}

#[tokio::test]
async fn only_other_has_a_form_for_pairs() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    let path = format!("{CERTIFICATES}/{id}/export");
    for kind in ["APACHE", "NGINX", "IIS", "TOMCAT"] {
        for compressed in ["true", "false"] {
            for standard in ["true", "false"] {
                let body = json!({
                    "type": kind, "is_compressed": compressed, "is_sm_standard": standard,
                });
                let text = "type must be OTHER for an SM2 certificate";
                api.refused(("POST", &path), Some(body), (400, "PCA.10010204"), text)
                    .await;
            }
        }
    }
    let exports = AuditFilter {
        action: Some("pca:cert:export".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&exports, 10, 0).await.unwrap().rows;
    assert_eq!(rows.len(), 0);
}

#[tokio::test]
async fn the_audit_says_what_was_given_out() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    exported(&api, &id, json!({ "is_sm_standard": "true" })).await;
    exported(&api, &id, json!({ "is_sm_standard": "false" })).await;
    let exports = AuditFilter {
        action: Some("pca:cert:export".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&exports, 10, 0).await.unwrap().rows;
    let mut given: Vec<(bool, bool)> = rows
        .iter()
        .map(|row| {
            let detail: Value = serde_json::from_str(&row.detail).unwrap();
            let told = |field: &str| detail[field].as_bool().unwrap();
            (told("enc_private_key"), told("enc_envelopes"))
        })
        .collect();
    given.sort_unstable();
    assert_eq!(given, [(false, true), (true, false)]);

    // What cannot be written down is not given out.
    api.faults.refuse(Some("private_certificate.export"));
    let body = json!({ "type": "OTHER", "is_compressed": "false" });
    let path = format!("{CERTIFICATES}/{id}/export");
    let (status, answer) = api.call("POST", &path, Some(body)).await;
    assert_eq!(status, 500);
    assert_eq!(fields(&answer), ["error_code", "error_msg"]);
}

#[tokio::test]
async fn a_pair_can_be_exported_after_its_ca_was_disabled() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    api.move_ca(&issuer, "/disable").await;
    let answer = exported(&api, &id, json!({ "is_sm_standard": "true" })).await;
    let key = PrivateKey::from_pem(&text(&answer["private_key"])).unwrap();
    open_texts(&answer, &key);
}
