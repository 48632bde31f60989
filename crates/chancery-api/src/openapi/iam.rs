//! Identities.

pub(super) mod access_keys;
pub(super) mod grants;
pub(super) mod groups;
pub(super) mod projects;
pub(super) mod roles;
pub(super) mod tokens;
pub(super) mod users;

use super::shape::{Schema, TEXT, req};

const NULL: Schema = Schema::Nullable(&TEXT);
const LINKS: Schema =
    Schema::Object(&[req("self", TEXT), req("previous", NULL), req("next", NULL)]);
const LINK: Schema = Schema::Object(&[req("self", TEXT)]);
