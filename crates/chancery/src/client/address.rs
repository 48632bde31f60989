//! Where the desk is.

use http::Uri;
use rustls::pki_types::ServerName;

use super::Failure;
use super::settings::Given;

/// A base URL, taken apart.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Address {
    /// Whether it is HTTPS.
    pub(crate) tls: bool,
    /// The host, without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port as the header `Host` has them.
    pub(crate) authority: String,
    /// What stands before every path; without a slash at the end.
    pub(crate) base: String,
    /// Who gave it, such as `CHANCERY_ENDPOINT`.
    pub(crate) by: String,
}

impl Address {
    /// Reads `https://host[:port][/base]`. Plain HTTP is for this machine only: answers hold
    /// secrets.
    pub(crate) fn parse(given: &Given<String>) -> Result<Self, Failure> {
        let by = &given.by;
        let wrong = |why: &str| Failure::Usage(format!("{by}: {:?} {why}", given.value));
        let uri: Uri = given
            .value
            .parse()
            .map_err(|_| wrong("must be a URL, https://host:port"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("must begin with https://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("names no host"))?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong("must have neither a user nor a query"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let local = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if !tls && !local {
            return Err(wrong(
                "must begin with https:// unless it names this machine",
            ));
        }
        Ok(Self {
            tls,
            host,
            port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }),
            authority: authority.as_str().to_owned(),
            base: uri.path().trim_end_matches('/').to_owned(),
            by: by.clone(),
        })
    }

    /// The name that the server's certificate must have.
    pub(crate) fn server_name(&self) -> Result<ServerName<'static>, Failure> {
        ServerName::try_from(self.host.clone()).map_err(|_| {
            Failure::Usage(format!(
                "{} names a host that no certificate can have",
                self.by
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn urls() {
        for (url, tls, host, port, authority, base) in [
            (
                "https://desk.example:8443",
                true,
                "desk.example",
                8443,
                "desk.example:8443",
                "",
            ),
            (
                "https://desk.example/",
                true,
                "desk.example",
                443,
                "desk.example",
                "",
            ),
            (
                "https://[::1]:8443/a/b/",
                true,
                "::1",
                8443,
                "[::1]:8443",
                "/a/b",
            ),
            (
                "http://127.0.0.1:80",
                false,
                "127.0.0.1",
                80,
                "127.0.0.1:80",
                "",
            ),
            ("http://localhost", false, "localhost", 80, "localhost", ""),
        ] {
            let expected = Address {
                tls,
                host: host.to_owned(),
                port,
                authority: authority.to_owned(),
                base: base.to_owned(),
                by: "--endpoint".to_owned(),
            };
            let given = Given::new(url.to_owned(), "--endpoint");
            assert_eq!(Address::parse(&given).unwrap(), expected, "{url}");
        }
        for url in [
            "",
            "desk.example",
            "/x",
            "ftp://desk.example",
            "http://desk.example",
            "https://user@desk.example",
            "https://desk.example?x",
            "http://10.0.0.1",
        ] {
            let given = Given::new(url.to_owned(), "--endpoint");
            let refused = Address::parse(&given).unwrap_err();
            assert!(matches!(refused, Failure::Usage(_)), "{url}");
            assert!(refused.to_string().starts_with("--endpoint: "), "{refused}");
        }
    }
}
