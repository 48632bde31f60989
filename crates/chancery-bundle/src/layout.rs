//! Which files a bundle holds.

mod pair;

use chancery_crypto::PrivateKey;
use chancery_crypto::pem::{self, LineEnding};
use chancery_crypto::random::Random;
use zeroize::Zeroizing;

use crate::archive::{Bundle, Settings};
use crate::jks::{self, Entry, KeyEntry};
use crate::zip_file::Member;
use crate::{BundleError, Password, ServerType, key, pfx};

/// The alias of the one entry in `server.jks`; Tomcat takes the first key whatever its alias.
const JKS_ALIAS: &str = "server";

/// The files of a bundle in the order in which the API documents them. `created_ms` dates the
/// entry of a Java key store.
pub(crate) fn members(
    server: ServerType,
    bundle: &Bundle<'_>,
    created_ms: i64,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Vec<Member>, BundleError> {
    match (&bundle.encryption, bundle.key) {
        (Some(half), _) => pair::members(bundle, half, settings, random),
        (None, Some(key)) => with_key(server, bundle, key, created_ms, settings, random),
        (None, None) => Ok(without_key(server, bundle)),
    }
}

/// The key was made here: the bundle is all that the server needs.
fn with_key(
    server: ServerType,
    bundle: &Bundle<'_>,
    key: &PrivateKey,
    created_ms: i64,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Vec<Member>, BundleError> {
    let key_file = || key_file("server.key", key, bundle.password, settings, random);
    Ok(match server {
        ServerType::Apache => vec![
            key_file()?,
            chain("chain.crt", bundle),
            certificate("server.crt", bundle),
        ],
        ServerType::Nginx => vec![key_file()?, certificate_with_chain("server.crt", bundle)],
        ServerType::Other => vec![
            key_file()?,
            chain("chain.pem", bundle),
            certificate("server.pem", bundle),
        ],
        ServerType::Iis => key_store("server.pfx", bundle, random, |password| {
            let name = bundle.name;
            pfx::write(bundle.leaf, bundle.chain, key, password, name, random)
        })?,
        ServerType::Tomcat => key_store("server.jks", bundle, random, |password| {
            let entry = Entry::Key(KeyEntry {
                alias: JKS_ALIAS,
                key,
                leaf: bundle.leaf,
                chain: bundle.chain,
            });
            jks::write(&[entry], password, created_ms, random)
        })?,
    })
}

/// The key is with whoever sent the signing request: certificates only.
fn without_key(server: ServerType, bundle: &Bundle<'_>) -> Vec<Member> {
    match server {
        ServerType::Apache | ServerType::Iis | ServerType::Tomcat => {
            vec![
                chain("chain.crt", bundle),
                certificate("server.crt", bundle),
            ]
        }
        ServerType::Nginx => vec![certificate_with_chain("server.crt", bundle)],
        ServerType::Other => vec![chain("chain.pem", bundle), certificate("cert.pem", bundle)],
    }
}

/// A key store under the caller's password, or under a new one in a file beside it.
fn key_store(
    name: &'static str,
    bundle: &Bundle<'_>,
    random: &dyn Random,
    write: impl FnOnce(&str) -> Result<Zeroizing<Vec<u8>>, BundleError>,
) -> Result<Vec<Member>, BundleError> {
    if let Some(password) = bundle.password {
        return Ok(vec![Member::new(name, write(password)?)]);
    }
    let password = Password::generate(random);
    let password_file = Member::new("keystorePass.txt", secret_bytes(password.as_str()));
    Ok(vec![
        Member::new(name, write(password.as_str())?),
        password_file,
    ])
}

fn key_file(
    name: &'static str,
    key: &PrivateKey,
    password: Option<&str>,
    settings: &Settings,
    random: &dyn Random,
) -> Result<Member, BundleError> {
    let pem = key::private_key_pem(key, password, LineEnding::Lf, settings, random)?;
    Ok(Member::new(name, secret_bytes(&pem)))
}

fn certificate(name: &'static str, bundle: &Bundle<'_>) -> Member {
    pem_file(name, &[bundle.leaf.to_vec()])
}

fn chain(name: &'static str, bundle: &Bundle<'_>) -> Member {
    pem_file(name, bundle.chain)
}

fn certificate_with_chain(name: &'static str, bundle: &Bundle<'_>) -> Member {
    let mut certificates = vec![bundle.leaf.to_vec()];
    certificates.extend_from_slice(bundle.chain);
    pem_file(name, &certificates)
}

fn pem_file(name: &'static str, certificates: &[Vec<u8>]) -> Member {
    let pem = pem::encode_chain(certificates, LineEnding::Lf);
    Member::new(name, Zeroizing::new(pem.into_bytes()))
}

fn secret_bytes(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_crypto::KeyAlgorithm;
    use chancery_crypto::random::SystemRandom;

    use super::*;

    const FEW: Settings = Settings { iterations: 2 };

    fn files(server: ServerType, key: Option<&PrivateKey>, password: Option<&str>) -> Vec<Member> {
        let bundle = Bundle {
            name: "../name",
            leaf: b"leaf",
            chain: &[b"issuer".to_vec(), b"root".to_vec()],
            key,
            password,
            encryption: None,
        };
        members(server, &bundle, 0, &FEW, &SystemRandom).unwrap()
    }

    fn text(files: &[Member], name: &str) -> String {
        let file = files.iter().find(|file| file.name == name).unwrap();
        String::from_utf8(file.bytes.to_vec()).unwrap()
    }

    fn pem(certificates: &[&[u8]]) -> String {
        let certificates: Vec<_> = certificates.iter().map(|der| der.to_vec()).collect();
        pem::encode_chain(&certificates, LineEnding::Lf)
    }

    #[test]
    fn files_with_certificates_hold_leaf_and_issuers_where_they_belong() {
        let key = &PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        let leaf = pem(&[b"leaf"]);
        let chain = pem(&[b"issuer", b"root"]);
        let both = pem(&[b"leaf", b"issuer", b"root"]);
        for server in ServerType::ALL {
            for key in [Some(key), None] {
                for file in files(*server, key, None) {
                    let expected = match (server, file.name) {
                        (ServerType::Nginx, "server.crt") => &both,
                        (_, "server.crt" | "server.pem" | "cert.pem") => &leaf,
                        (_, "chain.crt" | "chain.pem") => &chain,
                        _ => continue,
                    };
                    assert_eq!(*file.bytes, expected.as_bytes(), "{server:?} {}", file.name);
                }
            }
        }
    }

    #[test]
    fn a_generated_password_is_strong_and_alone_in_its_file() {
        let key = &PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        for server in [ServerType::Iis, ServerType::Tomcat] {
            let first = text(&files(server, Some(key), None), "keystorePass.txt");
            let second = text(&files(server, Some(key), None), "keystorePass.txt");
            assert_eq!(first.len(), 26);
            assert!(
                Password::parse(&first).is_ok(),
                "no line ending, no other bytes"
            );
            assert_ne!(first, second);
        }
    }

    #[test]
    fn key_files_are_encrypted_exactly_if_there_is_a_password() {
        let key = &PrivateKey::generate(KeyAlgorithm::EcP256).unwrap();
        for server in [ServerType::Apache, ServerType::Nginx, ServerType::Other] {
            let plain = text(&files(server, Some(key), None), "server.key");
            assert!(plain.starts_with("-----BEGIN PRIVATE KEY-----\n"));
            let encrypted = text(&files(server, Some(key), Some("test")), "server.key");
            assert!(encrypted.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        }
    }
}
