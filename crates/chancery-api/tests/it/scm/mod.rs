//! Certificates that users bring.

mod certificates;
mod export;
mod foreign;
mod foreign_pair;
mod import;
mod list;
mod material;
mod pair;
mod pair_import;
mod permissions;
