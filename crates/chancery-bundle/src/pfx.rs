//! PKCS#12 files (RFC 7292), also known as PFX: key and certificates under one password.
//!
//! The profile is the one that every reader knows, from Windows Server 2008 and Java 6 on:
//! PBE with SHA-1 and three-key triple DES for key and certificates, HMAC-SHA1 over the whole.
//! Windows Server 2016 and Java before 8u301 refuse files with AES. OpenSSL 3 reads it without
//! its legacy provider, which it needs only for RC2.
//!
//! ```text
//! PFX
//! ├── authSafe: data
//! │   ├── encryptedData: SafeContents   certBag leaf, certBag issuer ... root
//! │   └── data: SafeContents            pkcs8ShroudedKeyBag
//! └── macData
//! ```
//!
//! A trust store is the same without a key: Java trusts the certificates whose bags say so in an attribute
//! of its own (`sun.security.pkcs12.PKCS12KeyStore` in OpenJDK), and no others.

mod derive;
mod structure;

use std::collections::HashSet;

use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use chancery_crypto::digest::sha1;
use chancery_crypto::mac::hmac_sha1;
use chancery_crypto::random::Random;
use chancery_crypto::{KeyAlgorithm, PrivateKey};
use der::Encode;
use der::Tag;
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

use self::derive::{Purpose, derive};
use self::structure::{
    Attribute, CertBag, ContentInfo, DigestInfo, EncryptedContentInfo, EncryptedData, MacData,
    PbeParameters, Pfx, SafeBag, oid,
};
use crate::BundleError;
use crate::encrypted_key::{EncryptedPrivateKeyInfo, salt};
use crate::jks::TrustedEntry;
use crate::password::utf16_password;

/// Rounds of key derivation; Java writes as many, and no reader refuses them.
const ITERATIONS: u32 = 10_000;

/// Writes a PFX with one key, its certificate `leaf` and the issuers `chain`, all DER.
/// `friendly_name` is what Windows and Java show for the key, the latter in lower case.
///
/// # Errors
/// [`BundleError::Password`] for a password that is empty or has characters beyond U+FFFF,
/// [`BundleError::Sm2`] for an SM2 key, which neither Windows nor stock Java can read.
pub fn write(
    leaf: &[u8],
    chain: &[Vec<u8>],
    key: &PrivateKey,
    password: &str,
    friendly_name: &str,
    random: &dyn Random,
) -> Result<Zeroizing<Vec<u8>>, BundleError> {
    if key.algorithm() == KeyAlgorithm::Sm2 {
        return Err(BundleError::Sm2);
    }
    let password = terminated(password)?;
    let identity = identity(leaf, friendly_name)?;

    let mut certificates = vec![certificate_bag(leaf, Some(identity.clone()))?];
    for issuer in chain {
        certificates.push(certificate_bag(issuer, None)?);
    }
    let keys = vec![key_bag(key, identity, &password, random)?];
    let certificates = encrypted_data(&certificates.to_der()?, &password, random)?;
    let safe = vec![certificates, data(keys.to_der()?)?];
    Ok(Zeroizing::new(sealed(&safe, &password, random)?))
}

/// Writes a trust store: certificates that Java shall trust, and no key. It holds no secret, and the
/// password only says whether it was changed.
///
/// # Errors
/// [`BundleError::Password`] as [`write()`]; [`BundleError::Alias`] for an alias that is taken.
pub fn write_trust(
    entries: &[TrustedEntry<'_>],
    password: &str,
    random: &dyn Random,
) -> Result<Vec<u8>, BundleError> {
    let password = terminated(password)?;
    let mut aliases = HashSet::new();
    let mut bags = Vec::with_capacity(entries.len());
    for TrustedEntry { alias, certificate } in entries {
        // Java looks aliases up in lower case and keeps the last of two equal ones.
        if !aliases.insert(alias.to_lowercase()) {
            return Err(BundleError::Alias((*alias).to_owned()));
        }
        bags.push(certificate_bag(certificate, Some(trusted(alias)?))?);
    }
    let safe = vec![encrypted_data(&bags.to_der()?, &password, random)?];
    sealed(&safe, &password, random)
}

/// A password as the derivation of keys takes it.
fn terminated(password: &str) -> Result<Zeroizing<Vec<u8>>, BundleError> {
    let mut password = utf16_password(password)?;
    password.extend_from_slice(&[0, 0]);
    Ok(password)
}

/// The file around its contents.
fn sealed(
    safe: &Vec<ContentInfo>,
    password: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, BundleError> {
    let safe = safe.to_der()?;
    let pfx = Pfx {
        version: 3,
        mac_data: mac(&safe, password, random)?,
        auth_safe: data(safe)?,
    };
    Ok(pfx.to_der()?)
}

/// The attributes that tie a key to its certificate (RFC 7292 section 4.2, PKCS#9).
fn identity(leaf: &[u8], friendly_name: &str) -> Result<SetOfVec<Attribute>, BundleError> {
    let key_id = Any::new(Tag::OctetString, sha1(leaf))?;
    Ok(SetOfVec::from_iter([
        name(friendly_name)?,
        attribute(oid::LOCAL_KEY_ID, key_id)?,
    ])?)
}

/// The attributes of a certificate that Java trusts, for whatever it is used.
fn trusted(alias: &str) -> Result<SetOfVec<Attribute>, BundleError> {
    let everything = Any::encode_from(&oid::ANY_EXTENDED_KEY_USAGE)?;
    Ok(SetOfVec::from_iter([
        name(alias)?,
        attribute(oid::TRUSTED_KEY_USAGE, everything)?,
    ])?)
}

fn name(text: &str) -> Result<Attribute, der::Error> {
    // Characters beyond U+FFFF become surrogate pairs, as OpenSSL and Windows write them.
    let name: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    attribute(oid::FRIENDLY_NAME, Any::new(Tag::BmpString, name)?)
}

fn attribute(kind: ObjectIdentifier, value: Any) -> Result<Attribute, der::Error> {
    Ok(Attribute {
        kind,
        values: SetOfVec::from_iter([value])?,
    })
}

fn certificate_bag(
    der: &[u8],
    attributes: Option<SetOfVec<Attribute>>,
) -> Result<SafeBag, BundleError> {
    let bag = CertBag {
        kind: oid::X509_CERTIFICATE,
        value: OctetString::new(der)?,
    };
    Ok(SafeBag {
        kind: oid::CERT_BAG,
        value: Any::encode_from(&bag)?,
        attributes,
    })
}

fn key_bag(
    key: &PrivateKey,
    attributes: SetOfVec<Attribute>,
    password: &[u8],
    random: &dyn Random,
) -> Result<SafeBag, BundleError> {
    let (algorithm, encrypted) = encrypt(key.pkcs8_der(), password, random)?;
    let info = EncryptedPrivateKeyInfo {
        algorithm,
        encrypted_data: OctetString::new(encrypted)?,
    };
    Ok(SafeBag {
        kind: oid::SHROUDED_KEY_BAG,
        value: Any::encode_from(&info)?,
        attributes: Some(attributes),
    })
}

fn data(content: Vec<u8>) -> Result<ContentInfo, BundleError> {
    Ok(ContentInfo {
        kind: oid::DATA,
        content: Any::encode_from(&OctetString::new(content)?)?,
    })
}

fn encrypted_data(
    content: &[u8],
    password: &[u8],
    random: &dyn Random,
) -> Result<ContentInfo, BundleError> {
    let (algorithm, encrypted) = encrypt(content, password, random)?;
    let data = EncryptedData {
        version: 0,
        content: EncryptedContentInfo {
            kind: oid::DATA,
            algorithm,
            encrypted: OctetString::new(encrypted)?,
        },
    };
    Ok(ContentInfo {
        kind: oid::ENCRYPTED_DATA,
        content: Any::encode_from(&data)?,
    })
}

/// `pbeWithSHAAnd3-KeyTripleDES-CBC` (RFC 7292 appendix C) under a fresh salt.
fn encrypt(
    plaintext: &[u8],
    password: &[u8],
    random: &dyn Random,
) -> Result<(AlgorithmIdentifierOwned, Vec<u8>), BundleError> {
    let salt: [u8; 8] = salt(random);
    let key = derive::<24>(Purpose::Key, password, &salt, ITERATIONS);
    let iv = derive::<8>(Purpose::Iv, password, &salt, ITERATIONS);
    let encrypted = Encryptor::<des::TdesEde3>::new((&*key).into(), (&*iv).into())
        .encrypt_padded_vec::<Pkcs7>(plaintext);
    let parameters = PbeParameters {
        salt: OctetString::new(salt)?,
        iterations: ITERATIONS,
    };
    let algorithm = AlgorithmIdentifierOwned {
        oid: oid::PBE_SHA1_3DES,
        parameters: Some(Any::encode_from(&parameters)?),
    };
    Ok((algorithm, encrypted))
}

/// HMAC-SHA1 over the content of `authSafe` (RFC 7292 section 5.1, step 6).
fn mac(safe: &[u8], password: &[u8], random: &dyn Random) -> Result<MacData, BundleError> {
    let salt: [u8; 8] = salt(random);
    let key = derive::<20>(Purpose::Mac, password, &salt, ITERATIONS);
    Ok(MacData {
        mac: DigestInfo {
            algorithm: AlgorithmIdentifierOwned {
                oid: oid::SHA1,
                parameters: Some(Any::null()),
            },
            digest: OctetString::new(hmac_sha1(&*key, safe))?,
        },
        salt: OctetString::new(salt)?,
        iterations: ITERATIONS,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use cbc::Decryptor;
    use cbc::cipher::BlockModeDecrypt;
    use chancery_crypto::KeyAlgorithm;
    use chancery_crypto::random::SystemRandom;
    use der::Decode;
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::CountingRandom;

    fn key() -> PrivateKey {
        PrivateKey::generate(KeyAlgorithm::EcP256).unwrap()
    }

    #[test]
    fn passwords_that_readers_disagree_on_are_refused() {
        for password in ["", "🔑"] {
            let refused = write(b"leaf", &[], &key(), password, "name", &SystemRandom);
            assert!(matches!(refused, Err(BundleError::Password)));
        }
    }

    #[test]
    fn aliases_that_java_would_confuse_are_refused() {
        let store = |aliases: [&'static str; 2]| {
            let entries = aliases.map(|alias| TrustedEntry {
                alias,
                certificate: b"root",
            });
            write_trust(&entries, "changeit", &SystemRandom)
        };
        let refused = store(["Root", "rOOT"]);
        assert!(matches!(refused, Err(BundleError::Alias(alias)) if alias == "rOOT"));
        assert!(store(["root", "root 2"]).is_ok());
        let refused = write_trust(&[], "", &SystemRandom);
        assert!(matches!(refused, Err(BundleError::Password)));
    }

    #[test]
    fn the_same_randomness_gives_the_same_file() {
        let key = key();
        let pfx = |random: &dyn Random| write(b"leaf", &[], &key, "test", "name", random).unwrap();
        let exact = CountingRandom::default;
        assert_eq!(pfx(&exact()), pfx(&exact()));
        assert_ne!(pfx(&exact()), pfx(&SystemRandom));
    }

    #[test]
    fn key_and_leaf_are_tied_together_and_issuers_are_not() {
        let attributes = identity(b"leaf", "n🔑").unwrap();
        let values: Vec<_> = attributes
            .iter()
            .map(|attribute| (attribute.kind, attribute.values.get(0).unwrap().value()))
            .collect();
        let name: &[u8] = b"\0n\xd8\x3d\xdd\x11";
        assert_eq!(
            values,
            [
                (oid::FRIENDLY_NAME, name),
                (oid::LOCAL_KEY_ID, &sha1(b"leaf"))
            ]
        );
        assert!(certificate_bag(b"root", None).unwrap().attributes.is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn encrypted_content_comes_back(
            plaintext in proptest::collection::vec(any::<u8>(), 0..200),
            password in "[a-z]{1,40}",
        ) {
            let mut password = utf16_password(&password).unwrap();
            password.extend_from_slice(&[0, 0]);
            let (algorithm, encrypted) = encrypt(&plaintext, &password, &SystemRandom).unwrap();
            let parameters = algorithm.parameters.unwrap().to_der().unwrap();
            let parameters = PbeParameters::from_der(&parameters).unwrap();
            let (salt, iterations) = (parameters.salt.as_bytes(), parameters.iterations);
            let key = derive::<24>(Purpose::Key, &password, salt, iterations);
            let iv = derive::<8>(Purpose::Iv, &password, salt, iterations);
            let decrypted = Decryptor::<des::TdesEde3>::new((&*key).into(), (&*iv).into())
                .decrypt_padded_vec::<Pkcs7>(&encrypted)
                .unwrap();
            prop_assert_eq!(decrypted, plaintext);
        }
    }
}
