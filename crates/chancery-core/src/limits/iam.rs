//! Limits of identities. Sources name the calls of the IAM API reference.

use super::{Class, Limit};

/// The words that describe an access key.
pub const DESCRIPTION: Limit = Limit::text(
    0,
    255,
    Class {
        set: "^@#%&<>\\$^*\0-\u{1f}\u{7f}-\u{9f}",
        says: "none of @ # % & < > \\ $ ^ * and no control characters",
    },
    "CreatePermanentAccessKey, description",
);
/// Which page of a list, from 1.
pub const PAGE: Limit = Limit::number(1, i32::MAX as i64, "KeystoneListProjects, page");
/// How many projects a page has.
pub const PROJECTS: Limit = Limit::number(1, 5000, "KeystoneListProjects, per_page");
/// How long a temporary access key lasts, in seconds.
pub const DURATION: Limit = Limit::number(
    900,
    86_400,
    "CreateTemporaryAccessKeyByToken, duration_seconds",
);
/// Whether requests may be signed with an access key.
pub const KEY_STATUS: Limit =
    Limit::one_of(&["active", "inactive"], "UpdatePermanentAccessKey, status");
