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
