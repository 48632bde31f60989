//! The signals of an operator or a service manager.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, SIGTERM and SIGHUP, none of which ends the process by itself from here on.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Catches them. To be called before anything else is done, so that a server that is asked to
    /// stop the moment it is ready, or earlier, stops in its own way.
    ///
    /// # Errors
    ///
    /// If the system does not let the process catch one.
    pub(crate) fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for SIGINT or SIGTERM, and does `on_hangup` on each SIGHUP.
    pub(crate) async fn asked_to_stop(&mut self, on_hangup: impl Fn()) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                Some(()) = self.hangup.recv() => on_hangup(),
            }
        }
    }
}
