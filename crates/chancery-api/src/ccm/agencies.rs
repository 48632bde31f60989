//! `…/agency`, `…/agencies` and `…/obs` of private CAs.

use chancery_core::Error;
use chancery_core::agencies::Purpose;
use serde_json::json;

use crate::operation::{Answer, Call};
use crate::wire;

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let granted = call.desk.has_agency(call.ctx()?, purpose(&call)).await?;
    let granted = wire::flag_as_text(granted, &call.headers);
    Answer::ok(&json!({ "agency_granted": granted }))
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let id = call.desk.create_agency(call.ctx()?, purpose(&call)).await?;
    Answer::ok(&json!({ "agency_id": id }))
}

pub(super) async fn buckets(call: Call) -> Result<Answer, Error> {
    let found = call.desk.buckets(call.ctx()?).await?;
    let shown = found
        .iter()
        .map(|row| json!({ "bucket_name": row.name, "create_time": row.created_at }));
    let shown: Vec<_> = shown.collect();
    Answer::ok(&json!({ "total": shown.len(), "obs_buckets": shown }))
}

fn purpose(call: &Call) -> Purpose {
    match call.route.contains("/obs/") {
        true => Purpose::Objects,
        false => Purpose::Service,
    }
}
