//! The envelope that every format here puts around an encrypted private key.

use chancery_crypto::random::Random;
use der::Sequence;
use der::asn1::OctetString;
use spki::AlgorithmIdentifierOwned;

/// `EncryptedPrivateKeyInfo` (RFC 5958 section 3), with an algorithm of any kind.
#[derive(Clone, Debug, Eq, PartialEq, Sequence)]
pub(crate) struct EncryptedPrivateKeyInfo {
    pub(crate) algorithm: AlgorithmIdentifierOwned,
    pub(crate) encrypted_data: OctetString,
}

/// `N` fresh random bytes: a salt or an initialization vector, nothing secret.
pub(crate) fn salt<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}
