//! A small cache for opened secrets: bounded in time and in number.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How long an opened secret may stay in memory, in milliseconds.
pub(crate) const TIME_TO_LIVE_MS: i64 = 60_000;
/// How many of a kind are kept at the most.
const CAPACITY: usize = 4_096;

/// Values that are dropped [`TIME_TO_LIVE_MS`] after they were put in.
///
/// A cache is never what makes an answer right: a value found here was true at most a minute ago.
pub(crate) struct Cache<K, V> {
    entries: Mutex<HashMap<K, (i64, Arc<V>)>>,
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn get<Q>(&self, key: &Q, now_ms: i64) -> Option<Arc<V>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (put_at, value) = entries.get(key)?;
        if (0..TIME_TO_LIVE_MS).contains(&(now_ms - put_at)) {
            return Some(Arc::clone(value));
        }
        entries.remove(key);
        None
    }

    pub(crate) fn put(&self, key: K, value: Arc<V>, now_ms: i64) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.retain(|_, (put_at, _)| (0..TIME_TO_LIVE_MS).contains(&(now_ms - *put_at)));
        }
        if entries.len() < CAPACITY {
            entries.insert(key, (now_ms, value));
        }
    }

    /// Drops what is past its time; called now and then, so that an idle server forgets too.
    pub(crate) fn expire(&self, now_ms: i64) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, (put_at, _)| (0..TIME_TO_LIVE_MS).contains(&(now_ms - *put_at)));
    }

    pub(crate) fn clear(&self) {
        self.entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_after_a_minute() {
        let cache = Cache::new();
        cache.put("k", Arc::new(1), 0);
        assert_eq!(cache.get("k", 59_999).as_deref(), Some(&1));
        assert!(cache.get("k", 60_000).is_none());
        cache.put("k", Arc::new(1), 0);
        cache.expire(60_000);
        assert!(cache.get("k", 1).is_none());
    }

    #[test]
    fn a_full_cache_stays_bounded() {
        let cache = Cache::new();
        for key in 0..CAPACITY + 10 {
            cache.put(key, Arc::new(key), 0);
        }
        assert!(cache.get(&(CAPACITY + 5), 1).is_none());
        cache.put(CAPACITY + 20, Arc::new(1), 70_000);
        assert!(cache.get(&(CAPACITY + 20), 70_000).is_some());
    }
}
