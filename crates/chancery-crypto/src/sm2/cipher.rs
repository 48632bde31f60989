//! SM2 encryption (GB/T 32918.4) in the ASN.1 form of GM/T 0009 section 7.2:
//!
//! ```text
//! SM2Cipher ::= SEQUENCE {
//!     XCoordinate INTEGER, YCoordinate INTEGER,  -- C1
//!     HASH OCTET STRING (SIZE(32)),              -- C3
//!     CipherText OCTET STRING }                  -- C2
//! ```

use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader, Tag, Tagged};
use sm2::pke::{DecryptingKey, EncryptingKey};
use zeroize::Zeroizing;

use super::pair::{FIELD, Rng};
use super::{point_of, right_align};
use crate::private_key::{KeyError, PrivateKey};
use crate::random::Random;

/// What stands before the coordinates of an uncompressed point.
const UNCOMPRESSED: u8 = 4;
/// The length of C1 (04, x, y) and of C3.
const POINT: usize = 1 + 2 * FIELD;
const HASH: usize = 32;

#[derive(Sequence)]
struct Sm2Cipher<'a> {
    x: UintRef<'a>,
    y: UintRef<'a>,
    hash: &'a OctetStringRef,
    text: &'a OctetStringRef,
}

/// Encrypts for the SM2 public key in `spki_der` and returns DER of the `SM2Cipher`.
///
/// # Errors
/// [`KeyError`] when the key is malformed or no SM2 key; [`KeyError::Library`] when `plaintext`
/// is empty.
pub fn encrypt(
    spki_der: &[u8],
    plaintext: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, KeyError> {
    let key =
        EncryptingKey::from_sec1_bytes(point_of(spki_der)?).map_err(|_| KeyError::Malformed)?;
    let raw = key
        .encrypt(&mut Rng(random), plaintext)
        .map_err(|_| KeyError::Library)?;
    to_der(&raw).map_err(|_| KeyError::Library)
}

/// Decrypts an `SM2Cipher`. Coordinates may also be written as their 32 raw bytes, as some CAs
/// do: that makes negative numbers of half of them.
///
/// # Errors
/// [`KeyError::UnsupportedAlgorithm`] when the key is no SM2 key; [`KeyError::Malformed`] when the
/// bytes are no `SM2Cipher`, or not one for this key.
pub fn decrypt(key: &PrivateKey, cipher_der: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let pair = key
        .sm2()
        .ok_or_else(|| KeyError::UnsupportedAlgorithm("other than SM2".into()))?;
    let raw = from_der(cipher_der).ok_or(KeyError::Malformed)?;
    DecryptingKey::from_nonzero_scalar(*pair.secret())
        .and_then(|key| key.decrypt(&raw))
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Malformed)
}

/// From the library's form, C1 C3 C2 one after the other.
fn to_der(raw: &[u8]) -> der::Result<Vec<u8>> {
    let (point, rest) = raw.split_at_checked(POINT).ok_or(too_short())?;
    let (hash, text) = rest.split_at_checked(HASH).ok_or(too_short())?;
    let cipher = Sm2Cipher {
        x: UintRef::new(&point[1..=FIELD])?,
        y: UintRef::new(&point[FIELD + 1..])?,
        hash: OctetStringRef::new(hash)?,
        text: OctetStringRef::new(text)?,
    };
    cipher.to_der()
}

fn too_short() -> der::Error {
    Tag::OctetString.length_error().into()
}

/// Into the library's form.
fn from_der(der: &[u8]) -> Option<Vec<u8>> {
    let mut reader = SliceReader::new(der).ok()?;
    let [x, y, hash, text] = reader
        .sequence(|cipher| {
            Ok::<_, der::Error>([
                AnyRef::decode(cipher)?,
                AnyRef::decode(cipher)?,
                AnyRef::decode(cipher)?,
                AnyRef::decode(cipher)?,
            ])
        })
        .ok()?;
    reader.finish().ok()?;
    let is_octets = |value: &AnyRef<'_>| value.tag() == Tag::OctetString;
    if !is_octets(&hash) || !is_octets(&text) || hash.value().len() != HASH {
        return None;
    }
    let mut raw = vec![UNCOMPRESSED];
    raw.resize(POINT, 0);
    coordinate(&x, &mut raw[1..=FIELD])?;
    coordinate(&y, &mut raw[FIELD + 1..])?;
    raw.extend_from_slice(hash.value());
    raw.extend_from_slice(text.value());
    Some(raw)
}

/// The bytes of a coordinate, whatever its sign seems to be.
fn coordinate(integer: &AnyRef<'_>, field: &mut [u8]) -> Option<()> {
    if integer.tag() != Tag::Integer {
        return None;
    }
    right_align(integer.value(), field)
}
