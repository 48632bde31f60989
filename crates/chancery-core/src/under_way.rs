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
    fn begin(self: &Arc<Self>, call: UnderWay) -> CallUnderWay {
        let mut known = self.lock();
        known.next += 1;
        let number = known.next;
        known.calls.insert(number, call);
        CallUnderWay {
            calls: Arc::clone(self),
            number,
        }
    }

    /// Waits until there is none.
    async fn ended(&self) {
        loop {
            let mut ended = pin!(self.ended.notified());
            // From here on an end is heard, also one between the look and the wait.
            ended.as_mut().enable();
            if self.lock().calls.is_empty() {
                return;
            }
            ended.await;
        }
    }

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
        self.calls.begin(UnderWay {
            route,
            request_id: request_id.to_owned(),
        })
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
        self.calls.ended().await;
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};

    use super::*;

    #[test]
    fn whoever_waits_hears_of_the_last_end() {
        let calls = Arc::new(Calls::default());
        let call = |id: &str| UnderWay {
            route: "/v1/things/{id}",
            request_id: id.to_owned(),
        };
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(calls.ended()).poll(&mut context).is_ready());
        let (first, second) = (calls.begin(call("1")), calls.begin(call("2")));
        let mut waiting = pin!(calls.ended());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        let left: Vec<_> = calls.lock().calls.values().cloned().collect();
        assert_eq!(left, [call("2")]);
        drop(second);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
    }
}
