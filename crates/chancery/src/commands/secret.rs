//! Passwords: read from standard input, never from the command line, which others can see; or
//! generated.

use std::io::BufRead;

use chancery_crypto::random::{Random, SystemRandom};
use zeroize::Zeroizing;

use crate::client::Failure;

/// How long a generated password is.
const LENGTH: usize = 24;
/// What it is made of: 64 characters, so that six bits choose one of them evenly.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The first line of standard input.
pub(super) fn from_stdin() -> Result<Zeroizing<String>, Failure> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::Usage(format!("standard input: {error}")))?;
    let password = Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned());
    match password.is_empty() {
        true => Err(Failure::Usage("standard input has no password".to_owned())),
        false => Ok(password),
    }
}

/// A new password of several kinds of characters, as IAM demands.
pub(super) fn generated() -> Zeroizing<String> {
    loop {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        SystemRandom.fill(bytes.as_mut_slice());
        let password: Zeroizing<String> = Zeroizing::new(
            bytes
                .iter()
                .map(|byte| char::from(ALPHABET[usize::from(byte & 63)]))
                .collect(),
        );
        if mixed(&password) {
            return password;
        }
    }
}

fn mixed(password: &str) -> bool {
    [
        char::is_uppercase as fn(char) -> bool,
        char::is_lowercase,
        char::is_numeric,
    ]
    .into_iter()
    .all(|kind| password.contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_mixed_and_new() {
        let (one, other) = (generated(), generated());
        assert_eq!(one.len(), LENGTH);
        assert!(mixed(&one) && mixed(&other));
        assert_ne!(*one, *other);
    }
}
