//! Rules that the fields of Redis and MongoDB instances share.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use chancery_crypto::random::Random;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::limits::{Limit, databases as limits};

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

/// A text that has to be there and to keep to a limit.
pub(super) fn text(field: &'static str, value: Option<String>, limit: &Limit) -> Result<String> {
    value
        .filter(|text| limit.allows(text))
        .ok_or_else(|| limit.refusal(field))
}

/// A whole number within a limit, or `default`.
pub(super) fn number(
    field: &'static str,
    value: Option<i64>,
    limit: &Limit,
    default: u16,
) -> Result<u16> {
    let Some(value) = value else {
        return Ok(default);
    };
    limit.check_number(field, value)?;
    u16::try_from(value).map_err(|_| limit.refusal(field))
}

/// The id or name of something in the cloud around the instance (a network, a zone), which the
/// desk does not know: only its form is checked.
pub(super) fn reference(field: &'static str, value: Option<String>) -> Result<String> {
    let value = required(field, value)?;
    limits::REFERENCE.check(field, &value)?;
    Ok(value)
}

/// The same for a field that may be absent.
pub(super) fn optional_reference(
    field: &'static str,
    value: Option<String>,
) -> Result<Option<String>> {
    match value.filter(|text| !text.is_empty()) {
        Some(text) => limits::OPTIONAL_REFERENCE
            .check(field, &text)
            .map(|()| Some(text)),
        None => Ok(None),
    }
}

/// Labels: as many as there may be, each key once.
pub(super) fn tags(tags: Vec<Tag>) -> Result<Vec<Tag>> {
    limits::TAGS.check_count("tags", tags.len())?;
    let mut keys = BTreeSet::new();
    for tag in &tags {
        limits::TAG_KEY.check("tags.key", &tag.key)?;
        limits::TAG_VALUE.check("tags.value", &tag.value)?;
        if !keys.insert(&tag.key) {
            return Err(Error::invalid("tags.key", "must not be there twice"));
        }
    }
    Ok(tags)
}

/// How it is paid for; the desk sells nothing, so only by use.
pub(super) fn pay_per_use(field: &'static str, mode: Option<String>) -> Result<()> {
    match mode.as_deref() {
        None | Some("") => Ok(()),
        Some(mode) => limits::CHARGING_MODE.check(field, mode),
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
            assert!(limits::NAME.allows(good), "{good}");
        }
        for bad in ["", "abc", "1abc", "ab c", "名字名字", &"a".repeat(65)] {
            assert!(!limits::NAME.allows(bad), "{bad}");
        }
        assert!(text("name", None, &limits::NAME).is_err());
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
