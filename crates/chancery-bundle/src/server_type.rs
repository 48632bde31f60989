//! The server software a bundle is made for.

use std::str::FromStr;

/// The server software a bundle is made for; it decides which files the bundle holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ServerType {
    /// Apache httpd: key, certificate and chain as three PEM files.
    Apache,
    /// Microsoft IIS: one PFX file.
    Iis,
    /// nginx: key, and certificate with chain, as two PEM files.
    Nginx,
    /// Apache Tomcat: one Java key store.
    Tomcat,
    /// Anything else: key, certificate and chain as three PEM files.
    Other,
}

/// A name that is none of [`ServerType`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("type must be one of APACHE, IIS, NGINX, TOMCAT, OTHER")]
pub struct UnknownServerType;

impl ServerType {
    /// Every server type.
    pub const ALL: &[Self] = &[
        Self::Apache,
        Self::Iis,
        Self::Nginx,
        Self::Tomcat,
        Self::Other,
    ];

    /// The name in lower case, as archive names end with it: `apache`.
    pub fn lower_name(self) -> &'static str {
        match self {
            Self::Apache => "apache",
            Self::Iis => "iis",
            Self::Nginx => "nginx",
            Self::Tomcat => "tomcat",
            Self::Other => "other",
        }
    }
}

impl FromStr for ServerType {
    type Err = UnknownServerType;

    /// Reads a name in any case: `APACHE`, `apache`, `Apache`.
    fn from_str(name: &str) -> Result<Self, UnknownServerType> {
        Self::ALL
            .iter()
            .copied()
            .find(|server| server.lower_name().eq_ignore_ascii_case(name))
            .ok_or(UnknownServerType)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_read_in_any_case() {
        for server in ServerType::ALL {
            let lower = server.lower_name();
            assert_eq!(lower.parse(), Ok(*server));
            assert_eq!(lower.to_uppercase().parse(), Ok(*server));
        }
        assert_eq!("Nginx".parse(), Ok(ServerType::Nginx));
    }

    #[test]
    fn other_names_are_refused_with_what_is_allowed() {
        for name in ["", "apache ", "lighttpd", "apache2", "ıis"] {
            let error = name.parse::<ServerType>().unwrap_err();
            assert_eq!(
                error.to_string(),
                "type must be one of APACHE, IIS, NGINX, TOMCAT, OTHER"
            );
        }
    }
}
