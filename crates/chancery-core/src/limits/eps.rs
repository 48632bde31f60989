//! Limits of enterprise projects. Sources name the calls of the EPS API reference.

use super::{Class, LINE, Limit};

/// The name.
pub const NAME: Limit = Limit::text(
    1,
    255,
    Class {
        set: concat!("A-Za-z0-9_", han!(), "-"),
        says: "ASCII letters, digits, Chinese characters, _ and -",
    },
    "CreateEnterpriseProject, name",
);
/// The words that describe it.
pub const DESCRIPTION: Limit = Limit::text(0, 512, LINE, "CreateEnterpriseProject, description");
/// What it is for.
pub const KIND: Limit = Limit::one_of(&["prod", "poc"], "CreateEnterpriseProject, type");
/// Whether things can be filed under it: 1 they can, 2 they cannot.
pub const STATUS: Limit = Limit::one_of(&["1", "2"], "ListEnterpriseProject, status");
/// What enterprise projects are listed by.
pub const SORT: Limit = Limit::one_of(
    &["created_at", "updated_at", "name"],
    "ListEnterpriseProject, sort_key",
);
/// How many a list shows at once.
pub const PAGE: Limit = Limit::number(1, 1000, "ListEnterpriseProject, limit");
/// What is done with it.
pub const ACTION: Limit = Limit::one_of(
    &["enable", "disable"],
    "EnableEnterpriseProject and DisableEnterpriseProject, action",
);
