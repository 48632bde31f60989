//! The export of a certificate as one archive.

use chancery_crypto::random::Random;
use chancery_crypto::{KeyAlgorithm, PrivateKey};
use der::{Decode, Encode};
use x509_cert::Certificate;
use zeroize::Zeroizing;

use crate::encryption::{Encryption, EncryptionKey};
use crate::{BundleError, ServerType, layout, zip_file};

/// What goes into an archive.
#[derive(Clone, Copy)]
pub struct Bundle<'a> {
    /// The certificate's name. Names the archive and, in a PFX, the key; no file inside.
    pub name: &'a str,
    /// The certificate, DER; of an SM2 pair the signing one.
    pub leaf: &'a [u8],
    /// The issuers from the leaf's up to and with the root, DER. Not empty.
    pub chain: &'a [Vec<u8>],
    /// The private key, or none if the caller keeps it (the certificate came from a request).
    pub key: Option<&'a PrivateKey>,
    /// Encrypts the keys, if there are any; as [`crate::Password::parse`] accepts it.
    pub password: Option<&'a str>,
    /// The second half of an SM2 pair.
    pub encryption: Option<Encryption<'a>>,
}

/// How bundles are written, an operator's choice.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rounds of PBKDF2 for encrypted PEM keys, 1 to 100,000,000; 100,000 by default (15 ms).
    pub iterations: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            iterations: 100_000,
        }
    }
}

/// A ZIP archive.
pub struct Archive {
    /// `<name>_<type in lower case>.zip`. Holds the name as it is: encode it for its medium.
    pub file_name: String,
    /// The archive.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Packs a bundle for a server type. PEM files have LF line endings.
///
/// | type | with key | without key |
/// |---|---|---|
/// | APACHE | `server.key`, `chain.crt`, `server.crt` | `chain.crt`, `server.crt` |
/// | IIS | `server.pfx`, `keystorePass.txt` | `chain.crt`, `server.crt` |
/// | NGINX | `server.key`, `server.crt` | `server.crt` |
/// | TOMCAT | `server.jks`, `keystorePass.txt` | `chain.crt`, `server.crt` |
/// | OTHER | `server.key`, `chain.pem`, `server.pem` | `chain.pem`, `cert.pem` |
///
/// For NGINX `server.crt` holds the certificate and its chain. `keystorePass.txt` holds the
/// key store's password, without a line ending, and exists only if the caller gave none; keys
/// in PEM are then not encrypted.
///
/// An SM2 pair has one type, OTHER: `chain.pem`, `signCert.key` (if it is here), `signCert.pem`,
/// `encCert.key` or the two envelopes `encSm2EnvelopedKey.key` and `signedAndEnvelopedData.key`
/// (Base64), `encCert.pem`.
///
/// # Errors
/// [`BundleError::EmptyChain`], [`BundleError::Certificate`] and [`BundleError::KeyMismatch`]
/// for a bundle that no server would start with, [`BundleError::Sm2`] for an SM2 key in another
/// type than OTHER; otherwise as the writers of the files.
pub fn archive(
    server: ServerType,
    bundle: &Bundle<'_>,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Archive, BundleError> {
    if bundle.chain.is_empty() {
        return Err(BundleError::EmptyChain);
    }
    let leaf = read(bundle.leaf)?;
    check_key(&leaf, bundle.key)?;
    if let Some(half) = &bundle.encryption {
        let key = match half.key {
            EncryptionKey::Plain(key) => Some(key),
            EncryptionKey::Enveloped { .. } => None,
        };
        check_key(&read(half.certificate)?, key)?;
    }
    if server != ServerType::Other && (bundle.encryption.is_some() || is_sm2(&leaf)?) {
        return Err(BundleError::Sm2);
    }

    // There is no clock here: a Java key store is dated by the start of its certificate.
    let not_before = leaf
        .tbs_certificate()
        .validity()
        .not_before
        .to_unix_duration();
    let created_ms = 1000 * not_before.as_secs() as i64;
    let members = layout::members(server, bundle, created_ms, settings, random)?;
    Ok(Archive {
        file_name: format!("{}_{}.zip", bundle.name, server.lower_name()),
        bytes: zip_file::write(&members)?,
    })
}

fn read(certificate: &[u8]) -> Result<Certificate, BundleError> {
    Certificate::from_der(certificate).map_err(BundleError::Certificate)
}

fn check_key(certificate: &Certificate, key: Option<&PrivateKey>) -> Result<(), BundleError> {
    let public_key = public_key(certificate)?;
    match key.is_some_and(|key| key.public_key_der() != public_key) {
        true => Err(BundleError::KeyMismatch),
        false => Ok(()),
    }
}

fn is_sm2(certificate: &Certificate) -> Result<bool, BundleError> {
    let algorithm = KeyAlgorithm::of_public_key(&public_key(certificate)?);
    Ok(algorithm == Ok(KeyAlgorithm::Sm2))
}

fn public_key(certificate: &Certificate) -> Result<Vec<u8>, BundleError> {
    let certificate = certificate.tbs_certificate();
    Ok(certificate.subject_public_key_info().to_der()?)
}
