//! Tests of the public surface, against published vectors and against OpenSSL.
#![allow(clippy::unwrap_used, missing_docs)]

mod hostile;
mod key_files;
mod openssl;
mod signatures;
mod sm2;
