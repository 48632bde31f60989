//! What the tests of several crates need; no part of the server.
#![forbid(unsafe_code)]
// Tests end with a panic where something is not as it should be.
#![allow(clippy::unwrap_used)]

pub mod postgres;
