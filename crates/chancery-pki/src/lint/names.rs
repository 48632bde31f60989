//! Rules about the subject, the issuer and the alternative names.

use der::Encode;

use super::{Facts, Rule};
use crate::name::grammar;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "issuer_is_the_subject_of_the_issuer",
        source: "RFC 5280 section 4.1.2.4",
        check: issuer_is_copied,
    },
    Rule {
        name: "issuer_is_not_empty",
        source: "RFC 5280 section 4.1.2.4",
        check: issuer_is_not_empty,
    },
    Rule {
        name: "there_is_a_subject_or_an_alternative_name",
        source: "RFC 5280 section 4.2.1.6",
        check: there_is_a_name,
    },
    Rule {
        name: "an_empty_subject_makes_alternative_names_critical",
        source: "RFC 5280 section 4.2.1.6",
        check: critical_if_alone,
    },
    Rule {
        name: "attributes_keep_to_their_grammar",
        source: "RFC 5280 section 4.1.2.4 and appendix A.1",
        check: attributes_keep_to_their_grammar,
    },
    Rule {
        name: "alternative_names_are_valid",
        source: "RFC 5280 section 4.2.1.6",
        check: alternative_names_are_valid,
    },
];

const SUBJECT_ALT_NAME: &str = "2.5.29.17";

fn issuer_is_copied(facts: &Facts<'_>) -> Result<(), String> {
    match facts.tbs.issuer.to_der().unwrap_or_default() == facts.issuer().name {
        true => Ok(()),
        false => Err("the issuer must be the subject of the issuer's certificate".into()),
    }
}

fn issuer_is_not_empty(facts: &Facts<'_>) -> Result<(), String> {
    match facts.tbs.issuer.value().is_empty() {
        true => Err("the issuer must have a name".into()),
        false => Ok(()),
    }
}

fn there_is_a_name(facts: &Facts<'_>) -> Result<(), String> {
    match facts.subject.is_empty() && facts.extension(SUBJECT_ALT_NAME).is_none() {
        true => Err("there must be a subject or a subject alternative name".into()),
        false => Ok(()),
    }
}

fn critical_if_alone(facts: &Facts<'_>) -> Result<(), String> {
    let extension = facts.extension(SUBJECT_ALT_NAME);
    match facts.subject.is_empty() && extension.is_some_and(|e| !e.critical) {
        true => Err("subject alternative names without a subject must be critical".into()),
        false => Ok(()),
    }
}

/// String types, characters and upper bounds.
fn attributes_keep_to_their_grammar(facts: &Facts<'_>) -> Result<(), String> {
    let subject = facts.tbs.subject.to_der().unwrap_or_default();
    let checked = grammar::check(&subject).map_err(|error| error.to_string())?;
    match checked.der == subject {
        true => Ok(()),
        false => Err("the subject must be written as UTF8String and PrintableString".into()),
    }
}

fn alternative_names_are_valid(facts: &Facts<'_>) -> Result<(), String> {
    let Some(names) = &facts.known.sans else {
        return Ok(());
    };
    if names.is_empty() {
        return Err("the extension subjectAltName must not be empty".into());
    }
    names.iter().try_for_each(|name| name.check())
}
