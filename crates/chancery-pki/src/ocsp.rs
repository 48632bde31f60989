//! OCSP, the online certificate status protocol (RFC 6960): what a responder reads and writes.
//!
//! A responder reads an [`OcspRequest`], answers every [`CertId`] of it, and signs:
//!
//! ```text
//! match OcspRequest::from_der(body) {
//!     Err(_) => OcspError::MalformedRequest.response_der(),
//!     Ok(request) => OcspTemplate::answer(&request, now_ms, |id| status of id)
//!         .sign(&responder, hash, signer)?,
//! }
//! ```
//!
//! Which CA a [`CertId`] is about is told by [`CaHashes`], made once per CA.

mod read;
mod request;
mod response;

use chancery_crypto::digest;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_SHA_1, ID_SHA_256};
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Decode, Encode, Sequence, Tag};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

pub use read::{BasicResponse, OcspResponse};
pub use request::{MAX_CERT_IDS, MAX_NONCE_LENGTH, Nonce, OcspRequest};
pub use response::{CertStatus, OcspError, OcspTemplate, Responder, ResponderId, SingleResponse};

use crate::certificate::Certificate;
use crate::error::PkiError;
use crate::serial::SerialNumber;
use crate::template::{Extensions, Subject, Template};
use crate::usage::KeyUsage;
use crate::validity::Validity;

/// SM3 (GM/T 0006).
const ID_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");

/// A hash that names an issuer in a [`CertId`]. It finds and protects nothing, so SHA-1 is as
/// good as another, and is what almost every client uses (RFC 5019 section 2.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertIdHash {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SM3, which clients of the SM family use.
    Sm3,
}

impl CertIdHash {
    /// Every hash.
    pub const ALL: &[Self] = &[Self::Sha1, Self::Sha256, Self::Sm3];

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => ID_SHA_1,
            Self::Sha256 => ID_SHA_256,
            Self::Sm3 => ID_SM3,
        }
    }

    fn hash(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => digest::sha1(data).to_vec(),
            Self::Sha256 => digest::sha256(data).to_vec(),
            Self::Sm3 => digest::sm3(data).to_vec(),
        }
    }
}

/// Which certificate is asked about (RFC 6960 section 4.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CertId {
    /// The bytes, which the answer repeats as they came: clients compare.
    der: Vec<u8>,
    hash: Option<CertIdHash>,
    issuer_name_hash: Vec<u8>,
    issuer_key_hash: Vec<u8>,
    serial: SerialNumber,
}

impl CertId {
    /// The name of the certificate with this serial number, for asking.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the issuer's key is malformed.
    pub fn new(
        hash: CertIdHash,
        issuer: &Certificate,
        serial: &SerialNumber,
    ) -> Result<Self, PkiError> {
        let name = hash.hash(issuer.subject_der());
        let key = hash.hash(&key_bits(issuer)?);
        Self::write(hash, &name, &key, serial)
            .and_then(|der| Self::from_der(&der))
            .map_err(PkiError::malformed("CertID"))
    }

    fn write(
        hash: CertIdHash,
        name: &[u8],
        key: &[u8],
        serial: &SerialNumber,
    ) -> der::Result<Vec<u8>> {
        CertIdValue {
            hash: AlgorithmIdentifierRef {
                oid: hash.oid(),
                parameters: Some(AnyRef::NULL),
            },
            issuer_name_hash: OctetStringRef::new(name)?,
            issuer_key_hash: OctetStringRef::new(key)?,
            serial: UintRef::new(serial.as_bytes())?,
        }
        .to_der()
    }

    /// Reads DER. A hash that is not known here is no error: nothing is found by it. Its
    /// parameters are none or NULL, as those of every hash are: a certificate must not have
    /// endless names, each of which would take a place where a responder keeps answers.
    fn from_der(der: &[u8]) -> der::Result<Self> {
        let value = CertIdValue::from_der(der)?;
        if value.hash.parameters.is_some_and(|p| p != AnyRef::NULL) {
            return Err(Tag::Null.value_error().into());
        }
        let mut known = CertIdHash::ALL.iter().copied();
        Ok(Self {
            der: der.to_vec(),
            hash: known.find(|hash| hash.oid() == value.hash.oid),
            issuer_name_hash: value.issuer_name_hash.as_bytes().to_vec(),
            issuer_key_hash: value.issuer_key_hash.as_bytes().to_vec(),
            serial: SerialNumber::from_bytes(value.serial.as_bytes()),
        })
    }

    /// The serial number of the certificate.
    pub fn serial(&self) -> &SerialNumber {
        &self.serial
    }

    /// The hash that names the issuer, if it is known here.
    pub fn hash(&self) -> Option<CertIdHash> {
        self.hash
    }

    /// How the issuer is named: the hash, if it is known here, of its name and that of its key.
    pub fn issuer(&self) -> Option<(CertIdHash, &[u8], &[u8])> {
        self.hash
            .map(|hash| (hash, &self.issuer_name_hash[..], &self.issuer_key_hash[..]))
    }
}

/// `CertID`. Negative serial numbers are refused: no certificate has one (RFC 5280 section
/// 4.1.2.2).
#[derive(Sequence)]
struct CertIdValue<'a> {
    hash: AlgorithmIdentifierRef<'a>,
    issuer_name_hash: &'a OctetStringRef,
    issuer_key_hash: &'a OctetStringRef,
    serial: UintRef<'a>,
}

/// How requests name a CA, by each hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaHashes(Vec<(CertIdHash, Vec<u8>, Vec<u8>)>);

impl CaHashes {
    /// The hashes of the CA's name and key.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the key is malformed.
    pub fn of(ca: &Certificate) -> Result<Self, PkiError> {
        let key = key_bits(ca)?;
        let of = |hash: &CertIdHash| (*hash, hash.hash(ca.subject_der()), hash.hash(&key));
        Ok(Self(CertIdHash::ALL.iter().map(of).collect()))
    }

    /// Whether `id` is about a certificate of this CA. Name and key must both be right.
    pub fn issued(&self, id: &CertId) -> bool {
        self.0.iter().any(|(hash, name, key)| {
            id.hash == Some(*hash) && id.issuer_name_hash == *name && id.issuer_key_hash == *key
        })
    }

    /// The hash of the CA's name and that of its key, by which a table of CAs can be keyed.
    pub fn by(&self, hash: CertIdHash) -> Option<(&[u8], &[u8])> {
        let row = self.0.iter().find(|(known, ..)| *known == hash);
        row.map(|(_, name, key)| (name.as_slice(), key.as_slice()))
    }
}

/// What the key hash covers: the bits of the key, without tag, length and unused bits.
fn key_bits(certificate: &Certificate) -> Result<Vec<u8>, PkiError> {
    let spki = SubjectPublicKeyInfoRef::from_der(certificate.public_key_der())
        .map_err(PkiError::malformed("public key"))?;
    Ok(spki.subject_public_key.raw_bytes().to_vec())
}

/// A certificate for a key that answers OCSP requests in the name of the CA that issues it (RFC
/// 6960 section 4.2.2.2): purpose OCSPSigning, id-pkix-ocsp-nocheck, key usage digitalSignature,
/// no CA. It cannot be revoked in practice, so it should live for days and be made anew; lint
/// allows 90 days.
pub fn responder_template(
    subject: Subject,
    public_key_der: &[u8],
    validity: Validity,
    serial: SerialNumber,
) -> Template {
    Template {
        subject,
        public_key_der: public_key_der.to_vec(),
        validity,
        serial,
        extensions: Extensions {
            key_usages: vec![KeyUsage::DigitalSignature],
            ocsp_responder: true,
            ..Extensions::default()
        },
    }
}
