//! Rules about the signature to be made and the key to be certified.

use chancery_crypto::{KeyAlgorithm, KeyFamily, SignatureAlgorithm};
use der::Encode;

use super::{Facts, Rule};
use crate::asn1::V3;

pub(super) static RULES: &[Rule] = &[
    Rule {
        name: "version_is_3",
        source: "RFC 5280 section 4.1.2.1",
        check: version_is_3,
    },
    Rule {
        name: "signature_algorithm_is_that_of_the_issuer",
        source: "RFC 5280 section 4.1.2.3",
        check: algorithm_fits_issuer,
    },
    Rule {
        name: "public_key_is_usable",
        source: "RFC 5280 section 4.1.2.7",
        check: public_key_is_usable,
    },
    Rule {
        name: "sm2_only_below_sm2",
        source: "GM/T 0015",
        check: sm2_only_below_sm2,
    },
    Rule {
        name: "no_unique_identifiers",
        source: "RFC 5280 section 4.1.2.8",
        check: no_unique_identifiers,
    },
];

fn version_is_3(facts: &Facts<'_>) -> Result<(), String> {
    match facts.tbs.version {
        V3 => Ok(()),
        _ => Err("a certificate with extensions must be of version 3".into()),
    }
}

/// The identifier must be, to the byte, the one of the algorithm that will sign, and of the
/// family of the issuer's key.
fn algorithm_fits_issuer(facts: &Facts<'_>) -> Result<(), String> {
    let wanted = facts.unsigned.signature;
    let family = facts.issuer().algorithm.family();
    let identifier = facts.tbs.signature.to_der().unwrap_or_default();
    let named = SignatureAlgorithm::from_oid(facts.tbs.signature.oid);
    if identifier == wanted.identifier_der() && wanted.family() == family {
        return Ok(());
    }
    Err(format!(
        "the signature algorithm {} does not fit the issuer's {} key",
        named.map_or("of the certificate", |a| a.jca_name()),
        facts.issuer().algorithm.name()
    ))
}

fn public_key_is_usable(facts: &Facts<'_>) -> Result<(), String> {
    let spki = facts.tbs.public_key.to_der().unwrap_or_default();
    KeyAlgorithm::of_public_key(&spki)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// What verifies an SM2 chain knows no other algorithm, and what verifies others seldom knows SM2.
fn sm2_only_below_sm2(facts: &Facts<'_>) -> Result<(), String> {
    match facts.is_sm2() == (facts.issuer().algorithm.family() == KeyFamily::Sm2) {
        true => Ok(()),
        false => Err("SM2 keys must be certified by SM2 keys, and others by others".into()),
    }
}

fn no_unique_identifiers(facts: &Facts<'_>) -> Result<(), String> {
    match facts.tbs.issuer_unique_id.is_none() && facts.tbs.subject_unique_id.is_none() {
        true => Ok(()),
        false => Err("unique identifiers must not be used".into()),
    }
}
