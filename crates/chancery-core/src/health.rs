//! Whether the desk can do its work, for those who ask from outside: who balances load, who watches.
//!
//! The server looks every second, and whoever asks is told what was found then: asking costs nothing,
//! and nobody can make the desk look more often.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::desk::Desk;
use crate::error::Error;

/// What was found.
#[derive(Default)]
pub(crate) struct Health {
    /// Whether storage answered when it was looked at last.
    storage: AtomicBool,
    /// How many rounds of jobs in a row had failures.
    failed_rounds: AtomicU32,
}

/// Why a desk is not ready. The log has more; this is for everybody.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotReady {
    /// It is told to stop, and finishes what was begun.
    #[error("the server is stopping")]
    Stopping,
    /// Its database cannot be read from or written to, or was not looked at yet.
    #[error("storage is not available")]
    Storage,
}

impl Desk {
    /// Whether the desk can do its work, from what was found when [`Desk::look_at_storage`] looked last.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn readiness(&self) -> Result<(), NotReady> {
        let health = &self.health;
        if self.is_stopping() {
            return Err(NotReady::Stopping);
        }
        match health.storage.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(NotReady::Storage),
        }
    }

    /// How many rounds of jobs in a row have had failures.
    pub fn failed_rounds(&self) -> u32 {
        self.health.failed_rounds.load(Ordering::Relaxed)
    }

    /// Looks whether storage is there, within some seconds; the server calls it every second. A change is
    /// written into the log.
    pub async fn look_at_storage(&self) {
        let looked = self.store.check().await.map_err(Error::from);
        let was = self.health.storage.swap(looked.is_ok(), Ordering::Relaxed);
        match (was, looked) {
            (true, Err(error)) => {
                tracing::error!("storage is away, the server is not ready: {error}")
            }
            (false, Ok(())) => tracing::info!("storage is there"),
            _ => {}
        }
    }

    /// Waits until storage cannot go on and will not come back, and answers why: the process has to end.
    pub async fn storage_died(&self) -> String {
        self.store.died().await
    }

    /// Counts a round of jobs, and answers how many in a row have had failures with it.
    pub(crate) fn count_round(&self, failed: bool) -> u32 {
        let rounds = match failed {
            true => self.failed_rounds().saturating_add(1),
            false => 0,
        };
        self.health.failed_rounds.store(rounds, Ordering::Relaxed);
        rounds
    }
}
