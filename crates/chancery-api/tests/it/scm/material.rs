//! Certificates and keys to bring.

use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::random::SystemRandom;
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, Extensions, Issuer, KeyUsage, SerialNumber,
    SubjectAltName, Template, Validity,
};
use serde_json::{Value, json};

use crate::support::{Api, DAY, NOW};

/// A certificate and its key.
pub(crate) struct Identity {
    pub(crate) certificate: Certificate,
    key: PrivateKey,
}

/// What a certificate is to say.
pub(crate) struct Wanted<'a> {
    pub(crate) common_name: &'a str,
    /// DNS names and IP addresses.
    pub(crate) names: &'a [&'a str],
    /// From when to when, counted from [`NOW`] in milliseconds.
    pub(crate) validity: (i64, i64),
    pub(crate) algorithm: KeyAlgorithm,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            common_name: "www.example.com",
            names: &["www.example.com"],
            validity: (-DAY, 364 * DAY),
            algorithm: KeyAlgorithm::EcP256,
        }
    }
}

/// A root, an intermediate below it and what the tests want below that.
pub(crate) struct Chain {
    pub(crate) root: Identity,
    pub(crate) intermediate: Identity,
}

impl Chain {
    pub(crate) fn new() -> Self {
        let root = authority("Test Root", None);
        let intermediate = authority("Test Intermediate", Some(&root));
        Self { root, intermediate }
    }

    /// A server's certificate, issued by the intermediate.
    pub(crate) fn server(&self, wanted: &Wanted<'_>) -> Identity {
        let key = PrivateKey::generate(wanted.algorithm).unwrap();
        let sans = wanted.names.iter().map(|name| match name.parse() {
            Ok(address) => SubjectAltName::Ip(address),
            Err(_) => SubjectAltName::Dns((*name).to_owned()),
        });
        let extensions = Extensions {
            key_usages: vec![KeyUsage::DigitalSignature],
            sans: sans.collect(),
            ..Extensions::default()
        };
        let template = template(wanted.common_name, &key, wanted.validity, extensions);
        issue(template, key, Some(&self.intermediate))
    }

    /// The body that brings a certificate with the intermediate and the root.
    pub(crate) fn body(&self, server: &Identity) -> Value {
        let chain = self.intermediate.pem() + &self.root.pem();
        json!({
            "name": "web-server",
            "certificate": server.pem(),
            "certificate_chain": chain,
            "private_key": server.key_pem(),
        })
    }

    /// Brings a certificate with its chain and gives its id.
    pub(crate) async fn bring(&self, api: &Api, name: &str, wanted: &Wanted<'_>) -> String {
        let mut body = self.body(&self.server(wanted));
        body["name"] = name.into();
        bring(api, body).await
    }
}

/// Imports and gives the id.
pub(crate) async fn bring(api: &Api, body: Value) -> String {
    let answer = api
        .succeed("POST", "/v3/scm/certificates/import", Some(body))
        .await;
    answer["certificate_id"].as_str().unwrap().to_owned()
}

impl Identity {
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem(LineEnding::Lf)
    }

    /// PKCS#8.
    pub(crate) fn key_pem(&self) -> String {
        pem::encode("PRIVATE KEY", self.key.pkcs8_der(), LineEnding::Lf)
    }

    /// PKCS#1; of an RSA key.
    pub(crate) fn pkcs1_pem(&self) -> String {
        let der = self.key.pkcs1_der().unwrap();
        pem::encode("RSA PRIVATE KEY", &der, LineEnding::Lf)
    }
}

pub(crate) fn authority(name: &str, issuer: Option<&Identity>) -> Identity {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let extensions = Extensions {
        basic_constraints: BasicConstraints {
            ca: true,
            path_len: None,
        },
        key_usages: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
        ..Extensions::default()
    };
    let template = template(name, &key, (-100 * DAY, 3000 * DAY), extensions);
    issue(template, key, issuer)
}

fn template(
    name: &str,
    key: &PrivateKey,
    (from, to): (i64, i64),
    extensions: Extensions,
) -> Template {
    Template {
        subject: DistinguishedName::common(name).into(),
        public_key_der: key.public_key_der().to_vec(),
        validity: Validity {
            not_before_ms: NOW + from,
            not_after_ms: NOW + to,
        },
        serial: SerialNumber::random(&SystemRandom),
        extensions,
    }
}

/// Without an issuer the certificate is self-signed.
fn issue(template: Template, key: PrivateKey, issuer: Option<&Identity>) -> Identity {
    let (named, signer) = match issuer {
        Some(issuer) => (Issuer::of(&issuer.certificate).unwrap(), &issuer.key),
        None => (Issuer::self_signed(&template).unwrap(), &key),
    };
    let unsigned = template.prepare(&named, HashAlgorithm::Sha256).unwrap();
    let certificate = unsigned.lint().unwrap().sign(signer).unwrap();
    Identity { certificate, key }
}
