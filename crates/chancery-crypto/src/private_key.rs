//! Private keys and what signs with them.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair};
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use der::Decode;
use pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use crate::algorithm::{HashAlgorithm, KeyAlgorithm, KeyFamily};
use crate::curve::Curve;
use crate::digest;
use crate::key_file::{KeyFile, check_sec1, rsa_private_key_bits, sec1_curve};
use crate::pem::PemError;
use crate::public_key::{MIN_RSA_BITS, check_rsa_size, curve_of, named_curve};
use crate::random::SystemRandom;
use crate::sm2::Sm2Pair;

/// Why a key was not accepted, made or used. No variant holds any part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are no key, or the parts of the key do not belong together.
    #[error("key is malformed or its parts do not belong together")]
    Malformed,
    /// The private key is protected by a password.
    #[error("private key is encrypted")]
    Encrypted,
    /// An RSA key that is too short to be safe.
    #[error("RSA key of {bits} bits is too short: at least {MIN_RSA_BITS} are needed")]
    Weak {
        /// Length of its modulus.
        bits: u32,
    },
    /// An RSA key of a size that is not in the table of algorithms.
    #[error("RSA key of {bits} bits is not supported: allowed are 2048, 3072 and 4096")]
    UnsupportedSize {
        /// Length of its modulus.
        bits: u32,
    },
    /// A key of another family; holds the object identifier.
    #[error("key algorithm {0} is not supported: allowed are RSA, EC and SM2")]
    UnsupportedAlgorithm(String),
    /// An EC key on another curve; holds the object identifier or what stands in its place.
    #[error("elliptic curve {0} is not supported: allowed are P-256, P-384 and SM2")]
    UnsupportedCurve(String),
    /// A hash that this kind of key does not sign: SM3 goes with SM2 and with nothing else.
    #[error("keys of this kind do not sign with this hash: SM3 goes with SM2 only")]
    UnsupportedHash,
    /// The text is not PEM.
    #[error("{0}")]
    Pem(#[from] PemError),
    /// The text holds no private key.
    #[error("no PEM block with a private key")]
    NoKey,
    /// The text holds more than one private key.
    #[error("more than one private key")]
    MoreThanOneKey,
    /// The text holds something else beside or instead of the key; holds its label.
    #[error("unexpected PEM block {0}")]
    UnexpectedBlock(String),
    /// The library could not generate a key or a signature.
    #[error("cryptographic library failed")]
    Library,
}

/// Something that signs with one key: software here, a hardware token elsewhere.
pub trait Signer: Send + Sync {
    /// What kind of key it is.
    fn algorithm(&self) -> KeyAlgorithm;

    /// DER of the SubjectPublicKeyInfo.
    fn public_key_der(&self) -> &[u8];

    /// Hashes and signs `message`: RSA gives PKCS#1 v1.5, EC gives ECDSA in DER, SM2
    /// gives DER with the default user id.
    ///
    /// # Errors
    /// [`KeyError::UnsupportedHash`] for a hash that does not go with the key,
    /// [`KeyError::Library`] when the device or library fails.
    fn sign(&self, hash: HashAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// A private key in memory, parsed and checked once, wiped when it is dropped.
pub struct PrivateKey {
    algorithm: KeyAlgorithm,
    pair: Pair,
    pkcs8: Zeroizing<Vec<u8>>,
    spki: Vec<u8>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, &'static Curve),
    Sm2(Box<Sm2Pair>),
}

impl PrivateKey {
    /// Makes a new key from the library's own randomness. RSA takes a tenth of a second up to
    /// seconds: keep it off threads that must not block.
    ///
    /// # Errors
    /// [`KeyError::Library`] when the library fails.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        let pair = match algorithm.family() {
            KeyFamily::Rsa => Pair::Rsa(
                RsaKeyPair::generate(rsa_key_size(algorithm)?).map_err(|_| KeyError::Library)?,
            ),
            KeyFamily::Ec => {
                let curve = algorithm.ecdsa().expect("every EC row has its curve");
                let ec = EcdsaKeyPair::generate(curve.signing).map_err(|_| KeyError::Library)?;
                Pair::Ec(ec, curve)
            }
            KeyFamily::Sm2 => Pair::Sm2(Box::new(Sm2Pair::generate(&SystemRandom)?)),
        };
        Self::from_pair(algorithm, pair)
    }

    /// Reads an unencrypted PKCS#8 `PrivateKeyInfo` (RFC 5208).
    ///
    /// # Errors
    /// [`KeyError`] that tells what is wrong with the key.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
        match info.algorithm.oid {
            RSA_ENCRYPTION => {
                let algorithm = rsa_algorithm(info.private_key.as_bytes())?;
                let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| KeyError::Malformed)?;
                Self::from_pair(algorithm, Pair::Rsa(pair))
            }
            // Some tools of the SM family name the curve where the family stands.
            sm2 if KeyAlgorithm::of_curve(sm2) == Some(KeyAlgorithm::Sm2) => {
                check_sec1(info.private_key.as_bytes())?;
                Self::from_sm2_sec1(info.private_key.as_bytes())
            }
            ID_EC_PUBLIC_KEY => {
                let algorithm = named_curve(info.algorithm.parameters)?;
                check_sec1(info.private_key.as_bytes())?;
                let Some(curve) = algorithm.ecdsa() else {
                    return Self::from_sm2_sec1(info.private_key.as_bytes());
                };
                let pair = EcdsaKeyPair::from_pkcs8(curve.signing, der)
                    .map_err(|_| KeyError::Malformed)?;
                Self::from_pair(algorithm, Pair::Ec(pair, curve))
            }
            other => Err(KeyError::UnsupportedAlgorithm(other.to_string())),
        }
    }

    /// Reads a PEM text with exactly one private key: `PRIVATE KEY` (PKCS#8), `RSA PRIVATE KEY`
    /// (PKCS#1), `EC PRIVATE KEY` or `SM2 PRIVATE KEY` (SEC 1, with or without a block of
    /// parameters).
    ///
    /// # Errors
    /// [`KeyError`] that tells what is wrong; [`KeyError::Encrypted`] for a key with a password.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        match KeyFile::from_pem(text)? {
            KeyFile::Pkcs8(der) => Self::from_pkcs8_der(&der),
            KeyFile::Pkcs1(der) => {
                let algorithm = rsa_algorithm(&der)?;
                let pair = RsaKeyPair::from_der(&der).map_err(|_| KeyError::Malformed)?;
                Self::from_pair(algorithm, Pair::Rsa(pair))
            }
            KeyFile::Sec1(der) => {
                let algorithm = curve_of(sec1_curve(&der)?)?;
                let Some(curve) = algorithm.ecdsa() else {
                    return Self::from_sm2_sec1(&der);
                };
                let pair = EcdsaKeyPair::from_private_key_der(curve.signing, &der)
                    .map_err(|_| KeyError::Malformed)?;
                Self::from_pair(algorithm, Pair::Ec(pair, curve))
            }
        }
    }

    /// The P-256 key with this private scalar, big-endian.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for zero, or what is not below the order of the curve.
    pub fn from_p256_scalar(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        // ECPrivateKey (RFC 5915) without the public key, which the library computes.
        const HEAD: &[u8] = b"\x30\x31\x02\x01\x01\x04\x20";
        const PARAMETERS: &[u8] = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let der = Zeroizing::new([HEAD, scalar, PARAMETERS].concat());
        let curve = KeyAlgorithm::EcP256
            .ecdsa()
            .expect("P-256 is a row of the table");
        let pair = EcdsaKeyPair::from_private_key_der(curve.signing, &der)
            .map_err(|_| KeyError::Malformed)?;
        Self::from_pair(KeyAlgorithm::EcP256, Pair::Ec(pair, curve))
    }

    /// What kind of key it is.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// DER of the unencrypted PKCS#8 `PrivateKeyInfo`. Copy it only into zeroizing memory.
    pub fn pkcs8_der(&self) -> &[u8] {
        &self.pkcs8
    }

    /// DER of the SubjectPublicKeyInfo.
    pub fn public_key_der(&self) -> &[u8] {
        &self.spki
    }

    /// DER of the PKCS#1 `RSAPrivateKey`; none for other families.
    pub fn pkcs1_der(&self) -> Option<Zeroizing<Vec<u8>>> {
        if self.algorithm.family() != KeyFamily::Rsa {
            return None;
        }
        let info = PrivateKeyInfoRef::from_der(&self.pkcs8).expect("the library wrote PKCS#8");
        Some(Zeroizing::new(info.private_key.as_bytes().to_vec()))
    }

    /// The private scalar of an SM2 key, big-endian; none for other families.
    pub fn sm2_scalar(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.sm2().map(Sm2Pair::scalar)
    }

    pub(crate) fn sm2(&self) -> Option<&Sm2Pair> {
        match &self.pair {
            Pair::Sm2(pair) => Some(pair),
            _ => None,
        }
    }

    pub(crate) fn from_sm2(pair: Sm2Pair) -> Self {
        Self {
            algorithm: KeyAlgorithm::Sm2,
            pkcs8: pair.pkcs8_der(),
            spki: pair.public_key_der(),
            pair: Pair::Sm2(Box::new(pair)),
        }
    }

    fn from_sm2_sec1(sec1: &[u8]) -> Result<Self, KeyError> {
        Sm2Pair::from_sec1(sec1).map(Self::from_sm2)
    }

    fn from_pair(algorithm: KeyAlgorithm, pair: Pair) -> Result<Self, KeyError> {
        let (pkcs8, spki) = match &pair {
            Pair::Rsa(rsa) => {
                let pkcs8: Pkcs8V1Der<'_> = rsa.as_der().map_err(|_| KeyError::Library)?;
                let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
                (pkcs8, spki_der(rsa.public_key())?)
            }
            Pair::Ec(ec, _) => {
                let pkcs8 = ec.to_pkcs8v1().map_err(|_| KeyError::Library)?;
                let pkcs8 = Zeroizing::new(pkcs8.as_ref().to_vec());
                (pkcs8, spki_der(ec.public_key())?)
            }
            Pair::Sm2(pair) => (pair.pkcs8_der(), pair.public_key_der()),
        };
        Ok(Self {
            algorithm,
            pair,
            pkcs8,
            spki,
        })
    }
}

impl Signer for PrivateKey {
    fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    fn public_key_der(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, hash: HashAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Rsa(rsa) => {
                let encoding = match hash {
                    HashAlgorithm::Sha256 => &signature::RSA_PKCS1_SHA256,
                    HashAlgorithm::Sha384 => &signature::RSA_PKCS1_SHA384,
                    HashAlgorithm::Sha512 => &signature::RSA_PKCS1_SHA512,
                    HashAlgorithm::Sm3 => return Err(KeyError::UnsupportedHash),
                };
                let random = aws_lc_rs::rand::SystemRandom::new();
                let mut signature = vec![0; rsa.public_modulus_len()];
                rsa.sign(encoding, &random, message, &mut signature)
                    .map_err(|_| KeyError::Library)?;
                Ok(signature)
            }
            Pair::Ec(ec, curve) => {
                let hash = match hash {
                    HashAlgorithm::Sha256 => curve.fit(&digest::sha256(message)),
                    HashAlgorithm::Sha384 => curve.fit(&digest::sha384(message)),
                    HashAlgorithm::Sha512 => curve.fit(&digest::sha512(message)),
                    HashAlgorithm::Sm3 => return Err(KeyError::UnsupportedHash),
                };
                let signature = ec.sign_digest(&hash).map_err(|_| KeyError::Library)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Sm2(pair) => match hash {
                HashAlgorithm::Sm3 => pair.sign(message, &SystemRandom),
                _ => Err(KeyError::UnsupportedHash),
            },
        }
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.algorithm.name())
    }
}

fn rsa_key_size(algorithm: KeyAlgorithm) -> Result<KeySize, KeyError> {
    match algorithm.bits() {
        2048 => Ok(KeySize::Rsa2048),
        3072 => Ok(KeySize::Rsa3072),
        4096 => Ok(KeySize::Rsa4096),
        bits => Err(KeyError::UnsupportedSize { bits }),
    }
}

fn rsa_algorithm(pkcs1: &[u8]) -> Result<KeyAlgorithm, KeyError> {
    let bits = rsa_private_key_bits(pkcs1)?;
    check_rsa_size(bits)?;
    KeyAlgorithm::of_rsa_bits(bits).ok_or(KeyError::UnsupportedSize { bits })
}

fn spki_der(key: &impl AsDer<PublicKeyX509Der<'static>>) -> Result<Vec<u8>, KeyError> {
    let der = key.as_der().map_err(|_| KeyError::Library)?;
    Ok(der.as_ref().to_vec())
}
