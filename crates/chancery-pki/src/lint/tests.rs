//! Every rule, kept and broken.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, OctetString};
use der::{Decode, Encode, Tag};
use spki::AlgorithmIdentifierRef;
use x509_cert::ext::Extension;
use x509_cert::time::Time;

mod constraints;
mod profile;
mod revocation;

use super::{RULES, check_rules};
use crate::asn1::Tbs;
use crate::template::{BasicConstraints, Extensions, Issuer, Template};
use crate::{DistinguishedName, ExtendedKeyUsage, KeyUsage, SerialNumber, SubjectAltName};
use crate::{Subject, Unsigned, Validity};

static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::generate(KeyAlgorithm::EcP256).unwrap());

const YEAR_2026_MS: i64 = 1_780_000_000_000;

/// A self-signed server certificate that breaks no rule.
fn leaf() -> Template {
    Template {
        subject: DistinguishedName::common("server").into(),
        public_key_der: KEY.public_key_der().to_vec(),
        validity: Validity {
            not_before_ms: YEAR_2026_MS,
            not_after_ms: YEAR_2026_MS + 1_000,
        },
        serial: SerialNumber::from_bytes(&[0x40; 16]),
        extensions: Extensions {
            key_usages: vec![KeyUsage::DigitalSignature],
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth.into()],
            sans: vec![SubjectAltName::Dns("server".into())],
            ..Extensions::default()
        },
    }
}

fn ca() -> Template {
    let mut template = leaf();
    template.extensions.basic_constraints = BasicConstraints {
        ca: true,
        path_len: Some(0),
    };
    template.extensions.key_usages = vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign];
    template
}

fn prepare(template: &Template) -> Unsigned {
    let issuer = Issuer::self_signed(template).unwrap();
    template.prepare(&issuer, HashAlgorithm::Sha256).unwrap()
}

/// The names of the broken rules.
fn broken(unsigned: Unsigned) -> Vec<&'static str> {
    match check_rules(&unsigned) {
        Ok(()) => Vec::new(),
        Err(error) => error.findings.iter().map(|f| f.rule).collect(),
    }
}

fn broken_by(mut template: Template, change: impl FnOnce(&mut Template)) -> Vec<&'static str> {
    change(&mut template);
    broken(prepare(&template))
}

/// The rules that are broken after a change of the bytes, which no template can make.
fn broken_bytes(template: Template, change: impl FnOnce(&mut Tbs<'_>)) -> Vec<&'static str> {
    let mut unsigned = prepare(&template);
    let original = unsigned.tbs.clone();
    let mut tbs = Tbs::from_der(&original).unwrap();
    change(&mut tbs);
    unsigned.tbs = tbs.to_der().unwrap();
    broken(unsigned)
}

fn extension<'a>(tbs: &'a mut Tbs<'_>, oid: &str) -> &'a mut Extension {
    let oid = ObjectIdentifier::new_unwrap(oid);
    let extensions = tbs.extensions.as_mut().unwrap();
    extensions.iter_mut().find(|e| e.extn_id == oid).unwrap()
}

fn any(der: &[u8]) -> AnyRef<'static> {
    AnyRef::from_der(Box::leak(der.into())).unwrap()
}

fn subject(der: &[u8]) -> Subject {
    Subject::Der(der.to_vec())
}

const EMPTY_NAME: &[u8] = b"\x30\x00";

#[test]
fn right_certificates_break_no_rule() {
    assert_eq!(broken(prepare(&leaf())), [""; 0]);
    assert_eq!(broken(prepare(&ca())), [""; 0]);
}

#[test]
fn rules_have_names_of_their_own() {
    let mut names: Vec<_> = RULES
        .iter()
        .flat_map(|r| r.iter())
        .map(|r| r.name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn serials() {
    let with = |content: &'static [u8]| {
        broken_bytes(leaf(), |tbs| {
            tbs.serial = AnyRef::new(Tag::Integer, content).unwrap();
        })
    };
    assert_eq!(with(&[0x80; 16]), ["serial_is_positive"]);
    assert_eq!(
        with(&[0]),
        ["serial_is_positive", "serial_has_at_least_64_bits"]
    );
    assert_eq!(with(&[0x40; 21]), ["serial_has_at_most_20_octets"]);
    assert_eq!(with(&[0x40; 7]), ["serial_has_at_least_64_bits"]);
    assert_eq!(with(&[0x40; 8]), [""; 0]);
    assert_eq!(with(&[0x40; 20]), [""; 0]);
}

#[test]
fn signatures_and_keys() {
    let rsa = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00";
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            tbs.signature = AlgorithmIdentifierRef::from_der(rsa).unwrap();
        }),
        ["signature_algorithm_is_that_of_the_issuer"]
    );
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            tbs.signature.parameters = Some(AnyRef::NULL);
        }),
        ["signature_algorithm_is_that_of_the_issuer"]
    );
    assert_eq!(
        broken_bytes(leaf(), |tbs| tbs.version = 0),
        ["version_is_3"]
    );
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            tbs.subject_unique_id = Some(BitStringRef::from_bytes(b"x").unwrap());
        }),
        ["no_unique_identifiers"]
    );
    // A point that is not on the curve.
    let mut spki = KEY.public_key_der().to_vec();
    *spki.last_mut().unwrap() ^= 1;
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            tbs.public_key = any(&spki);
        }),
        [
            "public_key_is_usable",
            "subject_key_identifier_is_that_of_the_key"
        ]
    );
}

#[test]
fn sm2() {
    let key = PrivateKey::generate(KeyAlgorithm::Sm2).unwrap();
    let of_sm2 = |template: Template| Template {
        public_key_der: key.public_key_der().to_vec(),
        ..template
    };
    let prepared = |template: Template| {
        let issuer = Issuer::self_signed(&of_sm2(ca())).unwrap();
        of_sm2(template).prepare(&issuer, HashAlgorithm::Sm3)
    };
    // Below a key of another family, and the other way round.
    let issuer = Issuer::self_signed(&ca()).unwrap();
    let unsigned = of_sm2(leaf()).prepare(&issuer, HashAlgorithm::Sha256);
    assert_eq!(broken(unsigned.unwrap()), ["sm2_only_below_sm2"]);
    let issuer = Issuer::self_signed(&of_sm2(ca())).unwrap();
    let unsigned = leaf().prepare(&issuer, HashAlgorithm::Sm3);
    assert_eq!(broken(unsigned.unwrap()), ["sm2_only_below_sm2"]);

    use KeyUsage::{
        DataEncipherment, DigitalSignature, KeyAgreement, KeyEncipherment, NonRepudiation,
    };
    let with = |usages: &[KeyUsage]| {
        let mut template = leaf();
        template.extensions.key_usages = usages.to_vec();
        broken(prepared(template).unwrap())
    };
    assert_eq!(with(&[DigitalSignature, NonRepudiation]), [""; 0]);
    let encrypts = [KeyEncipherment, DataEncipherment, KeyAgreement];
    assert_eq!(with(&encrypts), [""; 0]);
    for encrypts in encrypts {
        for signs in [DigitalSignature, NonRepudiation] {
            assert_eq!(with(&[signs, encrypts]), ["an_sm2_key_signs_or_encrypts"]);
        }
    }
}

#[test]
fn validity() {
    for not_after_ms in [YEAR_2026_MS - 1_000, YEAR_2026_MS, YEAR_2026_MS + 999] {
        assert_eq!(
            broken_by(leaf(), |t| t.validity.not_after_ms = not_after_ms),
            ["validity_ends_after_it_begins"]
        );
    }
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            let end = tbs.validity.not_after.to_date_time();
            tbs.validity.not_after = Time::GeneralTime(GeneralizedTime::from_date_time(end));
        }),
        ["times_are_utc_time_through_2049"]
    );
    assert_eq!(
        broken_by(leaf(), |t| t.validity.not_after_ms = 2_524_608_000_000),
        [""; 0]
    );
}

#[test]
fn issuers() {
    let other = DistinguishedName::common("other").to_der().unwrap();
    assert_eq!(
        broken_bytes(leaf(), |tbs| tbs.issuer = any(&other)),
        ["issuer_is_the_subject_of_the_issuer"]
    );
    let mut issuer = Issuer::self_signed(&leaf()).unwrap();
    issuer.name = EMPTY_NAME.to_vec();
    assert_eq!(
        broken(leaf().prepare(&issuer, HashAlgorithm::Sha256).unwrap()),
        ["issuer_is_not_empty"]
    );
    let mut issuer = Issuer::self_signed(&leaf()).unwrap();
    let unsigned = leaf().prepare(&issuer, HashAlgorithm::Sha256).unwrap();
    issuer.key_id = vec![1];
    assert_eq!(
        broken(Unsigned { issuer, ..unsigned }),
        ["authority_key_identifier_is_that_of_the_issuer"]
    );
}

#[test]
fn subjects() {
    assert_eq!(
        broken_by(leaf(), |t| {
            t.subject = subject(EMPTY_NAME);
            t.extensions.sans.clear();
        }),
        [
            "issuer_is_not_empty",
            "there_is_a_subject_or_an_alternative_name"
        ]
    );
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            tbs.subject = any(EMPTY_NAME);
        }),
        ["an_empty_subject_makes_alternative_names_critical"]
    );
    assert_eq!(
        broken_bytes(ca(), |tbs| {
            tbs.subject = any(EMPTY_NAME);
            extension(tbs, "2.5.29.17").critical = true;
        }),
        ["ca_has_a_subject"]
    );
    // An issuer may give an end entity a certificate for alternative names alone.
    let issuer = Issuer::self_signed(&ca()).unwrap();
    let mut template = leaf();
    template.subject = DistinguishedName::default().into();
    let unsigned = template.prepare(&issuer, HashAlgorithm::Sha384).unwrap();
    assert_eq!(broken(unsigned), [""; 0]);
}

#[test]
fn attributes_of_subjects() {
    let bounds = |name: DistinguishedName| broken_by(leaf(), |t| t.subject = name.into());
    assert_eq!(bounds(DistinguishedName::common("字".repeat(64))), [""; 0]);
    assert_eq!(
        bounds(DistinguishedName::common("a".repeat(65))),
        ["attributes_keep_to_their_grammar"]
    );
    assert_eq!(
        bounds(DistinguishedName {
            country: Some("CHN".into()),
            ..DistinguishedName::default()
        }),
        ["attributes_keep_to_their_grammar"]
    );
    let types = |der: &[u8]| broken_by(leaf(), |t| t.subject = subject(der));
    let teletex = b"\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x14\x01c";
    let utf8_country = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x0c\x02CN";
    let printable = b"\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x13\x01c";
    let empty = b"\x30\x0b\x31\x09\x30\x07\x06\x03\x55\x04\x03\x0c\x00";
    assert_eq!(types(teletex), ["attributes_keep_to_their_grammar"]);
    assert_eq!(types(utf8_country), ["attributes_keep_to_their_grammar"]);
    assert_eq!(types(empty), ["attributes_keep_to_their_grammar"]);
    assert_eq!(types(printable), [""; 0]);
}

#[test]
fn alternative_names() {
    for name in [
        SubjectAltName::Dns("a_b".into()),
        SubjectAltName::Email("nobody".into()),
        SubjectAltName::Uri("/path".into()),
    ] {
        assert_eq!(
            broken_by(leaf(), |t| t.extensions.sans.push(name)),
            ["alternative_names_are_valid"]
        );
    }
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            extension(tbs, "2.5.29.17").extn_value = OctetString::new(*b"\x30\x00").unwrap();
        }),
        ["alternative_names_are_valid"]
    );
}

#[test]
fn authorities() {
    assert_eq!(
        broken_bytes(ca(), |tbs| extension(tbs, "2.5.29.19").critical = false),
        ["basic_constraints_of_a_ca_are_critical"]
    );
    assert_eq!(
        broken_by(leaf(), |t| t.extensions.basic_constraints.path_len =
            Some(0)),
        ["path_length_only_for_a_ca"]
    );
    assert_eq!(
        broken_by(ca(), |t| {
            t.extensions.key_usages = vec![KeyUsage::CrlSign];
            t.extensions.basic_constraints.path_len = None;
        }),
        [""; 0]
    );
    assert_eq!(
        broken_by(ca(), |t| {
            t.extensions.key_usages = vec![KeyUsage::CrlSign];
            t.extensions.basic_constraints.path_len = Some(0);
        }),
        ["path_length_only_where_certificates_are_signed"]
    );
    assert_eq!(
        broken_by(ca(), |t| {
            t.extensions.key_usages = vec![KeyUsage::DigitalSignature];
            t.extensions.basic_constraints.path_len = None;
        }),
        ["ca_signs_certificates_or_lists"]
    );
    assert_eq!(
        broken_by(ca(), |t| {
            t.extensions.key_usages.clear();
            t.extensions.basic_constraints.path_len = None;
        }),
        ["ca_signs_certificates_or_lists"]
    );
    assert_eq!(
        broken_by(leaf(), |t| t
            .extensions
            .key_usages
            .push(KeyUsage::KeyCertSign)),
        ["key_cert_sign_only_for_a_ca"]
    );
}

#[test]
fn an_issuer_of_path_length_0_has_no_ca_below() {
    let below = |path_len, template: Template| {
        let mut issuer = Issuer::self_signed(&ca()).unwrap();
        issuer.path_len = path_len;
        broken(template.prepare(&issuer, HashAlgorithm::Sha256).unwrap())
    };
    assert_eq!(below(Some(0), ca()), ["issuer_allows_a_ca_below_itself"]);
    assert_eq!(below(Some(0), leaf()), [""; 0]);
    assert_eq!(below(Some(1), ca()), [""; 0]);
}

#[test]
fn usages() {
    let value = |oid, der: &'static [u8]| {
        broken_bytes(leaf(), |tbs| {
            extension(tbs, oid).extn_value = OctetString::new(der).unwrap();
        })
    };
    assert_eq!(
        value("2.5.29.15", b"\x03\x01\x00"),
        ["key_usage_is_not_empty"]
    );
    assert_eq!(value("2.5.29.37", b"\x30\x00"), ["purposes_are_not_empty"]);
    assert_eq!(
        broken_bytes(leaf(), |tbs| extension(tbs, "2.5.29.15").critical = false),
        ["key_usage_is_critical"]
    );
    for usage in [KeyUsage::EncipherOnly, KeyUsage::DecipherOnly] {
        assert_eq!(
            broken_by(leaf(), |t| t.extensions.key_usages.push(usage)),
            ["encipher_and_decipher_only_with_key_agreement"]
        );
        assert_eq!(
            broken_by(leaf(), |t| {
                t.extensions
                    .key_usages
                    .extend([usage, KeyUsage::KeyAgreement]);
            }),
            [""; 0]
        );
    }
    assert_eq!(
        broken_by(leaf(), |t| {
            t.extensions
                .extended_key_usages
                .push(ExtendedKeyUsage::ServerAuth.into());
        }),
        ["purposes_are_named_once"]
    );
}

#[test]
fn extensions() {
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            let extensions = tbs.extensions.as_mut().unwrap();
            extensions.push(extensions[0].clone());
        }),
        ["no_extension_twice"]
    );
    let without = |oid| {
        broken_bytes(leaf(), |tbs| {
            let oid = ObjectIdentifier::new_unwrap(oid);
            tbs.extensions
                .as_mut()
                .unwrap()
                .retain(|e| e.extn_id != oid);
        })
    };
    assert_eq!(
        without("2.5.29.14"),
        ["subject_key_identifier_is_that_of_the_key"]
    );
    assert_eq!(
        without("2.5.29.35"),
        ["authority_key_identifier_is_that_of_the_issuer"]
    );
    for oid in ["2.5.29.14", "2.5.29.35"] {
        assert_eq!(
            broken_bytes(leaf(), |tbs| extension(tbs, oid).critical = true),
            ["key_identifiers_are_not_critical"]
        );
    }
}

#[test]
fn bytes_that_are_no_certificate_break_the_first_rule() {
    let mut unsigned = prepare(&leaf());
    unsigned.tbs.pop();
    assert_eq!(broken(unsigned), ["well_formed"]);
    assert_eq!(
        broken_bytes(leaf(), |tbs| {
            extension(tbs, "2.5.29.15").extn_value = OctetString::new(*b"x").unwrap();
        }),
        ["well_formed"]
    );
}

#[test]
fn messages_name_the_rule_and_its_source() {
    let mut template = leaf();
    template.validity.not_after_ms = 0;
    template
        .extensions
        .sans
        .push(SubjectAltName::Dns("a_b".into()));
    let message = check_rules(&prepare(&template)).unwrap_err().to_string();
    assert!(
        message.starts_with(
            "validity must end after it begins (RFC 5280 section 4.1.2.5); DNS name \"a_b\" must"
        ),
        "{message}"
    );
}
