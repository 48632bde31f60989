//! GM/T 0009 `SM2EnvelopedKey`.
//!
//! ```text
//! SM2EnvelopedKey ::= SEQUENCE {
//!     symAlgID               AlgorithmIdentifier,  -- SM4 in ECB mode
//!     symEncryptedKey        SM2Cipher,            -- the SM4 key
//!     sm2PublicKey           SM2PublicKey,         -- BIT STRING 04 X Y
//!     sm2EncryptedPrivateKey BIT STRING }          -- the scalar, 32 bytes, no padding
//! ```

use chancery_crypto::random::Random;
use chancery_crypto::{KeyError, PrivateKey};
use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode, Sequence};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use super::{SCALAR, SM4, SM4_ECB, key_of, scalar_of, seal, unseal};
use crate::error::PkiError;

const WHAT: &str = "SM2EnvelopedKey";

#[derive(Sequence)]
struct EnvelopedKey<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    sealed_key: AnyRef<'a>,
    public_key: BitStringRef<'a>,
    private_key: BitStringRef<'a>,
}

/// DER of the envelope that gives `key` to the holder of the key in `recipient_spki`.
///
/// # Errors
/// [`PkiError::Key`] when either is no SM2 key.
pub fn enveloped_key(
    key: &PrivateKey,
    recipient_spki: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, PkiError> {
    let malformed = PkiError::malformed(WHAT);
    let sealed = seal(scalar_of(key)?.as_slice(), recipient_spki, random)?;
    let spki = SubjectPublicKeyInfoRef::from_der(key.public_key_der()).map_err(&malformed)?;
    let envelope = EnvelopedKey {
        // Without parameters, as CAs in production write it.
        algorithm: AlgorithmIdentifierRef {
            oid: SM4_ECB,
            parameters: None,
        },
        sealed_key: AnyRef::from_der(&sealed.key).map_err(&malformed)?,
        public_key: spki.subject_public_key,
        private_key: BitStringRef::from_bytes(&sealed.content).map_err(&malformed)?,
    };
    envelope.to_der().map_err(&malformed)
}

/// The key in an envelope for `recipient`.
///
/// # Errors
/// [`PkiError::Malformed`] when the bytes are no such envelope; [`PkiError::Key`] when it is for
/// another recipient, or the key inside does not belong to the public key beside it.
pub fn open_enveloped_key(der: &[u8], recipient: &PrivateKey) -> Result<PrivateKey, PkiError> {
    let malformed = PkiError::malformed(WHAT);
    let envelope = EnvelopedKey::from_der(der).map_err(&malformed)?;
    if ![SM4, SM4_ECB].contains(&envelope.algorithm.oid) {
        return Err(KeyError::UnsupportedAlgorithm(envelope.algorithm.oid.to_string()).into());
    }
    let sealed_key = envelope.sealed_key.to_der().map_err(&malformed)?;
    let content = envelope.private_key.as_bytes().ok_or(KeyError::Malformed)?;
    if content.len() != SCALAR {
        return Err(KeyError::Malformed.into());
    }
    let key = key_of(&unseal(recipient, &sealed_key, content)?)?;
    let spki = SubjectPublicKeyInfoRef::from_der(key.public_key_der()).map_err(&malformed)?;
    match spki.subject_public_key == envelope.public_key {
        true => Ok(key),
        false => Err(KeyError::Malformed.into()),
    }
}
