//! The API as its callers see it, served in this process. The modules mirror the URLs.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod ccm;
mod dispatch;
mod faults;
mod iam;
mod sms;
mod support;
mod tools;
