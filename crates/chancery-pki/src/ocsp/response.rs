//! What a responder answers (RFC 6960 section 4.2).

use chancery_crypto::{HashAlgorithm, SignatureAlgorithm, Signer, digest};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, Null, OctetString};
use der::{Choice, Decode, Encode, Enumerated, Sequence};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::CrlReason;

use super::request::Nonce;
use super::{CertId, OcspRequest, key_bits};
use crate::certificate::Certificate;
use crate::crl::RevocationReason;
use crate::error::PkiError;
use crate::issue::sign_content;
use crate::validity::generalized_time;

pub(super) const WHAT: &str = "OCSP response";

/// Why there is no answer (section 4.2.1). Such a response is not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcspError {
    /// The request is no request.
    MalformedRequest,
    /// The responder failed.
    InternalError,
    /// The responder is busy.
    TryLater,
    /// The responder does not answer for this CA (RFC 5019 section 2.2.3).
    Unauthorized,
}

impl OcspError {
    /// Every error.
    pub const ALL: &[Self] = &[
        Self::MalformedRequest,
        Self::InternalError,
        Self::TryLater,
        Self::Unauthorized,
    ];

    pub(super) fn code(self) -> u8 {
        match self {
            Self::MalformedRequest => 1,
            Self::InternalError => 2,
            Self::TryLater => 3,
            Self::Unauthorized => 6,
        }
    }

    /// DER of the response: `SEQUENCE { ENUMERATED }`.
    pub fn response_der(self) -> Vec<u8> {
        vec![0x30, 3, 0x0a, 1, self.code()]
    }
}

/// The status of a certificate. Times are in milliseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertStatus {
    /// It was issued and is not revoked.
    Good,
    /// It is revoked.
    Revoked {
        /// Since when.
        at_ms: i64,
        /// Why; `Unspecified` is not written.
        reason: RevocationReason,
    },
    /// The responder knows nothing about it.
    Unknown,
}

/// The answer about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleResponse {
    /// The certificate, as it was asked about.
    pub cert_id: CertId,
    /// Its status.
    pub status: CertStatus,
    /// When the status was known to be right, in milliseconds since 1970 UTC.
    pub this_update_ms: i64,
    /// When newer information is there at the latest; none if there is always newer one.
    pub next_update_ms: Option<i64>,
}

/// What an answer is to say. Times are in milliseconds since 1970 UTC; fractions of seconds are
/// cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspTemplate {
    /// When it is signed.
    pub produced_at_ms: i64,
    /// One answer for each certificate that was asked about, at least one.
    pub responses: Vec<SingleResponse>,
    /// The nonce of the request.
    pub nonce: Option<Nonce>,
}

/// How an answer names its signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponderId {
    /// By SHA-1 of the key, which is short.
    #[default]
    ByKey,
    /// By the subject.
    ByName,
}

/// Who signs answers about the certificates of a CA.
#[derive(Debug, Clone)]
pub struct Responder {
    certificate: Certificate,
    is_delegated: bool,
    id: ResponderId,
}

impl Responder {
    /// The CA itself.
    ///
    /// # Errors
    /// [`PkiError::NotAnAuthority`] when the certificate is not that of a CA.
    pub fn direct(ca: &Certificate, id: ResponderId) -> Result<Self, PkiError> {
        ca.check_authority()?;
        Ok(Self {
            certificate: ca.clone(),
            is_delegated: false,
            id,
        })
    }

    /// A key that the CA has certified for this ([`super::responder_template`]). Answers carry
    /// the certificate. Time is not looked at: answers of an expired responder are signed, and
    /// no client accepts them.
    ///
    /// # Errors
    /// [`PkiError::NotAResponder`] when the certificate is not for this, or as
    /// [`Certificate::verify_signed_by`] when it is not by this CA.
    pub fn delegated(
        ca: &Certificate,
        certificate: &Certificate,
        id: ResponderId,
    ) -> Result<Self, PkiError> {
        check_delegated(ca, certificate)?;
        Ok(Self {
            certificate: certificate.clone(),
            is_delegated: true,
            id,
        })
    }

    fn write_id(&self) -> Result<ResponderIdValue<'_>, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        Ok(match self.id {
            ResponderId::ByName => ResponderIdValue::ByName(
                AnyRef::from_der(self.certificate.subject_der()).map_err(&malformed)?,
            ),
            ResponderId::ByKey => {
                let hash = digest::sha1(&key_bits(&self.certificate)?);
                ResponderIdValue::ByKey(OctetString::new(hash).map_err(&malformed)?)
            }
        })
    }
}

/// That `certificate` may answer in the name of `ca` (section 4.2.2.2).
pub(super) fn check_delegated(ca: &Certificate, certificate: &Certificate) -> Result<(), PkiError> {
    certificate.verify_signed_by(ca)?;
    match certificate.is_ocsp_responder() {
        true => Ok(()),
        false => Err(PkiError::NotAResponder(certificate.subject_text())),
    }
}

impl OcspTemplate {
    /// The answer to every certificate of a request, each found by `lookup`: status, thisUpdate
    /// and nextUpdate of what it is asked for.
    pub fn answer(
        request: &OcspRequest,
        produced_at_ms: i64,
        mut lookup: impl FnMut(&CertId) -> (CertStatus, i64, Option<i64>),
    ) -> Self {
        let single = |cert_id: &CertId| {
            let (status, this_update_ms, next_update_ms) = lookup(cert_id);
            SingleResponse {
                cert_id: cert_id.clone(),
                status,
                this_update_ms,
                next_update_ms,
            }
        };
        Self {
            produced_at_ms,
            responses: request.cert_ids().iter().map(single).collect(),
            nonce: request.nonce().cloned(),
        }
    }

    /// Checks, signs with the responder's key, verifies what came back, and gives DER of the
    /// `OCSPResponse`.
    ///
    /// # Errors
    /// [`PkiError::Field`] when there is no answer, a time cannot be written, nextUpdate is not
    /// after thisUpdate, thisUpdate is after producedAt, or the nonce has not 1 to 128 bytes;
    /// [`PkiError::UnsupportedSignature`] when the key does not go with the hash; else as
    /// [`crate::Linted::sign`].
    pub fn sign(
        &self,
        responder: &Responder,
        hash: HashAlgorithm,
        signer: &dyn Signer,
    ) -> Result<Vec<u8>, PkiError> {
        self.check()?;
        let malformed = PkiError::malformed(WHAT);
        let family = responder.certificate.key_algorithm()?.family();
        let algorithm = SignatureAlgorithm::new(family, hash)
            .ok_or_else(|| PkiError::UnsupportedSignature(hash.name().to_owned()))?;
        let data = self.data(responder)?.to_der().map_err(&malformed)?;
        let public_key = responder.certificate.public_key_der();
        let signature = sign_content(&data, algorithm, public_key, signer)?;
        let certificate = match responder.is_delegated {
            true => Some(vec![
                AnyRef::from_der(responder.certificate.der()).map_err(&malformed)?,
            ]),
            false => None,
        };
        let identifier = algorithm.identifier_der();
        let basic = BasicValue {
            data: AnyRef::from_der(&data).map_err(&malformed)?,
            algorithm: AnyRef::from_der(&identifier).map_err(&malformed)?,
            signature: BitStringRef::from_bytes(&signature).map_err(&malformed)?,
            certificates: certificate,
        };
        let basic = basic.to_der().and_then(OctetString::new);
        ResponseValue {
            status: StatusValue::Successful,
            bytes: Some(BytesValue {
                kind: ID_PKIX_OCSP_BASIC,
                response: basic.map_err(&malformed)?,
            }),
        }
        .to_der()
        .map_err(&malformed)
    }

    fn check(&self) -> Result<(), PkiError> {
        if self.responses.is_empty() {
            return Err(PkiError::field("responses", "must have at least one"));
        }
        let second = |ms: i64| ms.div_euclid(1000);
        for response in &self.responses {
            let this = second(response.this_update_ms);
            if this > second(self.produced_at_ms) {
                let reason = "must not be after produced_at";
                return Err(PkiError::field("this_update", reason));
            }
            if response.next_update_ms.is_some_and(|n| second(n) <= this) {
                return Err(PkiError::field("next_update", "must be after this_update"));
            }
        }
        Ok(())
    }

    fn data<'a>(&'a self, responder: &'a Responder) -> Result<DataValue<'a>, PkiError> {
        let singles = self.responses.iter().map(SingleResponse::write);
        let nonce = self.nonce.as_ref().map(Nonce::extension).transpose()?;
        Ok(DataValue {
            version: 0,
            responder: responder.write_id()?,
            produced_at: generalized_time("produced_at", self.produced_at_ms)?,
            responses: singles.collect::<Result<_, _>>()?,
            extensions: nonce.map(|nonce| vec![nonce]),
        })
    }
}

impl SingleResponse {
    fn write(&self) -> Result<SingleValue<'_>, PkiError> {
        let next_update = self.next_update_ms;
        Ok(SingleValue {
            cert_id: AnyRef::from_der(&self.cert_id.der).map_err(PkiError::malformed(WHAT))?,
            status: match self.status {
                CertStatus::Good => StatusChoice::Good(Null),
                CertStatus::Unknown => StatusChoice::Unknown(Null),
                CertStatus::Revoked { at_ms, reason } => StatusChoice::Revoked(RevokedValue {
                    at: generalized_time("revocation_time", at_ms)?,
                    reason: match reason {
                        RevocationReason::Unspecified => None,
                        reason => Some(reason.to_asn1()),
                    },
                }),
            },
            this_update: generalized_time("this_update", self.this_update_ms)?,
            next_update: next_update
                .map(|ms| generalized_time("next_update", ms))
                .transpose()?,
            extensions: None,
        })
    }
}

/// `OCSPResponse`.
#[derive(Sequence)]
pub(super) struct ResponseValue {
    pub(super) status: StatusValue,
    #[asn1(context_specific = "0", optional = "true")]
    pub(super) bytes: Option<BytesValue>,
}

/// `OCSPResponseStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enumerated)]
#[repr(u8)]
pub(super) enum StatusValue {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SigRequired = 5,
    Unauthorized = 6,
}

/// `ResponseBytes`.
#[derive(Sequence)]
pub(super) struct BytesValue {
    pub(super) kind: ObjectIdentifier,
    pub(super) response: OctetString,
}

/// `BasicOCSPResponse`; what is signed stays raw.
#[derive(Sequence)]
struct BasicValue<'a> {
    data: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
    #[asn1(context_specific = "0", optional = "true")]
    certificates: Option<Vec<AnyRef<'a>>>,
}

/// `ResponseData`.
#[derive(Sequence)]
pub(super) struct DataValue<'a> {
    #[asn1(context_specific = "0", default = "Default::default")]
    pub(super) version: u8,
    pub(super) responder: ResponderIdValue<'a>,
    pub(super) produced_at: GeneralizedTime,
    pub(super) responses: Vec<SingleValue<'a>>,
    #[asn1(context_specific = "1", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// `ResponderID`.
#[derive(Choice)]
pub(super) enum ResponderIdValue<'a> {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", constructed = "true")]
    ByName(AnyRef<'a>),
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", constructed = "true")]
    ByKey(OctetString),
}

/// `SingleResponse`.
#[derive(Sequence)]
pub(super) struct SingleValue<'a> {
    pub(super) cert_id: AnyRef<'a>,
    pub(super) status: StatusChoice,
    pub(super) this_update: GeneralizedTime,
    #[asn1(context_specific = "0", optional = "true")]
    pub(super) next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", optional = "true")]
    pub(super) extensions: Option<Vec<Extension>>,
}

/// `CertStatus`.
#[derive(Choice)]
pub(super) enum StatusChoice {
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    Good(Null),
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true")]
    Revoked(RevokedValue),
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT")]
    Unknown(Null),
}

/// `RevokedInfo`.
#[derive(Sequence)]
pub(super) struct RevokedValue {
    pub(super) at: GeneralizedTime,
    #[asn1(context_specific = "0", optional = "true")]
    pub(super) reason: Option<CrlReason>,
}
