//! When two names are the same (RFC 5280 section 7.1), as far as programs agree: whatever string type a
//! text has, ASCII letters in either case, and whitespace at the ends and between words counts once.

use const_oid::ObjectIdentifier;
use der::asn1::Any;
use der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name;

use super::text_of;

/// One RelativeDistinguishedName: its attributes, sorted.
pub(crate) type Rdn = Vec<(ObjectIdentifier, Text)>;

/// The value of an attribute: a text in the form that is compared, or the bytes of what is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    Text(String),
    Bytes(Vec<u8>),
}

impl Text {
    fn read(value: &Any) -> Self {
        let is_text = value.tag() == Tag::Ia5String || DirectoryString::try_from(value).is_ok();
        if !is_text {
            return Self::Bytes(value.value().to_vec());
        }
        let text = text_of(value).to_ascii_lowercase();
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        Self::Text(words.join(" "))
    }
}

/// The RDNs of a name, in the form that is compared.
pub(crate) fn rdns(name: &Name) -> Vec<Rdn> {
    let rdn = name.iter_rdn().map(|rdn| {
        let attributes = rdn.iter();
        let mut attributes: Rdn = attributes
            .map(|attribute| (attribute.oid, Text::read(&attribute.value)))
            .collect();
        attributes.sort();
        attributes
    });
    rdn.collect()
}

/// A name (DER) in the form that is compared; the bytes of what is no name are only the same as themselves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Comparable<'a> {
    Name(Vec<Rdn>),
    Bytes(&'a [u8]),
}

/// The form of a name (DER) that is compared.
pub(crate) fn comparable(der: &[u8]) -> Comparable<'_> {
    match Name::from_der(der) {
        Ok(name) => Comparable::Name(rdns(&name)),
        Err(_) => Comparable::Bytes(der),
    }
}

/// Whether two names (DER) are the same.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a == b || comparable(a) == comparable(b)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A name of one common name and one organization.
    fn name(tag: u8, common_name: &[u8], organization: &str) -> Vec<u8> {
        let tlv = |tag: u8, content: &[u8]| {
            let length = u8::try_from(content.len()).unwrap();
            [&[tag, length][..], content].concat()
        };
        let rdn = |oid: u8, tag: u8, value: &[u8]| {
            let attribute = [&[0x06, 0x03, 0x55, 0x04, oid][..], &tlv(tag, value)].concat();
            tlv(0x31, &tlv(0x30, &attribute))
        };
        let organization = rdn(10, 0x0c, organization.as_bytes());
        tlv(0x30, &[rdn(3, tag, common_name), organization].concat())
    }

    #[test]
    fn writings_of_one_name_are_the_same() {
        let first = name(0x0c, b"Acme Root", "Acme");
        for other in [
            name(0x13, b"Acme Root", "Acme"),
            name(0x13, b"ACME  root ", "acme"),
            name(0x1e, b"\0A\0c\0m\0e\0 \0R\0o\0o\0t", "Acme"),
        ] {
            assert!(same(&first, &other));
            assert!(same(&other, &first));
        }
        for other in [
            name(0x0c, b"AcmeRoot", "Acme"),
            name(0x0c, b"Acme Root", "Acme."),
            // A text is no number with the same bytes.
            name(0x02, b"Acme Root", "Acme"),
            b"\x30\x00".to_vec(),
            b"junk".to_vec(),
        ] {
            assert!(!same(&first, &other));
        }
        assert!(!same(b"junk", b"jun"));
        // Letters of other scripts are compared as they are, as OpenSSL does.
        let small = name(0x0c, "é".as_bytes(), "Acme");
        assert!(!same(&small, &name(0x0c, "É".as_bytes(), "Acme")));
    }
}
