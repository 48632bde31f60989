//! Keys, signers, hashes and authenticated encryption: the only crate that touches a
//! cryptographic library.
//!
//! Algorithms are data. [`KeyAlgorithm`], [`HashAlgorithm`] and [`SignatureAlgorithm`] are rows
//! of the tables in `algorithm.rs`. A new curve is a row there and one in `curve.rs`; a new family
//! is its rows, an arm in `public_key.rs` and `verify.rs` (how its public key looks and verifies)
//! and one in `private_key.rs` (how it signs). Nothing above this
//! crate matches on a single algorithm.
//!
//! Everything here is pure: no clock, no files, and no randomness that the caller did not pass
//! in, except key generation and signing, which draw from the library's own generator.
#![forbid(unsafe_code)]

pub mod aead;
mod algorithm;
mod compare;
mod curve;
pub mod digest;
pub mod kdf;
mod key_file;
pub mod mac;
pub mod pem;
mod private_key;
mod public_key;
pub mod random;
mod rsa_fault;
pub mod sm2;
pub mod sm4;
mod verify;

pub use algorithm::{HashAlgorithm, KeyAlgorithm, KeyFamily, SignatureAlgorithm};
pub use compare::constant_time_eq;
pub use private_key::{KeyError, PrivateKey, Signer};
pub use rsa_fault::{RsaFault, has_exponent_3, rsa_fault};
pub use verify::{VerifyError, verify};
