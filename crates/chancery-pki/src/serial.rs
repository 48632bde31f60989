//! Serial numbers (RFC 5280 section 4.1.2.2).

use chancery_crypto::random::Random;

/// The serial number of a certificate: a positive integer, big-endian, without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SerialNumber(Vec<u8>);

impl SerialNumber {
    /// A new serial of 16 octets with 126 random bits: positive, never zero, always of the same
    /// length, and hard to guess (the CA/Browser Forum asks for 64 bits or more).
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0u8; 16];
        random.fill(&mut bytes);
        // The first bit is the sign, the second keeps the length.
        bytes[0] = bytes[0] & 0x3f | 0x40;
        Self(bytes.to_vec())
    }

    /// The number that these big-endian bytes make.
    pub fn from_bytes(big_endian: &[u8]) -> Self {
        match big_endian.iter().position(|b| *b != 0) {
            Some(first) => Self(big_endian[first..].to_vec()),
            None => Self(vec![0]),
        }
    }

    /// The content of the DER INTEGER: with a zero in front where the first bit would else make
    /// the number negative.
    pub(crate) fn to_integer(&self) -> Vec<u8> {
        let mut content = self.0.clone();
        if content[0] & 0x80 != 0 {
            content.insert(0, 0);
        }
        content
    }

    /// Big-endian bytes without leading zeros; zero itself is one zero byte.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Upper-case hexadecimal, two digits per octet, without `0x`.
    pub fn hex(&self) -> String {
        hex::encode_upper(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn random_serials_are_positive_and_of_16_octets() {
        assert_eq!(
            SerialNumber::random(&Fixed(0xff)).hex(),
            format!("7F{}", "FF".repeat(15))
        );
        assert_eq!(
            SerialNumber::random(&Fixed(0)).hex(),
            format!("40{}", "00".repeat(15))
        );
    }

    #[test]
    fn leading_zeros_are_no_part_of_the_number() {
        assert_eq!(SerialNumber::from_bytes(&[0, 0, 0x0a, 0]).hex(), "0A00");
        assert_eq!(SerialNumber::from_bytes(&[0, 0]).hex(), "00");
        assert_eq!(SerialNumber::from_bytes(&[]).hex(), "00");
    }

    #[test]
    fn the_integer_is_positive() {
        assert_eq!(SerialNumber::from_bytes(&[0x80]).to_integer(), [0, 0x80]);
        assert_eq!(SerialNumber::from_bytes(&[0x7f]).to_integer(), [0x7f]);
    }
}
