//! `…/resources/query` and `…/resources/unsubscribe`.

use serde_json::{Value, json};

use super::{QUERY, UNSUBSCRIBE, given_up, ordered};
use crate::ccm::{CAS, root, text, with};
use crate::support::{Api, DAY, NOW};

const INVALID: (u16, &str) = (400, "CBC.0100");
const GONE: (u16, &str) = (400, "CBC.30000067");

/// The ids that a query finds, sorted.
async fn found(api: &Api, query: Value) -> Vec<String> {
    let answer = api.succeed("POST", QUERY, Some(query)).await;
    let rows = answer["data"].as_array().unwrap();
    let mut ids: Vec<_> = rows.iter().map(|row| text(&row["resource_id"])).collect();
    assert_eq!(answer["total_count"], ids.len());
    ids.sort();
    ids
}

/// A CA that was bought and described.
async fn active(api: &Api) -> String {
    let (_, ids) = ordered(api, 1, json!({})).await;
    let body = with(&root("bought"), &json!({ "ca_id": ids[0] }));
    api.new_ca(body).await
}

#[tokio::test]
async fn what_was_bought_is_listed() {
    let api = Api::start().await;
    // Not bought for a period.
    api.new_ca(root("plain")).await;
    let id = active(&api).await;
    let (order, waiting) = ordered(&api, 1, json!({ "is_auto_renew": 1 })).await;

    // As Terraform's provider asks.
    let query = json!({ "order_id": order, "only_main_resource": 1 });
    let answer = api.succeed("POST", QUERY, Some(query)).await;
    assert_eq!(answer["total_count"], 1);
    let row = &answer["data"][0];
    for (field, value) in [
        ("id", json!(waiting[0])),
        ("resource_id", json!(waiting[0])),
        ("resource_name", json!("")),
        ("service_type_code", json!("hws.service.type.ccm")),
        (
            "resource_type_code",
            json!("hws.resource.type.pca.duration"),
        ),
        ("resource_spec_code", json!("ca.duration")),
        ("is_main_resource", json!(1)),
        ("status", json!(2)),
        ("effective_time", json!("2026-06-01T12:00:00Z")),
        ("expire_time", json!("2027-06-01T12:00:00Z")),
        ("expire_policy", json!(3)),
        (
            "enterprise_project",
            json!({ "id": "0", "name": "default" }),
        ),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    let query = json!({ "resource_ids": [id] });
    let answer = api.succeed("POST", QUERY, Some(query)).await;
    assert_eq!(answer["data"][0]["resource_name"], "bought");
    assert_eq!(answer["data"][0]["expire_policy"], 0);
    let other = api.other_account().await;
    let (_, answer) = api
        .call_as(&other.token, "POST", QUERY, Some(json!({})))
        .await;
    assert_eq!(answer, json!({ "data": [], "total_count": 0 }));
}

#[tokio::test]
async fn a_list_is_narrowed() {
    let api = Api::start().await;
    let (order, mut short) = ordered(&api, 2, json!({ "period_type": 2 })).await;
    api.clock.advance_ms(1_000);
    let (_, long) = ordered(&api, 1, json!({ "period_num": 2 })).await;
    let closed = active(&api).await;
    api.succeed("POST", UNSUBSCRIBE, Some(given_up(&[&closed])))
        .await;
    short.sort();
    let mut all = [short.clone(), long.clone(), vec![closed.clone()]].concat();
    all.sort();
    let mut used = [short.clone(), long.clone()].concat();
    used.sort();
    for (query, ids) in [
        (json!({}), &all),
        (
            json!({ "resource_ids": [], "order_id": "", "status_list": [], "customer_id": "x",
                    "expire_time_begin": "", "expire_time_end": null, "limit": null }),
            &all,
        ),
        (json!({ "order_id": order }), &short),
        (json!({ "order_id": "CS1" }), &vec![]),
        (json!({ "resource_ids": [long[0], "x"] }), &long),
        (json!({ "status_list": [2] }), &used),
        (json!({ "status_list": [3] }), &vec![closed.clone()]),
        (json!({ "status_list": [3, 2, 5] }), &all),
        (json!({ "status_list": [4, 5] }), &vec![]),
        (json!({ "service_type_code": "hws.service.type.ccm" }), &all),
        (
            json!({ "service_type_code": "hws.service.type.ec2" }),
            &vec![],
        ),
        (json!({ "expire_time_end": "2026-07-01T12:00:00Z" }), &short),
        (
            json!({ "expire_time_end": "2026-07-01T11:59:59Z" }),
            &vec![],
        ),
        (
            json!({ "expire_time_begin": "2028-06-01T12:00:01Z" }),
            &long,
        ),
    ] {
        assert_eq!(&found(&api, query.clone()).await, ids, "{query}");
    }
    // Newest first, in pages.
    let mut paged = Vec::new();
    for offset in 0..4 {
        let query = json!({ "limit": 1, "offset": offset });
        let answer = api.succeed("POST", QUERY, Some(query)).await;
        assert_eq!(answer["total_count"], 4);
        paged.push(text(&answer["data"][0]["resource_id"]));
    }
    assert!(short.contains(&paged[3]), "{paged:?}");
    paged.sort();
    assert_eq!(paged, all);
    for (query, text) in [
        (
            json!({ "resource_ids": vec!["x"; 51] }),
            "resource_ids must have at most 50",
        ),
        (json!({ "resource_ids": "x" }), "resource_ids must be"),
        (
            json!({ "order_id": "x".repeat(65) }),
            "order_id must have at most 64",
        ),
        (
            json!({ "only_main_resource": 2 }),
            "only_main_resource must be 0 or 1",
        ),
        (
            json!({ "status_list": [1] }),
            "status_list must be a number from 2 to 5",
        ),
        (json!({ "limit": 0 }), "limit"),
        (json!({ "offset": -1 }), "offset"),
        (
            json!({ "expire_time_begin": "2026-01-01" }),
            "expire_time_begin must be a time",
        ),
        (
            json!({ "expire_time_begin": "2026-1-01T0:00:00Z" }),
            "expire_time_begin",
        ),
        (
            json!({ "expire_time_end": "2026-02-30T00:00:00Z" }),
            "expire_time_end must be a time",
        ),
        (
            json!({ "service_type_code": "" }),
            "service_type_code must have 1 to 64",
        ),
        (json!({ "customer_id": "x".repeat(65) }), "customer_id"),
    ] {
        api.refused(("POST", QUERY), Some(query), INVALID, text)
            .await;
    }
}

#[tokio::test]
async fn what_is_given_up_is_deleted() {
    let mut api = Api::start().await;
    let (_, waiting) = ordered(&api, 1, json!({})).await;
    let (id, disabled) = (active(&api).await, active(&api).await);
    api.move_ca(&disabled, "/disable").await;
    let ids: [&str; 4] = [&id, &waiting[0], &disabled, &id];
    let answer = api.succeed("POST", UNSUBSCRIBE, Some(given_up(&ids))).await;
    assert_eq!(answer["order_ids"].as_array().unwrap().len(), 1);
    assert_eq!(answer["fail_resource_infos"], json!([]));

    // One that was nothing yet is gone, the others can be restored for a week.
    let path = format!("{CAS}/{}", waiting[0]);
    api.refused(
        ("GET", &path),
        None,
        (404, "PCA.10010002"),
        "does not exist",
    )
    .await;
    for id in [&id, &disabled] {
        let shown = api.ca(id).await;
        assert_eq!(shown["status"], "DELETED");
        assert_eq!(shown["delete_time"], NOW + 7 * DAY);
    }
    api.move_ca(&id, "/restore").await;
    assert_eq!(api.ca(&id).await["status"], "DISABLED");
    api.move_ca(&id, "/enable").await;
    let used = found(&api, json!({ "status_list": [2] })).await;
    assert_eq!(used, std::slice::from_ref(&id));
    // What it was bought for is its again, to give up again.
    api.succeed("POST", UNSUBSCRIBE, Some(given_up(&[&id])))
        .await;
    api.clock.advance_ms(7 * DAY);
    api.log_in_again().await;
    assert_eq!(found(&api, json!({})).await, Vec::<String>::new());
}

#[tokio::test]
async fn all_are_given_up_or_none() {
    let api = Api::start().await;
    let plain = api.new_ca(root("plain")).await;
    let (id, gone) = (active(&api).await, active(&api).await);
    api.succeed("POST", UNSUBSCRIBE, Some(given_up(&[&gone])))
        .await;
    for other in [plain.as_str(), gone.as_str(), "x"] {
        let body = given_up(&[&id, other]);
        let text = format!("the subscription {other} does not exist");
        api.refused(("POST", UNSUBSCRIBE), Some(body), GONE, &text)
            .await;
    }
    let whole = given_up(&[&id]);
    let many: Vec<_> = (0..11).map(|_| id.as_str()).collect();
    for (body, code, text) in [
        (
            given_up(&[]),
            INVALID,
            "resource_ids must have 1 to 10 entries",
        ),
        (given_up(&many), INVALID, "resource_ids"),
        (
            with(&whole, &json!({ "unsubscribe_type": 3 })),
            INVALID,
            "unsubscribe_type must be 1 or 2",
        ),
        (
            with(&whole, &json!({ "unsubscribe_type": null })),
            INVALID,
            "unsubscribe_type",
        ),
        (
            with(&whole, &json!({ "unsubscribe_reason_type": 6 })),
            INVALID,
            "unsubscribe_reason_type",
        ),
        (
            with(&whole, &json!({ "unsubscribe_reason": "x".repeat(1025) })),
            INVALID,
            "unsubscribe_reason",
        ),
        (
            json!({ "unsubscribe_type": 1 }),
            INVALID,
            "resource_ids is required",
        ),
        (
            json!({ "resource_ids": [id] }),
            INVALID,
            "unsubscribe_type is required",
        ),
        (
            with(&whole, &json!({ "unsubscribe_type": 2 })),
            (400, "CBC.99003128"),
            "nothing has been renewed",
        ),
    ] {
        api.refused(("POST", UNSUBSCRIBE), Some(body), code, text)
            .await;
    }
    let other = api.other_account().await;
    let (status, answer) = api
        .call_as(&other.token, "POST", UNSUBSCRIBE, Some(whole.clone()))
        .await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (400, &json!(GONE.1))
    );
    for id in [&id, &plain] {
        assert_eq!(api.ca(id).await["status"], "ACTIVED");
    }
    let reasons = json!({ "unsubscribe_reason_type": 5, "unsubscribe_reason": "a test" });
    api.succeed("POST", UNSUBSCRIBE, Some(with(&whole, &reasons)))
        .await;
}
