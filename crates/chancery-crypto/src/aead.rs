//! Sealing of data at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce.
//!
//! A sealed value is `version (1 byte, 0x01) || nonce (12) || ciphertext || tag (16)`. The
//! additional data is not stored: it is the place the value belongs to (table, row, column), so
//! that a value moved to another place does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::random::Random;

const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + NONCE_LEN;
const TAG_LEN: usize = 16;

/// Why a sealed value did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AeadError {
    /// Shorter than the header and the tag.
    #[error("sealed value is too short")]
    TooShort,
    /// Written by a version of the format that this program does not know.
    #[error("sealed value has the unknown format version {0}")]
    UnknownVersion(u8),
    /// Another key, other additional data, or changed bytes: these cannot be told apart.
    #[error("sealed value does not open: wrong key, wrong place or changed bytes")]
    Rejected,
}

/// A key that seals and opens values. The key bytes are wiped when it is dropped.
pub struct SealingKey(LessSafeKey);

impl SealingKey {
    /// Takes the 32 bytes of an AES-256 key. The caller wipes its own copy.
    pub fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key length is AES-256's");
        Self(LessSafeKey::new(key))
    }

    /// Encrypts `plaintext` and binds it to `aad`. One key may seal at most 2^32 values, the
    /// bound for random nonces (NIST SP 800-38D section 8.3).
    ///
    /// # Panics
    /// When `plaintext` is longer than GCM can encrypt (about 64 GiB).
    pub fn seal(&self, random: &dyn Random, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let mut nonce = [0u8; NONCE_LEN];
        random.fill(&mut nonce);

        let mut sealed = Vec::with_capacity(HEADER_LEN + plaintext.len() + TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = self
            .0
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                &mut sealed[HEADER_LEN..],
            )
            .expect("the plaintext fits into one GCM message");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Decrypts a value that [`SealingKey::seal`] made with the same key and the same `aad`.
    ///
    /// # Errors
    /// [`AeadError`] when the value is not one of this key for this place.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AeadError> {
        let version = *sealed.first().ok_or(AeadError::TooShort)?;
        if version != VERSION {
            return Err(AeadError::UnknownVersion(version));
        }
        if sealed.len() < HEADER_LEN + TAG_LEN {
            return Err(AeadError::TooShort);
        }
        let (header, ciphertext) = sealed.split_at(HEADER_LEN);
        let nonce =
            Nonce::try_assume_unique_for_key(&header[1..]).expect("the header holds a whole nonce");

        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .0
            .open_in_place(nonce, Aad::from(aad), &mut buffer)
            .map_err(|_| AeadError::Rejected)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(AES-256-GCM)")
    }
}
