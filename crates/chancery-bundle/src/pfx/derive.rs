//! The key derivation of PKCS#12 (RFC 7292 appendix B.2) with SHA-1.

use chancery_crypto::digest::sha1;
use zeroize::Zeroizing;

/// Output length of SHA-1, `u` in the RFC (in bytes here).
const HASH: usize = 20;
/// Block length of SHA-1, `v` in the RFC.
const BLOCK: usize = 64;

/// What the derived bytes are for, the `ID` of RFC 7292 appendix B.3.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// Derives `N` bytes. `password` is a `BMPString` with its two terminating zero bytes.
pub(super) fn derive<const N: usize>(
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Zeroizing<[u8; N]> {
    // Steps 2 to 4: the salt and the password, each repeated to whole blocks.
    let whole_blocks = |bytes: &[u8]| bytes.len().div_ceil(BLOCK) * BLOCK;
    let (salt_length, password_length) = (whole_blocks(salt), whole_blocks(password));
    let mut input = Zeroizing::new(Vec::with_capacity(salt_length + password_length));
    input.extend(salt.iter().cycle().take(salt_length));
    input.extend(password.iter().cycle().take(password_length));

    let mut derived = Zeroizing::new([0u8; N]);
    for chunk in derived.chunks_mut(HASH) {
        let block = hash_repeatedly(purpose, &input, iterations);
        chunk.copy_from_slice(&block[..chunk.len()]);
        // Step 6 B and C: every block of the input grows by the hash (repeated) plus one.
        for input_block in input.chunks_mut(BLOCK) {
            add_with_one(input_block, &block);
        }
    }
    derived
}

/// Step 6 A: the hash of `D || I`, hashed again until `iterations` hashes are done.
fn hash_repeatedly(purpose: Purpose, input: &[u8], iterations: u32) -> Zeroizing<[u8; HASH]> {
    let mut message = Zeroizing::new(Vec::with_capacity(BLOCK + input.len()));
    message.extend_from_slice(&[purpose as u8; BLOCK]);
    message.extend_from_slice(input);
    let mut hash = Zeroizing::new(sha1(&message));
    for _ in 1..iterations {
        *hash = sha1(&*hash);
    }
    hash
}

/// `block = block + (hash repeated to a block) + 1`, modulo the size of a block, big endian.
fn add_with_one(block: &mut [u8], hash: &[u8; HASH]) {
    let mut carry = 1u16;
    for (index, byte) in block.iter_mut().enumerate().rev() {
        carry += u16::from(*byte) + u16::from(hash[index % HASH]);
        *byte = carry as u8;
        carry >>= 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bmp(password: &str) -> Vec<u8> {
        password
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_be_bytes)
            .collect()
    }

    /// The values that PKCS#12 implementations exchange as test vectors (S. N. Henson).
    #[test]
    fn gives_the_known_values() {
        let salt = [0x0A, 0x58, 0xCF, 0x64, 0x53, 0x0D, 0x82, 0x3F];
        assert_eq!(
            hex::encode(*derive::<24>(Purpose::Key, &bmp("smeg"), &salt, 1)),
            "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
        );
        assert_eq!(
            hex::encode(*derive::<8>(Purpose::Iv, &bmp("smeg"), &salt, 1)),
            "79993dfe048d3b76"
        );
        let salt = [0x05, 0xDE, 0xC9, 0x59, 0xAC, 0xFF, 0x72, 0xF7];
        assert_eq!(
            hex::encode(*derive::<24>(Purpose::Key, &bmp("queeg"), &salt, 1000)),
            "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"
        );
    }
}
