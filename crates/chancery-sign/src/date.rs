use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::strtime};

const FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// The value of the `X-Sdk-Date` header for a time in milliseconds since the Unix epoch: UTC,
/// `YYYYMMDDTHHMMSSZ`, milliseconds cut off. None outside the years 0 to 9999.
pub fn sdk_date(now_ms: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(now_ms).ok()?;
    let text = strtime::format(FORMAT, time).ok()?;
    is_date_shape(text.as_bytes()).then_some(text)
}

/// The time of an `X-Sdk-Date` header in milliseconds since the Unix epoch.
pub(crate) fn parse(text: &str) -> Option<i64> {
    if !is_date_shape(text.as_bytes()) {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<i16>().ok();
    let small = |from: usize| text[from..from + 2].parse::<i8>().ok();
    let civil = DateTime::new(
        number(0, 4)?,
        small(4)?,
        small(6)?,
        small(9)?,
        small(11)?,
        small(13)?,
        0,
    );
    let zoned = civil.ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// Whether the text is 8 digits, `T`, 6 digits, `Z`.
fn is_date_shape(text: &[u8]) -> bool {
    text.len() == 16
        && text.iter().enumerate().all(|(i, b)| match i {
            8 => *b == b'T',
            15 => *b == b'Z',
            _ => b.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for ms in [0, 1_767_225_600_000, 4_102_444_799_000, 951_782_400_000] {
            assert_eq!(parse(&sdk_date(ms).unwrap()), Some(ms));
        }
        // `date -u -d 20260101T000000Z +%s` says 1767225600.
        assert_eq!(sdk_date(1_767_225_600_999).unwrap(), "20260101T000000Z");
    }

    #[test]
    fn refuses_other_texts_and_days_that_are_not() {
        for text in [
            "",
            "20260101T000000",
            "20260101t000000Z",
            "20260101T000000z",
            "20260229T000000Z",
            "20261301T000000Z",
            "20260101T240000Z",
            "20260101T006000Z",
            "20260101T000060Z",
            "+0260101T000000Z",
            "2026010 T000000Z",
            "2026-01-01T00:00:00Z",
            "２０２６0101T0Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(sdk_date(i64::MAX), None);
    }
}
