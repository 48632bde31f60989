//! Envelopes: known answers, what others wrote, and everything that is to be refused.
//!
//! The known answers, made with a fixed source of randomness, were opened and verified by `gmalg`
//! 1.1.2, which also made the keys, ciphertexts and signatures of the foreign ones; each of those
//! is in the form of a CA in production or of a library.

use std::sync::atomic::{AtomicU8, Ordering};

use chancery_crypto::random::{Random, SystemRandom};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, KeyError, PrivateKey, Signer, sm2};
use chancery_pki::envelope::{
    enveloped_key, open_enveloped_key, open_signed_and_enveloped, signed_and_enveloped,
};
use chancery_pki::{Certificate, PkiError};
use proptest::prelude::*;

use crate::support::key;

const CA: &[u8] = include_bytes!("envelopes/ca.der");
const RECIPIENT: &[u8] = include_bytes!("envelopes/recipient.der");
const SIGNATURE: &[u8] = include_bytes!("envelopes/signature.der");
const ENVELOPED_KEY: &[u8] = include_bytes!("envelopes/enveloped_key.der");
const SIGNED_AND_ENVELOPED: &[u8] = include_bytes!("envelopes/signed_and_enveloped.der");
/// Coordinates as 32 raw bytes, which read as negative numbers; SM4 without a mode, with NULL.
const FOREIGN_ENVELOPED_KEY: &[u8] = include_bytes!("envelopes/foreign_enveloped_key.der");
/// Without the ContentInfo, versions 0, without certificates.
const FOREIGN_BARE: &[u8] = include_bytes!("envelopes/foreign_bare.der");
/// The recipient named by an empty issuer and the encryption certificate's serial number.
const FOREIGN_EMPTY_ISSUER: &[u8] = include_bytes!("envelopes/foreign_empty_issuer.der");
/// A content of 32 bytes, not 64; SM4 in ECB mode, NULL after every algorithm; no certificates.
const FOREIGN_SHORT: &[u8] = include_bytes!("envelopes/foreign_short.der");

/// A key for the tests, from the first and the last byte of its scalar.
fn test_key(first: u8, last: u8) -> PrivateKey {
    let mut scalar: [u8; 32] = std::array::from_fn(|i| first + u8::try_from(i).unwrap());
    scalar[31] = last;
    sm2::key_from_scalar(&scalar).unwrap()
}

fn ca_key() -> PrivateKey {
    test_key(0x10, 1)
}

fn recipient_key() -> PrivateKey {
    test_key(0x40, 2)
}

/// The key that is given away: its scalar begins and ends with zeros.
fn given_key() -> PrivateKey {
    let mut scalar: [u8; 32] = std::array::from_fn(|i| 0x70 + u8::try_from(i).unwrap());
    for zero in [0, 30, 31] {
        scalar[zero] = 0;
    }
    sm2::key_from_scalar(&scalar).unwrap()
}

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

fn is_given(key: &PrivateKey) -> bool {
    key.public_key_der() == given_key().public_key_der()
}

/// Counts bytes up.
#[derive(Default)]
struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed));
    }
}

/// The CA's key with a signature that was made before: every other would be a new one.
struct Recorded(PrivateKey);

impl Signer for Recorded {
    fn algorithm(&self) -> KeyAlgorithm {
        self.0.algorithm()
    }

    fn public_key_der(&self) -> &[u8] {
        self.0.public_key_der()
    }

    fn sign(&self, _: HashAlgorithm, content: &[u8]) -> Result<Vec<u8>, KeyError> {
        let scalar = given_key().sm2_scalar().unwrap();
        assert_eq!(content, [&[0; 32], scalar.as_slice()].concat());
        Ok(SIGNATURE.to_vec())
    }
}

#[test]
fn known_answers() {
    let recipient = recipient_key();
    let random = Counting::default();
    let made = enveloped_key(&given_key(), recipient.public_key_der(), &random);
    assert_eq!(hex::encode(made.unwrap()), hex::encode(ENVELOPED_KEY));

    let (ca, signer) = (certificate(CA), Recorded(ca_key()));
    let recipient = certificate(RECIPIENT);
    let random = Counting::default();
    let made = signed_and_enveloped(&given_key(), &recipient, &ca, &signer, &random);
    assert_eq!(
        hex::encode(made.unwrap()),
        hex::encode(SIGNED_AND_ENVELOPED)
    );
}

#[test]
fn known_and_foreign_ones_open() {
    let recipient = recipient_key();
    for der in [ENVELOPED_KEY, FOREIGN_ENVELOPED_KEY] {
        assert!(is_given(&open_enveloped_key(der, &recipient).unwrap()));
    }
    let ca = certificate(CA);
    for der in [
        SIGNED_AND_ENVELOPED,
        FOREIGN_BARE,
        FOREIGN_EMPTY_ISSUER,
        FOREIGN_SHORT,
    ] {
        let opened = open_signed_and_enveloped(der, &recipient, &ca);
        assert!(is_given(&opened.unwrap()));
    }
}

/// Programs take the second half of the content without looking; and bit strings that end with
/// zeros keep them.
#[test]
fn contents_have_one_length_whatever_the_key() {
    let (ca, recipient) = (certificate(CA), certificate(RECIPIENT));
    for last in 1..=255u8 {
        let mut scalar = [0; 32];
        scalar[31 - usize::from(last % 32)] = last;
        let key = sm2::key_from_scalar(&scalar).unwrap();
        let short = enveloped_key(&key, recipient.public_key_der(), &SystemRandom).unwrap();
        assert_eq!(short[short.len() - 35..short.len() - 32], [0x03, 33, 0]);
        let long = signed_and_enveloped(&key, &recipient, &ca, &ca_key(), &SystemRandom).unwrap();
        assert!(long.windows(2).any(|tag| tag == [0x80, 64]), "64 bytes");
        let opened = open_enveloped_key(&short, &recipient_key()).unwrap();
        assert_eq!(opened.public_key_der(), key.public_key_der());
        let opened = open_signed_and_enveloped(&long, &recipient_key(), &ca).unwrap();
        assert_eq!(opened.public_key_der(), key.public_key_der());
    }
}

#[test]
fn others_cannot_open_them() {
    let (other, ca) = (key(KeyAlgorithm::Sm2, 0), certificate(CA));
    let refused = |error: PkiError| matches!(error, PkiError::Key(_));
    assert!(refused(
        open_enveloped_key(ENVELOPED_KEY, other).unwrap_err()
    ));
    for der in [SIGNED_AND_ENVELOPED, FOREIGN_BARE] {
        let error = open_signed_and_enveloped(der, other, &ca).unwrap_err();
        assert!(refused(error));
    }
    let rsa = key(KeyAlgorithm::Rsa2048, 0);
    assert!(refused(open_enveloped_key(ENVELOPED_KEY, rsa).unwrap_err()));
}

#[test]
fn another_signer_is_refused() {
    let (ca, recipient) = (certificate(CA), certificate(RECIPIENT));
    let error = open_signed_and_enveloped(SIGNED_AND_ENVELOPED, &recipient_key(), &recipient);
    assert_eq!(error.unwrap_err(), PkiError::BadSignature);
    let signer = recipient_key();
    let made = signed_and_enveloped(&given_key(), &recipient, &ca, &signer, &SystemRandom);
    assert_eq!(made.unwrap_err(), PkiError::WrongSigner);
}

#[test]
fn only_sm2_keys_are_enveloped_and_only_for_sm2_keys() {
    let (ec, recipient) = (key(KeyAlgorithm::EcP256, 0), recipient_key());
    for (key, to) in [(ec, &recipient), (&given_key(), ec)] {
        let made = enveloped_key(key, to.public_key_der(), &SystemRandom);
        assert!(matches!(made.unwrap_err(), PkiError::Key(_)));
    }
}

/// The key inside must be the one beside it.
#[test]
fn a_key_under_another_public_key_is_refused() {
    let (given, recipient) = (given_key(), recipient_key());
    let (point, other) = (
        &given.public_key_der()[26..],
        &recipient.public_key_der()[26..],
    );
    assert_eq!((point.len(), point[0]), (65, 4));
    let at = ENVELOPED_KEY.windows(65).position(|part| part == point);
    let mut der = ENVELOPED_KEY.to_vec();
    der[at.unwrap()..][..65].copy_from_slice(other);
    let error = open_enveloped_key(&der, &recipient).unwrap_err();
    assert_eq!(error, PkiError::Key(KeyError::Malformed));
}

/// Every part of a GM/T 0009 envelope is checked against another, down to the last bit. In a GM/T
/// 0010 envelope versions, names and certificates stand for themselves; the key never changes.
#[test]
fn no_flipped_bit_gives_another_key() {
    let recipient = recipient_key();
    for (index, bit) in bits(ENVELOPED_KEY) {
        let der = flipped(ENVELOPED_KEY, index, bit);
        assert!(
            open_enveloped_key(&der, &recipient).is_err(),
            "bit {bit} of byte {index}"
        );
    }
    let ca = certificate(CA);
    for original in [SIGNED_AND_ENVELOPED, FOREIGN_SHORT] {
        let mut accepted = 0;
        for (index, bit) in bits(original) {
            let der = flipped(original, index, bit);
            if let Ok(key) = open_signed_and_enveloped(&der, &recipient, &ca) {
                assert!(is_given(&key), "bit {bit} of byte {index}");
                accepted += 1;
            }
        }
        assert!(accepted < original.len() * 8, "nothing is checked");
    }
}

fn bits(der: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    (0..der.len()).flat_map(|index| (0..8).map(move |bit| (index, bit)))
}

fn flipped(der: &[u8], index: usize, bit: u8) -> Vec<u8> {
    let mut der = der.to_vec();
    der[index] ^= 1 << bit;
    der
}

/// The parts that are the key and the proof of it.
#[test]
fn keys_contents_and_signatures_are_covered_to_the_bit() {
    let (recipient, ca) = (recipient_key(), certificate(CA));
    let find = |part: &[u8]| {
        let found = SIGNED_AND_ENVELOPED
            .windows(part.len())
            .position(|window| window == part);
        found.unwrap()..found.unwrap() + part.len()
    };
    // The SM2Cipher in an OCTET STRING, the content, the signature.
    let cipher = find(b"\x04\x7c\x30\x7a").start;
    let content = find(b"\x80\x40").start;
    for range in [cipher..cipher + 126, content..content + 66, find(SIGNATURE)] {
        for (index, bit) in bits(SIGNED_AND_ENVELOPED) {
            if range.contains(&index) {
                let der = flipped(SIGNED_AND_ENVELOPED, index, bit);
                let opened = open_signed_and_enveloped(&der, &recipient, &ca);
                assert!(opened.is_err(), "bit {bit} of byte {index}");
            }
        }
    }
}

#[test]
fn truncated_and_continued_ones_are_refused() {
    let (recipient, ca) = (recipient_key(), certificate(CA));
    for length in 0..ENVELOPED_KEY.len() {
        assert!(open_enveloped_key(&ENVELOPED_KEY[..length], &recipient).is_err());
    }
    for original in [SIGNED_AND_ENVELOPED, FOREIGN_BARE] {
        for length in 0..original.len() {
            assert!(open_signed_and_enveloped(&original[..length], &recipient, &ca).is_err());
        }
        let more = [original, b"\x05\x00"].concat();
        assert!(open_signed_and_enveloped(&more, &recipient, &ca).is_err());
    }
    let more = [ENVELOPED_KEY, b"\x00"].concat();
    assert!(open_enveloped_key(&more, &recipient).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_enveloped_opens(scalar in prop::array::uniform32(any::<u8>())) {
        let Ok(key) = sm2::key_from_scalar(&scalar) else { return Ok(()) };
        let (ca, recipient) = (certificate(CA), certificate(RECIPIENT));
        let der = enveloped_key(&key, recipient.public_key_der(), &SystemRandom).unwrap();
        let opened = open_enveloped_key(&der, &recipient_key()).unwrap();
        prop_assert_eq!(opened.public_key_der(), key.public_key_der());
        let der = signed_and_enveloped(&key, &recipient, &ca, &ca_key(), &SystemRandom).unwrap();
        let opened = open_signed_and_enveloped(&der, &recipient_key(), &ca).unwrap();
        prop_assert_eq!(opened.public_key_der(), key.public_key_der());
    }

    #[test]
    fn damaged_ones_give_no_other_key(
        edits in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..5),
        which in 0..4usize,
    ) {
        let original = [SIGNED_AND_ENVELOPED, FOREIGN_BARE, FOREIGN_EMPTY_ISSUER, ENVELOPED_KEY];
        let mut der = original[which].to_vec();
        for (index, value) in edits {
            let at = index.index(der.len());
            der[at] = value;
        }
        let recipient = recipient_key();
        let opened = match which {
            3 => open_enveloped_key(&der, &recipient),
            _ => open_signed_and_enveloped(&der, &recipient, &certificate(CA)),
        };
        prop_assert!(opened.is_err() || is_given(&opened.unwrap()));
    }

    #[test]
    fn arbitrary_bytes(der in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open_enveloped_key(&der, &recipient_key()).is_err());
        let opened = open_signed_and_enveloped(&der, &recipient_key(), &certificate(CA));
        prop_assert!(opened.is_err());
    }
}
