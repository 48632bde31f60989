//! PEM, PKCS#8, PFX, JKS and ZIP files in the layout each server type loads.
//!
//! [`archive()`] is the whole export in one call: it asks `layout` which files a server type
//! gets, has the writers below make them, and packs them into one ZIP.
//!
//! | module | file format | read by |
//! |---|---|---|
//! | [`key`] | PEM private keys, plain or encrypted | nginx, httpd, OpenSSL |
//! | [`pfx`] | PKCS#12, with a key or as a trust store | IIS, Java, OpenSSL |
//! | [`jks`] | Java key stores and trust stores | Tomcat, Java |
//! | `zip_file` | the archive around them | everyone |
//!
//! Pure: no clock and no randomness that is not passed in, so the same input gives the same
//! bytes. What holds a private key or a password lives in zeroizing memory only.
#![forbid(unsafe_code)]

mod archive;
mod encrypted_key;
mod encryption;
mod error;
pub mod jks;
pub mod key;
mod layout;
mod password;
pub mod pfx;
mod server_type;
#[cfg(test)]
mod test_support;
mod zip_file;

pub use archive::{Archive, Bundle, Settings, archive};
pub use encryption::{Encryption, EncryptionKey, envelope_text};
pub use error::BundleError;
pub use password::{Password, PasswordError};
pub use server_type::{ServerType, UnknownServerType};
