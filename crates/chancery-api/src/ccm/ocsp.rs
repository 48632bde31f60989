//! `/v1/private-certificate-authorities/{ca_id}/ocsp`: whether OCSP requests are answered.

use chancery_core::Error;
use serde::Deserialize;

use super::authorities::id;
use crate::operation::{Answer, Call};
use crate::wire::loose_flag;

#[derive(Deserialize)]
struct Switch {
    #[serde(deserialize_with = "loose_flag")]
    ocsp_switch: Option<bool>,
}

pub(super) async fn switch(call: Call) -> Result<Answer, Error> {
    let body: Switch = call.json()?;
    let on = body
        .ocsp_switch
        .ok_or_else(|| Error::invalid("ocsp_switch", "must be true or false"))?;
    call.desk
        .set_authority_ocsp(call.ctx()?, id(&call)?, on)
        .await?;
    Ok(Answer::no_content())
}
