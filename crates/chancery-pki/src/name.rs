//! Distinguished names (RFC 5280 section 4.1.2.4).

pub(crate) mod compare;
pub(crate) mod grammar;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{
    COMMON_NAME, COUNTRY_NAME, LOCALITY_NAME, ORGANIZATION_NAME, ORGANIZATIONAL_UNIT_NAME, ST,
};
use der::asn1::Any;
use der::{Decode, Encode, Tag};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::error::PkiError;

/// The six attributes of a name that the APIs know. An absent and an empty one are the same:
/// both are left out of the certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct DistinguishedName {
    /// CN, at most 64 characters.
    pub common_name: Option<String>,
    /// C, two letters (ISO 3166).
    pub country: Option<String>,
    /// ST, at most 128 characters.
    pub state: Option<String>,
    /// L, at most 128 characters.
    pub locality: Option<String>,
    /// O, at most 64 characters.
    pub organization: Option<String>,
    /// OU, at most 64 characters.
    pub organizational_unit: Option<String>,
}

/// An attribute type that has an upper bound on its length (RFC 5280 appendix A.1).
struct Attribute {
    oid: ObjectIdentifier,
    /// The name of the field, as callers know it.
    field: &'static str,
    /// The largest number of characters.
    max: usize,
}

const fn attribute(oid: ObjectIdentifier, field: &'static str, max: usize) -> Attribute {
    Attribute { oid, field, max }
}

/// In the order in which they are written: from the widest to the narrowest, as others do.
const ATTRIBUTES: [Attribute; 6] = [
    attribute(COUNTRY_NAME, "country", 2),
    attribute(ST, "state", 128),
    attribute(LOCALITY_NAME, "locality", 128),
    attribute(ORGANIZATION_NAME, "organization", 64),
    attribute(ORGANIZATIONAL_UNIT_NAME, "organizational_unit", 64),
    attribute(COMMON_NAME, "common_name", 64),
];

impl DistinguishedName {
    /// A name of a common name alone.
    pub fn common(common_name: impl Into<String>) -> Self {
        Self {
            common_name: Some(common_name.into()),
            ..Self::default()
        }
    }

    /// Checks lengths and characters as the APIs document them: letters, digits, Han and
    /// `- _ . ,` and space, for the common name also `*`; the country is two letters.
    ///
    /// # Errors
    /// [`PkiError::Field`] for the first attribute that breaks the rule.
    pub fn validate(&self) -> Result<(), PkiError> {
        for (attribute, value) in ATTRIBUTES.iter().zip(self.values()) {
            let Some(value) = value else { continue };
            let is_common_name = attribute.field == "common_name";
            if attribute.field == "country" {
                if value.len() != 2 || !value.bytes().all(|b| b.is_ascii_alphabetic()) {
                    return Err(PkiError::field(
                        "country",
                        "must be two letters, such as CN",
                    ));
                }
                continue;
            }
            if value.chars().count() > attribute.max {
                let reason = format!("must have at most {} characters", attribute.max);
                return Err(PkiError::field(attribute.field, reason));
            }
            let allowed =
                |c: char| c.is_alphanumeric() || "-_ .,".contains(c) || is_common_name && c == '*';
            if let Some(c) = value.chars().find(|c| !allowed(*c)) {
                let star = if is_common_name { ", asterisk" } else { "" };
                let reason = format!(
                    "must not contain {c:?}: allowed are letters, digits, Han characters, space, \
                     hyphen, underscore, full stop, comma{star}"
                );
                return Err(PkiError::field(attribute.field, reason));
            }
        }
        Ok(())
    }

    /// DER of the X.501 Name: one attribute per RDN, in the order C, ST, L, O, OU, CN; the
    /// country as PrintableString, the others as UTF8String, as RFC 5280 section 4.1.2.4 and
    /// appendix A.1 ask.
    ///
    /// # Errors
    /// [`PkiError::Field`] when the country has other characters than PrintableString has.
    pub fn to_der(&self) -> Result<Vec<u8>, PkiError> {
        let mut rdns = RdnSequence::default();
        for (attribute, value) in ATTRIBUTES.iter().zip(self.values()) {
            let Some(value) = value else { continue };
            let tag = if attribute.oid == COUNTRY_NAME {
                if !value.bytes().all(|b| b.is_ascii_alphabetic()) {
                    return Err(PkiError::field(
                        "country",
                        "must be two letters, such as CN",
                    ));
                }
                Tag::PrintableString
            } else {
                Tag::Utf8String
            };
            let too_long = |_| PkiError::field(attribute.field, "is too long");
            let value = Any::new(tag, value.as_bytes()).map_err(too_long)?;
            let oid = attribute.oid;
            let rdn =
                RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }])
                    .map_err(too_long)?;
            rdns.push(rdn);
        }
        rdns.to_der().map_err(PkiError::malformed("name"))
    }

    /// Reads DER of an X.501 Name. Attributes other than the six are passed over, and of one
    /// that occurs more than once the first is taken.
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when the bytes are no Name.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let name = Name::from_der(der).map_err(PkiError::malformed("name"))?;
        let first = |oid| {
            name.iter()
                .find(|a| a.oid == oid)
                .map(|a| text_of(&a.value))
                .filter(|text| !text.is_empty())
        };
        Ok(Self {
            common_name: first(COMMON_NAME),
            country: first(COUNTRY_NAME),
            state: first(ST),
            locality: first(LOCALITY_NAME),
            organization: first(ORGANIZATION_NAME),
            organizational_unit: first(ORGANIZATIONAL_UNIT_NAME),
        })
    }

    /// The values in the order of [`ATTRIBUTES`], without the empty ones.
    fn values(&self) -> [Option<&str>; 6] {
        [
            &self.country,
            &self.state,
            &self.locality,
            &self.organization,
            &self.organizational_unit,
            &self.common_name,
        ]
        .map(|value| value.as_deref().filter(|text| !text.is_empty()))
    }
}

/// The text of an attribute in any of the string types; what is not readable is replaced.
pub(crate) fn text_of(value: &Any) -> String {
    match DirectoryString::try_from(value) {
        Ok(text) => text.value().into_owned(),
        Err(_) => String::from_utf8_lossy(value.value()).into_owned(),
    }
}

/// The whole name for people, in the form of RFC 4514.
pub(crate) fn display(name_der: &[u8]) -> String {
    Name::from_der(name_der).map_or_else(|_| "?".into(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn whole() -> DistinguishedName {
        DistinguishedName {
            common_name: Some("*.例子.cn".into()),
            country: Some("CN".into()),
            state: Some("Sichuan".into()),
            locality: Some("Chengdu".into()),
            organization: Some("Acme, Inc.".into()),
            organizational_unit: Some("R-D_1".into()),
        }
    }

    #[test]
    fn the_order_is_from_wide_to_narrow_and_the_country_printable() {
        let name = DistinguishedName {
            common_name: Some("c".into()),
            country: Some("CN".into()),
            organizational_unit: Some(String::new()),
            ..DistinguishedName::default()
        };
        assert_eq!(
            name.to_der().unwrap(),
            b"\x30\x19\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02CN\
              \x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01c"
        );
        assert_eq!(
            display(&whole().to_der().unwrap()),
            "CN=*.例子.cn,OU=R-D_1,O=Acme\\, Inc.,L=Chengdu,ST=Sichuan,C=CN"
        );
        assert_eq!(DistinguishedName::default().to_der().unwrap(), [0x30, 0]);
    }

    #[test]
    fn empty_means_absent() {
        let read = DistinguishedName::from_der(
            &DistinguishedName {
                state: Some(String::new()),
                ..DistinguishedName::common("c")
            }
            .to_der()
            .unwrap(),
        );
        assert_eq!(read.unwrap(), DistinguishedName::common("c"));
    }

    #[test]
    fn other_attributes_are_passed_over_and_the_first_of_many_taken() {
        let name: Name = "CN=second,CN=first,UID=u,emailAddress=a@b".parse().unwrap();
        let read = DistinguishedName::from_der(&name.to_der().unwrap()).unwrap();
        assert_eq!(read, DistinguishedName::common("first"));
    }

    #[test]
    fn old_string_types_are_read() {
        for (tag, bytes) in [
            (Tag::PrintableString, &b"ab"[..]),
            (Tag::BmpString, b"\0a\0b"),
            (Tag::TeletexString, b"ab"),
            (Tag::Ia5String, b"ab"),
        ] {
            let value = Any::new(tag, bytes).unwrap();
            assert_eq!(text_of(&value), "ab", "{tag}");
        }
        let broken = Any::new(Tag::Utf8String, &b"a\xff"[..]).unwrap();
        assert_eq!(text_of(&broken), "a\u{fffd}");
    }

    #[test]
    fn each_limit_names_its_field() {
        assert_eq!(whole().validate(), Ok(()));
        let refused = |change: fn(&mut DistinguishedName)| {
            let mut name = whole();
            change(&mut name);
            match name.validate() {
                Err(PkiError::Field { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        let text = |n| Some("字".repeat(n));
        let mut name = whole();
        name.common_name = text(64);
        name.state = text(128);
        assert_eq!(
            name.validate(),
            Ok(()),
            "limits count characters, not bytes"
        );

        assert_eq!(refused(|n| n.country = Some("CHN".into())), "country");
        assert_eq!(refused(|n| n.country = Some("C1".into())), "country");
        assert_eq!(
            refused(|n| n.common_name = Some("a".repeat(65))),
            "common_name"
        );
        assert_eq!(
            refused(|n| n.common_name = Some("a/b".into())),
            "common_name"
        );
        assert_eq!(refused(|n| n.state = Some("a".repeat(129))), "state");
        assert_eq!(refused(|n| n.locality = Some("a".repeat(129))), "locality");
        assert_eq!(
            refused(|n| n.organization = Some("*".into())),
            "organization"
        );
        assert_eq!(
            refused(|n| n.organizational_unit = Some("a".repeat(65))),
            "organizational_unit"
        );
        assert_eq!(refused(|n| n.locality = Some("a\nb".into())), "locality");
    }

    #[test]
    fn a_country_that_cannot_be_written_is_refused() {
        let mut name = whole();
        name.country = Some("中国".into());
        assert!(matches!(
            name.to_der(),
            Err(PkiError::Field {
                field: "country",
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            common_name in prop::option::of("\\PC{1,64}"),
            country in prop::option::of("[A-Z]{2}"),
            organization in prop::option::of("\\PC{1,64}"),
        ) {
            let name = DistinguishedName {
                common_name,
                country,
                organization,
                ..DistinguishedName::default()
            };
            prop_assert_eq!(DistinguishedName::from_der(&name.to_der().unwrap()), Ok(name));
        }

        #[test]
        fn no_bytes_panic(der in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = DistinguishedName::from_der(&der);
            let _ = display(&der);
        }
    }
}
