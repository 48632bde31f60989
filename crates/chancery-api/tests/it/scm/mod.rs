//! Certificates that users bring.

mod certificates;
mod export;
mod foreign;
mod foreign_pair;
mod import;
mod list;
pub(crate) mod material;
mod pair;
mod pair_import;
mod permissions;
