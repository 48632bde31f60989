//! Periods of validity (RFC 5280 section 4.1.2.5).

use std::time::Duration;

use der::asn1::{GeneralizedTime, UtcTime};
use x509_cert::time::Time;

use crate::asn1::Period;
use crate::error::PkiError;

/// When a certificate is valid, in milliseconds since 1970 UTC, both ends included.
/// Certificates know whole seconds only: fractions are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Validity {
    /// The first moment.
    pub not_before_ms: i64,
    /// The last moment.
    pub not_after_ms: i64,
}

impl Validity {
    /// Whether `now_ms` (milliseconds since 1970 UTC) lies within.
    pub fn contains(&self, now_ms: i64) -> bool {
        self.not_before_ms <= now_ms && !self.is_over(now_ms)
    }

    /// Whether it had ended by `now_ms`. The second that `not_after` names still counts.
    pub fn is_over(&self, now_ms: i64) -> bool {
        now_ms.div_euclid(1000) > self.not_after_ms.div_euclid(1000)
    }

    /// Whether this period lies wholly within `outer`, compared in seconds.
    pub fn is_within(&self, outer: &Validity) -> bool {
        self.not_before_ms.div_euclid(1000) >= outer.not_before_ms.div_euclid(1000)
            && self.not_after_ms.div_euclid(1000) <= outer.not_after_ms.div_euclid(1000)
    }

    pub(crate) fn to_asn1(self) -> Result<Period, PkiError> {
        Ok(Period {
            not_before: time("validity", self.not_before_ms)?,
            not_after: time("validity", self.not_after_ms)?,
        })
    }

    pub(crate) fn from_asn1(period: &Period) -> Self {
        Self {
            not_before_ms: milliseconds(period.not_before),
            not_after_ms: milliseconds(period.not_after),
        }
    }
}

/// UTCTime through the year 2049, GeneralizedTime from 2050 on: in certificates and CRLs.
pub(crate) fn time(field: &'static str, ms: i64) -> Result<Time, PkiError> {
    if let Ok(utc) = UtcTime::from_unix_duration(since_epoch(field, ms)?) {
        return Ok(Time::UtcTime(utc));
    }
    generalized_time(field, ms).map(Time::GeneralTime)
}

/// GeneralizedTime in every year: in OCSP.
pub(crate) fn generalized_time(field: &'static str, ms: i64) -> Result<GeneralizedTime, PkiError> {
    GeneralizedTime::from_unix_duration(since_epoch(field, ms)?).map_err(|_| out_of_range(field))
}

/// A time in milliseconds since 1970 UTC.
pub(crate) fn milliseconds(time: Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_millis()).unwrap_or(i64::MAX)
}

fn since_epoch(field: &'static str, ms: i64) -> Result<Duration, PkiError> {
    let seconds = u64::try_from(ms.div_euclid(1000)).map_err(|_| out_of_range(field))?;
    Ok(Duration::from_secs(seconds))
}

fn out_of_range(field: &'static str) -> PkiError {
    PkiError::field(field, "times lie between the years 1970 and 9999")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use der::Encode;

    fn encoded(ms: i64) -> Vec<u8> {
        time("validity", ms).unwrap().to_der().unwrap()
    }

    #[test]
    fn utc_time_ends_with_2049() {
        assert_eq!(encoded(0), b"\x17\x0d700101000000Z");
        assert_eq!(encoded(2_524_607_999_999), b"\x17\x0d491231235959Z");
        assert_eq!(encoded(2_524_608_000_000), b"\x18\x0f20500101000000Z");
        assert_eq!(encoded(253_402_300_799_999), b"\x18\x0f99991231235959Z");
    }

    #[test]
    fn other_centuries_are_refused() {
        for ms in [-1, i64::MIN, 253_402_300_800_000, i64::MAX] {
            assert!(matches!(
                time("validity", ms),
                Err(PkiError::Field {
                    field: "validity",
                    ..
                })
            ));
        }
    }

    #[test]
    fn the_last_second_counts() {
        let validity = Validity {
            not_before_ms: 1_000,
            not_after_ms: 2_000,
        };
        assert!(!validity.contains(999));
        assert!(validity.contains(1_000));
        assert!(validity.contains(2_999));
        assert!(!validity.contains(3_000));
        assert!(validity.is_over(3_000) && !validity.is_over(0));
    }

    #[test]
    fn a_period_lies_within_another() {
        let period = |not_before_ms, not_after_ms| Validity {
            not_before_ms,
            not_after_ms,
        };
        let outer = period(1_000, 9_000);
        assert!(period(1_000, 9_999).is_within(&outer));
        assert!(!period(999, 9_000).is_within(&outer));
        assert!(!period(1_000, 10_000).is_within(&outer));
    }
}
