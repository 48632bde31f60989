//! Request signatures of the SDK algorithms and signed links, shared by server and client.
//!
//! A server takes a request apart in two steps, so that nothing is buffered for a caller who
//! could never be let in:
//!
//! 1. before the body: [`Authorization::parse`], then [`prepare`], which checks the date and the
//!    list of signed headers and keeps what it needs of the request. The access key is then known
//!    and its secret can be looked up;
//! 2. with the body: [`Prepared::verify`], with the secret and the raw body bytes.
//!
//! A client signs with [`Signer`]. Links to stored objects are in [`link`].
//!
//! The crate is pure: it reads no clock, opens no socket and draws no random numbers.
#![forbid(unsafe_code)]

mod algorithm;
mod authorization;
mod canonical;
mod date;
mod fault;
pub mod link;
mod request;
mod scheme;

pub use algorithm::Algorithm;
pub use authorization::Authorization;
pub use canonical::canonical_request;
pub use date::sdk_date;
pub use fault::SignatureFault;
pub use request::{
    DATE_HEADER, DATE_WINDOW_MS, Field, Prepared, RequestParts, Signer, UNSIGNED_PAYLOAD, prepare,
};
