//! What a certificate is to be, before it is one.

use chancery_crypto::{HashAlgorithm, KeyAlgorithm, SignatureAlgorithm};
use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode, Encode, Tag};
use spki::AlgorithmIdentifierRef;

use crate::asn1::{Tbs, V3};
use crate::certificate::Certificate;
use crate::constraints::{self, NameConstraints};
use crate::error::PkiError;
use crate::extension::{self, key_id};
use crate::issue::Unsigned;
use crate::name::DistinguishedName;
use crate::san::SubjectAltName;
use crate::serial::SerialNumber;
use crate::usage::{KeyUsage, Purpose};
use crate::validity::Validity;

/// The longest text of a customized extension, in bytes.
const CUSTOMIZED_LIMIT: usize = 1024;

/// Everything that a certificate says about its subject. Identifiers of keys are not here: they
/// follow from the key and the issuer.
#[derive(Debug, Clone)]
pub struct Template {
    /// Who the certificate is for.
    pub subject: Subject,
    /// DER of the subject's SubjectPublicKeyInfo.
    pub public_key_der: Vec<u8>,
    /// When it is valid.
    pub validity: Validity,
    /// Its number, unique for the issuer.
    pub serial: SerialNumber,
    /// The rest.
    pub extensions: Extensions,
}

/// What a certificate is for: it is linted as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A CA that signs its own certificate.
    RootCa,
    /// A CA below another, whose key is here.
    SubordinateCa,
    /// A CA below another, whose key is elsewhere: made for a signing request. It may have name
    /// constraints, which the request asks for.
    IntermediateCa,
    /// Whatever is no CA and has no SM2 key: servers, clients, people, programs.
    Entity,
    /// The half of an SM2 pair that signs.
    Sm2Signing,
    /// The half of an SM2 pair that keys are encrypted to.
    Sm2Encryption,
    /// Answers OCSP requests for the CA that issues it.
    OcspResponder,
}

impl Profile {
    /// Every profile.
    pub const ALL: &[Self] = &[
        Self::RootCa,
        Self::SubordinateCa,
        Self::IntermediateCa,
        Self::Entity,
        Self::Sm2Signing,
        Self::Sm2Encryption,
        Self::OcspResponder,
    ];

    /// What signs with such a key, and is no CA.
    pub fn of_signer(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::Sm2 => Self::Sm2Signing,
            _ => Self::Entity,
        }
    }

    /// The name of the rule that is broken when a certificate is not of the profile.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RootCa => "is_a_root_ca",
            Self::SubordinateCa => "is_a_subordinate_ca",
            Self::IntermediateCa => "is_an_intermediate_ca",
            Self::Entity => "is_an_end_entity",
            Self::Sm2Signing => "is_an_sm2_signing_certificate",
            Self::Sm2Encryption => "is_an_sm2_encryption_certificate",
            Self::OcspResponder => "is_an_ocsp_responder",
        }
    }

    /// What messages call it.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::RootCa => "a root CA",
            Self::SubordinateCa => "a subordinate CA",
            Self::IntermediateCa => "an intermediate CA",
            Self::Entity => "an end entity",
            Self::Sm2Signing => "an SM2 signing certificate",
            Self::Sm2Encryption => "an SM2 encryption certificate",
            Self::OcspResponder => "an OCSP responder",
        }
    }
}

/// The subject's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Made from the six known attributes.
    Name(DistinguishedName),
    /// DER of a Name, taken as it is: from a signing request, with whatever attributes it has.
    Der(Vec<u8>),
}

impl From<DistinguishedName> for Subject {
    fn from(name: DistinguishedName) -> Self {
        Self::Name(name)
    }
}

impl Subject {
    fn to_der(&self) -> Result<Vec<u8>, PkiError> {
        match self {
            Subject::Name(name) => name.to_der(),
            Subject::Der(der) => Ok(der.clone()),
        }
    }
}

/// The extensions of a certificate. Empty lists leave their extension out.
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    /// Whether it is a CA; always written, and critical.
    pub basic_constraints: BasicConstraints,
    /// Which names it may certify; critical, and only for CAs.
    pub name_constraints: Option<NameConstraints>,
    /// What the key may do; critical.
    pub key_usages: Vec<KeyUsage>,
    /// What for.
    pub extended_key_usages: Vec<Purpose>,
    /// Further names; critical if there is no other name.
    pub sans: Vec<SubjectAltName>,
    /// Extensions of TLS that a server with this certificate must serve (RFC 7633), by their numbers: 5
    /// asks for a stapled OCSP response.
    pub tls_features: Vec<u16>,
    /// Extensions of private arcs, not critical.
    pub customized: Vec<CustomizedExtension>,
    /// URIs of the issuer's CRL.
    pub crl_distribution_points: Vec<String>,
    /// URIs of the issuer.
    pub authority_info: AuthorityInfo,
    /// Lets the key answer OCSP requests for the issuer (RFC 6960 section 4.2.2.2): writes the
    /// purpose OCSPSigning, and the extension id-pkix-ocsp-nocheck, since who would ask about a
    /// responder would ask the responder. The purpose is no [`Purpose`], so that no
    /// subscriber can ask for it.
    pub ocsp_responder: bool,
}

/// Whether the subject is a certificate authority (RFC 5280 section 4.2.1.9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BasicConstraints {
    /// May sign certificates.
    pub ca: bool,
    /// How many CAs may follow below; none for no limit. Only for CAs.
    pub path_len: Option<u32>,
}

/// Where to find the issuer (RFC 5280 section 4.2.2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorityInfo {
    /// URIs of the issuer's certificate.
    pub ca_issuers: Vec<String>,
    /// URIs of the issuer's OCSP responder.
    pub ocsp: Vec<String>,
}

/// An extension of a private arc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomizedExtension {
    /// Dotted decimal, outside of the arcs of the standard extensions.
    pub object_identifier: String,
    /// DER of the value.
    pub value_der: Vec<u8>,
}

impl CustomizedExtension {
    /// That a certificate can hold it, which [`Template::prepare`] asks again.
    ///
    /// # Errors
    /// [`PkiError::Field`] for an object identifier that is none, or a standard extension's.
    pub fn check(&self) -> Result<(), PkiError> {
        extension::customized_extension(self).map(drop)
    }

    /// An extension whose value is a text, encoded as UTF8String.
    ///
    /// # Errors
    /// [`PkiError::Field`] when the text is longer than 1,024 bytes.
    pub fn text(object_identifier: &str, text: &str) -> Result<Self, PkiError> {
        let too_long =
            || PkiError::field("customized_extension.value", "must have at most 1024 bytes");
        if text.len() > CUSTOMIZED_LIMIT {
            return Err(too_long());
        }
        let value_der = text.to_der().map_err(|_| too_long())?;
        Ok(Self {
            object_identifier: object_identifier.to_owned(),
            value_der,
        })
    }
}

/// Who signs: what of the issuer goes into the certificates it issues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// DER of its Name, copied to the byte.
    pub name: Vec<u8>,
    /// Its key identifier.
    pub key_id: Vec<u8>,
    /// What kind of key it signs with.
    pub algorithm: KeyAlgorithm,
    /// DER of its SubjectPublicKeyInfo.
    pub public_key_der: Vec<u8>,
    /// How many CAs may follow below it; none for no limit.
    pub path_len: Option<u32>,
    /// Its own name constraints and those of the CAs above it; all of them bind.
    pub name_constraints: Vec<NameConstraints>,
    /// What all that it issues is limited to, by itself and the CAs above it; none without a limit.
    pub(crate) purposes: Option<Vec<ObjectIdentifier>>,
}

impl Issuer {
    /// The issuer with this certificate.
    ///
    /// # Errors
    /// [`PkiError::NotAnAuthority`] when the certificate may not sign others,
    /// [`PkiError::Key`] when its key is of an unknown kind, [`PkiError::Malformed`] for name
    /// constraints as [`NameConstraints::from_der`].
    pub fn of(certificate: &Certificate) -> Result<Self, PkiError> {
        certificate.check_authority()?;
        let key_id = match certificate.ski() {
            Some(id) => id.to_vec(),
            None => key_id(certificate.public_key_der())?,
        };
        Ok(Self {
            name: certificate.subject_der().to_vec(),
            key_id,
            algorithm: certificate.key_algorithm()?,
            public_key_der: certificate.public_key_der().to_vec(),
            path_len: certificate.path_len(),
            name_constraints: certificate.name_constraints()?.into_iter().collect(),
            purposes: certificate.purposes().map(<[_]>::to_vec),
        })
    }

    /// The issuer below these CAs, whose name constraints and purposes bind what it issues.
    ///
    /// # Errors
    /// As [`NameConstraints::from_der`].
    pub fn below(mut self, above: &[Certificate]) -> Result<Self, PkiError> {
        for certificate in above {
            self.name_constraints
                .extend(certificate.name_constraints()?);
            if let Some(limit) = certificate.purposes() {
                let own = self.purposes.get_or_insert_with(|| limit.to_vec());
                own.retain(|purpose| limit.contains(purpose));
            }
        }
        Ok(self)
    }

    /// That its name constraints, and those above it, allow the names of a certificate. `is_ca`
    /// is for CAs, whose common name is no host's.
    ///
    /// # Errors
    /// [`PkiError::NameNotAllowed`], which tells the name; [`PkiError::Field`] or
    /// [`PkiError::Malformed`] for a subject that cannot be judged.
    pub fn check_names(
        &self,
        subject: &Subject,
        sans: &[SubjectAltName],
        is_ca: bool,
    ) -> Result<(), PkiError> {
        constraints::check(&self.name_constraints, &subject.to_der()?, sans, is_ca)
    }

    /// That its purposes, and those above it, allow each of these.
    ///
    /// # Errors
    /// [`PkiError::PurposeNotAllowed`], which tells the purpose.
    pub fn check_purposes(&self, purposes: &[Purpose]) -> Result<(), PkiError> {
        let allowed = |purpose: &&Purpose| {
            let limit = self.purposes.as_ref();
            limit.is_none_or(|limit| limit.contains(&purpose.oid()))
        };
        match purposes.iter().find(|purpose| !allowed(purpose)) {
            Some(purpose) => Err(PkiError::PurposeNotAllowed(purpose.to_string())),
            None => Ok(()),
        }
    }

    /// The subject of the template itself: for a root, or any self-signed certificate.
    ///
    /// # Errors
    /// [`PkiError`] when the subject or the key of the template is malformed.
    pub fn self_signed(template: &Template) -> Result<Self, PkiError> {
        Ok(Self {
            name: template.subject.to_der()?,
            key_id: key_id(&template.public_key_der)?,
            algorithm: KeyAlgorithm::of_public_key(&template.public_key_der)?,
            public_key_der: template.public_key_der.clone(),
            path_len: None,
            name_constraints: Vec::new(),
            purposes: None,
        })
    }
}

impl Template {
    /// Builds the bytes to be signed by `issuer` with `hash`.
    ///
    /// # Errors
    /// [`PkiError::Field`] for a value that cannot be written; rules about values that can are
    /// for [`Unsigned::lint`].
    pub fn prepare(&self, issuer: &Issuer, hash: HashAlgorithm) -> Result<Unsigned, PkiError> {
        let signature = SignatureAlgorithm::new(issuer.algorithm.family(), hash)
            .ok_or_else(|| PkiError::UnsupportedSignature(hash.name().to_owned()))?;
        let subject = self.subject.to_der()?;
        let subject = name(&subject)?;
        let extensions = extension::build(
            &self.extensions,
            subject.value().is_empty(),
            &self.public_key_der,
            &issuer.key_id,
        )?;

        let malformed = PkiError::malformed("certificate");
        let serial = self.serial.to_integer();
        let algorithm = signature.identifier_der();
        let tbs = Tbs {
            version: V3,
            serial: AnyRef::new(Tag::Integer, &serial).map_err(&malformed)?,
            signature: AlgorithmIdentifierRef::from_der(&algorithm).map_err(&malformed)?,
            issuer: name(&issuer.name)?,
            validity: self.validity.to_asn1()?,
            subject,
            public_key: AnyRef::from_der(&self.public_key_der).map_err(&malformed)?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        Ok(Unsigned {
            tbs: tbs.to_der().map_err(&malformed)?,
            issuer: issuer.clone(),
            signature,
        })
    }
}

fn name(der: &[u8]) -> Result<AnyRef<'_>, PkiError> {
    AnyRef::from_der(der).map_err(PkiError::malformed("name"))
}
