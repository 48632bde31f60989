//! Tests of the public surface, against OpenSSL.
#![allow(clippy::unwrap_used, missing_docs)]

mod chains;
mod hostile;
mod issuing;
mod openssl;
mod reading;
mod requests;
mod support;
