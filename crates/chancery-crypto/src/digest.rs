//! Hash functions. SHA-1 is here for the formats that are defined by it (key identifiers,
//! fingerprints, JKS), never for signatures.

use aws_lc_rs::digest::{self, Algorithm, Context};

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
