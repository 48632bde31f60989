//! Validity periods as they are asked for: a unit, a number and a beginning.

use chancery_pki::Validity;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::error::{Error, Refusal, Result};
use crate::issuance::DAY_MS;

/// How far in the past a validity may begin.
const START_TOLERANCE_MS: i64 = 5 * 60 * 1000;

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
    /// When it begins, in milliseconds since the epoch; now, if it is not said.
    pub start_from: Option<i64>,
}

/// The longest period of a root CA, in years.
pub(crate) const ROOT_YEARS: i64 = 30;
/// The longest period of a subordinate CA and of an end entity, in years.
pub(crate) const ISSUED_YEARS: i64 = 20;

impl Period {
    /// The period as a certificate has it: whole seconds, at most `longest_years` long.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`].
    pub(crate) fn resolve(&self, now_ms: i64, longest_years: i64) -> Result<Validity> {
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
        Ok(Validity {
            not_before_ms: start,
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
pub(crate) fn check_within(inner: &Validity, issuer: &Validity) -> Result<()> {
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
    fn whole_seconds() {
        assert_eq!(
            period(Unit::Day, 1).resolve(NOW, 20).unwrap().not_before_ms,
            NOW - 500
        );
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
