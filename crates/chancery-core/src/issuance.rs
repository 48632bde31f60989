//! Issuing: decide, build the to-be-signed certificate, lint it, sign it.
//!
//! The types of `chancery-pki` hold the order: only linted bytes can be signed. What comes out is
//! stored by the caller in one transaction with its sealed key and its audit row.

use std::sync::Arc;

use chancery_crypto::{HashAlgorithm, PrivateKey};
use chancery_pki::{Certificate, Issuer, PkiError, Template};

use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result};

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What signs: a CA's name and key.
pub(crate) struct SigningAuthority {
    pub(crate) issuer: Issuer,
    pub(crate) key: Arc<PrivateKey>,
}

impl SigningAuthority {
    /// The CA that `certificate` names, signing with `key`.
    pub(crate) fn new(certificate: &Certificate, key: Arc<PrivateKey>) -> Result<Self> {
        Ok(Self {
            issuer: Issuer::of(certificate).map_err(Error::internal)?,
            key,
        })
    }

    /// A CA that signs its own certificate.
    pub(crate) fn self_signed(template: &Template, key: Arc<PrivateKey>) -> Result<Self> {
        Ok(Self {
            issuer: Issuer::self_signed(template).map_err(Error::internal)?,
            key,
        })
    }
}

impl Desk {
    /// Issues what `template` describes.
    ///
    /// # Errors
    /// [`Refusal::Undefined`] when the lint refuses the certificate: a request that passed the
    /// rules of the API, but would break RFC 5280.
    pub(crate) async fn issue(
        &self,
        template: &Template,
        authority: &SigningAuthority,
        hash: HashAlgorithm,
    ) -> Result<Certificate> {
        let unsigned = template
            .prepare(&authority.issuer, hash)
            .map_err(not_writable)?;
        let linted = unsigned.lint().map_err(|error| {
            Error::new(
                Kind::Refused(Refusal::Undefined),
                format!("the certificate {error}"),
            )
        })?;
        self.custody.sign(linted, Arc::clone(&authority.key)).await
    }
}

/// A value that no certificate can hold is the caller's; anything else is ours.
fn not_writable(error: PkiError) -> Error {
    match error {
        PkiError::Field { field, reason } => Error::invalid(field, reason),
        other => Error::internal(other),
    }
}
