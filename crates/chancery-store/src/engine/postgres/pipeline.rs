//! Requests on one connection that are sent at once and answered in their order.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// A request; `tokio-postgres` sends it when it is polled for the first time.
pub(super) type Request<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends all requests in their order, then waits for all answers.
///
/// The order is what this is for: other ways to wait for many futures do not promise in which
/// order they poll them first.
pub(super) async fn pipeline<T>(mut requests: Vec<Request<'_, T>>) -> Vec<T> {
    let mut answers: Vec<Option<T>> = requests.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (request, answer) in requests.iter_mut().zip(&mut answers) {
            if answer.is_none()
                && let Poll::Ready(value) = request.as_mut().poll(context)
            {
                *answer = Some(value);
            }
        }
        if answers.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    answers.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn requests_start_in_order_and_answer_in_order() {
        let started = Mutex::new(Vec::new());
        let started = &started;
        let requests = (0..100_u64).map(|number| -> Request<'_, u64> {
            Box::pin(async move {
                if let Ok(mut started) = started.lock() {
                    started.push(number);
                }
                for _ in 0..(100 - number) {
                    tokio::task::yield_now().await;
                }
                number
            })
        });
        let expected: Vec<_> = (0..100).collect();
        assert_eq!(pipeline(requests.collect()).await, expected);
        assert_eq!(started.lock().ok().as_deref(), Some(&expected));
    }
}
