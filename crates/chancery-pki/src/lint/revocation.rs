//! Rules about where revocations are published, and about who answers for them.

use std::time::Duration;

use const_oid::db::rfc6960::ID_PKIX_OCSP_NOCHECK;

use super::{Facts, Rule};
use crate::extension::{read_authority_info, read_crl_distribution_points};
use crate::usage::KeyUsage;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "distribution_points_and_authority_info_are_not_critical",
        source: "RFC 5280 sections 4.2.1.13 and 4.2.2.1",
        check: pointers_are_not_critical,
    },
    Rule {
        name: "distribution_points_are_uris_that_clients_fetch",
        source: "RFC 5280 section 4.2.1.13",
        check: distribution_points_are_uris,
    },
    Rule {
        name: "authority_info_is_uris_that_clients_fetch",
        source: "RFC 5280 section 4.2.2.1",
        check: authority_info_is_uris,
    },
    Rule {
        name: "an_ocsp_responder_does_nothing_else",
        source: "RFC 6960 section 4.2.2.2",
        check: a_responder_does_nothing_else,
    },
    Rule {
        name: "ocsp_nocheck_is_for_responders_and_not_critical",
        source: "RFC 6960 section 4.2.2.2.1",
        check: nocheck_is_for_responders,
    },
    Rule {
        name: "an_ocsp_responder_lives_shortly",
        source: "RFC 6960 section 4.2.2.2.1",
        check: a_responder_lives_shortly,
    },
];

const DISTRIBUTION_POINTS: &str = "2.5.29.31";
const AUTHORITY_INFO: &str = "1.3.6.1.5.5.7.1.1";
/// What fetches these files knows no other schemes. Section 8 advises against https, which may
/// need what it fetches; the operator may have a reason.
const SCHEMES: [&str; 3] = ["http://", "https://", "ldap://"];
/// Nobody asks whether a responder is revoked, so that a stolen key is good until the end.
const RESPONDER_DAYS: u64 = 90;

fn pointers_are_not_critical(facts: &Facts<'_>) -> Result<(), String> {
    for oid in [DISTRIBUTION_POINTS, AUTHORITY_INFO] {
        if facts.extension(oid).is_some_and(|e| e.critical) {
            return Err(
                "the extensions cRLDistributionPoints and authorityInfoAccess must not be critical"
                    .into(),
            );
        }
    }
    Ok(())
}

fn distribution_points_are_uris(facts: &Facts<'_>) -> Result<(), String> {
    let Some(der) = &facts.known.crl_distribution_points else {
        return Ok(());
    };
    let uris = read_crl_distribution_points(der)
        .map_err(|_| "every CRL distribution point must have a name".to_owned())?;
    check_uris("a CRL distribution point", &uris)
}

fn authority_info_is_uris(facts: &Facts<'_>) -> Result<(), String> {
    let Some(der) = &facts.known.authority_info else {
        return Ok(());
    };
    let info = read_authority_info(der)
        .map_err(|_| "the extension authorityInfoAccess is malformed".to_owned())?;
    let uris = [info.ocsp, info.ca_issuers].concat();
    check_uris("an access location of the issuer", &uris)
}

fn check_uris(what: &str, uris: &[String]) -> Result<(), String> {
    let known = |uri: &String| {
        let lower = uri.to_ascii_lowercase();
        SCHEMES.iter().any(|scheme| lower.starts_with(scheme))
    };
    match !uris.is_empty() && uris.iter().all(known) {
        true => Ok(()),
        false => Err(format!(
            "{what} must be a URI that starts with http://, https:// or ldap://"
        )),
    }
}

fn a_responder_does_nothing_else(facts: &Facts<'_>) -> Result<(), String> {
    if !facts.known.is_ocsp_responder() {
        return Ok(());
    }
    let purposes = facts.known.extended_key_usages.iter().flatten().count();
    let usages = facts.known.key_usages.as_deref().unwrap_or_default();
    match purposes == 1 && usages == [KeyUsage::DigitalSignature] && !facts.is_ca() {
        true => Ok(()),
        false => Err(
            "an OCSP responder must be no CA, with key_usages digitalSignature alone and no other \
             purpose"
                .into(),
        ),
    }
}

fn nocheck_is_for_responders(facts: &Facts<'_>) -> Result<(), String> {
    let nocheck = facts.extension(&ID_PKIX_OCSP_NOCHECK.to_string());
    let right = match nocheck {
        Some(extension) => {
            !extension.critical
                && extension.extn_value.as_bytes() == b"\x05\x00"
                && facts.known.is_ocsp_responder()
        }
        None => !facts.known.is_ocsp_responder(),
    };
    match right {
        true => Ok(()),
        false => Err(
            "the extension ocsp-nocheck must be NULL, not critical, and in certificates of OCSP \
             responders alone"
                .into(),
        ),
    }
}

fn a_responder_lives_shortly(facts: &Facts<'_>) -> Result<(), String> {
    let period = facts.tbs.validity;
    let begin = period.not_before.to_unix_duration();
    let length = period.not_after.to_unix_duration().saturating_sub(begin);
    let limit = Duration::from_secs(RESPONDER_DAYS * 24 * 3_600);
    match facts.known.is_ocsp_responder() && length > limit {
        true => Err(format!(
            "an OCSP responder's validity must have at most {RESPONDER_DAYS} days"
        )),
        false => Ok(()),
    }
}
