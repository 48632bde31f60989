//! `…/customer-orders/details/{order_id}`.

use serde_json::{Value, json};

use super::{DETAILS, UNSUBSCRIBE, given_up, ordered};
use crate::support::Api;

#[tokio::test]
async fn an_order_is_completed_at_once() {
    let api = Api::start().await;
    let (id, _) = ordered(&api, 2, json!({ "period_type": 2, "period_num": 5 })).await;
    let path = format!("{DETAILS}/{id}");
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer["total_count"], 1);
    let info = &answer["order_info"];
    for (field, value) in [
        ("order_id", json!(id)),
        ("customer_id", json!(api.domain_id)),
        ("user_name", json!(api.user_name)),
        ("service_type_code", json!("hws.service.type.ccm")),
        ("status", json!(5)),
        ("order_type", json!(1)),
        ("official_amount", json!(0)),
        ("create_time", json!("2026-06-01T12:00:00Z")),
        ("payment_time", json!("2026-06-01T12:00:00Z")),
    ] {
        assert_eq!(info[field], value, "{field}");
    }
    let item = &answer["order_line_items"][0];
    for (field, value) in [
        ("order_id", json!(id)),
        ("period_type", json!(2)),
        ("period_num", json!(5)),
        ("subscription_num", json!(2)),
        ("effective_time", json!("2026-06-01T12:00:00Z")),
        ("expire_time", json!("2026-11-01T12:00:00Z")),
        (
            "commercial_resource",
            json!("hws.resource.type.pca.duration"),
        ),
    ] {
        assert_eq!(item[field], value, "{field}");
    }

    let beyond = api.succeed("GET", &format!("{path}?offset=1"), None).await;
    assert_eq!(beyond["total_count"], 1);
    assert_eq!(beyond["order_line_items"], json!([]));
    for (query, text) in [
        ("limit=0", "limit must be a number from 1 to 500"),
        ("limit=501", "limit"),
        ("offset=-1", "offset must"),
    ] {
        let path = format!("{path}?{query}");
        api.refused(("GET", &path), None, (400, "CBC.0100"), text)
            .await;
    }
}

#[tokio::test]
async fn giving_up_is_an_order_too() {
    let api = Api::start().await;
    let (_, ids) = ordered(&api, 2, json!({})).await;
    let body = given_up(&[&ids[0], &ids[1]]);
    let answer = api.succeed("POST", UNSUBSCRIBE, Some(body)).await;
    let number = answer["order_ids"][0].as_str().unwrap();
    let answer = api
        .succeed("GET", &format!("{DETAILS}/{number}"), None)
        .await;
    assert_eq!(answer["order_info"]["order_type"], 4);
    assert_eq!(answer["order_info"]["status"], 5);
    let item = &answer["order_line_items"][0];
    assert_eq!(item["subscription_num"], 2);
    for field in ["period_type", "period_num", "expire_time"] {
        assert_eq!(item[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn orders_are_their_accounts() {
    let api = Api::start().await;
    let (id, _) = ordered(&api, 1, json!({})).await;
    let missing = (404, "CBC.0404");
    let path = format!("{DETAILS}/CS00000000000000");
    api.refused(
        ("GET", &path),
        None,
        missing,
        "the order CS00000000000000 does not exist",
    )
    .await;
    let other = api.other_account().await;
    let path = format!("{DETAILS}/{id}");
    let (status, answer) = api.call_as(&other.token, "GET", &path, None).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (404, &json!("CBC.0404"))
    );
}
