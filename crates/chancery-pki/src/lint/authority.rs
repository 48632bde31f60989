//! Rules about what makes a certificate that of an authority.

use super::{Facts, Rule};
use crate::usage::KeyUsage;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "basic_constraints_of_a_ca_are_critical",
        source: "RFC 5280 section 4.2.1.9",
        check: basic_constraints_are_critical,
    },
    Rule {
        name: "path_length_only_for_a_ca",
        source: "RFC 5280 section 4.2.1.9",
        check: path_length_only_for_a_ca,
    },
    Rule {
        name: "issuer_allows_a_ca_below_itself",
        source: "RFC 5280 section 4.2.1.9",
        check: issuer_allows_a_ca,
    },
    Rule {
        name: "path_length_only_where_certificates_are_signed",
        source: "RFC 5280 section 4.2.1.9",
        check: path_length_only_where_certificates_are_signed,
    },
    Rule {
        name: "ca_signs_certificates_or_lists",
        source: "RFC 5280 section 4.2.1.3",
        check: ca_signs,
    },
    Rule {
        name: "key_cert_sign_only_for_a_ca",
        source: "RFC 5280 section 4.2.1.9",
        check: key_cert_sign_only_for_a_ca,
    },
    Rule {
        name: "ca_has_a_subject",
        source: "RFC 5280 section 4.1.2.6",
        check: ca_has_a_subject,
    },
];

fn has_key_cert_sign(facts: &Facts<'_>) -> bool {
    let usages = facts.known.key_usages.as_deref().unwrap_or_default();
    usages.contains(&KeyUsage::KeyCertSign)
}

fn basic_constraints_are_critical(facts: &Facts<'_>) -> Result<(), String> {
    let critical = facts.extension("2.5.29.19").is_some_and(|e| e.critical);
    match facts.is_ca() && !critical {
        true => Err("basic constraints of a CA must be critical".into()),
        false => Ok(()),
    }
}

fn path_length_only_for_a_ca(facts: &Facts<'_>) -> Result<(), String> {
    match facts.known.basic_constraints {
        Some((false, Some(_))) => Err("path_length is for CAs only".into()),
        _ => Ok(()),
    }
}

fn issuer_allows_a_ca(facts: &Facts<'_>) -> Result<(), String> {
    match facts.is_ca() && facts.issuer().path_len == Some(0) {
        true => Err("the issuer has path_length 0 and may have no CA below itself".into()),
        false => Ok(()),
    }
}

fn path_length_only_where_certificates_are_signed(facts: &Facts<'_>) -> Result<(), String> {
    match facts.known.basic_constraints {
        Some((true, Some(_))) if !has_key_cert_sign(facts) => {
            Err("path_length is for CAs with the key usage keyCertSign only".into())
        }
        _ => Ok(()),
    }
}

fn ca_signs(facts: &Facts<'_>) -> Result<(), String> {
    let usages = facts.known.key_usages.as_deref().unwrap_or_default();
    match facts.is_ca() && !has_key_cert_sign(facts) && !usages.contains(&KeyUsage::CrlSign) {
        true => Err("key_usages of a CA must contain keyCertSign or cRLSign".into()),
        false => Ok(()),
    }
}

fn key_cert_sign_only_for_a_ca(facts: &Facts<'_>) -> Result<(), String> {
    match !facts.is_ca() && has_key_cert_sign(facts) {
        true => Err("key_usages must contain keyCertSign only for a CA".into()),
        false => Ok(()),
    }
}

fn ca_has_a_subject(facts: &Facts<'_>) -> Result<(), String> {
    match facts.is_ca() && facts.subject.is_empty() {
        true => Err("a CA must have a subject".into()),
        false => Ok(()),
    }
}
