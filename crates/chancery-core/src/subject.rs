//! Distinguished names: what the private CA service allows in them.

use chancery_pki::DistinguishedName;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::limits::{Limit, ccm as limits};

/// An attribute of a name: its field, its limit, and the value.
type Attribute<'a> = (&'static str, &'static Limit, Option<&'a str>);

fn attributes(name: &DistinguishedName) -> [Attribute<'_>; 6] {
    [
        (
            "distinguished_name.common_name",
            &limits::COMMON_NAME,
            name.common_name.as_deref(),
        ),
        (
            "distinguished_name.country",
            &limits::COUNTRY,
            name.country.as_deref(),
        ),
        (
            "distinguished_name.state",
            &limits::STATE,
            name.state.as_deref(),
        ),
        (
            "distinguished_name.locality",
            &limits::LOCALITY,
            name.locality.as_deref(),
        ),
        (
            "distinguished_name.organization",
            &limits::ORGANIZATION,
            name.organization.as_deref(),
        ),
        (
            "distinguished_name.organizational_unit",
            &limits::ORGANIZATIONAL_UNIT,
            name.organizational_unit.as_deref(),
        ),
    ]
}

/// The name of a CA: every attribute is given.
///
/// # Errors
/// [`crate::Kind::Invalid`], naming the attribute.
pub(crate) fn check_complete(name: &DistinguishedName) -> Result<()> {
    match attributes(name).iter().find(|(.., value)| value.is_none()) {
        Some((field, ..)) => Err(Error::invalid(field, "is required")),
        None => check(name),
    }
}

/// The name of an end entity: the common name is given, the rest may be.
///
/// # Errors
/// [`crate::Kind::Invalid`], naming the attribute.
pub(crate) fn check(name: &DistinguishedName) -> Result<()> {
    if name.common_name.is_none() {
        return Err(Error::invalid(
            "distinguished_name.common_name",
            "is required",
        ));
    }
    for (field, limit, value) in attributes(name) {
        if value.is_some_and(|text| !limit.allows(text) || text.trim().is_empty()) {
            return Err(limit.refusal(field));
        }
    }
    Ok(())
}

/// The subject of a signing request, which keeps to the grammar of names: only one with alternative names
/// (`named`) may leave the common name out, as requests for servers often do.
///
/// # Errors
/// [`crate::Kind::Invalid`], naming the attribute.
pub(crate) fn check_requested(name: &DistinguishedName, named: bool) -> Result<()> {
    match name.common_name.is_none() && !named {
        true => Err(Error::invalid(
            "distinguished_name.common_name",
            "is required in a csr without alternative names",
        )),
        false => Ok(()),
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
    fn a_request_without_alternative_names_has_a_common_name() {
        let nameless = DistinguishedName {
            common_name: None,
            ..name("")
        };
        assert!(check_requested(&nameless, true).is_ok());
        assert!(check_requested(&name("a"), false).is_ok());
        let missing = field(check_requested(&nameless, false));
        assert_eq!(missing, "distinguished_name.common_name");
    }

    #[test]
    fn rows_give_names_back() {
        let json = to_json(&name("a")).unwrap();
        assert_eq!(to_json(&from_json(&json).unwrap()).unwrap(), json);
    }
}
