//! Names, extensions, certificates, chains, signing requests, CRLs and OCSP.
//!
//! How a certificate comes to be is a chain of types, so that no step can be left out:
//! [`Template`] (what is wanted) → [`Unsigned`] (the bytes to be signed) → [`Linted`] (the same
//! bytes after every rule of [`lint`]) → [`Certificate`]. Only [`Linted`] can be signed.
//!
//! Everything here is pure: no clock, no files, no randomness but what is passed in. Parsers
//! take hostile bytes and never panic.
#![forbid(unsafe_code)]

mod asn1;
mod certificate;
pub mod chain;
mod constraints;
pub mod crl;
pub mod described;
pub mod envelope;
mod error;
mod extension;
mod issue;
pub mod lint;
mod name;
pub mod ocsp;
mod request;
mod requested;
mod san;
mod serial;
mod template;
mod usage;
mod validity;

pub use certificate::{Certificate, Weakness};
pub use chancery_crypto::pem;
pub use constraints::NameConstraints;
pub use error::PkiError;
pub use extension::key_id;
pub use issue::{Linted, Unsigned};
pub use lint::LintError;
pub use name::DistinguishedName;
pub use request::SigningRequest;
pub use san::SubjectAltName;
pub use serial::SerialNumber;
pub use template::{
    AuthorityInfo, BasicConstraints, CustomizedExtension, Extensions, Issuer, Profile, Subject,
    Template,
};
pub use usage::{ExtendedKeyUsage, KeyUsage, Purpose};
pub use validity::Validity;
