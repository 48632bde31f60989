//! The rules that a CRL obeys before it is signed.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use const_oid::AssociatedOid;
use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::{
    ID_CE_CRL_NUMBER, ID_CE_CRL_REASONS, ID_CE_ISSUING_DISTRIBUTION_POINT,
};
use der::asn1::{OctetString, UintRef};
use der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::crl::IssuingDistributionPoint;
use x509_cert::time::Time;

use super::{Entry, RevocationReason, TbsCrl, UnsignedCrl, V2, value};
use crate::lint::{LintError, rule};

/// CRLs, as what rules are about.
struct Crls;

impl rule::Subject for Crls {
    type Facts<'a> = Facts<'a>;
}

type Rule = rule::Rule<Crls>;

/// What the rules look at.
struct Facts<'a> {
    tbs: TbsCrl<'a>,
    extensions: Vec<Extension>,
    /// None where there is no list at all.
    entries: Option<Vec<Entry<'a>>>,
    unsigned: &'a UnsignedCrl,
}

impl Facts<'_> {
    fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        value(&self.extensions, oid)
    }

    fn entries(&self) -> &[Entry<'_>] {
        self.entries.as_deref().unwrap_or_default()
    }
}

static RULES: &[Rule] = &[
    Rule {
        name: "crl_version_is_2",
        source: "RFC 5280 section 5.1.2.1",
        check: version_is_2,
    },
    Rule {
        name: "crl_signature_algorithm_is_that_of_the_issuer",
        source: "RFC 5280 section 5.1.2.2",
        check: algorithm_is_written,
    },
    Rule {
        name: "crl_issuer_is_the_subject_of_the_issuer",
        source: "RFC 5280 section 5.1.2.3",
        check: issuer_is_copied,
    },
    Rule {
        name: "crl_times_are_utc_time_through_2049",
        source: "RFC 5280 sections 5.1.2.4 to 5.1.2.6",
        check: times_are_encoded_right,
    },
    Rule {
        name: "crl_next_update_is_after_this_update",
        source: "RFC 5280 section 5.1.2.5",
        check: next_update_comes,
    },
    Rule {
        name: "crl_nothing_is_revoked_after_this_update",
        source: "RFC 5280 sections 5.1.2.4 and 5.1.2.6: a list tells what was revoked when it was made",
        check: nothing_is_revoked_later,
    },
    Rule {
        name: "crl_list_is_not_empty",
        source: "RFC 5280 section 5.1.2.6",
        check: list_is_not_empty,
    },
    Rule {
        name: "crl_serials_are_positive_and_named_once",
        source: "RFC 5280 section 5.1.2.6",
        check: serials_are_named_once,
    },
    Rule {
        name: "crl_reason_is_not_unspecified_nor_critical",
        source: "RFC 5280 section 5.3.1",
        check: reasons_are_specified,
    },
    Rule {
        name: "crl_authority_key_identifier_is_that_of_the_issuer",
        source: "RFC 5280 section 5.2.1",
        check: authority_key_identifier,
    },
    Rule {
        name: "crl_has_a_number",
        source: "RFC 5280 section 5.2.3",
        check: has_a_number,
    },
    Rule {
        name: "crl_issuing_distribution_point_is_critical",
        source: "RFC 5280 section 5.2.5",
        check: distribution_point_is_critical,
    },
    Rule {
        name: "crl_no_extension_twice",
        source: "RFC 5280 section 4.2",
        check: no_extension_twice,
    },
];

/// Applies every rule.
pub(super) fn check(unsigned: &UnsignedCrl) -> Result<(), LintError> {
    let facts = read(unsigned).map_err(|error| {
        let message = format!("the CRL is malformed: {}", error.kind());
        LintError::malformed("crl_well_formed", "RFC 5280 section 5.1", message)
    })?;
    LintError::unless_empty(rule::findings(&[RULES], &facts))
}

fn read(unsigned: &UnsignedCrl) -> der::Result<Facts<'_>> {
    let mut tbs = TbsCrl::from_der(&unsigned.tbs)?;
    let entries = tbs.revoked.as_ref().map(|list| list.elements());
    Ok(Facts {
        extensions: tbs.extensions.take().unwrap_or_default(),
        entries: entries.transpose()?,
        tbs,
        unsigned,
    })
}

/// Fails with `message` unless it is `right`.
fn demand(right: bool, message: &str) -> Result<(), String> {
    match right {
        true => Ok(()),
        false => Err(message.to_owned()),
    }
}

fn version_is_2(facts: &Facts<'_>) -> Result<(), String> {
    demand(
        facts.tbs.version == Some(V2),
        "a CRL with extensions must be of version 2",
    )
}

fn algorithm_is_written(facts: &Facts<'_>) -> Result<(), String> {
    let identifier = facts.tbs.signature.to_der().unwrap_or_default();
    demand(
        identifier == facts.unsigned.signature.identifier_der(),
        "the signature algorithm must be the one that signs",
    )
}

fn issuer_is_copied(facts: &Facts<'_>) -> Result<(), String> {
    let name = facts.tbs.issuer.to_der().unwrap_or_default();
    demand(
        name == facts.unsigned.issuer.name && !facts.tbs.issuer.value().is_empty(),
        "the issuer must be the subject of the issuer's certificate, and not empty",
    )
}

fn times_are_encoded_right(facts: &Facts<'_>) -> Result<(), String> {
    let entries = facts.entries().iter().map(|entry| entry.revoked_at);
    let own = [Some(facts.tbs.this_update), facts.tbs.next_update];
    rule::times_are_encoded_right(own.into_iter().flatten().chain(entries))
}

fn next_update_comes(facts: &Facts<'_>) -> Result<(), String> {
    let this_update = facts.tbs.this_update.to_unix_duration();
    let next_update = facts.tbs.next_update.map(Time::to_unix_duration);
    demand(
        next_update.is_some_and(|next| next > this_update),
        "next_update must be there and after this_update",
    )
}

fn nothing_is_revoked_later(facts: &Facts<'_>) -> Result<(), String> {
    let this_update = facts.tbs.this_update.to_unix_duration();
    let mut entries = facts.entries().iter();
    demand(
        entries.all(|entry| entry.revoked_at.to_unix_duration() <= this_update),
        "nothing may be revoked after this_update",
    )
}

fn list_is_not_empty(facts: &Facts<'_>) -> Result<(), String> {
    demand(
        facts.entries.as_ref().is_none_or(|list| !list.is_empty()),
        "a list of revoked certificates that is empty must be left out",
    )
}

fn serials_are_named_once(facts: &Facts<'_>) -> Result<(), String> {
    let mut seen = HashSet::with_capacity(facts.entries().len());
    for entry in facts.entries() {
        let positive = UintRef::from_der(&entry.serial.to_der().unwrap_or_default())
            .is_ok_and(|serial| serial.as_bytes() != [0]);
        demand(positive, "serial numbers must be positive")?;
        demand(
            seen.insert(entry.serial.value()),
            "a serial number must be on the list once",
        )?;
    }
    Ok(())
}

fn reasons_are_specified(facts: &Facts<'_>) -> Result<(), String> {
    let mut extensions = facts
        .entries()
        .iter()
        .flat_map(|e| e.extensions.iter().flatten());
    let right = extensions.all(|extension| {
        let reason = RevocationReason::from_der(extension.extn_value.as_bytes());
        extension.extn_id == ID_CE_CRL_REASONS
            && !extension.critical
            && reason.is_ok_and(|reason| reason != RevocationReason::Unspecified)
    });
    demand(
        right,
        "an entry must have no extension but a reason, not critical and not unspecified",
    )
}

fn authority_key_identifier(facts: &Facts<'_>) -> Result<(), String> {
    let extension = facts.extension(AuthorityKeyIdentifier::OID);
    let right = extension.is_some_and(|e| {
        let id = AuthorityKeyIdentifier::from_der(e.extn_value.as_bytes());
        let id = id.ok().and_then(|id| id.key_identifier);
        let id = id.as_ref().map(OctetString::as_bytes);
        !e.critical && id == Some(&facts.unsigned.issuer.key_id)
    });
    demand(
        right,
        "the authority key identifier must be that of the issuer, and not critical",
    )
}

fn has_a_number(facts: &Facts<'_>) -> Result<(), String> {
    let extension = facts.extension(ID_CE_CRL_NUMBER);
    let right = extension.is_some_and(|e| {
        let number = UintRef::from_der(e.extn_value.as_bytes());
        !e.critical && number.is_ok_and(|n| n.as_bytes().len() <= 20)
    });
    demand(
        right,
        "there must be a CRL number of at most 20 octets, not critical",
    )
}

fn distribution_point_is_critical(facts: &Facts<'_>) -> Result<(), String> {
    let extension = facts.extension(ID_CE_ISSUING_DISTRIBUTION_POINT);
    let right = extension.is_none_or(|e| {
        let point = IssuingDistributionPoint::from_der(e.extn_value.as_bytes());
        e.critical && point.is_ok_and(|point| point.distribution_point.is_some())
    });
    demand(
        right,
        "an issuing distribution point must be critical and have a name",
    )
}

fn no_extension_twice(facts: &Facts<'_>) -> Result<(), String> {
    rule::named_once(&facts.extensions)
}
