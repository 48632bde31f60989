//! Tests of the public surface, against OpenSSL.
#![allow(clippy::unwrap_used, missing_docs)]

mod chains;
mod constraints;
mod crls;
mod described;
mod envelopes;
mod hostile;
mod issuing;
mod ocsp;
mod reading;
mod requests;
mod sm2;
mod support;

// The helper of the crate below, which calls the same program.
#[path = "../../../chancery-crypto/tests/it/openssl.rs"]
mod openssl;
