//! Digital envelopes: a private SM2 key for the holder of another one.
//!
//! The encryption key of an SM2 pair is made by the CA and given out in an envelope that only the
//! signing key opens: as `SM2EnvelopedKey` (GM/T 0009, GB/T 35276 section 7.4) and as
//! `SignedAndEnvelopedData` (GM/T 0010, GB/T 35275), which says beside it who made it.
//!
//! Encoders write one form; decoders also read what CAs in production write (raw coordinates,
//! other versions, a missing outer layer), and refuse everything else.

mod enveloped_key;
mod signed_and_enveloped;

pub use enveloped_key::{enveloped_key, open_enveloped_key};
pub use signed_and_enveloped::{open_signed_and_enveloped, signed_and_enveloped};

use chancery_crypto::random::Random;
use chancery_crypto::{KeyError, PrivateKey, sm2, sm4};
use const_oid::ObjectIdentifier;
use der::{Encode, Length, Tag};
use zeroize::Zeroizing;

use crate::error::PkiError;

/// SM4 (GM/T 0006) without a mode: ECB without padding, by the custom of all CAs.
const SM4: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104");
/// SM4 in ECB mode.
const SM4_ECB: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.104.1");
/// The length of a private scalar.
const SCALAR: usize = 32;

/// What is encrypted under one fresh SM4 key.
struct Sealed {
    /// The SM4 key for the recipient: DER of an SM2Cipher.
    key: Vec<u8>,
    /// The content under the SM4 key.
    content: Vec<u8>,
}

/// Encrypts `content`, whole blocks, for the SM2 key in `recipient_spki`.
fn seal(content: &[u8], recipient_spki: &[u8], random: &dyn Random) -> Result<Sealed, PkiError> {
    let mut key = Zeroizing::new([0; 16]);
    random.fill(key.as_mut_slice());
    Ok(Sealed {
        content: sm4::encrypt_ecb(&key, content).ok_or(KeyError::Library)?,
        key: sm2::encrypt(recipient_spki, key.as_slice(), random)?,
    })
}

/// The content that was encrypted for `recipient`.
fn unseal(
    recipient: &PrivateKey,
    key: &[u8],
    content: &[u8],
) -> Result<Zeroizing<Vec<u8>>, PkiError> {
    let key = sm2::decrypt(recipient, key)?;
    let key: &[u8; 16] = key.as_slice().try_into().map_err(|_| KeyError::Malformed)?;
    Ok(sm4::decrypt_ecb(key, content).ok_or(KeyError::Malformed)?)
}

/// The scalar of an SM2 key.
fn scalar_of(key: &PrivateKey) -> Result<Zeroizing<[u8; SCALAR]>, PkiError> {
    let other = || KeyError::UnsupportedAlgorithm("other than SM2".to_owned());
    Ok(key.sm2_scalar().ok_or_else(other)?)
}

/// The key with this scalar: 32 bytes, or behind as many zeros as one scalar is long.
fn key_of(content: &[u8]) -> Result<PrivateKey, PkiError> {
    let scalar = match content.split_at_checked(SCALAR) {
        Some((zeros, scalar)) if !scalar.is_empty() && zeros.iter().all(|b| *b == 0) => scalar,
        _ => content,
    };
    let scalar: &[u8; SCALAR] = scalar.try_into().map_err(|_| KeyError::Malformed)?;
    Ok(sm2::key_from_scalar(scalar)?)
}

/// DER of a value from its tag and content.
fn tlv(tag: Tag, content: &[u8]) -> der::Result<Vec<u8>> {
    let mut out = tag.to_der()?;
    Length::try_from(content.len())?.encode_to_vec(&mut out)?;
    out.extend_from_slice(content);
    Ok(out)
}
