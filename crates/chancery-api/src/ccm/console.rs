//! `/v1/pca/config/console`: what a console may offer.

use chancery_core::Error;
use serde_json::json;

use crate::operation::{Answer, Call};

pub(super) async fn show(_: Call) -> Result<Answer, Error> {
    Answer::ok(&json!({
        "is_support_eps": true,
        "is_support_sm2": true,
        // Keys are the desk's own: there is no cluster of hardware modules to name.
        "is_support_dhsm": false,
        "dhsm_regions": [],
        "is_support_yearly_monthly_ca": true,
        // Policies of version 5.0.
        "is_support_iam5": true,
        "is_support_ocsp": true,
    }))
}
