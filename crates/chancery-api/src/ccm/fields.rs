//! Fields that several CCM bodies share, and their reading.

use chancery_core::Error;
use chancery_core::authorities::KEY_ALGORITHMS;
use chancery_core::validity::{Period, Unit};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::{DistinguishedName, KeyUsage};
use chancery_store::{Direction, Page};
use serde::{Deserialize, Serialize};

use crate::operation::Call;
use crate::wire::{loose_number, text_or_empty};

/// `distinguished_name` of a request; empty texts count as absent.
#[derive(Deserialize)]
pub(super) struct WireName {
    #[serde(default, deserialize_with = "text_or_empty")]
    common_name: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    country: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    state: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    locality: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    organization: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    organizational_unit: Option<String>,
}

impl From<WireName> for DistinguishedName {
    fn from(wire: WireName) -> Self {
        Self {
            common_name: wire.common_name,
            country: wire.country,
            state: wire.state,
            locality: wire.locality,
            organization: wire.organization,
            organizational_unit: wire.organizational_unit,
        }
    }
}

/// `distinguished_name` of an answer.
#[derive(Serialize)]
pub(super) struct ShownName<'a> {
    common_name: Option<&'a str>,
    country: Option<&'a str>,
    state: Option<&'a str>,
    locality: Option<&'a str>,
    organization: Option<&'a str>,
    organizational_unit: Option<&'a str>,
}

impl<'a> From<&'a DistinguishedName> for ShownName<'a> {
    fn from(name: &'a DistinguishedName) -> Self {
        Self {
            common_name: name.common_name.as_deref(),
            country: name.country.as_deref(),
            state: name.state.as_deref(),
            locality: name.locality.as_deref(),
            organization: name.organization.as_deref(),
            organizational_unit: name.organizational_unit.as_deref(),
        }
    }
}

/// `validity` of a request. Terraform sends `start_from` as text.
#[derive(Deserialize)]
pub(super) struct WireValidity {
    #[serde(rename = "type")]
    unit: String,
    #[serde(deserialize_with = "loose_number")]
    value: Option<i64>,
    #[serde(default, deserialize_with = "loose_number")]
    start_from: Option<i64>,
}

impl TryFrom<WireValidity> for Period {
    type Error = Error;

    fn try_from(wire: WireValidity) -> Result<Self, Error> {
        Ok(Self {
            unit: Unit::from_name(&wire.unit).ok_or_else(|| {
                Error::invalid("validity.type", "must be one of YEAR, MONTH, DAY, HOUR")
            })?,
            value: wire
                .value
                .ok_or_else(|| Error::invalid("validity.value", "is required"))?,
            start_from: wire.start_from,
        })
    }
}

pub(super) fn key_algorithm(name: &str) -> Result<KeyAlgorithm, Error> {
    let found = KEY_ALGORITHMS
        .into_iter()
        .find(|algorithm| algorithm.name() == name);
    found.ok_or_else(|| {
        let names = KEY_ALGORITHMS.map(|algorithm| algorithm.name()).join(", ");
        Error::invalid("key_algorithm", format!("must be one of {names}"))
    })
}

pub(super) fn signature_algorithm(name: &str) -> Result<HashAlgorithm, Error> {
    HashAlgorithm::from_name(name).ok_or_else(|| {
        Error::invalid(
            "signature_algorithm",
            "must be one of SHA256, SHA384, SHA512",
        )
    })
}

pub(super) fn key_usages(names: &[String]) -> Result<Vec<KeyUsage>, Error> {
    let read = |name: &String| {
        KeyUsage::from_name(name).ok_or_else(|| {
            Error::invalid(
                "key_usages",
                "must contain only digitalSignature, nonRepudiation, keyEncipherment, \
                 dataEncipherment, keyAgreement, keyCertSign, cRLSign, encipherOnly, decipherOnly",
            )
        })
    };
    let mut usages = Vec::new();
    for name in names {
        let usage = read(name)?;
        if !usages.contains(&usage) {
            usages.push(usage);
        }
    }
    Ok(usages)
}

/// The enterprise project: `0` (the default one) or the form of a UUID.
pub(crate) fn enterprise_project(id: Option<String>) -> Result<String, Error> {
    let id = id.unwrap_or_else(|| "0".to_owned());
    if id == "0" || is_uuid(&id) {
        return Ok(id);
    }
    Err(Error::invalid(
        "enterprise_project_id",
        "must be 0 or the id of an enterprise project",
    ))
}

/// The id of a CA or certificate in a path or a body: 36 characters, `8-4-4-4-12`.
pub(super) fn check_id(field: &'static str, id: &str) -> Result<(), Error> {
    match is_uuid(id) {
        true => Ok(()),
        false => Err(Error::invalid(
            field,
            "must match [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        )),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_digit() || (b'a'..=b'f').contains(&b),
        })
}

/// `limit`, `offset`, `sort_key` and `sort_dir` of a list.
pub(crate) fn page<K: Copy>(call: &Call, keys: &[(&str, K)], default: K) -> Result<Page<K>, Error> {
    let sort = match call.query("sort_key") {
        None => default,
        Some(name) => keys
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, sort)| *sort)
            .ok_or_else(|| {
                let names: Vec<_> = keys.iter().map(|(key, _)| *key).collect();
                Error::invalid("sort_key", format!("must be one of {}", names.join(", ")))
            })?,
    };
    let direction = match call.query("sort_dir") {
        None => Direction::Descending,
        Some(text) if text.eq_ignore_ascii_case("DESC") => Direction::Descending,
        Some(text) if text.eq_ignore_ascii_case("ASC") => Direction::Ascending,
        Some(_) => return Err(Error::invalid("sort_dir", "must be ASC or DESC")),
    };
    // Terraform asks for 1000 at once.
    let limit = call.query_number("limit", 0..=1000, 10)?;
    let offset = call.query_number("offset", 0..=i32::MAX as u32, 0)?;
    Ok(Page {
        sort,
        direction,
        limit,
        offset,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        assert!(is_uuid("6434f74f-2d13-4e6a-89eb-93ee313f1a43"));
        for bad in [
            "",
            "6434F74F-2d13-4e6a-89eb-93ee313f1a43",
            "6434f74f2d134e6a89eb93ee313f1a43----",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
    }
}
