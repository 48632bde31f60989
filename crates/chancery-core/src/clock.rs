//! Time is passed in: the server hands the system's clock to the desk, a test a clock it moves.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;

    /// Milliseconds that have passed since some moment of this process. Whoever sets the time does
    /// not change them.
    fn elapsed_ms(&self) -> i64;
}

/// What [`SystemClock`] counts from.
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place that asks the machine
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
    }

    fn elapsed_ms(&self) -> i64 {
        i64::try_from(STARTED.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands until it is moved; for tests.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    elapsed: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `now_ms`.
    pub fn new(now_ms: i64) -> Self {
        Self {
            now: AtomicI64::new(now_ms),
            elapsed: AtomicI64::new(0),
        }
    }

    /// Lets time pass.
    pub fn advance_ms(&self, by: i64) {
        self.pass_ms(by);
        self.jump_ms(by);
    }

    /// Lets time pass that the clock does not show.
    pub fn pass_ms(&self, by: i64) {
        self.elapsed.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the clock forward (or back, for a negative value), and no time passes.
    pub fn jump_ms(&self, by: i64) {
        self.now.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn elapsed_ms(&self) -> i64 {
        self.elapsed.load(Ordering::SeqCst)
    }
}
