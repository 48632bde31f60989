//! What can be wrong with certificates, requests and what they are made from.

use chancery_crypto::KeyError;
use chancery_crypto::pem::{self, PemError};

/// Why something could not be read, built, signed or verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PkiError {
    /// A value that goes into a certificate is not allowed.
    #[error("{field}: {reason}")]
    Field {
        /// The name of the value, as callers know it.
        field: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The bytes are not DER of what they should be.
    #[error("{what} is malformed: {reason}")]
    Malformed {
        /// What was expected: `certificate`, `signing request`, ...
        what: &'static str,
        /// Where it went wrong.
        reason: String,
    },
    /// The text is not PEM.
    #[error("{0}")]
    Pem(#[from] PemError),
    /// The PEM text does not hold exactly one block of the right label.
    #[error("expected exactly one PEM block {expected}, found {found}")]
    Blocks {
        /// The label that should stand there.
        expected: &'static str,
        /// What stands there instead.
        found: String,
    },
    /// A key is unusable.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A signature made with an algorithm that is too weak or not known; holds its name.
    #[error("signature algorithm {0} is not accepted")]
    UnsupportedSignature(String),
    /// A signature does not verify.
    #[error("signature does not verify")]
    BadSignature,
    /// The issuer of one certificate is not the subject of the other.
    #[error("issued by \"{issuer}\", not by \"{candidate}\"")]
    NotTheIssuer {
        /// The issuer that the certificate names.
        issuer: String,
        /// The subject of the certificate that was tried.
        candidate: String,
    },
    /// A certificate that may not sign certificates was used as an issuer; holds its subject.
    #[error("\"{0}\" is not a certificate authority")]
    NotAnAuthority(String),
    /// The key usage of a CA's certificate does not let it sign CRLs; holds its subject.
    #[error("the key usage of \"{0}\" does not allow it to sign CRLs")]
    NotACrlIssuer(String),
    /// A certificate that does not make its key an OCSP responder of the CA; holds its subject.
    #[error("\"{0}\" is not an OCSP responder")]
    NotAResponder(String),
    /// The name constraints of the issuer, or of a CA above it, do not allow a name (RFC 5280
    /// section 4.2.1.10).
    #[error("{name} is {verdict} by the name constraints of the issuer or of a CA above it")]
    NameNotAllowed {
        /// Kind and value of the name, such as `DNS www.example.com`.
        name: String,
        /// `excluded`, or `not permitted`.
        verdict: &'static str,
    },
    /// The issuer, or a CA above it, is limited to other purposes (RFC 5280 section 4.2.1.12, which most
    /// programs read as a limit of all that is below).
    #[error("the purpose {0} is not among those that the issuer or a CA above it is limited to")]
    PurposeNotAllowed(String),
    /// The signer's key is not the issuer's key.
    #[error("the signing key does not belong to the issuer")]
    WrongSigner,
}

impl PkiError {
    pub(crate) fn field(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Field {
            field,
            reason: reason.into(),
        }
    }

    /// That `blocks` is not exactly one block with the label `expected`.
    pub(crate) fn blocks(expected: &'static str, blocks: &[pem::Block]) -> Self {
        let found = match blocks {
            [] => "none".to_owned(),
            [one] => one.label.clone(),
            many => format!("{} blocks", many.len()),
        };
        Self::Blocks { expected, found }
    }

    /// For `map_err` on decoders.
    pub(crate) fn malformed(what: &'static str) -> impl Fn(der::Error) -> Self {
        move |error| Self::Malformed {
            what,
            reason: error.kind().to_string(),
        }
    }
}
