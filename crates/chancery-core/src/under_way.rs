//! The calls that are under way, also those whose clients have gone: a stop waits for them, and says what
//! it did not wait for.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::desk::Desk;

/// A call that is under way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnderWay {
    /// The path of its operation, with `{name}` for its parameters.
    pub route: &'static str,
    /// The request's id, as on its answer.
    pub request_id: String,
}

/// All of them, in the order in which they began.
#[derive(Default)]
pub(crate) struct Calls {
    known: Mutex<Known>,
    ended: Notify,
    stopping: AtomicBool,
}

#[derive(Default)]
struct Known {
    next: u64,
    calls: BTreeMap<u64, UnderWay>,
}

/// A call that is under way until this is dropped.
pub struct CallUnderWay {
    calls: Arc<Calls>,
    number: u64,
}

impl Calls {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for CallUnderWay {
    fn drop(&mut self) {
        self.calls.lock().calls.remove(&self.number);
        self.calls.ended.notify_waiters();
    }
}

impl Desk {
    /// Notes that a call begins.
    pub fn begin_call(&self, route: &'static str, request_id: &str) -> CallUnderWay {
        let mut known = self.calls.lock();
        known.next += 1;
        let number = known.next;
        let call = UnderWay {
            route,
            request_id: request_id.to_owned(),
        };
        known.calls.insert(number, call);
        CallUnderWay {
            calls: Arc::clone(&self.calls),
            number,
        }
    }

    /// The calls that are under way, those first that began first.
    pub fn calls_under_way(&self) -> Vec<UnderWay> {
        self.calls.lock().calls.values().cloned().collect()
    }

    /// Notes that the server is about to stop.
    pub fn begin_stop(&self) {
        self.calls.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server is about to stop: it answers, but whoever has another one should go there.
    pub fn is_stopping(&self) -> bool {
        self.calls.stopping.load(Ordering::Relaxed)
    }

    /// Waits until no call is under way.
    pub async fn calls_ended(&self) {
        loop {
            let mut ended = pin!(self.calls.ended.notified());
            ended.as_mut().enable();
            if self.calls.lock().calls.is_empty() {
                return;
            }
            ended.await;
        }
    }
}
