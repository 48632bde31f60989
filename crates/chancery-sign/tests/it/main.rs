//! Request signatures and links against signers that were not written here.
#![allow(clippy::unwrap_used)]

mod links;
mod properties;
mod refusals;
mod request;
mod vectors;
