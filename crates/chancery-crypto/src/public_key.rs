//! Public keys: reading SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480).

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use der::asn1::{AnyRef, UintRef};
use der::{Decode, Reader, SliceReader, Tag, Tagged};
use spki::SubjectPublicKeyInfoRef;

use crate::algorithm::{HashAlgorithm, KeyAlgorithm};
use crate::curve::Curve;
use crate::private_key::KeyError;
use crate::sm2;

/// The smallest RSA modulus that anything here accepts.
pub(crate) const MIN_RSA_BITS: u32 = 2048;
/// The largest RSA modulus that the library verifies with.
const MAX_RSA_BITS: u32 = 8192;

/// A well formed public key of a family that signatures can be verified for.
///
/// RSA sizes outside the table (say 8192) are public keys too: a chain from elsewhere may have
/// them, and its signatures are verified; only [`PublicKey::algorithm`] refuses them.
pub(crate) enum PublicKey<'a> {
    Rsa {
        pkcs1: &'a [u8],
        bits: u32,
    },
    Ec {
        algorithm: KeyAlgorithm,
        curve: &'static Curve,
        point: &'a [u8],
    },
    Sm2 {
        point: &'a [u8],
    },
}

impl<'a> PublicKey<'a> {
    pub(crate) fn from_spki(spki_der: &'a [u8]) -> Result<Self, KeyError> {
        let spki = SubjectPublicKeyInfoRef::from_der(spki_der).map_err(|_| KeyError::Malformed)?;
        let key = spki
            .subject_public_key
            .as_bytes()
            .ok_or(KeyError::Malformed)?;
        let parameters = spki.algorithm.parameters;
        match spki.algorithm.oid {
            RSA_ENCRYPTION => rsa(parameters, key),
            ID_EC_PUBLIC_KEY => ec(parameters, key),
            other => Err(KeyError::UnsupportedAlgorithm(other.to_string())),
        }
    }

    pub(crate) fn algorithm(&self) -> Result<KeyAlgorithm, KeyError> {
        match *self {
            PublicKey::Rsa { bits, .. } => {
                KeyAlgorithm::of_rsa_bits(bits).ok_or(KeyError::UnsupportedSize { bits })
            }
            PublicKey::Ec { algorithm, .. } => Ok(algorithm),
            PublicKey::Sm2 { .. } => Ok(KeyAlgorithm::Sm2),
        }
    }
}

fn rsa<'a>(parameters: Option<AnyRef<'_>>, pkcs1: &'a [u8]) -> Result<PublicKey<'a>, KeyError> {
    // RFC 3279 section 2.3.1: the parameters are NULL.
    if parameters.is_none_or(|p| p.tag() != Tag::Null) {
        return Err(KeyError::Malformed);
    }
    let bits = rsa_public_key_bits(pkcs1)?;
    check_rsa_size(bits)?;
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pkcs1).map_err(|_| KeyError::Malformed)?;
    Ok(PublicKey::Rsa { pkcs1, bits })
}

/// Refuses a modulus that is too short to be safe or too long to be computed with.
pub(crate) fn check_rsa_size(bits: u32) -> Result<(), KeyError> {
    match bits {
        ..MIN_RSA_BITS => Err(KeyError::Weak { bits }),
        MIN_RSA_BITS..=MAX_RSA_BITS => Ok(()),
        _ => Err(KeyError::UnsupportedSize { bits }),
    }
}

fn rsa_public_key_bits(pkcs1: &[u8]) -> Result<u32, KeyError> {
    Ok(bit_length(rsa_numbers(pkcs1)?.0))
}

/// Modulus and exponent, big-endian, of
/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`
pub(crate) fn rsa_numbers(pkcs1: &[u8]) -> Result<(&[u8], &[u8]), KeyError> {
    let mut reader = SliceReader::new(pkcs1).map_err(|_| KeyError::Malformed)?;
    let numbers = reader
        .sequence(|seq| {
            let modulus = UintRef::decode(seq)?;
            let exponent = UintRef::decode(seq)?;
            Ok::<_, der::Error>((modulus.as_bytes(), exponent.as_bytes()))
        })
        .map_err(|_| KeyError::Malformed)?;
    reader.finish().map_err(|_| KeyError::Malformed)?;
    Ok(numbers)
}

/// The number of bits of a big-endian unsigned integer.
pub(crate) fn bit_length(big_endian: &[u8]) -> u32 {
    let Some(first) = big_endian.iter().position(|b| *b != 0) else {
        return 0;
    };
    let bytes = u32::try_from(big_endian.len() - first).unwrap_or(u32::MAX / 8);
    bytes * 8 - big_endian[first].leading_zeros()
}

fn ec<'a>(parameters: Option<AnyRef<'_>>, point: &'a [u8]) -> Result<PublicKey<'a>, KeyError> {
    let algorithm = named_curve(parameters)?;
    // RFC 5480 section 2.2: the uncompressed form is what everyone reads.
    if point.first() != Some(&0x04) {
        return Err(KeyError::Malformed);
    }
    let Some(curve) = algorithm.ecdsa() else {
        sm2::check_point(point)?;
        return Ok(PublicKey::Sm2 { point });
    };
    let any = (curve.verification)(HashAlgorithm::Sha256).ok_or(KeyError::Library)?;
    ParsedPublicKey::new(any, point).map_err(|_| KeyError::Malformed)?;
    Ok(PublicKey::Ec {
        algorithm,
        curve,
        point,
    })
}

/// The algorithm of keys on the curve that the parameters of id-ecPublicKey name; explicit curves
/// are refused (RFC 5480 section 2.1.1).
pub(crate) fn named_curve(parameters: Option<AnyRef<'_>>) -> Result<KeyAlgorithm, KeyError> {
    let parameters = parameters.ok_or(KeyError::Malformed)?;
    if parameters.tag() != Tag::ObjectIdentifier {
        return Err(KeyError::UnsupportedCurve("explicit parameters".into()));
    }
    let oid: ObjectIdentifier = parameters.decode_as().map_err(|_| KeyError::Malformed)?;
    curve_of(oid)
}

/// The algorithm of keys on the curve with this object identifier.
pub(crate) fn curve_of(oid: ObjectIdentifier) -> Result<KeyAlgorithm, KeyError> {
    KeyAlgorithm::of_curve(oid).ok_or_else(|| KeyError::UnsupportedCurve(oid.to_string()))
}
