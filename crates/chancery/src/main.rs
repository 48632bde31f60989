//! The chancery server and command line.
#![forbid(unsafe_code)]
fn main() {}
