//! The forms in which private keys come: PEM labels, PKCS#1 (RFC 8017), SEC 1 (RFC 5915).

use const_oid::ObjectIdentifier;
use der::asn1::{AnyRef, BitStringRef, ContextSpecific, OctetStringRef, UintRef};
use der::{Decode, Reader, SliceReader, TagNumber};
use zeroize::Zeroizing;

use crate::pem::{self, PemError};
use crate::private_key::KeyError;
use crate::public_key::bit_length;

/// The content of a key file, by its form.
pub(crate) enum KeyFile {
    Pkcs8(Zeroizing<Vec<u8>>),
    Pkcs1(Zeroizing<Vec<u8>>),
    Sec1(Zeroizing<Vec<u8>>),
}

impl KeyFile {
    /// Reads a PEM text whose only block is a private key; the parameters that OpenSSL
    /// writes before a key repeat what is in it, and are passed over. It labels keys on the SM2
    /// curve with `SM2` where others have `EC`.
    pub(crate) fn from_pem(text: &str) -> Result<Self, KeyError> {
        let blocks = pem::parse(text).map_err(|e| match e {
            PemError::Encrypted { .. } => KeyError::Encrypted,
            other => KeyError::Pem(other),
        })?;
        let mut found = None;
        for block in blocks {
            let content = Zeroizing::new(block.der);
            let file = match block.label.as_str() {
                "EC PARAMETERS" | "SM2 PARAMETERS" => continue,
                "PRIVATE KEY" => KeyFile::Pkcs8(content),
                "RSA PRIVATE KEY" => KeyFile::Pkcs1(content),
                "EC PRIVATE KEY" | "SM2 PRIVATE KEY" => KeyFile::Sec1(content),
                "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
                _ => return Err(KeyError::UnexpectedBlock(block.label)),
            };
            if found.replace(file).is_some() {
                return Err(KeyError::MoreThanOneKey);
            }
        }
        found.ok_or(KeyError::NoKey)
    }
}

/// The length of the modulus of an `RSAPrivateKey` (RFC 8017 appendix A.1.2), in bits. Its version is
/// 0: keys of more than two primes have 1, and nobody here computes with them.
pub(crate) fn rsa_private_key_bits(pkcs1: &[u8]) -> Result<u32, KeyError> {
    whole(pkcs1, |key| {
        version(key, 0)?;
        let modulus = UintRef::decode(key)?;
        key.read_slice(key.remaining_len())?; // the library reads the rest
        Ok(bit_length(modulus.as_bytes()))
    })
}

/// Reads a sequence behind which nothing follows: the libraries pass over what does.
fn whole<'a, T>(
    der: &'a [u8],
    read: impl FnOnce(&mut SliceReader<'a>) -> der::Result<T>,
) -> Result<T, KeyError> {
    let mut reader = SliceReader::new(der).map_err(|_| KeyError::Malformed)?;
    let value = reader.sequence(read).map_err(|_| KeyError::Malformed)?;
    reader.finish().map_err(|_| KeyError::Malformed)?;
    Ok(value)
}

/// Reads the version of a key; those that are not `allowed` are of another form.
fn version(key: &mut SliceReader<'_>, allowed: u8) -> der::Result<()> {
    match u8::decode(key)? {
        found if found == allowed => Ok(()),
        _ => Err(der::Tag::Integer.value_error().into()),
    }
}

/// The curve that an `ECPrivateKey` (RFC 5915 section 3, version 1) names, if it does.
fn sec1_parameters(sec1: &[u8]) -> Result<Option<AnyRef<'_>>, KeyError> {
    whole(sec1, |key| {
        version(key, 1)?;
        <&OctetStringRef>::decode(key)?;
        let parameters = ContextSpecific::<AnyRef<'_>>::decode_explicit(key, TagNumber(0))?;
        ContextSpecific::<BitStringRef<'_>>::decode_explicit(key, TagNumber(1))?;
        Ok(parameters.map(|p| p.value))
    })
}

/// Refuses what is no `ECPrivateKey`, within PKCS#8, where another place names the curve.
pub(crate) fn check_sec1(sec1: &[u8]) -> Result<(), KeyError> {
    sec1_parameters(sec1).map(drop)
}

/// The curve that an `ECPrivateKey` names. The standard makes it mandatory outside of PKCS#8.
pub(crate) fn sec1_curve(sec1: &[u8]) -> Result<ObjectIdentifier, KeyError> {
    sec1_parameters(sec1)?
        .ok_or_else(|| KeyError::UnsupportedCurve("not named in the key".into()))?
        .decode_as()
        .map_err(|_| KeyError::UnsupportedCurve("explicit parameters".into()))
}

/// All numbers of an `RSAPrivateKey`, big-endian.
#[cfg(test)]
pub(crate) fn integers(pkcs1: &[u8]) -> Result<Vec<Zeroizing<Vec<u8>>>, KeyError> {
    whole(pkcs1, |key| {
        let mut numbers = Vec::new();
        while !key.is_finished() {
            numbers.push(Zeroizing::new(UintRef::decode(key)?.as_bytes().to_vec()));
        }
        Ok(numbers)
    })
}
