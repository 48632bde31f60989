//! The rules that a certificate obeys before it is signed. One rule is one small function with
//! the section it comes from; adding one is writing it and naming it in `RULES`.
//!
//! Deliberately no rule: which usages fit which family of keys (RFC 8813, RFC 4055). The APIs
//! let callers ask for keyEncipherment with EC keys and default to keyAgreement with RSA ones,
//! and every client ignores what does not apply. SM2 alone has such a rule: its certificates come
//! in pairs, and servers refuse a half that does the work of the other.

mod authority;
mod extensions;
mod names;
mod revocation;
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
use crate::template::Issuer;

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

/// A rule: its name, its source, and what tells whether it is kept.
struct Rule {
    name: &'static str,
    source: &'static str,
    check: fn(&Facts<'_>) -> Result<(), String>,
}

/// What the rules look at.
struct Facts<'a> {
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
    usage::RULES,
    extensions::RULES,
    revocation::RULES,
];

/// Applies every rule.
pub(crate) fn check(unsigned: &Unsigned) -> Result<(), LintError> {
    let facts = read(unsigned).map_err(|error| LintError {
        findings: vec![Finding {
            rule: "well_formed",
            source: "RFC 5280 section 4.1",
            message: format!("the certificate is malformed: {}", error.kind()),
        }],
    })?;
    let findings: Vec<Finding> = RULES
        .iter()
        .flat_map(|rules| rules.iter())
        .filter_map(|rule| {
            let message = (rule.check)(&facts).err()?;
            Some(Finding {
                rule: rule.name,
                source: rule.source,
                message,
            })
        })
        .collect();
    match findings.is_empty() {
        true => Ok(()),
        false => Err(LintError { findings }),
    }
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
