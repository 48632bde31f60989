//! What a CSR asks for: intermediate CAs, and what parsing shows of a request.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{Certificate, DistinguishedName, SigningRequest, SubjectAltName};
use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, desk, text, with};
use crate::ccm::{activation, pending, subordinate};
use crate::support::Api;
use crate::tools::{installed, openssl, printed};

const PATH: &str = "/v1/private-certificates/csr";
const PARSE: &str = "/v1/private-certificates/csr/parse";

/// A CSR of OpenSSL for a new P-256 key, asking for these extensions (`name=value`).
fn asking(extensions: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec![
        "req",
        "-new",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-subj",
        "/C=DE/CN=sub",
        "-keyout",
        "k",
        "-out",
        "r",
    ];
    for extension in extensions {
        arguments.extend(["-addext", extension]);
    }
    openssl(folder.path(), &arguments);
    std::fs::read_to_string(folder.path().join("r")).unwrap()
}

fn intermediate(issuer: &str, csr: &str) -> Value {
    json!({
        "issuer_id": issuer, "csr": csr, "type": "INTERMEDIATE_CA",
        "validity": { "type": "DAY", "value": 30 },
    })
}

async fn issue(api: &Api, body: Value) -> String {
    text(&api.succeed("POST", PATH, Some(body)).await["certificate_id"])
}

/// What OpenSSL says of the certificate of a CA.
async fn said(api: &Api, id: &str) -> String {
    printed(&api.exported_ca(id).await.0)
}

#[tokio::test]
async fn usages_are_those_of_the_csr_or_the_usual() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    const USUAL: &str = "Digital Signature, Certificate Sign, CRL Sign";
    for (asked, expected) in [
        (&[][..], USUAL),
        (&["keyUsage=keyCertSign"], "Certificate Sign"),
        (
            &["keyUsage=critical,keyCertSign,cRLSign"],
            "Certificate Sign, CRL Sign",
        ),
        (
            &["keyUsage=digitalSignature,nonRepudiation,keyCertSign"],
            "Digital Signature, Non Repudiation, Certificate Sign",
        ),
    ] {
        let id = issue(&api, intermediate(&issuer, &asking(asked))).await;
        let said = said(&api, &id).await;
        assert!(said.contains(&format!("{expected}\n")), "{asked:?}\n{said}");
        assert!(said.contains("CA:TRUE, pathlen:0"), "{said}");
        let shown = api.ca(&id).await;
        assert_eq!(shown["path_length"], 0, "not given");
        assert_eq!(shown["signature_algorithm"], "SHA384");
    }
    // Whoever asks for less than a CA gets no CA.
    for (asked, text) in [
        (
            "keyUsage=digitalSignature,keyEncipherment",
            "csr must ask for the key usage keyCertSign, or for none, to become a CA",
        ),
        (
            "basicConstraints=CA:FALSE",
            "csr must not ask for basicConstraints CA:FALSE to become a CA",
        ),
    ] {
        let body = intermediate(&issuer, &asking(&[asked]));
        api.refused(("POST", PATH), Some(body), (400, "PCA.10010105"), text)
            .await;
    }
}

#[tokio::test]
async fn an_intermediate_ca_has_the_limits_that_its_csr_asks_for() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let wants = |length: u8| {
        asking(&[
            &format!("basicConstraints=critical,CA:TRUE,pathlen:{length}"),
            "subjectAltName=DNS:www.example.com",
            "extendedKeyUsage=serverAuth,1.2.3.4",
            "tlsfeature=status_request",
        ])
    };
    for (own, asked, length) in [(1, 2, 1), (0, 2, 0), (2, 2, 2)] {
        let body = with(
            &intermediate(&issuer, &wants(own)),
            &json!({ "path_length": asked }),
        );
        let id = issue(&api, body).await;
        assert_eq!(api.ca(&id).await["path_length"], length);
        let shown = said(&api, &id).await;
        let line = format!("CA:TRUE, pathlen:{length}\n");
        assert!(shown.contains(&line), "{shown}");
    }
    let csr = wants(5);
    let id = issue(
        &api,
        with(&intermediate(&issuer, &csr), &json!({ "path_length": 2 })),
    )
    .await;
    let shown = said(&api, &id).await;
    assert!(shown.contains("CA:TRUE, pathlen:2"), "{shown}");
    for line in ["TLS Web Server Authentication, 1.2.3.4", "status_request"] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("www.example.com"), "{shown}");
    // And an end entity is none, whatever it asks.
    let entity = with(
        &intermediate(&issuer, &csr),
        &json!({ "type": "ENTITY_CERT" }),
    );
    let id = issue(&api, entity).await;
    let export = json!({ "type": "OTHER", "is_compressed": false });
    let path = format!("{CERTIFICATES}/{id}/export");
    let pem = text(&api.succeed("POST", &path, Some(export)).await["certificate"]);
    let read = Certificate::from_pem(&pem).unwrap();
    assert!(!read.is_ca());
    assert_eq!(read.path_len(), None);
}

#[tokio::test]
async fn name_constraints_are_carried() {
    if !installed("issuing for CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    // Not critical in the request; in a certificate it has to be.
    let csr = asking(&["nameConstraints=permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0"]);
    let id = issue(&api, intermediate(&issuer, &csr)).await;
    let said = said(&api, &id).await;
    for line in [
        "X509v3 Name Constraints: critical",
        "DNS:example.com",
        "IP:10.0.0.0/255.0.0.0",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    // No end entity has any, and none that cannot be read are signed.
    let entity = with(
        &intermediate(&issuer, &csr),
        &json!({ "type": "ENTITY_CERT" }),
    );
    let text = "csr must not ask for name constraints for an end entity";
    api.refused(("POST", PATH), Some(entity), (400, "PCA.10010105"), text)
        .await;
    let broken = asking(&["nameConstraints=DER:3000"]);
    for kind in ["INTERMEDIATE_CA", "ENTITY_CERT"] {
        let body = with(&intermediate(&issuer, &broken), &json!({ "type": kind }));
        let text = "csr name constraints is malformed";
        api.refused(("POST", PATH), Some(body), (400, "PCA.10010105"), text)
            .await;
    }
    assert_eq!(api.succeed("GET", CERTIFICATES, None).await["total"], 0);
    let below = api.store.count_subordinates(&api.domain_id, &issuer).await;
    assert_eq!(below.unwrap(), 1);
}

#[tokio::test]
async fn an_intermediate_ca_has_another_name_than_its_issuer_and_activates_nobody() {
    let (api, issuer) = desk().await;
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let csr = |name: &DistinguishedName| {
        let der = SigningRequest::create(&key, HashAlgorithm::Sha256, name, &[]).unwrap();
        SigningRequest::pem_of(&der, LineEnding::Lf)
    };
    let above = Certificate::from_pem(&api.exported_ca(&issuer).await.0).unwrap();
    let body = intermediate(&issuer, &csr(&above.subject()));
    let text = "must not have the name of the issuing CA";
    api.refused(("POST", PATH), Some(body), (400, "PCA.10010105"), text)
        .await;

    let id = issue(
        &api,
        intermediate(&issuer, &csr(&DistinguishedName::common("sub"))),
    )
    .await;
    let (pem, chain) = api.exported_ca(&id).await;
    let read = Certificate::from_pem(&pem).unwrap();
    assert_eq!(read.public_key_der(), key.public_key_der());
    assert_eq!(
        read.subject(),
        DistinguishedName::common("sub"),
        "nothing is inherited"
    );
    assert_eq!(read.verify_signed_by(&above), Ok(()));
    assert_eq!(Certificate::from_pem(&chain).unwrap(), above);
    let waiting = api.new_ca(pending("waiting")).await;
    let path = format!("{CAS}/{waiting}/activate");
    let text = "has its key elsewhere and cannot issue here";
    let refusal = (400, "PCA.10010202");
    api.refused(("POST", &path), Some(activation(&id)), refusal, text)
        .await;
}

#[tokio::test]
async fn path_lengths_leave_room_below_an_intermediate_ca() {
    let (api, root) = desk().await;
    let two = api.new_ca(subordinate("two", &root, 2)).await;
    let key = PrivateKey::generate(KeyAlgorithm::EcP384).unwrap();
    let name = DistinguishedName::common("sub");
    let der = SigningRequest::create(&key, HashAlgorithm::Sha384, &name, &[]).unwrap();
    let csr = SigningRequest::pem_of(&der, LineEnding::CrLf);
    let asked = |issuer: &str, length: Value| {
        with(
            &intermediate(issuer, &csr),
            &json!({ "path_length": length }),
        )
    };
    for (issuer, length) in [
        (&root, json!(6)),
        (&root, json!("6")),
        (&two, json!(1)),
        (&two, json!("")),
    ] {
        let id = issue(&api, asked(issuer, length.clone())).await;
        let read = Certificate::from_pem(&api.exported_ca(&id).await.0).unwrap();
        let expected = length
            .as_i64()
            .or_else(|| length.as_str()?.parse().ok())
            .unwrap_or(0);
        assert_eq!(read.path_len().map(i64::from), Some(expected), "{length}");
    }
    let refusal = (400, "PCA.10010202");
    let text = "path_length must be below the issuing CA's, which is 2";
    for length in [2, 6] {
        let body = asked(&two, json!(length));
        api.refused(("POST", PATH), Some(body), refusal, text).await;
    }
    let refusal = (400, "PCA.00020203");
    let body = asked(&two, json!(7));
    api.refused(("POST", PATH), Some(body), refusal, "from 0 to 6")
        .await;
}

#[tokio::test]
async fn parsing_shows_every_kind_of_key_and_signature() {
    let (api, _) = desk().await;
    let name = DistinguishedName {
        state: Some("广东".into()),
        ..DistinguishedName::common("www.example.com")
    };
    for (algorithm, hash, family, bits, signature) in [
        (
            KeyAlgorithm::Rsa2048,
            HashAlgorithm::Sha256,
            "RSA",
            2048,
            "SHA256withRSA",
        ),
        (
            KeyAlgorithm::Rsa4096,
            HashAlgorithm::Sha512,
            "RSA",
            4096,
            "SHA512withRSA",
        ),
        (
            KeyAlgorithm::EcP256,
            HashAlgorithm::Sha384,
            "EC",
            256,
            "SHA384withECDSA",
        ),
        (
            KeyAlgorithm::EcP384,
            HashAlgorithm::Sha256,
            "EC",
            384,
            "SHA256withECDSA",
        ),
        (
            KeyAlgorithm::Sm2,
            HashAlgorithm::Sm3,
            "SM2",
            256,
            "SM3withSM2",
        ),
    ] {
        let key = PrivateKey::generate(algorithm).unwrap();
        let der = SigningRequest::create(&key, hash, &name, &[]).unwrap();
        for ending in [LineEnding::Lf, LineEnding::CrLf] {
            let csr = SigningRequest::pem_of(&der, ending);
            let answer = api
                .succeed("POST", PARSE, Some(json!({ "csr": csr })))
                .await;
            let public = text(&answer["public_key"]);
            assert_eq!(
                answer,
                json!({
                    "key_algorithm": family, "key_algorithm_length": bits,
                    "signature_algorithm": signature, "public_key": public,
                    "distinguished_name": {
                        "common_name": "www.example.com", "country": null, "state": "广东",
                        "locality": null, "organization": null, "organizational_unit": null,
                    },
                })
            );
            assert!(
                public.starts_with("-----BEGIN PUBLIC KEY-----\r\n"),
                "{public}"
            );
            assert_eq!(public.matches('\n').count(), public.matches("\r\n").count());
            let blocks = chancery_pki::pem::parse(&public).unwrap();
            assert_eq!(blocks[0].der, key.public_key_der());
        }
    }
}

#[tokio::test]
async fn requests_that_are_not_parsed() {
    if !installed("parsing CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let made = |arguments: &str| {
        let mut whole = vec![
            "req", "-new", "-nodes", "-subj", "/CN=a", "-keyout", "k", "-out", "r",
        ];
        whole.extend(arguments.split(' '));
        openssl(folder, &whole);
        std::fs::read_to_string(folder.join("r")).unwrap()
    };
    let good = made("-newkey rsa:2048");
    let sha1 = made("-newkey rsa:2048 -sha1");
    let short = made("-newkey rsa:1024");
    let curve = made("-newkey ec -pkeyopt ec_paramgen_curve:P-521");
    // The signature of one request under the content of another.
    let der = |pem: &str| chancery_pki::pem::parse(pem).unwrap()[0].der.clone();
    let (one, other) = (der(&good), der(&made("-newkey rsa:2048")));
    let forged = [&one[..one.len() - 256], &other[other.len() - 256..]].concat();
    let forged = SigningRequest::pem_of(&forged, LineEnding::Lf);
    let certificate = api.exported_ca(&issuer).await.0;
    for (csr, text) in [
        (String::new(), "csr cannot be taken"),
        ("not PEM".to_owned(), "csr cannot be taken"),
        (
            certificate,
            "expected exactly one PEM block CERTIFICATE REQUEST, found CERTIFICATE",
        ),
        (good.clone() + &good, "found 2 blocks"),
        (good.replacen("MII", "MIA", 1), "csr cannot be taken"),
        (forged, "signature does not verify"),
        (sha1, "signature algorithm SHA1withRSA is not accepted"),
        (short, "1024"),
        (curve, "csr cannot be taken"),
    ] {
        let refusal = (400, "PCA.10010205");
        let body = json!({ "csr": csr });
        api.refused(("POST", PARSE), Some(body), refusal, text)
            .await;
        for kind in ["ENTITY_CERT", "INTERMEDIATE_CA"] {
            let body = with(&intermediate(&issuer, &csr), &json!({ "type": kind }));
            api.refused(("POST", PATH), Some(body), refusal, text).await;
        }
    }
    let below = api.store.count_subordinates(&api.domain_id, &issuer).await;
    assert_eq!(below.unwrap(), 0);
    assert_eq!(api.succeed("GET", CERTIFICATES, None).await["total"], 0);
}

/// `docs/csr.md`: what depends on what a CSR is to become is no fault of the CSR.
#[tokio::test]
async fn what_issuing_alone_refuses_is_parsed() {
    if !installed("parsing CSRs", "openssl") {
        return;
    }
    let (api, issuer) = desk().await;
    let made = |algorithm, name: &DistinguishedName, names: usize| {
        let key = PrivateKey::generate(algorithm).unwrap();
        let names: Vec<_> = (0..names)
            .map(|number| SubjectAltName::Dns(format!("w{number}.example.com")))
            .collect();
        let der = SigningRequest::create(&key, HashAlgorithm::Sha256, name, &names).unwrap();
        SigningRequest::pem_of(&der, LineEnding::Lf)
    };
    let common = DistinguishedName::common("www.example.com");
    let nameless = DistinguishedName {
        organization: Some("Acme".into()),
        ..DistinguishedName::default()
    };
    let (entity, ca) = ("ENTITY_CERT", "INTERMEDIATE_CA");
    let constrained = "nameConstraints=permitted;DNS:example.com";
    for (csr, kind, code) in [
        (
            made(KeyAlgorithm::EcP256, &nameless, 0),
            entity,
            "PCA.00020101",
        ),
        (made(KeyAlgorithm::EcP256, &nameless, 1), ca, "PCA.00020101"),
        (
            made(KeyAlgorithm::EcP256, &common, 21),
            entity,
            "PCA.00020110",
        ),
        (
            made(KeyAlgorithm::Rsa3072, &common, 0),
            entity,
            "PCA.10010210",
        ),
        (asking(&[constrained]), entity, "PCA.10010105"),
        (asking(&["keyUsage=keyCertSign"]), entity, "PCA.10010105"),
        (asking(&["keyUsage=encipherOnly"]), entity, "PCA.10010105"),
        (asking(&["keyUsage=digitalSignature"]), ca, "PCA.10010105"),
        (asking(&["basicConstraints=CA:FALSE"]), ca, "PCA.10010105"),
        (asking(&["nameConstraints=DER:3000"]), ca, "PCA.10010105"),
    ] {
        api.succeed("POST", PARSE, Some(json!({ "csr": csr })))
            .await;
        let body = with(&intermediate(&issuer, &csr), &json!({ "type": kind }));
        api.refused(("POST", PATH), Some(body), (400, code), "")
            .await;
    }
}
