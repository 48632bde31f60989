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
use crate::extension::{self, Known};
use crate::name::DistinguishedName;
use crate::san::SubjectAltName;
use crate::usage::{ExtendedKeyUsage, KeyUsage};

/// A signing request whose signature was made with the key it asks a certificate for.
#[derive(Clone)]
pub struct SigningRequest {
    der: Vec<u8>,
    subject_der: Vec<u8>,
    subject: DistinguishedName,
    public_key_der: Vec<u8>,
    key_algorithm: KeyAlgorithm,
    signature_oid: ObjectIdentifier,
    known: Known,
}

const WHAT: &str = "signing request";
const LABEL: &str = "CERTIFICATE REQUEST";
/// What older programs write.
const OLD_LABEL: &str = "NEW CERTIFICATE REQUEST";

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
    /// SM2 key may be over the default user id or over none.
    ///
    /// # Errors
    /// [`PkiError::Malformed`]; [`PkiError::Key`] for a weak or unknown key;
    /// [`PkiError::UnsupportedSignature`] for a signature over SHA-1 and the like;
    /// [`PkiError::BadSignature`] when the signature is not by that key.
    pub fn parse_der(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed(WHAT);
        let signed = Signed::from_der(der).map_err(&malformed)?;
        let info = Info::read(signed.content).map_err(&malformed)?;
        let extensions = info.extensions().map_err(&malformed)?;
        let request = Self {
            der: der.to_vec(),
            subject: DistinguishedName::from_der(info.subject)?,
            subject_der: info.subject.to_vec(),
            public_key_der: info.public_key.to_vec(),
            key_algorithm: KeyAlgorithm::of_public_key(info.public_key)?,
            signature_oid: signed.algorithm.oid,
            known: Known::read(&extensions).map_err(&malformed)?,
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

    /// DER of the subject's Name, with all its attributes.
    pub fn subject_der(&self) -> &[u8] {
        &self.subject_der
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

    /// The alternative names it asks for.
    pub fn sans(&self) -> &[SubjectAltName] {
        self.known.sans.as_deref().unwrap_or_default()
    }

    /// The key usages it asks for; empty if it does not.
    pub fn key_usages(&self) -> &[KeyUsage] {
        self.known.key_usages.as_deref().unwrap_or_default()
    }

    /// The name constraints it asks for.
    ///
    /// # Errors
    /// As [`NameConstraints::from_der`].
    pub fn name_constraints(&self) -> Result<Option<NameConstraints>, PkiError> {
        self.known.constraints()
    }

    /// The purposes it asks for, as far as they have a name here.
    pub fn extended_key_usages(&self) -> Vec<ExtendedKeyUsage> {
        self.known.named_purposes()
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

    /// The extensions of the attribute extensionRequest (RFC 2985 section 5.4.2).
    fn extensions(&self) -> der::Result<Vec<Extension>> {
        // Not read as a SET OF: programs do not sort it, and the order does not matter.
        let mut reader = SliceReader::new(self.attributes)?;
        while !reader.is_finished() {
            let attribute = AnyRef::decode(&mut reader)?;
            let (oid, values) = attribute.sequence(|attribute| {
                let oid = ObjectIdentifier::decode(attribute)?;
                Ok::<_, der::Error>((oid, AnyRef::decode(attribute)?))
            })?;
            if oid == ID_EXTENSION_REQ {
                return Vec::from_der(values.value());
            }
        }
        Ok(Vec::new())
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
