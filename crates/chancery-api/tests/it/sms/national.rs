//! Tasks of projects that the operator gives SM2 material.

use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::{Certificate, KeyUsage};
use serde_json::{Value, json};

use super::{TASKS, source, task, with};
use crate::support::{Api, NOW, fields};
use crate::tools::{installed, openssl, write};

const PROJECT: &str = "fedcba9876543210fedcba9876543210";
const PAIRS: [[&str; 2]; 3] = [
    ["cert", "private_key"],
    ["target_mgmt_cert", "target_mgmt_private_key"],
    ["target_data_cert", "target_data_private_key"],
];

async fn desk(project: &'static str) -> Api {
    Api::start_with(|settings| settings.sms_sm2_projects = vec![project.to_owned()]).await
}

/// A task into this project.
async fn task_of(api: &Api, project_id: &str) -> String {
    let source_id = api.new_source(source("web")).await;
    let body = with(
        &task("move-web", &source_id),
        &json!({ "project_id": project_id }),
    );
    api.new_task(body).await
}

async fn material(api: &Api, id: &str) -> Value {
    let path = format!("{TASKS}/{id}/certkey");
    api.succeed("GET", &path, None).await
}

fn key(material: &Value, field: &str) -> PrivateKey {
    PrivateKey::from_pem(material[field].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn sm2_in_the_documented_fields() {
    let api = desk(PROJECT).await;
    let id = task_of(&api, PROJECT).await;
    let material = material(&api, &id).await;
    assert_eq!(fields(&material).len(), 7);
    let ca = Certificate::from_pem(material["ca"].as_str().unwrap()).unwrap();
    for [certificate, private_key] in PAIRS {
        let pem = material[private_key].as_str().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let key = key(&material, private_key);
        assert_eq!(key.algorithm(), KeyAlgorithm::Sm2);
        let certificate = Certificate::from_pem(material[certificate].as_str().unwrap()).unwrap();
        assert_eq!(certificate.public_key_der(), key.public_key_der());
        assert_eq!(certificate.key_usages(), [KeyUsage::DigitalSignature]);
        certificate.verify_signed_by(&ca).unwrap();
    }
    if !installed("verifying SM2 material", "openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = (NOW / 1000 + 60).to_string();
    write(
        folder.path(),
        &[("ca.pem", material["ca"].as_str().unwrap())],
    );
    for [certificate, private_key] in PAIRS {
        let text = |field: &str| material[field].as_str().unwrap().to_owned() + "\n";
        write(
            folder.path(),
            &[("c.pem", &text(certificate)), ("k.pem", &text(private_key))],
        );
        let id = "distid:1234567812345678";
        let trust = ["verify", "-CAfile", "ca.pem", "-attime", &at];
        let run = |arguments: &[&str]| openssl(folder.path(), arguments);
        run(&[&trust[..], &["-vfyopt", id, "c.pem"]].concat());
        assert_eq!(
            run(&["pkey", "-in", "k.pem", "-pubout"]),
            run(&["x509", "-in", "c.pem", "-noout", "-pubkey"])
        );
    }
}

#[tokio::test]
async fn other_projects_have_rsa() {
    let api = desk(PROJECT).await;
    let id = task_of(&api, "0123456789abcdef0123456789abcdef").await;
    let material = material(&api, &id).await;
    assert_eq!(
        key(&material, "private_key").algorithm(),
        KeyAlgorithm::Rsa2048
    );
}

#[tokio::test]
async fn a_region_stands_for_its_projects() {
    let api = desk("cn-north-4").await;
    let id = task_of(&api, PROJECT).await;
    let material = material(&api, &id).await;
    assert_eq!(key(&material, "private_key").algorithm(), KeyAlgorithm::Sm2);
}

/// A task's peers hold what they got first.
#[tokio::test]
async fn what_a_task_has_does_not_change_with_the_settings() {
    let api = desk(PROJECT).await;
    let national = task_of(&api, PROJECT).await;
    let first = material(&api, &national).await;
    assert_eq!(material(&api, &national).await, first);
    let api = api.restart().await;
    assert_eq!(material(&api, &national).await, first);
    let later = task_of(&api, PROJECT).await;
    let second = material(&api, &later).await;
    assert_eq!(
        key(&second, "private_key").algorithm(),
        KeyAlgorithm::Rsa2048
    );
}
