//! Passwords of exported keys: which ones callers may choose, how we make our own, and how
//! Java and PKCS#12 spell them.

use std::fmt;

use chancery_crypto::random::Random;
use zeroize::Zeroizing;

use crate::BundleError;

/// A password for an exported private key: 1 to 32 characters of `A-Z`, `a-z`, `0-9` and
/// `, . + - _ #`, the class that the certificate APIs document.
pub struct Password(Zeroizing<String>);

/// A password outside the class of [`Password`]. Does not repeat it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("password must be 1 to 32 characters of A-Z, a-z, 0-9 and , . + - _ #")]
pub struct PasswordError;

impl Password {
    /// The most characters a password has.
    pub const MAX_LENGTH: usize = 32;

    /// Checks a password that a caller chose.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ",.+-_#".contains(c);
        if (1..=Self::MAX_LENGTH).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(PasswordError)
        }
    }

    /// Makes a password of 130 random bits, more than the formats it protects can use.
    pub fn generate(random: &dyn Random) -> Self {
        // 32 characters, so that every character carries exactly five bits; without the pairs
        // 0/o and 1/l, which people confuse, and without a leading dash or other character that
        // command lines and configuration files take for syntax.
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        const LENGTH: usize = 26;

        let mut bytes = Zeroizing::new([0u8; LENGTH]);
        random.fill(&mut *bytes);
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        text.extend(
            bytes
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte % 32)])),
        );
        Self(text)
    }

    /// The password itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// A key store password as UTF-16, big endian, without a terminator: Java's `char[]` for JKS and
/// the `BMPString` of PKCS#12 (RFC 7292 appendix B.1), which adds two zero bytes.
///
/// Refuses what readers disagree on: an empty password (absent or present?) and characters
/// outside the Basic Multilingual Plane (a `BMPString` has no surrogates).
pub(crate) fn utf16_password(password: &str) -> Result<Zeroizing<Vec<u8>>, BundleError> {
    if password.is_empty() || password.chars().any(|c| c > '\u{ffff}') {
        return Err(BundleError::Password);
    }
    // Room for the terminator, so that no half-written copy stays behind in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
    for unit in password.encode_utf16() {
        bytes.extend_from_slice(&unit.to_be_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use chancery_crypto::random::SystemRandom;
    use proptest::prelude::*;

    use super::*;
    use crate::test_support::CountingRandom;

    #[test]
    fn the_documented_class_is_accepted() {
        for text in [
            "a",
            "test",
            "encryption_password",
            ",.+-_#",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345",
        ] {
            assert_eq!(Password::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        // '/' and '*' lie between the special characters when they are read as a range.
        for text in [
            "",
            "a b",
            "a/b",
            "a*b",
            "a$b",
            "a@b",
            "pässword",
            "密码",
            "tab\t",
            "line\n",
            "123456789012345678901234567890123",
        ] {
            assert_eq!(Password::parse(text).unwrap_err(), PasswordError, "{text}");
        }
    }

    #[test]
    fn a_generated_password_is_a_valid_one_and_differs_each_time() {
        let first = Password::generate(&SystemRandom);
        let second = Password::generate(&SystemRandom);
        assert_eq!(first.as_str().len(), 26);
        assert!(Password::parse(first.as_str()).is_ok());
        assert_ne!(first.as_str(), second.as_str());
    }

    #[test]
    fn a_generated_password_is_a_function_of_the_randomness() {
        let generated = Password::generate(&CountingRandom::default());
        assert_eq!(generated.as_str(), "abcdefghijkmnpqrstuvwxyz23");
    }

    #[test]
    fn debug_does_not_show_the_password() {
        let password = Password::parse("secret-word").unwrap();
        assert_eq!(format!("{password:?}"), "Password(..)");
    }

    #[test]
    fn key_store_passwords_are_utf16_big_endian() {
        assert_eq!(**utf16_password("aé密").unwrap(), *b"\0a\0\xe9\x5b\xc6");
        assert!(matches!(utf16_password(""), Err(BundleError::Password)));
        assert!(matches!(utf16_password("🔑"), Err(BundleError::Password)));
    }

    proptest! {
        #[test]
        fn parse_accepts_exactly_the_class(text in "\\PC{0,40}|[A-Za-z0-9,.+_#-]{0,40}") {
            let in_class = (1..=32).contains(&text.chars().count())
                && text.bytes().all(|b| matches!(b,
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9'
                    | b',' | b'.' | b'+' | b'-' | b'_' | b'#'));
            prop_assert_eq!(Password::parse(&text).is_ok(), in_class);
        }
    }
}
