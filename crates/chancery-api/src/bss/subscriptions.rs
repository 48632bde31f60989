//! `/v2/orders/…/resources`: what was bought for a period.

use chancery_core::Error;
use chancery_core::limits::ccm::{RESOURCE_CODE, SERVICE_CODE, SPEC_CODE};
use chancery_core::limits::{bss as limits, lists};
use chancery_core::orders::{Subscription, SubscriptionFilter, Unsubscription};
use chancery_store::OrderFilter;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{RESOURCE_NAME, SERVICE_NAME, TIME};
use crate::operation::{Answer, Call};
use crate::wire::{loose_number, stamp, text_or_empty};

const IN_USE: i64 = 2;
const CLOSED: i64 = 3;
/// What happens when the period ends: it is renewed, or goes into a time of grace.
const RENEWED: i64 = 3;
const GRACE: i64 = 0;

#[derive(Deserialize)]
struct Query {
    resource_ids: Option<Vec<String>>,
    #[serde(default, deserialize_with = "text_or_empty")]
    order_id: Option<String>,
    #[serde(default, deserialize_with = "loose_number")]
    only_main_resource: Option<i64>,
    status_list: Option<Vec<i64>>,
    #[serde(default, deserialize_with = "loose_number")]
    offset: Option<i64>,
    #[serde(default, deserialize_with = "loose_number")]
    limit: Option<i64>,
    #[serde(default, deserialize_with = "text_or_empty")]
    expire_time_begin: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    expire_time_end: Option<String>,
    service_type_code: Option<String>,
    customer_id: Option<String>,
}

#[derive(Deserialize)]
struct Cancel {
    resource_ids: Vec<String>,
    #[serde(deserialize_with = "loose_number")]
    unsubscribe_type: Option<i64>,
    #[serde(default, deserialize_with = "loose_number")]
    unsubscribe_reason_type: Option<i64>,
    unsubscribe_reason: Option<String>,
}

pub(super) async fn list(call: Call) -> Result<Answer, Error> {
    let query: Query = call.json()?;
    let limit = query.limit.unwrap_or(10);
    limits::PAGE.check_number("limit", limit)?;
    let offset = query.offset.unwrap_or(0);
    lists::OFFSET.check_number("offset", offset)?;
    let wanted = filter(query)?;
    let found = call
        .desk
        .subscriptions(call.ctx()?, wanted, limit as u32, offset as u32)
        .await?;
    let rows: Vec<_> = found.rows.iter().map(shown).collect();
    Answer::ok(&json!({ "data": rows, "total_count": found.total }))
}

pub(super) async fn cancel(call: Call) -> Result<Answer, Error> {
    let body: Cancel = call.json()?;
    let what = match body.unsubscribe_type {
        Some(1) => Unsubscription::Resource,
        Some(2) => Unsubscription::Renewals,
        _ => return Err(limits::UNSUBSCRIBE_TYPE.refusal("unsubscribe_type")),
    };
    if let Some(reason) = body.unsubscribe_reason_type {
        limits::REASON_TYPE.check_number("unsubscribe_reason_type", reason)?;
    }
    if let Some(reason) = &body.unsubscribe_reason {
        limits::REASON.check("unsubscribe_reason", reason)?;
    }
    let ids = &body.resource_ids;
    let order_id = call.desk.unsubscribe(call.ctx()?, ids, what).await?;
    Answer::ok(&json!({ "order_ids": [order_id], "fail_resource_infos": [] }))
}

fn filter(query: Query) -> Result<SubscriptionFilter, Error> {
    if let Some(id) = &query.order_id {
        limits::ORDER_ID.check("order_id", id)?;
    }
    // All that is bought here stands by itself.
    if let Some(only) = query.only_main_resource {
        limits::ONLY_MAIN.check_number("only_main_resource", only)?;
    }
    if let Some(id) = &query.customer_id {
        limits::CUSTOMER.check("customer_id", id)?;
    }
    let mut ids = query.resource_ids.filter(|ids| !ids.is_empty());
    if let Some(ids) = &ids {
        limits::RESOURCE_IDS.check_count("resource_ids", ids.len())?;
    }
    let statuses = query.status_list.unwrap_or_default();
    for status in &statuses {
        limits::STATUS.check_number("status_list", *status)?;
    }
    let mut none = false;
    if let Some(service) = &query.service_type_code {
        limits::SERVICE.check("service_type_code", service)?;
        none |= service != SERVICE_CODE;
    }
    let (used, closed) = (statuses.contains(&IN_USE), statuses.contains(&CLOSED));
    // Nothing is ever frozen or expired.
    none |= !statuses.is_empty() && !used && !closed;
    if none {
        ids = Some(Vec::new());
    }
    Ok(SubscriptionFilter {
        ids,
        order: OrderFilter {
            id: query.order_id,
            expires_from: time("expire_time_begin", query.expire_time_begin.as_deref())?,
            // The end is meant to the second.
            expires_below: time("expire_time_end", query.expire_time_end.as_deref())?
                .map(|end| end + 1000),
        },
        in_use: (used != closed).then_some(used),
    })
}

/// A time in milliseconds since 1970.
fn time(field: &'static str, text: Option<&str>) -> Result<Option<i64>, Error> {
    let Some(text) = text else { return Ok(None) };
    // `strptime` takes numbers of fewer digits.
    let parsed = DateTime::strptime(TIME, text)
        .ok()
        .filter(|_| text.len() == "2026-05-06T08:05:01Z".len())
        .and_then(|time| time.to_zoned(TimeZone::UTC).ok());
    let time = parsed.ok_or_else(|| limits::TIME.refusal(field))?;
    Ok(Some(time.timestamp().as_millisecond()))
}

fn shown(subscription: &Subscription) -> Value {
    let (row, order) = (&subscription.authority, &subscription.order);
    json!({
        "id": row.id,
        "resource_id": row.id,
        "resource_name": row.common_name,
        "region_code": null,
        "service_type_code": SERVICE_CODE,
        "resource_type_code": RESOURCE_CODE,
        "resource_type_name": RESOURCE_NAME,
        "service_type_name": SERVICE_NAME,
        "resource_spec_code": SPEC_CODE,
        "project_id": null,
        "product_id": null,
        "parent_resource_id": null,
        "is_main_resource": 1,
        "status": if subscription.in_use { IN_USE } else { CLOSED },
        "effective_time": stamp(order.created_at, TIME),
        "expire_time": order.expires_at.map(|time| stamp(time, TIME)),
        "expire_policy": if order.auto_renew { RENEWED } else { GRACE },
        "product_spec_desc": RESOURCE_NAME,
        "spec_size": null,
        "spec_size_measure_id": null,
        "update_time": null,
        "enterprise_project": {
            "id": row.enterprise_project_id,
            "name": subscription.enterprise_project,
        },
    })
}
