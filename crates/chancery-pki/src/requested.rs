//! The extensions that a signing request asks for: what of them a certificate gets.
//!
//! What limits a certificate is kept or refused, never dropped: whoever asks for a certificate that is
//! good for one thing must not get one that is good for all. What merely informs may be left out, and is
//! named. Names that nobody here can vouch for are never taken from a request.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_BASIC_CONSTRAINTS, ID_CE_EXT_KEY_USAGE, ID_CE_KEY_USAGE, ID_CE_NAME_CONSTRAINTS,
    ID_CE_SUBJECT_ALT_NAME, ID_CE_SUBJECT_KEY_IDENTIFIER,
};
use der::Decode;
use x509_cert::ext::Extension;

use crate::error::PkiError;
use crate::extension::{Known, TLS_FEATURE, key_id};
use crate::san::{self, SubjectAltName};
use crate::usage::{KeyUsage, Purpose};

/// What a request asks for, and what of that is left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requested {
    pub(crate) sans: Vec<SubjectAltName>,
    /// Empty where it does not ask for any.
    pub(crate) key_usages: Vec<KeyUsage>,
    pub(crate) purposes: Vec<Purpose>,
    /// `cA` and the path length, where it says something about that.
    pub(crate) basic_constraints: Option<(bool, Option<u32>)>,
    /// DER, not looked into.
    pub(crate) name_constraints: Option<Vec<u8>>,
    pub(crate) tls_features: Vec<u16>,
    /// What no certificate gets, each in a few words.
    pub(crate) left_out: Vec<String>,
}

const FIELD: &str = "extensions";
/// How many purposes or TLS features are taken.
const MOST: usize = 32;
/// How many extensions, and how many alternative names, are looked at.
const MOST_EXTENSIONS: usize = 64;
const MOST_NAMES: usize = 256;

/// What becomes of an extension that has no field of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// It has one.
    Read,
    /// A limit that no certificate here has: refused.
    Limits,
    /// A limit of some programs, which the purposes have for all: left out beside those alone.
    LimitsPurposes,
    /// It merely informs, or is its issuer's to say: left out.
    Informs,
}

/// Extensions by their names. One that is not here informs.
#[rustfmt::skip]
const EXTENSIONS: &[(&str, &str, Fate)] = &[
    ("2.5.29.14", "subjectKeyIdentifier", Fate::Read),
    ("2.5.29.15", "keyUsage", Fate::Read),
    ("2.5.29.17", "subjectAltName", Fate::Read),
    ("2.5.29.19", "basicConstraints", Fate::Read),
    ("2.5.29.30", "nameConstraints", Fate::Read),
    ("2.5.29.37", "extKeyUsage", Fate::Read),
    ("1.3.6.1.5.5.7.1.24", "tlsfeature", Fate::Read),
    ("2.5.29.16", "privateKeyUsagePeriod", Fate::Limits),
    ("2.5.29.33", "policyMappings", Fate::Limits),
    ("2.5.29.36", "policyConstraints", Fate::Limits),
    ("2.5.29.54", "inhibitAnyPolicy", Fate::Limits),
    ("2.5.29.56", "noRevAvail", Fate::Limits),
    ("1.3.6.1.5.5.7.1.14", "proxyCertInfo", Fate::Limits),
    ("1.3.6.1.4.1.311.21.10", "applicationCertPolicies", Fate::LimitsPurposes),
    ("2.16.840.1.113730.1.1", "netscapeCertType", Fate::LimitsPurposes),
    ("2.5.29.9", "subjectDirectoryAttributes", Fate::Informs),
    ("2.5.29.18", "issuerAltName", Fate::Informs),
    ("2.5.29.31", "cRLDistributionPoints", Fate::Informs),
    ("2.5.29.32", "certificatePolicies", Fate::Informs),
    ("2.5.29.35", "authorityKeyIdentifier", Fate::Informs),
    ("2.5.29.46", "freshestCRL", Fate::Informs),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess", Fate::Informs),
    ("1.3.6.1.5.5.7.1.3", "qcStatements", Fate::Informs),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess", Fate::Informs),
    ("1.3.6.1.5.5.7.48.1.5", "ocsp-nocheck", Fate::Informs),
    ("1.2.840.113549.1.9.15", "smimeCapabilities", Fate::Informs),
    ("1.3.6.1.4.1.311.20.2", "enrollCerttypeExtension", Fate::Informs),
    ("1.3.6.1.4.1.311.21.7", "certificateTemplate", Fate::Informs),
    ("2.16.840.1.113730.1.13", "netscapeComment", Fate::Informs),
];

impl Requested {
    /// Reads the extensions of a request for this key (DER of its SubjectPublicKeyInfo).
    ///
    /// # Errors
    /// [`PkiError::Field`] for what is refused, [`PkiError::Malformed`] for what cannot be read.
    pub(crate) fn read(extensions: &[Extension], public_key_der: &[u8]) -> Result<Self, PkiError> {
        let malformed = PkiError::malformed("signing request");
        if extensions.len() > MOST_EXTENSIONS {
            let reason = format!("there must be at most {MOST_EXTENSIONS} of them");
            return Err(refused(&reason));
        }
        let known = Known::read(extensions).map_err(&malformed)?;
        let mut requested = Self {
            key_usages: known.key_usages.clone().unwrap_or_default(),
            basic_constraints: known.basic_constraints,
            name_constraints: known.name_constraints.clone(),
            ..Self::default()
        };
        if known.key_usages.as_ref().is_some_and(Vec::is_empty) {
            return Err(refused("keyUsage must name at least one usage"));
        }
        if let Some((false, Some(_))) = known.basic_constraints {
            return Err(refused(
                "basicConstraints must not have a path length without CA:TRUE",
            ));
        }
        let has_purposes = known.extended_key_usages.is_some();
        for (index, extension) in extensions.iter().enumerate() {
            let oid = extension.extn_id;
            let (name, fate) = described(oid);
            if extensions[..index].iter().any(|other| other.extn_id == oid) {
                return Err(refused(&format!("{name} must not be there twice")));
            }
            let value = extension.extn_value.as_bytes();
            match oid {
                ID_CE_BASIC_CONSTRAINTS | ID_CE_KEY_USAGE | ID_CE_NAME_CONSTRAINTS => {}
                ID_CE_SUBJECT_ALT_NAME => requested.read_names(value)?,
                ID_CE_EXT_KEY_USAGE => {
                    let purposes = known.extended_key_usages.as_deref();
                    requested.read_purposes(purposes.unwrap_or_default())?;
                }
                TLS_FEATURE => {
                    let features = Vec::<u16>::from_der(value).map_err(&malformed)?;
                    requested.tls_features = listed("TLS feature", features)?;
                }
                // That of every certificate.
                ID_CE_SUBJECT_KEY_IDENTIFIER
                    if known.subject_key_id == key_id(public_key_der).ok() => {}
                _ if fate == Fate::Limits => {
                    let reason = format!("{name} is no limit that certificates here have");
                    return Err(refused(&reason));
                }
                _ if fate == Fate::LimitsPurposes && !has_purposes => {
                    let reason = format!("{name} must have extKeyUsage beside it");
                    return Err(refused(&reason));
                }
                _ if extension.critical => {
                    let reason = format!("{name} must not be critical: it is not kept");
                    return Err(refused(&reason));
                }
                _ => requested.left_out.push(name),
            }
        }
        Ok(requested)
    }

    fn read_names(&mut self, der: &[u8]) -> Result<(), PkiError> {
        let names = san::decode_all(der).map_err(PkiError::malformed("subjectAltName"))?;
        if names.known.len() + names.unknown.len() > MOST_NAMES {
            let reason = format!("subjectAltName must hold at most {MOST_NAMES} names");
            return Err(refused(&reason));
        }
        for name in &names.known {
            name.check().map_err(|reason| refused(&reason))?;
        }
        if names.known.is_empty() {
            let reason = match names.unknown.first() {
                Some(kind) => format!(
                    "subjectAltName must not hold a name of the kind {kind} alone: nobody here can \
                     vouch for it"
                ),
                None => "subjectAltName must hold a name".to_owned(),
            };
            return Err(refused(&reason));
        }
        let unknown = names.unknown.iter();
        self.left_out
            .extend(unknown.map(|kind| format!("subjectAltName {kind}")));
        self.sans = san::once(&names.known).cloned().collect();
        Ok(())
    }

    fn read_purposes(&mut self, oids: &[ObjectIdentifier]) -> Result<(), PkiError> {
        for oid in listed("purpose", oids.to_vec())? {
            match Purpose::new(oid) {
                Some(purpose) => self.purposes.push(purpose),
                None => self.left_out.push(format!("extKeyUsage {oid}")),
            }
        }
        match self.purposes.is_empty() {
            true => Err(refused(
                "extKeyUsage must name another purpose than OCSPSigning and anyExtendedKeyUsage",
            )),
            false => Ok(()),
        }
    }
}

/// The elements of a list of something, each once.
fn listed<T: Copy + PartialEq>(what: &str, elements: Vec<T>) -> Result<Vec<T>, PkiError> {
    let mut once: Vec<T> = Vec::new();
    for element in elements {
        if !once.contains(&element) {
            once.push(element);
        }
        if once.len() > MOST {
            return Err(refused(&format!("there must be at most {MOST} of {what}")));
        }
    }
    match once.is_empty() {
        true => Err(refused(&format!("there must be at least one {what}"))),
        false => Ok(once),
    }
}

fn refused(reason: &str) -> PkiError {
    PkiError::field(FIELD, reason)
}

/// What an extension is called, or its number, and what becomes of it.
fn described(oid: ObjectIdentifier) -> (String, Fate) {
    match known(oid) {
        Some((name, fate)) => (name.to_owned(), fate),
        None => (oid.to_string(), Fate::Informs),
    }
}

/// What an extension is called.
pub(crate) fn extension_name(oid: ObjectIdentifier) -> Option<&'static str> {
    known(oid).map(|(name, _)| name)
}

fn known(oid: ObjectIdentifier) -> Option<(&'static str, Fate)> {
    let number = oid.to_string();
    let found = EXTENSIONS.iter().find(|(known, ..)| *known == number);
    found.map(|(_, name, fate)| (*name, *fate))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use der::Encode;
    use der::asn1::OctetString;

    use super::*;

    const NAMES: &str = "2.5.29.17";
    const BASIC: &str = "2.5.29.19";
    const USAGE: &str = "2.5.29.15";
    const PURPOSES: &str = "2.5.29.37";
    const FEATURES: &str = "1.3.6.1.5.5.7.1.24";
    const POLICIES: &str = "2.5.29.32";

    fn extension(oid: &str, critical: bool, value: &[u8]) -> Extension {
        Extension {
            extn_id: ObjectIdentifier::new_unwrap(oid),
            critical,
            extn_value: OctetString::new(value).unwrap(),
        }
    }

    fn read(extensions: &[(&str, bool, &[u8])]) -> Result<Requested, PkiError> {
        let extensions = extensions.iter();
        let extensions: Vec<_> = extensions
            .map(|(oid, critical, value)| extension(oid, *critical, value))
            .collect();
        Requested::read(&extensions, b"no key")
    }

    fn refusal(extensions: &[(&str, bool, &[u8])]) -> String {
        read(extensions).unwrap_err().to_string()
    }

    fn purposes(oids: &[&str]) -> Vec<u8> {
        let oids: Vec<_> = oids
            .iter()
            .map(|oid| ObjectIdentifier::new_unwrap(oid))
            .collect();
        oids.to_der().unwrap()
    }

    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    const DOCUMENTS: &str = "1.3.6.1.4.1.311.10.3.12";
    const OCSP: &str = "1.3.6.1.5.5.7.3.9";
    const ANY: &str = "2.5.29.37.0";
    const DNS: &[u8] = b"\x82\x03a.b";

    fn names(names: &[&[u8]]) -> Vec<u8> {
        let content = names.concat();
        let length = u8::try_from(content.len()).unwrap();
        [vec![0x30, length], content].concat()
    }

    #[test]
    fn purposes_are_kept_by_their_number() {
        let asked = |oids: &[&str]| read(&[(PURPOSES, false, &purposes(oids))]);
        let kept = |oids: &[&str]| {
            let requested = asked(oids).unwrap();
            let kept = requested.purposes.iter().map(ToString::to_string);
            (kept.collect::<Vec<_>>(), requested.left_out)
        };
        assert_eq!(kept(&[DOCUMENTS]), (vec![DOCUMENTS.to_owned()], vec![]));
        assert_eq!(kept(&[SERVER, DOCUMENTS, SERVER]).0, [SERVER, DOCUMENTS]);
        for trusted in [OCSP, ANY] {
            let (purposes, left_out) = kept(&[trusted, SERVER]);
            assert_eq!(purposes, [SERVER]);
            assert_eq!(left_out, [format!("extKeyUsage {trusted}")]);
        }
        for oids in [&[OCSP][..], &[ANY], &[ANY, OCSP]] {
            let said = asked(oids).unwrap_err().to_string();
            assert!(said.contains("another purpose than OCSPSigning"), "{said}");
        }
        let said = asked(&[]).unwrap_err().to_string();
        assert!(said.contains("at least one purpose"), "{said}");
        let many: Vec<_> = (0..33).map(|last| format!("1.2.3.{last}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let said = asked(&many).unwrap_err().to_string();
        assert!(said.contains("at most 32 of purpose"), "{said}");
    }

    #[test]
    fn names_that_nobody_vouches_for_are_left_out_or_refused() {
        // otherName of a user principal name, directoryName, registeredID, x400Address, ediPartyName.
        let others: [(&[u8], &str); 5] = [
            (b"\xa0\x07\x06\x01\x2a\xa0\x02\x0c\x00", "otherName"),
            (b"\xa4\x02\x30\x00", "directoryName"),
            (b"\x88\x01\x2a", "registeredID"),
            (b"\xa3\x00", "x400Address"),
            (b"\xa5\x00", "ediPartyName"),
        ];
        for (name, kind) in others {
            let beside = read(&[(NAMES, false, &names(&[name, DNS]))]).unwrap();
            assert_eq!(beside.sans, [SubjectAltName::Dns("a.b".into())]);
            assert_eq!(beside.left_out, [format!("subjectAltName {kind}")]);
            let said = refusal(&[(NAMES, true, &names(&[name]))]);
            assert!(
                said.contains(&format!("of the kind {kind} alone")),
                "{said}"
            );
        }
        assert!(refusal(&[(NAMES, false, b"\x30\x00")]).contains("must hold a name"));
        for (name, text) in [
            (&b"\x82\x03a_b"[..], "DNS name \"a_b\" must consist of"),
            (b"\x82\x00", "DNS name \"\" must have"),
            (b"\x82\x02a\x00", "DNS name \"a\\0\" must consist of"),
            (b"\x81\x02a@", "e-mail address"),
            (b"\x86\x03a/b", "URI \"a/b\" must be absolute"),
            (b"\x87\x03\x0a\x00\x01", "is malformed"),
            (b"\x82\x01\xff", "is malformed"),
        ] {
            let said = refusal(&[(NAMES, false, &names(&[name]))]);
            assert!(said.contains(text), "{text}: {said}");
        }
        // The same host twice is one.
        let twice = read(&[(NAMES, false, &names(&[DNS, b"\x82\x03A.b", DNS]))]).unwrap();
        assert_eq!(twice.sans, [SubjectAltName::Dns("a.b".into())]);
    }

    #[test]
    fn limits_are_kept_or_refused() {
        let kept = read(&[
            (BASIC, true, b"\x30\x06\x01\x01\xff\x02\x01\x01"),
            (USAGE, true, b"\x03\x02\x02\x04"),
            (FEATURES, false, b"\x30\x06\x02\x01\x05\x02\x01\x05"),
        ]);
        let kept = kept.unwrap();
        assert_eq!(kept.basic_constraints, Some((true, Some(1))));
        assert_eq!(kept.key_usages, [KeyUsage::KeyCertSign]);
        assert_eq!(kept.tls_features, [5]);
        assert!(kept.left_out.is_empty());
        for (extensions, text) in [
            (
                &[(BASIC, true, &b"\x30\x03\x02\x01\x01"[..])][..],
                "must not have a path length without CA:TRUE",
            ),
            (&[(USAGE, true, b"\x03\x01\x00")], "keyUsage must name"),
            (
                &[(FEATURES, false, b"\x30\x00")],
                "at least one TLS feature",
            ),
            (&[(FEATURES, false, b"\x05\x00")], "malformed"),
            (
                &[("2.5.29.36", false, b"\x30\x03\x80\x01\x00")],
                "policyConstraints is no limit that certificates here have",
            ),
            (
                &[("2.5.29.16", false, b"\x30\x00")],
                "privateKeyUsagePeriod is no limit",
            ),
            (
                &[("2.16.840.1.113730.1.1", false, b"\x03\x02\x06\x40")],
                "netscapeCertType must have extKeyUsage beside it",
            ),
            (
                &[("1.3.6.1.4.1.311.21.10", false, b"\x30\x00")],
                "applicationCertPolicies must have extKeyUsage",
            ),
            (
                &[("1.2.3.4", true, b"\x05\x00")],
                "1.2.3.4 must not be critical",
            ),
            (
                &[(POLICIES, true, b"\x30\x00")],
                "certificatePolicies must not be critical",
            ),
            (
                &[
                    (NAMES, false, b"\x30\x05\x82\x03a.b"),
                    (NAMES, false, b"\x30\x05\x82\x03c.d"),
                ],
                "subjectAltName must not be there twice",
            ),
            (
                &[
                    ("1.2.3.4", false, b"\x05\x00"),
                    ("1.2.3.4", false, b"\x05\x00"),
                ],
                "1.2.3.4 must not be there twice",
            ),
        ] {
            let said = refusal(extensions);
            assert!(said.contains(text), "{text}: {said}");
        }
    }

    #[test]
    fn how_much_is_looked_at_has_a_limit() {
        let many: Vec<String> = (0..65).map(|last| format!("1.2.3.{last}")).collect();
        let asked: Vec<_> = many
            .iter()
            .map(|oid| (oid.as_str(), false, &b"\x05\x00"[..]))
            .collect();
        assert!(read(&asked[..64]).is_ok());
        assert!(refusal(&asked).contains("at most 64 of them"));
        // 257 names of five bytes, in a SEQUENCE of 1,285.
        let names = [&b"\x30\x82\x05\x05"[..], &DNS.repeat(257)].concat();
        let said = refusal(&[(NAMES, false, &names)]);
        assert!(said.contains("at most 256 names"), "{said}");
    }

    #[test]
    fn what_informs_is_left_out_and_named() {
        let server = purposes(&[SERVER]);
        let requested = read(&[
            (POLICIES, false, b"\x30\x00"),
            ("2.5.29.14", false, b"\x04\x01a"),
            ("1.2.3.4", false, b"junk"),
            (PURPOSES, false, &server),
            ("2.16.840.1.113730.1.1", false, b"\x03\x02\x06\x40"),
        ]);
        assert_eq!(
            requested.unwrap().left_out,
            [
                "certificatePolicies",
                "subjectKeyIdentifier",
                "1.2.3.4",
                "netscapeCertType",
            ]
        );
    }
}
