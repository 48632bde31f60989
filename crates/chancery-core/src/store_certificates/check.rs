//! What may enter the store: PEM that can be read, that belongs together, and that is safe to
//! serve. All of it is pure; nothing is stored here.

use chancery_crypto::{KeyError, PrivateKey};
use chancery_pki::pem::{self, PemError};
use chancery_pki::{Certificate, PkiError, chain};
use zeroize::Zeroizing;

use super::names::ServerNames;
use crate::error::{Error, Refusal, Result};

/// The longest certificate field, in bytes: a leaf with its whole chain fits, some eight
/// certificates. The documents say 4,096, which two certificates with RSA keys of 4096 bits pass.
const CERTIFICATE_LIMIT: usize = 16 * 1024;
/// The longest chain field, in bytes. The documents say 8,192.
const CHAIN_LIMIT: usize = 32 * 1024;
/// The longest private key, in bytes: RSA of 4096 bits takes 3.3 KB. The documents say 4,096.
const KEY_LIMIT: usize = 16 * 1024;

/// The PEM texts of an import.
pub(super) struct Pems {
    pub(super) certificate: String,
    pub(super) certificate_chain: Option<String>,
    pub(super) private_key: Zeroizing<String>,
}

/// An import that may be stored.
pub(super) struct Checked {
    pub(super) leaf: Certificate,
    /// From the issuer up, with or without the root.
    pub(super) chain: Vec<Certificate>,
    pub(super) key: PrivateKey,
    pub(super) names: ServerNames,
}

impl Pems {
    /// Refuses what is longer than the store takes.
    pub(super) fn check_lengths(&self) -> Result<()> {
        let chain = self.certificate_chain.as_deref().unwrap_or_default();
        for (field, text, limit) in [
            ("certificate", self.certificate.as_str(), CERTIFICATE_LIMIT),
            ("certificate_chain", chain, CHAIN_LIMIT),
            ("private_key", &self.private_key, KEY_LIMIT),
        ] {
            if text.len() > limit {
                return Err(Error::invalid(
                    field,
                    format!("must have at most {limit} bytes"),
                ));
            }
        }
        Ok(())
    }

    /// Reads the texts and checks all that an import has to keep to.
    ///
    /// The first block of `certificate` is the leaf; what follows it, and `certificate_chain`,
    /// are its issuers in any order. The time of issuers is not looked at: expired roots stay in
    /// chains for years without harm. A leaf that is not valid yet is taken, so that the next
    /// certificate can be brought before it is needed.
    ///
    /// # Errors
    /// A [`Refusal`] for each rule.
    pub(super) fn check(&self, now_ms: i64) -> Result<Checked> {
        let (leaf, issuers) = self.read_certificates()?;
        let key = read_key(&self.private_key)?;
        if leaf.public_key_der() != key.public_key_der() {
            return Err(Error::refused(
                Refusal::KeyMismatch,
                "private_key does not belong to the first certificate in certificate",
            ));
        }
        let validity = leaf.validity();
        if validity.is_over(now_ms) {
            let text = format!(
                "certificate expired on {}",
                date(validity.not_after_ms).unwrap_or_default()
            );
            return Err(Error::refused(Refusal::Expired, text));
        }
        let names = ServerNames::of(&leaf).ok_or_else(|| {
            Error::refused(
                Refusal::NoDomain,
                "certificate must be for a host name or an IP address: \
                 it has none in its alternative names, nor in its common name",
            )
        })?;
        let chain = chain::order(&leaf, issuers).map_err(|error| {
            let text = format!("{} is not the certificate's: {error}", self.chain_field());
            Error::refused(Refusal::ChainBroken, text)
        })?;
        Ok(Checked {
            leaf,
            chain,
            key,
            names,
        })
    }

    /// The leaf, and the certificates that are to be its chain.
    fn read_certificates(&self) -> Result<(Certificate, Vec<Certificate>)> {
        if self.certificate.trim().is_empty() {
            return Err(Error::refused(
                Refusal::CertificateEmpty,
                "certificate is required",
            ));
        }
        let mut certificates = read("certificate", &self.certificate)?;
        let leaf = certificates.remove(0);
        if let Some(weakness) = leaf.weakness() {
            let text = format!("certificate is too weak: {weakness}");
            return Err(Error::refused(Refusal::Weak, text));
        }
        if let Some(text) = &self.certificate_chain {
            certificates.extend(read("certificate_chain", text)?);
        }
        for issuer in &certificates {
            if let Some(weakness) = issuer.weakness() {
                let (field, subject) = (self.chain_field(), issuer.subject_text());
                let text = format!("{field}: \"{subject}\" is too weak: {weakness}");
                return Err(Error::refused(Refusal::Weak, text));
            }
        }
        Ok((leaf, certificates))
    }

    /// The field that the issuers came in.
    fn chain_field(&self) -> &'static str {
        match self.certificate_chain {
            Some(_) => "certificate_chain",
            None => "the chain in certificate",
        }
    }
}

/// The certificates of a field, at least one.
fn read(field: &'static str, text: &str) -> Result<Vec<Certificate>> {
    // The chain has one code for everything, the certificate has one for each half.
    let (not_pem, unreadable) = match field {
        "certificate" => (Refusal::CertificateNotPem, Refusal::CertificateUnreadable),
        _ => (Refusal::ChainUnreadable, Refusal::ChainUnreadable),
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

fn read_key(text: &str) -> Result<PrivateKey> {
    if text.trim().is_empty() {
        return Err(Error::refused(Refusal::KeyEmpty, "private_key is required"));
    }
    PrivateKey::from_pem(text).map_err(|error| {
        let refusal = match &error {
            KeyError::Weak { .. } => Refusal::Weak,
            KeyError::Pem(PemError::Base64 { .. }) => Refusal::KeyUnreadable,
            KeyError::Pem(_) | KeyError::NoKey | KeyError::UnexpectedBlock(_) => Refusal::KeyNotPem,
            _ => Refusal::KeyUnreadable,
        };
        let text = match &error {
            KeyError::Encrypted => {
                "private_key is encrypted: it must be given without a password".to_owned()
            }
            other => format!("private_key cannot be taken: {other}"),
        };
        Error::refused(refusal, text)
    })
}

/// A time in UTC for a message.
fn date(ms: i64) -> Option<String> {
    let time = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
