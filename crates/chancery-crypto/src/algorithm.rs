//! The tables of algorithms: keys, hashes, and the signatures that combine the two.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{
    ECDSA_WITH_SHA_256, ECDSA_WITH_SHA_384, ECDSA_WITH_SHA_512, SHA_256_WITH_RSA_ENCRYPTION,
    SHA_384_WITH_RSA_ENCRYPTION, SHA_512_WITH_RSA_ENCRYPTION,
};
use der::Encode;
use der::asn1::Null;

use crate::curve::{self, Curve};
use crate::private_key::KeyError;
use crate::public_key::PublicKey;
use crate::sm2;

/// The mathematical family of a key: what decides how it signs and how its files look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyFamily {
    /// RSA with PKCS#1 v1.5 signatures (RFC 8017).
    Rsa,
    /// ECDSA over a NIST prime curve (RFC 5480).
    Ec,
    /// SM2 signatures over the curve of that name (GB/T 32918.2).
    Sm2,
}

impl KeyFamily {
    /// The family as Java and the wire name it: `RSA`, `EC`, `SM2`.
    pub fn name(self) -> &'static str {
        match self {
            KeyFamily::Rsa => "RSA",
            KeyFamily::Ec => "EC",
            KeyFamily::Sm2 => "SM2",
        }
    }
}

/// A kind of key that can be generated, imported and certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// The NIST curve P-256 (secp256r1).
    EcP256,
    /// The NIST curve P-384 (secp384r1).
    EcP384,
    /// The SM2 curve (GB/T 32918.5).
    Sm2,
}

impl KeyAlgorithm {
    /// Every key algorithm, in the order of the table.
    pub const ALL: &[Self] = &[
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EcP256,
        Self::EcP384,
        Self::Sm2,
    ];

    /// The name used on the wire and in the database: `RSA2048`, `EC256`, ...
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The algorithm with this exact name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.name() == name)
    }

    /// RSA, EC or SM2.
    pub fn family(self) -> KeyFamily {
        self.row().family
    }

    /// Length of the modulus (RSA) or of the field (EC), in bits.
    pub fn bits(self) -> u32 {
        self.row().bits
    }

    /// The hash that matches the strength of its signatures, where nothing asks for another.
    pub fn default_hash(self) -> HashAlgorithm {
        match self {
            Self::EcP384 => HashAlgorithm::Sha384,
            Self::Sm2 => HashAlgorithm::Sm3,
            _ => HashAlgorithm::Sha256,
        }
    }

    /// The object identifier of the curve, for families that have one.
    pub fn curve_oid(self) -> Option<ObjectIdentifier> {
        self.row().curve
    }

    /// How ECDSA works on its curve, for the family [`KeyFamily::Ec`].
    pub(crate) fn ecdsa(self) -> Option<&'static Curve> {
        self.row().ecdsa
    }

    /// Tells the algorithm of a public key, given as DER of its SubjectPublicKeyInfo, and checks
    /// that the key is well formed (a modulus of a known size, a point on the curve).
    ///
    /// # Errors
    /// [`KeyError::Weak`] for RSA below 2048 bits, [`KeyError::UnsupportedSize`] for RSA sizes
    /// that are no row of the table, [`KeyError::UnsupportedAlgorithm`] and
    /// [`KeyError::UnsupportedCurve`] for others, [`KeyError::Malformed`] for what is no key.
    pub fn of_public_key(spki_der: &[u8]) -> Result<Self, KeyError> {
        PublicKey::from_spki(spki_der)?.algorithm()
    }

    pub(crate) fn of_rsa_bits(bits: u32) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|a| a.family() == KeyFamily::Rsa && a.bits() == bits)
    }

    pub(crate) fn of_curve(curve: ObjectIdentifier) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|a| a.curve_oid() == Some(curve))
    }

    fn row(self) -> &'static KeyRow {
        &KEYS[self as usize]
    }
}

/// A hash function that signatures may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
    /// SM3 (GB/T 32905), which only SM2 signatures use.
    Sm3,
}

impl HashAlgorithm {
    /// Every hash algorithm.
    pub const ALL: &[Self] = &[Self::Sha256, Self::Sha384, Self::Sha512, Self::Sm3];

    /// The name used on the wire: `SHA256`, `SHA384`, `SHA512`, `SM3`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Sm3 => "SM3",
        }
    }

    /// The hash with this exact name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|h| h.name() == name)
    }
}

/// A signature algorithm: a key family together with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SignatureAlgorithm {
    family: KeyFamily,
    hash: HashAlgorithm,
}

impl SignatureAlgorithm {
    /// The signature that keys of `family` make with `hash`, if the two go together.
    pub fn new(family: KeyFamily, hash: HashAlgorithm) -> Option<Self> {
        SIGNATURES
            .iter()
            .any(|r| r.family == family && r.hash == hash)
            .then_some(Self { family, hash })
    }

    /// The signature algorithm that this object identifier names.
    pub fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        let row = SIGNATURES.iter().find(|r| r.oid == oid)?;
        Some(Self {
            family: row.family,
            hash: row.hash,
        })
    }

    /// The family of the keys that make this signature.
    pub fn family(self) -> KeyFamily {
        self.family
    }

    /// The hash of the message.
    pub fn hash(self) -> HashAlgorithm {
        self.hash
    }

    /// The object identifier of the AlgorithmIdentifier.
    pub fn oid(self) -> ObjectIdentifier {
        self.row().oid
    }

    /// The name in the style of Java, as the APIs show it: `SHA256withRSA`, `SHA384withECDSA`,
    /// `SM3withSM2`.
    pub fn jca_name(self) -> &'static str {
        self.row().jca
    }

    /// Whether the AlgorithmIdentifier carries NULL parameters: it must for RSA (RFC 4055
    /// section 5) and must carry none for ECDSA (RFC 5758 section 3.2). For SM2 most write none
    /// and some write NULL; ours carry none.
    pub fn has_null_parameters(self) -> bool {
        self.family == KeyFamily::Rsa
    }

    /// DER of the AlgorithmIdentifier, as it stands in a certificate.
    pub fn identifier_der(self) -> Vec<u8> {
        let identifier = spki::AlgorithmIdentifier {
            oid: self.oid(),
            parameters: self.has_null_parameters().then_some(Null),
        };
        identifier
            .to_der()
            .expect("an algorithm identifier of the table always encodes")
    }

    fn row(self) -> &'static SignatureRow {
        SIGNATURES
            .iter()
            .find(|r| r.family == self.family && r.hash == self.hash)
            .expect("only pairs of the table are constructed")
    }
}

struct KeyRow {
    name: &'static str,
    family: KeyFamily,
    bits: u32,
    curve: Option<ObjectIdentifier>,
    ecdsa: Option<&'static Curve>,
}

const fn rsa(name: &'static str, bits: u32) -> KeyRow {
    KeyRow {
        name,
        family: KeyFamily::Rsa,
        bits,
        curve: None,
        ecdsa: None,
    }
}

const fn ec(name: &'static str, bits: u32, curve: &'static Curve) -> KeyRow {
    KeyRow {
        name,
        family: KeyFamily::Ec,
        bits,
        curve: Some(curve.oid),
        ecdsa: Some(curve),
    }
}

const SM2_ROW: KeyRow = KeyRow {
    name: "SM2",
    family: KeyFamily::Sm2,
    bits: 256,
    curve: Some(sm2::CURVE),
    ecdsa: None,
};

/// One row per [`KeyAlgorithm`], in its order.
static KEYS: [KeyRow; KeyAlgorithm::ALL.len()] = [
    rsa("RSA2048", 2048),
    rsa("RSA3072", 3072),
    rsa("RSA4096", 4096),
    ec("EC256", 256, &curve::P256),
    ec("EC384", 384, &curve::P384),
    SM2_ROW,
];

struct SignatureRow {
    family: KeyFamily,
    hash: HashAlgorithm,
    oid: ObjectIdentifier,
    jca: &'static str,
}

const fn signature(
    family: KeyFamily,
    hash: HashAlgorithm,
    oid: ObjectIdentifier,
    jca: &'static str,
) -> SignatureRow {
    SignatureRow {
        family,
        hash,
        oid,
        jca,
    }
}

#[rustfmt::skip]
static SIGNATURES: [SignatureRow; 7] = [
    signature(KeyFamily::Rsa, HashAlgorithm::Sha256, SHA_256_WITH_RSA_ENCRYPTION, "SHA256withRSA"),
    signature(KeyFamily::Rsa, HashAlgorithm::Sha384, SHA_384_WITH_RSA_ENCRYPTION, "SHA384withRSA"),
    signature(KeyFamily::Rsa, HashAlgorithm::Sha512, SHA_512_WITH_RSA_ENCRYPTION, "SHA512withRSA"),
    signature(KeyFamily::Ec, HashAlgorithm::Sha256, ECDSA_WITH_SHA_256, "SHA256withECDSA"),
    signature(KeyFamily::Ec, HashAlgorithm::Sha384, ECDSA_WITH_SHA_384, "SHA384withECDSA"),
    signature(KeyFamily::Ec, HashAlgorithm::Sha512, ECDSA_WITH_SHA_512, "SHA512withECDSA"),
    signature(KeyFamily::Sm2, HashAlgorithm::Sm3, sm2::SM2_WITH_SM3, "SM3withSM2"),
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_the_enum() {
        let expected = [
            (KeyAlgorithm::Rsa2048, "RSA2048", KeyFamily::Rsa, 2048),
            (KeyAlgorithm::Rsa3072, "RSA3072", KeyFamily::Rsa, 3072),
            (KeyAlgorithm::Rsa4096, "RSA4096", KeyFamily::Rsa, 4096),
            (KeyAlgorithm::EcP256, "EC256", KeyFamily::Ec, 256),
            (KeyAlgorithm::EcP384, "EC384", KeyFamily::Ec, 384),
            (KeyAlgorithm::Sm2, "SM2", KeyFamily::Sm2, 256),
        ];
        assert_eq!(KeyAlgorithm::ALL.len(), expected.len());
        for (algorithm, name, family, bits) in expected {
            assert_eq!(algorithm.name(), name);
            assert_eq!(algorithm.family(), family);
            assert_eq!(algorithm.bits(), bits);
            assert_eq!(KeyAlgorithm::from_name(name), Some(algorithm));
        }
        assert_eq!(KeyAlgorithm::from_name("rsa2048"), None);
        assert_eq!(KeyAlgorithm::from_name("sm2"), None);
    }

    #[test]
    fn hashes_are_found_by_name() {
        for hash in HashAlgorithm::ALL {
            assert_eq!(HashAlgorithm::from_name(hash.name()), Some(*hash));
        }
        assert_eq!(HashAlgorithm::from_name("SHA1"), None);
    }

    /// The bytes of RFC 4055 section 5 and RFC 5758 section 3.2.
    #[test]
    fn identifiers_are_the_bytes_of_the_rfcs() {
        let der = |family, hash| {
            SignatureAlgorithm::new(family, hash)
                .unwrap()
                .identifier_der()
        };
        assert_eq!(
            der(KeyFamily::Rsa, HashAlgorithm::Sha256),
            b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"
        );
        assert_eq!(
            der(KeyFamily::Rsa, HashAlgorithm::Sha512),
            b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"
        );
        assert_eq!(
            der(KeyFamily::Ec, HashAlgorithm::Sha384),
            b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
        );
        assert_eq!(
            der(KeyFamily::Sm2, HashAlgorithm::Sm3), // GM/T 0006: 1.2.156.10197.1.501
            b"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75"
        );
    }

    #[test]
    fn sm2_and_sm3_go_together_only() {
        for family in [KeyFamily::Rsa, KeyFamily::Ec] {
            assert_eq!(SignatureAlgorithm::new(family, HashAlgorithm::Sm3), None);
        }
        for hash in HashAlgorithm::ALL {
            let expected = *hash == HashAlgorithm::Sm3;
            let found = SignatureAlgorithm::new(KeyFamily::Sm2, *hash);
            assert_eq!(found.is_some(), expected, "{}", hash.name());
        }
    }

    #[test]
    fn a_signature_is_found_by_its_oid() {
        for row in &SIGNATURES {
            let found = SignatureAlgorithm::from_oid(row.oid).unwrap();
            assert_eq!(found.jca_name(), row.jca);
            assert_eq!(
                SignatureAlgorithm::new(found.family(), found.hash()),
                Some(found)
            );
        }
    }
}
