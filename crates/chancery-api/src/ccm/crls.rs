//! `/v1/private-certificate-authorities/{ca_id}/crl`: certificate revocation lists.

use chancery_core::Error;
use chancery_core::crls::CrlSettings;
use serde::Deserialize;

use super::authorities::id;
use crate::operation::{Answer, Call};
use crate::wire::{loose_flag, loose_number, text_or_empty};

/// The days that a list is valid when a CA is created without saying so.
const USUAL_DAYS: i64 = 7;

/// `crl_configuration` of a CA that is created or activated.
#[derive(Deserialize)]
pub(super) struct WireCrl {
    #[serde(deserialize_with = "loose_flag")]
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "text_or_empty")]
    crl_name: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    obs_bucket_name: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    valid_days: Option<i64>,
}

/// The lists that are asked for; none when they are not enabled.
pub(super) fn crl_settings(wire: Option<WireCrl>) -> Result<Option<CrlSettings>, Error> {
    let Some(wire) = wire.filter(|wire| wire.enabled == Some(true)) else {
        return Ok(None);
    };
    let required = "is required where revocation lists are enabled";
    Ok(Some(CrlSettings {
        bucket: wire
            .obs_bucket_name
            .ok_or_else(|| Error::invalid("crl_configuration.obs_bucket_name", required))?,
        name: wire.crl_name.unwrap_or_default(),
        valid_days: wire.valid_days.unwrap_or(USUAL_DAYS),
    }))
}

#[derive(Deserialize)]
struct EnableCrl {
    #[serde(default, deserialize_with = "text_or_empty")]
    crl_name: Option<String>,
    obs_bucket_name: String,
    #[serde(deserialize_with = "loose_number")]
    valid_days: Option<i64>,
}

pub(super) async fn enable(call: Call) -> Result<Answer, Error> {
    let body: EnableCrl = call.json()?;
    let days = body.valid_days;
    let settings = CrlSettings {
        bucket: body.obs_bucket_name,
        name: body.crl_name.unwrap_or_default(),
        valid_days: days.ok_or_else(|| Error::invalid("valid_days", "is required"))?,
    };
    call.desk
        .enable_authority_crl(call.ctx()?, id(&call)?, settings)
        .await?;
    Ok(Answer::no_content())
}

pub(super) async fn disable(call: Call) -> Result<Answer, Error> {
    call.desk
        .disable_authority_crl(call.ctx()?, id(&call)?)
        .await?;
    Ok(Answer::no_content())
}
