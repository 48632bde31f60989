//! Rules about the period of validity.

use x509_cert::time::Time;

use super::{Facts, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "validity_ends_after_it_begins",
        source: "RFC 5280 section 4.1.2.5",
        check: ends_after_it_begins,
    },
    Rule {
        name: "times_are_utc_time_through_2049",
        source: "RFC 5280 section 4.1.2.5",
        check: times_are_encoded_right,
    },
];

fn ends_after_it_begins(facts: &Facts<'_>) -> Result<(), String> {
    let period = facts.tbs.validity;
    match period.not_before.to_unix_duration() < period.not_after.to_unix_duration() {
        true => Ok(()),
        false => Err("validity must end after it begins".into()),
    }
}

fn times_are_encoded_right(facts: &Facts<'_>) -> Result<(), String> {
    let period = facts.tbs.validity;
    for time in [period.not_before, period.not_after] {
        let is_utc = matches!(time, Time::UtcTime(_));
        if is_utc != (time.to_date_time().year() < 2050) {
            return Err("times must be UTCTime through 2049 and GeneralizedTime after".into());
        }
    }
    Ok(())
}
