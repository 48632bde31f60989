//! What the data folder knows of what was published, beside the database: an older database that was put in
//! the place of a newer one must not give out again the number of a revocation list that relying parties
//! have, and whoever did that has to be told what is lost.
//!
//! The numbers are reserved in steps, so that a list costs no write of its own; a clean stop writes them
//! down as they are. After any other end the next list skips what was left of its step, which nobody minds:
//! numbers only have to grow (RFC 5280 section 5.2.3).

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many numbers are reserved at a time.
const STEP: i64 = 32;

/// A file beside the database.
pub trait Beside: Send + Sync {
    /// What is in it; none when there is none yet.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self) -> io::Result<Option<String>>;

    /// Writes it anew, whole or not at all, and returns when it is durable.
    ///
    /// # Errors
    /// When it cannot be written.
    fn write(&self, text: &str) -> io::Result<()>;
}

/// What is known of a desk beside its database.
pub struct HighWater {
    file: Option<Box<dyn Beside>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// By CA, the number that no list has had, nor any above it.
    free: BTreeMap<String, i64>,
    /// By CA whose lists this process makes, the numbers of the first and of the newest of them.
    made: BTreeMap<String, (i64, i64)>,
    /// The time of the newest entry of the audit, in milliseconds since 1970 UTC.
    newest: Option<i64>,
}

impl HighWater {
    /// Reads what is known.
    ///
    /// # Errors
    /// When it cannot be read, or holds something else.
    pub fn open(file: Box<dyn Beside>) -> io::Result<Self> {
        let state = match file.read()? {
            Some(text) => State::parse(&text)?,
            None => State::default(),
        };
        Ok(Self {
            file: Some(file),
            state: Mutex::new(state),
        })
    }

    /// Of a desk that is not kept.
    pub fn nowhere() -> Self {
        Self {
            file: None,
            state: Mutex::default(),
        }
    }

    /// Whether this process has made a list of a CA.
    pub(crate) fn has_made(&self, authority_id: &str) -> bool {
        self.lock().made.contains_key(authority_id)
    }

    /// The number of the next list of a CA, whose last one had the number `last` as far as the database
    /// knows. It is reserved when this returns; one that was not stored then is given out again.
    ///
    /// # Errors
    /// When that cannot be written down.
    pub(crate) fn next(&self, authority_id: &str, last: i64) -> io::Result<i64> {
        let mut state = self.lock();
        let free = state.free.get(authority_id).copied().unwrap_or_default();
        let made = state.made.get(authority_id);
        let first = made.map_or_else(|| free.max(last + 1), |(first, _)| *first);
        let next = first.max(last + 1);
        if next >= free {
            let reserved = state.free.insert(authority_id.to_owned(), next + STEP);
            if let Err(error) = self.write(&state) {
                match reserved {
                    Some(free) => state.free.insert(authority_id.to_owned(), free),
                    None => state.free.remove(authority_id),
                };
                return Err(error);
            }
        }
        state.made.insert(authority_id.to_owned(), (first, next));
        Ok(next)
    }

    /// The CAs whose next list has to have a higher number than follows after the one that the database
    /// knows: `numbers` are the CAs and numbers there.
    pub(crate) fn ahead_of(&self, numbers: &[(String, i64)]) -> BTreeSet<String> {
        let state = self.lock();
        let ahead = numbers.iter().filter(|(id, number)| {
            let free = state.free.get(id);
            free.is_some_and(|free| *free > number + 1)
        });
        ahead.map(|(id, _)| id.clone()).collect()
    }

    /// The time of the newest entry of the audit that is known here.
    pub(crate) fn newest(&self) -> Option<i64> {
        self.lock().newest
    }

    /// Writes down the time of the newest entry of the audit.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn note(&self, newest: i64) -> io::Result<()> {
        let mut state = self.lock();
        if state.newest == Some(newest) {
            return Ok(());
        }
        let before = state.newest.replace(newest);
        self.write(&state).inspect_err(|_| state.newest = before)
    }

    /// Writes down the numbers as they are, at a clean stop.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn settle(&self, newest: Option<i64>) -> io::Result<()> {
        let mut state = self.lock();
        let made = std::mem::take(&mut state.made);
        let free = made.into_iter().map(|(id, (_, newest))| (id, newest + 1));
        state.free.extend(free);
        state.newest = newest.or(state.newest);
        self.write(&state)
    }

    fn write(&self, state: &State) -> io::Result<()> {
        match &self.file {
            Some(file) => file.write(&state.text()),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// A line for each CA, and one for the time.
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(newest) = self.newest {
            text += &format!("newest {newest}\n");
        }
        for (id, free) in &self.free {
            text += &format!("crl {id} {free}\n");
        }
        text
    }

    fn parse(text: &str) -> io::Result<Self> {
        let mut state = Self::default();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let bad = || io::Error::new(io::ErrorKind::InvalidData, format!("{line:?}"));
            let number = |text: &str| text.parse::<i64>().map_err(|_| bad());
            match words.as_slice() {
                ["newest", time] => state.newest = Some(number(time)?),
                ["crl", id, free] => {
                    state.free.insert((*id).to_owned(), number(free)?);
                }
                _ => return Err(bad()),
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Kept {
        text: Mutex<Option<String>>,
        writes: AtomicUsize,
        full: AtomicBool,
    }

    impl Beside for Arc<Kept> {
        fn read(&self) -> io::Result<Option<String>> {
            Ok(self.text.lock().unwrap().clone())
        }

        fn write(&self, text: &str) -> io::Result<()> {
            if self.full.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.writes.fetch_add(1, Ordering::SeqCst);
            *self.text.lock().unwrap() = Some(text.to_owned());
            Ok(())
        }
    }

    fn open(kept: &Arc<Kept>) -> HighWater {
        HighWater::open(Box::new(Arc::clone(kept))).unwrap()
    }

    #[test]
    fn numbers_grow_whatever_the_database_says() {
        let kept = Arc::new(Kept::default());
        let water = open(&kept);
        for last in 0..92 {
            assert_eq!(water.next("a", last).unwrap(), last + 1);
        }
        assert_eq!(water.next("b", 7).unwrap(), 8);
        assert!(kept.writes.load(Ordering::SeqCst) < 8);
        // Another node was faster.
        assert_eq!(water.next("a", 100).unwrap(), 101);
        // The database is replaced, and this process neither asked nor told.
        let crashed = open(&kept);
        let numbers = [("a".to_owned(), 24), ("c".to_owned(), 5)];
        assert!(crashed.ahead_of(&numbers).contains("a"));
        assert!(!crashed.ahead_of(&numbers).contains("c"));
        let next = crashed.next("a", 24).unwrap();
        assert!(next > 101, "{next}");
        assert_eq!(crashed.next("a", 24).unwrap(), next, "it was not stored");
        assert_eq!(crashed.next("a", next).unwrap(), next + 1);
        assert_eq!(crashed.next("c", 5).unwrap(), 6);
    }

    #[test]
    fn a_clean_stop_leaves_no_gap() {
        let kept = Arc::new(Kept::default());
        let water = open(&kept);
        water.next("a", 0).unwrap();
        water.settle(Some(5)).unwrap();
        let again = open(&kept);
        assert!(again.ahead_of(&[("a".to_owned(), 1)]).is_empty());
        assert_eq!(again.newest(), Some(5));
        assert_eq!(again.next("a", 1).unwrap(), 2);
        // What this process has made no list of stays as it was.
        let third = open(&kept);
        third.settle(None).unwrap();
        assert_eq!(third.newest(), Some(5));
        assert_eq!(open(&kept).next("a", 0).unwrap(), 2 + STEP);
    }

    #[test]
    fn what_cannot_be_written_down_is_not_given_out() {
        let kept = Arc::new(Kept::default());
        let water = open(&kept);
        kept.full.store(true, Ordering::SeqCst);
        assert!(water.next("a", 0).is_err());
        assert!(water.note(7).is_err());
        assert_eq!((water.newest(), water.has_made("a")), (None, false));
        kept.full.store(false, Ordering::SeqCst);
        assert_eq!(water.next("a", 0).unwrap(), 1);
        assert!(
            kept.text
                .lock()
                .unwrap()
                .as_deref()
                .unwrap()
                .contains("crl a 33")
        );
    }

    #[test]
    fn something_else_is_refused() {
        for text in ["crl a", "crl a b", "newest", "something"] {
            assert!(State::parse(text).is_err(), "{text}");
        }
    }
}
