//! The second half of an SM2 pair: a certificate for encryption and its key.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chancery_crypto::PrivateKey;

/// The second half of an SM2 pair.
#[derive(Clone, Copy)]
pub struct Encryption<'a> {
    /// The encryption certificate, DER.
    pub certificate: &'a [u8],
    /// Its key.
    pub key: EncryptionKey<'a>,
}

/// The key of an encryption certificate.
#[derive(Clone, Copy)]
pub enum EncryptionKey<'a> {
    /// The key itself.
    Plain(&'a PrivateKey),
    /// The key in two envelopes that only the signing key opens.
    Enveloped {
        /// `SM2EnvelopedKey` of GM/T 0009, DER.
        enveloped_key: &'a [u8],
        /// `SignedAndEnvelopedData` of GM/T 0010, DER.
        signed_and_enveloped: &'a [u8],
    },
}

/// An envelope as the API gives it out: Base64 in one line, without a line end, since strict
/// decoders (`java.util.Base64`) refuse one.
pub fn envelope_text(der: &[u8]) -> String {
    BASE64_STANDARD.encode(der)
}
