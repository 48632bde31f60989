//! Patterns of actions and of resources.

use super::{Request, Target};

/// Compares a text with a pattern: `*` stands for any run of characters, `?` for one, case does
/// not count.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    // Longer than any text that it could fit: what follows takes the product of both lengths at worst.
    if pattern.iter().filter(|c| **c != b'*').count() > text.len() {
        return false;
    }
    let (mut p, mut t) = (0, 0);
    // Where to go on when the run that the last `*` stands for has to become longer.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                retry = Some((p, t));
            }
            Some(c) if *c == b'?' || c.eq_ignore_ascii_case(&text[t]) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after_star, taken)) => {
                    p = after_star;
                    t = taken + 1;
                    retry = Some((after_star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Compares a target with a pattern `<service>:<region>:<account>:<type>:<id>`. The region is not
/// compared: accounts of one desk have one set of resources. An empty part stands for any.
pub(super) fn matches_urn(pattern: &str, request: &Request<'_>, target: &Target<'_>) -> bool {
    if pattern == "*" {
        return true;
    }
    let service = request.action.split(':').next().unwrap_or_default();
    let parts: Vec<&str> = pattern.splitn(5, ':').collect();
    let [of_service, _region, of_account, of_kind, of_id] = parts[..] else {
        return false;
    };
    let fits = |pattern: &str, text: &str| pattern.is_empty() || matches(pattern, text);
    matches(of_service, service)
        && fits(of_account, request.domain_id)
        && matches(of_kind, target.kind)
        && matches(of_id, target.id)
}

/// Whether [`matches_urn`] compares the id of a target, which is any where the pattern ends in `*`
/// alone.
pub(super) fn names_id(pattern: &str) -> bool {
    let id = pattern.splitn(5, ':').nth(4);
    id.is_some_and(|id| id.is_empty() || id.bytes().any(|byte| byte != b'*'))
}

/// Whether [`matches_urn`] holds for some target, as far as the request alone shows.
pub(super) fn could_match_urn(pattern: &str, request: &Request<'_>) -> bool {
    let service = request.action.split(':').next().unwrap_or_default();
    let mut parts = pattern.splitn(5, ':');
    let (of_service, _region, of_account) = (parts.next(), parts.next(), parts.next());
    let account = |pattern: &str| pattern.is_empty() || matches(pattern, request.domain_id);
    pattern == "*"
        || of_service.is_some_and(|pattern| matches(pattern, service))
            && of_account.is_some_and(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("pca:cert:export", "pca:cert:export", true),
            ("PCA:Cert:Export", "pca:cert:export", true),
            ("pca:cert:*", "pca:cert:export", true),
            ("*:export", "pca:cert:export", true),
            ("pca:c?rt:export", "pca:cert:export", true),
            ("p*e*t", "pca:cert:export", true),
            ("pca:cert", "pca:cert:export", false),
            ("pca:cert:export?", "pca:cert:export", false),
            ("", "pca:cert:export", false),
            ("**", "x", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern}");
        }
    }

    /// The definition, in time that the product of the lengths bounds.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        let mut matches = vec![false; text.len() + 1];
        matches[0] = true;
        for p in pattern {
            let mut next = vec![false; text.len() + 1];
            next[0] = matches[0] && *p == b'*';
            for (i, t) in text.iter().enumerate() {
                next[i + 1] = match p {
                    b'*' => matches[i + 1] || next[i],
                    b'?' => matches[i],
                    p => matches[i] && p.eq_ignore_ascii_case(t),
                };
            }
            matches = next;
        }
        matches[text.len()]
    }

    proptest::proptest! {
        #[test]
        fn patterns_match_what_their_definition_says(
            pattern in "[aAb*?:]{0,12}",
            text in "[abB:]{0,16}",
        ) {
            let expected = slow(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(matches(&pattern, &text), expected);
        }

        #[test]
        fn anything_can_be_compared(pattern in "\\PC{0,40}", text in "\\PC{0,40}") {
            let expected = slow(pattern.as_bytes(), text.as_bytes());
            proptest::prop_assert_eq!(matches(&pattern, &text), expected);
        }

        /// Stars upon stars take no time that grows with their number.
        #[test]
        fn many_stars_are_cheap(stars in 0usize..3_000) {
            let pattern = "*a".repeat(stars) + "b";
            let text = "a".repeat(3_000);
            proptest::prop_assert!(!matches(&pattern, &text));
        }
    }
}
