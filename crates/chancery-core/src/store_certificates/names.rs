//! The servers that a certificate is for.

use chancery_pki::{Certificate, SubjectAltName};

/// What stands between names in the API; no name holds it.
const SEPARATOR: char = ';';

/// The servers of one certificate.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct ServerNames {
    /// The main one: the common name if it is one of them, else the first host name, else the
    /// first address.
    pub(super) main: String,
    /// The others, as the API joins them.
    pub(super) others: String,
}

impl ServerNames {
    /// The host names and IP addresses of a certificate; none when it is for no server.
    ///
    /// They are the alternative names. The common name counts only where there are none, as old
    /// clients took it (RFC 9525 section 2 and appendix A.2); newer ones look at alternative names
    /// alone. A certificate for addresses only is a server's as well.
    pub(super) fn of(certificate: &Certificate) -> Option<Self> {
        let common_name = certificate.subject().common_name.unwrap_or_default();
        Self::from_parts(&common_name, certificate.sans())
    }

    fn from_parts(common_name: &str, sans: &[SubjectAltName]) -> Option<Self> {
        let hosts = sans.iter().filter_map(|san| match san {
            SubjectAltName::Dns(name) if is_host(name) => Some(name.clone()),
            _ => None,
        });
        let addresses = sans.iter().filter_map(|san| match san {
            SubjectAltName::Ip(address) => Some(address.to_string()),
            _ => None,
        });
        let mut names: Vec<String> = Vec::new();
        for name in hosts.chain(addresses) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        let is_common = |name: &String| name.eq_ignore_ascii_case(common_name);
        let main = match names.iter().position(is_common) {
            Some(index) => names.remove(index),
            None if !names.is_empty() => names.remove(0),
            None if is_host(common_name) => common_name.to_owned(),
            None => {
                let address: std::net::IpAddr = common_name.parse().ok()?;
                address.to_string()
            }
        };
        Some(Self {
            main,
            others: names.join(&SEPARATOR.to_string()),
        })
    }
}

/// The names that [`ServerNames::others`] joined.
pub(super) fn split(others: &str) -> impl Iterator<Item = &str> {
    others.split(SEPARATOR).filter(|name| !name.is_empty())
}

/// Whether this can be the name of a host, with or without `*.` in front. A single label is one in
/// a private network; an underscore is not of the standard, and in use.
fn is_host(name: &str) -> bool {
    let host = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    name.len() <= 253
        && host.split('.').all(label)
        && !host.rsplit('.').next().is_some_and(is_number) // an address, or its beginning
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(common_name: &str, sans: &[&str]) -> Option<(String, String)> {
        let sans: Vec<_> = sans
            .iter()
            .map(|text| match (text.parse(), text.contains('@')) {
                (Ok(address), _) => SubjectAltName::Ip(address),
                (_, true) => SubjectAltName::Email((*text).to_owned()),
                _ => SubjectAltName::Dns((*text).to_owned()),
            })
            .collect();
        ServerNames::from_parts(common_name, &sans).map(|names| (names.main, names.others))
    }

    fn found(main: &str, others: &str) -> Option<(String, String)> {
        Some((main.to_owned(), others.to_owned()))
    }

    #[test]
    fn the_common_name_picks_the_main_one() {
        let sans = ["a.example", "192.0.2.1", "b.example"];
        assert_eq!(
            names("B.example", &sans),
            found("b.example", "a.example;192.0.2.1")
        );
        assert_eq!(
            names("192.0.2.1", &sans),
            found("192.0.2.1", "a.example;b.example")
        );
        assert_eq!(
            names("My Server", &sans),
            found("a.example", "b.example;192.0.2.1")
        );
        // Not among the alternative names, so no client takes it.
        assert_eq!(names("c.example", &["a.example"]), found("a.example", ""));
        assert_eq!(
            names("", &["A.example", "a.example"]),
            found("A.example", "")
        );
    }

    #[test]
    fn without_alternative_names_the_common_name_is_it() {
        for name in ["www.example.com", "*.example.com", "localhost", "my_host"] {
            assert_eq!(names(name, &[]), found(name, ""));
        }
        assert_eq!(names("2001:DB8::1", &[]), found("2001:db8::1", ""));
        assert_eq!(names("", &["2001:db8::1"]), found("2001:db8::1", ""));
    }

    #[test]
    fn certificates_of_people_name_no_server() {
        for name in [
            "",
            "Ada Lovelace",
            "ada@example.com",
            "a..b",
            "-a.b",
            "*.",
            "1.2.3",
        ] {
            assert_eq!(names(name, &["ada@example.com"]), None, "{name}");
        }
        assert_eq!(names("", &["bad;name"]), None);
    }
}
