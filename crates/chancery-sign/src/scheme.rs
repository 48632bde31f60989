//! How each algorithm hashes, signs and verifies.

use chancery_crypto::{
    HashAlgorithm, KeyError, PrivateKey, Signer as _, constant_time_eq, digest, kdf, mac, sm2,
    verify,
};
use zeroize::Zeroizing;

use crate::{Algorithm, SignatureFault};

/// What a request is signed with.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    /// The access key, which the request names.
    pub(crate) access_key: &'a str,
    /// Its secret, which client and server know.
    pub(crate) secret: &'a [u8],
    /// Day, region and service that a V11 signature is for; else empty.
    pub(crate) scope: &'a str,
}

/// The cryptography behind one algorithm.
pub(crate) trait Scheme: Send + Sync {
    /// The hash of bodies and canonical requests.
    fn digest(&self, message: &[u8]) -> [u8; 32];
    /// The signature over a string to sign.
    ///
    /// # Errors
    /// [`SignatureFault::SigningFailed`] when there is no key, or the library fails.
    fn sign(&self, credential: Credential<'_>, message: &[u8]) -> Result<Vec<u8>, SignatureFault>;
    /// Whether `signature` is one of this message. How long that takes tells nothing about the
    /// secret, nor about a signature that would be right.
    fn verify(&self, credential: Credential<'_>, message: &[u8], signature: &[u8]) -> bool;
}

/// SDK-HMAC-SHA256.
pub(crate) static HMAC_SHA256: Hmac = Hmac { hash: SHA256 };
/// SDK-HMAC-SM3.
pub(crate) static HMAC_SM3: Hmac = Hmac { hash: SM3 };
/// SDK-ECDSA-P256-SHA256: signatures in DER (RFC 3279 section 2.2.3).
pub(crate) static ECDSA_P256_SHA256: DerivedKey = DerivedKey {
    algorithm: Algorithm::SdkEcdsaP256Sha256,
    hash: SHA256,
    key_from_scalar: PrivateKey::from_p256_scalar,
};
/// V11-HMAC-SHA256.
pub(crate) static V11_HMAC_SHA256: ScopedHmac = ScopedHmac;
/// SDK-SM2-SM3: signatures in DER (GM/T 0009 section 7.3) with the default user id.
pub(crate) static SM2_SM3: DerivedKey = DerivedKey {
    algorithm: Algorithm::SdkSm2Sm3,
    hash: SM3,
    key_from_scalar: sm2::key_from_scalar,
};

const SHA256: Hash = Hash {
    algorithm: HashAlgorithm::Sha256,
    digest: digest::sha256,
    mac: mac::hmac_sha256,
};
const SM3: Hash = Hash {
    algorithm: HashAlgorithm::Sm3,
    digest: digest::sm3,
    mac: mac::hmac_sm3,
};

/// A hash function of 32 bytes, and the HMAC (RFC 2104) over it: key first, then message.
#[derive(Clone, Copy)]
struct Hash {
    algorithm: HashAlgorithm,
    digest: fn(&[u8]) -> [u8; 32],
    mac: fn(&[u8], &[u8]) -> [u8; 32],
}

/// A signature that is an HMAC with the secret itself.
pub(crate) struct Hmac {
    hash: Hash,
}

impl Scheme for Hmac {
    fn digest(&self, message: &[u8]) -> [u8; 32] {
        (self.hash.digest)(message)
    }

    fn sign(&self, credential: Credential<'_>, message: &[u8]) -> Result<Vec<u8>, SignatureFault> {
        Ok((self.hash.mac)(credential.secret, message).to_vec())
    }

    fn verify(&self, credential: Credential<'_>, message: &[u8], signature: &[u8]) -> bool {
        constant_time_eq(&(self.hash.mac)(credential.secret, message), signature)
    }
}

/// An HMAC-SHA256 with a key that is good for one day, region and service: the secret through
/// HKDF (RFC 5869) with the access key as salt and the scope as info, 32 bytes, in hex.
pub(crate) struct ScopedHmac;

impl ScopedHmac {
    fn mac(credential: Credential<'_>, message: &[u8]) -> [u8; 32] {
        let salt = credential.access_key.as_bytes();
        let key = kdf::hkdf_sha256(credential.secret, salt, credential.scope.as_bytes());
        let key = Zeroizing::new(hex::encode(*key));
        mac::hmac_sha256(key.as_bytes(), message)
    }
}

impl Scheme for ScopedHmac {
    fn digest(&self, message: &[u8]) -> [u8; 32] {
        digest::sha256(message)
    }

    fn sign(&self, credential: Credential<'_>, message: &[u8]) -> Result<Vec<u8>, SignatureFault> {
        Ok(Self::mac(credential, message).to_vec())
    }

    fn verify(&self, credential: Credential<'_>, message: &[u8], signature: &[u8]) -> bool {
        constant_time_eq(&Self::mac(credential, message), signature)
    }
}

/// A signature with the private key of an elliptic curve of 256 bits, which both sides derive
/// from access key and secret. A further curve is a further row like [`SM2_SM3`].
pub(crate) struct DerivedKey {
    /// Its name goes into the derivation, so each algorithm has a key of its own.
    algorithm: Algorithm,
    hash: Hash,
    /// Makes the key with a scalar (big-endian), if the curve has one.
    key_from_scalar: fn(&[u8; 32]) -> Result<PrivateKey, KeyError>,
}

impl DerivedKey {
    /// The key of a credential: the first of 256 candidates that the curve takes (FIPS 186-5,
    /// appendix A.2.2). On curves whose order is near 2^256 that is the very first.
    fn key(&self, credential: Credential<'_>) -> Option<PrivateKey> {
        (0..=u8::MAX)
            .map(|counter| self.candidate(credential, counter))
            .find_map(|scalar| (self.key_from_scalar)(&scalar).ok())
    }

    /// One more than what HMAC in counter mode gives (NIST SP 800-108, section 4.1): one block of
    /// 256 bits for the algorithm's name and, as context, the access key and the candidate's
    /// number.
    ///
    /// The access key has no terminator: one SDK pads what is hashed to a key of 20 characters,
    /// so only keys of that length, which are what servers give out, mean the same everywhere.
    fn candidate(&self, credential: Credential<'_>, counter: u8) -> Zeroizing<[u8; 32]> {
        let input = [
            &1_u32.to_be_bytes(),
            self.algorithm.name().as_bytes(),
            &[0],
            credential.access_key.as_bytes(),
            &[counter],
            &256_u32.to_be_bytes(),
        ]
        .concat();
        let mut scalar = Zeroizing::new((self.hash.mac)(credential.secret, &input));
        add_one(&mut scalar);
        scalar
    }
}

impl Scheme for DerivedKey {
    fn digest(&self, message: &[u8]) -> [u8; 32] {
        (self.hash.digest)(message)
    }

    fn sign(&self, credential: Credential<'_>, message: &[u8]) -> Result<Vec<u8>, SignatureFault> {
        self.key(credential)
            .and_then(|key| key.sign(self.hash.algorithm, message).ok())
            .ok_or(SignatureFault::SigningFailed)
    }

    fn verify(&self, credential: Credential<'_>, message: &[u8], signature: &[u8]) -> bool {
        self.key(credential).is_some_and(|key| {
            verify(
                key.public_key_der(),
                self.hash.algorithm,
                message,
                signature,
            )
            .is_ok()
        })
    }
}

/// Adds one to a big-endian number, in the same steps whatever the number; the largest becomes
/// zero, which no curve takes.
fn add_one(number: &mut [u8; 32]) {
    let mut carry = 1;
    for byte in number.iter_mut().rev() {
        [carry, *byte] = (u16::from(*byte) + u16::from(carry)).to_be_bytes();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The example of the tests in `tests/it`, whose keys the Python SDK derived.
    const CREDENTIAL: Credential<'_> = Credential {
        access_key: "AKEXAMPLE0123456789",
        secret: b"SKexampleSKexampleSKexampleSKexample0123",
        scope: "20260101/cn-north-4/ccm",
    };

    #[test]
    fn the_key_of_the_example() {
        let key = SM2_SM3.key(CREDENTIAL).unwrap();
        assert_eq!(
            hex::encode(*key.sm2_scalar().unwrap()),
            "1df3a7742b5bf49f9f8669709690e62dad1833ad1f4ad6c3b7b012626f03ba16"
        );
        assert!(hex::encode(key.public_key_der()).ends_with(
            "04a0ee79ace284fd8676ed07fb0c7e2dab32ff7a3e4582db6e0819ec62dfbf2841\
             25ffd27e76291bcd6c1142c1cd1c6ddf1203a209dcf44c28489d079977d89c8f"
        ));
    }

    #[test]
    fn the_p256_key_of_the_example() {
        let scalar = ECDSA_P256_SHA256.candidate(CREDENTIAL, 0);
        assert_eq!(
            hex::encode(*scalar),
            "25964a3dd7574fce4db528f5d9abddaa3dc0334428030ea86e18636cc2547db0"
        );
        let key = ECDSA_P256_SHA256.key(CREDENTIAL).unwrap();
        assert!(hex::encode(key.public_key_der()).ends_with(
            "04a0ac21ed3455ca32950af2126f0a096adf4791ec81d9e4581b2ca0c8a5fd6d9c\
             d34ddd90101971c07a92ca293c157cdc6b57a78ec68e6d897fdd473cde9e670a"
        ));
    }

    #[test]
    fn the_scoped_key_of_the_example() {
        let salt = CREDENTIAL.access_key.as_bytes();
        let key = kdf::hkdf_sha256(CREDENTIAL.secret, salt, CREDENTIAL.scope.as_bytes());
        assert_eq!(
            hex::encode(*key),
            "5f35ce1df218ce8da4b452e30f6770e0c36b873fcb36b71a9848327a246d4131"
        );
    }

    #[test]
    fn a_candidate_that_the_curve_refuses_is_passed_over() {
        fn first_byte_is_small(scalar: &[u8; 32]) -> Result<PrivateKey, KeyError> {
            match scalar[0] {
                0..0x10 => sm2::key_from_scalar(scalar),
                _ => Err(KeyError::Malformed),
            }
        }
        let picky = DerivedKey {
            key_from_scalar: first_byte_is_small,
            ..SM2_SM3
        };
        let expected = (0..=u8::MAX)
            .map(|counter| {
                let input = format!("SDK-SM2-SM3\0{}", CREDENTIAL.access_key);
                let input = [b"\0\0\0\x01", input.as_bytes(), &[counter], b"\0\0\x01\0"].concat();
                mac::hmac_sm3(CREDENTIAL.secret, &input)
            })
            .position(|candidate| candidate[0] < 0x10)
            .unwrap();
        assert!(expected > 0, "the first candidate must not do");
        let found = picky.key(CREDENTIAL).unwrap().sm2_scalar().unwrap();
        let counter = u8::try_from(expected).unwrap();
        assert_eq!(found, picky.candidate(CREDENTIAL, counter));
    }

    #[test]
    fn without_a_key_nothing_is_signed_and_nothing_verifies() {
        let none = DerivedKey {
            key_from_scalar: |_| Err(KeyError::Malformed),
            ..SM2_SM3
        };
        assert_eq!(
            none.sign(CREDENTIAL, b"message"),
            Err(SignatureFault::SigningFailed)
        );
        let signature = SM2_SM3.sign(CREDENTIAL, b"message").unwrap();
        assert!(SM2_SM3.verify(CREDENTIAL, b"message", &signature));
        assert!(!none.verify(CREDENTIAL, b"message", &signature));
    }

    #[test]
    fn adding_one_carries() {
        let after = |text: &str| {
            let mut number = [0; 32];
            hex::decode_to_slice(text, &mut number).unwrap();
            add_one(&mut number);
            hex::encode(number)
        };
        assert_eq!(after(&"00".repeat(32)), format!("{:064x}", 1));
        assert_eq!(
            after(&format!("{:064x}", 0x01ff_ffff)),
            format!("{:064x}", 0x0200_0000)
        );
        assert_eq!(
            after(&format!("{:064x}", 0x01fe)),
            format!("{:064x}", 0x01ff)
        );
        assert_eq!(after(&"ff".repeat(32)), "00".repeat(32));
    }
}
