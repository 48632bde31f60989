//! The values of extensions, decoded.

use std::net::{Ipv4Addr, Ipv6Addr};

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ANY_EXTENDED_KEY_USAGE, ANY_POLICY, ID_AD_CA_ISSUERS, ID_AD_OCSP,
    ID_CE_AUTHORITY_KEY_IDENTIFIER, ID_CE_BASIC_CONSTRAINTS, ID_CE_CERTIFICATE_POLICIES,
    ID_CE_CRL_DISTRIBUTION_POINTS, ID_CE_EXT_KEY_USAGE, ID_CE_INHIBIT_ANY_POLICY,
    ID_CE_ISSUER_ALT_NAME, ID_CE_KEY_USAGE, ID_CE_NAME_CONSTRAINTS, ID_CE_POLICY_CONSTRAINTS,
    ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER, ID_KP_OCSP_SIGNING,
    ID_PE_AUTHORITY_INFO_ACCESS,
};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use der::asn1::{Any, AnyRef, Null, OctetString};
use der::flagset::FlagSet;
use der::{Class, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use x509_cert::ext::pkix::constraints::name::{GeneralSubtree, NameConstraints};
use x509_cert::ext::pkix::crl::dp::DistributionPoint as Point;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityKeyIdentifier, KeyUsages, PolicyConstraints,
};

use crate::extension::{BasicConstraintsValue, TLS_FEATURE};
use crate::name::{self, text_of};
use crate::serial::SerialNumber;
use crate::usage::{ExtendedKeyUsage, KeyUsage};

/// An object identifier, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedOid {
    /// In dotted decimal.
    pub oid: String,
    /// None where it has no name here.
    pub name: Option<String>,
}

/// A GeneralName (RFC 5280 section 4.2.1.6), decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneralText {
    /// `DNS`, `IP`, `EMAIL`, `URI`; of others as RFC 5280 calls them: `directoryName`, `registeredID`,
    /// `otherName`, `x400Address`, `ediPartyName`.
    pub kind: &'static str,
    /// The text; of names that are no texts their bytes in upper-case hexadecimal. A range of addresses is
    /// `address/prefix length`, or `address/mask` where the mask has gaps.
    pub value: String,
}

/// A place where a revocation list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistributionPoint {
    /// Its names.
    pub names: Vec<GeneralText>,
    /// Who signs the list, where that is not the issuer of the certificate.
    pub crl_issuer: Vec<GeneralText>,
}

/// A certificate policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Which one.
    pub policy: NamedOid,
    /// Where it is written down.
    pub cps: Vec<String>,
    /// Texts for who relies on the certificate.
    pub notices: Vec<String>,
}

/// What an extension says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// keyUsage.
    KeyUsages(Vec<KeyUsage>),
    /// extKeyUsage.
    Purposes(Vec<NamedOid>),
    /// subjectAltName, issuerAltName.
    Names(Vec<GeneralText>),
    /// basicConstraints.
    BasicConstraints {
        /// Whether it is a CA.
        ca: bool,
        /// How many CAs may follow below.
        path_length: Option<u32>,
    },
    /// subjectKeyIdentifier, in lower-case hexadecimal.
    KeyId(String),
    /// authorityKeyIdentifier.
    AuthorityKeyId {
        /// In lower-case hexadecimal.
        key_id: Option<String>,
        /// The issuer of the issuer's certificate.
        issuer: Vec<GeneralText>,
        /// The serial number of the issuer's certificate, in upper-case hexadecimal.
        serial_number: Option<String>,
    },
    /// cRLDistributionPoints.
    DistributionPoints(Vec<DistributionPoint>),
    /// authorityInfoAccess: the method (`ocsp`, `caIssuers`, or an object identifier), and where.
    Access(Vec<(String, GeneralText)>),
    /// certificatePolicies.
    Policies(Vec<Policy>),
    /// nameConstraints.
    NameConstraints {
        /// What names have to be below, each kind for itself.
        permitted: Vec<GeneralText>,
        /// What no name may be below.
        excluded: Vec<GeneralText>,
    },
    /// policyConstraints, each after so many CAs.
    PolicyConstraints {
        /// requireExplicitPolicy.
        require_explicit_policy: Option<u32>,
        /// inhibitPolicyMapping.
        inhibit_policy_mapping: Option<u32>,
    },
    /// inhibitAnyPolicy, after so many CAs.
    Number(u32),
    /// tlsfeature.
    Features(Vec<u16>),
    /// ocsp-nocheck, which says all by being there.
    Present,
    /// What is not known here, or cannot be decoded: the bytes in upper-case hexadecimal.
    Bytes(String),
}

/// Purposes beside those that requests name.
const PURPOSES: [(ObjectIdentifier, &str); 2] = [
    (ID_KP_OCSP_SIGNING, "OCSPSigning"),
    (ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"),
];

/// Policies that have a name: RFC 5280 section 4.2.1.4, CA/Browser Forum object registry.
const POLICIES: [(&str, &str); 4] = [
    ("2.23.140.1.1", "extended-validation"),
    ("2.23.140.1.2.1", "domain-validated"),
    ("2.23.140.1.2.2", "organization-validated"),
    ("2.23.140.1.2.3", "individual-validated"),
];
/// id-qt-cps and id-qt-unotice (RFC 5280 section 4.2.1.4).
const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
const NOTICE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.2");

impl Value {
    /// Decodes the value of an extension. What would not be shown whole is shown as bytes.
    pub(super) fn of(oid: ObjectIdentifier, der: &[u8]) -> Self {
        Self::decode(oid, der).unwrap_or_else(|| Self::Bytes(hex::encode_upper(der)))
    }

    fn decode(oid: ObjectIdentifier, der: &[u8]) -> Option<Self> {
        Some(match oid {
            ID_CE_KEY_USAGE => {
                let flags = FlagSet::<KeyUsages>::from_der(der).ok()?;
                let all = KeyUsage::ALL.iter().copied();
                Self::KeyUsages(all.filter(|usage| flags.contains(usage.flag())).collect())
            }
            ID_CE_EXT_KEY_USAGE => {
                let oids = Vec::<ObjectIdentifier>::from_der(der).ok()?;
                Self::Purposes(oids.into_iter().map(purpose).collect())
            }
            ID_CE_SUBJECT_ALT_NAME | ID_CE_ISSUER_ALT_NAME => Self::Names(names(der)?),
            ID_CE_BASIC_CONSTRAINTS => {
                let value = BasicConstraintsValue::from_der(der).ok()?;
                Self::BasicConstraints {
                    ca: value.ca,
                    path_length: value.path_len,
                }
            }
            ID_CE_SUBJECT_KEY_IDENTIFIER => {
                let id = OctetString::from_der(der).ok()?;
                Self::KeyId(hex::encode(id.as_bytes()))
            }
            ID_CE_AUTHORITY_KEY_IDENTIFIER => {
                let value = AuthorityKeyIdentifier::from_der(der).ok()?;
                let issuer = value.authority_cert_issuer.unwrap_or_default();
                let serial = value.authority_cert_serial_number;
                Self::AuthorityKeyId {
                    key_id: value.key_identifier.map(|id| hex::encode(id.as_bytes())),
                    issuer: texts(&issuer)?,
                    serial_number: serial
                        .map(|serial| SerialNumber::from_bytes(serial.as_bytes()).hex()),
                }
            }
            ID_CE_CRL_DISTRIBUTION_POINTS => {
                let points = Vec::<Point>::from_der(der).ok()?;
                let points = points.iter().map(distribution_point);
                Self::DistributionPoints(points.collect::<Option<_>>()?)
            }
            ID_PE_AUTHORITY_INFO_ACCESS => {
                let pointers = Vec::<AccessDescription>::from_der(der).ok()?;
                let pointers = pointers.iter().map(|pointer| {
                    let method = match pointer.access_method {
                        ID_AD_OCSP => "ocsp".to_owned(),
                        ID_AD_CA_ISSUERS => "caIssuers".to_owned(),
                        other => other.to_string(),
                    };
                    Some((method, text(&pointer.access_location)?))
                });
                Self::Access(pointers.collect::<Option<_>>()?)
            }
            ID_CE_CERTIFICATE_POLICIES => Self::Policies(policies(der)?),
            ID_CE_NAME_CONSTRAINTS => {
                let value = NameConstraints::from_der(der).ok()?;
                Self::NameConstraints {
                    permitted: subtrees(value.permitted_subtrees)?,
                    excluded: subtrees(value.excluded_subtrees)?,
                }
            }
            ID_CE_POLICY_CONSTRAINTS => {
                let value = PolicyConstraints::from_der(der).ok()?;
                Self::PolicyConstraints {
                    require_explicit_policy: value.require_explicit_policy,
                    inhibit_policy_mapping: value.inhibit_policy_mapping,
                }
            }
            ID_CE_INHIBIT_ANY_POLICY => Self::Number(u32::from_der(der).ok()?),
            TLS_FEATURE => Self::Features(Vec::from_der(der).ok()?),
            ID_PKIX_OCSP_NOCHECK => {
                Null::from_der(der).ok()?;
                Self::Present
            }
            _ => return None,
        })
    }
}

fn purpose(oid: ObjectIdentifier) -> NamedOid {
    let mut others = PURPOSES.iter();
    let other = || {
        others
            .find(|(known, _)| *known == oid)
            .map(|(_, name)| *name)
    };
    let name = ExtendedKeyUsage::from_oid(oid).map(ExtendedKeyUsage::name);
    NamedOid::new(oid, name.or_else(other))
}

/// None for a point that is limited to some reasons: those are not shown.
fn distribution_point(point: &Point) -> Option<DistributionPoint> {
    if point.reasons.is_some() {
        return None;
    }
    let names = match &point.distribution_point {
        Some(DistributionPointName::FullName(names)) => texts(names)?,
        Some(DistributionPointName::NameRelativeToCRLIssuer(_)) => return None,
        None => Vec::new(),
    };
    Some(DistributionPoint {
        names,
        crl_issuer: texts(point.crl_issuer.as_deref().unwrap_or_default())?,
    })
}

fn subtrees(list: Option<Vec<GeneralSubtree>>) -> Option<Vec<GeneralText>> {
    let list = list.unwrap_or_default();
    let whole = |tree: &GeneralSubtree| tree.minimum == 0 && tree.maximum.is_none();
    let mut read = list
        .iter()
        .map(|tree| text(&tree.base).filter(|_| whole(tree)));
    read.by_ref().collect()
}

/// `SEQUENCE OF SEQUENCE { policyIdentifier, policyQualifiers OPTIONAL }`, read as it comes: notices are in any
/// kind of string.
fn policies(der: &[u8]) -> Option<Vec<Policy>> {
    let mut policies = Vec::new();
    for one in elements(AnyRef::from_der(der).ok()?)? {
        let mut parts = elements(one)?.into_iter();
        let oid = parts.next()?.decode_as::<ObjectIdentifier>().ok()?;
        let number = oid.to_string();
        let mut named = POLICIES.iter();
        let named = named.find(|(known, _)| *known == number);
        let name = match oid == ANY_POLICY {
            true => Some("anyPolicy"),
            false => named.map(|(_, name)| *name),
        };
        let mut policy = Policy {
            policy: NamedOid::new(oid, name),
            cps: Vec::new(),
            notices: Vec::new(),
        };
        let qualifiers = parts.next().map_or(Some(Vec::new()), elements)?;
        for qualifier in qualifiers {
            let mut parts = elements(qualifier)?.into_iter();
            match parts.next()?.decode_as::<ObjectIdentifier>().ok()? {
                CPS => policy.cps.push(text_of(&any(parts.next()?)?)),
                NOTICE => {
                    let texts = elements(parts.next()?)?;
                    let texts = texts.into_iter().filter(|part| part.tag() != Tag::Sequence);
                    for part in texts {
                        policy.notices.push(text_of(&any(part)?));
                    }
                }
                _ => return None,
            }
        }
        policies.push(policy);
    }
    Some(policies)
}

fn any(value: AnyRef<'_>) -> Option<Any> {
    Any::new(value.tag(), value.value()).ok()
}

/// The elements of a SEQUENCE.
fn elements(value: AnyRef<'_>) -> Option<Vec<AnyRef<'_>>> {
    if value.tag() != Tag::Sequence {
        return None;
    }
    let mut reader = SliceReader::new(value.value()).ok()?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(found)
}

/// The names of `GeneralNames`.
fn names(der: &[u8]) -> Option<Vec<GeneralText>> {
    let names = elements(AnyRef::from_der(der).ok()?)?;
    Some(names.into_iter().map(general).collect())
}

fn texts(names: &[GeneralName]) -> Option<Vec<GeneralText>> {
    names.iter().map(text).collect()
}

fn text(name: &GeneralName) -> Option<GeneralText> {
    let der = name.to_der().ok()?;
    Some(general(AnyRef::from_der(&der).ok()?))
}

/// A name of any kind, also one that breaks the rules of its kind.
fn general(name: AnyRef<'_>) -> GeneralText {
    let (tag, value) = (name.tag(), name.value());
    let bytes = || hex::encode_upper(value);
    let ascii = || match std::str::from_utf8(value) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => bytes(),
    };
    let number = match tag.class() {
        Class::ContextSpecific => tag.number(),
        _ => TagNumber(u32::MAX),
    };
    let (kind, value) = match number {
        TagNumber(0) => ("otherName", bytes()),
        TagNumber(1) => ("EMAIL", ascii()),
        TagNumber(2) => ("DNS", ascii()),
        TagNumber(3) => ("x400Address", bytes()),
        TagNumber(4) => ("directoryName", name::display(value)),
        TagNumber(5) => ("ediPartyName", bytes()),
        TagNumber(6) => ("URI", ascii()),
        TagNumber(7) => ("IP", addresses(value).unwrap_or_else(bytes)),
        TagNumber(8) => {
            let oid = ObjectIdentifier::from_bytes(value);
            (
                "registeredID",
                oid.map_or_else(|_| bytes(), |oid| oid.to_string()),
            )
        }
        _ => ("unknown", bytes()),
    };
    GeneralText { kind, value }
}

/// An address, or in name constraints an address and a mask.
fn addresses(octets: &[u8]) -> Option<String> {
    let written = |octets: &[u8]| match octets.len() {
        4 => <[u8; 4]>::try_from(octets)
            .ok()
            .map(|v4| Ipv4Addr::from(v4).to_string()),
        16 => <[u8; 16]>::try_from(octets)
            .ok()
            .map(|v6| Ipv6Addr::from(v6).to_string()),
        _ => None,
    };
    if let Some(address) = written(octets) {
        // A range of IPv6 has 32 octets, one of IPv4 has 8: neither is an address.
        return Some(address);
    }
    let (address, mask) = octets.split_at(octets.len() / 2);
    let ones: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let leading: u32 = {
        let whole = mask.iter().take_while(|octet| **octet == 0xff).count();
        let rest = mask.get(whole).map_or(0, |octet| octet.leading_ones());
        u32::try_from(whole).ok()? * 8 + rest
    };
    let address = written(address)?;
    Some(match ones == leading {
        true => format!("{address}/{ones}"),
        false => format!("{address}/{}", written(mask)?),
    })
}
