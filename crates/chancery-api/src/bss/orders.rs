//! `/v2/orders/customer-orders`.

use chancery_core::Error;
use chancery_core::limits::ccm::{RESOURCE_CODE, SERVICE_CODE};
use chancery_core::limits::{bss as limits, lists};
use chancery_core::orders::{Order, OrderKind};
use serde_json::{Value, json};

use super::{RESOURCE_NAME, SERVICE_NAME, TIME};
use crate::operation::{Answer, Call};
use crate::wire::stamp;

/// An order is fulfilled at once.
const COMPLETED: i64 = 5;
/// Ordered by the account itself.
const CUSTOMER: i64 = 1;
const CURRENCY: &str = "CNY";

pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let limit = call.query_number("limit", &limits::PAGE, 10)?;
    let offset = call.query_number("offset", &lists::OFFSET, 0)?;
    let order = call.desk.order(call.ctx()?, call.path("order_id")).await?;
    let items = [item(&order)];
    let page: Vec<_> = items
        .iter()
        .skip(offset as usize)
        .take(limit as usize)
        .collect();
    Answer::ok(&json!({
        "total_count": items.len(),
        "order_info": info(&order),
        "order_line_items": page,
    }))
}

fn info(order: &Order) -> Value {
    let row = &order.row;
    let ordered = stamp(row.created_at, TIME);
    json!({
        "order_id": row.id,
        "customer_id": row.domain_id,
        "service_type_code": SERVICE_CODE,
        "service_type_name": SERVICE_NAME,
        "source_type": CUSTOMER,
        "status": COMPLETED,
        "order_type": match order.kind {
            OrderKind::Purchase => 1,
            OrderKind::Unsubscription => 4,
        },
        "amount_after_discount": 0,
        "official_amount": 0,
        "measure_id": 1,
        "create_time": ordered,
        "payment_time": ordered,
        "currency": CURRENCY,
        "contract_id": null,
        "amount_info": nothing(),
        "user_name": row.user_name,
        "pending_payment_end_time": null,
        "sub_order_infos": null,
    })
}

fn item(order: &Order) -> Value {
    let row = &order.row;
    let period = order.period.map(|period| period.numbers());
    json!({
        "order_line_item_id": format!("{}-000001", row.id),
        "service_type_code": SERVICE_CODE,
        "service_type_name": SERVICE_NAME,
        "product_id": null,
        "product_spec_desc": RESOURCE_NAME,
        "period_type": period.map(|(unit, _)| unit),
        "period_num": period.map(|(_, count)| count),
        "effective_time": stamp(row.created_at, TIME),
        "expire_time": row.expires_at.map(|time| stamp(time, TIME)),
        "subscription_num": row.resources,
        "amount_after_discount": 0,
        "official_amount": 0,
        "amount_info": nothing(),
        "currency": CURRENCY,
        "category_code": null,
        "product_owner_service": SERVICE_CODE,
        "commercial_resource": RESOURCE_CODE,
        "base_product_info": null,
        "order_id": row.id,
    })
}

/// What it cost.
fn nothing() -> Value {
    json!({
        "discounts": [],
        "flexipurchase_coupon_amount": 0,
        "coupon_amount": 0,
        "stored_card_amount": 0,
        "commission_amount": 0,
        "consumed_amount": 0,
    })
}
