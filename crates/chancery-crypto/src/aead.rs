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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::random::SystemRandom;

    struct Fixed(&'static str);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&hex::decode(self.0).unwrap());
        }
    }

    /// Test case 16 of the GCM specification (McGrew and Viega, appendix B), behind the header
    /// of the format.
    #[test]
    fn the_format_is_version_nonce_ciphertext_tag() {
        let key = "feffe9928665731c6d6a8f9467308308".repeat(2);
        let key = SealingKey::new(hex::decode(key).unwrap().as_slice().try_into().unwrap());
        let aad = hex::decode("feedfacedeadbeeffeedfacedeadbeefabaddad2").unwrap();
        let plaintext = hex::decode(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        )
        .unwrap();

        let sealed = key.seal(&Fixed("cafebabefacedbaddecaf888"), &aad, &plaintext);
        assert_eq!(
            hex::encode(&sealed),
            "01cafebabefacedbaddecaf888\
             522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
             8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
             76fc6ece0f4e1768cddf8853bb2d551b"
        );
        assert_eq!(*key.open(&aad, &sealed).unwrap(), plaintext);
    }

    #[test]
    fn opens_only_unchanged_in_its_place_with_its_key() {
        let key = SealingKey::new(&[7; 32]);
        for plaintext in [&b""[..], b"secret"] {
            let sealed = key.seal(&SystemRandom, b"keys/1/private", plaintext);
            assert_eq!(*key.open(b"keys/1/private", &sealed).unwrap(), plaintext);
            assert_eq!(
                key.open(b"keys/2/private", &sealed),
                Err(AeadError::Rejected)
            );
            assert_eq!(
                SealingKey::new(&[8; 32]).open(b"keys/1/private", &sealed),
                Err(AeadError::Rejected)
            );
            for i in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[i] ^= 1;
                assert!(key.open(b"keys/1/private", &changed).is_err(), "byte {i}");
                assert!(key.open(b"keys/1/private", &sealed[..i]).is_err());
            }
        }
        assert_eq!(key.open(b"", b""), Err(AeadError::TooShort));
        assert_eq!(key.open(b"", &[1; 28]), Err(AeadError::TooShort));
        assert_eq!(key.open(b"", &[2; 64]), Err(AeadError::UnknownVersion(2)));
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", SealingKey::new(&[7; 32]));
        assert_eq!(text, "SealingKey(AES-256-GCM)");
    }
}
