//! What can go wrong while a bundle is written.

/// Why a bundle or one of its files cannot be written. No text repeats secret input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The bundle holds no issuer, so its chain file would be empty and no server would start.
    #[error("the certificate chain is empty, it must hold the issuers up to the root")]
    EmptyChain,
    /// The key is not the one that the leaf certificate certifies.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// An SM2 key in a file for a program that does not know it. Java calls the curve in such a
    /// key store unknown, or the password wrong.
    #[error("SM2 keys are exported as type OTHER only: Java, IIS and Windows cannot read them")]
    Sm2,
    /// The leaf certificate cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(#[source] der::Error),
    /// An empty password, or one with characters beyond U+FFFF, which key stores cannot express.
    #[error("password must have at least one character and none beyond U+FFFF")]
    Password,
    /// [`crate::Settings::iterations`] is out of range.
    #[error("iterations must be between 1 and 100000000")]
    Iterations,
    /// A key store alias that is taken or too long.
    #[error("alias {0:?} must be unique regardless of case and at most 65535 bytes long")]
    Alias(String),
    /// A file that its own format cannot express, in practice one that is too long.
    #[error("the file cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
    /// The archive cannot be packed.
    #[error("the archive cannot be packed: {0}")]
    Zip(#[from] zip::result::ZipError),
}

impl From<std::io::Error> for BundleError {
    fn from(error: std::io::Error) -> Self {
        Self::Zip(error.into())
    }
}
