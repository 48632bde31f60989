//! Rules about the subject, the issuer and the alternative names.

use const_oid::db::rfc4519::COUNTRY_NAME;
use der::{Encode, Tag, Tagged};

use super::{Facts, Rule};
use crate::name::{ATTRIBUTES, text_of};

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
        name: "attributes_keep_their_upper_bounds",
        source: "RFC 5280 appendix A.1",
        check: attributes_have_allowed_lengths,
    },
    Rule {
        name: "attributes_are_printable_or_utf8_strings",
        source: "RFC 5280 section 4.1.2.4",
        check: attributes_have_allowed_types,
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

/// In characters, at least one.
fn attributes_have_allowed_lengths(facts: &Facts<'_>) -> Result<(), String> {
    for attribute in facts.subject.iter() {
        let Some(bound) = ATTRIBUTES.iter().find(|a| a.oid == attribute.oid) else {
            continue;
        };
        let length = text_of(&attribute.value).chars().count();
        let max = bound.max;
        match bound.oid == COUNTRY_NAME {
            true if length != max => return Err("country must have 2 characters".into()),
            false if !(1..=max).contains(&length) => {
                let field = bound.field;
                return Err(format!(
                    "{field} has {length} characters, 1 to {max} are allowed"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn attributes_have_allowed_types(facts: &Facts<'_>) -> Result<(), String> {
    for attribute in facts.subject.iter() {
        let Some(known) = ATTRIBUTES.iter().find(|a| a.oid == attribute.oid) else {
            continue;
        };
        let allowed: &[Tag] = match attribute.oid {
            COUNTRY_NAME => &[Tag::PrintableString],
            _ => &[Tag::PrintableString, Tag::Utf8String],
        };
        if !allowed.contains(&attribute.value.tag()) {
            return Err(format!(
                "{} must be encoded as {}",
                known.field,
                allowed
                    .iter()
                    .map(Tag::to_string)
                    .collect::<Vec<_>>()
                    .join(" or ")
            ));
        }
    }
    Ok(())
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
