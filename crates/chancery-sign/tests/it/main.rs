//! Request signatures and links against signers that were not written here.
#![allow(clippy::unwrap_used)]

mod links;
mod properties;
mod refusals;
mod request;
mod sm2;
mod vectors;

// The helper of another crate, which calls the same program.
#[allow(dead_code)]
#[path = "../../../chancery-crypto/tests/it/openssl.rs"]
mod openssl;
