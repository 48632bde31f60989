//! SM2 pairs and single SM2 certificates in the store: what is shown and given back.

use axum::body::Body;
use chancery_crypto::PrivateKey;
use chancery_pki::pem;
use chancery_store::{AuditFilter, StoreCertificateRow, Transaction};
use http::Request;
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::import::count;
use super::material::{Chain, Wanted, bring};
use crate::support::{Api, fields, read};

fn export_path(id: &str) -> String {
    format!("/v3/scm/certificates/{id}/export")
}

async fn export(api: &Api, id: &str) -> Value {
    api.succeed("POST", &export_path(id), None).await
}

async fn row(api: &Api, id: &str) -> StoreCertificateRow {
    let row = api.store.store_certificate(&api.domain_id, id).await;
    row.unwrap().unwrap()
}

#[tokio::test]
async fn a_pair_comes_back_as_it_was_brought() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let id = bring(&api, chain.pair_body(&pair)).await;
    let (signing, encryption) = pair;

    let request = Request::post(export_path(&id)).header("x-auth-token", &api.token);
    let response = api.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let (_, exported) = read(response).await;
    assert_eq!(
        fields(&exported),
        [
            "certificate",
            "certificate_chain",
            "enc_certificate",
            "enc_private_key",
            "entire_certificate",
            "private_key",
        ]
    );
    let issuers = chain.intermediate.pem() + &chain.root.pem();
    for (field, expected) in [
        ("certificate", signing.pem()),
        ("certificate_chain", issuers.clone()),
        ("entire_certificate", signing.pem() + &issuers),
        ("private_key", signing.key_pem()),
        ("enc_certificate", encryption.pem()),
        ("enc_private_key", encryption.key_pem()),
    ] {
        assert_eq!(exported[field], expected.trim_end(), "{field}");
    }

    let shown = api
        .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
        .await;
    let list = api.succeed("GET", "/v3/scm/certificates", None).await;
    for answer in [&shown, &list["certificates"][0]] {
        assert_eq!(answer["signature_algorithm"], "SM3withSM2");
        assert_eq!(answer["domain"], "www.example.com");
        assert!(!answer.to_string().contains("enc_"), "{answer}");
    }
    assert_eq!(shown["signature_algrithm"], "SM3withSM2");
    let fingerprint = signing.certificate.fingerprint_sha1_hex();
    assert_eq!(shown["fingerprint"], fingerprint);

    let api = api.restart().await;
    assert_eq!(export(&api, &id).await, exported);
}

#[tokio::test]
async fn an_sm2_certificate_need_not_be_one_of_a_pair() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let server = chain.server(&Wanted::signing());
    for nothing in [Value::Null, json!(""), json!(" \n")] {
        let mut body = chain.body(&server);
        body["enc_certificate"] = nothing.clone();
        body["enc_private_key"] = nothing;
        let id = bring(&api, body).await;
        let exported = export(&api, &id).await;
        assert_eq!(
            fields(&exported),
            [
                "certificate",
                "certificate_chain",
                "entire_certificate",
                "private_key"
            ]
        );
        assert_eq!(exported["private_key"], server.key_pem().trim_end());
        let row = row(&api, &id).await;
        assert_eq!((row.enc_certificate, row.sealed_enc_key), (None, None));
    }
}

#[tokio::test]
async fn one_file_may_hold_the_pair_and_its_chain() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let (signing, encryption) = (pair.0.pem(), pair.1.pem());
    let (intermediate, root) = (chain.intermediate.pem(), chain.root.pem());
    let expected = format!("{signing}{intermediate}{root}");
    for (certificate, certificate_chain) in [
        (
            format!("{signing}{encryption}{intermediate}{root}"),
            String::new(),
        ),
        (signing.clone(), format!("{encryption}{root}{intermediate}")),
    ] {
        let mut body = chain.pair_body(&pair);
        body["certificate"] = certificate.into();
        body["certificate_chain"] = certificate_chain.into();
        // As on Windows, and as Terraform's client trims it.
        let windows = encryption.trim_end().replace('\n', "\r\n");
        body["enc_certificate"] = windows.into();
        let id = bring(&api, body).await;
        let exported = export(&api, &id).await;
        assert_eq!(exported["entire_certificate"], expected.trim_end());
        assert_eq!(exported["enc_certificate"], encryption.trim_end());
    }
}

#[tokio::test]
async fn without_a_chain_the_pair_is_taken() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let mut body = chain.pair_body(&pair);
    body["certificate_chain"] = Value::Null;
    let id = bring(&api, body).await;
    let exported = export(&api, &id).await;
    assert_eq!(exported["certificate_chain"], "");
    assert_eq!(exported["entire_certificate"], pair.0.pem().trim_end());
    assert_eq!(exported["enc_certificate"], pair.1.pem().trim_end());
}

/// The same thing again is a duplicate; half of it, or another half, is not the same thing.
#[tokio::test]
async fn duplicates_have_both_certificates_in_common() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let (signing, encryption) = chain.pair();
    let renewed = chain.server(&Wanted::encryption());
    let mut alone = chain.body(&signing);
    let pair = chain.pair_body(&(signing, encryption));
    let mut other = pair.clone();
    other["enc_certificate"] = renewed.pem().into();
    other["enc_private_key"] = renewed.key_pem().into();
    alone["enc_certificate"] = "".into();

    let text = "certificate is in the store already, and duplicate_check is true";
    for (count_before, mut body) in [alone, pair, other].into_iter().enumerate() {
        assert_eq!(count(&api).await, count_before as u64);
        body["duplicate_check"] = true.into();
        bring(&api, body.clone()).await;
        let call = ("POST", super::import::PATH);
        api.refused(call, Some(body), (400, "SCM.0001"), text).await;
    }
    assert_eq!(count(&api).await, 3);
}

#[tokio::test]
async fn both_keys_are_sealed_for_their_place() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let body = chain.pair_body(&pair);
    // Imports of one millisecond: each takes the next id, and seals for it.
    let (a, b) = tokio::join!(bring(&api, body.clone()), bring(&api, body));
    let (first, second) = (row(&api, &a).await, row(&api, &b).await);
    for row in [&first, &second] {
        let sealed_enc_key = row.sealed_enc_key.as_ref().unwrap();
        for key in [&pair.0, &pair.1].map(|half| PrivateKey::from_pem(&half.key_pem()).unwrap()) {
            let scalar = key.sm2_scalar().unwrap();
            for sealed in [&row.sealed_key, sealed_enc_key] {
                let shown = sealed.windows(8).any(|part| part == &scalar[..8]);
                assert!(!shown, "a key is not sealed");
            }
        }
        let exported = export(&api, &row.id).await;
        assert_eq!(exported["enc_private_key"], pair.1.key_pem().trim_end());
    }

    // A sealed key that was moved to another column or row does not open, and half a pair is a
    // fault of the store.
    let changes: [&dyn Fn(&mut StoreCertificateRow); 5] = [
        &|row| row.sealed_enc_key = Some(row.sealed_key.clone()),
        &|row| row.sealed_enc_key.clone_from(&second.sealed_enc_key),
        &|row| row.sealed_key = row.sealed_enc_key.clone().unwrap(),
        &|row| row.sealed_enc_key = None,
        &|row| row.enc_certificate = None,
    ];
    for change in changes {
        let mut changed = first.clone();
        change(&mut changed);
        let mut tx = Transaction::new("test.change");
        tx.delete_store_certificate(&api.domain_id, &first.id);
        tx.insert_store_certificate(&changed);
        api.store.commit(tx).await.unwrap();
        let path = export_path(&first.id);
        let text = "internal server error";
        api.refused(("POST", &path), None, (500, "SCM.0038"), text)
            .await;
    }
}

#[tokio::test]
async fn the_audit_log_names_both_certificates() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let id = bring(&api, chain.pair_body(&pair)).await;
    let path = export_path(&id);
    api.faults.refuse(Some("store_certificate.export"));
    let text = "internal server error";
    api.refused(("POST", &path), None, (500, "SCM.0038"), text)
        .await;
    api.faults.refuse(None);
    export(&api, &id).await;
    let one = format!("/v3/scm/certificates/{id}");
    api.succeed("DELETE", &one, None).await;
    let filter = AuditFilter {
        resource: Some(id),
        ..AuditFilter::default()
    };
    let found = api.store.audit_entries(&filter, 10, 0).await.unwrap();
    let mut actions = Vec::new();
    for row in &found.rows {
        let detail: Value = serde_json::from_str(&row.detail).unwrap();
        let signing = pair.0.certificate.fingerprint_sha1_hex();
        let encryption = pair.1.certificate.fingerprint_sha1_hex();
        assert_eq!(detail["fingerprint"], signing, "{}", row.action);
        assert_eq!(detail["enc_fingerprint"], encryption, "{}", row.action);
        assert!(!row.detail.contains("PRIVATE"), "{}", row.action);
        actions.push(row.action.as_str());
    }
    assert_eq!(
        actions,
        ["scm:cert:delete", "scm:cert:export", "scm:cert:upload"]
    );
}

#[tokio::test]
async fn keys_are_given_back_as_pkcs8_with_lf() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let id = bring(&api, chain.pair_body(&chain.pair())).await;
    let exported = export(&api, &id).await;
    for field in ["private_key", "enc_private_key"] {
        let text = exported[field].as_str().unwrap();
        assert_eq!(pem::parse(text).unwrap()[0].label, "PRIVATE KEY", "{field}");
        assert!(!text.contains('\r') && !text.ends_with('\n'), "{field}");
    }
}
