//! `POST /v3/scm/certificates/import` of SM2 certificates: what is not taken.

use chancery_crypto::KeyAlgorithm;
use chancery_pki::KeyUsage;
use serde_json::{Value, json};

use super::import::{PATH, Refused, count};
use super::material::{Chain, Identity, Wanted, authority_of, bring};
use crate::support::{Api, DAY};

/// The fields of another encryption half.
fn half(encryption: &Identity) -> [(&'static str, Value); 2] {
    [
        ("enc_certificate", encryption.pem().into()),
        ("enc_private_key", encryption.key_pem().into()),
    ]
}

#[tokio::test]
async fn both_fields_or_neither() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let refused = Refused {
        api: &api,
        body: chain.pair_body(&chain.pair()),
    };
    for nothing in [Value::Null, json!(""), json!(" \r\n")] {
        let fields = [("enc_private_key", nothing.clone())];
        let text = "enc_private_key is required beside enc_certificate";
        refused.with(&fields, "SCM.0059", text).await;
        let fields = [("enc_certificate", nothing)];
        let text = "enc_certificate is required beside enc_private_key";
        refused.with(&fields, "SCM.0054", text).await;
    }
    for field in ["enc_certificate", "enc_private_key"] {
        let text = format!("{field} must be a string");
        let fields = [(field, json!(["secret-in-the-key"]))];
        refused.with(&fields, "SCM.0005", &text).await;
    }
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn only_beside_an_sm2_certificate() {
    let api = Api::start().await;
    let (chain, pair) = (Chain::new(), Chain::sm2().pair());
    for algorithm in [KeyAlgorithm::EcP256, KeyAlgorithm::Rsa2048] {
        let server = chain.server(&Wanted {
            algorithm,
            ..Wanted::default()
        });
        let refused = Refused {
            api: &api,
            body: chain.body(&server),
        };
        let [certificate, key] = half(&pair.1);
        let rule = "must be absent or empty: certificate has no SM2 key, \
                    and only SM2 certificates come in pairs";
        for (fields, field) in [
            (vec![certificate.clone(), key.clone()], "enc_certificate"),
            (vec![certificate], "enc_certificate"),
            (vec![key], "enc_private_key"),
            (vec![("enc_certificate", json!("x"))], "enc_certificate"),
        ] {
            let text = format!("{field} {rule}");
            refused.with(&fields, "SCM.0005", &text).await;
        }
    }
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn texts_that_are_not_one_certificate_and_one_key() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let refused = Refused {
        api: &api,
        body: chain.pair_body(&pair),
    };
    let (certificate, key) = (pair.1.pem(), pair.1.key_pem());
    let malformed = |label| format!("-----BEGIN {label}-----\nAQID\n-----END {label}-----\n");
    let many = "enc_certificate must hold one certificate: the chain of a pair stands in \
                certificate or certificate_chain";
    for (text, code, why) in [
        (
            "hello",
            "SCM.0053",
            "enc_certificate cannot be read: it has no PEM block",
        ),
        (&key, "SCM.0053", "is PRIVATE KEY, not CERTIFICATE"),
        (
            &certificate.replace("MII", "M!I"),
            "SCM.0006",
            "enc_certificate cannot be read",
        ),
        (
            &malformed("CERTIFICATE"),
            "SCM.0006",
            "certificate is malformed",
        ),
        (&certificate.repeat(2), "SCM.0005", many),
        (
            &(certificate.clone() + &chain.intermediate.pem()),
            "SCM.0005",
            many,
        ),
    ] {
        let fields = [("enc_certificate", json!(text))];
        refused.with(&fields, code, why).await;
    }
    let encrypted = "enc_private_key is encrypted: it must be given without a password";
    let envelope = "enc_private_key is an envelope (GM/T 0009 or GM/T 0010): \
                    it must be opened with private_key, and the key itself be given as PEM";
    for (text, code, why) in [
        (
            "hello",
            "SCM.0114",
            "enc_private_key cannot be taken: no PEM block",
        ),
        (&certificate, "SCM.0114", "unexpected PEM block CERTIFICATE"),
        (
            &key.repeat(2),
            "SCM.0012",
            "enc_private_key cannot be taken: more than one",
        ),
        (&key.replace("MI", "M!"), "SCM.0012", "is not valid base64"),
        (
            &malformed("PRIVATE KEY"),
            "SCM.0012",
            "enc_private_key cannot be taken: key is malformed",
        ),
        (&malformed("SM2 PRIVATE KEY"), "SCM.0012", "malformed"),
        (&malformed("ENCRYPTED PRIVATE KEY"), "SCM.0012", encrypted),
        // What is between the SEQUENCE and the object identifier of SM4 does not matter here.
        ("MAoGCCqBHM9VAWgB", "SCM.0012", envelope),
    ] {
        let fields = [("enc_private_key", json!(text))];
        refused.with(&fields, code, why).await;
    }
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn keys_that_are_no_pair() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let pair = chain.pair();
    let refused = Refused {
        api: &api,
        body: chain.pair_body(&pair),
    };
    let text = "enc_private_key does not belong to enc_certificate";
    for other in [&pair.0, &chain.server(&Wanted::encryption())] {
        let fields = [("enc_private_key", other.key_pem().into())];
        refused.with(&fields, "SCM.0014", text).await;
    }
    let fields = [
        ("private_key", pair.1.key_pem().into()),
        ("enc_private_key", pair.0.key_pem().into()),
    ];
    let text = "private_key does not belong to the first certificate in certificate";
    refused.with(&fields, "SCM.0014", text).await;
    let text = "enc_certificate must be for another key than certificate: \
                the two keys of a pair sign and decrypt";
    refused.with(&half(&pair.0), "SCM.0005", text).await;
    let text = "enc_certificate must have an SM2 key and be signed with SM2, as certificate";
    for algorithm in [KeyAlgorithm::EcP256, KeyAlgorithm::Rsa2048] {
        let international = Chain::new().server(&Wanted {
            algorithm,
            ..Wanted::default()
        });
        refused.with(&half(&international), "SCM.0005", text).await;
    }
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn names_and_issuers_that_differ() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let body = chain.pair_body(&chain.pair());
    let refused = Refused { api: &api, body };
    let without_chain = |encryption: &Identity| {
        let [certificate, key] = half(encryption);
        [certificate, key, ("certificate_chain", Value::Null)]
    };

    let other = chain.server(&Wanted {
        common_name: "mail.example.com",
        ..Wanted::encryption()
    });
    let text = "enc_certificate must have the subject of certificate, \"CN=www.example.com\", \
                and has \"CN=mail.example.com\"";
    refused.with(&half(&other), "SCM.0005", text).await;
    refused.with(&without_chain(&other), "SCM.0005", text).await;

    let mut others = Chain::sm2();
    others.intermediate = authority_of(KeyAlgorithm::Sm2, "Other CA", Some(&chain.root));
    let other = others.server(&Wanted::encryption());
    let text = "enc_certificate must have the issuer of certificate, \"CN=Test Intermediate\", \
                and has \"CN=Other CA\"";
    refused.with(&half(&other), "SCM.0079", text).await;
    refused.with(&without_chain(&other), "SCM.0079", text).await;

    // The right names, another key.
    let other = Chain::sm2().server(&Wanted::encryption());
    let text = "enc_certificate was not issued by the issuer of certificate, \
                \"CN=Test Intermediate\": signature does not verify; SM2 certificates are signed \
                with the user id 1234567812345678 (openssl: -sigopt distid:1234567812345678)";
    refused.with(&half(&other), "SCM.0079", text).await;
    let text = "enc_certificate and certificate must be signed with one key of \
                \"CN=Test Intermediate\": their authority key identifiers differ";
    refused.with(&without_chain(&other), "SCM.0079", text).await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn certificates_that_do_not_do_their_half() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let expired = chain.server(&Wanted {
        validity: (-90 * DAY, -DAY),
        ..Wanted::encryption()
    });
    let (signing, encryption) = chain.pair();
    let with_usages = |usages| {
        chain.server(&Wanted {
            usages,
            ..Wanted::signing()
        })
    };
    let refuse = async |signing: &Identity, encryption: &Identity, code: &str, text: &str| {
        let refused = Refused {
            api: &api,
            body: chain.body(signing),
        };
        refused.with(&half(encryption), code, text).await;
    };
    let text = "enc_certificate expired on 2026-05-31 12:00:00 UTC";
    refuse(&signing, &expired, "SCM.0031", text).await;
    // The halves the wrong way round, and each with the other's usages.
    let text = "certificate must have the key usage digitalSignature beside enc_certificate: \
                it is the one of the pair that signs";
    refuse(&encryption, &signing, "SCM.0005", text).await;
    refuse(
        &with_usages(&[KeyUsage::NonRepudiation]),
        &encryption,
        "SCM.0005",
        text,
    )
    .await;
    let text = "enc_certificate must have the key usage keyEncipherment, dataEncipherment or \
                keyAgreement: it is the one of the pair that encrypts";
    refuse(
        &signing,
        &chain.server(&Wanted::signing()),
        "SCM.0005",
        text,
    )
    .await;
    assert_eq!(count(&api).await, 0);

    // One usage is enough.
    for usages in [
        &[KeyUsage::KeyEncipherment],
        &[KeyUsage::DataEncipherment],
        &[KeyUsage::KeyAgreement],
    ] {
        let signs = with_usages(&[KeyUsage::DigitalSignature]);
        bring(&api, chain.pair_body(&(signs, with_usages(usages)))).await;
    }
    // A pair may be brought before it is valid.
    let next = |wanted: Wanted<'_>| {
        chain.server(&Wanted {
            validity: (DAY, 90 * DAY),
            ..wanted
        })
    };
    let next = (next(Wanted::signing()), next(Wanted::encryption()));
    bring(&api, chain.pair_body(&next)).await;
}

#[tokio::test]
async fn chains_that_do_not_lead_to_both() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let refused = Refused {
        api: &api,
        body: chain.pair_body(&chain.pair()),
    };
    let text = "certificate_chain is not the certificate's: the certificate of \
                \"CN=Test Intermediate\", which issued \"CN=www.example.com\", is missing";
    let root = json!(chain.root.pem());
    refused
        .with(&[("certificate_chain", root)], "SCM.0079", text)
        .await;
    // An authority of the right name, once with another SM2 key and once with another algorithm.
    let impostor = json!(Chain::sm2().intermediate.pem());
    let text = "signature does not verify; SM2 certificates are signed with the user id";
    refused
        .with(&[("certificate_chain", impostor)], "SCM.0079", text)
        .await;
    let mixed = json!(Chain::new().intermediate.pem());
    let text = "certificate_chain: \"CN=Test Intermediate\" mixes SM2 with other algorithms";
    refused
        .with(&[("certificate_chain", mixed)], "SCM.0079", text)
        .await;

    let international = Chain::new();
    let refused = Refused {
        api: &api,
        body: international.body(&international.server(&Wanted::default())),
    };
    let mixed = json!(international.intermediate.pem() + &chain.root.pem());
    let text = "certificate_chain: \"CN=Test Root\" mixes SM2 with other algorithms";
    refused
        .with(&[("certificate_chain", mixed)], "SCM.0079", text)
        .await;
    assert_eq!(count(&api).await, 0);
}

#[tokio::test]
async fn what_is_refused_is_not_repeated() {
    let api = Api::start().await;
    let chain = Chain::sm2();
    let mut body = chain.pair_body(&chain.pair());
    for text in [
        "secret-in-the-key",
        "-----BEGIN secret-in-the-key",
        "-----BEGIN PRIVATE KEY-----\nsecret-in-the-key\n-----END PRIVATE KEY-----",
    ] {
        body["enc_private_key"] = text.into();
        let (status, answer) = api.call("POST", PATH, Some(body.clone())).await;
        assert_eq!(status.as_u16(), 400);
        assert!(!answer.to_string().contains("secret-in"), "{answer}");
    }
}
