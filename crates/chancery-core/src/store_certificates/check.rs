//! What may enter the store: PEM that can be read, that belongs together, and that is safe to
//! serve. All of it is pure; nothing is stored here.

use chancery_crypto::PrivateKey;
use chancery_pki::{Certificate, chain};
use zeroize::Zeroizing;

use super::names::ServerNames;
use super::pair::{self, Encryption};
use super::read;
use crate::error::{Error, Refusal, Result};
use crate::issuance::weak_keys;
use crate::limits::scm as limits;

/// The PEM texts of an import.
pub(super) struct Pems {
    pub(super) certificate: String,
    pub(super) certificate_chain: Option<String>,
    pub(super) private_key: Zeroizing<String>,
    pub(super) enc_certificate: Option<String>,
    pub(super) enc_private_key: Option<Zeroizing<String>>,
}

/// An import that may be stored.
pub(super) struct Checked {
    pub(super) leaf: Certificate,
    /// From the issuer up, with or without the root.
    pub(super) chain: Vec<Certificate>,
    pub(super) key: PrivateKey,
    pub(super) names: ServerNames,
    /// The other half, when the certificate is the signing one of an SM2 pair.
    pub(super) encryption: Option<Encryption>,
    /// What is noted to the answer.
    pub(super) notes: Vec<String>,
}

impl Pems {
    /// Refuses what is longer than the store takes.
    pub(super) fn check_lengths(&self) -> Result<()> {
        for (field, text, limit) in [
            (
                "certificate",
                Some(self.certificate.as_str()),
                limits::CERTIFICATE_PEM,
            ),
            (
                "certificate_chain",
                self.certificate_chain.as_deref(),
                limits::CHAIN_PEM,
            ),
            (
                "private_key",
                Some(self.private_key.as_str()),
                limits::KEY_PEM,
            ),
            (
                "enc_certificate",
                self.enc_certificate.as_deref(),
                limits::CERTIFICATE_PEM,
            ),
            ("enc_private_key", self.enc_private_key(), limits::KEY_PEM),
        ] {
            limit.check(field, text.unwrap_or_default())?;
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
    /// A [`Refusal`] or [`crate::Kind::Invalid`] for each rule.
    pub(super) fn check(&self, now_ms: i64) -> Result<Checked> {
        let (leaf, mut issuers) = self.read_certificates()?;
        let key = self.read_key()?;
        if leaf.public_key_der() != key.public_key_der() {
            return Err(Error::refused(
                Refusal::KeyMismatch,
                "private_key does not belong to the first certificate in certificate",
            ));
        }
        read::refuse_expired("certificate", &leaf, now_ms)?;
        let names = ServerNames::of(&leaf).ok_or_else(|| {
            Error::refused(
                Refusal::NoDomain,
                "certificate must be for a host name or an IP address: \
                 it has none in its alternative names, nor in its common name",
            )
        })?;
        let encryption = Encryption::read(
            self.enc_certificate.as_deref(),
            self.enc_private_key(),
            &leaf,
            now_ms,
        )?;
        if let Some(other) = &encryption {
            // Servers that keep a pair in one file have it between the leaf and its issuers.
            issuers.retain(|issuer| *issuer != other.certificate);
        }
        self.check_families(&leaf, &issuers)?;
        let chain = chain::order(&leaf, issuers).map_err(|error| {
            let (field, hint) = (self.chain_field(), pair::chain_hint(&leaf, &error));
            let text = format!("{field} is not the certificate's: {error}{hint}");
            Error::refused(Refusal::ChainBroken, text)
        })?;
        if let Some(other) = &encryption {
            other.check_issuer(&leaf, &chain)?;
        }
        let notes = weak_keys([&leaf].into_iter().chain(&chain));
        Ok(Checked {
            notes,
            leaf,
            chain,
            key,
            names,
            encryption,
        })
    }

    /// SM2 certificates are verified by programs that know no other algorithms, and the reverse:
    /// a chain has SM2 keys and SM2 signatures throughout, or none.
    fn check_families(&self, leaf: &Certificate, issuers: &[Certificate]) -> Result<()> {
        let sm2 = pair::holds_sm2(leaf);
        let fits = |certificate: &Certificate| {
            let (key, signature) = (pair::holds_sm2, pair::signed_with_sm2);
            key(certificate) == sm2 && signature(certificate) == sm2
        };
        let (field, stranger) = match issuers.iter().find(|issuer| !fits(issuer)) {
            _ if !fits(leaf) => ("certificate", leaf),
            Some(issuer) => (self.chain_field(), issuer),
            None => return Ok(()),
        };
        let text = format!(
            "{field}: \"{}\" mixes SM2 with other algorithms: a certificate with an SM2 key and \
             all above it must have SM2 keys and SM2 signatures, others must have neither",
            stranger.subject_text()
        );
        Err(Error::refused(Refusal::ChainBroken, text))
    }

    /// The leaf, and the certificates that are to be its chain.
    fn read_certificates(&self) -> Result<(Certificate, Vec<Certificate>)> {
        if self.certificate.trim().is_empty() {
            return Err(Error::refused(
                Refusal::CertificateEmpty,
                "certificate is required",
            ));
        }
        let mut certificates = read::certificates("certificate", &self.certificate)?;
        let leaf = certificates.remove(0);
        read::refuse_weak("certificate", &leaf)?;
        if let Some(text) = &self.certificate_chain {
            certificates.extend(read::certificates("certificate_chain", text)?);
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

    fn read_key(&self) -> Result<PrivateKey> {
        if self.private_key.trim().is_empty() {
            return Err(Error::refused(Refusal::KeyEmpty, "private_key is required"));
        }
        read::private_key("private_key", &self.private_key)
    }

    fn enc_private_key(&self) -> Option<&str> {
        self.enc_private_key.as_deref().map(String::as_str)
    }

    /// The field that the issuers came in.
    fn chain_field(&self) -> &'static str {
        match self.certificate_chain {
            Some(_) => "certificate_chain",
            None => "the chain in certificate",
        }
    }
}
