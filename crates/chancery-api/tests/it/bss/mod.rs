//! `/v2/orders`: what was ordered, what was bought with it, and giving it up.

mod orders;
mod subscriptions;

use serde_json::{Value, json};

use crate::ccm::{self, CAS, text, with};
use crate::support::Api;

pub(crate) const DETAILS: &str = "/v2/orders/customer-orders/details";
pub(crate) const QUERY: &str = "/v2/orders/suscriptions/resources/query";
pub(crate) const UNSUBSCRIBE: &str = "/v2/orders/subscriptions/resources/unsubscribe";

/// Orders private CAs; `more` is what the order says else. The order's number and their ids.
pub(crate) async fn ordered(api: &Api, count: i64, more: Value) -> (String, Vec<String>) {
    let body = with(&ccm::order(count), &more);
    let path = format!("{CAS}/order");
    let answer = api.succeed("POST", &path, Some(body)).await;
    let ids = answer["ca_ids"].as_array().unwrap().iter().map(text);
    (text(&answer["order_id"]), ids.collect())
}

/// What is sent to give up these CAs, as Terraform's provider sends it.
pub(crate) fn given_up(ids: &[&str]) -> Value {
    json!({ "resource_ids": ids, "unsubscribe_type": 1 })
}
