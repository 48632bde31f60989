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
    /// as no entry.
    fn ends_ms(&self) -> i64;

    /// How much is lost with it.
    fn weight(&self, _now_ms: i64) -> Weight {
        Weight::Count
    }
}

/// How much is lost with an entry, the least first: where there is no room, the lightest makes way,
/// and of several the one that ends first. So nobody washes a lock away with what weighs less.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Weight {
    /// It lets somebody through; takes no place from what counts or locks.
    Favour,
    /// It counts, and keeps nobody out so far.
    Count,
    /// It keeps somebody out now.
    Lock,
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

    /// How many entries there are, those that have ended among them.
    pub(super) fn len(&self) -> usize {
        let len = |set: &Mutex<Set<V>>| set.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.sets.iter().map(len).sum()
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
        let mut entry = V::default();
        let result = change(&mut entry);
        if set.len() >= WAYS {
            let weight = |entry: &V| (entry.weight(now_ms), entry.ends_ms());
            let lightest = (0..set.len()).min_by_key(|index| weight(&set[*index].1));
            let lightest = lightest.unwrap_or_default();
            let new = entry.weight(now_ms);
            if new == Weight::Favour && set[lightest].1.weight(now_ms) > new {
                return result;
            }
            set.swap_remove(lightest);
        }
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

    /// When it ends, and what it weighs until then.
    #[derive(Clone)]
    struct Weighed(i64, Weight);

    impl Default for Weighed {
        fn default() -> Self {
            Self(0, Weight::Count)
        }
    }

    impl Entry for Weighed {
        fn ends_ms(&self) -> i64 {
            self.0
        }

        fn weight(&self, _now_ms: i64) -> Weight {
            self.1
        }
    }

    fn put(table: &Table<Weighed>, name: impl Hash, ends_ms: i64, weight: Weight) {
        table.with(name, 0, |entry| *entry = Weighed(ends_ms, weight));
    }

    #[test]
    fn names_are_kept_apart() {
        let table = Table::<Until>::new();
        table.with("a", 0, |entry| entry.0 = 10);
        table.with(("a", 1), 0, |entry| entry.0 = 20);
        assert_eq!(table.get("a").map(|entry| entry.0), Some(10));
        assert_eq!(table.get(("a", 1)).map(|entry| entry.0), Some(20));
        assert!(table.get("b").is_none());
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn no_number_of_names_makes_it_larger() {
        let table = Table::<Until>::new();
        table.with("mine", 0, |entry| entry.0 = i64::MAX);
        for name in 0..10 * SETS * WAYS {
            table.with(name, 0, |entry| entry.0 = 1);
        }
        assert!(table.len() <= SETS * WAYS);
        // What says the most stays.
        assert_eq!(table.get("mine").map(|entry| entry.0), Some(i64::MAX));
    }

    #[test]
    fn what_has_ended_makes_way_first() {
        let table = Table::<Until>::new();
        for name in 0..10 * SETS * WAYS {
            table.with(name, 0, |entry| entry.0 = 5);
        }
        let before = table.len();
        for name in 0..SETS {
            table.with(("later", name), 5, |entry| entry.0 = 9);
        }
        assert!(table.len() < before);
    }

    #[test]
    fn a_lock_stays_however_much_else_comes_and_however_soon_it_ends() {
        let table = Table::<Weighed>::new();
        for number in 0..100 {
            put(&table, ("lock", number), 1 + number, Weight::Lock);
        }
        for number in 0..100_000 {
            let weight = match number % 2 {
                0 => Weight::Favour,
                _ => Weight::Count,
            };
            put(&table, number, i64::MAX, weight);
        }
        for number in 0..100 {
            let kept = table.get(("lock", number)).map(|entry| entry.0);
            assert_eq!(kept, Some(1 + number), "lock {number}");
        }
        assert!(table.len() <= SETS * WAYS);
    }

    #[test]
    fn favours_make_way_for_what_counts_and_never_the_other_way_round() {
        let table = Table::<Weighed>::new();
        for number in 0..SETS * WAYS * 2 {
            put(&table, ("count", number), 5, Weight::Count);
        }
        let counts = table.len();
        for number in 0..100_000 {
            put(&table, number, i64::MAX, Weight::Favour);
        }
        let kept = (0..SETS * WAYS * 2).filter(|n| table.get(("count", *n)).is_some());
        assert_eq!(kept.count(), counts);
        // What counts is always let in, also among locks.
        let table = Table::<Weighed>::new();
        for number in 0..100_000 {
            put(&table, ("lock", number), 5, Weight::Lock);
        }
        for number in 0..100 {
            put(&table, ("count", number), 5, Weight::Count);
            assert!(table.get(("count", number)).is_some());
        }
    }

    #[test]
    fn of_locks_alone_the_one_that_ends_first_makes_way() {
        let table = Table::<Weighed>::new();
        put(&table, "mine", i64::MAX, Weight::Lock);
        put(&table, "soon over", 1, Weight::Lock);
        for number in 0..100_000 {
            put(&table, number, 5, Weight::Lock);
        }
        assert!(table.get("mine").is_some());
        assert!(table.get("soon over").is_none());
    }
}
