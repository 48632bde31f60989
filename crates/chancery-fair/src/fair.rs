//! Places that are taken in turns by key.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// How much is allowed at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds {
    /// How many places one key holds at most, even while others are free.
    pub held_by_one: usize,
    /// How many of one key wait at most.
    pub waiting_of_one: usize,
    /// How many wait at most, of all keys together.
    pub waiting: usize,
}

/// Why nobody more may wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Crowded {
    /// As many of this key wait as may.
    Own,
    /// As many wait as may, of all keys together.
    Full,
}

/// Places, and who waits for one. Clones share them.
#[derive(Debug)]
pub struct Fair<K>(Arc<Shared<K>>);

#[derive(Debug)]
struct Shared<K> {
    bounds: Bounds,
    state: Mutex<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    free: usize,
    waiting: usize,
    keys: HashMap<K, OfKey>,
    /// The keys that have somebody in their queue, each once, in the order in which they are served.
    round: VecDeque<K>,
    /// Whom a place was given who has not come for it yet.
    called: HashSet<u64>,
    next: u64,
}

/// What is known of a key that holds a place or waits for one.
#[derive(Debug, Default)]
struct OfKey {
    held: usize,
    waiting: usize,
    queue: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    waker: Waker,
}

/// The right to wait for a place: counted from when it is given, in the queue of its key from when it
/// is first polled. Dropped, it leaves the queue.
#[derive(Debug)]
#[must_use = "a place is taken by awaiting it"]
pub struct Entry<K: Clone + Eq + Hash> {
    fair: Fair<K>,
    key: K,
    number: u64,
    step: Step,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    Entered,
    Queued,
    Done,
}

/// A place. Dropped, it is the next one's.
#[derive(Debug)]
pub struct Turn<K: Clone + Eq + Hash> {
    fair: Fair<K>,
    key: K,
}

impl<K> Clone for Fair<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> Fair<K> {
    /// So many places, all of them free.
    pub fn new(places: usize, bounds: Bounds) -> Self {
        let state = Mutex::new(State {
            free: places,
            waiting: 0,
            keys: HashMap::new(),
            round: VecDeque::new(),
            called: HashSet::new(),
            next: 0,
        });
        Self(Arc::new(Shared { bounds, state }))
    }

    /// Lets one more of a key wait.
    ///
    /// # Errors
    /// When too many wait.
    pub fn enter(&self, key: K) -> Result<Entry<K>, Crowded> {
        let mut state = self.lock();
        let of_key = state.keys.get(&key).map_or(0, |of_key| of_key.waiting);
        if of_key >= self.0.bounds.waiting_of_one {
            return Err(Crowded::Own);
        }
        if state.waiting >= self.0.bounds.waiting {
            return Err(Crowded::Full);
        }
        Ok(self.entry(&mut state, key))
    }

    /// The same whatever the bounds say, for work that cannot be refused.
    pub fn enter_always(&self, key: K) -> Entry<K> {
        self.entry(&mut self.lock(), key)
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    fn entry(&self, state: &mut State<K>, key: K) -> Entry<K> {
        state.waiting += 1;
        state.keys.entry(key.clone()).or_default().waiting += 1;
        state.next += 1;
        Entry {
            fair: self.clone(),
            key,
            number: state.next,
            step: Step::Entered,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, gives the places that are free then to whose turn it is, and wakes them.
    fn change<T>(&self, change: impl FnOnce(&mut State<K>) -> T) -> T {
        let mut state = self.lock();
        let answer = change(&mut state);
        let called = state.call(self.0.bounds.held_by_one);
        drop(state);
        for waker in called {
            waker.wake();
        }
        answer
    }
}

impl<K: Clone + Eq + Hash> State<K> {
    /// Gives free places to whose turn it is.
    fn call(&mut self, held_by_one: usize) -> Vec<Waker> {
        let mut called = Vec::new();
        while self.free > 0 {
            let keys = &self.keys;
            let may = |key: &K| keys.get(key).is_some_and(|one| one.held < held_by_one);
            let Some(place) = self.round.iter().position(may) else {
                break;
            };
            let Some(key) = self.round.remove(place) else {
                break;
            };
            let Some(of_key) = self.keys.get_mut(&key) else {
                continue;
            };
            let Some(next) = of_key.queue.pop_front() else {
                continue;
            };
            of_key.held += 1;
            of_key.waiting -= 1;
            self.waiting -= 1;
            self.free -= 1;
            self.called.insert(next.number);
            called.push(next.waker);
            if !of_key.queue.is_empty() {
                self.round.push_back(key);
            }
        }
        called
    }

    fn queue(&mut self, key: &K, waiting: Waiting) {
        let of_key = self.keys.entry(key.clone()).or_default();
        if of_key.queue.is_empty() {
            self.round.push_back(key.clone());
        }
        of_key.queue.push_back(waiting);
    }

    /// Remembers how somebody in a queue is woken now.
    fn wake_by(&mut self, key: &K, number: u64, waker: &Waker) {
        let queue = self.keys.get_mut(key).map(|of_key| &mut of_key.queue);
        let waiting = queue.and_then(|queue| queue.iter_mut().find(|one| one.number == number));
        if let Some(waiting) = waiting {
            waiting.waker.clone_from(waker);
        }
    }

    /// Takes somebody who waits from the queue of their key, if they are in it, and from the counts.
    fn leave(&mut self, key: &K, number: u64) {
        self.waiting -= 1;
        let Some(of_key) = self.keys.get_mut(key) else {
            return;
        };
        of_key.waiting -= 1;
        let before = of_key.queue.len();
        of_key.queue.retain(|one| one.number != number);
        if before > 0 && of_key.queue.is_empty() {
            self.round.retain(|one| one != key);
        }
        self.forget(key);
    }

    fn release(&mut self, key: &K) {
        self.free += 1;
        if let Some(of_key) = self.keys.get_mut(key) {
            of_key.held -= 1;
        }
        self.forget(key);
    }

    /// Forgets a key that neither holds a place nor waits for one.
    fn forget(&mut self, key: &K) {
        let idle = |one: &OfKey| one.held == 0 && one.waiting == 0;
        if self.keys.get(key).is_some_and(idle) {
            self.keys.remove(key);
        }
    }
}

impl<K: Clone + Eq + Hash + Unpin> Future for Entry<K> {
    type Output = Turn<K>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turn<K>> {
        let (key, number) = (self.key.clone(), self.number);
        if self.step == Step::Entered {
            let waker = cx.waker().clone();
            self.step = Step::Queued;
            let waiting = Waiting { number, waker };
            self.fair.change(|state| state.queue(&key, waiting));
        }
        let mut state = self.fair.lock();
        if !state.called.remove(&number) {
            state.wake_by(&key, number, cx.waker());
            return Poll::Pending;
        }
        drop(state);
        self.step = Step::Done;
        let fair = self.fair.clone();
        Poll::Ready(Turn { fair, key })
    }
}

impl<K: Clone + Eq + Hash> Drop for Entry<K> {
    fn drop(&mut self) {
        if self.step == Step::Done {
            return;
        }
        let (key, number) = (&self.key, self.number);
        self.fair
            .change(|state| match state.called.remove(&number) {
                true => state.release(key),
                false => state.leave(key, number),
            });
    }
}

impl<K: Clone + Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        self.fair.change(|state| state.release(&self.key));
    }
}

#[cfg(test)]
mod tests;
