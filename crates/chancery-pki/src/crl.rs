//! Certificate revocation lists of version 2 (RFC 5280 section 5).
//!
//! As with certificates, no step can be left out: [`CrlTemplate`] → [`UnsignedCrl`] →
//! [`LintedCrl`] → [`Crl`].

mod lint;
mod read;

use chancery_crypto::{HashAlgorithm, SignatureAlgorithm, Signer};
use const_oid::db::rfc5280::{
    ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS, ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use const_oid::{AssociatedOid, ObjectIdentifier};
use der::asn1::AnyRef;
use der::{Decode, DecodeValue, Encode, EncodeValue, Header, Length, Reader, Sequence};
use der::{SliceReader, Tag, Writer};
use spki::AlgorithmIdentifierRef;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlReason};
use x509_cert::time::Time;

pub use read::Crl;

use crate::asn1::Signed;
use crate::certificate::Certificate;
use crate::error::PkiError;
use crate::extension::{extension, key_id, octets};
use crate::issue::sign_content;
use crate::lint::LintError;
use crate::san;
use crate::serial::SerialNumber;
use crate::validity::time;

const WHAT: &str = "CRL";
/// `Version ::= INTEGER { v1(0), v2(1) }`
const V2: u8 = 1;

/// Why a certificate was revoked (RFC 5280 section 5.3.1). The two codes that are not here are
/// never in a whole CRL: 7 is unused and 8, removeFromCRL, is for delta CRLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(missing_docs)] // the names are those of RFC 5280
pub enum RevocationReason {
    #[default]
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    PrivilegeWithdrawn,
    AaCompromise,
}

impl RevocationReason {
    /// Every reason, in the order of the codes.
    pub const ALL: &[Self] = &[
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::PrivilegeWithdrawn,
        Self::AaCompromise,
    ];

    /// The number in `CRLReason`.
    pub fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::PrivilegeWithdrawn => 9,
            Self::AaCompromise => 10,
        }
    }

    /// The reason with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.code() == code)
    }

    pub(crate) fn to_asn1(self) -> CrlReason {
        match self {
            Self::Unspecified => CrlReason::Unspecified,
            Self::KeyCompromise => CrlReason::KeyCompromise,
            Self::CaCompromise => CrlReason::CaCompromise,
            Self::AffiliationChanged => CrlReason::AffiliationChanged,
            Self::Superseded => CrlReason::Superseded,
            Self::CessationOfOperation => CrlReason::CessationOfOperation,
            Self::CertificateHold => CrlReason::CertificateHold,
            Self::PrivilegeWithdrawn => CrlReason::PrivilegeWithdrawn,
            Self::AaCompromise => CrlReason::AaCompromise,
        }
    }

    pub(crate) fn from_asn1(reason: CrlReason) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|known| known.to_asn1() == reason)
    }

    fn from_der(der: &[u8]) -> der::Result<Self> {
        Self::from_asn1(CrlReason::from_der(der)?)
            .ok_or_else(|| Tag::Enumerated.value_error().into())
    }
}

/// A certificate that is on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// Its serial number.
    pub serial: SerialNumber,
    /// When it was revoked, in milliseconds since 1970 UTC; fractions of seconds are cut off.
    pub revoked_at_ms: i64,
    /// Why. `Unspecified` is not written (section 5.3.1).
    pub reason: RevocationReason,
}

/// What a CRL is to say. Times are in milliseconds since 1970 UTC; fractions of seconds are cut
/// off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrlTemplate {
    /// When it is made.
    pub this_update_ms: i64,
    /// When the next one will be there at the latest.
    pub next_update_ms: i64,
    /// Its number: each CRL of a CA has a greater one than the one before (section 5.2.3).
    pub number: u64,
    /// The URI it is published at, if it is to say so (section 5.2.5, critical). Clients then
    /// take it only for certificates whose distribution points name the same URI; those with
    /// none, such as most roots, are out of its scope.
    pub distribution_point: Option<String>,
    /// What is revoked, in any order, each serial number once.
    pub revoked: Vec<RevokedCertificate>,
}

impl CrlTemplate {
    /// Builds the bytes to be signed by `issuer` with `hash`.
    ///
    /// # Errors
    /// [`PkiError::NotAnAuthority`] and [`PkiError::NotACrlIssuer`] when the issuer may not sign
    /// CRLs, [`PkiError::UnsupportedSignature`] when its key does not go with the hash,
    /// [`PkiError::Field`] for a time or URI that cannot be written; rules about values that can
    /// are for [`UnsignedCrl::lint`].
    pub fn prepare(
        &self,
        issuer: &Certificate,
        hash: HashAlgorithm,
    ) -> Result<UnsignedCrl, PkiError> {
        issuer.check_crl_issuer()?;
        let signature = SignatureAlgorithm::new(issuer.key_algorithm()?.family(), hash)
            .ok_or_else(|| PkiError::UnsupportedSignature(hash.name().to_owned()))?;
        let issuer = CrlIssuer::of(issuer)?;
        let malformed = PkiError::malformed(WHAT);
        let algorithm = signature.identifier_der();
        let mut entries = Vec::new();
        for revoked in &self.revoked {
            write_entry(revoked, &mut entries)?;
        }
        let revoked = match entries.as_slice() {
            [] => None, // section 5.1.2.6: absent, not empty
            entries => Some(List(entries)),
        };
        let tbs = TbsCrl {
            version: Some(V2),
            signature: AlgorithmIdentifierRef::from_der(&algorithm).map_err(&malformed)?,
            issuer: AnyRef::from_der(&issuer.name).map_err(&malformed)?,
            this_update: time("this_update", self.this_update_ms)?,
            next_update: Some(time("next_update", self.next_update_ms)?),
            revoked,
            extensions: Some(self.extensions(&issuer)?),
        };
        Ok(UnsignedCrl {
            tbs: tbs.to_der().map_err(&malformed)?,
            issuer,
            signature,
        })
    }

    fn extensions(&self, issuer: &CrlIssuer) -> Result<Vec<Extension>, PkiError> {
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(octets(&issuer.key_id)?),
            ..AuthorityKeyIdentifier::default()
        };
        let mut extensions = vec![
            extension(AuthorityKeyIdentifier::OID, false, &authority)?,
            extension(ID_CE_CRL_NUMBER, false, &self.number)?,
        ];
        if let Some(uri) = &self.distribution_point {
            let names = vec![san::uri(uri)?];
            let point = IssuingDistributionPoint {
                distribution_point: Some(DistributionPointName::FullName(names)),
                only_contains_user_certs: false,
                only_contains_ca_certs: false,
                only_some_reasons: None,
                indirect_crl: false,
                only_contains_attribute_certs: false,
            };
            extensions.push(extension(ID_CE_ISSUING_DISTRIBUTION_POINT, true, &point)?);
        }
        Ok(extensions)
    }
}

/// Appends DER of an entry: a list of many thousands is written in one pass.
fn write_entry(revoked: &RevokedCertificate, list: &mut Vec<u8>) -> Result<(), PkiError> {
    let malformed = PkiError::malformed(WHAT);
    let serial = revoked.serial.to_integer();
    let extensions = match revoked.reason {
        RevocationReason::Unspecified => None,
        reason => Some(vec![extension(
            ID_CE_CRL_REASONS,
            false,
            &reason.to_asn1(),
        )?]),
    };
    Entry {
        serial: AnyRef::new(Tag::Integer, &serial).map_err(&malformed)?,
        revoked_at: time("revocation_date", revoked.revoked_at_ms)?,
        extensions,
    }
    .encode_to_vec(list)
    .map_err(&malformed)?;
    Ok(())
}

/// What of the CA goes into its CRLs.
#[derive(Debug, Clone)]
struct CrlIssuer {
    /// DER of its Name, copied to the byte.
    name: Vec<u8>,
    key_id: Vec<u8>,
    public_key_der: Vec<u8>,
}

impl CrlIssuer {
    fn of(certificate: &Certificate) -> Result<Self, PkiError> {
        let key_id = match certificate.ski() {
            Some(id) => id.to_vec(),
            None => key_id(certificate.public_key_der())?,
        };
        Ok(Self {
            name: certificate.subject_der().to_vec(),
            key_id,
            public_key_der: certificate.public_key_der().to_vec(),
        })
    }
}

/// The bytes of a CRL to be, which nobody has checked yet.
#[derive(Debug, Clone)]
pub struct UnsignedCrl {
    tbs: Vec<u8>,
    issuer: CrlIssuer,
    signature: SignatureAlgorithm,
}

impl UnsignedCrl {
    /// DER of the TBSCertList.
    pub fn tbs_der(&self) -> &[u8] {
        &self.tbs
    }

    /// Applies every rule about CRLs to the bytes.
    ///
    /// # Errors
    /// [`LintError`] with every rule that is broken.
    pub fn lint(self) -> Result<LintedCrl, LintError> {
        lint::check(&self)?;
        Ok(LintedCrl(self))
    }
}

/// The bytes of a CRL to be, which break no rule.
#[derive(Debug, Clone)]
pub struct LintedCrl(UnsignedCrl);

impl LintedCrl {
    /// Signs the bytes with the CA's key, verifies what came back, and gives DER of the CRL.
    ///
    /// # Errors
    /// As [`crate::Linted::sign`].
    pub fn sign(self, signer: &dyn Signer) -> Result<Vec<u8>, PkiError> {
        let UnsignedCrl {
            tbs,
            issuer,
            signature: algorithm,
        } = self.0;
        let signature = sign_content(&tbs, algorithm, &issuer.public_key_der, signer)?;
        Signed::to_der(&tbs, &algorithm.identifier_der(), &signature)
            .map_err(PkiError::malformed(WHAT))
    }
}

/// `TBSCertList` (section 5.1.2).
#[derive(Sequence)]
struct TbsCrl<'a> {
    #[asn1(optional = "true")]
    version: Option<u8>,
    signature: AlgorithmIdentifierRef<'a>,
    issuer: AnyRef<'a>,
    this_update: Time,
    #[asn1(optional = "true")]
    next_update: Option<Time>,
    /// The entries one after the other, not looked into.
    #[asn1(optional = "true")]
    revoked: Option<List<'a>>,
    #[asn1(context_specific = "0", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// A SEQUENCE OF whose elements stay raw.
struct List<'a>(&'a [u8]);

impl<'a> List<'a> {
    /// Every element.
    fn elements<T: Decode<'a, Error = der::Error>>(&self) -> der::Result<Vec<T>> {
        let mut reader = SliceReader::new(self.0)?;
        let mut elements = Vec::new();
        while !reader.is_finished() {
            elements.push(T::decode(&mut reader)?);
        }
        Ok(elements)
    }
}

impl<'a> Sequence<'a> for List<'a> {}

impl<'a> DecodeValue<'a> for List<'a> {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_slice(header.length()).map(Self)
    }
}

impl EncodeValue for List<'_> {
    fn value_len(&self) -> der::Result<Length> {
        Length::try_from(self.0.len())
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(self.0)
    }
}

/// An entry of `revokedCertificates`.
#[derive(Sequence)]
struct Entry<'a> {
    serial: AnyRef<'a>,
    revoked_at: Time,
    #[asn1(optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// The value of the extension with this identifier.
fn value(extensions: &[Extension], oid: ObjectIdentifier) -> Option<&Extension> {
    extensions.iter().find(|e| e.extn_id == oid)
}
