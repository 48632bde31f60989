//! Message authentication codes (RFC 2104). Compare them with [`crate::constant_time_eq`].

use aws_lc_rs::hmac::{self as aws_hmac, Algorithm, Key};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sm3::Sm3;

/// HMAC-SHA1: for query signatures of object links and the integrity of PKCS#12 files, whose
/// formats fix it.
pub fn hmac_sha1(key: &[u8], message: &[u8]) -> [u8; 20] {
    sign(aws_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, message)
}

/// HMAC-SHA256.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    sign(aws_hmac::HMAC_SHA256, key, message)
}

/// HMAC-SM3.
pub fn hmac_sm3(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sm3>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn sign<const N: usize>(algorithm: Algorithm, key: &[u8], message: &[u8]) -> [u8; N] {
    aws_hmac::sign(&Key::new(algorithm, key), message)
        .as_ref()
        .try_into()
        .expect("the output length belongs to the algorithm")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 section 3 test case 2, RFC 4231 section 4.3 and 4.7 (a key longer than a block).
    #[test]
    fn known_answers() {
        let text = b"what do ya want for nothing?";
        assert_eq!(
            hex::encode(hmac_sha1(b"Jefe", text)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hex::encode(hmac_sha256(b"Jefe", text)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        // Made by OpenSSL 3: `openssl dgst -sm3 -hmac Jefe`.
        assert_eq!(
            hex::encode(hmac_sm3(b"Jefe", text)),
            "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"
        );
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            hex::encode(hmac_sha256(&[0xaa; 131], long)),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
