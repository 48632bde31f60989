//! Distinguished names: what the private CA service allows in them.

use chancery_pki::DistinguishedName;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One attribute of a name and its rule (CCM API reference, CertDistinguishedName).
struct Rule {
    field: &'static str,
    longest: usize,
    wildcard: bool,
}

const COMMON_NAME: Rule = Rule {
    field: "distinguished_name.common_name",
    longest: 64,
    wildcard: true,
};
const STATE: Rule = Rule {
    field: "distinguished_name.state",
    longest: 128,
    wildcard: false,
};
const LOCALITY: Rule = Rule {
    field: "distinguished_name.locality",
    longest: 128,
    wildcard: false,
};
const ORGANIZATION: Rule = Rule {
    field: "distinguished_name.organization",
    longest: 64,
    wildcard: false,
};
const ORGANIZATIONAL_UNIT: Rule = Rule {
    field: "distinguished_name.organizational_unit",
    longest: 64,
    wildcard: false,
};
const COUNTRY: &str = "distinguished_name.country";

impl Rule {
    fn check(&self, value: Option<&str>) -> Result<()> {
        let Some(value) = value else { return Ok(()) };
        let allowed = |c: char| {
            c.is_ascii_alphanumeric()
                || "-_ .,".contains(c)
                || (self.wildcard && c == '*')
                || is_han(c)
        };
        if value.chars().count() <= self.longest
            && value.chars().all(allowed)
            && !value.trim().is_empty()
        {
            return Ok(());
        }
        let star = if self.wildcard { ", *" } else { "" };
        Err(Error::invalid(
            self.field,
            format!(
                "must have 1 to {} characters: letters, digits, Chinese characters, spaces and \
                 - _ . ,{star}",
                self.longest
            ),
        ))
    }
}

/// The name of a CA: every attribute is given.
///
/// # Errors
/// [`crate::Kind::Invalid`], naming the attribute.
pub(crate) fn check_complete(name: &DistinguishedName) -> Result<()> {
    for (field, value) in [
        (COMMON_NAME.field, &name.common_name),
        (COUNTRY, &name.country),
        (STATE.field, &name.state),
        (LOCALITY.field, &name.locality),
        (ORGANIZATION.field, &name.organization),
        (ORGANIZATIONAL_UNIT.field, &name.organizational_unit),
    ] {
        if value.is_none() {
            return Err(Error::invalid(field, "is required"));
        }
    }
    check(name)
}

/// The name of an end entity: the common name is given, the rest may be.
///
/// # Errors
/// [`crate::Kind::Invalid`], naming the attribute.
pub(crate) fn check(name: &DistinguishedName) -> Result<()> {
    if name.common_name.is_none() {
        return Err(Error::invalid(COMMON_NAME.field, "is required"));
    }
    COMMON_NAME.check(name.common_name.as_deref())?;
    STATE.check(name.state.as_deref())?;
    LOCALITY.check(name.locality.as_deref())?;
    ORGANIZATION.check(name.organization.as_deref())?;
    ORGANIZATIONAL_UNIT.check(name.organizational_unit.as_deref())?;
    match name.country.as_deref() {
        Some(code) if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_alphabetic()) => Err(
            Error::invalid(COUNTRY, "must be a country code of 2 letters"),
        ),
        _ => Ok(()),
    }
}

/// The name with what it leaves out taken from its issuer, as the service does for end entities.
pub(crate) fn inherit(name: DistinguishedName, issuer: &DistinguishedName) -> DistinguishedName {
    DistinguishedName {
        common_name: name.common_name,
        country: name.country.or_else(|| issuer.country.clone()),
        state: name.state.or_else(|| issuer.state.clone()),
        locality: name.locality.or_else(|| issuer.locality.clone()),
        organization: name.organization.or_else(|| issuer.organization.clone()),
        organizational_unit: name
            .organizational_unit
            .or_else(|| issuer.organizational_unit.clone()),
    }
}

/// Chinese characters: the unified ideographs and their extensions.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

/// A name as a row keeps it.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
struct Stored {
    common_name: Option<String>,
    country: Option<String>,
    state: Option<String>,
    locality: Option<String>,
    organization: Option<String>,
    organizational_unit: Option<String>,
}

/// The JSON a row keeps a name as.
pub(crate) fn to_json(name: &DistinguishedName) -> Result<String> {
    let name = name.clone();
    serde_json::to_string(&Stored {
        common_name: name.common_name,
        country: name.country,
        state: name.state,
        locality: name.locality,
        organization: name.organization,
        organizational_unit: name.organizational_unit,
    })
    .map_err(Error::internal)
}

/// Reads back what [`to_json`] wrote.
pub(crate) fn from_json(json: &str) -> Result<DistinguishedName> {
    let stored: Stored = serde_json::from_str(json).map_err(Error::internal)?;
    Ok(DistinguishedName {
        common_name: stored.common_name,
        country: stored.country,
        state: stored.state,
        locality: stored.locality,
        organization: stored.organization,
        organizational_unit: stored.organizational_unit,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn name(common_name: &str) -> DistinguishedName {
        DistinguishedName {
            common_name: Some(common_name.to_owned()),
            country: Some("CN".to_owned()),
            state: Some("广东".to_owned()),
            locality: Some("Shenzhen".to_owned()),
            organization: Some("Acme, Inc.".to_owned()),
            organizational_unit: Some("ops_1".to_owned()),
        }
    }

    fn field(result: Result<()>) -> String {
        result
            .unwrap_err()
            .public()
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn lengths_and_characters() {
        check_complete(&name("*.example.com")).unwrap();
        check(&name(&"汉".repeat(64))).unwrap();
        for bad in ["", " ", &"a".repeat(65), "a/b", "a\nb", "a\u{0}"] {
            assert_eq!(
                field(check(&name(bad))),
                "distinguished_name.common_name",
                "{bad:?}"
            );
        }
        let mut long = name("a");
        long.state = Some("s".repeat(128));
        check(&long).unwrap();
        long.state = Some("s".repeat(129));
        assert_eq!(field(check(&long)), "distinguished_name.state");
        let mut star = name("a");
        star.organization = Some("*".to_owned());
        assert_eq!(field(check(&star)), "distinguished_name.organization");
    }

    #[test]
    fn countries_have_two_letters() {
        for bad in ["C", "CHN", "C1", "中国"] {
            let mut bad_name = name("a");
            bad_name.country = Some(bad.to_owned());
            assert_eq!(
                field(check(&bad_name)),
                "distinguished_name.country",
                "{bad}"
            );
        }
    }

    #[test]
    fn a_ca_leaves_nothing_out_and_an_entity_inherits() {
        let mut short = name("leaf");
        short.organization = None;
        assert_eq!(
            field(check_complete(&short)),
            "distinguished_name.organization"
        );
        assert_eq!(
            inherit(short, &name("ca")).organization.as_deref(),
            Some("Acme, Inc.")
        );
    }

    #[test]
    fn rows_give_names_back() {
        let json = to_json(&name("a")).unwrap();
        assert_eq!(to_json(&from_json(&json).unwrap()).unwrap(), json);
    }
}
