//! Limits of what chancery offers beyond the documented calls.

use super::{Class, Limit};

/// The name of an account.
pub const ACCOUNT_NAME: Limit = Limit::text(
    1,
    64,
    Class {
        set: "A-Za-z0-9_.-",
        says: "ASCII letters, digits and _ - .",
    },
    "ours: accounts are made by an operator; IAM API reference, domain name",
);
