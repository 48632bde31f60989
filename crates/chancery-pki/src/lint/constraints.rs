//! Rules about name constraints: those that a CA gets, and those that bind every certificate.

use der::Encode;

use super::{Facts, Rule};
use crate::constraints;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "name_constraints_are_critical_and_for_cas",
        source: "RFC 5280 section 4.2.1.10",
        check: are_critical_and_for_cas,
    },
    Rule {
        name: "name_constraints_are_readable",
        source: "RFC 5280 section 4.2.1.10",
        check: are_readable,
    },
    Rule {
        name: "names_keep_the_constraints_above",
        source: "RFC 5280 section 4.2.1.10",
        check: names_keep_the_constraints,
    },
];

fn are_critical_and_for_cas(facts: &Facts<'_>) -> Result<(), String> {
    let extension = facts.extension("2.5.29.30");
    match extension.is_some_and(|e| !e.critical || !facts.is_ca()) {
        true => Err("name constraints must be critical, and in certificates of CAs alone".into()),
        false => Ok(()),
    }
}

fn are_readable(facts: &Facts<'_>) -> Result<(), String> {
    let read = facts.known.constraints();
    read.map(drop).map_err(|error| error.to_string())
}

fn names_keep_the_constraints(facts: &Facts<'_>) -> Result<(), String> {
    let subject = facts.tbs.subject.to_der().unwrap_or_default();
    let sans = facts.known.sans.as_deref().unwrap_or_default();
    let above = &facts.issuer().name_constraints;
    constraints::check(above, &subject, sans, facts.is_ca()).map_err(|error| error.to_string())
}
