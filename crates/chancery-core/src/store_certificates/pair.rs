//! SM2 pairs: the encryption certificate and key that stand beside a signing certificate.
//!
//! TLCP (GB/T 38636) takes two certificates from a server: one signs the handshake, the other
//! encrypts its secret. An authority issues both to one subject (GM/T 0015). A client verifies
//! them against one chain, so both come from one issuer and one key of it.

use chancery_crypto::pem;
use chancery_crypto::{KeyFamily, PrivateKey};
use chancery_pki::chain::ChainError;
use chancery_pki::{Certificate, KeyUsage, PkiError};
use zeroize::Zeroizing;

use super::read;
use crate::error::{Error, Refusal, Result};

const CERTIFICATE: &str = "enc_certificate";
const KEY: &str = "enc_private_key";

/// What is added where an SM2 signature does not verify: OpenSSL leaves the user id empty unless
/// it is told one, and certificates are signed with the default one (GM/T 0009 section 10).
const USER_ID: &str = "; SM2 certificates are signed with the user id 1234567812345678 \
                       (openssl: -sigopt distid:1234567812345678)";

/// The encryption half of a pair.
pub(super) struct Encryption {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
}

impl Encryption {
    /// Reads the two fields beside `signing`, the certificate that signs, and checks all but the
    /// issuer's signature. Nothing when both fields are empty: that is a single certificate.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] or a [`Refusal`] for each rule.
    pub(super) fn read(
        certificate: Option<&str>,
        key: Option<&str>,
        signing: &Certificate,
        now_ms: i64,
    ) -> Result<Option<Self>> {
        let (certificate, key) = (content(certificate), content(key));
        let field = match (certificate, key) {
            (None, None) => return Ok(None),
            (Some(_), _) => CERTIFICATE,
            (None, Some(_)) => KEY,
        };
        if !holds_sm2(signing) {
            let rule = "must be absent or empty: certificate has no SM2 key, \
                        and only SM2 certificates come in pairs";
            return Err(Error::invalid(field, rule));
        }
        let missing = |refusal, field, other| {
            let text = format!("{field} is required beside {other}");
            Error::refused(refusal, text)
        };
        let certificate =
            certificate.ok_or_else(|| missing(Refusal::CertificateEmpty, CERTIFICATE, KEY))?;
        let key = key.ok_or_else(|| missing(Refusal::KeyEmpty, KEY, CERTIFICATE))?;
        let pair = Self {
            certificate: read_certificate(certificate)?,
            key: read_key(key)?,
        };
        pair.check_keys(signing)?;
        read::refuse_expired(CERTIFICATE, &pair.certificate, now_ms)?;
        pair.check_names(signing)?;
        pair.check_usages(signing)?;
        Ok(Some(pair))
    }

    fn check_keys(&self, signing: &Certificate) -> Result<()> {
        let public_key = self.certificate.public_key_der();
        if public_key != self.key.public_key_der() {
            let text = format!("{KEY} does not belong to {CERTIFICATE}");
            return Err(Error::refused(Refusal::KeyMismatch, text));
        }
        if public_key == signing.public_key_der() {
            let rule = "must be for another key than certificate: \
                        the two keys of a pair sign and decrypt";
            return Err(Error::invalid(CERTIFICATE, rule));
        }
        Ok(())
    }

    fn check_names(&self, signing: &Certificate) -> Result<()> {
        if self.certificate.subject_der() != signing.subject_der() {
            let rule = format!(
                "must have the subject of certificate, \"{}\", and has \"{}\"",
                signing.subject_text(),
                self.certificate.subject_text()
            );
            return Err(Error::invalid(CERTIFICATE, rule));
        }
        if self.certificate.issuer_der() != signing.issuer_der() {
            let text = format!(
                "{CERTIFICATE} must have the issuer of certificate, \"{}\", and has \"{}\"",
                signing.issuer_text(),
                self.certificate.issuer_text()
            );
            return Err(Error::refused(Refusal::ChainBroken, text));
        }
        Ok(())
    }

    /// A certificate without key usages may do everything (RFC 5280 section 4.2.1.3).
    fn check_usages(&self, signing: &Certificate) -> Result<()> {
        use KeyUsage::{DataEncipherment, DigitalSignature, KeyAgreement, KeyEncipherment};
        let allows = |certificate: &Certificate, wanted: &[KeyUsage]| {
            let usages = certificate.key_usages();
            usages.is_empty() || usages.iter().any(|usage| wanted.contains(usage))
        };
        if !allows(signing, &[DigitalSignature]) {
            let rule = "must have the key usage digitalSignature beside enc_certificate: \
                        it is the one of the pair that signs";
            return Err(Error::invalid("certificate", rule));
        }
        let encrypts = [KeyEncipherment, DataEncipherment, KeyAgreement];
        if !allows(&self.certificate, &encrypts) {
            let rule = "must have the key usage keyEncipherment, dataEncipherment or \
                        keyAgreement: it is the one of the pair that encrypts";
            return Err(Error::invalid(CERTIFICATE, rule));
        }
        Ok(())
    }

    /// Checks that the issuer of `signing` issued the encryption certificate too. `chain` is that
    /// of `signing`. Without it there is no signature to verify, only identifiers of the issuer's
    /// key to compare. Two self-signed certificates are each their own issuer.
    ///
    /// # Errors
    /// [`Refusal::ChainBroken`]
    pub(super) fn check_issuer(&self, signing: &Certificate, chain: &[Certificate]) -> Result<()> {
        let own = &self.certificate;
        let verified = match chain.first() {
            Some(issuer) => own.verify_signed_by(issuer),
            None if signing.subject_der() != signing.issuer_der() => {
                return self.check_issuer_key_id(signing);
            }
            None if own.is_self_signed() => Ok(()),
            None => own.verify_signed_by(signing),
        };
        verified.map_err(|error| {
            let text = format!(
                "{CERTIFICATE} was not issued by the issuer of certificate, \"{}\": {error}{}",
                signing.issuer_text(),
                hint(&error)
            );
            Error::refused(Refusal::ChainBroken, text)
        })
    }

    fn check_issuer_key_id(&self, signing: &Certificate) -> Result<()> {
        match (self.certificate.aki(), signing.aki()) {
            (Some(own), Some(other)) if own != other => Err(Error::refused(
                Refusal::ChainBroken,
                format!(
                    "{CERTIFICATE} and certificate must be signed with one key of \"{}\": \
                     their authority key identifiers differ",
                    signing.issuer_text()
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// Whether a certificate is for an SM2 key.
pub(super) fn holds_sm2(certificate: &Certificate) -> bool {
    let algorithm = certificate.key_algorithm();
    algorithm.is_ok_and(|algorithm| algorithm.family() == KeyFamily::Sm2)
}

/// Whether a certificate was signed with SM2.
pub(super) fn signed_with_sm2(certificate: &Certificate) -> bool {
    let algorithm = certificate.signature_algorithm();
    algorithm.is_some_and(|algorithm| algorithm.family() == KeyFamily::Sm2)
}

/// What to add to the reason why the chain of a certificate is refused.
pub(super) fn chain_hint(leaf: &Certificate, error: &ChainError) -> &'static str {
    match error {
        ChainError::Rejected { reason, .. } if holds_sm2(leaf) => hint(reason),
        _ => "",
    }
}

fn hint(error: &PkiError) -> &'static str {
    match error {
        PkiError::BadSignature => USER_ID,
        _ => "",
    }
}

/// White space alone is nothing.
fn content(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn read_certificate(text: &str) -> Result<Certificate> {
    let mut certificates = read::certificates(CERTIFICATE, text)?;
    let certificate = certificates.remove(0);
    if !certificates.is_empty() {
        let rule = "must hold one certificate: the chain of a pair stands in certificate \
                    or certificate_chain";
        return Err(Error::invalid(CERTIFICATE, rule));
    }
    read::refuse_weak(CERTIFICATE, &certificate)?;
    match holds_sm2(&certificate) && signed_with_sm2(&certificate) {
        true => Ok(certificate),
        false => Err(Error::invalid(
            CERTIFICATE,
            "must have an SM2 key and be signed with SM2, as certificate",
        )),
    }
}

fn read_key(text: &str) -> Result<PrivateKey> {
    if is_envelope(text) {
        let text = format!(
            "{KEY} is an envelope (GM/T 0009 or GM/T 0010): it must be opened with private_key, \
             and the key itself be given as PEM"
        );
        return Err(Error::refused(Refusal::KeyUnreadable, text));
    }
    read::private_key(KEY, text)
}

/// Whether this is the envelope in which an authority hands out the key it made for a signing
/// request, as PEM or as Base64 alone. The key inside is under SM4, which no plain key names.
fn is_envelope(text: &str) -> bool {
    /// 1.2.156.10197.1.104, SM4; its modes continue it (GM/T 0006).
    const SM4: &[u8] = b"\x2a\x81\x1c\xcf\x55\x01\x68";
    let mut blocks = pem::parse(text).unwrap_or_default();
    if blocks.is_empty() {
        let wrapped = format!("-----BEGIN BASE64-----\n{text}\n-----END BASE64-----");
        blocks = pem::parse(&Zeroizing::new(wrapped)).unwrap_or_default();
    }
    blocks.into_iter().any(|block| {
        let der = Zeroizing::new(block.der);
        // A key under a password may use SM4 too, and is refused as every encrypted key.
        block.label != "ENCRYPTED PRIVATE KEY" && der.windows(SM4.len()).any(|part| part == SM4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_told_from_keys() {
        // SEQUENCE { OBJECT IDENTIFIER SM4 } and the same of SM4 in ECB mode.
        for base64 in ["MAkGByqBHM9VAWg=", "MAoGCCqBHM9V\r\n AWgB"] {
            let pem = |label| format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----");
            assert!(is_envelope(base64), "{base64}");
            for label in ["PRIVATE KEY", "EC PRIVATE KEY", "ENVELOPE"] {
                assert!(is_envelope(&pem(label)), "{label}");
            }
            assert!(!is_envelope(&pem("ENCRYPTED PRIVATE KEY")));
        }
        for other in ["", "hello", "AQID", "-----BEGIN PRIVATE KEY-----", "-----"] {
            assert!(!is_envelope(other), "{other}");
        }
    }
}
