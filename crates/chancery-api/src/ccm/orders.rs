//! `/v1/private-certificate-authorities/order`: CAs that are bought for a period.
//!
//! Nothing is paid here and nothing is renewed: what an order says of that is checked, and shown
//! by [`crate::bss`].

use chancery_core::Error;
use chancery_core::limits::Limit;
use chancery_core::limits::ccm as limits;
use chancery_core::orders::{NewOrder, OrderPeriod};
use serde::Deserialize;
use serde_json::json;

use crate::operation::{Answer, Call};
use crate::wire::{enterprise_project, loose_number, text_or_empty};

#[derive(Deserialize)]
struct Order {
    cloud_service_type: String,
    #[serde(deserialize_with = "loose_number")]
    charging_mode: Option<i64>,
    #[serde(deserialize_with = "loose_number")]
    period_type: Option<i64>,
    #[serde(deserialize_with = "loose_number")]
    period_num: Option<i64>,
    #[serde(deserialize_with = "loose_number")]
    is_auto_renew: Option<i64>,
    #[serde(deserialize_with = "loose_number")]
    subscription_num: Option<i64>,
    #[serde(default, deserialize_with = "loose_number")]
    is_auto_pay: Option<i64>,
    #[serde(default, deserialize_with = "text_or_empty")]
    promotion_info: Option<String>,
    #[serde(default, deserialize_with = "text_or_empty")]
    enterprise_project_id: Option<String>,
    product_infos: Vec<Product>,
}

#[derive(Deserialize)]
struct Product {
    cloud_service_type: String,
    resource_type: String,
    resource_spec_code: String,
}

pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let new = call.json::<Order>()?.read()?;
    let order = call.desk.order_authorities(call.ctx()?, &new).await?;
    Answer::ok(&json!({ "order_id": order.id, "ca_ids": order.authority_ids }))
}

impl Order {
    fn read(self) -> Result<NewOrder, Error> {
        let service = &limits::ORDERED_SERVICE;
        service.check("cloud_service_type", &self.cloud_service_type)?;
        number(&limits::ORDER_CHARGING, "charging_mode", self.charging_mode)?;
        let unit = number(&limits::ORDER_PERIOD_TYPE, "period_type", self.period_type)?;
        let periods = number(&limits::ORDER_PERIODS, "period_num", self.period_num)?;
        let switch = &limits::ORDER_SWITCH;
        let auto_renew = number(switch, "is_auto_renew", self.is_auto_renew)? == 1;
        number(switch, "is_auto_pay", self.is_auto_pay.or(Some(0)))?;
        if let Some(promotion) = &self.promotion_info {
            limits::ORDER_PROMOTION.check("promotion_info", promotion)?;
        }
        limits::ORDER_PRODUCTS.check_count("product_infos", self.product_infos.len())?;
        self.product_infos.iter().try_for_each(Product::check)?;
        let count = self.subscription_num;
        Ok(NewOrder {
            count: count.ok_or_else(|| limits::ORDER_COUNT.refusal("subscription_num"))?,
            enterprise_project_id: enterprise_project(self.enterprise_project_id)?,
            period: OrderPeriod::from_numbers(unit, periods)
                .ok_or_else(|| limits::ORDER_PERIOD_TYPE.refusal("period_type"))?,
            auto_renew,
        })
    }
}

impl Product {
    fn check(&self) -> Result<(), Error> {
        for (limit, field, value) in [
            (
                &limits::ORDERED_SERVICE,
                "product_infos.cloud_service_type",
                &self.cloud_service_type,
            ),
            (
                &limits::ORDERED_RESOURCE,
                "product_infos.resource_type",
                &self.resource_type,
            ),
            (
                &limits::ORDERED_SPEC,
                "product_infos.resource_spec_code",
                &self.resource_spec_code,
            ),
        ] {
            limit.check(field, value)?;
        }
        Ok(())
    }
}

/// A number that has to be there.
fn number(limit: &Limit, field: &'static str, value: Option<i64>) -> Result<i64, Error> {
    let value = value.ok_or_else(|| limit.refusal(field))?;
    limit.check_number(field, value)?;
    Ok(value)
}
