//! Rules that the fields of Redis and MongoDB instances share.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use chancery_crypto::random::Random;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most tags of an instance.
const TAGS: usize = 20;

/// A label of an instance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tag {
    /// 1 to 36 characters, once per instance.
    pub key: String,
    /// At most 43 characters.
    pub value: String,
}

/// A field that has to be there; an empty one is not.
pub(super) fn required(field: &'static str, value: Option<String>) -> Result<String> {
    value
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Error::invalid(field, "is required"))
}

/// A field whose value is one of a list.
pub(super) fn one_of(
    field: &'static str,
    value: Option<String>,
    allowed: &[&str],
) -> Result<String> {
    match value {
        Some(text) if allowed.contains(&text.as_str()) => Ok(text),
        _ => Err(Error::invalid(
            field,
            format!("must be one of {}", allowed.join(", ")),
        )),
    }
}

/// The name of an instance: 4 to `longest` characters.
pub(super) fn name(value: Option<String>, longest: usize) -> Result<String> {
    let fits = |text: &str| {
        (4..=longest).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    value.filter(|text| fits(text)).ok_or_else(|| {
        let rule = format!(
            "must have 4 to {longest} characters, begin with a letter, and hold only letters, \
             digits, hyphens and underscores"
        );
        Error::invalid("name", rule)
    })
}

/// The id or name of something in the cloud around the instance (a network, a zone), which the
/// desk does not know: only its form is checked.
pub(super) fn reference(field: &'static str, value: Option<String>) -> Result<String> {
    let value = required(field, value)?;
    check_reference(field, &value)?;
    Ok(value)
}

/// The same for a field that may be absent.
pub(super) fn optional_reference(
    field: &'static str,
    value: Option<String>,
) -> Result<Option<String>> {
    match value.filter(|text| !text.is_empty()) {
        Some(text) => check_reference(field, &text).map(|()| Some(text)),
        None => Ok(None),
    }
}

fn check_reference(field: &'static str, value: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    match value.len() <= 64 && value.bytes().all(allowed) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            "must have at most 64 letters, digits, hyphens, underscores and dots",
        )),
    }
}

/// A text of at most `longest` characters.
pub(super) fn text(field: &'static str, value: Option<String>, longest: usize) -> Result<String> {
    let value = value.unwrap_or_default();
    match value.chars().count() <= longest && !value.contains('\0') {
        true => Ok(value),
        false => Err(Error::invalid(
            field,
            format!("must have at most {longest} characters"),
        )),
    }
}

/// A whole number from `range`, or `default`.
pub(super) fn number(
    field: &'static str,
    value: Option<i64>,
    range: std::ops::RangeInclusive<u16>,
    default: u16,
) -> Result<u16> {
    let Some(value) = value else {
        return Ok(default);
    };
    let fits = u16::try_from(value).ok().filter(|n| range.contains(n));
    fits.ok_or_else(|| {
        let rule = format!("must be a number from {} to {}", range.start(), range.end());
        Error::invalid(field, rule)
    })
}

pub(super) fn tags(tags: Vec<Tag>) -> Result<Vec<Tag>> {
    let keys: BTreeSet<_> = tags.iter().map(|tag| &tag.key).collect();
    let fits = |tag: &Tag| {
        (1..=36).contains(&tag.key.chars().count())
            && tag.value.chars().count() <= 43
            && !tag.key.contains('\0')
            && !tag.value.contains('\0')
    };
    match tags.len() <= TAGS && keys.len() == tags.len() && tags.iter().all(fits) {
        true => Ok(tags),
        false => Err(Error::invalid(
            "tags",
            format!(
                "must be at most {TAGS} pairs of a key of 1 to 36 characters, each once, and a \
                 value of at most 43"
            ),
        )),
    }
}

/// How it is paid for; the desk sells nothing, so only by use.
pub(super) fn pay_per_use(field: &'static str, mode: Option<String>) -> Result<()> {
    match mode.as_deref() {
        None | Some("" | "postPaid") => Ok(()),
        Some(_) => Err(Error::invalid(
            field,
            "must be postPaid: this desk takes no orders",
        )),
    }
}

/// Whether a text is a span of time of the form `00:00-01:00`.
pub(super) fn is_window(text: &str) -> bool {
    let is_time =
        |text: &str| text.len() == 5 && jiff::civil::Time::strptime("%H:%M", text).is_ok();
    text.split_once('-')
        .is_some_and(|(begin, end)| is_time(begin) && is_time(end))
}

/// Whether a password of 8 to 32 characters holds characters of enough classes: lower-case and
/// upper-case letters, digits, `specials`. Others are not allowed.
pub(super) fn is_password(password: &str, specials: &str, classes: usize) -> bool {
    let class = |c: char| match c {
        'a'..='z' => Some(0),
        'A'..='Z' => Some(1),
        '0'..='9' => Some(2),
        _ if specials.contains(c) => Some(3),
        _ => None,
    };
    let found: Option<BTreeSet<_>> = password.chars().map(class).collect();
    (8..=32).contains(&password.len()) && found.is_some_and(|found| found.len() >= classes)
}

/// `count` addresses that follow each other in one subnet of a private network (RFC 1918); the
/// first and the last address of the subnet stay free. `count` is at most 253.
pub(super) fn private_addresses(random: &dyn Random, count: usize) -> Vec<Ipv4Addr> {
    let mut bytes = [0; 2];
    random.fill(&mut bytes);
    let count = u8::try_from(count).unwrap_or(253).clamp(1, 253);
    let first = 2 + bytes[1] % (254 - count);
    (0..count)
        .map(|index| Ipv4Addr::new(192, 168, bytes[0], first + index))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chancery_crypto::random::SystemRandom;

    #[test]
    fn names() {
        for good in ["dcs1", "A-b_9", &"a".repeat(64)] {
            assert!(name(Some(good.to_owned()), 64).is_ok(), "{good}");
        }
        for bad in ["", "abc", "1abc", "ab c", "名字名字", &"a".repeat(65)] {
            assert!(name(Some(bad.to_owned()), 64).is_err(), "{bad}");
        }
        assert!(name(None, 64).is_err());
    }

    #[test]
    fn passwords() {
        for (password, classes, fits) in [
            ("abcdEFG1", 3, true),
            ("abcd-123", 3, true),
            ("abcd1234", 3, false),
            ("abcdEFG1", 4, false),
            ("abcdE-1", 3, false),
            ("abcdEFG1\"", 3, false),
            (&format!("aB1{}", "x".repeat(30)), 3, false),
        ] {
            assert_eq!(is_password(password, "-_", classes), fits, "{password}");
        }
    }

    #[test]
    fn tags_have_limits() {
        let tag = |key: &str| Tag {
            key: key.to_owned(),
            value: String::new(),
        };
        assert!(tags(vec![tag("a"), tag("b")]).is_ok());
        assert!(tags(vec![tag("a"), tag("a")]).is_err());
        assert!(tags(vec![tag("")]).is_err());
        assert!(tags(vec![tag(&"k".repeat(37))]).is_err());
        let many = (0..21).map(|n| tag(&n.to_string())).collect();
        assert!(tags(many).is_err());
    }

    #[test]
    fn addresses_lie_in_one_subnet() {
        for count in [1, 3, 131, 253] {
            let found = private_addresses(&SystemRandom, count);
            assert_eq!(found.len(), count);
            let [_, _, subnet, first] = found[0].octets();
            assert!(first > 1);
            let last = found.last().unwrap().octets();
            assert_eq!(last[2], subnet);
            assert!(last[3] < 255);
        }
    }
}
