//! What a client asks (RFC 6960 section 4.1).

use const_oid::db::rfc6960::ID_PKIX_OCSP_NONCE;
use der::asn1::{AnyRef, OctetString, OctetStringRef};
use der::{Decode, Encode, Sequence};
use x509_cert::ext::Extension;

use super::CertId;
use crate::error::PkiError;
use crate::extension::raw_extension;

/// How many certificates one request may ask about. Clients ask about one, some about a chain.
pub const MAX_CERT_IDS: usize = 100;
/// The longest nonce, in bytes; the shortest has one (RFC 9654 section 2.1).
pub const MAX_NONCE_LENGTH: usize = 128;

const WHAT: &str = "OCSP request";

/// A request for the status of one or more certificates. A signature is not looked at: anyone may
/// ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcspRequest {
    cert_ids: Vec<CertId>,
    nonce: Option<Nonce>,
}

/// What the answer must repeat, so that it is no old one (RFC 9654 section 2.1): 1 to 128 bytes. It is
/// kept in the form in which it came, since a client looks for what it sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce {
    /// The value of the extension.
    value: Vec<u8>,
    /// Where in it the nonce begins; 0 where a client of RFC 2560 wrote no OCTET STRING around it.
    at: usize,
}

impl Nonce {
    /// A nonce of these bytes.
    ///
    /// # Errors
    /// [`PkiError::Field`] when they are not 1 to 128.
    pub fn new(bytes: &[u8]) -> Result<Self, PkiError> {
        if !(1..=MAX_NONCE_LENGTH).contains(&bytes.len()) {
            return Err(PkiError::field("nonce", "must have from 1 to 128 bytes"));
        }
        let value = OctetString::new(bytes)
            .and_then(|nonce| nonce.to_der())
            .map_err(PkiError::malformed("nonce"))?;
        let at = value.len() - bytes.len();
        Ok(Self { value, at })
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.value.get(self.at..).unwrap_or_default()
    }

    pub(super) fn read(extension: &Extension) -> der::Result<Self> {
        let value = extension.extn_value.as_bytes().to_vec();
        let length = match <&OctetStringRef>::from_der(&value) {
            Ok(nonce) => nonce.as_bytes().len(),
            Err(_) => value.len(),
        };
        let at = value.len() - length;
        match length {
            1..=MAX_NONCE_LENGTH => Ok(Self { value, at }),
            _ => Err(der::Tag::OctetString.length_error().into()),
        }
    }

    /// The extension that holds it.
    pub(super) fn extension(&self) -> Result<Extension, PkiError> {
        raw_extension(ID_PKIX_OCSP_NONCE, false, &self.value)
    }
}

impl OcspRequest {
    /// A request about these certificates, for asking.
    pub fn new(cert_ids: Vec<CertId>, nonce: Option<Nonce>) -> Self {
        Self { cert_ids, nonce }
    }

    /// Reads DER.
    ///
    /// # Errors
    /// [`PkiError::Malformed`], to be answered by [`super::OcspError::MalformedRequest`], when the
    /// bytes are not one whole request of version 1, ask about nothing or about more than
    /// [`MAX_CERT_IDS`] certificates, hold a nonce that is empty or longer than
    /// [`MAX_NONCE_LENGTH`] bytes, or a critical extension that is not known here.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let refuse = |reason: &str| PkiError::Malformed {
            what: WHAT,
            reason: reason.to_owned(),
        };
        let malformed = PkiError::malformed(WHAT);
        let request = RequestValue::from_der(der).map_err(&malformed)?;
        let tbs = request.tbs;
        if tbs.version != 0 {
            return Err(refuse("the version is not 1"));
        }
        match tbs.requests.len() {
            0 => return Err(refuse("it asks about no certificate")),
            1..=MAX_CERT_IDS => {}
            _ => return Err(refuse("it asks about too many certificates")),
        }
        let mut cert_ids = Vec::with_capacity(tbs.requests.len());
        for single in tbs.requests {
            if single.extensions.iter().flatten().any(|e| e.critical) {
                return Err(refuse("a critical extension is not known"));
            }
            let id = single
                .cert_id
                .to_der()
                .and_then(|der| CertId::from_der(&der));
            cert_ids.push(id.map_err(&malformed)?);
        }
        let extensions = tbs.extensions.unwrap_or_default();
        let is_nonce = |e: &&Extension| e.extn_id == ID_PKIX_OCSP_NONCE;
        if extensions.iter().any(|e| e.critical && !is_nonce(&e)) {
            return Err(refuse("a critical extension is not known"));
        }
        let mut nonces = extensions.iter().filter(is_nonce);
        let nonce = nonces.next().map(Nonce::read).transpose();
        let nonce = nonce.map_err(|_| refuse("the nonce must have from 1 to 128 bytes"))?;
        match nonces.next() {
            Some(_) => Err(refuse("there are two nonces")),
            None => Ok(Self { cert_ids, nonce }),
        }
    }

    /// DER of the request, without a signature.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when it is too long to be encoded.
    pub fn to_der(&self) -> Result<Vec<u8>, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let ids = self.cert_ids.iter().map(|id| AnyRef::from_der(&id.der));
        let ids: Vec<_> = ids.collect::<Result<_, _>>().map_err(&malformed)?;
        let nonce = self.nonce.as_ref().map(Nonce::extension).transpose()?;
        let single = |cert_id| Single {
            cert_id,
            extensions: None,
        };
        RequestValue {
            tbs: Tbs {
                version: 0,
                requestor: None,
                requests: ids.into_iter().map(single).collect(),
                extensions: nonce.map(|nonce| vec![nonce]),
            },
            signature: None,
        }
        .to_der()
        .map_err(&malformed)
    }

    /// What is asked about, at least one.
    pub fn cert_ids(&self) -> &[CertId] {
        &self.cert_ids
    }

    /// What the answer must repeat.
    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }
}

/// `OCSPRequest`.
#[derive(Sequence)]
struct RequestValue<'a> {
    tbs: Tbs<'a>,
    #[asn1(context_specific = "0", optional = "true")]
    signature: Option<AnyRef<'a>>,
}

/// `TBSRequest`.
#[derive(Sequence)]
struct Tbs<'a> {
    #[asn1(context_specific = "0", default = "Default::default")]
    version: u8,
    #[asn1(context_specific = "1", optional = "true")]
    requestor: Option<AnyRef<'a>>,
    requests: Vec<Single<'a>>,
    #[asn1(context_specific = "2", optional = "true")]
    extensions: Option<Vec<Extension>>,
}

/// `Request`.
#[derive(Sequence)]
struct Single<'a> {
    cert_id: AnyRef<'a>,
    #[asn1(context_specific = "0", optional = "true")]
    extensions: Option<Vec<Extension>>,
}
