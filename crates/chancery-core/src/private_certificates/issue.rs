//! Issuing an end entity: one certificate, or for an SM2 key a pair.
//!
//! SM2 certificates come in pairs with one subject and one validity (GM/T 0015, GM/T 0024): one
//! for signing, whose key is its owner's alone, and one for encryption, whose key is made here and
//! given to the owner in an envelope that only the signing key opens. Both envelopes are made when
//! the pair is issued and kept, so that the pair can be exported after its CA was disabled.

use std::sync::Arc;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::{Certificate, KeyUsage, PkiError, Profile, SerialNumber, Template, envelope};
use chancery_store::EncryptionHalfRow;

use crate::authorities::IssuingAuthority;
use crate::behalf::Behalf;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::issuance::{ENCRYPTION_USAGES, SIGNING_USAGES, is_sm2};

/// What the keys of a certificate may do.
pub(super) struct Usages {
    /// The certificate's own key; the signing key of a pair.
    own: Vec<KeyUsage>,
    /// The encryption key of a pair.
    encryption: Option<Vec<KeyUsage>>,
}

impl Usages {
    /// What is asked for, or `usual` when nothing is. Each half of an SM2 pair gets what is asked
    /// for and is its own; a half that nothing is asked for gets all that is its own, since
    /// servers need both.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for a usage of no end entity, or of neither half.
    pub(super) fn of(
        algorithm: KeyAlgorithm,
        asked: &[KeyUsage],
        usual: &[KeyUsage],
    ) -> Result<Self> {
        check_entity_usages(asked)?;
        let among = |asked: &[KeyUsage], usual: &[KeyUsage]| match asked {
            [] => usual.to_vec(),
            asked => asked.to_vec(),
        };
        if !is_sm2(algorithm) {
            return Ok(Self {
                own: among(asked, usual),
                encryption: None,
            });
        }
        check_pair_usages(asked)?;
        let half = |own: &[KeyUsage]| {
            let asked: Vec<_> = asked.iter().filter(|u| own.contains(u)).copied().collect();
            among(&asked, own)
        };
        Ok(Self {
            own: half(SIGNING_USAGES),
            encryption: Some(half(ENCRYPTION_USAGES)),
        })
    }
}

/// Refuses what only a CA's key may do, and what says nothing without keyAgreement (RFC 5280
/// section 4.2.1.3).
fn check_entity_usages(usages: &[KeyUsage]) -> Result<()> {
    let restricts = |usage: &&KeyUsage| {
        let agrees = usages.contains(&KeyUsage::KeyAgreement);
        matches!(usage, KeyUsage::EncipherOnly | KeyUsage::DecipherOnly) && !agrees
    };
    if let Some(usage) = usages.iter().find(restricts) {
        let text = format!("must contain keyAgreement beside {}", usage.name());
        return Err(Error::invalid("key_usages", text));
    }
    match usages
        .iter()
        .find(|usage| matches!(usage, KeyUsage::KeyCertSign | KeyUsage::CrlSign))
    {
        None => Ok(()),
        Some(usage) => Err(Error::invalid(
            "key_usages",
            format!("must not contain {} for an end entity", usage.name()),
        )),
    }
}

/// Refuses what neither half of a pair may do.
fn check_pair_usages(usages: &[KeyUsage]) -> Result<()> {
    let allowed = [SIGNING_USAGES, ENCRYPTION_USAGES].concat();
    let Some(foreign) = usages.iter().find(|usage| !allowed.contains(usage)) else {
        return Ok(());
    };
    let names: Vec<_> = allowed.iter().map(|usage| usage.name()).collect();
    let text = format!(
        "must not contain {} for an SM2 certificate: allowed are {}",
        foreign.name(),
        names.join(", ")
    );
    Err(Error::invalid("key_usages", text))
}

/// What was issued: a certificate, and for SM2 the second half of the pair.
pub(super) struct Issued {
    pub(super) certificate: Certificate,
    pub(super) encryption: Option<EncryptionHalf>,
}

/// The second half of a pair.
pub(super) struct EncryptionHalf {
    pub(super) serial_number: String,
    pub(super) row: EncryptionHalfRow,
}

impl Issued {
    /// The serial number of the second half.
    pub(super) fn enc_serial_number(&self) -> Option<String> {
        let half = self.encryption.as_ref()?;
        Some(half.serial_number.clone())
    }
}

impl Desk {
    /// Issues the end entity `id`: one certificate, or for an SM2 key a pair. The usages of
    /// `template` are set here.
    ///
    /// # Errors
    /// [`crate::Refusal::Issuer`] when the key is of another family than the issuer's;
    /// [`crate::Kind::Invalid`] when the issuer does not sign with `hash`.
    pub(super) async fn issue_entity(
        &self,
        on: &Behalf,
        id: &str,
        mut template: Template,
        usages: Usages,
        hash: HashAlgorithm,
        issuer: &IssuingAuthority,
    ) -> Result<Issued> {
        self.point_to_revocation(&mut template.extensions, &issuer.row)?;
        template.extensions.key_usages = usages.own;
        let own = match usages.encryption {
            Some(_) => Profile::Sm2Signing,
            None => Profile::Entity,
        };
        let certificate = self
            .issue(on, own, &template, &issuer.signing, hash)
            .await?;
        let encryption = match usages.encryption {
            None => None,
            Some(usages) => {
                template.extensions.key_usages = usages;
                let half = self.issue_encryption_half(on, id, template, &certificate, issuer);
                Some(half.await?)
            }
        };
        Ok(Issued {
            certificate,
            encryption,
        })
    }

    /// Makes the encryption half of a pair whose signing half was just issued.
    async fn issue_encryption_half(
        &self,
        on: &Behalf,
        id: &str,
        mut template: Template,
        signing: &Certificate,
        issuer: &IssuingAuthority,
    ) -> Result<EncryptionHalf> {
        let key = self.generate(on, KeyAlgorithm::Sm2).await?;
        template.public_key_der = key.public_key_der().to_vec();
        template.serial = SerialNumber::random(self.random.as_ref());
        let (profile, hash) = (Profile::Sm2Encryption, HashAlgorithm::Sm3);
        let certificate = self
            .issue(on, profile, &template, &issuer.signing, hash)
            .await?;

        let sealed_key = self.custody.seal_key(enc_key_place(id), &key);
        let random = Arc::clone(&self.random);
        let (recipient, ca) = (signing.clone(), issuer.certificate.clone());
        let ca_key = Arc::clone(&issuer.signing.key);
        let envelopes = self
            .workers
            .short
            .run(on, move || {
                let random = random.as_ref();
                let plain = envelope::enveloped_key(&key, recipient.public_key_der(), random)?;
                let signed =
                    envelope::signed_and_enveloped(&key, &recipient, &ca, ca_key.as_ref(), random)?;
                Ok::<_, PkiError>((plain, signed))
            })
            .await?;
        let (enveloped_key, signed_and_enveloped) = envelopes.map_err(Error::internal)?;
        Ok(EncryptionHalf {
            serial_number: certificate.serial_hex(),
            row: EncryptionHalfRow {
                certificate_id: id.to_owned(),
                certificate: certificate.der().to_vec(),
                sealed_key,
                enveloped_key,
                signed_and_enveloped,
            },
        })
    }
}

/// Where the encryption key of a private certificate is sealed for.
pub(super) fn enc_key_place(id: &str) -> Place<'_> {
    Place {
        table: "encryption_halves",
        row: id,
        column: "sealed_key",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn pair(asked: &[KeyUsage]) -> (Vec<KeyUsage>, Vec<KeyUsage>) {
        let usages = Usages::of(KeyAlgorithm::Sm2, asked, &[]).unwrap();
        (usages.own, usages.encryption.unwrap())
    }

    #[test]
    fn each_half_gets_its_own_usages() {
        assert_eq!(
            pair(&[]),
            (SIGNING_USAGES.to_vec(), ENCRYPTION_USAGES.to_vec())
        );
        assert_eq!(
            pair(&[KeyUsage::KeyAgreement, KeyUsage::DigitalSignature]),
            (
                vec![KeyUsage::DigitalSignature],
                vec![KeyUsage::KeyAgreement]
            )
        );
        assert_eq!(
            pair(&[KeyUsage::NonRepudiation]),
            (vec![KeyUsage::NonRepudiation], ENCRYPTION_USAGES.to_vec())
        );
    }

    #[test]
    fn one_certificate_gets_what_is_asked_for_or_the_usual() {
        for (asked, expected) in [
            (vec![], vec![KeyUsage::DigitalSignature]),
            (
                vec![KeyUsage::KeyAgreement, KeyUsage::EncipherOnly],
                vec![KeyUsage::KeyAgreement, KeyUsage::EncipherOnly],
            ),
        ] {
            let usual = [KeyUsage::DigitalSignature];
            let usages = Usages::of(KeyAlgorithm::EcP256, &asked, &usual).unwrap();
            assert_eq!((usages.own, usages.encryption), (expected, None));
        }
    }

    #[test]
    fn usages_of_others_are_refused() {
        for (algorithm, usage) in [
            (KeyAlgorithm::Sm2, KeyUsage::KeyCertSign),
            (KeyAlgorithm::Sm2, KeyUsage::EncipherOnly),
            (KeyAlgorithm::Rsa2048, KeyUsage::CrlSign),
        ] {
            let asked = [KeyUsage::DigitalSignature, usage];
            let error = Usages::of(algorithm, &asked, &[]).err().unwrap();
            assert!(error.public().contains(usage.name()));
        }
    }
}
