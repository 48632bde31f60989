//! Certificates and keys to bring.

use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::random::SystemRandom;
use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, Extensions, Issuer, KeyUsage, Profile,
    SerialNumber, SubjectAltName, Template, Validity,
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
    pub(crate) usages: &'a [KeyUsage],
}

/// What the signing certificate of an SM2 pair may do.
pub(crate) const SIGN: &[KeyUsage] = &[KeyUsage::DigitalSignature, KeyUsage::NonRepudiation];
/// What the encryption certificate of an SM2 pair may do.
pub(crate) const ENCRYPT: &[KeyUsage] = &[
    KeyUsage::KeyEncipherment,
    KeyUsage::DataEncipherment,
    KeyUsage::KeyAgreement,
];

impl Wanted<'_> {
    /// The signing certificate of an SM2 pair, or the only one.
    pub(crate) fn signing() -> Self {
        Self {
            algorithm: KeyAlgorithm::Sm2,
            usages: SIGN,
            ..Self::default()
        }
    }

    /// The encryption certificate of an SM2 pair.
    pub(crate) fn encryption() -> Self {
        Self {
            usages: ENCRYPT,
            ..Self::signing()
        }
    }
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            common_name: "www.example.com",
            names: &["www.example.com"],
            validity: (-DAY, 364 * DAY),
            algorithm: KeyAlgorithm::EcP256,
            usages: &[KeyUsage::DigitalSignature],
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
        Self::of(KeyAlgorithm::EcP256)
    }

    pub(crate) fn sm2() -> Self {
        Self::of(KeyAlgorithm::Sm2)
    }

    fn of(algorithm: KeyAlgorithm) -> Self {
        let root = authority_of(algorithm, "Test Root", None);
        let intermediate = authority_of(algorithm, "Test Intermediate", Some(&root));
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
            key_usages: wanted.usages.to_vec(),
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

    /// An SM2 pair: the signing certificate and the encryption certificate.
    pub(crate) fn pair(&self) -> (Identity, Identity) {
        let (signing, encryption) = (Wanted::signing(), Wanted::encryption());
        (self.server(&signing), self.server(&encryption))
    }

    /// The body that brings an SM2 pair with the intermediate and the root.
    pub(crate) fn pair_body(&self, (signing, encryption): &(Identity, Identity)) -> Value {
        let mut body = self.body(signing);
        body["enc_certificate"] = encryption.pem().into();
        body["enc_private_key"] = encryption.key_pem().into();
        body
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
    authority_of(KeyAlgorithm::EcP256, name, issuer)
}

pub(crate) fn authority_of(
    algorithm: KeyAlgorithm,
    name: &str,
    issuer: Option<&Identity>,
) -> Identity {
    let key = PrivateKey::generate(algorithm).unwrap();
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
    let extensions = &template.extensions;
    let profile = match (extensions.basic_constraints.ca, issuer) {
        (true, None) => Profile::RootCa,
        (true, Some(_)) => Profile::SubordinateCa,
        (false, _) if key.algorithm() != KeyAlgorithm::Sm2 => Profile::Entity,
        (false, _) if ENCRYPT.contains(&extensions.key_usages[0]) => Profile::Sm2Encryption,
        (false, _) => Profile::Sm2Signing,
    };
    let hash = signer.algorithm().default_hash();
    let unsigned = template.prepare(&named, hash).unwrap();
    let certificate = unsigned.lint(profile).unwrap().sign(signer).unwrap();
    Identity { certificate, key }
}
