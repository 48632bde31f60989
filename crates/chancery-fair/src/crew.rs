//! Threads of low priority whose time is taken in turns by key.

use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

use crate::fair::{Bounds, Crowded, Entry, Fair, Turn};

/// Threads, each with something of its own that its work is given. Dropped, it waits until what they
/// have begun has ended.
#[derive(Debug)]
pub struct Crew<K, S = ()> {
    fair: Fair<K>,
    jobs: Option<Sender<Job<S>>>,
    threads: Vec<JoinHandle<()>>,
}

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// The work did not come to its end.
#[derive(Debug)]
pub struct Panicked;

impl std::fmt::Display for Panicked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the work panicked")
    }
}

impl std::error::Error for Panicked {}

impl<K: Clone + Eq + Hash + Send + Unpin + 'static, S: Send + 'static> Crew<K, S> {
    /// Starts a thread for each of `own`, by `nice` lower in priority than the one that calls, and
    /// one place for each.
    ///
    /// # Errors
    /// When the machine gives no more threads.
    pub fn start(name: &str, nice: i32, own: Vec<S>, bounds: Bounds) -> std::io::Result<Self> {
        let fair = Fair::new(own.len(), bounds);
        let (jobs, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for mut own in own {
            let receiver = Arc::clone(&receiver);
            let thread = Builder::new().name(name.to_owned());
            threads.push(thread.spawn(move || serve(&mut own, nice, &receiver))?);
        }
        Ok(Self {
            fair,
            jobs: Some(jobs),
            threads,
        })
    }

    /// As [`Fair::enter`].
    ///
    /// # Errors
    /// When too many wait.
    pub fn enter(&self, key: K) -> Result<Entry<K>, Crowded> {
        self.fair.enter(key)
    }

    /// As [`Fair::enter_always`].
    pub fn enter_always(&self, key: K) -> Entry<K> {
        self.fair.enter_always(key)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.fair.waiting()
    }

    /// Has one of the threads work. The turn comes back with what the work returns; when nobody waits
    /// for that any more, the work goes on all the same, and keeps its place until it has ended.
    ///
    /// # Errors
    /// When the work panicked.
    pub async fn work<T: Send + 'static>(
        &self,
        turn: Turn<K>,
        work: impl FnOnce(&mut S) -> T + Send + 'static,
    ) -> Result<(Turn<K>, T), Panicked> {
        let (answer, answered) = oneshot::channel();
        let job: Job<S> = Box::new(move |own| {
            let done = work(own);
            let _ = answer.send((turn, done));
        });
        let jobs = self.jobs.as_ref().ok_or(Panicked)?;
        jobs.send(job).map_err(|_| Panicked)?;
        answered.await.map_err(|_| Panicked)
    }
}

impl<K, S> Drop for Crew<K, S> {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Does one job after the other until nobody can bring more.
fn serve<S>(own: &mut S, nice: i32, receiver: &Mutex<Receiver<Job<S>>>) {
    // Of Linux this is about this thread alone. Where it is not allowed, all are alike.
    let before = rustix::process::getpriority_process(None).unwrap_or(0);
    let _ = rustix::process::setpriority_process(None, before + nice);
    loop {
        let next = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(job) = next else { return };
        let _ = catch_unwind(AssertUnwindSafe(|| job(own)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;

    fn crew(threads: usize) -> Crew<char, Vec<u32>> {
        let bounds = Bounds {
            held_by_one: threads,
            waiting_of_one: 100,
            waiting: 100,
        };
        Crew::start("test", 5, vec![Vec::new(); threads], bounds).unwrap()
    }

    #[tokio::test]
    async fn a_turn_is_good_for_more_than_one_piece_of_work() {
        let crew = crew(1);
        let turn = crew.enter('a').unwrap().await;
        let (turn, ()) = crew.work(turn, |own| own.push(1)).await.unwrap();
        let (turn, own) = crew.work(turn, |own| own.clone()).await.unwrap();
        assert_eq!(own, [1]);
        let mut next = std::pin::pin!(crew.enter('b').unwrap());
        let waiting = tokio::time::timeout(Duration::from_millis(1), next.as_mut()).await;
        assert!(waiting.is_err(), "between the two nobody comes in");
        drop(turn);
        next.await;
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_keeps_its_place_until_it_has_ended() {
        let crew = crew(1);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let turn = crew.enter('a').unwrap().await;
        let work = crew.work(turn, move |_| {
            begin.send(()).unwrap();
            ended.recv().ok();
        });
        tokio::select! {
            _ = work => panic!("it ended by itself"),
            begun = begun => begun.unwrap(),
        }
        let mut next = std::pin::pin!(crew.enter('b').unwrap());
        let waiting = tokio::time::timeout(Duration::from_millis(1), next.as_mut()).await;
        assert!(waiting.is_err());
        end.send(()).unwrap();
        let patience = Duration::from_secs(30);
        tokio::time::timeout(patience, next).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_costs_neither_thread_nor_place() {
        let crew = crew(1);
        for _ in 0..3 {
            let turn = crew.enter('a').unwrap().await;
            let failed = crew.work(turn, |_| panic!("on purpose")).await;
            assert!(failed.is_err());
        }
        let turn = crew.enter('a').unwrap().await;
        assert_eq!(crew.work(turn, |_| 7).await.unwrap().1, 7);
    }

    #[tokio::test]
    async fn the_threads_have_a_lower_priority() {
        let crew = crew(1);
        let own = rustix::process::getpriority_process(None).unwrap();
        let turn = crew.enter('a').unwrap().await;
        let theirs = crew.work(turn, |_| {
            rustix::process::getpriority_process(None).unwrap()
        });
        assert_eq!(theirs.await.unwrap().1, (own + 5).min(19));
    }
}
