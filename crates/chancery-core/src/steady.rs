//! Whether the clock can be trusted with what cannot be undone: ending a CA with its key, forgetting
//! a certificate.
//!
//! A clock that is set forward makes due what is not. The time that has passed since the start shows it,
//! and after a start the time that was last believed, which is stored every hour. Then nothing is destroyed
//! until the clock has stayed where it is for a day, in which somebody can read the warning and set it
//! right.

use std::sync::{Mutex, PoisonError};

use crate::issuance::DAY_MS;

const MINUTE_MS: i64 = 60 * 1000;
/// What a clock may be ahead of the time that has passed, unseen; corrections of a running clock are
/// smaller.
const JUMP_MS: i64 = 10 * MINUTE_MS;
/// How long a desk may have stood still and its clock be believed at once.
const PAUSE_MS: i64 = DAY_MS;
/// How long nothing is destroyed after a jump.
const HOLD_MS: i64 = DAY_MS;
/// How long nothing is destroyed after a start, which may be one with a wrong clock.
const START_MS: i64 = 60 * MINUTE_MS;

/// How much later a believed time is stored again.
const STORED_MS: i64 = 60 * MINUTE_MS;

/// A moment by the clock and by the time that has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Milliseconds since 1970 UTC.
    pub(crate) now: i64,
    /// Milliseconds that no correction changes.
    pub(crate) elapsed: i64,
}

/// What keeps something from being destroyed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Doubt {
    /// The desk has just started.
    Started,
    /// The clock is this far ahead of the time that has passed, in milliseconds.
    Ahead(i64),
}

/// The clock as it was last believed.
pub(crate) struct Steady {
    started: Moment,
    state: Mutex<State>,
}

struct State {
    believed: Moment,
    /// By the time that has passed, when the clock was first seen ahead.
    ahead_since: Option<i64>,
    /// The time that was last stored as a believed one.
    stored: Option<i64>,
}

impl Steady {
    /// At the start of a desk.
    pub(crate) fn new(started: Moment) -> Self {
        Self {
            started,
            state: Mutex::new(State {
                believed: started,
                ahead_since: None,
                stored: None,
            }),
        }
    }

    /// Compares the time of the start with what was believed before it.
    pub(crate) fn compare(&self, before: Option<i64>) {
        // The desk stood still for long, or its clock was wrong when it started.
        if let Some(before) = before.filter(|before| self.started.now - before > PAUSE_MS) {
            self.lock().believed.now = before;
        }
    }

    /// The believed time, if it is to be stored; told once.
    pub(crate) fn to_store(&self) -> Option<i64> {
        let mut state = self.lock();
        let believed = state.believed.now;
        let stale = |stored: i64| (believed - stored).abs() >= STORED_MS;
        let wanted = state.ahead_since.is_none() && state.stored.is_none_or(stale);
        wanted.then(|| *state.stored.insert(believed))
    }

    /// What speaks against trusting the clock at this moment.
    pub(crate) fn doubt(&self, at: Moment) -> Option<Doubt> {
        let mut state = self.lock();
        let passed = at.elapsed - state.believed.elapsed;
        let ahead = at.now - state.believed.now - passed;
        if ahead > JUMP_MS {
            let since = *state.ahead_since.get_or_insert(at.elapsed);
            if at.elapsed - since < HOLD_MS {
                return Some(Doubt::Ahead(ahead));
            }
        }
        // A clock that is behind destroys nothing too early; when it comes back it is no jump.
        if ahead > -JUMP_MS {
            state.believed = at;
        }
        state.ahead_since = None;
        let young = at.elapsed - self.started.elapsed < START_MS;
        young.then_some(Doubt::Started)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment {
        now: 1_000 * DAY_MS,
        elapsed: 5,
    };

    /// `passed` after the start, with a clock that is `ahead` of that.
    fn at(passed: i64, ahead: i64) -> Moment {
        Moment {
            now: START.now + passed + ahead,
            elapsed: START.elapsed + passed,
        }
    }

    fn steady(newest: Option<i64>) -> Steady {
        let steady = Steady::new(START);
        steady.compare(newest);
        steady
    }

    #[test]
    fn a_clock_that_goes_is_trusted_an_hour_after_the_start() {
        let steady = steady(Some(START.now));
        assert_eq!(steady.doubt(at(0, 0)), Some(Doubt::Started));
        assert_eq!(steady.doubt(at(START_MS, 0)), None);
        // Small corrections add up to nothing.
        for hour in 2..100 {
            assert_eq!(steady.doubt(at(hour * START_MS, hour * MINUTE_MS)), None);
        }
        // Nobody asked for a week.
        assert_eq!(steady.doubt(at(10 * DAY_MS, 100 * MINUTE_MS)), None);
    }

    #[test]
    fn a_jump_is_waited_out() {
        let steady = steady(Some(START.now));
        assert_eq!(steady.doubt(at(DAY_MS, 0)), None);
        let jump = 100 * DAY_MS;
        for passed in [DAY_MS + 1, 2 * DAY_MS] {
            assert_eq!(steady.doubt(at(passed, jump)), Some(Doubt::Ahead(jump)));
        }
        // Set right again, it is trusted; wrong again, a new day begins.
        assert_eq!(steady.doubt(at(2 * DAY_MS + 1, 0)), None);
        assert!(steady.doubt(at(2 * DAY_MS + 2, jump)).is_some());
        assert!(steady.doubt(at(3 * DAY_MS + 1, jump)).is_some());
        // After a day it is where the clock belongs.
        assert_eq!(steady.doubt(at(3 * DAY_MS + 2, jump)), None);
        assert_eq!(steady.doubt(at(3 * DAY_MS + 3, jump)), None);
    }

    #[test]
    fn a_clock_that_was_behind_does_not_jump_when_it_comes_back() {
        let steady = steady(Some(START.now));
        assert_eq!(steady.doubt(at(DAY_MS, 0)), None);
        assert_eq!(steady.doubt(at(DAY_MS + 1, -30 * DAY_MS)), None);
        assert_eq!(steady.doubt(at(DAY_MS + 2, 0)), None);
    }

    #[test]
    fn a_start_long_after_the_newest_thing_is_waited_out() {
        let late = steady(Some(START.now - 10 * DAY_MS));
        let doubt = late.doubt(at(2 * START_MS, 0));
        assert!(matches!(doubt, Some(Doubt::Ahead(_))), "{doubt:?}");
        assert_eq!(late.doubt(at(2 * START_MS + HOLD_MS, 0)), None);
        // A night is no reason, nor is a desk without anything, or with something from the future.
        for newest in [Some(START.now - DAY_MS / 2), None, Some(START.now + DAY_MS)] {
            assert_eq!(steady(newest).doubt(at(START_MS, 0)), None);
        }
    }

    #[test]
    fn only_a_believed_time_is_stored() {
        let steady = steady(Some(START.now));
        steady.doubt(at(0, 0));
        assert_eq!(steady.to_store(), Some(START.now));
        assert_eq!(steady.to_store(), None);
        steady.doubt(at(STORED_MS - 1, 0));
        assert_eq!(steady.to_store(), None);
        steady.doubt(at(STORED_MS, 0));
        assert_eq!(steady.to_store(), Some(START.now + STORED_MS));
        steady.doubt(at(DAY_MS, DAY_MS));
        assert_eq!(steady.to_store(), None);
        steady.doubt(at(2 * DAY_MS, DAY_MS));
        assert_eq!(steady.to_store(), Some(START.now + 3 * DAY_MS));
    }
}
