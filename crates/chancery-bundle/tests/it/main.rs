//! Reads what this crate writes with programs that somebody else wrote.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod archives;
mod fixture;
mod java;
mod jks;
mod pairs;
mod pem_keys;
mod pfx;
mod servers;
mod tools;
