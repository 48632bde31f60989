//! What an answer says beside its body: what of a request was passed over, and what is weak in what it
//! brought. Nobody has to read it, and no client breaks by it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// How many notes an answer has.
const MOST: usize = 10;
/// How long each is, in characters.
const LONGEST: usize = 64;

/// The notes to one call.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    /// Adds one, unless it is there or there are ten. What is no printable ASCII, and the separator, is
    /// escaped: what callers send may be part of it.
    pub fn add(&self, note: &str) {
        let mut written = String::new();
        for c in note.chars() {
            match c {
                ' '..='~' if !matches!(c, ';' | '\\') => written.push(c),
                // Writing to a string does not fail.
                c => drop(write!(written, "\\u{{{:x}}}", u32::from(c))),
            }
            if written.len() > LONGEST {
                written.truncate(LONGEST - 3);
                written.push_str("...");
                break;
            }
        }
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MOST && !notes.contains(&written) {
            notes.push(written);
        }
    }

    /// The notes in ASCII, with `; ` between them; none where there are none.
    pub fn text(&self) -> Option<String> {
        let notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_few_short_and_ascii() {
        let notes = Notes::default();
        assert_eq!(notes.text(), None);
        notes.add("left out: certificatePolicies");
        notes.add("left out: certificatePolicies");
        notes.add("unknown field a;b\r\nX-Evil: 1\\é");
        assert_eq!(
            notes.text().as_deref(),
            Some(
                "left out: certificatePolicies; \
                 unknown field a\\u{3b}b\\u{d}\\u{a}X-Evil: 1\\u{5c}\\u{e9}"
            )
        );
        for number in 0..20 {
            notes.add(&format!("{number} {}", "x".repeat(1_000)));
        }
        let text = notes.text().unwrap_or_default();
        let each: Vec<_> = text.split("; ").collect();
        assert_eq!(each.len(), MOST);
        assert!(each[2..].iter().all(|note| note.len() == LONGEST));
        assert!(each[9].ends_with("xxx..."), "{text}");
    }
}
