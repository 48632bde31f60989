//! Randomness, passed in wherever it is needed so that tests are exact.

/// A source of random bytes.
pub trait Random: Send + Sync {
    /// Fills the whole buffer. Never fails: a source that runs dry stops the process.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator, through the cryptographic library.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        if aws_lc_rs::rand::fill(buffer).is_err() {
            // A predictable serial, nonce or key is worse than a server that is down, and a
            // panic could be caught: stop.
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_whole_buffer_differently_each_time() {
        let (mut a, mut b) = ([0u8; 64], [0u8; 64]);
        SystemRandom.fill(&mut a);
        SystemRandom.fill(&mut b);
        assert_ne!(a, b);
        assert_ne!(a[48..], [0u8; 16], "the tail was filled too");
    }
}
