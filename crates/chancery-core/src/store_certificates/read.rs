//! Reading the PEM fields of an import. Every refusal names its field.

use chancery_crypto::{KeyError, PrivateKey};
use chancery_pki::pem::{self, PemError};
use chancery_pki::{Certificate, PkiError};

use crate::error::{Error, Refusal, Result};

/// The certificates of a field, at least one.
///
/// # Errors
/// A [`Refusal`] for what is not PEM, not of certificates, or cannot be read.
pub(super) fn certificates(field: &str, text: &str) -> Result<Vec<Certificate>> {
    // The chain has one code for everything, a certificate has one for each half.
    let (not_pem, unreadable) = match field {
        "certificate_chain" => (Refusal::ChainUnreadable, Refusal::ChainUnreadable),
        _ => (Refusal::CertificateNotPem, Refusal::CertificateUnreadable),
    };
    let cannot = |refusal, why: &dyn std::fmt::Display| {
        Error::refused(refusal, format!("{field} cannot be read: {why}"))
    };
    let blocks = pem::parse(text).map_err(|error| match error {
        PemError::Base64 { .. } => cannot(unreadable, &error),
        _ => cannot(not_pem, &error),
    })?;
    if let Some(other) = blocks.iter().find(|block| block.label != pem::CERTIFICATE) {
        let why = format!("a PEM block is {}, not {}", other.label, pem::CERTIFICATE);
        return Err(cannot(not_pem, &why));
    }
    if blocks.is_empty() {
        return Err(cannot(not_pem, &"it has no PEM block"));
    }
    let certificates = blocks.iter().map(|block| Certificate::from_der(&block.der));
    certificates
        .collect::<std::result::Result<_, PkiError>>()
        .map_err(|error| cannot(unreadable, &error))
}

/// The private key of a field, which is not empty.
///
/// # Errors
/// A [`Refusal`] for what is not PEM, encrypted, weak, or cannot be read.
pub(super) fn private_key(field: &str, text: &str) -> Result<PrivateKey> {
    PrivateKey::from_pem(text).map_err(|error| {
        let refusal = match &error {
            KeyError::Weak { .. } => Refusal::Weak,
            KeyError::Pem(PemError::Base64 { .. }) => Refusal::KeyUnreadable,
            KeyError::Pem(_) | KeyError::NoKey | KeyError::UnexpectedBlock(_) => Refusal::KeyNotPem,
            _ => Refusal::KeyUnreadable,
        };
        let text = match &error {
            KeyError::Encrypted => {
                format!("{field} is encrypted: it must be given without a password")
            }
            other => format!("{field} cannot be taken: {other}"),
        };
        Error::refused(refusal, text)
    })
}

/// Refuses a certificate of an end entity that is weak.
///
/// # Errors
/// [`Refusal::Weak`]
pub(super) fn refuse_weak(field: &str, certificate: &Certificate) -> Result<()> {
    match certificate.weakness() {
        None => Ok(()),
        Some(weakness) => Err(Error::refused(
            Refusal::Weak,
            format!("{field} is too weak: {weakness}"),
        )),
    }
}

/// Refuses a certificate past its validity. One that is not valid yet is taken, so that the next
/// one can be brought before it is needed.
///
/// # Errors
/// [`Refusal::Expired`]
pub(super) fn refuse_expired(field: &str, certificate: &Certificate, now_ms: i64) -> Result<()> {
    let validity = certificate.validity();
    if !validity.is_over(now_ms) {
        return Ok(());
    }
    let date = date(validity.not_after_ms).unwrap_or_default();
    Err(Error::refused(
        Refusal::Expired,
        format!("{field} expired on {date}"),
    ))
}

/// A time in UTC for a message.
fn date(ms: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
