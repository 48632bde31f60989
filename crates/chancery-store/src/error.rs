//! What can go wrong in the store.

use chancery_fair::Crowded;

/// A failure of the store. Texts name tables and constraints, never stored values.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// A row with this key exists already; nothing of the transaction was stored. Holds one of
    /// the labels of unique keys in [`crate::label`]; of several keys that are taken, it is left
    /// open which.
    #[error("a row with the same key exists already ({0})")]
    Duplicate(&'static str),
    /// A compare-and-set found another state, or a limit was reached; nothing of the transaction
    /// was stored. Holds one of the labels of expectations in [`crate::label`].
    #[error("the row is not in the expected state ({0})")]
    Conflict(&'static str),
    /// A value that neither engine is given, or a file that is not ours.
    #[error("{0}")]
    Invalid(&'static str),
    /// The database was written by another version of this program.
    #[error("the database has schema version {found}, this program knows versions up to {known}")]
    UnknownSchema {
        /// The version the database has.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database cannot be reached, is locked, full or read-only. Nothing of a transaction that ends
    /// so was stored.
    #[error("storage is not available: {0}")]
    Unavailable(String),
    /// The database went away while a transaction was being made durable: it may have been stored.
    #[error("it is not known whether the transaction was stored: {0}")]
    UnknownOutcome(String),
    /// A read of many rows took longer than one may take, and was broken off.
    #[error("the read took too long")]
    Overrun,
    /// Too many reads of many rows wait already, of this account or of all.
    #[error("too many reads wait already")]
    Crowded(Crowded),
    /// Anything else the database said.
    #[error("storage failed: {0}")]
    Engine(String),
}

impl StoreError {
    /// The same failure with the name of the transaction that it was of, for the log. What a caller
    /// looks for (a duplicate, a conflict) stays as it is.
    pub(crate) fn of(self, transaction: &str) -> Self {
        let named = |text: String| format!("{transaction}: {text}");
        match self {
            Self::Unavailable(text) => Self::Unavailable(named(text)),
            Self::UnknownOutcome(text) => Self::UnknownOutcome(named(text)),
            Self::Engine(text) => Self::Engine(named(text)),
            other => other,
        }
    }
}
