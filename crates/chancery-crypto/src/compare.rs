//! Comparing secrets.

use subtle::ConstantTimeEq;

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
///
/// Use it wherever one side is a secret or is derived from one: signatures of requests and
/// links, token digests, passwords.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_only_when_length_and_bytes_agree() {
        assert!(constant_time_eq(b"", b""));
        assert!(constant_time_eq(b"secret", b"secret"));
        assert!(!constant_time_eq(b"secret", b"secreT"));
        assert!(!constant_time_eq(b"secret", b"secrets"));
    }
}
