//! No input makes a parser panic, and no changed key passes for a whole one.

use std::sync::LazyLock;

use chancery_crypto::pem::{LineEnding, encode};
use chancery_crypto::random::SystemRandom;
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, KeyError, PrivateKey, Signer, sm2, verify};
use proptest::prelude::*;

static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| {
    [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::EcP256,
        KeyAlgorithm::Sm2,
    ]
    .map(|a| PrivateKey::generate(a).unwrap())
    .into()
});

/// Flips, overwrites and cuts.
fn damage(mut der: Vec<u8>, edits: &[(prop::sample::Index, u8)], keep: usize) -> Vec<u8> {
    for (index, value) in edits {
        let at = index.index(der.len());
        der[at] = *value;
    }
    der.truncate(keep.max(1));
    der
}

proptest! {
    #[test]
    fn damaged_private_keys(
        which in 0..3usize,
        edits in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..6),
        keep in 1..2000usize,
    ) {
        let key = &KEYS[which];
        let der = damage(key.pkcs8_der().to_vec(), &edits, keep);
        if let Ok(read) = PrivateKey::from_pkcs8_der(&der) {
            // Whatever is accepted is a working pair.
            let hash = read.algorithm().default_hash();
            let signature = read.sign(hash, b"m").unwrap();
            let verified = verify(read.public_key_der(), hash, b"m", &signature);
            prop_assert!(verified.is_ok());
        }
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] {
            let _ = PrivateKey::from_pem(&encode(label, &der, LineEnding::Lf));
        }
    }

    #[test]
    fn damaged_public_keys(
        which in 0..3usize,
        edits in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..6),
        keep in 1..600usize,
    ) {
        let der = damage(KEYS[which].public_key_der().to_vec(), &edits, keep);
        let _ = KeyAlgorithm::of_public_key(&der);
        let _ = verify(&der, HashAlgorithm::Sha256, b"m", b"s");
        let _ = verify(&der, HashAlgorithm::Sm3, b"m", b"s");
    }

    #[test]
    fn damaged_sm2_ciphers(
        edits in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..4),
        keep in 1..300usize,
    ) {
        let key = &KEYS[2];
        let whole = sm2::encrypt(key.public_key_der(), b"sixteen bytes ok", &SystemRandom).unwrap();
        let damaged = damage(whole.clone(), &edits, keep);
        match sm2::decrypt(key, &damaged) {
            Ok(text) => prop_assert_eq!(&**text, b"sixteen bytes ok"),
            Err(error) => prop_assert_eq!(error, KeyError::Malformed),
        }
        let _ = sm2::encrypt(&damaged, b"text", &SystemRandom);
    }

    #[test]
    fn arbitrary_bytes_are_no_key(der in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(PrivateKey::from_pkcs8_der(&der).unwrap_err(), KeyError::Malformed);
        prop_assert_eq!(KeyAlgorithm::of_public_key(&der), Err(KeyError::Malformed));
    }
}

/// A key whose private part does not belong to its public part would make signatures that no
/// one accepts (or, for RSA, give the key away).
#[test]
fn a_key_with_foreign_parts_is_malformed() {
    for key in KEYS.iter() {
        let mut der = key.pkcs8_der().to_vec();
        let last = der.len() - 1;
        der[last] ^= 2; // the last factor of RSA, the public point of EC
        assert_eq!(
            PrivateKey::from_pkcs8_der(&der).unwrap_err(),
            KeyError::Malformed
        );
    }
}
