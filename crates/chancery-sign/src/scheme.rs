//! How each algorithm hashes, signs and verifies.

use chancery_crypto::{
    HashAlgorithm, KeyError, PrivateKey, Signer as _, constant_time_eq, digest, mac, sm2, verify,
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

    /// The derivation fits the second curve of the SDKs, P-256, as it is.
    #[test]
    fn the_scalar_of_another_algorithm() {
        let p256 = DerivedKey {
            algorithm: Algorithm::SdkEcdsaP256Sha256,
            hash: SHA256,
            key_from_scalar: sm2::key_from_scalar,
        };
        assert_eq!(
            hex::encode(*p256.candidate(CREDENTIAL, 0)),
            "25964a3dd7574fce4db528f5d9abddaa3dc0334428030ea86e18636cc2547db0"
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
