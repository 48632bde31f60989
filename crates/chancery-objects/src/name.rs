use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Longest object key, in bytes.
const MAX_KEY: usize = 200;

/// Why a name is refused, with what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not a bucket name.
    #[error(
        "bucket must be 3 to 63 lower-case ASCII letters, digits, dots and hyphens, begin and end \
         with a letter or digit, have no hyphen or dot beside a dot, and not be an IP address"
    )]
    Bucket,
    /// Not an object key.
    #[error(
        "object key must be 1 to 200 ASCII letters, digits, dots, hyphens and underscores, in \
         segments parted by single slashes, none of them . or .."
    )]
    Key,
}

/// The name of a bucket, by the rules that S3 and OBS share.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(String);

impl BucketName {
    /// Checks a name: 3 to 63 of `a-z 0-9 . -`, a letter or digit at both ends, no `..`, `.-` or
    /// `-.`, not the form of an IPv4 address.
    ///
    /// # Errors
    /// [`NameError::Bucket`].
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let label = |label: &str| {
            let alphanumeric = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
            let bytes = label.as_bytes();
            bytes
                .iter()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
                && alphanumeric(bytes.first())
                && alphanumeric(bytes.last())
        };
        let fits = (3..=63).contains(&name.len());
        if fits && name.split('.').all(label) && name.parse::<Ipv4Addr>().is_err() {
            Ok(Self(name.to_owned()))
        } else {
            Err(NameError::Bucket)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The key of an object: segments of `A-Z a-z 0-9 . - _` parted by single slashes.
///
/// The server chooses all keys, so they are kept to characters that need no escaping anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Checks a key: 1 to 200 bytes; relative; no empty segment, none that is `.` or `..`.
    ///
    /// # Errors
    /// [`NameError::Key`].
    pub fn parse(key: &str) -> Result<Self, NameError> {
        let segment = |segment: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            !matches!(segment, "" | "." | "..") && segment.bytes().all(allowed)
        };
        if key.len() <= MAX_KEY && key.split('/').all(segment) {
            Ok(Self(key.to_owned()))
        } else {
            Err(NameError::Key)
        }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The content type that the object is served with, by the extension of its key.
    pub fn content_type(&self) -> &'static str {
        match self.0.rsplit_once('.').map(|(_, extension)| extension) {
            Some("crt" | "cer") => "application/x-x509-ca-cert",
            Some("pem") => "application/x-pem-file",
            // RFC 2585, section 4.2.
            Some("crl") => "application/pkix-crl",
            Some("zip") => "application/zip",
            _ => "application/octet-stream",
        }
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BucketName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::parse(name)
    }
}

impl FromStr for ObjectKey {
    type Err = NameError;

    fn from_str(key: &str) -> Result<Self, NameError> {
        Self::parse(key)
    }
}
