//! Certificate extensions (RFC 5280 section 4.2): writing those of a template, reading those
//! that chancery knows.

use chancery_crypto::{KeyAlgorithm, digest};
use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{
    ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE,
    ID_CE_NAME_CONSTRAINTS, ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER,
    ID_KP_OCSP_SIGNING,
};
use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;
use const_oid::{ObjectIdentifier, db::rfc5280};
use der::asn1::{Null, OctetString};
use der::flagset::FlagSet;
use der::{Decode, Encode, Sequence};
use spki::SubjectPublicKeyInfoRef;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityKeyIdentifier, KeyUsages, PolicyConstraints,
};

use crate::constraints::NameConstraints;
use crate::error::PkiError;
use crate::san::{self, SubjectAltName};
use crate::template::{AuthorityInfo, BasicConstraints, CustomizedExtension, Extensions};
use crate::usage::{ExtendedKeyUsage, KeyUsage};

/// id-pe-tlsfeature (RFC 7633 section 4).
pub(crate) const TLS_FEATURE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.24");

/// The key identifier of a public key (DER of its SubjectPublicKeyInfo): SHA-1 of the bits of
/// the key, method 1 of RFC 5280 section 4.2.1.2. It names keys and protects nothing.
///
/// # Errors
/// [`PkiError::Malformed`] when the bytes are no SubjectPublicKeyInfo.
pub fn key_id(public_key_der: &[u8]) -> Result<Vec<u8>, PkiError> {
    let spki = SubjectPublicKeyInfoRef::from_der(public_key_der)
        .map_err(PkiError::malformed("public key"))?;
    Ok(digest::sha1(spki.subject_public_key.raw_bytes()).to_vec())
}

/// `BasicConstraints` (section 4.2.1.9).
#[derive(Sequence)]
pub(crate) struct BasicConstraintsValue {
    #[asn1(default = "Default::default")]
    pub(crate) ca: bool,
    pub(crate) path_len: Option<u32>,
}

/// `BasicConstraints` in a certificate for this key; none where it is best left out.
///
/// End entities carry an explicit, critical "not a CA": RFC 5280 lets it be left out, but then
/// old validators fall back on guessing from the key usage. Not so with SM2 keys: "not a CA" is an
/// empty SEQUENCE in DER, which GmSSL refuses, and what validates SM2 looks at the key usage.
fn basic_constraints(
    wanted: &Extensions,
    public_key_der: &[u8],
) -> Result<Option<Extension>, PkiError> {
    let is_sm2 = KeyAlgorithm::of_public_key(public_key_der) == Ok(KeyAlgorithm::Sm2);
    let BasicConstraints { ca, path_len } = wanted.basic_constraints;
    if is_sm2 && !ca && path_len.is_none() {
        return Ok(None);
    }
    let value = BasicConstraintsValue { ca, path_len };
    extension(ID_CE_BASIC_CONSTRAINTS, true, &value).map(Some)
}

/// The extensions of a certificate from `wanted`, for this key (DER of its SubjectPublicKeyInfo)
/// and an issuer whose key has this identifier.
pub(crate) fn build(
    wanted: &Extensions,
    subject_is_empty: bool,
    public_key_der: &[u8],
    issuer_key_id: &[u8],
) -> Result<Vec<Extension>, PkiError> {
    let mut built = Vec::from_iter(basic_constraints(wanted, public_key_der)?);
    if let Some(constraints) = &wanted.name_constraints {
        built.push(raw_extension(
            ID_CE_NAME_CONSTRAINTS,
            true, // section 4.2.1.10
            constraints.der(),
        )?);
    }
    if !wanted.key_usages.is_empty() {
        built.push(key_usage(&wanted.key_usages)?);
    }
    if !wanted.extended_key_usages.is_empty() || wanted.ocsp_responder {
        built.push(extended_key_usage(wanted)?);
    }
    built.push(extension(
        ID_CE_SUBJECT_KEY_IDENTIFIER,
        false,
        &octets(&key_id(public_key_der)?)?,
    )?);
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(octets(issuer_key_id)?),
        ..AuthorityKeyIdentifier::default()
    };
    built.push(extension(AuthorityKeyIdentifier::OID, false, &authority)?);
    if !wanted.tls_features.is_empty() {
        built.push(extension(TLS_FEATURE, false, &wanted.tls_features)?);
    }
    if !wanted.sans.is_empty() {
        built.push(subject_alt_name(&wanted.sans, subject_is_empty)?);
    }
    if !wanted.crl_distribution_points.is_empty() {
        built.push(crl_distribution_points(&wanted.crl_distribution_points)?);
    }
    if let Some(pointers) = authority_info(wanted)? {
        built.push(pointers);
    }
    if wanted.ocsp_responder {
        built.push(extension(ID_PKIX_OCSP_NOCHECK, false, &Null)?);
    }
    for customized in &wanted.customized {
        built.push(customized_extension(customized)?);
    }
    Ok(built)
}

/// What a signing request asks for: the subset of [`build`] that says nothing about the issuer.
pub(crate) fn build_requested(
    sans: &[SubjectAltName],
    subject_is_empty: bool,
) -> Result<Vec<Extension>, PkiError> {
    if sans.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![subject_alt_name(sans, subject_is_empty)?])
}

/// The values of the extensions that chancery knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// `cA` and the path length, where the extension is present.
    pub(crate) basic_constraints: Option<(bool, Option<u32>)>,
    pub(crate) key_usages: Option<Vec<KeyUsage>>,
    /// Every purpose, also those that have no name here.
    pub(crate) extended_key_usages: Option<Vec<ObjectIdentifier>>,
    pub(crate) sans: Option<Vec<SubjectAltName>>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    /// DER of `NameConstraints`, not looked into: those of a stranger bind nothing here.
    pub(crate) name_constraints: Option<Vec<u8>>,
    /// DER of `CRLDistributionPoints`, not looked into: other issuers' may hold names of any kind.
    pub(crate) crl_distribution_points: Option<Vec<u8>>,
    /// DER of `AuthorityInfoAccessSyntax`, not looked into.
    pub(crate) authority_info: Option<Vec<u8>>,
    /// Whether `PolicyConstraints` has `requireExplicitPolicy`.
    pub(crate) demands_policies: bool,
}

impl Known {
    /// Reads the values. Of an extension that is there twice the first counts; that it is twice
    /// is for others to refuse.
    pub(crate) fn read(extensions: &[Extension]) -> der::Result<Self> {
        let value = |oid| {
            extensions
                .iter()
                .find(|e| e.extn_id == oid)
                .map(|e| e.extn_value.as_bytes())
        };
        let mut known = Self::default();
        if let Some(der) = value(ID_CE_BASIC_CONSTRAINTS) {
            let basic = BasicConstraintsValue::from_der(der)?;
            known.basic_constraints = Some((basic.ca, basic.path_len));
        }
        if let Some(der) = value(ID_CE_KEY_USAGE) {
            let flags = FlagSet::<KeyUsages>::from_der(der)?;
            let set = KeyUsage::ALL.iter().copied();
            known.key_usages = Some(set.filter(|u| flags.contains(u.flag())).collect());
        }
        if let Some(der) = value(ID_CE_EXT_KEY_USAGE) {
            known.extended_key_usages = Some(Vec::from_der(der)?);
        }
        if let Some(der) = value(ID_CE_SUBJECT_ALT_NAME) {
            known.sans = Some(san::decode(der)?);
        }
        if let Some(der) = value(ID_CE_SUBJECT_KEY_IDENTIFIER) {
            known.subject_key_id = Some(OctetString::from_der(der)?.as_bytes().to_vec());
        }
        if let Some(der) = value(AuthorityKeyIdentifier::OID) {
            let authority = AuthorityKeyIdentifier::from_der(der)?;
            known.authority_key_id = authority.key_identifier.map(|id| id.as_bytes().to_vec());
        }
        if let Some(der) = value(rfc5280::ID_CE_POLICY_CONSTRAINTS) {
            known.demands_policies = PolicyConstraints::from_der(der)?
                .require_explicit_policy
                .is_some();
        }
        let raw = |oid| value(oid).map(<[u8]>::to_vec);
        known.name_constraints = raw(ID_CE_NAME_CONSTRAINTS);
        known.crl_distribution_points = raw(rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS);
        known.authority_info = raw(rfc5280::ID_PE_AUTHORITY_INFO_ACCESS);
        Ok(known)
    }

    /// The name constraints, read.
    ///
    /// # Errors
    /// As [`NameConstraints::from_der`].
    pub(crate) fn constraints(&self) -> Result<Option<NameConstraints>, PkiError> {
        let der = self.name_constraints.as_deref();
        der.map(NameConstraints::from_der).transpose()
    }

    /// Whether the purpose OCSPSigning is among the purposes.
    pub(crate) fn is_ocsp_responder(&self) -> bool {
        let mut purposes = self.extended_key_usages.iter().flatten();
        purposes.any(|oid| *oid == ID_KP_OCSP_SIGNING)
    }

    /// The purposes that have a name here.
    pub(crate) fn named_purposes(&self) -> Vec<ExtendedKeyUsage> {
        let purposes = self.extended_key_usages.iter().flatten();
        purposes
            .filter_map(|oid| ExtendedKeyUsage::from_oid(*oid))
            .collect()
    }
}

pub(crate) fn extension(
    oid: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> Result<Extension, PkiError> {
    let der = value.to_der().map_err(PkiError::malformed("extension"))?;
    raw_extension(oid, critical, &der)
}

pub(crate) fn raw_extension(
    oid: ObjectIdentifier,
    critical: bool,
    value: &[u8],
) -> Result<Extension, PkiError> {
    Ok(Extension {
        extn_id: oid,
        critical,
        extn_value: octets(value)?,
    })
}

pub(crate) fn octets(bytes: &[u8]) -> Result<OctetString, PkiError> {
    OctetString::new(bytes).map_err(PkiError::malformed("extension"))
}

fn key_usage(usages: &[KeyUsage]) -> Result<Extension, PkiError> {
    let mut flags = FlagSet::<KeyUsages>::default();
    for usage in usages {
        flags |= usage.flag();
    }
    extension(ID_CE_KEY_USAGE, true, &flags)
}

/// Critical where it holds timeStamping alone, which RFC 3161 section 2.3 demands.
fn extended_key_usage(wanted: &Extensions) -> Result<Extension, PkiError> {
    let usages = wanted.extended_key_usages.as_slice();
    let mut oids: Vec<ObjectIdentifier> = usages.iter().map(|u| u.oid()).collect();
    oids.extend(wanted.ocsp_responder.then_some(ID_KP_OCSP_SIGNING));
    let critical = oids == [ExtendedKeyUsage::TimeStamping.oid()];
    extension(ID_CE_EXT_KEY_USAGE, critical, &oids)
}

/// Critical where the subject is empty (section 4.2.1.6).
fn subject_alt_name(
    sans: &[SubjectAltName],
    subject_is_empty: bool,
) -> Result<Extension, PkiError> {
    raw_extension(
        ID_CE_SUBJECT_ALT_NAME,
        subject_is_empty,
        &san::encode(sans)?,
    )
}

/// One distribution point per URI (section 4.2.1.13).
fn crl_distribution_points(uris: &[String]) -> Result<Extension, PkiError> {
    let point = |uri: &String| {
        Ok(DistributionPoint {
            distribution_point: Some(DistributionPointName::FullName(vec![san::uri(uri)?])),
            reasons: None,
            crl_issuer: None,
        })
    };
    let points: Vec<_> = uris.iter().map(point).collect::<Result<_, PkiError>>()?;
    extension(rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS, false, &points)
}

/// Where the issuer's certificate and OCSP responder are (section 4.2.2.1).
fn authority_info(wanted: &Extensions) -> Result<Option<Extension>, PkiError> {
    let info = &wanted.authority_info;
    let ocsp = info.ocsp.iter().map(|uri| (ID_AD_OCSP, uri));
    let issuers = info.ca_issuers.iter().map(|uri| (ID_AD_CA_ISSUERS, uri));
    let mut pointers = Vec::new();
    for (access_method, uri) in ocsp.chain(issuers) {
        pointers.push(AccessDescription {
            access_method,
            access_location: san::uri(uri)?,
        });
    }
    if pointers.is_empty() {
        return Ok(None);
    }
    extension(rfc5280::ID_PE_AUTHORITY_INFO_ACCESS, false, &pointers).map(Some)
}

/// The URIs of `CRLDistributionPoints`, of every point.
///
/// # Errors
/// When a value is malformed or a point has no name.
pub(crate) fn read_crl_distribution_points(der: &[u8]) -> der::Result<Vec<String>> {
    let mut uris = Vec::new();
    for point in Vec::<DistributionPoint>::from_der(der)? {
        match point.distribution_point {
            Some(DistributionPointName::FullName(names)) if !names.is_empty() => {
                uris.extend(names.iter().filter_map(uri_of));
            }
            _ => return Err(der::Tag::Sequence.value_error().into()),
        }
    }
    Ok(uris)
}

/// The URIs of `AuthorityInfoAccessSyntax`; other access methods are left out.
///
/// # Errors
/// When a value is malformed.
pub(crate) fn read_authority_info(der: &[u8]) -> der::Result<AuthorityInfo> {
    let mut info = AuthorityInfo::default();
    for pointer in Vec::<AccessDescription>::from_der(der)? {
        let uris = match pointer.access_method {
            ID_AD_OCSP => &mut info.ocsp,
            ID_AD_CA_ISSUERS => &mut info.ca_issuers,
            _ => continue,
        };
        uris.extend(uri_of(&pointer.access_location));
    }
    Ok(info)
}

fn uri_of(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        _ => None,
    }
}

/// The arcs of extensions that are registered with a syntax of their own, which no text has. Those of the
/// standards have their own fields in a template.
const RESERVED_ARCS: [(&str, &str); 9] = [
    ("2.5.29.", "X.509"),
    ("1.3.6.1.5.5.7.", "PKIX"),
    ("1.2.840.113549.1.9.", "PKCS#9"),
    ("1.2.840.113533.7.65.", "Entrust"),
    ("1.2.840.113635.100.6.", "Apple"),
    ("1.3.6.1.4.1.311.", "Microsoft"),
    ("1.3.6.1.4.1.11129.2.4.", "certificate transparency"),
    ("2.16.840.1.113730.1.", "Netscape"),
    ("2.23.140.", "CA/Browser Forum"),
];

pub(crate) fn customized_extension(
    customized: &CustomizedExtension,
) -> Result<Extension, PkiError> {
    const FIELD: &str = "customized_extension.object_identifier";
    let text = &customized.object_identifier;
    let oid = ObjectIdentifier::new(text).map_err(|_| {
        PkiError::field(
            FIELD,
            "must be an object identifier in dotted decimal, such as 1.3.6.1.4.1.2011.4.99",
        )
    })?;
    // The number as it is, not as it was written: 02.5.29.30 is 2.5.29.30 too.
    let plain = oid.to_string();
    let mut reserved = RESERVED_ARCS.iter();
    if let Some((arc, whose)) = reserved.find(|(arc, _)| plain.starts_with(arc)) {
        let arc = arc.trim_end_matches('.');
        let reason = format!(
            "must not be below {arc}: extensions of {whose} have a syntax of their own, and this one's \
             value is a text"
        );
        return Err(PkiError::field(FIELD, reason));
    }
    raw_extension(oid, false, &customized.value_der)
}
