//! Keys from passwords and from other keys.

use std::num::NonZeroU32;

use aws_lc_rs::{hkdf, pbkdf2};
use zeroize::Zeroizing;

/// PBKDF2 with HMAC-SHA256 (RFC 8018 section 5.2): fills `out` with key bytes derived from
/// `password`.
///
/// # Panics
/// When `out` is longer than 2^32 - 1 blocks of 32 bytes, the limit of the algorithm.
pub fn pbkdf2_hmac_sha256(password: &[u8], salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) {
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, password, out);
}

/// HKDF with HMAC-SHA256 (RFC 5869): 32 bytes from `secret`, a random-looking key.
pub fn hkdf_sha256(secret: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|key| key.fill(out.as_mut_slice()))
        .expect("one block is within the limits of the algorithm");
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// RFC 7914 section 11.
    #[test]
    fn known_answers() {
        let mut out = [0u8; 64];
        pbkdf2_hmac_sha256(b"passwd", b"salt", NonZeroU32::MIN, &mut out);
        assert_eq!(
            hex::encode(out),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
             49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        );
        let iterations = NonZeroU32::new(80_000).unwrap();
        pbkdf2_hmac_sha256(b"Password", b"NaCl", iterations, &mut out);
        assert_eq!(
            hex::encode(out),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56\
             a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
        );
    }

    /// RFC 5869 appendix A.1: the first 32 of its 42 bytes, which are the first block.
    #[test]
    fn known_answer_of_hkdf() {
        let salt: [u8; 13] = std::array::from_fn(|i| i as u8);
        let info: [u8; 10] = std::array::from_fn(|i| 0xf0 + i as u8);
        assert_eq!(
            hex::encode(*hkdf_sha256(&[0x0b; 22], &salt, &info)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        );
    }
}
