//! What the tables of rules have in common, for certificates and for CRLs.

use std::collections::HashSet;

use x509_cert::ext::Extension;
use x509_cert::time::Time;

use super::{Finding, LintError};

/// What rules are about, with what they look at.
pub(crate) trait Subject {
    /// What the rules look at: the bytes, read.
    type Facts<'a>;
}

/// A rule: its name, its source, and what tells whether it is kept.
pub(crate) struct Rule<S: Subject> {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) check: for<'a> fn(&S::Facts<'a>) -> Result<(), String>,
}

impl<S: Subject> Rule<S> {
    fn finding(&self, facts: &S::Facts<'_>) -> Option<Finding> {
        let message = (self.check)(facts).err()?;
        Some(Finding {
            rule: self.name,
            source: self.source,
            message,
        })
    }
}

/// Applies every rule of the tables.
pub(crate) fn findings<S: Subject>(rules: &[&[Rule<S>]], facts: &S::Facts<'_>) -> Vec<Finding> {
    let rules = rules.iter().flat_map(|table| table.iter());
    rules.filter_map(|rule| rule.finding(facts)).collect()
}

impl LintError {
    /// Nothing, if there are no findings.
    pub(crate) fn unless_empty(findings: Vec<Finding>) -> Result<(), Self> {
        match findings.is_empty() {
            true => Ok(()),
            false => Err(Self { findings }),
        }
    }

    /// That the bytes cannot be read at all.
    pub(crate) fn malformed(rule: &'static str, source: &'static str, message: String) -> Self {
        Self {
            findings: vec![Finding {
                rule,
                source,
                message,
            }],
        }
    }
}

/// RFC 5280 section 4.2: an extension occurs once.
pub(crate) fn named_once(extensions: &[Extension]) -> Result<(), String> {
    let mut seen = HashSet::with_capacity(extensions.len());
    match extensions.iter().find(|e| !seen.insert(e.extn_id)) {
        Some(twice) => Err(format!("the extension {} occurs twice", twice.extn_id)),
        None => Ok(()),
    }
}

/// RFC 5280 sections 4.1.2.5 and 5.1.2.4: UTCTime through 2049, GeneralizedTime after.
pub(crate) fn times_are_encoded_right(times: impl IntoIterator<Item = Time>) -> Result<(), String> {
    let right = |time: Time| {
        let is_utc = matches!(time, Time::UtcTime(_));
        is_utc == (time.to_date_time().year() < 2050)
    };
    match times.into_iter().all(right) {
        true => Ok(()),
        false => Err("times must be UTCTime through 2049 and GeneralizedTime after".into()),
    }
}
