//! The API as its callers see it, served in this process. The modules mirror the URLs.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod authorization;
mod bss;
mod ccm;
mod contract;
mod dcs;
mod dds;
mod dispatch;
mod docs;
mod eps;
mod fair;
mod faults;
mod iam;
mod notes;
mod objects;
mod openapi;
mod own;
mod scm;
mod served;
mod signatures;
mod sms;
mod storage;
mod support;
mod throttle;
mod tools;

// The helper of another crate, which calls the same program.
#[path = "../../../chancery-crypto/tests/it/openssl.rs"]
mod openssl;
