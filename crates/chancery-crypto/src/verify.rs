//! Verifying signatures.

use aws_lc_rs::signature::{self, VerificationAlgorithm};

use crate::algorithm::HashAlgorithm;
use crate::private_key::KeyError;
use crate::public_key::PublicKey;

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
/// SubjectPublicKeyInfo): RSA PKCS#1 v1.5 with 2048 to 8192 bits, or ECDSA in DER.
///
/// # Errors
/// [`VerifyError::Key`] when the key is malformed, weak or of an unknown kind;
/// [`VerifyError::BadSignature`] when the signature is not right.
pub fn verify(
    spki_der: &[u8],
    hash: HashAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let (algorithm, key): (&dyn VerificationAlgorithm, &[u8]) =
        match PublicKey::from_spki(spki_der)? {
            PublicKey::Rsa { pkcs1, .. } => (rsa(hash), pkcs1),
            PublicKey::Ec { curve, point, .. } => ((curve.verification)(hash), point),
        };
    algorithm
        .verify_sig(key, message, signature)
        .map_err(|_| VerifyError::BadSignature)
}

fn rsa(hash: HashAlgorithm) -> &'static dyn VerificationAlgorithm {
    match hash {
        HashAlgorithm::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        HashAlgorithm::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        HashAlgorithm::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
    }
}
