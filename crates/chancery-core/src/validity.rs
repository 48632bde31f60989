//! Validity periods as they are asked for: a unit, a number and a beginning.

use chancery_pki::Validity;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::error::{Error, Refusal, Result};
use crate::issuance::DAY_MS;

/// How far in the past a validity may begin.
const START_TOLERANCE_MS: i64 = 5 * 60 * 1000;

/// How long before now a validity begins when nothing is said about it, and a revocation list is dated:
/// for verifiers whose clocks are behind.
pub(crate) const BACKDATED_MS: i64 = 60 * 1000;

/// The unit of a period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// 12 calendar months.
    Year,
    /// 31 days.
    Month,
    /// 24 hours.
    Day,
    /// 60 minutes.
    Hour,
}

impl Unit {
    /// The unit with the API's name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "YEAR" => Some(Self::Year),
            "MONTH" => Some(Self::Month),
            "DAY" => Some(Self::Day),
            "HOUR" => Some(Self::Hour),
            _ => None,
        }
    }
}

/// A validity that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// The unit.
    pub unit: Unit,
    /// How many of it.
    pub value: i64,
    /// When it begins, in milliseconds since the epoch. If it is not said, it is counted from now,
    /// and begins a minute earlier, but not before the issuer's.
    pub start_from: Option<i64>,
}

/// The longest period of a root CA, in years.
pub(crate) const ROOT_YEARS: i64 = 30;
/// The longest period of a subordinate CA and of an end entity, in years.
pub(crate) const ISSUED_YEARS: i64 = 20;

impl Period {
    /// The period as the certificate of a root CA has it: whole seconds, at most `longest_years`
    /// long from now on.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`].
    pub(crate) fn resolve(&self, now_ms: i64, longest_years: i64) -> Result<Validity> {
        self.resolve_from(now_ms, longest_years, i64::MIN)
    }

    /// The same for what is below an issuer with this validity.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`]; [`Refusal::Issuer`] when it does not lie within the issuer's.
    pub(crate) fn resolve_below(
        &self,
        now_ms: i64,
        longest_years: i64,
        issuer: &Validity,
    ) -> Result<Validity> {
        let validity = self.resolve_from(now_ms, longest_years, issuer.not_before_ms)?;
        check_within(&validity, issuer)?;
        Ok(validity)
    }

    fn resolve_from(&self, now_ms: i64, longest_years: i64, earliest: i64) -> Result<Validity> {
        let start = self.start_from.unwrap_or(now_ms);
        if start < now_ms - START_TOLERANCE_MS {
            return Err(Error::invalid(
                "validity.start_from",
                "must not be more than 5 minutes ago, in milliseconds since 1970",
            ));
        }
        let too_long = || {
            let text = format!("must be at least 1, and at most {longest_years} years in all");
            Error::invalid("validity.value", text)
        };
        let start = start - start.rem_euclid(1000);
        let end = self
            .end(start)
            .filter(|_| self.value >= 1)
            .ok_or_else(too_long)?;
        let longest = years_after(start, longest_years).ok_or_else(|| {
            Error::invalid("validity.start_from", "must be in milliseconds since 1970")
        })?;
        if end > longest {
            return Err(too_long());
        }
        let not_before_ms = match self.start_from {
            Some(_) => start,
            None => (start - BACKDATED_MS).max(earliest).min(start),
        };
        Ok(Validity {
            not_before_ms,
            not_after_ms: end,
        })
    }

    fn end(&self, start: i64) -> Option<i64> {
        let days = match self.unit {
            Unit::Year => return years_after(start, self.value),
            Unit::Hour => return start.checked_add(self.value.checked_mul(DAY_MS / 24)?),
            Unit::Month => self.value.checked_mul(31)?,
            Unit::Day => self.value,
        };
        start.checked_add(days.checked_mul(DAY_MS)?)
    }
}

fn years_after(start: i64, years: i64) -> Option<i64> {
    let start = Timestamp::from_millisecond(start)
        .ok()?
        .to_zoned(TimeZone::UTC);
    let span = Span::new().try_years(years).ok()?;
    Some(start.checked_add(span).ok()?.timestamp().as_millisecond())
}

/// Refuses a validity that is not inside its issuer's.
fn check_within(inner: &Validity, issuer: &Validity) -> Result<()> {
    if inner.not_before_ms >= issuer.not_before_ms && inner.not_after_ms <= issuer.not_after_ms {
        return Ok(());
    }
    Err(Error::refused(
        Refusal::Issuer,
        "the validity must lie within the validity of the issuing CA",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// 2026-01-01T00:00:00.500Z
    const NOW: i64 = 1_767_225_600_500;

    fn period(unit: Unit, value: i64) -> Period {
        Period {
            unit,
            value,
            start_from: None,
        }
    }

    fn days(period: Period) -> i64 {
        let validity = period.resolve(NOW, 20).unwrap();
        (validity.not_after_ms - validity.not_before_ms) / DAY_MS
    }

    #[test]
    fn units() {
        assert_eq!(days(period(Unit::Year, 3)), 3 * 365 + 1); // 2028 is a leap year
        assert_eq!(days(period(Unit::Month, 2)), 62);
        assert_eq!(days(period(Unit::Day, 7)), 7);
        assert_eq!(days(period(Unit::Hour, 48)), 2);
    }

    #[test]
    fn it_begins_a_minute_ago_and_is_counted_from_now() {
        let second = NOW - 500;
        let validity = period(Unit::Day, 1).resolve(NOW, 20).unwrap();
        assert_eq!(validity.not_before_ms, second - BACKDATED_MS);
        assert_eq!(validity.not_after_ms, second + DAY_MS);
        let starting = Period {
            start_from: Some(NOW),
            ..period(Unit::Day, 1)
        };
        let validity = starting.resolve(NOW, 20).unwrap();
        assert_eq!(validity.not_before_ms, second);
        assert_eq!(validity.not_after_ms, second + DAY_MS);
    }

    #[test]
    fn it_begins_not_before_the_issuer() {
        let second = NOW - 500;
        for (issuer_begins, expected) in [
            (0, Some(second - BACKDATED_MS)),
            (second - BACKDATED_MS, Some(second - BACKDATED_MS)),
            (second - 3_000, Some(second - 3_000)),
            (second, Some(second)),
            // What is below an issuer does not wait for it.
            (second + 1_000, None),
        ] {
            let issuer = Validity {
                not_before_ms: issuer_begins,
                not_after_ms: NOW + 30 * DAY_MS,
            };
            let validity = period(Unit::Day, 1).resolve_below(NOW, 20, &issuer);
            let begins = validity.ok().map(|validity| validity.not_before_ms);
            assert_eq!(begins, expected, "{issuer_begins}");
        }
    }

    #[test]
    fn limits() {
        period(Unit::Year, 20).resolve(NOW, 20).unwrap();
        for bad in [
            period(Unit::Year, 21),
            period(Unit::Month, 20 * 12),
            period(Unit::Day, 20 * 366 + 1),
            period(Unit::Day, 0),
            period(Unit::Hour, -1),
            period(Unit::Year, i64::MAX),
            period(Unit::Day, i64::MAX),
        ] {
            let error = bad.resolve(NOW, 20).unwrap_err();
            assert!(error.public().starts_with("validity.value"), "{bad:?}");
        }
    }

    #[test]
    fn beginnings() {
        let starting = |start| Period {
            start_from: Some(start),
            ..period(Unit::Day, 1)
        };
        starting(NOW - START_TOLERANCE_MS).resolve(NOW, 20).unwrap();
        starting(NOW + 90 * DAY_MS).resolve(NOW, 20).unwrap();
        for bad in [NOW - START_TOLERANCE_MS - 1, 0, i64::MAX] {
            let error = starting(bad).resolve(NOW, 20).unwrap_err();
            assert!(error.public().starts_with("validity."), "{bad}");
        }
    }

    #[test]
    fn inside_the_issuer() {
        let issuer = Validity {
            not_before_ms: 0,
            not_after_ms: 10_000,
        };
        check_within(&issuer, &issuer).unwrap();
        let late = Validity {
            not_before_ms: 0,
            not_after_ms: 11_000,
        };
        assert!(check_within(&late, &issuer).is_err());
    }
}
