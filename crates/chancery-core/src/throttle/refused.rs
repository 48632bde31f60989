//! How often a refusal is written into the log: whoever asks without end must not fill the disk, nor storage
//! that is away.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Refusals of requests, by the status of their answers.
#[derive(Default)]
pub(super) struct Refused(Mutex<BTreeMap<u16, Counted>>);

#[derive(Default)]
struct Counted {
    second: i64,
    left_out: u64,
}

impl Refused {
    /// Whether this one is to be written, and how many of its status were not since the last that was:
    /// the first of each second is.
    pub(super) fn note(&self, status: u16, now_ms: i64) -> Option<u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The server chooses the statuses, and there are few.
        let counted = counted.entry(status).or_default();
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
        assert_eq!(refused.note(429, 1_000), Some(0));
        for _ in 0..500 {
            assert_eq!(refused.note(429, 1_999), None);
        }
        assert_eq!(refused.note(429, 2_000), Some(500));
        assert_eq!(refused.note(429, 9_000), Some(0));
        // A clock that is set back is a new second like any other.
        assert_eq!(refused.note(429, 1_000), Some(0));
    }

    #[test]
    fn one_kind_hides_no_other() {
        let refused = Refused::default();
        assert_eq!(refused.note(429, 1_000), Some(0));
        assert_eq!(refused.note(401, 1_000), Some(0));
        assert_eq!(refused.note(401, 1_000), None);
        assert_eq!(refused.note(429, 2_000), Some(0));
        assert_eq!(refused.note(401, 2_000), Some(1));
    }
}
