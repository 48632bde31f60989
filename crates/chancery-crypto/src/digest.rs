//! Hash functions. SHA-1 is here for the formats that are defined by it (key identifiers,
//! fingerprints, JKS), never for signatures.

use aws_lc_rs::digest::{self, Algorithm, Context};
use sm3::{Digest as _, Sm3};

/// SHA-1 of `data`: for identifiers and old formats only, it does not resist collisions.
pub fn sha1(data: &[u8]) -> [u8; 20] {
    hash(&digest::SHA1_FOR_LEGACY_USE_ONLY, data)
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> [u8; 32] {
    hash(&digest::SHA256, data)
}

/// SHA-384 of `data`.
pub fn sha384(data: &[u8]) -> [u8; 48] {
    hash(&digest::SHA384, data)
}

/// SHA-512 of `data`.
pub fn sha512(data: &[u8]) -> [u8; 64] {
    hash(&digest::SHA512, data)
}

/// SM3 of `data` (GB/T 32905).
pub fn sm3(data: &[u8]) -> [u8; 32] {
    Sm3::digest(data).into()
}

/// SHA-256 of data that arrives in pieces.
pub struct Sha256(Context);

impl Sha256 {
    /// Starts with no data.
    pub fn new() -> Self {
        Self(Context::new(&digest::SHA256))
    }

    /// Appends `data` to what is hashed.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all data so far.
    pub fn finish(self) -> [u8; 32] {
        sized(self.0.finish().as_ref())
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

fn hash<const N: usize>(algorithm: &'static Algorithm, data: &[u8]) -> [u8; N] {
    sized(digest::digest(algorithm, data).as_ref())
}

fn sized<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes
        .try_into()
        .expect("the output length belongs to the algorithm")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of FIPS 180-4 for the message "abc".
    #[test]
    fn known_answers() {
        assert_eq!(
            hex::encode(sha1(b"abc")),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            hex::encode(sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            hex::encode(sha384(b"abc")),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
             8086072ba1e7cc2358baeca134c825a7"
        );
        assert_eq!(
            hex::encode(sha512(b"abc")),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
    }

    /// The two examples of GB/T 32905-2016 appendix A.
    #[test]
    fn known_answers_of_sm3() {
        assert_eq!(
            hex::encode(sm3(b"abc")),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_eq!(
            hex::encode(sm3(&b"abcd".repeat(16))),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut hash = Sha256::new();
        assert_eq!(Sha256::default().finish(), sha256(b""));
        hash.update(b"a");
        hash.update(b"");
        hash.update(b"bc");
        assert_eq!(hash.finish(), sha256(b"abc"));
    }
}
