//! SM2 key pairs: made, read, written, and signing.

use std::sync::LazyLock;

use der::asn1::{AnyRef, BitStringRef, ContextSpecific, OctetStringRef};
use der::{Decode, Reader, SliceReader, TagNumber};
use sm2::dsa::SigningKey;
use sm2::dsa::signature::RandomizedSigner;
use sm2::dsa::signature::rand_core::{TryCryptoRng, TryRng};
use sm2::{NonZeroScalar, SecretKey};
use zeroize::Zeroizing;

use super::{DEFAULT_ID, right_align, signature_der};
use crate::algorithm::KeyAlgorithm;
use crate::private_key::KeyError;
use crate::public_key::named_curve;
use crate::random::Random;

/// `SEQUENCE { SEQUENCE { id-ecPublicKey, the SM2 curve }, BIT STRING` of 65 bytes: what stands
/// before the point of every SubjectPublicKeyInfo (GM/T 0009 section 7.1, RFC 5480).
const SPKI_HEAD: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\
      \x03\x42\x00";
/// What stands before the scalar of a PKCS#8 key (RFC 5208) that holds an ECPrivateKey (RFC 5915).
/// The curve is named once, outside: OpenSSL, Java and the Go libraries read it so.
const PKCS8_HEAD: &[u8] =
    b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\
      \x55\x01\x82\x2d\x04\x6d\x30\x6b\x02\x01\x01\x04\x20";
/// What stands between the scalar and the point of a PKCS#8 key.
const PKCS8_MIDDLE: &[u8] = b"\xa1\x44\x03\x42\x00";

/// The longest a number of this curve is, in bytes.
pub(super) const FIELD: usize = 32;

/// A private key with its public key. Wiped when it is dropped.
pub(crate) struct Sm2Pair {
    signing: SigningKey,
}

impl Sm2Pair {
    /// Makes a new pair.
    pub(crate) fn generate(random: &dyn Random) -> Result<Self, KeyError> {
        // A scalar is out of range once in 2^32 tries; a generator that always fails is broken.
        for _ in 0..8 {
            let mut scalar = Zeroizing::new([0; FIELD]);
            random.fill(scalar.as_mut_slice());
            if let Ok(pair) = Self::from_scalar(&scalar) {
                return Ok(pair);
            }
        }
        Err(KeyError::Library)
    }

    /// The pair with this scalar, big-endian, from 1 to n-2.
    pub(crate) fn from_scalar(scalar: &[u8; FIELD]) -> Result<Self, KeyError> {
        let secret = SecretKey::from_slice(scalar).map_err(|_| KeyError::Malformed)?;
        if is_last(&secret) {
            return Err(KeyError::Malformed);
        }
        let signing = SigningKey::new(default_id(), &secret).map_err(|_| KeyError::Malformed)?;
        Ok(Self { signing })
    }

    /// Reads an `ECPrivateKey` (RFC 5915 section 3). A point that stands beside the scalar must
    /// be its own; a scalar that was written without its leading zeros is taken.
    pub(crate) fn from_sec1(sec1: &[u8]) -> Result<Self, KeyError> {
        let key = Sec1::parse(sec1).map_err(|_| KeyError::Malformed)?;
        if key.curve.is_some() && named_curve(key.curve)? != KeyAlgorithm::Sm2 {
            return Err(KeyError::Malformed);
        }
        let mut field = Zeroizing::new([0; FIELD]);
        right_align(key.scalar, field.as_mut_slice()).ok_or(KeyError::Malformed)?;
        let pair = Self::from_scalar(&field)?;
        match key.point {
            Some(point) if *point != *pair.point() => Err(KeyError::Malformed),
            _ => Ok(pair),
        }
    }

    /// The private scalar, big-endian.
    pub(crate) fn scalar(&self) -> Zeroizing<[u8; FIELD]> {
        Zeroizing::new(self.signing.to_bytes().into())
    }

    /// DER of the SubjectPublicKeyInfo.
    pub(crate) fn public_key_der(&self) -> Vec<u8> {
        [SPKI_HEAD, &self.point()].concat()
    }

    /// DER of the unencrypted PKCS#8 `PrivateKeyInfo`.
    pub(crate) fn pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        let (scalar, point) = (self.scalar(), self.point());
        Zeroizing::new([PKCS8_HEAD, scalar.as_slice(), PKCS8_MIDDLE, &point].concat())
    }

    /// Signs with the default user id; the signature is DER. The nonce depends on key and message
    /// (RFC 6979) and on fresh randomness, so that neither a bad generator nor a fault that
    /// repeats a signature gives the key away.
    pub(crate) fn sign(&self, message: &[u8], random: &dyn Random) -> Result<Vec<u8>, KeyError> {
        let signature = self
            .signing
            .try_sign_with_rng(&mut Rng(random), message)
            .map_err(|_| KeyError::Library)?;
        let (r, s) = (signature.r_bytes(), signature.s_bytes());
        signature_der(&r, &s).map_err(|_| KeyError::Library)
    }

    pub(super) fn secret(&self) -> &NonZeroScalar {
        self.signing.as_nonzero_scalar()
    }

    /// The public key, uncompressed: 04, x, y.
    fn point(&self) -> Box<[u8]> {
        self.signing.verifying_key().to_sec1_bytes()
    }
}

impl Drop for Sm2Pair {
    /// The library does not wipe its signing keys, so another one is put over it.
    fn drop(&mut self) {
        static BLANK: LazyLock<Option<SigningKey>> = LazyLock::new(|| {
            let mut one = [0; FIELD];
            one[FIELD - 1] = 1;
            SigningKey::from_slice(default_id(), &one).ok()
        });
        if let Some(blank) = BLANK.as_ref() {
            self.signing.clone_from(blank);
            // Else the write could be left out: nothing reads it.
            std::hint::black_box(&self.signing);
        }
    }
}

/// Randomness in the form that the library takes.
pub(super) struct Rng<'a>(pub(super) &'a dyn Random);

impl TryRng for Rng<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl TryCryptoRng for Rng<'_> {}

fn default_id() -> &'static str {
    std::str::from_utf8(DEFAULT_ID).expect("the default id is ASCII")
}

/// Whether the scalar is n-1: one more is zero.
fn is_last(secret: &SecretKey) -> bool {
    let scalar = secret.to_nonzero_scalar();
    bool::from((*scalar + sm2::Scalar::ONE).is_zero())
}

/// What an `ECPrivateKey` holds: inside of PKCS#8 curve and point may be missing.
struct Sec1<'a> {
    scalar: &'a [u8],
    curve: Option<AnyRef<'a>>,
    point: Option<&'a [u8]>,
}

impl<'a> Sec1<'a> {
    fn parse(sec1: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(sec1)?;
        let parts = reader.sequence(|key| {
            u8::decode(key)?; // version
            let scalar = <&OctetStringRef>::decode(key)?;
            let curve = ContextSpecific::<AnyRef<'_>>::decode_explicit(key, TagNumber(0))?;
            let point = ContextSpecific::<BitStringRef<'_>>::decode_explicit(key, TagNumber(1))?;
            Ok::<_, der::Error>(Self {
                scalar: scalar.as_bytes(),
                curve: curve.map(|c| c.value),
                point: point.map(|p| p.value.raw_bytes()),
            })
        })?;
        reader.finish()?;
        Ok(parts)
    }
}
