//! Identifiers, made from the randomness that is passed in.

use chancery_crypto::random::Random;

/// 32 lower-case hex digits: accounts, projects, users, requests, jobs.
pub(crate) fn hex32(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    hex::encode(bytes)
}

/// A version 4 UUID in its 36-character form: CAs, certificates, instances, tasks.
pub(crate) fn uuid(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes)
        .into_uuid()
        .to_string()
}

/// The number of an order: `CS`, then 14 capitals and digits.
pub(crate) fn order(random: &dyn Random) -> String {
    format!("CS{}", text(random, UPPER_DIGITS, 14))
}

/// `length` characters drawn evenly from `alphabet`, for keys, tokens and passwords.
///
/// Draws with rejection, so that no character is likelier than another.
pub(crate) fn text(random: &dyn Random, alphabet: &[u8], length: usize) -> String {
    let bound = 256 - 256 % alphabet.len();
    let mut out = String::with_capacity(length);
    while out.len() < length {
        let mut byte = [0];
        random.fill(&mut byte);
        let value = usize::from(byte[0]);
        if value < bound {
            out.push(char::from(alphabet[value % alphabet.len()]));
        }
    }
    out
}

/// Upper-case letters and digits.
pub(crate) const UPPER_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// Letters and digits.
pub(crate) const ALPHANUMERIC: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[cfg(test)]
mod tests {
    use super::*;
    use chancery_crypto::random::SystemRandom;

    #[test]
    fn identifiers_have_their_form() {
        assert_eq!(hex32(&SystemRandom).len(), 32);
        let id = uuid(&SystemRandom);
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        let key = text(&SystemRandom, UPPER_DIGITS, 20);
        assert_eq!(key.len(), 20);
        assert!(key.bytes().all(|b| UPPER_DIGITS.contains(&b)));
    }
}
