//! CRLs that exist.

use std::collections::HashSet;

use chancery_crypto::pem::{self, LineEnding};
use const_oid::db::rfc5280::{
    ID_CE_CERTIFICATE_ISSUER, ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS, ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::UintRef;
use der::{Decode, Encode, Tag, Tagged};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::{Entry, RevocationReason, RevokedCertificate, TbsCrl, WHAT, value};
use crate::asn1::Signed;
use crate::certificate::{Certificate, check_signature};
use crate::error::PkiError;
use crate::name::{self, DistinguishedName};
use crate::serial::SerialNumber;
use crate::validity::milliseconds;

const LABEL: &str = "X509 CRL";

/// A parsed CRL with the bytes it came from.
#[derive(Clone)]
pub struct Crl {
    der: Vec<u8>,
    tbs_der: Vec<u8>,
    signature_oid: ObjectIdentifier,
    signature: Vec<u8>,
    issuer_der: Vec<u8>,
    this_update_ms: i64,
    next_update_ms: Option<i64>,
    number: Option<SerialNumber>,
    authority_key_id: Option<Vec<u8>>,
    distribution_point: Option<String>,
    revoked: Vec<RevokedCertificate>,
}

impl Crl {
    /// Reads DER.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the bytes are not one whole CRL, or when it has a critical
    /// extension that is not known here, so that it must not be relied upon (RFC 5280 section
    /// 5.2): delta and indirect CRLs have one.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        Self::read(der).map_err(PkiError::malformed(WHAT))
    }

    fn read(der: &[u8]) -> der::Result<Self> {
        let signed = Signed::from_der(der)?;
        let tbs = TbsCrl::from_der(signed.content)?;
        if tbs.signature != signed.algorithm || tbs.issuer.tag() != Tag::Sequence {
            return Err(Tag::Sequence.value_error().into());
        }
        let issuer_der = tbs.issuer.to_der()?;
        DistinguishedName::from_der(&issuer_der).map_err(|_| Tag::Sequence.value_error())?;
        let extensions = tbs.extensions.unwrap_or_default();
        check_extensions(
            &extensions,
            &[
                AuthorityKeyIdentifier::OID,
                ID_CE_CRL_NUMBER,
                ID_CE_ISSUING_DISTRIBUTION_POINT,
            ],
        )?;
        let bytes = |oid| value(&extensions, oid).map(|e| e.extn_value.as_bytes());
        let number = bytes(ID_CE_CRL_NUMBER).map(UintRef::from_der).transpose()?;
        let authority = bytes(AuthorityKeyIdentifier::OID)
            .map(AuthorityKeyIdentifier::from_der)
            .transpose()?;
        let point = bytes(ID_CE_ISSUING_DISTRIBUTION_POINT).map(point_uri);
        Ok(Self {
            der: der.to_vec(),
            tbs_der: signed.content.to_vec(),
            signature_oid: signed.algorithm.oid,
            signature: signed.signature.to_vec(),
            issuer_der,
            this_update_ms: milliseconds(tbs.this_update),
            next_update_ms: tbs.next_update.map(milliseconds),
            number: number.map(|n| SerialNumber::from_bytes(n.as_bytes())),
            authority_key_id: authority
                .and_then(|a| a.key_identifier)
                .map(|id| id.as_bytes().to_vec()),
            distribution_point: point.transpose()?.flatten(),
            revoked: match &tbs.revoked {
                Some(list) => list
                    .elements()?
                    .into_iter()
                    .map(entry)
                    .collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
        })
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The PEM block of a CRL.
    pub fn pem(&self, ending: LineEnding) -> String {
        pem::encode(LABEL, &self.der, ending)
    }

    /// DER of the issuer's Name.
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer_der
    }

    /// When it was made, in milliseconds since 1970 UTC.
    pub fn this_update_ms(&self) -> i64 {
        self.this_update_ms
    }

    /// When the next one is there at the latest, in milliseconds since 1970 UTC.
    pub fn next_update_ms(&self) -> Option<i64> {
        self.next_update_ms
    }

    /// Its number, if it has one of at most 64 bits.
    pub fn number(&self) -> Option<u64> {
        let bytes = self.number.as_ref()?.as_bytes();
        let mut number = [0; 8];
        let start = number.len().checked_sub(bytes.len())?;
        number[start..].copy_from_slice(bytes);
        Some(u64::from_be_bytes(number))
    }

    /// The key identifier of the issuer.
    pub fn aki(&self) -> Option<&[u8]> {
        self.authority_key_id.as_deref()
    }

    /// The URI that it says it is published at.
    pub fn distribution_point(&self) -> Option<&str> {
        self.distribution_point.as_deref()
    }

    /// What is revoked, in the order of the list.
    pub fn revoked(&self) -> &[RevokedCertificate] {
        &self.revoked
    }

    /// Checks that `issuer` made this CRL: its name, that it may sign CRLs, and the signature.
    /// Time is not looked at.
    ///
    /// # Errors
    /// [`PkiError::NotTheIssuer`], [`PkiError::NotAnAuthority`], [`PkiError::NotACrlIssuer`],
    /// [`PkiError::BadSignature`], [`PkiError::UnsupportedSignature`] or [`PkiError::Key`].
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), PkiError> {
        if self.issuer_der != issuer.subject_der() {
            return Err(PkiError::NotTheIssuer {
                issuer: name::display(&self.issuer_der),
                candidate: issuer.subject_text(),
            });
        }
        issuer.check_crl_issuer()?;
        check_signature(
            self.signature_oid,
            issuer.public_key_der(),
            &self.tbs_der,
            &self.signature,
        )
    }
}

impl std::fmt::Debug for Crl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let issuer = name::display(&self.issuer_der);
        write!(f, "Crl({issuer}, {} revoked)", self.revoked.len())
    }
}

fn entry(entry: Entry<'_>) -> der::Result<RevokedCertificate> {
    entry.serial.tag().assert_eq(Tag::Integer)?;
    let extensions = entry.extensions.unwrap_or_default();
    check_extensions(&extensions, &[ID_CE_CRL_REASONS])?;
    let reason = value(&extensions, ID_CE_CRL_REASONS)
        .map(|e| RevocationReason::from_der(e.extn_value.as_bytes()))
        .transpose()?;
    Ok(RevokedCertificate {
        serial: SerialNumber::from_bytes(entry.serial.value()),
        revoked_at_ms: milliseconds(entry.revoked_at),
        reason: reason.unwrap_or_default(),
    })
}

/// That no extension occurs twice, and that those which are critical are `known`.
fn check_extensions(extensions: &[Extension], known: &[ObjectIdentifier]) -> der::Result<()> {
    let mut seen = HashSet::new();
    for extension in extensions {
        let oid = extension.extn_id;
        let twice = !seen.insert(oid);
        // An entry of an indirect CRL is about another issuer's certificate, critical or not.
        let unknown = extension.critical && !known.contains(&oid);
        if twice || unknown || oid == ID_CE_CERTIFICATE_ISSUER {
            return Err(der::ErrorKind::OidUnknown { oid }.into());
        }
    }
    Ok(())
}

/// The URI of `IssuingDistributionPoint`.
///
/// # Errors
/// When the list is not about every certificate of the issuer and every reason.
fn point_uri(der: &[u8]) -> der::Result<Option<String>> {
    let point = IssuingDistributionPoint::from_der(der)?;
    if point.only_contains_user_certs
        || point.only_contains_ca_certs
        || point.only_some_reasons.is_some()
        || point.indirect_crl
        || point.only_contains_attribute_certs
    {
        return Err(Tag::Boolean.value_error().into());
    }
    let Some(DistributionPointName::FullName(names)) = point.distribution_point else {
        return Ok(None);
    };
    Ok(names.iter().find_map(|name| match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    }))
}
