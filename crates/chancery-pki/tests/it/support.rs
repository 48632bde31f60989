//! Keys and certificates for the tests.

use std::collections::HashMap;
use std::sync::LazyLock;

use chancery_crypto::random::SystemRandom;
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use chancery_pki::{
    BasicConstraints, Certificate, DistinguishedName, ExtendedKeyUsage, Extensions, Issuer,
    KeyUsage, Profile, SerialNumber, SubjectAltName, Template, Validity,
};

/// A moment in 2026, in milliseconds. OpenSSL is told it by `-attime`.
pub(crate) const NOW_MS: i64 = 1_780_000_000_000;
pub(crate) const NOW_S: i64 = NOW_MS / 1000;
const YEAR_MS: i64 = 365 * 24 * 3_600 * 1000;

static KEYS: LazyLock<HashMap<(KeyAlgorithm, usize), PrivateKey>> = LazyLock::new(|| {
    let indexes = [0, 1];
    KeyAlgorithm::ALL
        .iter()
        .flat_map(|a| indexes.map(|i| ((*a, i), PrivateKey::generate(*a).unwrap())))
        .collect()
});

/// One of two keys of each kind, made once.
pub(crate) fn key(algorithm: KeyAlgorithm, index: usize) -> &'static PrivateKey {
    &KEYS[&(algorithm, index)]
}

/// Every algorithm but SM2, which is in no chain with others.
pub(crate) fn international() -> impl Iterator<Item = KeyAlgorithm> {
    let all = KeyAlgorithm::ALL.iter().copied();
    all.filter(|algorithm| *algorithm != KeyAlgorithm::Sm2)
}

pub(crate) fn template(common_name: &str, key: &PrivateKey) -> Template {
    Template {
        subject: DistinguishedName {
            country: Some("CN".into()),
            organization: Some("Acme".into()),
            ..DistinguishedName::common(common_name)
        }
        .into(),
        public_key_der: key.public_key_der().to_vec(),
        validity: Validity {
            not_before_ms: NOW_MS,
            not_after_ms: NOW_MS + YEAR_MS,
        },
        serial: SerialNumber::random(&SystemRandom),
        extensions: Extensions::default(),
    }
}

pub(crate) fn ca_template(common_name: &str, key: &PrivateKey, path_len: Option<u32>) -> Template {
    let mut template = template(common_name, key);
    template.validity.not_after_ms = NOW_MS + 30 * YEAR_MS;
    template.extensions.basic_constraints = BasicConstraints { ca: true, path_len };
    template.extensions.key_usages = vec![
        KeyUsage::DigitalSignature,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
    ];
    template
}

pub(crate) fn server_template(key: &PrivateKey) -> Template {
    let mut template = template("server.example.com", key);
    template.extensions.key_usages = vec![KeyUsage::DigitalSignature];
    template.extensions.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth.into()];
    template.extensions.sans = vec![
        SubjectAltName::Dns("server.example.com".into()),
        SubjectAltName::Ip([127, 0, 0, 1].into()),
    ];
    template
}

/// What a template is for; a chain is of one family, so the issuer's key tells the subject's.
fn profile(template: &Template, ca: Profile, issuer: KeyAlgorithm) -> Profile {
    let extensions = &template.extensions;
    let encrypts = extensions.key_usages.contains(&KeyUsage::KeyEncipherment);
    match (extensions.basic_constraints.ca, issuer) {
        (true, _) => ca,
        _ if extensions.ocsp_responder => Profile::OcspResponder,
        (false, KeyAlgorithm::Sm2) if encrypts => Profile::Sm2Encryption,
        (false, issuer) => Profile::of_signer(issuer),
    }
}

pub(crate) fn self_sign(template: &Template, key: &PrivateKey, hash: HashAlgorithm) -> Certificate {
    let issuer = Issuer::self_signed(template).unwrap();
    let unsigned = template.prepare(&issuer, hash).unwrap();
    let profile = profile(template, Profile::RootCa, key.algorithm());
    unsigned.lint(profile).unwrap().sign(key).unwrap()
}

pub(crate) fn issue(
    template: &Template,
    issuer: &Certificate,
    issuer_key: &PrivateKey,
    hash: HashAlgorithm,
) -> Certificate {
    let issuer = Issuer::of(issuer).unwrap();
    let unsigned = template.prepare(&issuer, hash).unwrap();
    let profile = profile(template, Profile::SubordinateCa, issuer_key.algorithm());
    unsigned.lint(profile).unwrap().sign(issuer_key).unwrap()
}

/// A root, an authority below it, and a server below that, all with P-256 keys.
pub(crate) fn small_chain() -> [Certificate; 3] {
    let (root_key, sub_key) = (key(KeyAlgorithm::EcP256, 0), key(KeyAlgorithm::EcP256, 1));
    let server_key = key(KeyAlgorithm::EcP384, 0);
    let hash = HashAlgorithm::Sha256;
    let root = self_sign(&ca_template("Root", root_key, None), root_key, hash);
    let sub = issue(&ca_template("Sub", sub_key, Some(0)), &root, root_key, hash);
    let server = issue(&server_template(server_key), &sub, sub_key, hash);
    [root, sub, server]
}
