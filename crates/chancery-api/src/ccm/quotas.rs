//! `…/quotas` of private CAs and private certificates.

use chancery_core::{Error, QuotaUse};
use serde_json::json;

use crate::operation::{Answer, Call};

pub(super) async fn authorities(call: Call) -> Result<Answer, Error> {
    let found = call.desk.authority_quota(call.ctx()?).await?;
    shown("CERTIFICATE_AUTHORITY", found)
}

pub(super) async fn certificates(call: Call) -> Result<Answer, Error> {
    let found = call.desk.certificate_quota(call.ctx()?).await?;
    shown("CERTIFICATE", found)
}

fn shown(kind: &str, QuotaUse { used, quota }: QuotaUse) -> Result<Answer, Error> {
    let one = json!({ "type": kind, "used": used, "quota": quota });
    Answer::ok(&json!({ "quotas": { "resources": [one] } }))
}
