//! Message authentication codes (RFC 2104). Compare them with [`crate::constant_time_eq`].

use aws_lc_rs::hmac::{self, Algorithm, Key};

/// HMAC-SHA1: for query signatures of object links and the integrity of PKCS#12 files, whose
/// formats fix it.
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    sign(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, message)
}

/// HMAC-SHA256.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    sign(hmac::HMAC_SHA256, key, message)
}

fn sign<const N: usize>(algorithm: Algorithm, key: &[u8], message: &[u8]) -> [u8; N] {
    hmac::sign(&Key::new(algorithm, key), message)
        .as_ref()
        .try_into()
        .expect("the output length belongs to the algorithm")
}
