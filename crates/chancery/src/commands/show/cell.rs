//! What a field looks like to people.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::plain;

/// The time zone of whoever reads.
#[derive(Clone)]
pub(super) struct Zone(TimeZone);

impl Zone {
    /// That of this machine, or of the variable `TZ`.
    pub(super) fn local() -> Self {
        Self(TimeZone::system())
    }

    #[cfg(test)]
    pub(super) fn named(name: &str) -> Self {
        Self(TimeZone::get(name).unwrap_or(TimeZone::UTC))
    }
}

/// A time in milliseconds since 1970 as programs read it (RFC 3339, UTC); null for none.
pub(crate) fn time(ms: &Value) -> Value {
    let time = ms.as_i64().map(Timestamp::from_millisecond);
    match time {
        Some(Ok(time)) => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
        _ => Value::Null,
    }
}

/// The value of a field, with dots between levels.
pub(super) fn at<'a>(value: &'a Value, field: &str) -> &'a Value {
    field.split('.').fold(value, |value, name| &value[name])
}

/// What a cell shows: times (those of fields that are named as such) in the reader's zone, yes and no, a
/// dash for nothing.
pub(super) fn cell(field: &str, value: &Value, zone: &Zone) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => match is_time(field).then(|| text.parse::<Timestamp>()) {
            Some(Ok(time)) => {
                let here = time.to_zoned(zone.0.clone());
                here.strftime("%Y-%m-%d %H:%M %Z").to_string()
            }
            _ => plain(text),
        },
        Value::Array(list) if list.is_empty() => "-".to_owned(),
        Value::Array(list) if list.iter().all(|one| !one.is_object() && !one.is_array()) => {
            let cells: Vec<_> = list.iter().map(|one| cell(field, one, zone)).collect();
            cells.join(", ")
        }
        other => plain(&other.to_string()),
    }
}

/// Whether a field holds a time.
fn is_time(field: &str) -> bool {
    let name = field.rsplit('.').next().unwrap_or(field);
    ["_at", "_time", "not_before", "not_after"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// How many columns of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The beginning of a text that takes this many columns at the most, with an ellipsis if there is more.
pub(super) fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut taken = 0;
    let mut short: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken < most
        })
        .collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_those_of_the_reader() {
        let zone = Zone::named("Asia/Shanghai");
        for (field, value, shown) in [
            (
                "not_after",
                json!("2026-12-01T00:00:00Z"),
                "2026-12-01 08:00 CST",
            ),
            (
                "a.created_at",
                json!("2026-12-01T00:00:00.123456Z"),
                "2026-12-01 08:00 CST",
            ),
            ("not_after", json!("never"), "never"),
            (
                "name",
                json!("2026-12-01T00:00:00Z"),
                "2026-12-01T00:00:00Z",
            ),
            ("name", json!(null), "-"),
            ("names", json!([]), "-"),
            ("names", json!(["a", "\u{202e}b"]), "a, \\u{202e}b"),
        ] {
            assert_eq!(cell(field, &value, &zone), shown, "{field} {value}");
        }
        assert_eq!(time(&json!(1_796_083_200_000_i64)), "2026-12-01T00:00:00Z");
        assert_eq!(time(&json!(null)), Value::Null);
    }

    #[test]
    fn texts_are_cut_where_a_column_ends() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("团队团队", 6), "团队…");
        assert_eq!(width(&cut("团队团队", 5)), 5);
    }
}
