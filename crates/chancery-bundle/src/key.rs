//! Private keys as PEM files.

use std::num::NonZeroU32;

use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::random::Random;
use chancery_crypto::{PrivateKey, kdf};
use der::Encode;
use der::asn1::{Any, OctetString};
use pkcs5::pbes2;
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::encrypted_key::{EncryptedPrivateKeyInfo, salt};
use crate::{BundleError, Settings};

/// Writes a private key as one PEM block, with one line ending at the end.
///
/// | | label | content |
/// |---|---|---|
/// | RSA, no password | `RSA PRIVATE KEY` | PKCS#1 (RFC 8017 appendix A.1.2) |
/// | other, no password | `PRIVATE KEY` | PKCS#8 (RFC 5958) |
/// | with password | `ENCRYPTED PRIVATE KEY` | PKCS#8, PBES2 (RFC 8018): PBKDF2-HMAC-SHA256, AES-256-CBC |
///
/// The password is taken as UTF-8. The algorithms are what OpenSSL, Java, nginx and httpd all
/// read; scrypt would be better and Java does not read it.
///
/// # Errors
/// [`BundleError::Password`] for an empty password, [`BundleError::Iterations`] for a count that
/// the format does not carry.
pub fn private_key_pem(
    key: &PrivateKey,
    password: Option<&str>,
    line_ending: LineEnding,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Zeroizing<String>, BundleError> {
    let pem = match (password, key.pkcs1_der()) {
        (Some(password), _) => {
            let encrypted = encrypt(key.pkcs8_der(), password, settings, random)?;
            pem::encode("ENCRYPTED PRIVATE KEY", &encrypted, line_ending)
        }
        (None, Some(pkcs1)) => pem::encode("RSA PRIVATE KEY", &pkcs1, line_ending),
        (None, None) => pem::encode("PRIVATE KEY", key.pkcs8_der(), line_ending),
    };
    Ok(Zeroizing::new(pem))
}

/// A PKCS#8 `EncryptedPrivateKeyInfo` with PBES2 (RFC 8018 section 6.2).
fn encrypt(
    pkcs8: &[u8],
    password: &str,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Vec<u8>, BundleError> {
    if password.is_empty() {
        return Err(BundleError::Password);
    }
    let iterations = NonZeroU32::new(settings.iterations).ok_or(BundleError::Iterations)?;
    let salt_bytes: [u8; 16] = salt(random);
    let iv: [u8; 16] = salt(random);
    let parameters =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(iterations.get(), &salt_bytes, iv)
            .map_err(|_| BundleError::Iterations)?;

    let mut secret = Zeroizing::new([0u8; 32]);
    kdf::pbkdf2_hmac_sha256(password.as_bytes(), &salt_bytes, iterations, &mut *secret);
    let encrypted = Encryptor::<aes::Aes256Enc>::new((&*secret).into(), (&iv).into())
        .encrypt_padded_vec::<Pkcs7>(pkcs8);

    let info = EncryptedPrivateKeyInfo {
        algorithm: AlgorithmIdentifierOwned {
            oid: pbes2::PBES2_OID,
            parameters: Some(Any::encode_from(&parameters)?),
        },
        encrypted_data: OctetString::new(encrypted)?,
    };
    Ok(info.to_der()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_crypto::random::SystemRandom;
    use chancery_crypto::{KeyAlgorithm, KeyError};
    use der::Decode;

    use super::*;
    use crate::test_support::CountingRandom;

    const FEW: Settings = Settings { iterations: 2 };

    fn pem(key: &PrivateKey, password: Option<&str>) -> Zeroizing<String> {
        private_key_pem(key, password, LineEnding::Lf, &FEW, &SystemRandom).unwrap()
    }

    #[test]
    fn plain_keys_are_pkcs1_for_rsa_and_pkcs8_for_ec() {
        for (algorithm, label) in [
            (KeyAlgorithm::Rsa2048, "RSA PRIVATE KEY"),
            (KeyAlgorithm::EcP256, "PRIVATE KEY"),
            (KeyAlgorithm::EcP384, "PRIVATE KEY"),
        ] {
            let key = PrivateKey::generate(algorithm).unwrap();
            let text = pem(&key, None);
            assert!(text.starts_with(&format!("-----BEGIN {label}-----\n")));
            assert!(text.ends_with(&format!("\n-----END {label}-----\n")));
            let again = PrivateKey::from_pem(&text).unwrap();
            assert_eq!(again.public_key_der(), key.public_key_der());
        }
    }

    #[test]
    fn keys_with_password_are_encrypted_whatever_their_kind() {
        for algorithm in [KeyAlgorithm::Rsa2048, KeyAlgorithm::EcP256] {
            let key = PrivateKey::generate(algorithm).unwrap();
            let text = pem(&key, Some("test"));
            assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            assert_eq!(PrivateKey::from_pem(&text).err(), Some(KeyError::Encrypted));
        }
    }

    #[test]
    fn line_endings_are_the_asked_ones() {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        for password in [None, Some("test")] {
            let crlf = private_key_pem(&key, password, LineEnding::CrLf, &FEW, &SystemRandom);
            let crlf = crlf.unwrap();
            assert!(crlf.ends_with("-----\r\n"));
            assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());
            assert!(!pem(&key, password).contains('\r'));
        }
    }

    #[test]
    fn an_empty_password_and_impossible_iterations_are_refused() {
        let key = PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        let refused = |password, iterations| {
            let settings = Settings { iterations };
            private_key_pem(
                &key,
                Some(password),
                LineEnding::Lf,
                &settings,
                &SystemRandom,
            )
            .unwrap_err()
        };
        assert!(matches!(refused("", 2), BundleError::Password));
        assert!(matches!(refused("test", 0), BundleError::Iterations));
        assert!(matches!(
            refused("test", 100_000_001),
            BundleError::Iterations
        ));
    }

    #[test]
    fn the_encrypted_form_names_its_parameters() {
        let settings = Settings::default();
        let encrypted = encrypt(b"key", "test", &settings, &CountingRandom::default()).unwrap();
        let info = EncryptedPrivateKeyInfo::from_der(&encrypted).unwrap();
        assert_eq!(info.algorithm.oid, pbes2::PBES2_OID);
        let parameters = info.algorithm.parameters.unwrap().to_der().unwrap();
        let parameters = pbes2::Parameters::from_der(&parameters).unwrap();
        let salt: [u8; 16] = std::array::from_fn(|index| index as u8);
        let iv: [u8; 16] = std::array::from_fn(|index| 16 + index as u8);
        assert_eq!(
            parameters,
            pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(100_000, &salt, iv).unwrap()
        );
        assert_eq!(info.encrypted_data.as_bytes().len(), 16);
    }
}
