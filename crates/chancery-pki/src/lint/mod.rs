//! The rules that a certificate obeys before it is signed. One rule is one small function with
//! the section it comes from; adding one is writing it and naming it in `RULES`. What a
//! certificate is for has a [`Profile`] beside them.
//!
//! Deliberately no rule: which usages fit which family of keys (RFC 8813, RFC 4055). The APIs
//! let callers ask for keyEncipherment with EC keys and default to keyAgreement with RSA ones,
//! and every client ignores what does not apply. SM2 alone has such a rule: its certificates come
//! in pairs, and servers refuse a half that does the work of the other.

mod authority;
mod constraints;
mod extensions;
mod names;
mod profile;
mod revocation;
pub(crate) mod rule;
mod serial;
mod signature;
#[cfg(test)]
mod tests;
mod usage;
mod validity;

use chancery_crypto::KeyAlgorithm;
use der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::name::Name;

use crate::asn1::Tbs;
use crate::extension::Known;
use crate::issue::Unsigned;
use crate::template::{Issuer, Profile};

/// The rules that a certificate breaks; it was not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintError {
    /// At least one.
    pub findings: Vec<Finding>,
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule.
    pub rule: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for LintError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, finding) in self.findings.iter().enumerate() {
            let separator = if i == 0 { "" } else { "; " };
            write!(f, "{separator}{} ({})", finding.message, finding.source)?;
        }
        Ok(())
    }
}

impl std::error::Error for LintError {}

/// Certificates, as what rules are about.
pub(crate) struct Certificates;

impl rule::Subject for Certificates {
    type Facts<'a> = Facts<'a>;
}

type Rule = rule::Rule<Certificates>;

/// What the rules look at.
pub(crate) struct Facts<'a> {
    tbs: Tbs<'a>,
    extensions: Vec<Extension>,
    known: Known,
    subject: Name,
    unsigned: &'a Unsigned,
}

impl Facts<'_> {
    fn issuer(&self) -> &Issuer {
        &self.unsigned.issuer
    }

    fn is_ca(&self) -> bool {
        matches!(self.known.basic_constraints, Some((true, _)))
    }

    /// Whether its issuer has its name and its key.
    fn is_self_issued(&self) -> bool {
        let subject = self.tbs.subject.to_der().unwrap_or_default();
        let key = self.tbs.public_key.to_der().unwrap_or_default();
        subject == self.issuer().name && key == self.issuer().public_key_der
    }

    /// Whether the key to be certified is an SM2 key.
    fn is_sm2(&self) -> bool {
        let spki = self.tbs.public_key.to_der().unwrap_or_default();
        KeyAlgorithm::of_public_key(&spki) == Ok(KeyAlgorithm::Sm2)
    }

    /// The extension with this identifier in dotted decimal.
    fn extension(&self, oid: &str) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|e| e.extn_id.to_string() == oid)
    }
}

static RULES: &[&[Rule]] = &[
    serial::RULES,
    signature::RULES,
    validity::RULES,
    names::RULES,
    authority::RULES,
    constraints::RULES,
    usage::RULES,
    extensions::RULES,
    revocation::RULES,
];

/// Applies every rule, and what the profile asks for.
pub(crate) fn check(unsigned: &Unsigned, profile: Profile) -> Result<(), LintError> {
    let facts = read(unsigned).map_err(malformed)?;
    let mut findings = rule::findings(RULES, &facts);
    findings.extend(profile::findings(profile, &facts));
    LintError::unless_empty(findings)
}

/// Applies the rules that no certificate may break, whatever it is for.
#[cfg(test)]
fn check_rules(unsigned: &Unsigned) -> Result<(), LintError> {
    let facts = read(unsigned).map_err(malformed)?;
    LintError::unless_empty(rule::findings(RULES, &facts))
}

fn malformed(error: der::Error) -> LintError {
    let message = format!("the certificate is malformed: {}", error.kind());
    LintError::malformed("well_formed", "RFC 5280 section 4.1", message)
}

fn read(unsigned: &Unsigned) -> der::Result<Facts<'_>> {
    let mut tbs = Tbs::from_der(&unsigned.tbs)?;
    let extensions = tbs.extensions.take().unwrap_or_default();
    Ok(Facts {
        known: Known::read(&extensions)?,
        subject: tbs.subject.decode_as()?,
        extensions,
        tbs,
        unsigned,
    })
}
