//! What people see while a call takes its time.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

/// How long nothing is said, and how often what is said changes.
const QUIET: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_secs(1);

/// What `call` gives. While it takes long, a line on the terminal says how long; it is gone in the end.
pub(super) async fn told<T>(host: &str, call: impl Future<Output = T>) -> T {
    let mut call = pin!(call);
    if !std::io::stderr().is_terminal() {
        return call.await;
    }
    let started = tokio::time::Instant::now();
    let mut next = QUIET;
    loop {
        if let Ok(done) = tokio::time::timeout_at(started + next, call.as_mut()).await {
            if next > QUIET {
                say("\r\u{1b}[K");
            }
            return done;
        }
        say(&format!("\rwaiting for {host}: {} s", next.as_secs()));
        next += STEP;
    }
}

fn say(text: &str) {
    let mut out = std::io::stderr();
    // There is nobody else to tell.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
