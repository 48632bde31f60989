//! Verifying signatures.

use aws_lc_rs::signature::{self, VerificationAlgorithm};

use crate::algorithm::HashAlgorithm;
use crate::private_key::KeyError;
use crate::public_key::PublicKey;
use crate::sm2;

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The public key itself is unusable.
    #[error("public key: {0}")]
    Key(#[from] KeyError),
    /// The signature does not belong to this key, hash and message.
    #[error("signature does not verify")]
    BadSignature,
}

/// Verifies `signature` over `message` with the public key in `spki_der` (DER of a
/// SubjectPublicKeyInfo): RSA PKCS#1 v1.5 with 2048 to 8192 bits, ECDSA in DER, or SM2 in DER with
/// the default user id ([`crate::sm2::DEFAULT_ID`]).
///
/// # Errors
/// [`VerifyError::Key`] when the key is malformed, weak or of an unknown kind, or does not go with
/// the hash; [`VerifyError::BadSignature`] when the signature is not right.
pub fn verify(
    spki_der: &[u8],
    hash: HashAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let key = PublicKey::from_spki(spki_der)?;
    let (algorithm, key) = match (key, hash) {
        (PublicKey::Sm2 { point }, HashAlgorithm::Sm3) => {
            return sm2::verify_point(point, sm2::DEFAULT_ID, message, signature);
        }
        (PublicKey::Rsa { pkcs1, .. }, _) => (rsa(hash), pkcs1),
        (PublicKey::Ec { curve, point, .. }, _) => {
            let algorithm = (curve.verification)(hash);
            (algorithm.map(|a| a as &dyn VerificationAlgorithm), point)
        }
        (PublicKey::Sm2 { .. }, _) => return Err(KeyError::UnsupportedHash.into()),
    };
    algorithm
        .ok_or(KeyError::UnsupportedHash)?
        .verify_sig(key, message, signature)
        .map_err(|_| VerifyError::BadSignature)
}

fn rsa(hash: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    match hash {
        HashAlgorithm::Sha256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        HashAlgorithm::Sha384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        HashAlgorithm::Sha512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        HashAlgorithm::Sm3 => None,
    }
}
