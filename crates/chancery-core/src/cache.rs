//! A small cache for opened secrets: bounded in time and in number.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long an opened secret may stay in memory, in milliseconds.
pub(crate) const TIME_TO_LIVE_MS: i64 = 60_000;
/// How many of a kind are kept at the most.
const CAPACITY: usize = 4_096;

/// Values that are dropped [`TIME_TO_LIVE_MS`] after they were put in.
///
/// A cache is never what makes an answer right: a value found here was true at most a minute ago,
/// and after the last [`Cache::clear`].
pub(crate) struct Cache<K, V> {
    inner: Mutex<Inner<K, V>>,
}

struct Inner<K, V> {
    entries: HashMap<K, (i64, Arc<V>)>,
    /// How often everything was dropped.
    generation: u64,
}

/// When a value began to be read: what was read before a [`Cache::clear`] is not put after it.
#[derive(Clone, Copy)]
pub(crate) struct Since(u64);

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                entries: HashMap::new(),
                generation: 0,
            }),
        }
    }

    pub(crate) fn get<Q>(&self, key: &Q, now_ms: i64) -> Option<Arc<V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut inner = self.lock();
        let (put_at, value) = inner.entries.get(key)?;
        if is_fresh(*put_at, now_ms) {
            return Some(Arc::clone(value));
        }
        inner.entries.remove(key);
        None
    }

    /// To be asked for before what is to be put is read.
    pub(crate) fn since(&self) -> Since {
        Since(self.lock().generation)
    }

    /// Keeps a value, unless everything was dropped while it was read.
    pub(crate) fn put(&self, key: K, value: Arc<V>, now_ms: i64, since: Since) {
        let mut inner = self.lock();
        if inner.generation != since.0 {
            return;
        }
        if inner.entries.len() >= CAPACITY {
            inner.expire(now_ms);
        }
        if inner.entries.len() < CAPACITY {
            inner.entries.insert(key, (now_ms, value));
        }
    }

    /// Drops what is past its time; called now and then, so that an idle server forgets too.
    pub(crate) fn expire(&self, now_ms: i64) {
        self.lock().expire(now_ms);
    }

    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        inner.generation += 1;
        inner.entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Inner<K, V> {
    fn expire(&mut self, now_ms: i64) {
        self.entries
            .retain(|_, (put_at, _)| is_fresh(*put_at, now_ms));
    }
}

fn is_fresh(put_at: i64, now_ms: i64) -> bool {
    (0..TIME_TO_LIVE_MS).contains(&(now_ms - put_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_after_a_minute() {
        let cache = Cache::new();
        cache.put("k", Arc::new(1), 0, cache.since());
        assert_eq!(cache.get("k", 59_999).as_deref(), Some(&1));
        assert!(cache.get("k", 60_000).is_none());
        cache.put("k", Arc::new(1), 0, cache.since());
        cache.expire(60_000);
        assert!(cache.get("k", 1).is_none());
    }

    #[test]
    fn a_full_cache_stays_bounded() {
        let cache = Cache::new();
        for key in 0..CAPACITY + 10 {
            cache.put(key, Arc::new(key), 0, cache.since());
        }
        assert!(cache.get(&(CAPACITY + 5), 1).is_none());
        cache.put(CAPACITY + 20, Arc::new(1), 70_000, cache.since());
        assert!(cache.get(&(CAPACITY + 20), 70_000).is_some());
    }

    #[test]
    fn what_was_read_before_all_was_dropped_is_not_put() {
        let cache = Cache::new();
        let since = cache.since();
        cache.clear();
        cache.put("k", Arc::new(1), 0, since);
        assert!(cache.get("k", 0).is_none());
        cache.put("k", Arc::new(2), 0, cache.since());
        assert_eq!(cache.get("k", 0).as_deref(), Some(&2));
    }
}
