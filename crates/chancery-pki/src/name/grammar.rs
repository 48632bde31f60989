//! What may stand in a subject: the grammar of each attribute (RFC 5280 section 4.1.2.4 and appendix A.1,
//! X.520), for names that others have written.
//!
//! A certificate whose name breaks it is one that some program cannot read. What has one meaning is
//! written in the way that all read; the rest is refused.

use const_oid::ObjectIdentifier as Oid;
use const_oid::db::rfc4519::COUNTRY_NAME;
use der::asn1::{Any, AnyRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{RdnSequence, RelativeDistinguishedName};

use super::ATTRIBUTES;
use crate::error::PkiError;
use crate::san;

const FIELD: &str = "subject";
/// How many attributes a name may have.
const MOST: usize = 32;
/// The longest name, in bytes of DER.
const LONGEST: usize = 16 * 1024;
/// The longest value of an attribute that is not known, in characters.
const UNKNOWN_MAX: usize = 256;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Syntax {
    /// A DirectoryString, of which RFC 5280 section 4.1.2.4 leaves PrintableString and UTF8String.
    Directory,
    /// A PrintableString.
    Printable,
    /// Two letters, a PrintableString.
    Country,
    /// A label of a DNS name, an IA5String (RFC 4519 section 2.4).
    DomainComponent,
    /// An e-mail address, an IA5String (RFC 2985 section 5.2.1).
    Email,
    /// Any string: the attribute is not known.
    Any,
}

/// Attributes beside the six of the APIs, with their names, the largest numbers of characters, and what they
/// hold.
#[rustfmt::skip]
const KNOWN: &[(&str, &str, usize, Syntax)] = &[
    ("2.5.4.4", "surname", 256, Syntax::Directory),
    ("2.5.4.5", "serialNumber", 64, Syntax::Printable),
    ("2.5.4.9", "streetAddress", 128, Syntax::Directory),
    ("2.5.4.12", "title", 64, Syntax::Directory),
    ("2.5.4.13", "description", 1024, Syntax::Directory),
    ("2.5.4.15", "businessCategory", 128, Syntax::Directory),
    ("2.5.4.17", "postalCode", 40, Syntax::Directory),
    ("2.5.4.20", "telephoneNumber", 32, Syntax::Printable),
    ("2.5.4.41", "name", 256, Syntax::Directory),
    ("2.5.4.42", "givenName", 256, Syntax::Directory),
    ("2.5.4.43", "initials", 256, Syntax::Directory),
    ("2.5.4.44", "generationQualifier", 256, Syntax::Directory),
    ("2.5.4.46", "dnQualifier", 64, Syntax::Printable),
    ("2.5.4.65", "pseudonym", 128, Syntax::Directory),
    ("2.5.4.97", "organizationIdentifier", 256, Syntax::Directory),
    ("0.9.2342.19200300.100.1.1", "UID", 256, Syntax::Directory),
    ("0.9.2342.19200300.100.1.25", "domainComponent", 63, Syntax::DomainComponent),
    ("1.2.840.113549.1.9.1", "emailAddress", 255, Syntax::Email),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocality", 128, Syntax::Directory),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionState", 128, Syntax::Directory),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountry", 2, Syntax::Country),
];

/// What an attribute is called: the six of the APIs by their letters (RFC 4514 section 3).
pub(crate) fn attribute_name(oid: Oid) -> Option<&'static str> {
    let letters = [
        ("country", "C"),
        ("state", "ST"),
        ("locality", "L"),
        ("organization", "O"),
        ("organizational_unit", "OU"),
        ("common_name", "CN"),
    ];
    if let Some(one) = ATTRIBUTES.iter().find(|one| one.oid == oid) {
        let found = letters.iter().find(|(field, _)| *field == one.field);
        return found.map(|(_, letters)| *letters);
    }
    let number = oid.to_string();
    let found = KNOWN.iter().find(|(known, ..)| *known == number);
    found.map(|(_, name, ..)| *name)
}

/// A name that keeps to the grammar.
#[derive(Debug)]
pub(crate) struct Checked {
    /// DER of the Name.
    pub(crate) der: Vec<u8>,
    /// The e-mail addresses in it, in their order.
    pub(crate) emails: Vec<String>,
}

/// Reads DER of a Name and writes it anew where a value has one meaning and not the best type: a
/// PrintableString with one of `*`, `@`, `_` and `&`, as older Windows writes, a BMPString, and a
/// TeletexString in ASCII become UTF8Strings; an RDN of several attributes is sorted.
///
/// # Errors
/// [`PkiError::Field`] that names the attribute and what is allowed.
pub(crate) fn check(der: &[u8]) -> Result<Checked, PkiError> {
    if der.len() > LONGEST {
        let reason = format!("must have at most {LONGEST} bytes");
        return Err(PkiError::field(FIELD, reason));
    }
    let mut checked = Checked {
        der: Vec::new(),
        emails: Vec::new(),
    };
    let mut rdns = RdnSequence::default();
    let mut count = 0;
    for attributes in read(der).map_err(PkiError::malformed(FIELD))? {
        count += attributes.len();
        if attributes.is_empty() {
            let reason = "must not have a relative distinguished name without an attribute";
            return Err(PkiError::field(FIELD, reason));
        }
        if count > MOST {
            let reason = format!("must have at most {MOST} attributes");
            return Err(PkiError::field(FIELD, reason));
        }
        let mut written: Vec<AttributeTypeAndValue> = Vec::with_capacity(attributes.len());
        for (oid, value) in attributes {
            let attribute = Attribute::of(oid);
            if written.iter().any(|other| other.oid == oid) {
                return Err(attribute.refusal("must not be twice in one relative name"));
            }
            let value = attribute.check(value)?;
            if attribute.syntax == Syntax::Email {
                checked.emails.extend(ascii_of(value.value()));
            }
            written.push(AttributeTypeAndValue { oid, value });
        }
        let rdn = RelativeDistinguishedName::try_from(written);
        rdns.push(rdn.map_err(PkiError::malformed(FIELD))?);
    }
    checked.der = rdns.to_der().map_err(PkiError::malformed(FIELD))?;
    Ok(checked)
}

type Values<'a> = Vec<(Oid, AnyRef<'a>)>;

/// The attributes of each RDN, in whatever order they are.
fn read(der: &[u8]) -> der::Result<Vec<Values<'_>>> {
    let mut reader = SliceReader::new(der)?;
    let rdns = reader.sequence(|name| {
        let mut rdns = Vec::new();
        while !name.is_finished() {
            let set = AnyRef::decode(name)?;
            set.tag().assert_eq(Tag::Set)?;
            let mut content = SliceReader::new(set.value())?;
            let mut attributes = Vec::new();
            while !content.is_finished() {
                attributes.push(content.sequence(|attribute| {
                    let oid = Oid::decode(attribute)?;
                    Ok::<_, der::Error>((oid, AnyRef::decode(attribute)?))
                })?);
            }
            rdns.push(attributes);
        }
        Ok::<_, der::Error>(rdns)
    })?;
    reader.finish()?;
    Ok(rdns)
}

/// An attribute type.
struct Attribute {
    name: String,
    max: usize,
    syntax: Syntax,
}

impl Attribute {
    fn of(oid: Oid) -> Self {
        let text = oid.to_string();
        let field = ATTRIBUTES.iter().find(|one| one.oid == oid).map(|one| {
            let syntax = match oid {
                COUNTRY_NAME => Syntax::Country,
                _ => Syntax::Directory,
            };
            (one.field, one.max, syntax)
        });
        let known = || {
            let known = KNOWN.iter().find(|(known, ..)| *known == text);
            known.map(|(_, name, max, syntax)| (*name, *max, *syntax))
        };
        let (name, max, syntax) =
            field
                .or_else(known)
                .unwrap_or((text.as_str(), UNKNOWN_MAX, Syntax::Any));
        Self {
            name: name.to_owned(),
            max,
            syntax,
        }
    }

    fn refusal(&self, reason: &str) -> PkiError {
        PkiError::field(FIELD, format!("{} {reason}", self.name))
    }

    /// The value as it is to be written.
    fn check(&self, value: AnyRef<'_>) -> Result<Any, PkiError> {
        let tag = value.tag();
        let types = self.syntax.types();
        let text = match types.contains(&tag) {
            true => text(value),
            false => None,
        };
        let Some(text) = text else {
            return Err(self.refusal(&format!(
                "must be {} with the characters of that type",
                self.syntax.written()
            )));
        };
        let length = text.chars().count();
        if text.trim().is_empty() || length > self.max || text.chars().any(char::is_control) {
            let max = self.max;
            return Err(self.refusal(&format!(
                "must have 1 to {max} characters: no control characters"
            )));
        }
        let is_right = match self.syntax {
            Syntax::Country => length == 2 && text.bytes().all(|b| b.is_ascii_alphabetic()),
            Syntax::Printable => text.bytes().all(is_printable),
            Syntax::DomainComponent => san::is_label(&text),
            Syntax::Email => san::is_email(&text),
            Syntax::Directory | Syntax::Any => true,
        };
        if !is_right {
            return Err(self.refusal(self.syntax.rule()));
        }
        let is_best = match tag {
            Tag::PrintableString => text.bytes().all(is_printable),
            Tag::BmpString | Tag::TeletexString => false,
            _ => true,
        };
        let tag = if is_best { tag } else { Tag::Utf8String };
        Any::new(tag, text.as_bytes()).map_err(PkiError::malformed(FIELD))
    }
}

impl Syntax {
    /// The types that are taken.
    fn types(self) -> &'static [Tag] {
        match self {
            Self::Directory => &[
                Tag::Utf8String,
                Tag::PrintableString,
                Tag::BmpString,
                Tag::TeletexString,
            ],
            Self::Printable | Self::Country => &[Tag::PrintableString],
            Self::DomainComponent | Self::Email => &[Tag::Ia5String],
            Self::Any => &[
                Tag::Utf8String,
                Tag::PrintableString,
                Tag::BmpString,
                Tag::TeletexString,
                Tag::Ia5String,
                Tag::NumericString,
            ],
        }
    }

    fn written(self) -> &'static str {
        match self {
            Self::Directory => "a UTF8String or PrintableString",
            Self::Printable | Self::Country => "a PrintableString",
            Self::DomainComponent | Self::Email => "an IA5String",
            Self::Any => "a UTF8String, PrintableString, IA5String or NumericString",
        }
    }

    /// What else holds.
    fn rule(self) -> &'static str {
        match self {
            Self::Country => "must be two letters, such as CN",
            Self::DomainComponent => "must be one label of a DNS name",
            Self::Email => "must be an e-mail address of the form name@host",
            Self::Printable => {
                "must have the characters of PrintableString: letters, digits, space and '()+,-./:=?"
            }
            Self::Directory | Self::Any => "must be a text",
        }
    }
}

/// The text of a value; none where its bytes are not of its type.
fn text(value: AnyRef<'_>) -> Option<String> {
    let bytes = value.value();
    match value.tag() {
        Tag::Utf8String => String::from_utf8(bytes.to_vec()).ok(),
        Tag::PrintableString => {
            let is_taken = |b: &u8| is_printable(*b) || b"*@_&".contains(b);
            bytes.iter().all(is_taken).then(|| ascii_of(bytes))?
        }
        // T.61 has more characters, which programs read in several ways.
        Tag::TeletexString | Tag::Ia5String => ascii_of(bytes),
        Tag::NumericString => {
            let is_taken = |b: &u8| b.is_ascii_digit() || *b == b' ';
            bytes.iter().all(is_taken).then(|| ascii_of(bytes))?
        }
        Tag::BmpString if bytes.len().is_multiple_of(2) => {
            let units = bytes.chunks_exact(2);
            let units = units.map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

fn ascii_of(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.is_ascii().then(|| text.to_owned())
}

/// X.680 section 41.4.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SET: u8 = 0x31;
    const SEQUENCE: u8 = 0x30;
    const UTF8: u8 = 0x0c;
    const PRINTABLE: u8 = 0x13;
    const TELETEX: u8 = 0x14;
    const IA5: u8 = 0x16;
    const BMP: u8 = 0x1e;

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut written = vec![tag];
        match u8::try_from(length) {
            Ok(length) if length < 128 => written.push(length),
            Ok(length) => written.extend([0x81, length]),
            Err(_) if length < 1 << 16 => {
                written.push(0x82);
                written.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            Err(_) => {
                written.push(0x83);
                written.extend(&u32::try_from(length).unwrap().to_be_bytes()[1..]);
            }
        }
        written.extend(content);
        written
    }

    fn attribute(oid: &str, tag: u8, value: &[u8]) -> Vec<u8> {
        let oid = Oid::new_unwrap(oid).to_der().unwrap();
        tlv(SEQUENCE, &[oid, tlv(tag, value)].concat())
    }

    fn name(rdns: &[&[Vec<u8>]]) -> Vec<u8> {
        let sets = rdns.iter().map(|attributes| tlv(SET, &attributes.concat()));
        tlv(SEQUENCE, &sets.collect::<Vec<_>>().concat())
    }

    fn one(oid: &str, tag: u8, value: &[u8]) -> Vec<u8> {
        name(&[&[attribute(oid, tag, value)]])
    }

    /// The tag and the value that are written.
    fn written(oid: &str, tag: u8, value: &[u8]) -> (u8, Vec<u8>) {
        let checked = check(&one(oid, tag, value)).unwrap();
        let rdns = read(&checked.der).unwrap();
        let value = rdns[0][0].1;
        (value.to_der().unwrap()[0], value.value().to_vec())
    }

    fn refused(der: &[u8]) -> String {
        check(der).unwrap_err().to_string()
    }

    const CN: &str = "2.5.4.3";
    const SERIAL: &str = "2.5.4.5";
    const EMAIL: &str = "1.2.840.113549.1.9.1";
    const DC: &str = "0.9.2342.19200300.100.1.25";
    const UNKNOWN: &str = "1.3.6.1.4.1.2011.9.9";

    #[test]
    fn what_is_right_stays_to_the_byte() {
        for (oid, tag, value) in [
            (CN, UTF8, "Müller & Söhne".as_bytes()),
            (CN, PRINTABLE, b"a.example.com"),
            (CN, UTF8, b"*.example.com"),
            ("2.5.4.6", PRINTABLE, b"de"),
            (SERIAL, PRINTABLE, b"HRB 7"),
            (EMAIL, IA5, b"a@b.cn"),
            (DC, IA5, b"example"),
            (UNKNOWN, IA5, b"a_b"),
            (UNKNOWN, 0x12, b"12 34"),
            ("2.5.4.13", UTF8, &[b'x'; 1024]),
        ] {
            assert_eq!(written(oid, tag, value), (tag, value.to_vec()), "{oid}");
        }
        let empty = name(&[]);
        assert_eq!(check(&empty).unwrap().der, empty);
    }

    #[test]
    fn what_has_one_meaning_is_written_as_all_read_it() {
        for (tag, value, text) in [
            (PRINTABLE, &b"*.example.com"[..], "*.example.com"),
            (PRINTABLE, b"a_b@c & d", "a_b@c & d"),
            (BMP, b"\x6c\x49\0a", "汉a"),
            (BMP, b"\xd8\x3d\xde\x00", "😀"),
            (TELETEX, b"plain", "plain"),
        ] {
            assert_eq!(
                written(CN, tag, value),
                (UTF8, text.as_bytes().to_vec()),
                "{text}"
            );
        }
        // An RDN of several attributes is a set.
        let (a, b) = (attribute(CN, UTF8, b"a"), attribute("2.5.4.10", UTF8, b"b"));
        let sorted = name(&[&[a.clone(), b.clone()]]);
        assert_eq!(check(&name(&[&[b, a]])).unwrap().der, sorted);
        assert_eq!(check(&sorted).unwrap().der, sorted);
    }

    #[test]
    fn e_mail_addresses_are_found() {
        let two = name(&[
            &[attribute(EMAIL, IA5, b"a@b.cn")],
            &[attribute(CN, UTF8, b"x@y.z")],
            &[attribute(EMAIL, IA5, b"c@d.cn")],
        ]);
        assert_eq!(check(&two).unwrap().emails, ["a@b.cn", "c@d.cn"]);
    }

    #[test]
    fn what_programs_cannot_read_is_refused_by_the_name_of_its_attribute() {
        let text = "common_name must be a UTF8String or PrintableString";
        for (tag, value) in [
            (UTF8, &b"a\xff"[..]),
            (UTF8, b"\xed\xa0\x80"),
            (PRINTABLE, b"a#b"),
            (PRINTABLE, b"a\xe9"),
            (TELETEX, b"M\xfcller"),
            (BMP, b"\0a\0"),
            (BMP, b"\xd8\x00\0a"),
            (IA5, b"a"),
            (0x12, b"1"),
            (0x1a, b"a"),
            (0x02, b"\x01"),
            (0x01, b"\xff"),
            (0x04, b"a"),
            (SEQUENCE, b""),
        ] {
            let said = refused(&one(CN, tag, value));
            assert!(said.contains(text), "{tag:x}: {said}");
        }
        for (oid, tag, value, text) in [
            (
                EMAIL,
                UTF8,
                &b"a@b.cn"[..],
                "emailAddress must be an IA5String",
            ),
            (
                EMAIL,
                IA5,
                b"a@b@",
                "emailAddress must be an e-mail address",
            ),
            (
                EMAIL,
                IA5,
                b"a\xe9@b.cn",
                "emailAddress must be an IA5String",
            ),
            (DC, UTF8, b"cn", "domainComponent must be an IA5String"),
            (DC, IA5, b"a.cn", "domainComponent must be one label"),
            (SERIAL, UTF8, b"1", "serialNumber must be a PrintableString"),
            (
                SERIAL,
                PRINTABLE,
                b"a_b",
                "serialNumber must have the characters",
            ),
            ("2.5.4.6", UTF8, b"CN", "country must be a PrintableString"),
            ("2.5.4.6", PRINTABLE, b"CHN", "country must have 1 to 2"),
            ("2.5.4.6", PRINTABLE, b"C", "country must be two letters"),
            ("2.5.4.6", PRINTABLE, b"C1", "country must be two letters"),
            (CN, UTF8, b"", "common_name must have 1 to 64 characters"),
            (CN, UTF8, b"  ", "common_name must have 1 to 64"),
            (CN, UTF8, &[b'a'; 65], "common_name must have 1 to 64"),
            (CN, UTF8, b"a\0b", "common_name must have 1 to 64"),
            (CN, UTF8, b"a\nb", "common_name must have 1 to 64"),
            (
                CN,
                UTF8,
                "a\u{85}b".as_bytes(),
                "common_name must have 1 to 64",
            ),
            (
                UNKNOWN,
                UTF8,
                &[b'a'; 257],
                "1.3.6.1.4.1.2011.9.9 must have 1 to 256",
            ),
            (
                UNKNOWN,
                0x02,
                b"\x01",
                "1.3.6.1.4.1.2011.9.9 must be a UTF8String",
            ),
            (
                CN,
                UTF8,
                &[b'a'; 600_000],
                "subject: must have at most 16384 bytes",
            ),
        ] {
            let said = refused(&one(oid, tag, value));
            assert!(said.contains(text), "{text}: {said}");
        }
        // In every place, not only in the first one of its kind.
        let second = name(&[
            &[attribute("2.5.4.11", UTF8, b"ops")],
            &[attribute("2.5.4.11", UTF8, &[b'x'; 65])],
        ]);
        assert!(refused(&second).contains("organizational_unit must have"));
    }

    #[test]
    fn names_of_another_shape_are_refused() {
        let cn = attribute(CN, UTF8, b"a");
        for (der, text) in [
            (name(&[&[]]), "without an attribute"),
            (
                name(&[std::slice::from_ref(&cn), &[]]),
                "without an attribute",
            ),
            (
                name(&[&[cn.clone(), attribute(CN, UTF8, b"b")]]),
                "common_name must not be twice in one relative name",
            ),
            (name(&vec![&[cn.clone()][..]; 33]), "at most 32 attributes"),
            (tlv(SEQUENCE, &cn), "subject is malformed"),
            (tlv(SET, &cn), "subject is malformed"),
            ([name(&[]), vec![0]].concat(), "subject is malformed"),
            (b"\x30\x80\0\0".to_vec(), "subject is malformed"),
        ] {
            let said = refused(&der);
            assert!(said.contains(text), "{text}: {said}");
        }
        assert!(check(&name(&vec![&[cn][..]; 32])).is_ok());
    }
}
