//! Subject alternative names (RFC 5280 section 4.2.1.6).

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use der::asn1::{AnyRef, Ia5String};
use der::{Class, Decode, Encode, Reader, SliceReader, Tag, TagNumber, Tagged};
use fluent_uri::Uri;
use fluent_uri::component::Host;
use idna::AsciiDenyList;
use idna::uts46::{Hyphens, Uts46};
use x509_cert::ext::pkix::name::GeneralName;

use crate::error::PkiError;

/// One more name of the subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SubjectAltName {
    /// A host name, with or without `*.` in front.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
    /// An e-mail address.
    Email(String),
    /// An absolute URI.
    Uri(String),
}

impl SubjectAltName {
    /// Reads a name as the APIs give it: `kind` is DNS, IP, EMAIL or URI; DNS and URI have at
    /// most 253 characters, EMAIL 256, IP 39.
    ///
    /// # Errors
    /// [`PkiError::Field`] for another kind, a value that is too long, or a malformed one.
    pub fn parse(kind: &str, value: &str) -> Result<Self, PkiError> {
        let max = match kind {
            "DNS" | "URI" => 253,
            "EMAIL" => 256,
            "IP" => 39,
            _ => {
                let reason = "type must be DNS, IP, EMAIL or URI";
                return Err(PkiError::field(FIELD, reason));
            }
        };
        if value.len() > max {
            let reason = format!("{kind} must have at most {max} characters");
            return Err(PkiError::field(FIELD, reason));
        }
        let name = match kind {
            "DNS" => Self::Dns(value.to_owned()),
            "URI" => Self::Uri(value.to_owned()),
            "EMAIL" => Self::Email(value.to_owned()),
            _ => Self::Ip(
                value
                    .parse()
                    .map_err(|_| PkiError::field(FIELD, "IP must be an IPv4 or IPv6 address"))?,
            ),
        };
        name.check()
            .map_err(|reason| PkiError::field(FIELD, reason))?;
        Ok(name)
    }

    /// The kind as the APIs spell it: `DNS`, `IP`, `EMAIL`, `URI`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "DNS",
            Self::Ip(_) => "IP",
            Self::Email(_) => "EMAIL",
            Self::Uri(_) => "URI",
        }
    }

    /// The value as text.
    pub fn value(&self) -> String {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => text.clone(),
            Self::Ip(address) => address.to_string(),
        }
    }

    /// The same for all writings of a name: those of a host may differ in case (RFC 5280 section 7.2).
    fn comparable(&self) -> Self {
        match self {
            Self::Dns(name) => Self::Dns(name.to_ascii_lowercase()),
            other => other.clone(),
        }
    }

    /// The rules of RFC 5280 section 4.2.1.6 for each kind; tells what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self {
            Self::Dns(name) => check_dns(name),
            Self::Ip(_) => Ok(()),
            Self::Email(address) => check_email(address),
            Self::Uri(uri) => check_uri(uri),
        }
    }
}

const FIELD: &str = "subject_alternative_names";

/// DER of the extension's value, `GeneralNames`; a name that is there twice is written once.
pub(crate) fn encode(names: &[SubjectAltName]) -> Result<Vec<u8>, PkiError> {
    let general: Vec<GeneralName> = once(names).map(general_name).collect::<Result<_, _>>()?;
    general.to_der().map_err(PkiError::malformed(FIELD))
}

/// Each name once, in the writing that comes first.
pub(crate) fn once(names: &[SubjectAltName]) -> impl Iterator<Item = &SubjectAltName> {
    let mut seen = HashSet::new();
    names
        .iter()
        .filter(move |name| seen.insert(name.comparable()))
}

/// Reads `GeneralNames`. Kinds other than the four (otherName, directoryName, ...) are passed
/// over.
pub(crate) fn decode(der: &[u8]) -> der::Result<Vec<SubjectAltName>> {
    Ok(decode_all(der)?.known)
}

/// What `GeneralNames` holds.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) known: Vec<SubjectAltName>,
    /// The kinds of the others, as RFC 5280 section 4.2.1.6 calls them.
    pub(crate) unknown: Vec<&'static str>,
}

/// Reads `GeneralNames`.
pub(crate) fn decode_all(der: &[u8]) -> der::Result<Names> {
    let mut reader = SliceReader::new(der)?;
    let names = reader.sequence(|names| {
        let mut found = Names::default();
        while !names.is_finished() {
            let name = AnyRef::decode(names)?;
            match known(name)? {
                Some(name) => found.known.push(name),
                None => found.unknown.push(kind_of(name.tag())),
            }
        }
        Ok::<_, der::Error>(found)
    })?;
    reader.finish()?;
    Ok(names)
}

/// What a name is called that is none of the four kinds.
fn kind_of(tag: Tag) -> &'static str {
    match tag {
        Tag::ContextSpecific {
            constructed: true,
            number,
        } => match number.value() {
            0 => "otherName",
            3 => "x400Address",
            4 => "directoryName",
            5 => "ediPartyName",
            _ => "unknown",
        },
        Tag::ContextSpecific { number, .. } if number.value() == 8 => "registeredID",
        _ => "unknown",
    }
}

/// A URI as `GeneralName`, also for distribution points.
pub(crate) fn uri(text: &str) -> Result<GeneralName, PkiError> {
    check_uri(text).map_err(|reason| PkiError::field("uri", reason))?;
    Ok(GeneralName::UniformResourceIdentifier(ia5("uri", text)?))
}

fn general_name(name: &SubjectAltName) -> Result<GeneralName, PkiError> {
    Ok(match name {
        SubjectAltName::Dns(text) => GeneralName::DnsName(ia5(FIELD, text)?),
        SubjectAltName::Email(text) => GeneralName::Rfc822Name(ia5(FIELD, text)?),
        SubjectAltName::Uri(text) => GeneralName::UniformResourceIdentifier(ia5(FIELD, text)?),
        SubjectAltName::Ip(address) => GeneralName::from(*address),
    })
}

fn ia5(field: &'static str, text: &str) -> Result<Ia5String, PkiError> {
    Ia5String::new(text).map_err(|_| PkiError::field(field, format!("{text:?} must be ASCII")))
}

fn known(name: AnyRef<'_>) -> der::Result<Option<SubjectAltName>> {
    let tag = name.tag();
    if tag.class() != Class::ContextSpecific || tag.is_constructed() {
        return Ok(None);
    }
    let value = name.value();
    let text = || match std::str::from_utf8(value) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(der::Error::from(Tag::Ia5String.value_error())),
    };
    Ok(match tag.number() {
        TagNumber(1) => Some(SubjectAltName::Email(text()?)),
        TagNumber(2) => Some(SubjectAltName::Dns(text()?)),
        TagNumber(6) => Some(SubjectAltName::Uri(text()?)),
        TagNumber(7) => Some(SubjectAltName::Ip(address(value)?)),
        _ => None,
    })
}

fn address(octets: &[u8]) -> der::Result<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return Ok(Ipv4Addr::from(v4).into());
    }
    <[u8; 16]>::try_from(octets)
        .map(|v6| Ipv6Addr::from(v6).into())
        .map_err(|_| Tag::OctetString.length_error().into())
}

/// Whether a text is a host name: not an address, nor a wildcard.
pub(crate) fn is_host(name: &str) -> bool {
    !name.starts_with('*') && check_dns(name).is_ok()
}

/// The preferred name syntax of RFC 1034 section 3.5 as modified by RFC 1123 section 2.1, with
/// `*` as the whole first label (RFC 6125 section 6.4.3).
fn check_dns(name: &str) -> Result<(), String> {
    let host = name.strip_prefix("*.").unwrap_or(name);
    let wrong = |why: &str| Err(format!("DNS name {name:?} {why}"));
    if name.is_empty() || name.len() > 253 {
        return wrong("must have 1 to 253 characters");
    }
    if host.parse::<Ipv4Addr>().is_ok() {
        return wrong("is an address: use the type IP");
    }
    // Many programs read such a name as an address (RFC 3696 section 2: a top-level domain is none).
    if host.rsplit('.').next().is_some_and(is_number) {
        return wrong("must not end in a number: programs read it as an address");
    }
    match host.split('.').find_map(|label| check_label(label).err()) {
        Some(why) => wrong(why),
        None => Ok(()),
    }
}

/// What is wrong with a label of a DNS name.
fn check_label(label: &str) -> Result<(), &'static str> {
    let is_ldh = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if label.is_empty() || label.len() > 63 {
        return Err("must consist of labels of 1 to 63 characters");
    }
    if !label.bytes().all(is_ldh) {
        return Err(
            "must consist of letters, digits and hyphens (international names as xn--...), \
             with *. at most in front",
        );
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("must not have labels that begin or end with a hyphen");
    }
    let is_international = label
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("xn--"));
    if is_international {
        let uts46 = Uts46::new();
        let (_, read) = uts46.to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
        read.map_err(|_| "has a label xn--... that is no international name (RFC 5891)")?;
    }
    Ok(())
}

/// Whether a text is a label of a DNS name.
pub(crate) fn is_label(text: &str) -> bool {
    check_label(text).is_ok()
}

/// Whether a text is an e-mail address that a name of that kind may be.
pub(crate) fn is_email(text: &str) -> bool {
    check_email(text).is_ok()
}

/// `local-part "@" domain`, in ASCII and without quoting.
fn check_email(address: &str) -> Result<(), String> {
    let wrong = || format!("e-mail address {address:?} must be of the form name@host");
    let (local, host) = address.rsplit_once('@').ok_or_else(wrong)?;
    let atext = |b: u8| b.is_ascii_graphic() && !br#"()<>[]:;@\,""#.contains(&b);
    if local.is_empty() || !local.bytes().all(atext) || host.starts_with("*.") {
        return Err(wrong());
    }
    check_dns(host).map_err(|_| wrong())
}

/// Whether programs read a label as a number: decimal, octal or hexadecimal.
fn is_number(label: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let hex = label.strip_prefix("0x").or(label.strip_prefix("0X"));
    !label.is_empty() && digits(label)
        || hex.is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// RFC 3986: absolute, with something behind its scheme. Where it names an authority, that is a host (RFC
/// 5280 section 4.2.1.6) or an address, and at most a port.
fn check_uri(uri: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("URI {uri:?} {why}"));
    let Ok(read) = Uri::parse(uri) else {
        return wrong("must be absolute, such as https://host/path, in ASCII and as RFC 3986 says");
    };
    let Some(authority) = read.authority() else {
        return match read.path().as_str().trim_start_matches('/') {
            "" => wrong("must say something behind its scheme"),
            _ => Ok(()),
        };
    };
    if authority.port_to_u16().is_err() {
        return wrong("must have a port from 0 to 65535, or none");
    }
    let is_right = match authority.host_parsed() {
        Host::Ipv4(_) | Host::Ipv6(_) => true,
        // No dot of the root behind it: Go reads no certificate with that.
        Host::RegName(name) => is_host(name.as_str()),
        _ => false,
    };
    match is_right {
        true => Ok(()),
        false => wrong("must name a host or an address behind //"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn accepts(kind: &str, value: &str) -> bool {
        SubjectAltName::parse(kind, value).is_ok()
    }

    #[test]
    fn dns_names_follow_the_preferred_syntax() {
        let longest_label = "a".repeat(63);
        let longest = [&*longest_label; 4].join(".")[..253].to_owned();
        for name in [
            "localhost",
            "example.com",
            "*.example.com",
            "xn--fiqs8s.cn",
            "XN--FIQS8S.cn",
            "*.xn--mller-kva.de",
            "1and1.com",
            "1.com",
            "example.x7f",
            "a-b.c",
            &longest_label,
            &longest,
        ] {
            assert!(accepts("DNS", name), "{name}");
        }
        for name in [
            "",
            "*",
            "*.",
            "a.*.b",
            "f*.example.com",
            "*.*.com",
            ".a",
            "a.",
            "a..b",
            "-a",
            "a-.b",
            "a_b",
            "a b",
            "中国.cn",
            "xn--.cn",
            "xn--a.cn",
            "xn--example-.com",
            "xn--zzzzzzzzzzzz.com",
            // A letter in two parts, and a soft hyphen: not as IDNA writes them.
            "xn--mu-vub.de",
            "xn--a-vca.de",
            "192.168.0.1",
            "256.1.1.1",
            "010.0.0.1",
            "1",
            "*.1",
            "example.0x7f",
            "a.0X",
            "http://a",
            &"a".repeat(64),
            &format!("{longest}a"),
        ] {
            assert!(!accepts("DNS", name), "{name}");
        }
    }

    #[test]
    fn addresses_of_mail_and_net_and_uris() {
        for (kind, value) in [
            ("EMAIL", "a.b+c@example.com"),
            ("EMAIL", "root@localhost"),
            ("IP", "10.0.0.1"),
            ("IP", "::1"),
            ("IP", "2001:db8::1"),
            ("URI", "https://example.com/a?b=c#d"),
            ("URI", "spiffe://cluster/ns/x"),
            ("URI", "urn:uuid:1"),
            ("URI", "mailto:a@example.com"),
            ("URI", "https://example.com"),
            ("URI", "https://user@example.com:8443/a%20b"),
            ("URI", "https://example.com:/"),
            ("URI", "https://[2001:db8::1]:443/"),
            ("URI", "https://10.0.0.1/"),
        ] {
            assert!(accepts(kind, value), "{kind} {value}");
        }
        for (kind, value) in [
            ("EMAIL", "a"),
            ("EMAIL", "@b"),
            ("EMAIL", "a@"),
            ("EMAIL", "a b@c"),
            ("EMAIL", "a@*.b"),
            ("EMAIL", "用户@b.cn"),
            ("IP", "10.0.0"),
            ("IP", "10.0.0.256"),
            ("IP", "10.0.0.0/8"),
            ("IP", "fe80::1%eth0"),
            ("URI", "/path"),
            ("URI", "https://"),
            ("URI", "1a:b"),
            ("URI", "http://a/ b"),
            ("URI", "https:"),
            ("URI", "https:///path"),
            ("URI", "https://example.com/%zz"),
            ("URI", "https://example.com/%4"),
            ("URI", "https://example.com:https/"),
            ("URI", "https://example.com:65536/"),
            ("URI", "https://[2001:db8::1/"),
            ("URI", "https://[10.0.0.1]/"),
            ("URI", "https://[v1.x]/"),
            ("URI", "https://a..b/"),
            ("URI", "https://example.com./"),
            ("URI", "https://a../"),
            ("URI", "https://./"),
            ("URI", "https://.a/"),
            ("URI", "https://*.example.com/"),
            ("URI", "https://256.1.1.1/"),
            ("URI", "https://exa%6Dple.com/"),
            ("URI", "https://例.com/"),
            ("dns", "a"),
            ("", "a"),
        ] {
            assert!(!accepts(kind, value), "{kind} {value}");
        }
    }

    #[test]
    fn limits_are_those_of_the_apis() {
        let uri = |n: usize| format!("urn:{}", "a".repeat(n - 4));
        assert!(accepts("URI", &uri(253)) && !accepts("URI", &uri(254)));
        let label = "b".repeat(60);
        let host = [&*label; 4].join(".");
        let email = |n: usize| format!("{}@{host}", "a".repeat(n - 1 - host.len()));
        assert!(accepts("EMAIL", &email(256)) && !accepts("EMAIL", &email(257)));
    }

    #[test]
    fn names_are_encoded_as_the_rfc_tags_them() {
        let names = [
            SubjectAltName::Email("a@b".into()),
            SubjectAltName::Dns("c".into()),
            SubjectAltName::Uri("d:e".into()),
            SubjectAltName::Ip([1, 2, 3, 4].into()),
        ];
        let der = encode(&names).unwrap();
        assert_eq!(
            der,
            b"\x30\x13\x81\x03a@b\x82\x01c\x86\x03d:e\x87\x04\x01\x02\x03\x04"
        );
        assert_eq!(decode(&der).unwrap(), names);
        assert!(encode(&[SubjectAltName::Dns("é".into())]).is_err());
    }

    #[test]
    fn a_name_is_written_once() {
        let dns = |name: &str| SubjectAltName::Dns(name.into());
        let email = |name: &str| SubjectAltName::Email(name.into());
        let names = [
            dns("a.b"),
            email("x@y"),
            dns("A.b"),
            dns("a.c"),
            email("x@y"),
            email("X@y"),
        ];
        let once = [dns("a.b"), email("x@y"), dns("a.c"), email("X@y")];
        assert_eq!(decode(&encode(&names).unwrap()).unwrap(), once);
    }

    #[test]
    fn other_kinds_are_passed_over_and_broken_ones_refused() {
        // directoryName (empty) and registeredID beside one dNSName
        let der = b"\x30\x0a\xa4\x02\x30\x00\x88\x01\x2a\x82\x01c";
        assert_eq!(decode(der).unwrap(), [SubjectAltName::Dns("c".into())]);
        assert!(
            decode(b"\x30\x05\x87\x03\x01\x02\x03").is_err(),
            "3 octets of address"
        );
        assert!(decode(b"\x30\x03\x82\x01\xff").is_err(), "not ASCII");
        assert!(decode(b"\x30\x00\x00").is_err(), "trailing byte");
    }

    proptest! {
        #[test]
        fn what_parses_is_written_and_read_back(
            kind in "DNS|IP|EMAIL|URI",
            value in "[a-z0-9*.:/@-]{1,30}",
        ) {
            if let Ok(name) = SubjectAltName::parse(&kind, &value) {
                prop_assert_eq!(name.kind(), kind);
                let again = SubjectAltName::parse(name.kind(), &name.value());
                prop_assert_eq!(again.as_ref(), Ok(&name));
                let names = vec![name];
                prop_assert_eq!(decode(&encode(&names).unwrap()).unwrap(), names);
            }
        }

        #[test]
        fn no_text_panics(kind in "DNS|IP|EMAIL|URI", value in "\\PC{0,300}") {
            let _ = SubjectAltName::parse(&kind, &value);
        }

        #[test]
        fn no_bytes_panic(der in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode(&der);
        }
    }
}
