//! A table of a fixed size for what is counted by names that clients choose.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sets of a table; each has a lock of its own, which is never held for longer than a few
/// comparisons.
const SETS: usize = 4_096;
/// Entries of a set.
const WAYS: usize = 8;

/// What is kept under a name.
pub(super) trait Entry: Clone + Default {
    /// Until when it says anything, in milliseconds since the epoch: from then on it is the same
    /// as no entry. Where there is no room, the entry that ends first makes way.
    fn ends_ms(&self) -> i64;
}

/// At most `SETS * WAYS` entries (32,768), by the hash of their names.
///
/// The hash has a random key that no client knows. Two names with one hash of 64 bits would share
/// an entry; nobody can look for such names, and by chance there are none.
pub(super) struct Table<V> {
    hasher: RandomState,
    sets: Box<[Mutex<Set<V>>]>,
}

type Set<V> = Vec<(u64, V)>;

impl<V: Entry> Table<V> {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            sets: (0..SETS).map(|_| Mutex::new(Vec::new())).collect(),
        }
    }

    /// Looks at the entry of a name.
    pub(super) fn get(&self, name: impl Hash) -> Option<V> {
        let (hash, set) = self.set(name);
        let found = set.iter().find(|(known, _)| *known == hash);
        found.map(|(_, entry)| entry.clone())
    }

    /// Changes the entry of a name; makes one where there is none.
    pub(super) fn with<R>(
        &self,
        name: impl Hash,
        now_ms: i64,
        change: impl FnOnce(&mut V) -> R,
    ) -> R {
        let (hash, mut set) = self.set(name);
        if let Some((_, entry)) = set.iter_mut().find(|(known, _)| *known == hash) {
            return change(entry);
        }
        if set.len() >= WAYS {
            set.retain(|(_, entry)| entry.ends_ms() > now_ms);
        }
        if set.len() >= WAYS {
            let first = (0..set.len()).min_by_key(|index| set[*index].1.ends_ms());
            set.swap_remove(first.unwrap_or_default());
        }
        let mut entry = V::default();
        let result = change(&mut entry);
        set.push((hash, entry));
        result
    }

    fn set(&self, name: impl Hash) -> (u64, MutexGuard<'_, Set<V>>) {
        let hash = self.hasher.hash_one(name);
        let index = usize::try_from(hash % SETS as u64).unwrap_or_default();
        let set = self.sets[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        (hash, set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Until(i64);

    impl Entry for Until {
        fn ends_ms(&self) -> i64 {
            self.0
        }
    }

    fn len(table: &Table<Until>) -> usize {
        let lock = |set: &Mutex<Set<Until>>| set.lock().map_or(0, |set| set.len());
        table.sets.iter().map(lock).sum()
    }

    #[test]
    fn names_are_kept_apart() {
        let table = Table::<Until>::new();
        table.with("a", 0, |entry| entry.0 = 10);
        table.with(("a", 1), 0, |entry| entry.0 = 20);
        assert_eq!(table.get("a").map(|entry| entry.0), Some(10));
        assert_eq!(table.get(("a", 1)).map(|entry| entry.0), Some(20));
        assert!(table.get("b").is_none());
        assert_eq!(len(&table), 2);
    }

    #[test]
    fn no_number_of_names_makes_it_larger() {
        let table = Table::<Until>::new();
        table.with("mine", 0, |entry| entry.0 = i64::MAX);
        for name in 0..10 * SETS * WAYS {
            table.with(name, 0, |entry| entry.0 = 1);
        }
        assert!(len(&table) <= SETS * WAYS);
        // What says the most stays.
        assert_eq!(table.get("mine").map(|entry| entry.0), Some(i64::MAX));
    }

    #[test]
    fn what_has_ended_makes_way_first() {
        let table = Table::<Until>::new();
        for name in 0..10 * SETS * WAYS {
            table.with(name, 0, |entry| entry.0 = 5);
        }
        let before = len(&table);
        for name in 0..SETS {
            table.with(("later", name), 5, |entry| entry.0 = 9);
        }
        assert!(len(&table) < before);
    }
}
