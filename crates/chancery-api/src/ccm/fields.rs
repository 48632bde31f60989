//! Fields that several CCM bodies share, and their reading.

use chancery_core::Error;
use chancery_core::authorities::KEY_ALGORITHMS;
use chancery_core::limits::{UUID, ccm};
use chancery_core::validity::{Period, Unit};
use chancery_crypto::{HashAlgorithm, KeyAlgorithm};
use chancery_pki::{DistinguishedName, KeyUsage};
use serde::{Deserialize, Serialize};

use crate::wire::{is_uuid, loose_number, text_or_empty};

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
            unit: Unit::from_name(&wire.unit)
                .ok_or_else(|| ccm::VALIDITY_TYPE.refusal("validity.type"))?,
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
    found.ok_or_else(|| ccm::KEY_ALGORITHM.refusal("key_algorithm"))
}

pub(super) fn signature_algorithm(name: &str) -> Result<HashAlgorithm, Error> {
    HashAlgorithm::from_name(name)
        .ok_or_else(|| ccm::SIGNATURE_ALGORITHM.refusal("signature_algorithm"))
}

pub(super) fn key_usages(names: &[String]) -> Result<Vec<KeyUsage>, Error> {
    let mut usages = Vec::new();
    for name in names {
        let usage =
            KeyUsage::from_name(name).ok_or_else(|| ccm::KEY_USAGE.refusal("key_usages"))?;
        if !usages.contains(&usage) {
            usages.push(usage);
        }
    }
    Ok(usages)
}

/// The id of a CA or certificate in a path or a body: 36 characters, `8-4-4-4-12`.
pub(super) fn check_id(field: &'static str, id: &str) -> Result<(), Error> {
    match is_uuid(id) {
        true => Ok(()),
        false => Err(UUID.refusal(field)),
    }
}
