//! Rules about the period of validity.

use super::{Facts, Rule, rule};

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
    rule::times_are_encoded_right([period.not_before, period.not_after])
}
