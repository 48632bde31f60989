//! Java key stores of the original kind, "JKS" version 2: what every Tomcat reads.
//!
//! The format is described only by its implementation, `sun.security.provider.JavaKeyStore` and
//! `KeyProtector` in OpenJDK. All numbers are big endian, strings are Java's modified UTF-8 with
//! a length in two bytes:
//!
//! ```text
//! store   = FEEDFEED, version u32, count u32, entry*, SHA-1(password "Mighty Aphrodite" store)
//! entry   = 1 u32, alias, created u64, length u32, encrypted key, count u32, cert*    (a key)
//!         | 2 u32, alias, created u64, cert                                           (trusted)
//! cert    = "X.509", length u32, DER
//! ```
//!
//! The protection is weak by today's measure (one round of SHA-1 over the password), so a store
//! that leaves this program needs a long password; [`crate::Password::generate`] makes one.

use std::collections::HashSet;

use chancery_crypto::digest::sha1;
use chancery_crypto::random::Random;
use chancery_crypto::{KeyAlgorithm, PrivateKey};
use der::Encode;
use der::asn1::{Any, ObjectIdentifier, OctetString};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use crate::BundleError;
use crate::encrypted_key::{EncryptedPrivateKeyInfo, salt};
use crate::password::utf16_password;

/// A private key with its certificates.
pub struct KeyEntry<'a> {
    /// The entry's name. Java compares aliases without case; it is written in lower case.
    pub alias: &'a str,
    /// The private key.
    pub key: &'a PrivateKey,
    /// The certificate of the key, DER.
    pub leaf: &'a [u8],
    /// The issuers from the leaf's up to the root, DER.
    pub chain: &'a [Vec<u8>],
}

/// A certificate that Java shall trust.
pub struct TrustedEntry<'a> {
    /// The entry's name. Java compares aliases without case; it is written in lower case.
    pub alias: &'a str,
    /// The certificate, DER.
    pub certificate: &'a [u8],
}

/// One entry of a store: a key store holds keys, a trust store holds trusted certificates.
pub enum Entry<'a> {
    /// A private key with its certificates.
    Key(KeyEntry<'a>),
    /// A certificate that Java shall trust.
    Trusted(TrustedEntry<'a>),
}

/// Writes a store. `password` protects both the store and every key in it, as Tomcat expects;
/// `created_ms` is the creation time of all entries, milliseconds since 1970 UTC.
///
/// # Errors
/// [`BundleError::Password`] for a password that is empty or has characters beyond U+FFFF,
/// [`BundleError::Alias`] for an alias that is taken or too long, [`BundleError::Sm2`] for an SM2
/// key, which stock Java cannot read.
pub fn write(
    entries: &[Entry<'_>],
    password: &str,
    created_ms: i64,
    random: &dyn Random,
) -> Result<Zeroizing<Vec<u8>>, BundleError> {
    let password = utf16_password(password)?;
    let mut store = Zeroizing::new(Vec::new());
    put_u32(&mut store, 0xFEED_FEED);
    put_u32(&mut store, 2);
    put_length(&mut store, entries.len())?;

    let mut aliases = HashSet::new();
    for entry in entries {
        let (tag, alias) = match entry {
            Entry::Key(entry) => (1, entry.alias),
            Entry::Trusted(entry) => (2, entry.alias),
        };
        // Java looks aliases up in lower case and keeps the last of two equal ones.
        let lower = alias.to_lowercase();
        if !aliases.insert(lower.clone()) {
            return Err(BundleError::Alias(alias.to_owned()));
        }
        put_u32(&mut store, tag);
        put_string(&mut store, &lower)?;
        store.extend_from_slice(&created_ms.to_be_bytes());
        match entry {
            Entry::Key(entry) if entry.key.algorithm() == KeyAlgorithm::Sm2 => {
                return Err(BundleError::Sm2);
            }
            Entry::Key(entry) => {
                put_bytes(
                    &mut store,
                    &protect(entry.key.pkcs8_der(), &password, random)?,
                )?;
                put_length(&mut store, 1 + entry.chain.len())?;
                put_certificate(&mut store, entry.leaf)?;
                for issuer in entry.chain {
                    put_certificate(&mut store, issuer)?;
                }
            }
            Entry::Trusted(entry) => put_certificate(&mut store, entry.certificate)?,
        }
    }

    let digest = keyed_sha1(&[&password, b"Mighty Aphrodite", &store]);
    store.extend_from_slice(&digest);
    Ok(store)
}

/// Sun's key protector: the key XORed with a stream of SHA-1 values, each over the password and
/// the value before (first a random salt), and a SHA-1 over password and key to check it by.
fn protect(pkcs8: &[u8], password: &[u8], random: &dyn Random) -> Result<Vec<u8>, BundleError> {
    const SUN_KEY_PROTECTOR: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.17.1.1");

    let salt_bytes: [u8; 20] = salt(random);
    let mut protected = Vec::with_capacity(salt_bytes.len() + pkcs8.len() + 20);
    protected.extend_from_slice(&salt_bytes);
    let mut stream = Zeroizing::new(salt_bytes);
    for block in pkcs8.chunks(stream.len()) {
        *stream = keyed_sha1(&[password, &*stream]);
        protected.extend(block.iter().zip(&*stream).map(|(byte, mask)| byte ^ mask));
    }
    protected.extend_from_slice(&keyed_sha1(&[password, pkcs8]));

    let info = EncryptedPrivateKeyInfo {
        algorithm: AlgorithmIdentifierOwned {
            oid: SUN_KEY_PROTECTOR,
            parameters: Some(Any::null()),
        },
        encrypted_data: OctetString::new(protected)?,
    };
    Ok(info.to_der()?)
}

/// SHA-1 over the concatenation of the parts, some of which are secret.
fn keyed_sha1(parts: &[&[u8]]) -> [u8; 20] {
    let length = parts.iter().map(|part| part.len()).sum();
    let mut message = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        message.extend_from_slice(part);
    }
    sha1(&message)
}

fn put_u32(store: &mut Vec<u8>, value: u32) {
    store.extend_from_slice(&value.to_be_bytes());
}

fn put_length(store: &mut Vec<u8>, length: usize) -> Result<(), BundleError> {
    // Java reads lengths into a signed number.
    let length = i32::try_from(length).map_err(|_| der::ErrorKind::Overlength.to_error())?;
    store.extend_from_slice(&length.to_be_bytes());
    Ok(())
}

fn put_bytes(store: &mut Vec<u8>, bytes: &[u8]) -> Result<(), BundleError> {
    put_length(store, bytes.len())?;
    store.extend_from_slice(bytes);
    Ok(())
}

fn put_certificate(store: &mut Vec<u8>, der: &[u8]) -> Result<(), BundleError> {
    put_string(store, "X.509")?;
    put_bytes(store, der)
}

/// Java's modified UTF-8 (`java.io.DataInput`): every UTF-16 unit on its own, zero as two bytes.
fn put_string(store: &mut Vec<u8>, text: &str) -> Result<(), BundleError> {
    let mut encoded = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        let continuation = |shift: u32| 0x80 | (unit >> shift & 0x3f) as u8;
        match unit {
            0x01..=0x7f => encoded.push(unit as u8),
            0x00 | 0x80..=0x7ff => encoded.extend([0xc0 | (unit >> 6) as u8, continuation(0)]),
            _ => encoded.extend([0xe0 | (unit >> 12) as u8, continuation(6), continuation(0)]),
        }
    }
    let length = u16::try_from(encoded.len()).map_err(|_| BundleError::Alias(text.to_owned()))?;
    store.extend_from_slice(&length.to_be_bytes());
    store.extend_from_slice(&encoded);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use der::Decode;
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::CountingRandom;

    fn trusted<'a>(alias: &'a str, certificate: &'a [u8]) -> Entry<'a> {
        Entry::Trusted(TrustedEntry { alias, certificate })
    }

    fn store(entries: &[Entry<'_>]) -> Result<Zeroizing<Vec<u8>>, BundleError> {
        write(entries, "test", 1, &CountingRandom::default())
    }

    #[test]
    fn a_trust_store_is_written_byte_by_byte() {
        let store = store(&[trusted("Root", b"DER")]).unwrap();
        let (content, digest) = store.split_at(store.len() - 20);
        let expected = [
            &b"\xfe\xed\xfe\xed\0\0\0\x02\0\0\0\x01"[..],
            b"\0\0\0\x02\0\x04root\0\0\0\0\0\0\0\x01",
            b"\0\x05X.509\0\0\0\x03DER",
        ]
        .concat();
        assert_eq!(content, expected);
        let digested = [&b"\0t\0e\0s\0tMighty Aphrodite"[..], content].concat();
        assert_eq!(digest, sha1(&digested));
    }

    #[test]
    fn aliases_that_java_would_confuse_are_refused() {
        let refused = store(&[trusted("Root", b"1"), trusted("rOOT", b"2")]);
        assert!(matches!(refused, Err(BundleError::Alias(alias)) if alias == "rOOT"));
        assert!(store(&[trusted("root", b"1"), trusted("root2", b"2")]).is_ok());
    }

    #[test]
    fn aliases_too_long_for_the_format_are_refused() {
        assert!(store(&[trusted(&"a".repeat(65_535), b"1")]).is_ok());
        let refused = store(&[trusted(&"a".repeat(65_536), b"1")]);
        assert!(matches!(refused, Err(BundleError::Alias(_))));
    }

    #[test]
    fn an_empty_password_is_refused() {
        let refused = write(&[], "", 1, &CountingRandom::default());
        assert!(matches!(refused, Err(BundleError::Password)));
    }

    #[test]
    fn strings_are_in_javas_modified_utf8() {
        let mut bytes = Vec::new();
        put_string(&mut bytes, "a\0é密🔑").unwrap();
        assert_eq!(
            bytes,
            b"\0\x0ea\xc0\x80\xc3\xa9\xe5\xaf\x86\xed\xa0\xbd\xed\xb4\x91"
        );
    }

    /// The inverse of `protect`, as `KeyProtector.recover` does it.
    fn recover(protected: &[u8], password: &[u8]) -> Option<Vec<u8>> {
        let info = EncryptedPrivateKeyInfo::from_der(protected).unwrap();
        let (salt, rest) = info.encrypted_data.as_bytes().split_at(20);
        let (encrypted, check) = rest.split_at(rest.len() - 20);
        let mut stream = salt.to_vec();
        let mut key = Vec::new();
        for block in encrypted.chunks(20) {
            stream = sha1(&[password, &stream].concat()).to_vec();
            key.extend(block.iter().zip(&stream).map(|(byte, mask)| byte ^ mask));
        }
        (sha1(&[password, &key].concat()) == check).then_some(key)
    }

    proptest! {
        #[test]
        fn protected_keys_come_back_under_their_password_alone(
            key in proptest::collection::vec(any::<u8>(), 0..200),
            password in proptest::collection::vec(any::<u8>(), 1..64),
        ) {
            let protected = protect(&key, &password, &CountingRandom::default()).unwrap();
            prop_assert_eq!(recover(&protected, &password), Some(key));
            prop_assert_eq!(recover(&protected, b"other"), None);
        }
    }
}
