//! Every rule, kept and broken.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, PrivateKey};
use der::asn1::{AnyRef, GeneralizedTime};

use super::*;
use crate::certificate::Certificate;
use crate::crl::{CrlTemplate, List, RevokedCertificate};
use crate::template::{BasicConstraints, Extensions, Issuer, Profile, Template};
use crate::{DistinguishedName, KeyUsage, SerialNumber, Validity};

const NOW_MS: i64 = 1_780_000_000_000;

static CA: LazyLock<Certificate> = LazyLock::new(|| {
    let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
    let template = Template {
        subject: DistinguishedName::common("CA").into(),
        public_key_der: chancery_crypto::Signer::public_key_der(&key).to_vec(),
        validity: Validity {
            not_before_ms: NOW_MS,
            not_after_ms: NOW_MS + 1_000,
        },
        serial: SerialNumber::from_bytes(&[0x40; 16]),
        extensions: Extensions {
            basic_constraints: BasicConstraints {
                ca: true,
                path_len: None,
            },
            key_usages: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            ..Extensions::default()
        },
    };
    let issuer = Issuer::self_signed(&template).unwrap();
    let unsigned = template.prepare(&issuer, HashAlgorithm::Sha256).unwrap();
    unsigned.lint(Profile::RootCa).unwrap().sign(&key).unwrap()
});

/// The rules that are broken after a change of the bytes.
fn broken(change: impl FnOnce(&mut TbsCrl<'_>)) -> Vec<&'static str> {
    let template = CrlTemplate {
        this_update_ms: NOW_MS,
        next_update_ms: NOW_MS + 1_000,
        number: 7,
        distribution_point: Some("http://a/b".into()),
        revoked: vec![RevokedCertificate {
            serial: SerialNumber::from_bytes(&[0x41]),
            revoked_at_ms: NOW_MS,
            reason: RevocationReason::Superseded,
        }],
    };
    let mut unsigned = template.prepare(&CA, HashAlgorithm::Sha256).unwrap();
    let original = unsigned.tbs.clone();
    let mut tbs = TbsCrl::from_der(&original).unwrap();
    change(&mut tbs);
    unsigned.tbs = tbs.to_der().unwrap();
    match unsigned.lint() {
        Ok(_) => Vec::new(),
        Err(error) => error.findings.iter().map(|f| f.rule).collect(),
    }
}

/// The rules that are broken after a change of an extension.
fn broken_extension(
    oid: ObjectIdentifier,
    change: impl FnOnce(&mut Extension),
) -> Vec<&'static str> {
    broken(|tbs| {
        let extensions = tbs.extensions.as_mut().unwrap();
        change(extensions.iter_mut().find(|e| e.extn_id == oid).unwrap());
    })
}

/// The rules that are broken by a list with these bytes.
fn broken_list(list: &'static [u8]) -> Vec<&'static str> {
    broken(|tbs| tbs.revoked = Some(List(list)))
}

fn octets(bytes: &[u8]) -> OctetString {
    OctetString::new(bytes).unwrap()
}

#[test]
fn a_right_crl_breaks_no_rule() {
    assert_eq!(broken(|_| {}), [""; 0]);
    assert_eq!(broken(|tbs| tbs.revoked = None), [""; 0]);
}

#[test]
fn fields() {
    assert_eq!(broken(|tbs| tbs.version = None), ["crl_version_is_2"]);
    assert_eq!(
        broken(|tbs| tbs.signature.parameters = Some(AnyRef::NULL)),
        ["crl_signature_algorithm_is_that_of_the_issuer"]
    );
    assert_eq!(
        broken(|tbs| tbs.issuer = AnyRef::from_der(b"\x30\x00").unwrap()),
        ["crl_issuer_is_the_subject_of_the_issuer"]
    );
    assert_eq!(
        broken(|tbs| tbs.next_update = None),
        ["crl_next_update_is_after_this_update"]
    );
    assert_eq!(
        broken(|tbs| tbs.next_update = Some(tbs.this_update)),
        ["crl_next_update_is_after_this_update"]
    );
    let general = |time: Time| {
        Time::GeneralTime(GeneralizedTime::from_unix_duration(time.to_unix_duration()).unwrap())
    };
    assert_eq!(
        broken(|tbs| tbs.this_update = general(tbs.this_update)),
        ["crl_times_are_utc_time_through_2049"]
    );
}

#[test]
fn entries() {
    assert_eq!(broken_list(b""), ["crl_list_is_not_empty"]);
    assert_eq!(broken_list(b"\x05\x00"), ["crl_well_formed"]);
    assert_eq!(
        broken_list(b"\x30\x14\x02\x01\x01\x18\x0f20260101000000Z"),
        ["crl_times_are_utc_time_through_2049"]
    );
    const SERIALS: &str = "crl_serials_are_positive_and_named_once";
    for negative_or_zero in [
        &b"\x30\x12\x02\x01\x80\x17\x0d260101000000Z"[..],
        b"\x30\x12\x02\x01\x00\x17\x0d260101000000Z",
    ] {
        assert_eq!(broken_list(negative_or_zero), [SERIALS]);
    }
    let twice = b"\x30\x12\x02\x01\x01\x17\x0d260101000000Z\
                  \x30\x12\x02\x01\x01\x17\x0d260102000000Z";
    assert_eq!(broken_list(twice), [SERIALS]);
    // Unspecified, removeFromCRL, and a critical reason.
    for reason in [
        &b"\x30\x20\x02\x01\x01\x17\x0d260101000000Z\
           \x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x00"[..],
        b"\x30\x20\x02\x01\x01\x17\x0d260101000000Z\
          \x30\x0c\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x08",
        b"\x30\x23\x02\x01\x01\x17\x0d260101000000Z\
          \x30\x0f\x30\x0d\x06\x03\x55\x1d\x15\x01\x01\xff\x04\x03\x0a\x01\x01",
    ] {
        assert_eq!(
            broken_list(reason),
            ["crl_reason_is_not_unspecified_nor_critical"]
        );
    }
}

#[test]
fn extensions() {
    const KEY_ID: &str = "crl_authority_key_identifier_is_that_of_the_issuer";
    const NUMBER: &str = "crl_has_a_number";
    const POINT: &str = "crl_issuing_distribution_point_is_critical";
    let key_id = AuthorityKeyIdentifier::OID;
    let other = octets(b"\x30\x03\x80\x01\x01");
    assert_eq!(broken_extension(key_id, |e| e.critical = true), [KEY_ID]);
    assert_eq!(broken_extension(key_id, |e| e.extn_value = other), [KEY_ID]);
    assert_eq!(
        broken_extension(ID_CE_CRL_NUMBER, |e| e.critical = true),
        [NUMBER]
    );
    let long = octets(&[&[0x02, 21][..], &[1; 21]].concat());
    assert_eq!(
        broken_extension(ID_CE_CRL_NUMBER, |e| e.extn_value = long),
        [NUMBER]
    );
    let negative = octets(b"\x02\x01\x80");
    assert_eq!(
        broken_extension(ID_CE_CRL_NUMBER, |e| e.extn_value = negative),
        [NUMBER]
    );
    let point = ID_CE_ISSUING_DISTRIBUTION_POINT;
    assert_eq!(broken_extension(point, |e| e.critical = false), [POINT]);
    let empty = octets(b"\x30\x00");
    assert_eq!(broken_extension(point, |e| e.extn_value = empty), [POINT]);
    assert_eq!(
        broken(|tbs| {
            let extensions = tbs.extensions.as_mut().unwrap();
            let number = extensions[1].clone();
            extensions.push(number);
        }),
        ["crl_no_extension_twice"]
    );
}
