//! Keys from passwords.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;

/// PBKDF2 with HMAC-SHA256 (RFC 8018 section 5.2): fills `out` with key bytes derived from
/// `password`.
///
/// # Panics
/// When `out` is longer than 2^32 - 1 blocks of 32 bytes, the limit of the algorithm.
pub fn pbkdf2_hmac_sha256(password: &[u8], salt: &[u8], iterations: NonZeroU32, out: &mut [u8]) {
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, password, out);
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
}
