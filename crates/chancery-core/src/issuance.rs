//! Issuing: decide, build the to-be-signed certificate, lint it, sign it.
//!
//! The types of `chancery-pki` hold the order: only linted bytes can be signed. What comes out is
//! stored by the caller in one transaction with its sealed key and its audit row.

use std::sync::Arc;

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, KeyFamily, PrivateKey, SignatureAlgorithm};
use chancery_pki::{
    AuthorityInfo, Certificate, Extensions, Issuer, KeyUsage, PkiError, Profile, Purpose, Subject,
    SubjectAltName, Template,
};
use chancery_store::AuthorityRow;

use crate::behalf::Behalf;
use crate::crls::CrlSettings;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result};

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What the signing key of an SM2 pair may do: GM/T 0015 and TLCP (GB/T 38636) keep signing and
/// encryption apart.
pub(crate) const SIGNING_USAGES: &[KeyUsage] =
    &[KeyUsage::DigitalSignature, KeyUsage::NonRepudiation];
/// What the encryption key of an SM2 pair may do.
pub(crate) const ENCRYPTION_USAGES: &[KeyUsage] = &[
    KeyUsage::KeyEncipherment,
    KeyUsage::DataEncipherment,
    KeyUsage::KeyAgreement,
];

/// What signs: a CA's name and key.
pub(crate) struct SigningAuthority {
    pub(crate) issuer: Issuer,
    pub(crate) key: Arc<PrivateKey>,
}

impl SigningAuthority {
    /// The CA that `certificate` names, signing with `key`.
    ///
    /// # Errors
    /// [`Refusal::Issuer`] when it may sign revocation lists only.
    pub(crate) fn new(certificate: &Certificate, key: Arc<PrivateKey>) -> Result<Self> {
        let issuer = Issuer::of(certificate).map_err(|error| match error {
            PkiError::NotAnAuthority(_) => Error::refused(
                Refusal::Issuer,
                "the private CA issues no certificates: its key_usages do not have keyCertSign",
            ),
            error => Error::internal(error),
        })?;
        Ok(Self { issuer, key })
    }

    /// The same, with these CAs above it: their name constraints and purposes bind what it issues.
    ///
    /// # Errors
    /// When the name constraints of one cannot be read, which an import refuses.
    pub(crate) fn below(self, above: &[Certificate]) -> Result<Self> {
        let issuer = self.issuer.below(above).map_err(Error::internal)?;
        Ok(Self { issuer, ..self })
    }

    /// That the CA, and those above it, allow these names and purposes.
    ///
    /// # Errors
    /// [`Refusal::Issuer`], naming the name or the purpose.
    pub(crate) fn check_allowed(
        &self,
        subject: &Subject,
        sans: &[SubjectAltName],
        purposes: &[Purpose],
        is_ca: bool,
    ) -> Result<()> {
        let names = self.issuer.check_names(subject, sans, is_ca);
        let allowed = names.and_then(|()| self.issuer.check_purposes(purposes));
        allowed.map_err(|error| match error {
            PkiError::NameNotAllowed { .. } | PkiError::PurposeNotAllowed(_) => {
                Error::refused(Refusal::Issuer, error.to_string())
            }
            other => not_writable(other),
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

/// What is weak in the keys of certificates that another CA has made: they are taken, and it is noted.
pub(crate) fn weak_keys<'a>(
    certificates: impl IntoIterator<Item = &'a Certificate>,
) -> Vec<String> {
    let certificates = certificates.into_iter();
    let faults = certificates.filter_map(|one| {
        let name = one.subject().common_name;
        let name = name.unwrap_or_else(|| one.subject_text());
        let fault = one.key_fault()?;
        Some(format!("weak key ({fault}): {name}"))
    });
    faults.collect()
}

impl Desk {
    /// Names in a certificate where its issuer tells what it revoked, as far as that is switched
    /// on and the operator gave an address for it.
    pub(crate) fn point_to_revocation(
        &self,
        extensions: &mut Extensions,
        issuer: &AuthorityRow,
    ) -> Result<()> {
        if self.settings.pki_url.is_none() {
            return Ok(());
        }
        if let Some(settings) = CrlSettings::of(issuer)? {
            extensions.crl_distribution_points = vec![self.crl_address(&issuer.id, &settings)?];
        }
        if let Some((ocsp, certificate)) = self.ocsp_addresses(&issuer.id).filter(|_| issuer.ocsp) {
            extensions.authority_info = AuthorityInfo {
                ca_issuers: vec![certificate],
                ocsp: vec![ocsp],
            };
        }
        Ok(())
    }

    /// Issues what `template` describes, which is linted as `profile`.
    ///
    /// # Errors
    /// [`Refusal::Undefined`] when the lint refuses the certificate: a request that passed the
    /// rules of the API, but would break RFC 5280.
    pub(crate) async fn issue(
        &self,
        on: &Behalf,
        profile: Profile,
        template: &Template,
        authority: &SigningAuthority,
        hash: HashAlgorithm,
    ) -> Result<Certificate> {
        let unsigned = template
            .prepare(&authority.issuer, hash)
            .map_err(not_writable)?;
        let linted = unsigned.lint(profile).map_err(|error| {
            Error::new(
                Kind::Refused(Refusal::Undefined),
                format!("the certificate {error}"),
            )
        })?;
        self.sign(on, linted, Arc::clone(&authority.key)).await
    }
}

/// A value that no certificate can hold is the caller's; anything else is ours.
pub(crate) fn not_writable(error: PkiError) -> Error {
    match error {
        PkiError::Field { field, reason } => Error::invalid(field, reason),
        other => Error::internal(other),
    }
}

/// Whether a key may be certified by an issuer with another: what verifies an SM2 chain knows no
/// other algorithm, and what verifies the others seldom knows SM2, so a chain is of one family
/// (GM/T 0015).
pub(crate) fn check_family(key: KeyAlgorithm, issuer: KeyAlgorithm) -> Result<()> {
    let text = match (is_sm2(key), is_sm2(issuer)) {
        (true, false) => "issuer_id must be of an SM2 CA for an SM2 key: a chain is of one family",
        (false, true) => {
            "issuer_id is of an SM2 CA, and the key is not SM2: a chain is of one family"
        }
        _ => return Ok(()),
    };
    Err(Error::refused(Refusal::Issuer, text))
}

/// Whether an issuer with this kind of key signs with `hash`.
pub(crate) fn check_hash(hash: HashAlgorithm, issuer: KeyAlgorithm) -> Result<()> {
    if SignatureAlgorithm::new(issuer.family(), hash).is_some() {
        return Ok(());
    }
    let text = match is_sm2(issuer) {
        true => "must be SM3 for SM2",
        false => "must be one of SHA256, SHA384, SHA512: SM3 goes with SM2 only",
    };
    Err(Error::invalid("signature_algorithm", text))
}

pub(crate) fn is_sm2(algorithm: KeyAlgorithm) -> bool {
    algorithm.family() == KeyFamily::Sm2
}
