//! Certificates that exist.

use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::{
    KeyAlgorithm, KeyError, SignatureAlgorithm, digest, has_exponent_3, rsa_fault, verify,
};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280;
use der::{Decode, Encode};

use crate::asn1::{Signed, Tbs};
use crate::constraints::NameConstraints;
use crate::error::PkiError;
use crate::extension::{self, Known};
use crate::name::{self, DistinguishedName, compare};
use crate::san::SubjectAltName;
use crate::serial::SerialNumber;
use crate::template::AuthorityInfo;
use crate::usage::{ExtendedKeyUsage, KeyUsage};
use crate::validity::Validity;

/// A parsed X.509 certificate with the bytes it came from. Equal means equal bytes.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    tbs_der: Vec<u8>,
    signature_oid: ObjectIdentifier,
    signature: Vec<u8>,
    serial: SerialNumber,
    issuer_der: Vec<u8>,
    subject_der: Vec<u8>,
    validity: Validity,
    public_key_der: Vec<u8>,
    known: Known,
    /// Critical extensions that not all programs handle.
    unhandled: Vec<ObjectIdentifier>,
}

/// Critical extensions that every program handles.
const HANDLED: [ObjectIdentifier; 6] = [
    rfc5280::ID_CE_BASIC_CONSTRAINTS,
    rfc5280::ID_CE_CERTIFICATE_POLICIES,
    rfc5280::ID_CE_EXT_KEY_USAGE,
    rfc5280::ID_CE_KEY_USAGE,
    rfc5280::ID_CE_NAME_CONSTRAINTS,
    rfc5280::ID_CE_SUBJECT_ALT_NAME,
];

/// A reason to refuse a certificate that is otherwise right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// An RSA key below 2048 bits.
    #[error("RSA key of {bits} bits is too short: at least 2048 are needed")]
    ShortKey {
        /// Length of the modulus.
        bits: u32,
    },
    /// A signature with a hash that is broken (SHA-1, MD5); holds the algorithm's name.
    #[error("signature algorithm {0} is too weak: at least SHA-256 is needed")]
    WeakSignature(&'static str),
}

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the bytes are not one whole certificate, or when an
    /// extension occurs twice or cannot be read.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed("certificate");
        let signed = Signed::from_der(der).map_err(&malformed)?;
        let tbs = Tbs::from_der(signed.content).map_err(&malformed)?;
        let refuse = |reason: &str| PkiError::Malformed {
            what: "certificate",
            reason: reason.to_owned(),
        };
        // RFC 5280 section 4.1.1.2
        if tbs.signature != signed.algorithm {
            return Err(refuse("the two signature algorithms differ"));
        }
        let extensions = tbs.extensions.unwrap_or_default();
        for (i, extension) in extensions.iter().enumerate() {
            // RFC 5280 section 4.2
            if extensions[..i]
                .iter()
                .any(|e| e.extn_id == extension.extn_id)
            {
                return Err(refuse("an extension occurs twice"));
            }
        }
        let critical = extensions.iter().filter(|e| e.critical);
        let unhandled = critical
            .map(|extension| extension.extn_id)
            .filter(|oid| !HANDLED.contains(oid));
        let unhandled = unhandled.collect();
        let issuer_der = tbs.issuer.to_der().map_err(&malformed)?;
        let subject_der = tbs.subject.to_der().map_err(&malformed)?;
        for name in [&issuer_der, &subject_der] {
            DistinguishedName::from_der(name)?;
        }
        Ok(Self {
            der: der.to_vec(),
            tbs_der: signed.content.to_vec(),
            signature_oid: signed.algorithm.oid,
            signature: signed.signature.to_vec(),
            serial: SerialNumber::from_bytes(tbs.serial.value()),
            issuer_der,
            subject_der,
            validity: Validity::from_asn1(&tbs.validity),
            public_key_der: tbs.public_key.to_der().map_err(&malformed)?,
            known: Known::read(&extensions).map_err(&malformed)?,
            unhandled,
        })
    }

    /// Reads a PEM text with exactly one block, `CERTIFICATE`.
    ///
    /// # Errors
    /// [`PkiError::Pem`], [`PkiError::Blocks`] or [`PkiError::Malformed`].
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        match pem::parse(text)?.as_slice() {
            [block] if block.label == pem::CERTIFICATE => Self::from_der(&block.der),
            blocks => Err(PkiError::blocks(pem::CERTIFICATE, blocks)),
        }
    }

    /// Reads a PEM text of one or more blocks, all `CERTIFICATE`.
    ///
    /// # Errors
    /// As [`Certificate::from_pem`].
    pub fn chain_from_pem(text: &str) -> Result<Vec<Self>, PkiError> {
        let blocks = pem::parse(text)?;
        if blocks.is_empty() || blocks.iter().any(|b| b.label != pem::CERTIFICATE) {
            return Err(PkiError::blocks(pem::CERTIFICATE, &blocks));
        }
        blocks.iter().map(|b| Self::from_der(&b.der)).collect()
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The PEM block.
    pub fn pem(&self, ending: LineEnding) -> String {
        pem::encode(pem::CERTIFICATE, &self.der, ending)
    }

    /// The six known attributes of the subject.
    pub fn subject(&self) -> DistinguishedName {
        DistinguishedName::from_der(&self.subject_der).unwrap_or_default()
    }

    /// The six known attributes of the issuer.
    pub fn issuer(&self) -> DistinguishedName {
        DistinguishedName::from_der(&self.issuer_der).unwrap_or_default()
    }

    /// DER of the subject's Name.
    pub fn subject_der(&self) -> &[u8] {
        &self.subject_der
    }

    /// DER of the issuer's Name.
    pub fn issuer_der(&self) -> &[u8] {
        &self.issuer_der
    }

    /// The whole subject as text (RFC 4514), for messages.
    pub fn subject_text(&self) -> String {
        name::display(&self.subject_der)
    }

    /// The whole issuer as text (RFC 4514), for messages.
    pub fn issuer_text(&self) -> String {
        name::display(&self.issuer_der)
    }

    pub(crate) fn serial(&self) -> &SerialNumber {
        &self.serial
    }

    /// The serial number in upper-case hexadecimal, without leading zero octets.
    pub fn serial_hex(&self) -> String {
        self.serial.hex()
    }

    /// When it is valid.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// DER of the SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> &[u8] {
        &self.public_key_der
    }

    /// What kind of key it certifies.
    ///
    /// # Errors
    /// [`KeyError`] when the key is weak, malformed or of an unknown kind.
    pub fn key_algorithm(&self) -> Result<KeyAlgorithm, KeyError> {
        KeyAlgorithm::of_public_key(&self.public_key_der)
    }

    /// The algorithm of the issuer's signature, if it is one that can be verified.
    pub fn signature_algorithm(&self) -> Option<SignatureAlgorithm> {
        SignatureAlgorithm::from_oid(self.signature_oid)
    }

    /// The name of the signature algorithm in the style of Java (`SHA256withRSA`), or its object
    /// identifier if it has no name here.
    pub fn signature_algorithm_jca(&self) -> String {
        signature_name(self.signature_oid)
    }

    /// Why this certificate should not be relied upon, whatever it says: a short RSA key or a
    /// signature over a broken hash. A root's signature on itself proves nothing and is not
    /// looked at.
    pub fn weakness(&self) -> Option<Weakness> {
        if let Err(KeyError::Weak { bits }) = self.key_algorithm() {
            return Some(Weakness::ShortKey { bits });
        }
        if self.is_ca() && self.is_self_issued() {
            return None;
        }
        weak_signature_name(self.signature_oid).map(Weakness::WeakSignature)
    }

    /// What is weak in its key, though others have certified it: it can be factored by anybody, or has the
    /// exponent 3. Takes some hundred microseconds for an RSA key.
    pub fn key_fault(&self) -> Option<&'static str> {
        match rsa_fault(&self.public_key_der) {
            Ok(Some(fault)) => Some(fault.name()),
            Ok(None) if has_exponent_3(&self.public_key_der) == Ok(true) => Some("exponent 3"),
            _ => None,
        }
    }

    /// Whether it is marked as a certificate authority.
    pub fn is_ca(&self) -> bool {
        matches!(self.known.basic_constraints, Some((true, _)))
    }

    /// How many CAs may follow below this one; none without a limit or for end entities.
    pub fn path_len(&self) -> Option<u32> {
        self.known.basic_constraints.and_then(|(_, limit)| limit)
    }

    /// The usages of the key; empty if the certificate does not restrict them.
    pub fn key_usages(&self) -> &[KeyUsage] {
        self.known.key_usages.as_deref().unwrap_or_default()
    }

    /// The purposes that have a name here.
    pub fn extended_key_usages(&self) -> Vec<ExtendedKeyUsage> {
        self.known.named_purposes()
    }

    /// The purposes that the certificate, and as most programs have it all that is below a CA, is limited
    /// to; none without a limit.
    pub(crate) fn purposes(&self) -> Option<&[ObjectIdentifier]> {
        let purposes = self.known.extended_key_usages.as_deref()?;
        match purposes.contains(&rfc5280::ANY_EXTENDED_KEY_USAGE) {
            true => None,
            false => Some(purposes),
        }
    }

    /// A critical extension that a program may not know, in dotted decimal: it then refuses the certificate
    /// and all that is below it (RFC 5280 section 4.2).
    pub fn unhandled_extension(&self) -> Option<String> {
        self.unhandled.first().map(ToString::to_string)
    }

    /// Whether all that is below it must name certificate policies (`requireExplicitPolicy`, RFC 5280 section
    /// 4.2.1.11).
    pub fn demands_policies(&self) -> bool {
        self.known.demands_policies
    }

    /// The alternative names of the four known kinds.
    pub fn sans(&self) -> &[SubjectAltName] {
        self.known.sans.as_deref().unwrap_or_default()
    }

    /// Which names it, and what stands below it, may certify (RFC 5280 section 4.2.1.10).
    ///
    /// # Errors
    /// As [`NameConstraints::from_der`].
    pub fn name_constraints(&self) -> Result<Option<NameConstraints>, PkiError> {
        self.known.constraints()
    }

    /// The subject key identifier.
    pub fn ski(&self) -> Option<&[u8]> {
        self.known.subject_key_id.as_deref()
    }

    /// The key identifier of the issuer.
    pub fn aki(&self) -> Option<&[u8]> {
        self.known.authority_key_id.as_deref()
    }

    /// URIs of the issuer's CRL (RFC 5280 section 4.2.1.13); empty if there are none or they
    /// cannot be read.
    pub fn crl_distribution_points(&self) -> Vec<String> {
        let der = self.known.crl_distribution_points.as_deref();
        der.and_then(|der| extension::read_crl_distribution_points(der).ok())
            .unwrap_or_default()
    }

    /// URIs of the issuer's certificate and OCSP responder (RFC 5280 section 4.2.2.1); empty if
    /// there are none or they cannot be read.
    pub fn authority_info(&self) -> AuthorityInfo {
        let der = self.known.authority_info.as_deref();
        der.and_then(|der| extension::read_authority_info(der).ok())
            .unwrap_or_default()
    }

    /// Whether its purposes let the key answer OCSP requests for the issuer.
    pub fn is_ocsp_responder(&self) -> bool {
        self.known.is_ocsp_responder()
    }

    /// SHA-1 of the whole certificate in upper-case hexadecimal, as browsers and the APIs show
    /// it.
    pub fn fingerprint_sha1_hex(&self) -> String {
        hex::encode_upper(digest::sha1(&self.der))
    }

    /// SHA-256 of the whole certificate in lower-case hexadecimal.
    pub fn fingerprint_sha256_hex(&self) -> String {
        hex::encode(digest::sha256(&self.der))
    }

    /// Whether it names itself as its issuer.
    pub(crate) fn is_self_issued(&self) -> bool {
        compare::same(&self.subject_der, &self.issuer_der)
    }

    /// Whether `candidate` has the name of its issuer.
    pub(crate) fn names_as_issuer(&self, candidate: &Certificate) -> bool {
        compare::same(&self.issuer_der, &candidate.subject_der)
    }

    /// Whether it names itself as issuer and its own key verifies its signature.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.check_signature(&self.public_key_der).is_ok()
    }

    /// Checks that `issuer` issued this certificate: its name, that it is an authority, and the
    /// signature. Time is not looked at.
    ///
    /// # Errors
    /// [`PkiError::NotTheIssuer`], [`PkiError::NotAnAuthority`], [`PkiError::BadSignature`],
    /// [`PkiError::UnsupportedSignature`] or [`PkiError::Key`].
    pub fn verify_signed_by(&self, issuer: &Certificate) -> Result<(), PkiError> {
        if !self.names_as_issuer(issuer) {
            return Err(PkiError::NotTheIssuer {
                issuer: self.issuer_text(),
                candidate: issuer.subject_text(),
            });
        }
        issuer.check_authority()?;
        self.check_signature(&issuer.public_key_der)
    }

    /// That the certificate may sign others: cA in basicConstraints (RFC 5280 section 4.2.1.9)
    /// and, if usages are restricted, keyCertSign (section 4.2.1.3).
    pub(crate) fn check_authority(&self) -> Result<(), PkiError> {
        let may_sign = match &self.known.key_usages {
            Some(usages) => usages.contains(&KeyUsage::KeyCertSign),
            None => true,
        };
        match self.is_ca() && may_sign {
            true => Ok(()),
            false => Err(PkiError::NotAnAuthority(self.subject_text())),
        }
    }

    /// That the CA may sign CRLs: it is one, and if usages are restricted, cRLSign is among them
    /// (RFC 5280 section 4.2.1.3).
    pub(crate) fn check_crl_issuer(&self) -> Result<(), PkiError> {
        if !self.is_ca() {
            return Err(PkiError::NotAnAuthority(self.subject_text()));
        }
        match &self.known.key_usages {
            Some(usages) if !usages.contains(&KeyUsage::CrlSign) => {
                Err(PkiError::NotACrlIssuer(self.subject_text()))
            }
            _ => Ok(()),
        }
    }

    fn check_signature(&self, public_key_der: &[u8]) -> Result<(), PkiError> {
        check_signature(
            self.signature_oid,
            public_key_der,
            &self.tbs_der,
            &self.signature,
        )
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Certificate({}, {})",
            self.subject_text(),
            self.serial_hex()
        )
    }
}

/// Verifies a signature whose algorithm is named by `oid`, also of a signing request.
pub(crate) fn check_signature(
    oid: ObjectIdentifier,
    public_key_der: &[u8],
    content: &[u8],
    signature: &[u8],
) -> Result<(), PkiError> {
    let algorithm = SignatureAlgorithm::from_oid(oid)
        .ok_or_else(|| PkiError::UnsupportedSignature(signature_name(oid)))?;
    let key = KeyAlgorithm::of_public_key(public_key_der);
    if key.is_ok_and(|key| key.family() != algorithm.family()) {
        return Err(PkiError::BadSignature);
    }
    verify(public_key_der, algorithm.hash(), content, signature).map_err(|e| match e {
        chancery_crypto::VerifyError::Key(key) => PkiError::Key(key),
        chancery_crypto::VerifyError::BadSignature => PkiError::BadSignature,
    })
}

/// The Java name of a signature algorithm, else its object identifier.
pub(crate) fn signature_name(oid: ObjectIdentifier) -> String {
    if let Some(algorithm) = SignatureAlgorithm::from_oid(oid) {
        return algorithm.jca_name().to_owned();
    }
    weak_signature_name(oid).map_or_else(|| oid.to_string(), str::to_owned)
}

/// Algorithms over broken hashes, which are named only to be refused.
fn weak_signature_name(oid: ObjectIdentifier) -> Option<&'static str> {
    const WEAK: [(ObjectIdentifier, &str); 6] = [
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.2"),
            "MD2withRSA",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.4"),
            "MD5withRSA",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5"),
            "SHA1withRSA",
        ),
        (ObjectIdentifier::new_unwrap("1.3.14.3.2.29"), "SHA1withRSA"),
        (
            ObjectIdentifier::new_unwrap("1.2.840.10045.4.1"),
            "SHA1withECDSA",
        ),
        (
            ObjectIdentifier::new_unwrap("1.2.840.10040.4.3"),
            "SHA1withDSA",
        ),
    ];
    WEAK.iter()
        .find(|(weak, _)| *weak == oid)
        .map(|(_, name)| *name)
}
