//! The ASN.1 of certificates (RFC 5280 section 4.1), for reading and for writing.
//!
//! Names and keys stay raw: an issuer's name must be copied to the byte (section 7.1 compares
//! names), and a signature covers the bytes as they came, not as they would be written again.

use der::asn1::{AnyRef, BitStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader};
use spki::AlgorithmIdentifierRef;
use x509_cert::ext::Extension;
use x509_cert::time::Time;

/// `Version ::= INTEGER { v1(0), v2(1), v3(2) }`
pub(crate) const V3: u8 = 2;

/// `TBSCertificate`: what is signed.
#[derive(Debug, Sequence)]
pub(crate) struct Tbs<'a> {
    #[asn1(context_specific = "0", default = "Default::default")]
    pub(crate) version: u8,
    /// An INTEGER, raw: other issuers' serials may be negative or padded.
    pub(crate) serial: AnyRef<'a>,
    pub(crate) signature: AlgorithmIdentifierRef<'a>,
    pub(crate) issuer: AnyRef<'a>,
    pub(crate) validity: Period,
    pub(crate) subject: AnyRef<'a>,
    pub(crate) public_key: AnyRef<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub(crate) issuer_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    pub(crate) subject_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", optional = "true")]
    pub(crate) extensions: Option<Vec<Extension>>,
}

/// `Validity`, keeping which of the two encodings of time was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Sequence)]
pub(crate) struct Period {
    pub(crate) not_before: Time,
    pub(crate) not_after: Time,
}

/// The outer form that certificates and signing requests share: `SEQUENCE { toBeSigned,
/// AlgorithmIdentifier, BIT STRING }`.
pub(crate) struct Signed<'a> {
    /// The bytes that the signature covers.
    pub(crate) content: &'a [u8],
    pub(crate) algorithm: AlgorithmIdentifierRef<'a>,
    pub(crate) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    pub(crate) fn from_der(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        let signed = reader.sequence(|outer| {
            let content = outer.tlv_bytes()?;
            let algorithm = AlgorithmIdentifierRef::decode(outer)?;
            let signature = BitStringRef::decode(outer)?;
            let signature = signature
                .as_bytes()
                .ok_or_else(|| der::Tag::BitString.value_error())?;
            Ok::<_, der::Error>(Self {
                content,
                algorithm,
                signature,
            })
        })?;
        reader.finish()?;
        Ok(signed)
    }

    /// Puts content and signature together.
    pub(crate) fn to_der(
        content: &[u8],
        algorithm_der: &[u8],
        signature: &[u8],
    ) -> der::Result<Vec<u8>> {
        SignedOwned {
            content: AnyRef::from_der(content)?,
            algorithm: AnyRef::from_der(algorithm_der)?,
            signature: BitStringRef::from_bytes(signature)?,
        }
        .to_der()
    }
}

#[derive(Sequence)]
struct SignedOwned<'a> {
    content: AnyRef<'a>,
    algorithm: AnyRef<'a>,
    signature: BitStringRef<'a>,
}
