//! All that a certificate holds, for people and programs that read it: nothing is judged, and what cannot be
//! decoded is there as bytes.

mod value;

use chancery_crypto::{KeyAlgorithm, KeyError, digest};
use const_oid::ObjectIdentifier;
use der::{Decode, Encode};
use spki::SubjectPublicKeyInfoRef;
use x509_cert::name::Name;

pub use value::{DistributionPoint, GeneralText, NamedOid, Policy, Value};

use crate::asn1::{Signed, Tbs};
use crate::certificate::signature_name;
use crate::error::PkiError;
use crate::name::grammar::attribute_name;
use crate::name::{self, text_of};
use crate::requested::extension_name;
use crate::serial::SerialNumber;
use crate::validity::Validity;

/// A certificate, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// 1 to 3, as people count: the field holds one less.
    pub version: u32,
    /// The serial number in upper-case hexadecimal, without leading zero octets.
    pub serial_number: String,
    /// The algorithm of the signature; its name is Java's.
    pub signature_algorithm: NamedOid,
    /// Who issued it.
    pub issuer: DescribedName,
    /// Who it is for.
    pub subject: DescribedName,
    /// When it is valid.
    pub validity: Validity,
    /// The key it certifies.
    pub public_key: DescribedKey,
    /// SHA-1 of the whole certificate in lower-case hexadecimal.
    pub fingerprint_sha1: String,
    /// SHA-256 of the whole certificate in lower-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The extensions in their order.
    pub extensions: Vec<DescribedExtension>,
}

/// A distinguished name, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedName {
    /// The whole name in the form of RFC 4514.
    pub text: String,
    /// Its attributes, in the order of the certificate.
    pub attributes: Vec<NameAttribute>,
}

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameAttribute {
    /// What kind of attribute it is: `CN`, `O`, ...
    pub kind: NamedOid,
    /// Its value; what is not readable is replaced.
    pub value: String,
}

/// A public key, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedKey {
    /// The object identifier of its kind.
    pub oid: String,
    /// `RSA`, `EC` or `SM2`; of others the object identifier.
    pub algorithm: String,
    /// Length of the modulus or of the field, where it is known.
    pub bits: Option<u32>,
    /// The curve: `P-256`, `P-384`, `P-521`, `secp256k1`, `SM2`, or an object identifier.
    pub curve: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo in lower-case hexadecimal.
    pub spki_sha256: String,
}

/// An extension, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedExtension {
    /// What it is: `keyUsage`, ...
    pub kind: NamedOid,
    /// Whether who does not know it has to refuse the certificate.
    pub critical: bool,
    /// What it says.
    pub value: Value,
}

/// Curves beside those of keys that are made here.
const CURVES: [(&str, &str); 2] = [("1.3.132.0.35", "P-521"), ("1.3.132.0.10", "secp256k1")];

impl Described {
    /// Decodes a certificate (DER).
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the bytes are not one whole certificate. No extension, key or name makes it
    /// fail.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed("certificate");
        let signed = Signed::from_der(der).map_err(&malformed)?;
        let tbs = Tbs::from_der(signed.content).map_err(&malformed)?;
        let public_key_der = tbs.public_key.to_der().map_err(&malformed)?;
        let oid = signed.algorithm.oid;
        let number = oid.to_string();
        let named = signature_name(oid);
        let extensions = tbs.extensions.unwrap_or_default();
        Ok(Self {
            version: u32::from(tbs.version) + 1,
            serial_number: SerialNumber::from_bytes(tbs.serial.value()).hex(),
            signature_algorithm: NamedOid {
                name: (named != number).then_some(named),
                oid: number,
            },
            issuer: DescribedName::of(&tbs.issuer.to_der().map_err(&malformed)?),
            subject: DescribedName::of(&tbs.subject.to_der().map_err(&malformed)?),
            validity: Validity::from_asn1(&tbs.validity),
            public_key: DescribedKey::of(&public_key_der),
            fingerprint_sha1: hex::encode(digest::sha1(der)),
            fingerprint_sha256: hex::encode(digest::sha256(der)),
            extensions: extensions
                .iter()
                .map(|extension| DescribedExtension {
                    kind: NamedOid::new(extension.extn_id, extension_name(extension.extn_id)),
                    critical: extension.critical,
                    value: Value::of(extension.extn_id, extension.extn_value.as_bytes()),
                })
                .collect(),
        })
    }
}

impl DescribedName {
    fn of(name_der: &[u8]) -> Self {
        let attributes = match Name::from_der(name_der) {
            Ok(name) => name
                .iter()
                .map(|attribute| NameAttribute {
                    kind: NamedOid::new(attribute.oid, attribute_name(attribute.oid)),
                    value: text_of(&attribute.value),
                })
                .collect(),
            Err(_) => Vec::new(),
        };
        Self {
            text: name::display(name_der),
            attributes,
        }
    }

    /// The first common name, or where there is none the whole name.
    pub fn short(&self) -> &str {
        let mut attributes = self.attributes.iter();
        let common = attributes.find(|one| one.kind.name.as_deref() == Some("CN"));
        common.map_or(&self.text, |one| &one.value)
    }
}

impl DescribedKey {
    fn of(spki_der: &[u8]) -> Self {
        let spki = SubjectPublicKeyInfoRef::from_der(spki_der).ok();
        let oid = spki.as_ref().map(|spki| spki.algorithm.oid.to_string());
        let oid = oid.unwrap_or_default();
        let (algorithm, bits, curve) = match KeyAlgorithm::of_public_key(spki_der) {
            Ok(known) => {
                let curve = match known {
                    KeyAlgorithm::EcP256 => Some("P-256"),
                    KeyAlgorithm::EcP384 => Some("P-384"),
                    KeyAlgorithm::Sm2 => Some("SM2"),
                    _ => None,
                };
                let family = known.family().name().to_owned();
                (family, Some(known.bits()), curve.map(str::to_owned))
            }
            Err(KeyError::Weak { bits } | KeyError::UnsupportedSize { bits }) => {
                ("RSA".to_owned(), Some(bits), None)
            }
            Err(KeyError::UnsupportedCurve(curve)) => {
                let mut named = CURVES.iter();
                let named = named.find(|(oid, _)| *oid == curve);
                let curve = named.map_or(curve.as_str(), |(_, name)| name);
                ("EC".to_owned(), None, Some(curve.to_owned()))
            }
            Err(_) => (oid.clone(), None, None),
        };
        Self {
            oid,
            algorithm,
            bits,
            curve,
            spki_sha256: hex::encode(digest::sha256(spki_der)),
        }
    }
}

impl NamedOid {
    fn new(oid: ObjectIdentifier, name: Option<&str>) -> Self {
        Self {
            oid: oid.to_string(),
            name: name.map(str::to_owned),
        }
    }
}
