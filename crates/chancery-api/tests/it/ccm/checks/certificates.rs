//! Issuing certificates, also for signing requests.

use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::pem::LineEnding;
use chancery_pki::{DistinguishedName, SigningRequest, SubjectAltName};
use serde_json::{Value, json};

use super::{Cast, TEAM, Walk, long};
use crate::ccm::{CERTIFICATES, NO_ID, certificate, root, text};
use crate::support::Api;
use crate::tools::{installed, openssl, write};

/// A desk whose quota of certificates is used up.
async fn full_desk() -> Api {
    let one = |settings: &mut chancery_core::Settings| settings.quotas.private_certificates = 1;
    let api = Api::start_with(one).await;
    let root = api.new_ca(root("first")).await;
    api.new_certificate(certificate("only", &root)).await;
    api
}

#[tokio::test]
async fn creating_a_certificate() {
    let api = full_desk().await;
    let cast = Cast::of(&api).await;
    let many = vec![json!({ "type": "DNS", "value": "www.example.org" }); 21];
    let mut wrong = many.clone();
    wrong[20]["type"] = json!("DIR");
    let mut body = json!({
        "issuer_id": "x", "key_algorithm": "x", "signature_algorithm": "x", "validity": long(),
        "distinguished_name": {}, "key_usages": ["x"], "subject_alternative_names": wrong,
        "customized_extension": { "object_identifier": "2.5.29.19" },
        "enterprise_project_id": "mine",
    });
    let headings = ["CreateCertificate"];
    let mut walk = Walk::begin(&cast, CERTIFICATES, &headings, &body, "validity").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "key_algorithm").await;
    body["key_algorithm"] = json!("SM2");
    walk.refused(&body, "signature_algorithm").await;
    body["signature_algorithm"] = json!("SHA256");
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "key_usages").await;
    body["key_usages"] = json!(["keyCertSign"]);
    walk.refused(&body, "DNS, IP, EMAIL or URI").await;
    body["subject_alternative_names"] = json!(many);
    walk.refused(&body, "customized_extension needs both").await;
    body["customized_extension"]["value"] = json!("v");
    walk.refused(&body, "enterprise_project_id must be 0 or")
        .await;
    body["enterprise_project_id"] = json!(TEAM);
    walk.refused(&body, "distinguished_name.common_name").await;
    body["distinguished_name"]["common_name"] = json!("Jane Doe");
    walk.refused(&body, "at most 20").await;
    body["subject_alternative_names"] = json!(many[..1]);
    walk.refused(&body, "keyCertSign").await;
    body["key_usages"] = json!([]);
    cast.issuers(&mut walk, &mut body).await;
    body["enterprise_project_id"] = json!(NO_ID);
    walk.refused(&body, "enterprise_project_id must be 0 or the id of")
        .await;
    body["enterprise_project_id"] = json!("0");
    walk.refused(&body, "at most 20 years").await;
    body["validity"]["value"] = json!(20);
    walk.refused(&body, "within the validity of the issuing CA")
        .await;
    body["validity"] = json!({ "type": "DAY", "value": 1 });
    walk.refused(&body, "a chain is of one family").await;
    body["key_algorithm"] = json!("EC256");
    body["signature_algorithm"] = json!("SM3");
    walk.refused(&body, "SM3 goes with SM2 only").await;
    body["signature_algorithm"] = json!("SHA256");
    walk.refused(&body, "DNS www.example.org is not permitted")
        .await;
    body["subject_alternative_names"][0]["value"] = json!("www.example.com");
    walk.refused(&body, "must not be below 2.5.29").await;
    body["customized_extension"]["object_identifier"] = json!("1.2.3");
    walk.refused(&body, "at most 1 private certificates").await;
    walk.end();
}

/// A CSR for a new key.
fn csr(algorithm: KeyAlgorithm, common_name: &str, names: usize) -> String {
    let key = PrivateKey::generate(algorithm).unwrap();
    let subject = DistinguishedName {
        organization: Some("Acme".into()),
        common_name: Some(common_name.to_owned()).filter(|name| !name.is_empty()),
        ..DistinguishedName::default()
    };
    let names: Vec<_> = (0..names)
        .map(|number| SubjectAltName::Dns(format!("{}.example.org", "w".repeat(3 + number))))
        .collect();
    let hash = algorithm.default_hash();
    let der = SigningRequest::create(&key, hash, &subject, &names).unwrap();
    SigningRequest::pem_of(&der, LineEnding::Lf)
}

/// A CSR of OpenSSL for a P-256 key, asking for an extension.
fn asking(subject: &str, extension: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("c.cnf", "[req]\ndistinguished_name = name\n[name]\n")],
    );
    let arguments = [
        "req",
        "-new",
        "-nodes",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-config",
        "c.cnf",
        "-keyout",
        "k",
        "-out",
        "r",
        "-subj",
        subject,
        "-addext",
        extension,
    ];
    openssl(folder.path(), &arguments);
    std::fs::read_to_string(folder.path().join("r")).unwrap()
}

const CSR: &str = "/v1/private-certificates/csr";
const HARMLESS: &str = "extendedKeyUsage=serverAuth";

/// The rows that both types have in common.
async fn by_csr<'a>(cast: &Cast<'a>, kind: &str) -> (Walk<'a>, Value) {
    let mut body = json!({
        "issuer_id": "x", "csr": "x", "validity": long(), "type": "x",
        "enterprise_project_id": "mine", "path_length": 7,
    });
    let headings = [
        "CreateCertificateByCsr",
        &format!("CreateCertificateByCsr, {kind}"),
    ];
    let mut walk = Walk::begin(cast, CSR, &headings, &body, "csr").await;
    walk.refused(&body, "issuer_id").await;
    body["issuer_id"] = json!(NO_ID);
    walk.refused(&body, "type must be").await;
    body["type"] = json!(kind);
    walk.refused(&body, "validity.type").await;
    body["validity"]["type"] = json!("YEAR");
    walk.refused(&body, "enterprise_project_id must be 0 or")
        .await;
    body["enterprise_project_id"] = json!(TEAM);
    walk.refused(&body, "csr cannot be taken").await;
    body["csr"] = json!(csr(KeyAlgorithm::Rsa3072, "", 0));
    walk.refused(&body, "csr must have a key of one of").await;
    body["csr"] = json!(csr(KeyAlgorithm::Sm2, "", 0));
    walk.refused(&body, "distinguished_name.common_name is required")
        .await;
    body["csr"] = json!(csr(KeyAlgorithm::Sm2, "Jane Doe", 21));
    walk.refused(&body, "at most 20").await;
    body["csr"] = json!(csr(KeyAlgorithm::Sm2, "Jane Doe", 1));
    cast.issuers(&mut walk, &mut body).await;
    body["enterprise_project_id"] = json!(NO_ID);
    walk.refused(&body, "enterprise_project_id must be 0 or the id of")
        .await;
    body["enterprise_project_id"] = json!("0");
    walk.refused(&body, "at most 20 years").await;
    body["validity"]["value"] = json!(20);
    walk.refused(&body, "within the validity of the issuing CA")
        .await;
    body["validity"] = json!({ "type": "DAY", "value": 1 });
    walk.refused(&body, "a chain is of one family").await;
    (walk, body)
}

#[tokio::test]
async fn an_end_entity_by_csr() {
    if !installed("CSRs that ask for much", "openssl") {
        return;
    }
    let api = full_desk().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = by_csr(&cast, "ENTITY_CERT").await;
    let ask = |subject: &str, extension: &str| json!(asking(subject, extension));
    body["csr"] = ask("/C=DE/CN=a", "nameConstraints=permitted;DNS:example.org");
    walk.refused(&body, "must not ask for name constraints")
        .await;
    body["csr"] = ask("/C=DE/CN=a", "keyUsage=keyCertSign");
    walk.refused(&body, "keyCertSign").await;
    body["csr"] = ask("/C=DE/CN=a", HARMLESS);
    walk.refused(&body, "C=DE is not permitted").await;
    body["csr"] = ask("/C=CN/CN=a", HARMLESS);
    walk.refused(&body, "at most 1 private certificates").await;
    walk.end();
}

#[tokio::test]
async fn an_intermediate_ca_by_csr() {
    if !installed("CSRs that ask for much", "openssl") {
        return;
    }
    let api = Api::start().await;
    let cast = Cast::of(&api).await;
    let (mut walk, mut body) = by_csr(&cast, "INTERMEDIATE_CA").await;
    let broken = "nameConstraints=DER:3000";
    let like_issuer = "/C=CN/ST=Guangdong/L=Shenzhen/O=Acme, Inc./OU=ops/CN=issuer";
    body["csr"] = json!(asking(like_issuer, broken));
    walk.refused(&body, "path_length must be a number from 0 to 6")
        .await;
    body["path_length"] = json!(2);
    walk.refused(
        &body,
        "path_length must be below the issuing CA's, which is 2",
    )
    .await;
    body["path_length"] = json!(1);
    walk.refused(&body, "the name of the issuing CA").await;
    body["csr"] = json!(asking("/C=DE/CN=a", broken));
    walk.refused(&body, "name constraints is malformed").await;
    let useless = "keyUsage=keyCertSign,encipherOnly";
    body["csr"] = json!(asking("/C=DE/CN=a", useless));
    walk.refused(&body, "C=DE is not permitted").await;
    body["csr"] = json!(asking("/C=CN/CN=a", useless));
    walk.refused(&body, "must contain keyAgreement beside")
        .await;
    body["csr"] = json!(asking("/C=CN/CN=a", HARMLESS));
    let answer = api.succeed("POST", CSR, Some(body)).await;
    assert_eq!(
        api.ca(&text(&answer["certificate_id"])).await["path_length"],
        1
    );
    walk.end();
}
