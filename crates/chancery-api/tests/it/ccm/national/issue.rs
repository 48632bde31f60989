//! SM2 CAs and the pairs that they issue.

use chancery_pki::{Certificate, KeyUsage};
use serde_json::{Value, json};

use super::{desk, exported, pair, pair_from_csr, sm2, verify};
use crate::ccm::{CAS, CERTIFICATES, certificate, pending, text, with};
use crate::support::{Api, fields};
use crate::tools::installed;

async fn shown(api: &Api, id: &str) -> Value {
    api.succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
        .await
}

/// The two certificates of an export.
fn halves(answer: &Value) -> [Certificate; 2] {
    ["certificate", "enc_certificate"]
        .map(|field| Certificate::from_pem(&text(&answer[field])).unwrap())
}

#[tokio::test]
async fn cas_are_of_sm2_with_sm3() {
    let (api, issuer) = desk().await;
    let ca = api.ca(&issuer).await;
    assert_eq!(ca["key_algorithm"], "SM2");
    assert_eq!(ca["signature_algorithm"], "SM3");
    assert_eq!(ca["status"], "ACTIVED");
    let (certificate, chain) = api.exported_ca(&issuer).await;
    for pem in [certificate, chain] {
        let certificate = Certificate::from_pem(&pem).unwrap();
        let algorithm = certificate.signature_algorithm().unwrap();
        assert_eq!(algorithm.jca_name(), "SM3withSM2");
    }
}

#[tokio::test]
async fn a_pending_ca_is_activated_below_an_sm2_ca() {
    let api = Api::start().await;
    let root = api.new_ca(sm2(&crate::ccm::root("root"))).await;
    let waiting = with(&pending("sub"), &json!({ "key_algorithm": "SM2" }));
    let waiting = api.new_ca(waiting).await;
    let path = format!("{CAS}/{waiting}/activate");
    let activation = sm2(&crate::ccm::activation(&root));
    api.succeed("POST", &path, Some(activation)).await;
    let id = pair(&api, &waiting).await;
    if installed("verifying SM2 chains", "openssl") {
        verify(&exported(&api, &id, json!({})).await);
    }
}

#[tokio::test]
async fn a_certificate_is_a_pair_of_one_subject_and_validity() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    let answer = exported(&api, &id, json!({})).await;
    let [signing, encryption] = halves(&answer);
    assert_eq!(signing.subject_der(), encryption.subject_der());
    assert_eq!(signing.issuer_der(), encryption.issuer_der());
    assert_eq!(signing.validity(), encryption.validity());
    assert_eq!(signing.sans(), encryption.sans());
    assert_ne!(signing.public_key_der(), encryption.public_key_der());
    assert_ne!(signing.serial_hex(), encryption.serial_hex());
    let usages = |certificate: &Certificate| certificate.key_usages().to_vec();
    assert_eq!(
        usages(&signing),
        [KeyUsage::DigitalSignature, KeyUsage::NonRepudiation]
    );
    assert_eq!(
        usages(&encryption),
        [
            KeyUsage::KeyEncipherment,
            KeyUsage::DataEncipherment,
            KeyUsage::KeyAgreement,
        ]
    );

    let shown = shown(&api, &id).await;
    assert_eq!(shown["serial_number"], signing.serial_hex());
    assert_eq!(
        shown["enc_cert_info"],
        json!({ "enc_serial_number": encryption.serial_hex() })
    );
    assert_eq!(shown["key_algorithm"], "SM2");
    assert_eq!(shown["signature_algorithm"], "SM3");
    let listing = api.succeed("GET", CERTIFICATES, None).await;
    assert_eq!(
        listing["certificates"][0]["enc_cert_info"],
        shown["enc_cert_info"]
    );
    if installed("verifying SM2 chains", "openssl") {
        verify(&answer);
    }
}

#[tokio::test]
async fn usages_that_are_asked_for_go_to_their_half() {
    let (api, issuer) = desk().await;
    let body = sm2(&certificate("www.example.com", &issuer));
    let usages = json!({ "key_usages": ["digitalSignature", "keyAgreement"] });
    let id = api.new_certificate(with(&body, &usages)).await;
    let [signing, encryption] = halves(&exported(&api, &id, json!({})).await);
    assert_eq!(signing.key_usages(), [KeyUsage::DigitalSignature]);
    assert_eq!(encryption.key_usages(), [KeyUsage::KeyAgreement]);
}

#[tokio::test]
async fn csrs_are_taken_with_the_default_user_id_and_with_none() {
    if !installed("making SM2 CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    for user_id in [Some("1234567812345678"), None] {
        let (id, key) = pair_from_csr(&api, &issuer, user_id).await;
        let key = chancery_crypto::PrivateKey::from_pem(&key).unwrap();
        let answer = exported(&api, &id, json!({})).await;
        let [signing, encryption] = halves(&answer);
        assert_eq!(signing.public_key_der(), key.public_key_der());
        assert_ne!(encryption.public_key_der(), key.public_key_der());
        assert_eq!(shown(&api, &id).await["gen_mode"], "CSR");
        verify(&answer);
    }
}

#[tokio::test]
async fn a_revoked_pair_is_revoked_whole() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    let answer = exported(&api, &id, json!({})).await;
    let path = format!("{CERTIFICATES}/{id}/revoke");
    api.succeed("POST", &path, Some(json!({}))).await;
    let revoked = api.store.revocations(&issuer, 0).await.unwrap();
    let mut revoked: Vec<_> = revoked.into_iter().map(|row| row.serial_number).collect();
    let mut both = halves(&answer).map(|half| half.serial_hex()).to_vec();
    revoked.sort_unstable();
    both.sort_unstable();
    assert_eq!(revoked, both);
}

#[tokio::test]
async fn a_pair_outlives_a_restart_and_goes_whole() {
    let (api, issuer) = desk().await;
    let id = pair(&api, &issuer).await;
    let before = exported(&api, &id, json!({})).await;
    let api = api.restart().await;
    assert_eq!(exported(&api, &id, json!({})).await, before);
    assert!(api.store.encryption_half(&id).await.unwrap().is_some());
    let path = format!("{CERTIFICATES}/{id}");
    api.succeed("DELETE", &path, None).await;
    assert!(api.store.encryption_half(&id).await.unwrap().is_none());
}

#[tokio::test]
async fn international_certificates_have_no_second_half() {
    let api = Api::start().await;
    let issuer = api.new_ca(crate::ccm::root("root")).await;
    let id = api.new_certificate(certificate("n", &issuer)).await;
    assert_eq!(shown(&api, &id).await["enc_cert_info"], Value::Null);
    let answer = exported(&api, &id, json!({ "is_sm_standard": "true" })).await;
    assert_eq!(
        fields(&answer),
        ["certificate", "certificate_chain", "private_key"]
    );
}
