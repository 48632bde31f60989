//! Limits of what chancery offers beyond the documented calls.

use super::{Class, LINE, Limit};

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

/// What a name begins with that is searched for.
pub const SEARCHED_NAME: Limit = Limit::text(
    1,
    253,
    LINE,
    "ours: the longest name of a host (RFC 1035 section 2.3.4)",
);
/// What an id begins with; shorter ones would be of many.
pub const ID_PREFIX: Limit = Limit::text(
    4,
    36,
    Class {
        set: "0-9a-f-",
        says: "hexadecimal digits in lower case and -",
    },
    "ours: the length of an id",
);
/// How many certificates a page of a search has.
pub const SEARCH_PAGE: Limit = Limit::number(1, 1_000, "ours: as lists of the private CA");
/// The order of a search: what was made last comes first, or what ends first.
pub const SEARCH_SORT: Limit = Limit::one_of(&["created_at", "not_after"], "ours");
