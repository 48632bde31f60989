//! The API as its callers see it, served in this process. The modules mirror the URLs.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod ccm;
mod dcs;
mod dds;
mod dispatch;
mod faults;
mod iam;
mod objects;
mod own;
mod scm;
mod signatures;
mod sms;
mod support;
mod throttle;
mod tools;

// The helper of another crate, which calls the same program.
#[path = "../../../chancery-crypto/tests/it/openssl.rs"]
mod openssl;
