//! Which lists this process has to make anew since it has revoked something, and when.
//!
//! The database says which lists are outdated, whoever revoked; this says when it is time to make
//! them. A list waits a moment for further revocations and tells them all, and rests after it was
//! made for several times as long as that took: however much is revoked, the lists of a CA cost a
//! bounded part of one processor. They are made one at a time; where several are due, that of the
//! account comes first whose last one was made longest ago.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// How long a list waits for further revocations after the first.
const BUNDLE_MS: i64 = 1_000;
/// How many times as long as it took a list rests.
const REST_TIMES: i64 = 4;
/// How long it rests at least.
const SHORTEST_REST_MS: i64 = 2_000;
/// How long it rests at most: as long as a job may take to come by.
const LONGEST_REST_MS: i64 = 60_000;

/// The lists that this process has outdated. Times are those of [`crate::Clock::elapsed_ms`], which
/// nobody sets.
pub(crate) struct OutdatedLists {
    state: Mutex<State>,
    /// Told of each CA that comes to those that wait.
    added: Notify,
}

#[derive(Default)]
struct State {
    /// By CA.
    waiting: HashMap<String, Waiting>,
    /// By CA; those whose rest is over are forgotten.
    resting: HashMap<String, Resting>,
}

struct Waiting {
    domain_id: String,
    /// When the first thing was revoked that the list does not tell.
    since: i64,
}

struct Resting {
    domain_id: String,
    since: i64,
    until: i64,
}

/// What is to be done next.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Next {
    /// The list of this CA is to be made; it waits no more.
    Make(String),
    /// Nothing for so long.
    Pause(Duration),
    /// Nothing until something is revoked.
    Nothing,
}

impl OutdatedLists {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            added: Notify::new(),
        }
    }

    /// Something was revoked that the list of a CA does not tell.
    pub(crate) fn add(&self, domain_id: &str, authority_id: &str, now: i64) {
        let mut state = self.lock();
        if !state.waiting.contains_key(authority_id) {
            let waiting = Waiting {
                domain_id: domain_id.to_owned(),
                since: now,
            };
            state.waiting.insert(authority_id.to_owned(), waiting);
            self.added.notify_one();
        }
    }

    /// The list of a CA was made, or failed, which took from `started` to `ended`.
    pub(crate) fn rest(&self, domain_id: &str, authority_id: &str, (started, ended): (i64, i64)) {
        let rest = REST_TIMES.saturating_mul(ended - started);
        let resting = Resting {
            domain_id: domain_id.to_owned(),
            since: ended,
            until: ended + rest.clamp(SHORTEST_REST_MS, LONGEST_REST_MS),
        };
        let mut state = self.lock();
        state.resting.retain(|_, resting| resting.until > ended);
        state.resting.insert(authority_id.to_owned(), resting);
    }

    /// What is to be done next.
    pub(crate) fn next(&self, now: i64) -> Next {
        let mut state = self.lock();
        let ready = state.waiting.iter();
        let ready = ready.map(|(id, waiting)| (state.due(id, waiting), id, waiting));
        let Some(first) = ready.clone().map(|(due, ..)| due).min() else {
            return Next::Nothing;
        };
        if let Ok(pause @ 1..) = u64::try_from(first - now) {
            return Next::Pause(Duration::from_millis(pause));
        }
        let ready = ready.filter(|(due, ..)| *due <= now);
        let turn =
            ready.min_by_key(|(due, id, waiting)| (state.last_made(&waiting.domain_id), *due, *id));
        let Some(id) = turn.map(|(_, id, _)| id.clone()) else {
            return Next::Nothing; // not reached: the first is due
        };
        state.waiting.remove(&id);
        Next::Make(id)
    }

    /// Waits until another CA has come to those that wait. One that came since this was last
    /// waited for counts.
    pub(crate) async fn added(&self) {
        self.added.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn due(&self, id: &str, waiting: &Waiting) -> i64 {
        let rested = self.resting.get(id).map_or(i64::MIN, |rest| rest.until);
        rested.max(waiting.since + BUNDLE_MS)
    }

    /// When a list of an account was last made, if one of them still rests.
    fn last_made(&self, domain_id: &str) -> Option<i64> {
        let resting = self.resting.values();
        let of = resting.filter(|resting| resting.domain_id == domain_id);
        of.map(|resting| resting.since).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(ms: u64) -> Next {
        Next::Pause(Duration::from_millis(ms))
    }

    fn make(id: &str) -> Next {
        Next::Make(id.to_owned())
    }

    #[test]
    fn a_list_waits_a_moment_after_the_first_revocation() {
        let lists = OutdatedLists::new();
        assert_eq!(lists.next(100), Next::Nothing);
        lists.add("acme", "a", 100);
        assert_eq!(lists.next(100), pause(1_000));
        lists.add("acme", "a", 1_000);
        assert_eq!(lists.next(1_099), pause(1));
        assert_eq!(lists.next(1_100), make("a"));
        assert_eq!(lists.next(1_100), Next::Nothing);
        // What comes while it is made is for the next one.
        lists.add("acme", "a", 1_200);
        lists.rest("acme", "a", (1_100, 1_300));
        assert_eq!(lists.next(1_300), pause(2_000));
        assert_eq!(lists.next(3_300), make("a"));
        // Long after its rest only the moment counts.
        lists.add("acme", "a", 50_000);
        assert_eq!(lists.next(50_000), pause(1_000));
    }

    #[test]
    fn a_list_rests_by_what_it_took() {
        let lists = OutdatedLists::new();
        for (took, rest) in [(0, 2_000), (500, 2_000), (600, 2_400), (60_000, 60_000)] {
            lists.rest("acme", "a", (0, took));
            lists.add("acme", "a", took - 1_000);
            assert_eq!(lists.next(took), pause(rest));
            assert_eq!(lists.next(took + 60_000), make("a"));
        }
    }

    /// Twelve revocations a second for ten minutes, of a list that takes a second.
    #[test]
    fn steady_revocations_cost_a_fifth_of_the_time() {
        let lists = OutdatedLists::new();
        let (mut now, mut made) = (0, 0);
        while now < 600_000 {
            lists.add("acme", "a", now);
            if lists.next(now) == make("a") {
                made += 1;
                lists.rest("acme", "a", (now, now + 1_000));
                now += 1_000;
            } else {
                now += 80;
            }
        }
        assert!((110..=120).contains(&made), "{made}");
    }

    #[test]
    fn accounts_take_turns() {
        let lists = OutdatedLists::new();
        for number in 0..10 {
            lists.add("many", &format!("m{number}"), 0);
        }
        lists.add("few", "f", 10);
        let (mut now, mut order) = (2_000, Vec::new());
        while let Next::Make(id) = lists.next(now) {
            let domain_id = if id == "f" { "few" } else { "many" };
            lists.rest(domain_id, &id, (now, now + 600));
            now += 600;
            order.push(id);
        }
        assert_eq!(order.len(), 11);
        assert_eq!(order[..3], ["m0", "f", "m1"]);
        assert_eq!(lists.next(now), Next::Nothing);
    }

    #[tokio::test]
    async fn who_waits_is_told() {
        let lists = OutdatedLists::new();
        let asked = |waiting: std::pin::Pin<&mut dyn Future<Output = ()>>| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            waiting.poll(&mut context).is_ready()
        };
        let mut waiting = std::pin::pin!(lists.added());
        assert!(!asked(waiting.as_mut()));
        lists.add("acme", "a", 0);
        assert!(asked(waiting.as_mut()));
        // Also of what came when nobody waited; the same CA once.
        lists.add("acme", "b", 0);
        lists.add("acme", "b", 0);
        assert!(asked(std::pin::pin!(lists.added())));
        assert!(!asked(std::pin::pin!(lists.added())));
    }
}
