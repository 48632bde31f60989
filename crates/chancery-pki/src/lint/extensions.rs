//! Rules about extensions in general and the key identifiers.

use der::Encode;

use super::rule::named_once;
use super::{Facts, Rule};
use crate::extension::key_id;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "no_extension_twice",
        source: "RFC 5280 section 4.2",
        check: no_extension_twice,
    },
    Rule {
        name: "subject_key_identifier_is_that_of_the_key",
        source: "RFC 5280 section 4.2.1.2",
        check: subject_key_identifier,
    },
    Rule {
        name: "authority_key_identifier_is_that_of_the_issuer",
        source: "RFC 5280 section 4.2.1.1",
        check: authority_key_identifier,
    },
    Rule {
        name: "key_identifiers_are_not_critical",
        source: "RFC 5280 sections 4.2.1.1 and 4.2.1.2",
        check: key_identifiers_are_not_critical,
    },
];

const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";

fn no_extension_twice(facts: &Facts<'_>) -> Result<(), String> {
    named_once(&facts.extensions)
}

fn subject_key_identifier(facts: &Facts<'_>) -> Result<(), String> {
    let spki = facts.tbs.public_key.to_der().unwrap_or_default();
    match facts.known.subject_key_id.is_some() && facts.known.subject_key_id == key_id(&spki).ok() {
        true => Ok(()),
        false => Err("the subject key identifier must be that of the public key".into()),
    }
}

fn authority_key_identifier(facts: &Facts<'_>) -> Result<(), String> {
    match facts.known.authority_key_id.as_ref() == Some(&facts.issuer().key_id) {
        true => Ok(()),
        false => Err("the authority key identifier must be that of the issuer".into()),
    }
}

fn key_identifiers_are_not_critical(facts: &Facts<'_>) -> Result<(), String> {
    for oid in [SUBJECT_KEY_IDENTIFIER, AUTHORITY_KEY_IDENTIFIER] {
        if facts.extension(oid).is_some_and(|e| e.critical) {
            return Err("key identifiers must not be critical".into());
        }
    }
    Ok(())
}
