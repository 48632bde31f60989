//! What the unit tests of this crate share.

use std::sync::atomic::{AtomicU8, Ordering};

use chancery_crypto::random::Random;

/// Gives 0, 1, 2, ... on from where the last call ended: exact and never the same salt twice.
#[derive(Default)]
pub(crate) struct CountingRandom(AtomicU8);

impl Random for CountingRandom {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
