//! Rules about key usages and purposes.

use super::{Facts, Rule};
use crate::usage::{KeyUsage, Purpose};

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "key_usage_is_not_empty",
        source: "RFC 5280 section 4.2.1.3",
        check: key_usage_is_not_empty,
    },
    Rule {
        name: "key_usage_is_critical",
        source: "RFC 5280 section 4.2.1.3",
        check: key_usage_is_critical,
    },
    Rule {
        name: "encipher_and_decipher_only_with_key_agreement",
        source: "RFC 5280 section 4.2.1.3",
        check: only_with_key_agreement,
    },
    Rule {
        name: "an_sm2_key_signs_or_encrypts",
        source: "GM/T 0015",
        check: an_sm2_key_signs_or_encrypts,
    },
    Rule {
        name: "purposes_are_not_empty",
        source: "RFC 5280 section 4.2.1.12",
        check: purposes_are_not_empty,
    },
    Rule {
        name: "purposes_are_among_those_of_the_issuer",
        source: "RFC 5280 section 4.2.1.12, CA/Browser Forum BR section 7.1.2.10.6",
        check: purposes_are_among_those_of_the_issuer,
    },
    Rule {
        name: "purposes_are_named_once",
        source: "RFC 5280 section 4.2.1.12",
        check: purposes_are_named_once,
    },
];

fn key_usage_is_not_empty(facts: &Facts<'_>) -> Result<(), String> {
    match facts.known.key_usages.as_ref().is_some_and(Vec::is_empty) {
        true => Err("key_usages must name at least one usage".into()),
        false => Ok(()),
    }
}

fn key_usage_is_critical(facts: &Facts<'_>) -> Result<(), String> {
    match facts.extension("2.5.29.15").is_some_and(|e| !e.critical) {
        true => Err("the extension keyUsage must be critical".into()),
        false => Ok(()),
    }
}

/// "The meaning of the encipherOnly bit is undefined in the absence of the keyAgreement bit."
fn only_with_key_agreement(facts: &Facts<'_>) -> Result<(), String> {
    let usages = facts.known.key_usages.as_deref().unwrap_or_default();
    let restricted =
        usages.contains(&KeyUsage::EncipherOnly) || usages.contains(&KeyUsage::DecipherOnly);
    match restricted && !usages.contains(&KeyUsage::KeyAgreement) {
        true => Err(
            "key_usages must contain keyAgreement beside encipherOnly or \
                     decipherOnly"
                .into(),
        ),
        false => Ok(()),
    }
}

/// The two halves of a pair: one key signs, the other is encrypted to or agrees on a secret.
fn an_sm2_key_signs_or_encrypts(facts: &Facts<'_>) -> Result<(), String> {
    use KeyUsage::{
        DataEncipherment, DigitalSignature, KeyAgreement, KeyEncipherment, NonRepudiation,
    };
    let usages = facts.known.key_usages.as_deref().unwrap_or_default();
    let has = |some: &[KeyUsage]| usages.iter().any(|usage| some.contains(usage));
    let signs = has(&[DigitalSignature, NonRepudiation]);
    let encrypts = has(&[KeyEncipherment, DataEncipherment, KeyAgreement]);
    match facts.is_sm2() && signs && encrypts {
        true => {
            Err("key_usages of an SM2 key must be for signing or for encryption, not both".into())
        }
        false => Ok(()),
    }
}

fn purposes_are_not_empty(facts: &Facts<'_>) -> Result<(), String> {
    let purposes = facts.known.extended_key_usages.as_ref();
    match purposes.is_some_and(Vec::is_empty) {
        true => Err("the extension extKeyUsage must not be empty".into()),
        false => Ok(()),
    }
}

fn purposes_are_named_once(facts: &Facts<'_>) -> Result<(), String> {
    let purposes = facts
        .known
        .extended_key_usages
        .as_deref()
        .unwrap_or_default();
    for (i, purpose) in purposes.iter().enumerate() {
        if purposes[..i].contains(purpose) {
            return Err(format!("the purpose {purpose} is named twice"));
        }
    }
    Ok(())
}

/// But for OCSPSigning, which says for whom a key answers, and limits nothing.
fn purposes_are_among_those_of_the_issuer(facts: &Facts<'_>) -> Result<(), String> {
    let purposes = facts.known.extended_key_usages.iter().flatten();
    let purposes: Vec<_> = purposes.filter_map(|oid| Purpose::new(*oid)).collect();
    let checked = facts.issuer().check_purposes(&purposes);
    checked.map_err(|error| error.to_string())
}
