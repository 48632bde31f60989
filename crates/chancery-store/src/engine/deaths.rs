//! Whether an engine can go on: its threads and tasks live, and its files are where they were.

use std::thread::{self, Builder, JoinHandle};

use tokio::sync::watch;

/// Where it is told why it cannot.
#[derive(Clone)]
pub(super) struct Deaths(watch::Sender<Option<String>>);

/// Held by a thread or task: dropped by a panic, it tells of the death.
pub(super) struct Pulse {
    what: &'static str,
    deaths: Deaths,
}

impl Deaths {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// The pulse of `what`.
    pub(super) fn pulse(&self, what: &'static str) -> Pulse {
        let deaths = self.clone();
        Pulse { what, deaths }
    }

    /// Waits until it cannot go on, and answers the first reason.
    pub(super) async fn first(&self) -> String {
        let mut deaths = self.0.subscribe();
        loop {
            if let Some(reason) = deaths.borrow_and_update().as_ref() {
                return reason.clone();
            }
            // The sender is here, so that it cannot be gone.
            let _ = deaths.changed().await;
        }
    }

    /// Tells why it cannot go on.
    pub(super) fn tell(&self, reason: String) {
        self.0.send_if_modified(|told| {
            let first = told.is_none();
            told.get_or_insert(reason);
            first
        });
    }

    /// Starts a thread that has a pulse.
    pub(super) fn thread<T: Send + 'static>(
        &self,
        name: &str,
        what: &'static str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> std::io::Result<JoinHandle<T>> {
        let pulse = self.pulse(what);
        Builder::new().name(name.to_owned()).spawn(move || {
            let _pulse = pulse;
            body()
        })
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        if thread::panicking() {
            self.deaths.tell(format!("{} has died", self.what));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_thread_that_panics_is_told_of() {
        let deaths = Deaths::new();
        let quiet = deaths.thread("quiet", "one that ends", || {}).unwrap();
        quiet.join().unwrap();
        let dying = deaths.thread("dying", "one that dies", || panic!("as the test wants it"));
        assert_eq!(deaths.first().await, "one that dies has died");
        assert!(dying.unwrap().join().is_err());
    }

    /// The pulse lives in the frame of the task, which is dropped while the panic unwinds it.
    #[tokio::test]
    async fn a_task_that_panics_is_told_of() {
        let deaths = Deaths::new();
        let pulse = deaths.pulse("one that is stopped");
        let stopped = tokio::spawn(async move {
            let _pulse = pulse;
            std::future::pending::<()>().await;
        });
        tokio::task::yield_now().await;
        stopped.abort();
        assert!(stopped.await.unwrap_err().is_cancelled());
        let pulse = deaths.pulse("one that dies");
        tokio::spawn(async move {
            let _pulse = pulse;
            tokio::task::yield_now().await;
            panic!("as the test wants it");
        });
        assert_eq!(deaths.first().await, "one that dies has died");
    }
}
