//! The files of an SM2 pair.

use chancery_crypto::random::Random;
use zeroize::Zeroizing;

use super::{certificate, chain, key_file, pem_file};
use crate::BundleError;
use crate::archive::{Bundle, Settings};
use crate::encryption::{Encryption, EncryptionKey, envelope_text};
use crate::zip_file::Member;

/// The files of a pair, in the order in which the API documents them.
pub(super) fn members(
    bundle: &Bundle<'_>,
    half: &Encryption<'_>,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Vec<Member>, BundleError> {
    let key_file = |name, key| key_file(name, key, bundle.password, settings, random);
    let mut members = vec![chain("chain.pem", bundle)];
    if let Some(key) = bundle.key {
        members.push(key_file("signCert.key", key)?);
    }
    members.push(certificate("signCert.pem", bundle));
    match half.key {
        EncryptionKey::Plain(key) => members.push(key_file("encCert.key", key)?),
        EncryptionKey::Enveloped {
            enveloped_key,
            signed_and_enveloped,
        } => members.extend([
            envelope("encSm2EnvelopedKey.key", enveloped_key),
            envelope("signedAndEnvelopedData.key", signed_and_enveloped),
        ]),
    }
    members.push(pem_file("encCert.pem", &[half.certificate.to_vec()]));
    Ok(members)
}

fn envelope(name: &'static str, der: &[u8]) -> Member {
    Member::new(name, Zeroizing::new(envelope_text(der).into_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_crypto::random::SystemRandom;
    use chancery_crypto::{KeyAlgorithm, PrivateKey, pem};

    use super::*;

    fn files(
        key: Option<&PrivateKey>,
        half: EncryptionKey<'_>,
        password: Option<&str>,
    ) -> Vec<Member> {
        let half = Encryption {
            certificate: b"enc",
            key: half,
        };
        let bundle = Bundle {
            name: "../name",
            leaf: b"sign",
            chain: &[b"issuer".to_vec(), b"root".to_vec()],
            key,
            password,
            encryption: Some(half),
        };
        members(&bundle, &half, &Settings { iterations: 2 }, &SystemRandom).unwrap()
    }

    fn text(files: &[Member], name: &str) -> String {
        let file = files.iter().find(|file| file.name == name).unwrap();
        String::from_utf8(file.bytes.to_vec()).unwrap()
    }

    fn key() -> PrivateKey {
        PrivateKey::generate(KeyAlgorithm::Sm2).unwrap()
    }

    #[test]
    fn each_file_holds_its_half() {
        let (own, encryption) = (key(), key());
        let files = files(Some(&own), EncryptionKey::Plain(&encryption), None);
        for (name, expected) in [("signCert.key", &own), ("encCert.key", &encryption)] {
            let read = PrivateKey::from_pem(&text(&files, name)).unwrap();
            assert_eq!(read.public_key_der(), expected.public_key_der(), "{name}");
        }
        for (name, expected) in [
            ("signCert.pem", &[&b"sign"[..]][..]),
            ("encCert.pem", &[b"enc"]),
            ("chain.pem", &[b"issuer", b"root"]),
        ] {
            let read = pem::parse(&text(&files, name)).unwrap();
            let read: Vec<_> = read.iter().map(|block| block.der.as_slice()).collect();
            assert_eq!(read, expected, "{name}");
        }
    }

    #[test]
    fn a_password_encrypts_both_keys() {
        let (own, encryption) = (key(), key());
        let files = files(Some(&own), EncryptionKey::Plain(&encryption), Some("test"));
        for name in ["signCert.key", "encCert.key"] {
            let label = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
            assert!(text(&files, name).starts_with(label), "{name}");
        }
    }

    #[test]
    fn envelopes_are_one_line_of_base64_without_its_end() {
        let half = EncryptionKey::Enveloped {
            enveloped_key: &[0xff; 50],
            signed_and_enveloped: &[0; 4],
        };
        let files = files(None, half, None);
        let first = text(&files, "encSm2EnvelopedKey.key");
        assert_eq!(first, format!("{}8=", "/".repeat(66)));
        assert_eq!(text(&files, "signedAndEnvelopedData.key"), "AAAAAA==");
    }
}
