//! Signing requests, PKCS#10 (RFC 2986).

use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm, KeyFamily, SignatureAlgorithm, Signer, sm2};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::ID_EXTENSION_REQ;
use der::asn1::{AnyRef, ContextSpecific, SetOfVec};
use der::{Decode, Encode, Reader, Sequence, SliceReader, TagMode, TagNumber};
use x509_cert::attr::Attribute;
use x509_cert::ext::Extension;

use crate::asn1::Signed;
use crate::certificate::{check_signature, signature_name};
use crate::constraints::NameConstraints;
use crate::error::PkiError;
use crate::extension;
use crate::name::{DistinguishedName, grammar};
use crate::requested::Requested;
use crate::san::SubjectAltName;
use crate::usage::{KeyUsage, Purpose};

/// A signing request whose signature was made with the key it asks a certificate for.
#[derive(Clone)]
pub struct SigningRequest {
    der: Vec<u8>,
    subject_der: Vec<u8>,
    subject: DistinguishedName,
    subject_emails: Vec<String>,
    public_key_der: Vec<u8>,
    key_algorithm: KeyAlgorithm,
    signature_oid: ObjectIdentifier,
    requested: Requested,
}

const WHAT: &str = "signing request";
const LABEL: &str = "CERTIFICATE REQUEST";
/// What older programs write.
const OLD_LABEL: &str = "NEW CERTIFICATE REQUEST";
/// Microsoft's number of the attribute extensionRequest (szOID_CERT_EXTENSIONS).
const MICROSOFT_EXTENSION_REQ: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14");

impl SigningRequest {
    /// Reads a PEM text with exactly one block, `CERTIFICATE REQUEST` (or `NEW CERTIFICATE
    /// REQUEST`), and verifies it.
    ///
    /// # Errors
    /// [`PkiError::Pem`], [`PkiError::Blocks`], or as [`SigningRequest::parse_der`].
    pub fn parse_pem(text: &str) -> Result<Self, PkiError> {
        match pem::parse(text)?.as_slice() {
            [block] if [LABEL, OLD_LABEL].contains(&block.label.as_str()) => {
                Self::parse_der(&block.der)
            }
            blocks => Err(PkiError::blocks(LABEL, blocks)),
        }
    }

    /// Reads DER and verifies the proof of possession: the signature by the key inside. One by an
    /// SM2 key may be over the default user id or over none. What it asks for is judged too, as far as
    /// that does not depend on what it is to become.
    ///
    /// # Errors
    /// [`PkiError::Malformed`]; [`PkiError::Field`] for a subject that breaks its grammar, and for an
    /// extension that limits a certificate and is not kept; [`PkiError::Key`] for a weak or unknown key;
    /// [`PkiError::UnsupportedSignature`] for a signature over SHA-1 and the like;
    /// [`PkiError::BadSignature`] when the signature is not by that key.
    pub fn parse_der(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let signed = Signed::from_der(der).map_err(&malformed)?;
        let info = Info::read(signed.content).map_err(&malformed)?;
        let extensions = info.extensions()?;
        let subject = grammar::check(info.subject)?;
        let request = Self {
            der: der.to_vec(),
            subject: DistinguishedName::from_der(&subject.der)?,
            subject_der: subject.der,
            subject_emails: subject.emails,
            public_key_der: info.public_key.to_vec(),
            key_algorithm: KeyAlgorithm::of_public_key(info.public_key)?,
            signature_oid: signed.algorithm.oid,
            requested: Requested::read(&extensions, info.public_key)?,
        };
        request.check_proof(signed.content, signed.signature)?;
        Ok(request)
    }

    /// Verifies that the signature is by the key inside. With SM2 a user id is signed too. It
    /// should be the default one (GM/T 0009 section 10); OpenSSL takes the empty one unless it is
    /// told another, and cannot say so in the request.
    fn check_proof(&self, content: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        let key = &self.public_key_der;
        let algorithm = SignatureAlgorithm::from_oid(self.signature_oid);
        let is_sm2 = algorithm.is_some_and(|algorithm| algorithm.family() == KeyFamily::Sm2);
        match check_signature(self.signature_oid, key, content, signature) {
            Err(PkiError::BadSignature) if is_sm2 => {
                sm2::verify_with_id(key, b"", content, signature)
                    .map_err(|_| PkiError::BadSignature)
            }
            checked => checked,
        }
    }

    /// Makes a request for a certificate of the signer's key; gives DER.
    ///
    /// # Errors
    /// [`PkiError::Field`] for a name that cannot be written, [`PkiError::Key`] when signing
    /// fails.
    pub fn create(
        signer: &dyn Signer,
        hash: HashAlgorithm,
        subject: &DistinguishedName,
        sans: &[SubjectAltName],
    ) -> Result<Vec<u8>, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let algorithm = SignatureAlgorithm::new(signer.algorithm().family(), hash)
            .ok_or_else(|| PkiError::UnsupportedSignature(hash.name().to_owned()))?;
        let subject = subject.to_der()?;
        let subject = AnyRef::from_der(&subject).map_err(&malformed)?;
        let extensions = extension::build_requested(sans, subject.value().is_empty())?;
        let info = InfoOwned {
            version: 0,
            subject,
            public_key: AnyRef::from_der(signer.public_key_der()).map_err(&malformed)?,
            attributes: ContextSpecific {
                tag_number: TagNumber(0),
                tag_mode: TagMode::Implicit,
                value: attributes(&extensions).map_err(&malformed)?,
            },
        };
        let info = info.to_der().map_err(&malformed)?;
        let signature = signer.sign(hash, &info)?;
        Signed::to_der(&info, &algorithm.identifier_der(), &signature).map_err(&malformed)
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The PEM block of a request, given as DER.
    pub fn pem_of(der: &[u8], ending: LineEnding) -> String {
        pem::encode(LABEL, der, ending)
    }

    /// The six known attributes of the subject.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// DER of the subject's Name, with all its attributes: the request's, with values of older string
    /// types as UTF8Strings.
    pub fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    /// The e-mail addresses in the subject, which belong among the alternative names too (RFC 5280
    /// section 4.1.2.6).
    pub fn subject_emails(&self) -> &[String] {
        &self.subject_emails
    }

    /// DER of the SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    /// The public key as a PEM block `PUBLIC KEY`.
    pub fn public_key_pem(&self, ending: LineEnding) -> String {
        pem::encode("PUBLIC KEY", &self.public_key_der, ending)
    }

    /// What kind of key it is.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// The signature algorithm in the style of Java, such as `SHA256withRSA`.
    pub fn signature_algorithm_jca(&self) -> String {
        signature_name(self.signature_oid)
    }

    /// The alternative names it asks for, each once.
    pub fn sans(&self) -> &[SubjectAltName] {
        &self.requested.sans
    }

    /// The key usages it asks for; empty if it does not.
    pub fn key_usages(&self) -> &[KeyUsage] {
        &self.requested.key_usages
    }

    /// Whether it asks for a CA, and for how many CAs below that; none if it says nothing.
    pub fn basic_constraints(&self) -> Option<(bool, Option<u32>)> {
        self.requested.basic_constraints
    }

    /// The name constraints it asks for.
    ///
    /// # Errors
    /// As [`NameConstraints::from_der`].
    pub fn name_constraints(&self) -> Result<Option<NameConstraints>, PkiError> {
        let der = self.requested.name_constraints.as_deref();
        der.map(NameConstraints::from_der).transpose()
    }

    /// The purposes it asks for.
    pub fn extended_key_usages(&self) -> &[Purpose] {
        &self.requested.purposes
    }

    /// The TLS features it asks for (RFC 7633).
    pub fn tls_features(&self) -> &[u16] {
        &self.requested.tls_features
    }

    /// What it asks for and no certificate gets, each in a few words, such as `certificatePolicies`.
    pub fn left_out(&self) -> &[String] {
        &self.requested.left_out
    }
}

impl std::fmt::Debug for SigningRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subject = crate::name::display(&self.subject_der);
        write!(
            f,
            "SigningRequest({subject}, {})",
            self.key_algorithm.name()
        )
    }
}

/// `CertificationRequestInfo` (RFC 2986 section 4.1), raw.
struct Info<'a> {
    subject: &'a [u8],
    public_key: &'a [u8],
    /// The attributes, one after the other; empty also where the field is missing, which some
    /// programs do.
    attributes: &'a [u8],
}

impl<'a> Info<'a> {
    fn read(der: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(der)?;
        reader.sequence(|info| {
            u8::decode(info)?; // version; no other than v1 exists
            Ok(Self {
                subject: info.tlv_bytes()?,
                public_key: info.tlv_bytes()?,
                attributes: match info.is_finished() {
                    true => &[],
                    false => attribute_list(AnyRef::decode(info)?)?,
                },
            })
        })
    }

    /// The extensions of the attribute extensionRequest (RFC 2985 section 5.4.2), under either of its
    /// numbers.
    fn extensions(&self) -> Result<Vec<Extension>, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let mut found = None;
        // Not read as a SET OF: programs do not sort it, and the order does not matter.
        let mut reader = SliceReader::new(self.attributes).map_err(&malformed)?;
        while !reader.is_finished() {
            let attribute = AnyRef::decode(&mut reader).map_err(&malformed)?;
            let read = attribute.sequence(|attribute| {
                let oid = ObjectIdentifier::decode(attribute)?;
                Ok::<_, der::Error>((oid, AnyRef::decode(attribute)?))
            });
            let (oid, values) = read.map_err(&malformed)?;
            if oid == ID_EXTENSION_REQ || oid == MICROSOFT_EXTENSION_REQ {
                let extensions = Vec::from_der(values.value()).map_err(&malformed)?;
                if found.replace(extensions).is_some() {
                    let reason = "must be asked for by one attribute extensionRequest";
                    return Err(PkiError::field("extensions", reason));
                }
            }
        }
        Ok(found.unwrap_or_default())
    }
}

fn attribute_list(field: AnyRef<'_>) -> der::Result<&[u8]> {
    use der::Tagged;
    let expected = TagNumber(0).context_specific(true);
    field.tag().assert_eq(expected)?;
    Ok(field.value())
}

#[derive(Sequence)]
struct InfoOwned<'a> {
    version: u8,
    subject: AnyRef<'a>,
    public_key: AnyRef<'a>,
    attributes: ContextSpecific<SetOfVec<Attribute>>,
}

fn attributes(extensions: &Vec<Extension>) -> der::Result<SetOfVec<Attribute>> {
    let mut attributes = SetOfVec::new();
    if !extensions.is_empty() {
        let mut values = SetOfVec::new();
        values.insert(der::Any::encode_from(extensions)?)?;
        attributes.insert(Attribute {
            oid: ID_EXTENSION_REQ,
            values,
        })?;
    }
    Ok(attributes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_crypto::PrivateKey;
    use der::Any;

    use super::*;
    use crate::extension::{TLS_FEATURE, raw_extension};

    /// A request with these attributes, whose values are extensions.
    fn request(
        attributes: &[(ObjectIdentifier, &[Extension])],
    ) -> Result<SigningRequest, PkiError> {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        let subject = DistinguishedName::common("x").to_der().unwrap();
        let mut set = SetOfVec::new();
        for (oid, extensions) in attributes {
            let mut values = SetOfVec::new();
            let value = Any::encode_from(&extensions.to_vec()).unwrap();
            values.insert(value).unwrap();
            set.insert(Attribute { oid: *oid, values }).unwrap();
        }
        let info = InfoOwned {
            version: 0,
            subject: AnyRef::from_der(&subject).unwrap(),
            public_key: AnyRef::from_der(key.public_key_der()).unwrap(),
            attributes: ContextSpecific {
                tag_number: TagNumber(0),
                tag_mode: TagMode::Implicit,
                value: set,
            },
        };
        let info = info.to_der().unwrap();
        let signature = key.sign(HashAlgorithm::Sha256, &info).unwrap();
        let algorithm = SignatureAlgorithm::new(KeyFamily::Ec, HashAlgorithm::Sha256).unwrap();
        let der = Signed::to_der(&info, &algorithm.identifier_der(), &signature).unwrap();
        SigningRequest::parse_der(&der)
    }

    #[test]
    fn extensions_are_asked_for_once_under_either_number() {
        let staple = raw_extension(TLS_FEATURE, false, b"\x30\x03\x02\x01\x05").unwrap();
        let staple = std::slice::from_ref(&staple);
        for oid in [ID_EXTENSION_REQ, MICROSOFT_EXTENSION_REQ] {
            assert_eq!(request(&[(oid, staple)]).unwrap().tls_features(), [5]);
        }
        let both = [
            (ID_EXTENSION_REQ, staple),
            (MICROSOFT_EXTENSION_REQ, &[][..]),
        ];
        let refused = request(&both).unwrap_err().to_string();
        assert!(
            refused.contains("by one attribute extensionRequest"),
            "{refused}"
        );
        assert!(request(&[]).unwrap().tls_features().is_empty());
    }
}
