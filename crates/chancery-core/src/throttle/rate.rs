//! Requests per second, each name with a bucket of its own.

use std::hash::Hash;

use super::table::{Entry, Table};

/// How long a bucket takes to fill: so many requests may come at once after a time without any.
const BURST_US: i64 = 4_000_000;

/// Token buckets by name. A bucket is one number: the time at which it will be full again, in
/// microseconds since the epoch (the generic cell rate algorithm, ITU-T I.371).
pub(super) struct Rates {
    buckets: Table<Bucket>,
    /// Microseconds of one request; 0 for no limit.
    each_us: i64,
}

#[derive(Clone, Default)]
struct Bucket {
    full_us: i64,
}

impl Entry for Bucket {
    fn ends_ms(&self) -> i64 {
        self.full_us.div_euclid(1_000) + 1
    }
}

impl Rates {
    /// Buckets that get `per_second` tokens a second and hold four times as many.
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            buckets: Table::new(),
            each_us: match per_second {
                0 => 0,
                n => (1_000_000 / i64::from(n)).max(1),
            },
        }
    }

    /// Takes a token; 0, or in how many milliseconds there will be one.
    pub(super) fn take(&self, name: impl Hash, now_ms: i64) -> i64 {
        if self.each_us == 0 {
            return 0;
        }
        let now_us = now_ms.saturating_mul(1_000);
        self.buckets.with(name, now_ms, |bucket| {
            let full_us = sane(bucket.full_us, now_us);
            let wait_ms = self.wait(full_us, now_us);
            bucket.full_us = match wait_ms {
                0 => full_us + self.each_us,
                _ => full_us,
            };
            wait_ms
        })
    }

    /// In how many milliseconds there will be a token; takes none.
    pub(super) fn wait_ms(&self, name: impl Hash, now_ms: i64) -> i64 {
        let now_us = now_ms.saturating_mul(1_000);
        match self.buckets.get(name) {
            Some(bucket) if self.each_us != 0 => self.wait(sane(bucket.full_us, now_us), now_us),
            _ => 0,
        }
    }

    /// How long a request has to wait for its token.
    fn wait(&self, full_us: i64, now_us: i64) -> i64 {
        let over_us = full_us + self.each_us - now_us - BURST_US;
        (over_us.max(0) + 999) / 1_000
    }
}

/// When a bucket is full, as seen from now. One that would take longer than from empty was seen
/// before the clock was set back, and counts as full.
fn sane(full_us: i64, now_us: i64) -> i64 {
    match full_us > now_us.saturating_add(BURST_US) {
        true => now_us,
        false => full_us.max(now_us),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests are let through at a time.
    fn taken(rates: &Rates, name: &str, now_ms: i64) -> usize {
        (0..1_000)
            .take_while(|_| rates.take(name, now_ms) == 0)
            .count()
    }

    #[test]
    fn a_bucket_holds_four_seconds_and_fills_again() {
        let rates = Rates::new(10);
        assert_eq!(taken(&rates, "a", 5_000), 40);
        assert_eq!(taken(&rates, "a", 5_000), 0);
        assert_eq!(taken(&rates, "a", 5_099), 0);
        assert_eq!(taken(&rates, "a", 5_100), 1);
        assert_eq!(taken(&rates, "a", 6_100), 10);
        assert_eq!(taken(&rates, "b", 6_100), 40, "another name has its own");
        assert_eq!(taken(&rates, "a", 60_000), 40, "never more than it holds");
    }

    #[test]
    fn the_wait_is_exact_and_waiting_costs_nothing() {
        let rates = Rates::new(10);
        taken(&rates, "a", 0);
        for _ in 0..100 {
            assert_eq!(rates.take("a", 40), 60);
        }
        assert_eq!(rates.wait_ms("a", 40), 60);
        assert_eq!(rates.wait_ms("a", 100), 0);
        assert_eq!(rates.take("a", 100), 0);
        assert_eq!(rates.wait_ms("nobody", 0), 0);
    }

    #[test]
    fn zero_is_no_limit() {
        let rates = Rates::new(0);
        assert_eq!(taken(&rates, "a", 0), 1_000);
        assert_eq!(rates.wait_ms("a", 0), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out() {
        let rates = Rates::new(1);
        assert_eq!(taken(&rates, "a", 1_000_000_000), 4);
        assert_eq!(rates.wait_ms("a", 0), 0);
        assert_eq!(taken(&rates, "a", 0), 4);
        assert_eq!(rates.take("a", 0), 1_000);
        assert_eq!(taken(&rates, "b", 0), 4);
    }
}
