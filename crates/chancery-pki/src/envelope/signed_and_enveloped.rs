//! GM/T 0010 `SignedAndEnvelopedData`, in the form in which CAs give out encryption keys.
//!
//! ```text
//! ContentInfo { signedAndEnvelopedData, [0] EXPLICIT SignedAndEnvelopedData }
//! SignedAndEnvelopedData ::= SEQUENCE {
//!     version INTEGER (1),
//!     recipientInfos SET OF RecipientInfo,
//!     digestAlgorithms SET OF AlgorithmIdentifier,        -- SM3
//!     encryptedContentInfo SEQUENCE { data, SM4, [0] IMPLICIT OCTET STRING },
//!     certificates [0] IMPLICIT SET OF Certificate OPTIONAL,
//!     crls [1] IMPLICIT SET OF CertificateRevocationList OPTIONAL,
//!     signerInfos SET OF SignerInfo }
//! ```
//!
//! The content is 64 bytes, 32 zeros and the scalar, and the signature is over these 64 bytes:
//! programs that open such envelopes take the second half without looking.

use chancery_crypto::random::Random;
use chancery_crypto::{HashAlgorithm, KeyError, PrivateKey, Signer, verify};
use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, TagNumber};
use spki::AlgorithmIdentifierRef;
use zeroize::Zeroizing;

use super::{SCALAR, SM4, SM4_ECB, key_of, scalar_of, seal, tlv, unseal};
use crate::certificate::Certificate;
use crate::error::PkiError;

const WHAT: &str = "SignedAndEnvelopedData";

const SIGNED_AND_ENVELOPED: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.156.10197.6.1.4.2.4");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.6.1.4.2.1");
const SM2_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301.3");
const SM2_SIGNATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301.1");
const SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");

#[derive(Sequence)]
struct RecipientInfo<'a> {
    version: u8,
    id: AnyRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    key: &'a OctetStringRef,
}

#[derive(Sequence)]
struct EncryptedContent<'a> {
    kind: ObjectIdentifier,
    algorithm: AlgorithmIdentifierRef<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    content: &'a OctetStringRef,
}

#[derive(Sequence)]
struct SignerInfo<'a> {
    version: u8,
    id: AnyRef<'a>,
    digest: AlgorithmIdentifierRef<'a>,
    algorithm: AlgorithmIdentifierRef<'a>,
    signature: &'a OctetStringRef,
}

#[derive(Sequence)]
struct IssuerAndSerial<'a> {
    issuer: AnyRef<'a>,
    serial: AnyRef<'a>,
}

/// DER of the envelope that gives `key` to the holder of the signing certificate `recipient`,
/// signed by the CA.
///
/// # Errors
/// [`PkiError::Key`] when one of the keys is no SM2 key; [`PkiError::WrongSigner`] when the signer
/// is not the CA's.
pub fn signed_and_enveloped(
    key: &PrivateKey,
    recipient: &Certificate,
    ca: &Certificate,
    signer: &dyn Signer,
    random: &dyn Random,
) -> Result<Vec<u8>, PkiError> {
    if signer.public_key_der() != ca.public_key_der() {
        return Err(PkiError::WrongSigner);
    }
    let mut content = Zeroizing::new([0; 2 * SCALAR]);
    content[SCALAR..].copy_from_slice(scalar_of(key)?.as_slice());
    let sealed = seal(content.as_slice(), recipient.public_key_der(), random)?;
    let signature = signer.sign(HashAlgorithm::Sm3, content.as_slice())?;
    write(&sealed.key, &sealed.content, &signature, recipient, ca)
        .map_err(PkiError::malformed(WHAT))
}

fn write(
    sealed_key: &[u8],
    content: &[u8],
    signature: &[u8],
    recipient: &Certificate,
    ca: &Certificate,
) -> der::Result<Vec<u8>> {
    let plain = |oid| AlgorithmIdentifierRef {
        oid,
        parameters: None,
    };
    let (to, from) = (identifier(recipient)?, identifier(ca)?);
    let recipient = RecipientInfo {
        version: 1,
        id: AnyRef::from_der(&to)?,
        algorithm: plain(SM2_ENCRYPTION),
        key: OctetStringRef::new(sealed_key)?,
    };
    let content = EncryptedContent {
        kind: DATA,
        algorithm: plain(SM4),
        content: OctetStringRef::new(content)?,
    };
    let signer = SignerInfo {
        version: 1,
        id: AnyRef::from_der(&from)?,
        digest: plain(SM3),
        algorithm: plain(SM2_SIGNATURE),
        signature: OctetStringRef::new(signature)?,
    };
    let data = [
        1u8.to_der()?,
        tlv(Tag::Set, &recipient.to_der()?)?,
        tlv(Tag::Set, &plain(SM3).to_der()?)?,
        content.to_der()?,
        tlv(constructed(0), ca.der())?,
        tlv(Tag::Set, &signer.to_der()?)?,
    ];
    let data = tlv(Tag::Sequence, &data.concat())?;
    let info = [SIGNED_AND_ENVELOPED.to_der()?, tlv(constructed(0), &data)?];
    tlv(Tag::Sequence, &info.concat())
}

/// The key in an envelope for `recipient`, which the holder of `signer` signed.
///
/// # Errors
/// [`PkiError::Malformed`] when the bytes are no such envelope; [`PkiError::Key`] when it is for
/// another recipient; [`PkiError::BadSignature`] when another has signed it.
pub fn open_signed_and_enveloped(
    der: &[u8],
    recipient: &PrivateKey,
    signer: &Certificate,
) -> Result<PrivateKey, PkiError> {
    let parts = Parts::read(der).map_err(PkiError::malformed(WHAT))?;
    let to = RecipientInfo::from_der(parts.recipient).map_err(PkiError::malformed(WHAT))?;
    let from = SignerInfo::from_der(parts.signer).map_err(PkiError::malformed(WHAT))?;
    let content = &parts.content;
    for (oid, allowed) in [
        (content.kind, &[DATA][..]),
        (content.algorithm.oid, &[SM4, SM4_ECB]),
        (to.algorithm.oid, &[SM2_ENCRYPTION]),
        (from.digest.oid, &[SM3]),
        (from.algorithm.oid, &[SM2_SIGNATURE]),
    ] {
        if !allowed.contains(&oid) {
            return Err(KeyError::UnsupportedAlgorithm(oid.to_string()).into());
        }
    }
    let opened = unseal(recipient, to.key.as_bytes(), content.content.as_bytes())?;
    let signature = from.signature.as_bytes();
    verify(
        signer.public_key_der(),
        HashAlgorithm::Sm3,
        &opened,
        signature,
    )
    .map_err(|_| PkiError::BadSignature)?;
    key_of(&opened)
}

/// What matters of an envelope with one recipient and one signer.
struct Parts<'a> {
    recipient: &'a [u8],
    content: EncryptedContent<'a>,
    signer: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Reads an envelope, with or without the ContentInfo around it.
    fn read(der: &'a [u8]) -> der::Result<Self> {
        let outer = content_of(der, Tag::Sequence)?;
        let mut reader = SliceReader::new(outer)?;
        if Tag::peek(&reader)? != Tag::ObjectIdentifier {
            return Self::read_data(outer);
        }
        if ObjectIdentifier::decode(&mut reader)? != SIGNED_AND_ENVELOPED {
            return Err(Tag::ObjectIdentifier.value_error().into());
        }
        let data = content_of(reader.tlv_bytes()?, constructed(0))?;
        reader.finish()?;
        Self::read_data(content_of(data, Tag::Sequence)?)
    }

    fn read_data(data: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(data)?;
        if u8::decode(&mut reader)? > 1 {
            return Err(Tag::Integer.value_error().into());
        }
        let recipient = content_of(reader.tlv_bytes()?, Tag::Set)?;
        content_of(reader.tlv_bytes()?, Tag::Set)?; // the hash is named again by the signer
        let content = EncryptedContent::decode(&mut reader)?;
        for optional in [constructed(0), constructed(1)] {
            if Tag::peek(&reader)? == optional {
                content_of(reader.tlv_bytes()?, optional)?;
            }
        }
        let signer = content_of(reader.tlv_bytes()?, Tag::Set)?;
        reader.finish()?;
        Ok(Self {
            recipient,
            content,
            signer,
        })
    }
}

/// The content of one value with this tag, and nothing after it.
fn content_of(der: &[u8], tag: Tag) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(der)?;
    let header = der::Header::decode(&mut reader)?;
    header.tag().assert_eq(tag)?;
    let content = reader.read_slice(header.length())?;
    reader.finish()?;
    Ok(content)
}

/// DER of the IssuerAndSerialNumber of a certificate.
fn identifier(certificate: &Certificate) -> der::Result<Vec<u8>> {
    let serial = certificate.serial().to_integer();
    IssuerAndSerial {
        issuer: AnyRef::from_der(certificate.issuer_der())?,
        serial: AnyRef::new(Tag::Integer, &serial)?,
    }
    .to_der()
}

const fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}
