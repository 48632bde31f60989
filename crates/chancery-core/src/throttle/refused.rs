//! How often a refusal is written into the log: neither who asks too often, nor storage that is away, may
//! fill the disk.

use std::sync::{Mutex, PoisonError};

/// Refusals of one kind.
#[derive(Default)]
pub(super) struct Refused(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    second: i64,
    left_out: u64,
}

impl Refused {
    /// Whether this one is to be written, and how many were not since the last that was: the first of
    /// each second is.
    pub(super) fn note(&self, now_ms: i64) -> Option<u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now_ms.div_euclid(1000);
        if counted.second == second {
            counted.left_out += 1;
            return None;
        }
        counted.second = second;
        Some(std::mem::take(&mut counted.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_tells_of_all() {
        let refused = Refused::default();
        assert_eq!(refused.note(1_000), Some(0));
        for _ in 0..500 {
            assert_eq!(refused.note(1_999), None);
        }
        assert_eq!(refused.note(2_000), Some(500));
        assert_eq!(refused.note(9_000), Some(0));
        // A clock that is set back is a new second like any other.
        assert_eq!(refused.note(1_000), Some(0));
    }
}
