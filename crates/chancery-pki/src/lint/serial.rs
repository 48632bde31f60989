//! Rules about serial numbers.

use super::{Facts, Rule};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "serial_is_positive",
        source: "RFC 5280 section 4.1.2.2",
        check: is_positive,
    },
    Rule {
        name: "serial_has_at_most_20_octets",
        source: "RFC 5280 section 4.1.2.2",
        check: is_short_enough,
    },
    Rule {
        name: "serial_has_at_least_64_bits",
        source: "CA/Browser Forum Baseline Requirements section 7.1",
        check: is_long_enough,
    },
];

fn is_positive(facts: &Facts<'_>) -> Result<(), String> {
    let content = facts.tbs.serial.value();
    let negative = content.first().is_some_and(|b| b & 0x80 != 0);
    match negative || content.iter().all(|b| *b == 0) {
        true => Err("the serial number must be positive".into()),
        false => Ok(()),
    }
}

fn is_short_enough(facts: &Facts<'_>) -> Result<(), String> {
    match facts.tbs.serial.value().len() {
        ..=20 => Ok(()),
        n => Err(format!(
            "the serial number has {n} octets, at most 20 are allowed"
        )),
    }
}

/// Randomness cannot be seen, length can: eight octets hold 64 bits.
fn is_long_enough(facts: &Facts<'_>) -> Result<(), String> {
    match facts.tbs.serial.value().len() {
        8.. => Ok(()),
        n => Err(format!(
            "the serial number has {n} octets, at least 8 are needed"
        )),
    }
}
