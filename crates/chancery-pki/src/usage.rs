//! What a key may be used for (RFC 5280 sections 4.2.1.3 and 4.2.1.12).

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{ANY_EXTENDED_KEY_USAGE, ID_KP_OCSP_SIGNING};
use x509_cert::ext::pkix::KeyUsages;

/// A bit of the extension keyUsage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are those of RFC 5280 section 4.2.1.3
pub enum KeyUsage {
    DigitalSignature,
    NonRepudiation,
    KeyEncipherment,
    DataEncipherment,
    KeyAgreement,
    KeyCertSign,
    CrlSign,
    EncipherOnly,
    DecipherOnly,
}

impl KeyUsage {
    /// Every usage, in the order of the bits.
    pub const ALL: &[Self] = &[
        Self::DigitalSignature,
        Self::NonRepudiation,
        Self::KeyEncipherment,
        Self::DataEncipherment,
        Self::KeyAgreement,
        Self::KeyCertSign,
        Self::CrlSign,
        Self::EncipherOnly,
        Self::DecipherOnly,
    ];

    /// The spelling of RFC 5280 and of the APIs: `digitalSignature`, ..., `cRLSign`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::DigitalSignature => "digitalSignature",
            Self::NonRepudiation => "nonRepudiation",
            Self::KeyEncipherment => "keyEncipherment",
            Self::DataEncipherment => "dataEncipherment",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::CrlSign => "cRLSign",
            Self::EncipherOnly => "encipherOnly",
            Self::DecipherOnly => "decipherOnly",
        }
    }

    /// The usage with exactly this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|u| u.name() == name)
    }

    pub(crate) fn flag(self) -> KeyUsages {
        match self {
            Self::DigitalSignature => KeyUsages::DigitalSignature,
            Self::NonRepudiation => KeyUsages::NonRepudiation,
            Self::KeyEncipherment => KeyUsages::KeyEncipherment,
            Self::DataEncipherment => KeyUsages::DataEncipherment,
            Self::KeyAgreement => KeyUsages::KeyAgreement,
            Self::KeyCertSign => KeyUsages::KeyCertSign,
            Self::CrlSign => KeyUsages::CRLSign,
            Self::EncipherOnly => KeyUsages::EncipherOnly,
            Self::DecipherOnly => KeyUsages::DecipherOnly,
        }
    }
}

/// A purpose in the extension extKeyUsage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExtendedKeyUsage {
    /// TLS server, 1.3.6.1.5.5.7.3.1.
    ServerAuth,
    /// TLS client, 1.3.6.1.5.5.7.3.2.
    ClientAuth,
    /// Signing of programs, 1.3.6.1.5.5.7.3.3.
    CodeSigning,
    /// S/MIME, 1.3.6.1.5.5.7.3.4.
    EmailProtection,
    /// RFC 3161 time stamps, 1.3.6.1.5.5.7.3.8.
    TimeStamping,
    /// Microsoft smart card logon, 1.3.6.1.4.1.311.20.2.2.
    SmartCardLogon,
}

impl ExtendedKeyUsage {
    /// Every purpose.
    pub const ALL: &[Self] = &[
        Self::ServerAuth,
        Self::ClientAuth,
        Self::CodeSigning,
        Self::EmailProtection,
        Self::TimeStamping,
        Self::SmartCardLogon,
    ];

    /// The name: `serverAuth`, ..., `smartCardLogon`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::TimeStamping => "timeStamping",
            Self::SmartCardLogon => "smartCardLogon",
        }
    }

    /// The purpose with exactly this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|u| u.name() == name)
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::ServerAuth => "1.3.6.1.5.5.7.3.1",
            Self::ClientAuth => "1.3.6.1.5.5.7.3.2",
            Self::CodeSigning => "1.3.6.1.5.5.7.3.3",
            Self::EmailProtection => "1.3.6.1.5.5.7.3.4",
            Self::TimeStamping => "1.3.6.1.5.5.7.3.8",
            Self::SmartCardLogon => "1.3.6.1.4.1.311.20.2.2",
        })
    }

    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        Self::ALL.iter().copied().find(|u| u.oid() == oid)
    }
}

/// A purpose as a certificate has it: one that has a name here, or one that a signing request names by
/// its number. Never OCSPSigning, whose key would answer for its CA, and never anyExtendedKeyUsage, with
/// which the others would say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Purpose(ObjectIdentifier);

impl Purpose {
    pub(crate) fn new(oid: ObjectIdentifier) -> Option<Self> {
        (oid != ID_KP_OCSP_SIGNING && oid != ANY_EXTENDED_KEY_USAGE).then_some(Self(oid))
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        self.0
    }
}

impl From<ExtendedKeyUsage> for Purpose {
    fn from(usage: ExtendedKeyUsage) -> Self {
        Self(usage.oid())
    }
}

/// In dotted decimal.
impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for usage in KeyUsage::ALL {
            assert_eq!(KeyUsage::from_name(usage.name()), Some(*usage));
        }
        assert_eq!(KeyUsage::from_name("crlSign"), None);
        for usage in ExtendedKeyUsage::ALL {
            assert_eq!(ExtendedKeyUsage::from_name(usage.name()), Some(*usage));
            assert_eq!(ExtendedKeyUsage::from_oid(usage.oid()), Some(*usage));
        }
    }
}
