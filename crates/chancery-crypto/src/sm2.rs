//! SM2 (GB/T 32918): what goes beyond signing and verifying as every key does.
//!
//! A signature covers a hash of the signer's *user id* and public key beside the message
//! (GB/T 32918.2 section 5.5). Certificates, requests and messages use the default id
//! ([`DEFAULT_ID`], GM/T 0009 section 10); some programs leave it empty.

mod cipher;
mod pair;

use const_oid::ObjectIdentifier;
use der::asn1::UintRef;
use der::{Decode, Encode, Sequence};
use sm2::PublicKey as Point;
use sm2::dsa::signature::Verifier;
use sm2::dsa::{Signature, VerifyingKey};

pub use cipher::{decrypt, encrypt};
pub(crate) use pair::Sm2Pair;

use crate::private_key::{KeyError, PrivateKey};
use crate::public_key::PublicKey;
use crate::verify::VerifyError;

/// The user id that signers use unless both sides agree on another (GM/T 0009 section 10).
pub const DEFAULT_ID: &[u8] = b"1234567812345678";

/// The curve (GM/T 0006): what stands in the parameters of id-ecPublicKey.
pub(crate) const CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
/// The signature of an SM3 hash (GM/T 0006).
pub(crate) const SM2_WITH_SM3: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");

/// The key with this private scalar.
///
/// # Errors
/// [`KeyError::Malformed`] unless it is from 1 to n-2: with n-1 nothing can be signed
/// (GB/T 32918.1 section 6.1).
pub fn key_from_scalar(big_endian: &[u8; 32]) -> Result<PrivateKey, KeyError> {
    Sm2Pair::from_scalar(big_endian).map(PrivateKey::from_sm2)
}

/// Verifies a signature (DER) with the public key in `spki_der` and another user id than the
/// default one.
///
/// # Errors
/// [`VerifyError::Key`] when the key is malformed or no SM2 key; [`VerifyError::BadSignature`]
/// when the signature is not right.
pub fn verify_with_id(
    spki_der: &[u8],
    id: &[u8],
    message: &[u8],
    signature_der: &[u8],
) -> Result<(), VerifyError> {
    verify_point(point_of(spki_der)?, id, message, signature_der)
}

/// Checks that the bytes of a public key are a point of the curve.
pub(crate) fn check_point(point: &[u8]) -> Result<(), KeyError> {
    Point::from_sec1_bytes(point)
        .map(drop)
        .map_err(|_| KeyError::Malformed)
}

/// Verifies with a public key that is given as a point.
pub(crate) fn verify_point(
    point: &[u8],
    id: &[u8],
    message: &[u8],
    signature_der: &[u8],
) -> Result<(), VerifyError> {
    let id = std::str::from_utf8(id).map_err(|_| VerifyError::BadSignature)?;
    let key = VerifyingKey::from_sec1_bytes(id, point).map_err(|_| KeyError::Malformed)?;
    let signature = signature(signature_der).ok_or(VerifyError::BadSignature)?;
    key.verify(message, &signature)
        .map_err(|_| VerifyError::BadSignature)
}

/// The point of an SM2 public key.
fn point_of(spki_der: &[u8]) -> Result<&[u8], KeyError> {
    match PublicKey::from_spki(spki_der)? {
        PublicKey::Sm2 { point } => Ok(point),
        _ => Err(KeyError::UnsupportedAlgorithm("other than SM2".into())),
    }
}

/// `SM2Signature ::= SEQUENCE { R INTEGER, S INTEGER }` (GM/T 0009 section 7.3)
#[derive(Sequence)]
struct SignatureDer<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// Reads a signature.
///
/// The library's own encoding is the two numbers side by side, which no certificate holds: a
/// signature that is not DER is none.
fn signature(der: &[u8]) -> Option<Signature> {
    let SignatureDer { r, s } = SignatureDer::from_der(der).ok()?;
    let mut raw = [0; 64];
    right_align(r.as_bytes(), &mut raw[..32])?;
    right_align(s.as_bytes(), &mut raw[32..])?;
    Signature::from_slice(&raw).ok()
}

/// Writes a signature from its two numbers, big-endian.
fn signature_der(r: &[u8], s: &[u8]) -> der::Result<Vec<u8>> {
    let (r, s) = (UintRef::new(r)?, UintRef::new(s)?);
    SignatureDer { r, s }.to_der()
}

/// Puts a big-endian number into `field`, with zeros in front; none if it is too long for it.
fn right_align(number: &[u8], field: &mut [u8]) -> Option<()> {
    let first = number.iter().position(|byte| *byte != 0);
    let number = &number[first.unwrap_or(number.len())..];
    let start = field.len().checked_sub(number.len())?;
    field[..start].fill(0);
    field[start..].copy_from_slice(number);
    Some(())
}
