//! Name constraints: which names a CA, and all below it, may certify (RFC 5280 section 4.2.1.10).
//!
//! A certificate is checked against the constraints of its issuer and of every CA above that.
//! Each of its names is judged by the subtrees of its own kind alone: one that is excluded is
//! refused, and where a kind has permitted subtrees, one outside of all of them. Looked at are
//!
//! - the subject, as a directoryName, unless it is empty;
//! - every `emailAddress` in the subject, as an rfc822Name;
//! - the alternative names of the four known kinds;
//! - for an end entity without a dNSName, a common name that reads as a host name, as a dNSName:
//!   clients that fall back on it would otherwise take what the constraints forbid.
//!
//! Validators differ at the edges. A permitted subtree is read narrowly here and an excluded one
//! widely, so that what passes here passes elsewhere. Subtrees of other kinds (otherName,
//! registeredID, ...) bind nothing that this crate writes and are passed over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use const_oid::db::rfc3280::EMAIL_ADDRESS;
use const_oid::db::rfc4519::COMMON_NAME;
use der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::constraints::name::{GeneralSubtree, NameConstraints as Value};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use crate::error::PkiError;
use crate::name::compare::{Rdn, Text, rdns};
use crate::name::text_of;
use crate::san::{self, SubjectAltName};

const WHAT: &str = "name constraints";

/// The name constraints of one CA, and the bytes they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameConstraints {
    der: Vec<u8>,
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

impl NameConstraints {
    /// Reads the value of the extension (DER).
    ///
    /// # Errors
    /// [`PkiError::Malformed`] when it is no `NameConstraints` or has no subtree at all, when a
    /// subtree has a distance (`minimum` other than 0, or a `maximum`), which RFC 5280 rules out,
    /// or when one holds a value that is none of its kind.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        let value = Value::from_der(der).map_err(PkiError::malformed(WHAT))?;
        let subtrees = |list: Option<Vec<GeneralSubtree>>| {
            let list = list.unwrap_or_default();
            let read: Result<Vec<_>, _> = list.iter().map(Subtree::read).collect();
            Ok::<_, PkiError>((!list.is_empty(), read?.into_iter().flatten().collect()))
        };
        let (permits, permitted) = subtrees(value.permitted_subtrees)?;
        let (excludes, excluded) = subtrees(value.excluded_subtrees)?;
        if !permits && !excludes {
            return Err(refuse("they name no subtree"));
        }
        Ok(Self {
            der: der.to_vec(),
            permitted,
            excluded,
        })
    }

    /// The bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    fn check(&self, name: &Presented<'_>) -> Result<(), Verdict> {
        let same_kind = |subtree: &&Subtree| subtree.is_about(name);
        if self
            .excluded
            .iter()
            .any(|subtree| subtree.covers(name, Reading::Wide))
        {
            return Err(Verdict::Excluded);
        }
        let mut permitted = self.permitted.iter().filter(same_kind).peekable();
        if permitted.peek().is_none() {
            return Ok(());
        }
        match permitted.any(|subtree| subtree.covers(name, Reading::Narrow)) {
            true => Ok(()),
            false => Err(Verdict::NotPermitted),
        }
    }
}

/// That the constraints of every CA above allow the names of a certificate: its subject (DER of
/// the Name) and its alternative names. `is_ca` is for CAs, whose common name is no host's.
///
/// # Errors
/// [`PkiError::NameNotAllowed`], which tells the name; [`PkiError::Malformed`] when `subject_der`
/// is no Name.
pub(crate) fn check(
    above: &[NameConstraints],
    subject_der: &[u8],
    sans: &[SubjectAltName],
    is_ca: bool,
) -> Result<(), PkiError> {
    if above.is_empty() {
        return Ok(());
    }
    let subject = Name::from_der(subject_der).map_err(PkiError::malformed("name"))?;
    let names = presented(&subject, sans, is_ca)?;
    for constraints in above {
        for (shown, name) in &names {
            constraints
                .check(name)
                .map_err(|verdict| verdict.on(shown))?;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Excluded,
    NotPermitted,
}

impl Verdict {
    /// The refusal of a name, as a message calls it.
    fn on(self, name: &str) -> PkiError {
        PkiError::NameNotAllowed {
            name: name.to_owned(),
            verdict: match self {
                Self::Excluded => "excluded",
                Self::NotPermitted => "not permitted",
            },
        }
    }
}

/// How a subtree is read where validators differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Covers what every validator says that it covers.
    Narrow,
    /// Covers what any of them does.
    Wide,
}

/// A name of a certificate, as constraints look at it.
enum Presented<'a> {
    Directory(&'a Name),
    Dns(String),
    Email(String),
    /// The host name of one.
    Uri(&'a str),
    Ip(IpAddr),
}

/// Every name, with what a message calls it; a URI without a host name is refused.
fn presented<'a>(
    subject: &'a Name,
    sans: &'a [SubjectAltName],
    is_ca: bool,
) -> Result<Vec<(String, Presented<'a>)>, PkiError> {
    let mut names = Vec::new();
    if !subject.is_empty() {
        names.push((format!("subject {subject}"), Presented::Directory(subject)));
    }
    let has_dns = sans.iter().any(|san| matches!(san, SubjectAltName::Dns(_)));
    for attribute in subject.iter() {
        let text = || text_of(&attribute.value);
        if attribute.oid == EMAIL_ADDRESS {
            // What validators read as an address is an IA5String (appendix A.1).
            if attribute.value.tag() != Tag::Ia5String {
                let reason = "emailAddress of the subject must be an IA5String";
                return Err(PkiError::field("distinguished_name", reason));
            }
            names.push((format!("emailAddress {}", text()), Presented::Email(text())));
        }
        if attribute.oid == COMMON_NAME && !is_ca && !has_dns && reads_as_host(&text()) {
            names.push((format!("common name {}", text()), Presented::Dns(text())));
        }
    }
    for san in sans {
        let shown = format!("{} {}", san.kind(), san.value());
        let name = match san {
            SubjectAltName::Dns(host) => Presented::Dns(host.clone()),
            SubjectAltName::Email(address) => Presented::Email(address.clone()),
            // Go matches every URI against constraints of whatever kind, and refuses one without a host
            // name; "the application MUST reject the certificate".
            SubjectAltName::Uri(uri) => match host_of(uri) {
                Some(host) => Presented::Uri(host),
                None => return Err(Verdict::NotPermitted.on(&shown)),
            },
            SubjectAltName::Ip(address) => Presented::Ip(*address),
        };
        names.push((shown, name));
    }
    Ok(names)
}

/// Whether validators that fall back on the common name take this one for a host's: letters,
/// digits, `_`, and between them hyphens and dots, of which there is one at least. A `*.` in front
/// counts as nothing.
fn reads_as_host(text: &str) -> bool {
    let host = text.strip_prefix("*.").unwrap_or(text);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    text.contains('.') && host.split('.').all(label)
}

/// The base of a GeneralSubtree.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subtree {
    Directory(Vec<Rdn>),
    Dns(String),
    Email(String),
    Uri(String),
    /// Address and mask, 4 octets each or 16.
    Ip(Vec<u8>, Vec<u8>),
}

impl Subtree {
    /// None for a kind that is passed over.
    fn read(subtree: &GeneralSubtree) -> Result<Option<Self>, PkiError> {
        if subtree.minimum != 0 || subtree.maximum.is_some() {
            return Err(refuse("a subtree has a minimum or a maximum"));
        }
        Ok(Some(match &subtree.base {
            GeneralName::DirectoryName(name) => Self::Directory(rdns(name)),
            GeneralName::DnsName(host) => Self::Dns(host.to_string()),
            GeneralName::Rfc822Name(address) => Self::Email(address.to_string()),
            GeneralName::UniformResourceIdentifier(host) => Self::Uri(host.to_string()),
            GeneralName::IpAddress(octets) => match octets.as_bytes() {
                octets if matches!(octets.len(), 8 | 32) => {
                    let (address, mask) = octets.split_at(octets.len() / 2);
                    Self::Ip(address.to_vec(), mask.to_vec())
                }
                _ => return Err(refuse("an iPAddress has not 8 or 32 octets")),
            },
            _ => return Ok(None),
        }))
    }

    fn is_about(&self, name: &Presented<'_>) -> bool {
        matches!(
            (self, name),
            (Self::Directory(_), Presented::Directory(_))
                | (Self::Dns(_), Presented::Dns(_))
                | (Self::Email(_), Presented::Email(_))
                | (Self::Uri(_), Presented::Uri(_))
                | (Self::Ip(..), Presented::Ip(_))
        )
    }

    fn covers(&self, name: &Presented<'_>, reading: Reading) -> bool {
        match (self, name) {
            (Self::Directory(base), Presented::Directory(name)) => {
                let name = rdns(name);
                name.len() >= base.len()
                    && base.iter().zip(&name).all(|(a, b)| same_rdn(a, b, reading))
            }
            (Self::Dns(base), Presented::Dns(host)) => covers_dns(base, host, reading),
            (Self::Email(base), Presented::Email(address)) => covers_email(base, address, reading),
            (Self::Uri(base), Presented::Uri(host)) => covers_host(base, host, reading),
            (Self::Ip(base, mask), Presented::Ip(address)) => {
                let covers = |octets: &[u8]| {
                    octets.len() == base.len()
                        && (octets.iter().zip(base).zip(mask)).all(|((a, b), m)| a & m == b & m)
                };
                let wide = reading == Reading::Wide;
                match address {
                    IpAddr::V4(v4) => {
                        covers(&v4.octets()) || wide && covers(&v4.to_ipv6_mapped().octets())
                    }
                    IpAddr::V6(v6) => {
                        let within = embedded(*v6).filter(|_| wide);
                        // Go takes a mapped address for the one of IPv4, others for one of IPv6.
                        let is_certain = wide || v6.to_ipv4_mapped().is_none();
                        is_certain && covers(&v6.octets())
                            || within.is_some_and(|v4| covers(&v4.octets()))
                    }
                }
            }
            _ => false,
        }
    }
}

/// "Any DNS name that can be constructed by simply adding zero or more labels to the left-hand
/// side of the name satisfies the name constraint." An empty base covers every name. A base that
/// begins with a dot, which the RFC does not know here, asks for one label more at least.
///
/// A name with a wildcard stands for all that it matches: it is permitted where its parent is
/// inside, and excluded as well where it only may match what is excluded.
fn covers_dns(base: &str, host: &str, reading: Reading) -> bool {
    let (base, host) = (base.to_ascii_lowercase(), host.to_ascii_lowercase());
    let parent = base.strip_prefix('.').unwrap_or(&base);
    let below = ends_with_labels(&host, parent);
    let covered = match base.starts_with('.') {
        true => below || reading == Reading::Wide && host == parent,
        false => base.is_empty() || below || host == base,
    };
    let wildcard = host.strip_prefix("*.").is_some_and(|suffix| {
        let (_, rest) = parent.split_once('.').unwrap_or_default();
        rest == suffix
    });
    covered || reading == Reading::Wide && wildcard
}

/// A mailbox, all mailboxes of a host, or with a dot in front all of the hosts below a domain.
fn covers_email(base: &str, address: &str, reading: Reading) -> bool {
    let parts = address.rsplit_once('@');
    let Some((local, host)) = parts.filter(|(_, host)| san::is_host(host)) else {
        return reading == Reading::Wide;
    };
    match base.rsplit_once('@') {
        // Local parts are compared as they are; an empty one, which no RFC knows, is no limit.
        Some((wanted, base)) => {
            let same = match reading {
                Reading::Narrow => wanted == local,
                Reading::Wide => wanted.is_empty() || wanted.eq_ignore_ascii_case(local),
            };
            same && base.eq_ignore_ascii_case(host)
        }
        None => covers_host(base, host, reading),
    }
}

/// A host, or with a dot in front all hosts below a domain, but not the domain itself. An empty
/// base is everything for some validators and nothing for others, and Go has a host cover those below it.
fn covers_host(base: &str, host: &str, reading: Reading) -> bool {
    let (base, host) = (base.to_ascii_lowercase(), host.to_ascii_lowercase());
    match base.strip_prefix('.') {
        _ if base.is_empty() => reading == Reading::Wide,
        Some(parent) => ends_with_labels(&host, parent),
        None => base == host || reading == Reading::Wide && ends_with_labels(&host, &base),
    }
}

/// Whether `host` is at least one label and then `parent`.
fn ends_with_labels(host: &str, parent: &str) -> bool {
    let labels = host.strip_suffix(parent).and_then(|l| l.strip_suffix('.'));
    labels.is_some_and(|labels| !labels.is_empty())
}

/// The host name of a URI; none where there is no authority, or its host is an address. Nor where a user
/// stands before it, which OpenSSL takes for a part of the name.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(':')?;
    let authority = rest.strip_prefix("//")?;
    let end = authority.find(['/', '?', '#']).unwrap_or(authority.len());
    let host = &authority[..end];
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    // Of anything else, such as a name that ends in a dot, it is not certain what it is below.
    san::is_host(host).then_some(host)
}

/// As RFC 5280 section 7.1 compares names, as far as validators do: ASCII letters in either case;
/// letters of other scripts too where the reading is wide.
fn same_rdn(a: &Rdn, b: &Rdn, reading: Reading) -> bool {
    let same = |a: &Text, b: &Text| match (a, b) {
        (Text::Text(a), Text::Text(b)) if reading == Reading::Wide => {
            a.to_lowercase() == b.to_lowercase()
        }
        (a, b) => a == b,
    };
    let mut pairs = a.iter().zip(b);
    a.len() == b.len() && pairs.all(|((x, a), (y, b))| x == y && same(a, b))
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible (RFC 4291 section 2.5.5), translated
/// (RFC 6052 section 2.1), or by way of 6to4 (RFC 3056 section 2).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let octets = address.octets();
    let at = |start: usize| {
        let four: Result<[u8; 4], _> = octets[start..start + 4].try_into();
        four.ok().map(Ipv4Addr::from)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => at(12),
        // Not `::1`, which is of no other network.
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => at(12),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => at(12),
        [0x2002, ..] => at(2),
        _ => None,
    }
}

fn refuse(reason: &str) -> PkiError {
    PkiError::Malformed {
        what: WHAT,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
