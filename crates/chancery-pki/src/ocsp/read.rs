//! Answers of others, and of our own for tests.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE};
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime};
use der::{Decode, Encode, Reader, SliceReader, Tag};
use spki::AlgorithmIdentifierRef;
use x509_cert::time::Time;

use super::request::Nonce;
use super::response::{
    DataValue, ResponderIdValue, ResponseValue, SingleValue, StatusChoice, StatusValue, WHAT,
    check_delegated,
};
use super::{CertId, CertStatus, OcspError, SingleResponse, key_bits};
use crate::certificate::{Certificate, check_signature};
use crate::crl::RevocationReason;
use crate::error::PkiError;
use crate::validity::milliseconds;

/// What a responder said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OcspResponse {
    /// Nothing.
    Error(OcspError),
    /// A signed answer.
    Basic(Box<BasicResponse>),
}

/// A `BasicOCSPResponse`, whose signature is verified by [`BasicResponse::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicResponse {
    data_der: Vec<u8>,
    signature_oid: ObjectIdentifier,
    signature: Vec<u8>,
    responder: Identity,
    certificates: Vec<Certificate>,
    produced_at_ms: i64,
    responses: Vec<SingleResponse>,
    nonce: Option<Nonce>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Identity {
    Name(Vec<u8>),
    KeyHash(Vec<u8>),
}

impl OcspResponse {
    /// Reads DER.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the bytes are not one whole response of the basic kind.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let response = ResponseValue::from_der(der).map_err(&malformed)?;
        let error = match response.status {
            StatusValue::Successful => {
                let Some(bytes) = response.bytes.filter(|b| b.kind == ID_PKIX_OCSP_BASIC) else {
                    return Err(malformed(Tag::Sequence.value_error().into()));
                };
                let basic = BasicResponse::from_der(bytes.response.as_bytes())?;
                return Ok(Self::Basic(Box::new(basic)));
            }
            StatusValue::MalformedRequest => OcspError::MalformedRequest,
            StatusValue::InternalError => OcspError::InternalError,
            StatusValue::TryLater => OcspError::TryLater,
            // Both say that this client gets no answer.
            StatusValue::SigRequired | StatusValue::Unauthorized => OcspError::Unauthorized,
        };
        Ok(Self::Error(error))
    }
}

impl BasicResponse {
    fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let (data_der, algorithm, signature, certificates) = outer(der).map_err(&malformed)?;
        let data = DataValue::from_der(data_der).map_err(&malformed)?;
        let singles = data.responses.iter().map(single);
        let extensions = data.extensions.unwrap_or_default();
        let nonce = extensions.iter().find(|e| e.extn_id == ID_PKIX_OCSP_NONCE);
        let certificates = certificates
            .iter()
            .map(|der| Certificate::from_der(der))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            data_der: data_der.to_vec(),
            signature_oid: algorithm.oid,
            signature: signature.to_vec(),
            responder: match data.responder {
                ResponderIdValue::ByName(name) => {
                    Identity::Name(name.to_der().map_err(&malformed)?)
                }
                ResponderIdValue::ByKey(hash) => Identity::KeyHash(hash.as_bytes().to_vec()),
            },
            certificates,
            produced_at_ms: ms(data.produced_at),
            responses: singles.collect::<Result<_, _>>().map_err(&malformed)?,
            nonce: nonce.map(Nonce::read).transpose().map_err(&malformed)?,
        })
    }

    /// When it was signed, in milliseconds since 1970 UTC.
    pub fn produced_at_ms(&self) -> i64 {
        self.produced_at_ms
    }

    /// The answers.
    pub fn responses(&self) -> &[SingleResponse] {
        &self.responses
    }

    /// The nonce of the request.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// The certificates beside the answer.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Checks that `ca`, or a responder that it certified and whose certificate is there, signed
    /// this (section 4.2.2.2). Time is not looked at.
    ///
    /// # Errors
    /// [`PkiError::NotAResponder`] when neither is who signed; else as
    /// [`Certificate::verify_signed_by`].
    pub fn verify(&self, ca: &Certificate) -> Result<(), PkiError> {
        let signer = if self.names(ca)? {
            ca
        } else {
            let mut signer = None;
            for certificate in &self.certificates {
                if self.names(certificate)? {
                    signer = Some(certificate);
                }
            }
            let signer = signer.ok_or_else(|| PkiError::NotAResponder(ca.subject_text()))?;
            check_delegated(ca, signer)?;
            signer
        };
        check_signature(
            self.signature_oid,
            signer.public_key_der(),
            &self.data_der,
            &self.signature,
        )
    }

    fn names(&self, certificate: &Certificate) -> Result<bool, PkiError> {
        Ok(match &self.responder {
            Identity::Name(name) => name == certificate.subject_der(),
            Identity::KeyHash(hash) => {
                *hash == chancery_crypto::digest::sha1(&key_bits(certificate)?)
            }
        })
    }
}

type Outer<'a> = (&'a [u8], AlgorithmIdentifierRef<'a>, &'a [u8], Vec<Vec<u8>>);

/// The parts of `BasicOCSPResponse`.
fn outer(der: &[u8]) -> der::Result<Outer<'_>> {
    let mut reader = SliceReader::new(der)?;
    let parts = reader.sequence(|outer| {
        let data = outer.tlv_bytes()?;
        let algorithm = AlgorithmIdentifierRef::decode(outer)?;
        let signature = BitStringRef::decode(outer)?;
        let signature = signature.as_bytes();
        let signature = signature.ok_or_else(|| Tag::BitString.value_error())?;
        let certificates =
            outer.context_specific::<Vec<AnyRef<'_>>>(der::TagNumber(0), der::TagMode::Explicit)?;
        let certificates = certificates.unwrap_or_default();
        let certificates = certificates.iter().map(Encode::to_der);
        let certificates = certificates.collect::<der::Result<Vec<_>>>()?;
        Ok::<_, der::Error>((data, algorithm, signature, certificates))
    })?;
    reader.finish()?;
    Ok(parts)
}

fn single(value: &SingleValue<'_>) -> der::Result<SingleResponse> {
    Ok(SingleResponse {
        cert_id: CertId::from_der(&value.cert_id.to_der()?)?,
        status: match &value.status {
            StatusChoice::Good(_) => CertStatus::Good,
            StatusChoice::Unknown(_) => CertStatus::Unknown,
            StatusChoice::Revoked(revoked) => CertStatus::Revoked {
                at_ms: ms(revoked.at),
                reason: match revoked.reason {
                    None => RevocationReason::Unspecified,
                    Some(reason) => RevocationReason::from_asn1(reason)
                        .ok_or_else(|| Tag::Enumerated.value_error())?,
                },
            },
        },
        this_update_ms: ms(value.this_update),
        next_update_ms: value.next_update.map(ms),
    })
}

fn ms(time: GeneralizedTime) -> i64 {
    milliseconds(Time::GeneralTime(time))
}
