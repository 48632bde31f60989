//! What instances have of the SM family, where the operator gives them both categories.

use axum::body::{Body, to_bytes};
use chancery_crypto::PrivateKey;
use chancery_pki::{Certificate, KeyUsage};
use chancery_store::AuditFilter;
use http::Request;
use serde_json::{Value, json};

use super::{create, path};
use crate::support::{Api, DAY};
use crate::{dcs, tools};

const HOST: &str = "https://desk.example:8443";
const INTERNATIONAL: [&str; 4] = ["ca.crt", "server.crt", "server.pem", "server.key"];
const NATIONAL: [&str; 5] = [
    "ca-national.crt",
    "signCert.pem",
    "signCert.key",
    "encCert.pem",
    "encCert.key",
];

/// A desk whose operator has asked for both categories after an instance was made.
async fn desk() -> (Api, String) {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let api = api.restart_with(|settings| settings.dds_national = true);
    (api.await, id)
}

async fn links(api: &Api, id: &str) -> Vec<(String, String)> {
    let link = path(api, &format!("/{id}/ssl-cert/download-link"));
    let answer = api.succeed("GET", &link, None).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let certs = answer["certs"].as_array().unwrap().iter();
    certs
        .map(|cert| (text(&cert["category"]), text(&cert["download_link"])))
        .collect()
}

/// What anyone gets who follows a link.
async fn fetched(api: &Api, link: &str) -> String {
    let request = Request::get(link.strip_prefix(HOST).unwrap());
    let response = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 200);
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

fn bundle_path(id: &str) -> String {
    format!("/chancery/v1/instances/{id}/server-bundle")
}

/// The files of the server bundle, in their order.
async fn bundle(api: &Api, id: &str, query: &str) -> Vec<(String, String)> {
    let path = format!("{}{query}", bundle_path(id));
    let answer = api.succeed("GET", &path, None).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let files = answer["files"].as_array().unwrap().iter();
    files
        .map(|file| (text(&file["name"]), text(&file["content"])))
        .collect()
}

fn content<'a>(files: &'a [(String, String)], name: &str) -> &'a str {
    let found = files.iter().find(|(file, _)| file == name);
    &found.unwrap_or_else(|| panic!("no {name}")).1
}

fn names(files: &[(String, String)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

fn certificate(files: &[(String, String)], name: &str) -> Certificate {
    Certificate::from_pem(content(files, name)).unwrap()
}

#[tokio::test]
async fn both_categories_have_a_link() {
    let (api, id) = desk().await;
    let links = links(&api, &id).await;
    let address = |name| format!("{HOST}/objects/dds-{}/dds/{name}", api.project_id);
    assert_eq!(
        links,
        [
            ("international".to_owned(), address("ca-dds.crt")),
            ("national".to_owned(), address("ca-dds-national.crt")),
        ]
    );
    for ((_, link), algorithm) in links.iter().zip(["SHA256withECDSA", "SM3withSM2"]) {
        let ca = Certificate::from_pem(&fetched(&api, link).await).unwrap();
        assert!(ca.is_ca() && ca.is_self_signed());
        assert_eq!(ca.signature_algorithm().unwrap().jca_name(), algorithm);
    }
}

#[tokio::test]
async fn one_category_has_one_link() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let links = links(&api, &id).await;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].0, "international");
    assert_eq!(names(&bundle(&api, &id, "").await), INTERNATIONAL);
}

#[tokio::test]
async fn the_server_gets_a_pair_that_the_ca_vouches_for() {
    let (api, id) = desk().await;
    let files = bundle(&api, &id, "").await;
    assert_eq!(names(&files), [&INTERNATIONAL[..], &NATIONAL].concat());
    let ca = certificate(&files, "ca-national.crt");
    let (_, link) = links(&api, &id).await.remove(1);
    assert_eq!(
        content(&files, "ca-national.crt"),
        fetched(&api, &link).await
    );

    let sign = certificate(&files, "signCert.pem");
    let enc = certificate(&files, "encCert.pem");
    let server = Certificate::chain_from_pem(content(&files, "server.crt")).unwrap();
    for (half, key) in [(&sign, "signCert.key"), (&enc, "encCert.key")] {
        half.verify_signed_by(&ca).unwrap();
        assert_eq!(half.sans(), server[0].sans());
        let key = PrivateKey::from_pem(content(&files, key)).unwrap();
        assert_eq!(key.public_key_der(), half.public_key_der());
    }
    assert_eq!(sign.subject_der(), enc.subject_der());
    assert_eq!(sign.validity(), enc.validity());
    assert_ne!(sign.public_key_der(), enc.public_key_der());
    assert_eq!(
        sign.key_usages(),
        [KeyUsage::DigitalSignature, KeyUsage::NonRepudiation]
    );
    assert!(enc.key_usages().contains(&KeyUsage::KeyEncipherment));

    if !tools::installed("verifying national pairs", "openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["ca-national.crt", "signCert.pem", "encCert.pem"] {
        tools::write(folder.path(), &[(name, content(&files, name))]);
    }
    let at = (api.desk.now_ms() / 1000).to_string();
    let id = "distid:1234567812345678";
    for half in ["signCert.pem", "encCert.pem"] {
        let trust = ["-CAfile", "ca-national.crt", "-attime", &at];
        let options = ["-x509_strict", "-purpose", "sslserver", "-vfyopt", id];
        let arguments = [&["verify"][..], &trust, &options, &[half]].concat();
        tools::openssl(folder.path(), &arguments);
    }
}

#[tokio::test]
async fn the_pair_is_kept_and_its_keys_are_sealed() {
    let (api, id) = desk().await;
    let first = bundle(&api, &id, "").await;
    let api = api.restart_with(|settings| settings.dds_national = true);
    let api = api.await;
    assert_eq!(bundle(&api, &id, "").await, first);
    let row = api.store.instance_pair(&id).await.unwrap().unwrap();
    for (key, sealed) in [
        ("signCert.key", row.sealed_key),
        ("encCert.key", row.sealed_enc_key),
    ] {
        let key = PrivateKey::from_pem(content(&first, key)).unwrap();
        let scalar = key.sm2_scalar().unwrap();
        assert!(!sealed.windows(32).any(|part| part == scalar.as_slice()));
    }
    // Switched off, it is not given out any more, and comes back.
    let api = api.restart().await;
    assert_eq!(names(&bundle(&api, &id, "").await), INTERNATIONAL);
    let api = api.restart_with(|settings| settings.dds_national = true);
    assert_eq!(bundle(&api.await, &id, "").await, first);
}

#[tokio::test]
async fn hosts_get_a_pair_of_their_own() {
    let (api, id) = desk().await;
    let kept = bundle(&api, &id, "").await;
    let fresh = bundle(&api, &id, "?host=db.example.com").await;
    let half = certificate(&fresh, "encCert.pem");
    let hosts: Vec<_> = half.sans().iter().map(|name| name.value()).collect();
    assert!(hosts.contains(&"db.example.com".to_owned()), "{hosts:?}");
    assert_ne!(
        content(&fresh, "encCert.key"),
        content(&kept, "encCert.key")
    );
    assert_eq!(bundle(&api, &id, "").await, kept);
}

#[tokio::test]
async fn a_pair_that_is_about_to_end_is_replaced() {
    let (mut api, id) = desk().await;
    let first = bundle(&api, &id, "").await;
    api.clock.advance_ms((824 - 30) * DAY + 1);
    api.log_in_again().await;
    let second = bundle(&api, &id, "").await;
    for half in ["signCert.pem", "encCert.pem"] {
        assert_ne!(content(&second, half), content(&first, half), "{half}");
    }
    assert_eq!(
        content(&second, "ca-national.crt"),
        content(&first, "ca-national.crt")
    );
    assert_eq!(bundle(&api, &id, "").await, second);
}

#[tokio::test]
async fn first_calls_at_once_give_out_one_pair() {
    let (api, id) = desk().await;
    let call = || bundle(&api, &id, "");
    let (a, b, c) = tokio::join!(call(), call(), call());
    assert_eq!(a, b);
    assert_eq!(b, c);
}

#[tokio::test]
async fn the_pair_goes_with_its_instance() {
    let (api, id) = desk().await;
    bundle(&api, &id, "").await;
    let (status, _) = api
        .call("DELETE", &path(&api, &format!("/{id}")), None)
        .await;
    assert_eq!(status, 202);
    assert!(api.store.instance_pair(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_is_given_out_that_was_not_written_down() {
    let (api, id) = desk().await;
    api.faults.refuse(Some("instance.server_bundle"));
    let refusal = (500, "CHANCERY.0500");
    api.refused(("GET", &bundle_path(&id)), None, refusal, "internal")
        .await;
    assert!(api.store.instance_pair(&id).await.unwrap().is_none());
    api.faults.refuse(None);
    let files = bundle(&api, &id, "").await;
    let filter = AuditFilter {
        resource: Some(id.clone()),
        action: Some("chancery:instance:getServerBundle".to_owned()),
        ..AuditFilter::default()
    };
    let rows = api.store.audit_entries(&filter, 10, 0).await.unwrap().rows;
    let detail: Value = serde_json::from_str(&rows[0].detail).unwrap();
    assert_eq!(
        detail["national"],
        json!({
            "serial_number": certificate(&files, "signCert.pem").serial_hex(),
            "enc_serial_number": certificate(&files, "encCert.pem").serial_hex(),
        })
    );
}

/// Redis with OpenSSL speaks no TLCP, and its documented calls know no category.
#[tokio::test]
async fn redis_stays_international() {
    let (api, _) = desk().await;
    let id = dcs::create(&api, json!({})).await;
    let files = bundle(&api, &id, "").await;
    assert_eq!(names(&files), ["ca.crt", "server.crt", "server.key"]);
}
