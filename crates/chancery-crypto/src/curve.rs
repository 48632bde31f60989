//! The curves of ECDSA: what the library needs to know to sign and verify on each.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{SECP_256_R_1, SECP_384_R_1};

use crate::algorithm::HashAlgorithm;

/// One curve.
pub(crate) struct Curve {
    /// Its object identifier (RFC 5480 section 2.1.1.1).
    pub(crate) oid: ObjectIdentifier,
    /// ECDSA on it, with DER signatures.
    pub(crate) signing: &'static EcdsaSigningAlgorithm,
    /// The hash that `signing` is bound to; as long as the order of the curve.
    native_hash: &'static digest::Algorithm,
    /// Verification with each hash that ECDSA goes with.
    pub(crate) verification: fn(HashAlgorithm) -> Option<&'static EcdsaVerificationAlgorithm>,
}

pub(crate) static P256: Curve = Curve {
    oid: SECP_256_R_1,
    signing: &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
    native_hash: &digest::SHA256,
    verification: |hash| match hash {
        HashAlgorithm::Sha256 => Some(&signature::ECDSA_P256_SHA256_ASN1),
        HashAlgorithm::Sha384 => Some(&signature::ECDSA_P256_SHA384_ASN1),
        HashAlgorithm::Sha512 => Some(&signature::ECDSA_P256_SHA512_ASN1),
        HashAlgorithm::Sm3 => None,
    },
};

pub(crate) static P384: Curve = Curve {
    oid: SECP_384_R_1,
    signing: &signature::ECDSA_P384_SHA384_ASN1_SIGNING,
    native_hash: &digest::SHA384,
    verification: |hash| match hash {
        HashAlgorithm::Sha256 => Some(&signature::ECDSA_P384_SHA256_ASN1),
        HashAlgorithm::Sha384 => Some(&signature::ECDSA_P384_SHA384_ASN1),
        HashAlgorithm::Sha512 => Some(&signature::ECDSA_P384_SHA512_ASN1),
        HashAlgorithm::Sm3 => None,
    },
};

impl Curve {
    /// Brings any hash to the length of this curve's own.
    ///
    /// The library signs each curve with one hash only, but ECDSA uses nothing of a hash except
    /// the integer of its leftmost bits, as many as the order has (FIPS 186-5 section 6.4.1).
    /// So a longer hash is cut on the right and a shorter one is padded with zeros on the left:
    /// the signature is exactly the one over the hash that was given.
    pub(crate) fn fit(&self, hash: &[u8]) -> Digest {
        let length = self.native_hash.output_len();
        let mut fitted = vec![0u8; length.saturating_sub(hash.len())];
        fitted.extend_from_slice(&hash[..hash.len().min(length)]);
        Digest::import_less_safe(&fitted, self.native_hash)
            .expect("the hash has the length of the algorithm")
    }
}
