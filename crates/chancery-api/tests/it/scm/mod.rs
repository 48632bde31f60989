//! Certificates that users bring.

mod certificates;
mod export;
mod foreign;
mod import;
mod list;
mod material;
