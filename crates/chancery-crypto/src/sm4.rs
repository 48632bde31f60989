//! SM4 (GB/T 32907) in ECB mode without padding: what the GM/T 0009 and GM/T 0010 envelopes
//! encrypt a private key with.
//!
//! ECB shows which blocks are equal. It is right here and nowhere else: each key encrypts one
//! random scalar, once.

use sm4::Sm4;
use sm4::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use zeroize::Zeroizing;

/// The length of a block, in bytes.
pub const BLOCK: usize = 16;

/// Encrypts; none unless `plaintext` is a multiple of [`BLOCK`] long.
pub fn encrypt_ecb(key: &[u8; 16], plaintext: &[u8]) -> Option<Vec<u8>> {
    let cipher = Sm4::new(key.into());
    let mut data = plaintext.to_vec();
    each_block(&mut data, |block| cipher.encrypt_block(block))?;
    Some(data)
}

/// Decrypts; none unless `ciphertext` is a multiple of [`BLOCK`] long.
pub fn decrypt_ecb(key: &[u8; 16], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = Sm4::new(key.into());
    let mut data = Zeroizing::new(ciphertext.to_vec());
    each_block(&mut data, |block| cipher.decrypt_block(block))?;
    Some(data)
}

fn each_block(data: &mut [u8], work: impl Fn(&mut Block<Sm4>)) -> Option<()> {
    let mut blocks = data.chunks_exact_mut(BLOCK);
    for block in &mut blocks {
        work(block.try_into().ok()?);
    }
    blocks.into_remainder().is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The first example of GB/T 32907-2016 appendix A: key and plaintext are the same.
    const EXAMPLE: [u8; 16] = [
        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32,
        0x10,
    ];
    const ANSWER: &str = "681edf34d206965e86b3e94f536e4246";

    #[test]
    fn known_answer_of_each_block() {
        let two = [EXAMPLE, EXAMPLE].concat();
        let encrypted = encrypt_ecb(&EXAMPLE, &two).unwrap();
        assert_eq!(hex::encode(&encrypted), ANSWER.repeat(2));
        assert_eq!(*decrypt_ecb(&EXAMPLE, &encrypted).unwrap(), two);
    }

    #[test]
    fn only_whole_blocks() {
        for length in [1, 15, 17, 31] {
            assert_eq!(encrypt_ecb(&EXAMPLE, &vec![0; length]), None);
            assert!(decrypt_ecb(&EXAMPLE, &vec![0; length]).is_none());
        }
        assert_eq!(encrypt_ecb(&EXAMPLE, &[]), Some(Vec::new()));
    }
}
