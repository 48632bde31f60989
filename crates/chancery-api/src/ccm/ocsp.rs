//! `/v1/private-certificate-authorities/{ca_id}/ocsp`: whether OCSP requests are answered.

use chancery_core::Error;
use serde::Deserialize;

use super::authorities::id;
use crate::operation::{Answer, Call};

#[derive(Deserialize)]
struct Switch {
    ocsp_switch: bool,
}

pub(super) async fn switch(call: Call) -> Result<Answer, Error> {
    let body: Switch = call.json()?;
    call.desk
        .set_authority_ocsp(call.ctx()?, id(&call)?, body.ocsp_switch)
        .await?;
    Ok(Answer::no_content())
}
