//! `GET /v1/private-certificate-authorities`.

use serde_json::{Value, json};

use crate::ccm::{CAS, pending, root, subordinate, with};
use crate::support::{Api, fields};

async fn list(api: &Api, query: &str) -> (u64, Vec<String>) {
    let answer = api.succeed("GET", &format!("{CAS}?{query}"), None).await;
    assert_eq!(fields(&answer), ["certificate_authorities", "total"]);
    let rows = answer["certificate_authorities"].as_array().unwrap();
    let names = rows
        .iter()
        .map(|row| {
            let name = &row["distinguished_name"]["common_name"];
            name.as_str().unwrap().to_owned()
        })
        .collect();
    (answer["total"].as_u64().unwrap(), names)
}

/// Five CAs, each made a second after the one before; `hourly` is valid for an hour.
async fn five(api: &Api) {
    let root_id = api.new_ca(root("delta")).await;
    let hour = json!({ "validity": { "type": "HOUR", "value": 1 } });
    for body in [
        subordinate("alpha", &root_id, 0),
        pending("charlie"),
        with(&root("hourly"), &hour),
        root("100_sure"),
    ] {
        api.clock.advance_ms(1000);
        api.new_ca(body).await;
    }
}

#[tokio::test]
async fn pages_and_orders() {
    let api = Api::start().await;
    five(&api).await;
    let newest_first = ["100_sure", "hourly", "charlie", "alpha", "delta"];
    for (query, expected) in [
        ("", &newest_first[..]),
        ("limit=1000", &newest_first),
        ("limit=2", &newest_first[..2]),
        ("limit=2&offset=2", &newest_first[2..4]),
        ("limit=2&offset=4", &newest_first[4..]),
        ("offset=5", &[]),
        ("offset=2147483647", &[]),
        ("limit=0", &[]),
        ("limit=", &newest_first),
        ("sort_key=create_time&sort_dir=desc", &newest_first),
        (
            "sort_key=create_time&sort_dir=ASC",
            &["delta", "alpha", "charlie", "hourly", "100_sure"],
        ),
        (
            "sort_key=common_name&sort_dir=ASC",
            &["100_sure", "alpha", "charlie", "delta", "hourly"],
        ),
        (
            "sort_key=common_name",
            &["hourly", "delta", "charlie", "alpha", "100_sure"],
        ),
        (
            // A waiting CA has none: that counts as the earliest.
            "sort_key=not_after&sort_dir=ASC",
            &["charlie", "hourly", "alpha", "delta", "100_sure"],
        ),
    ] {
        let (total, names) = list(&api, query).await;
        assert_eq!(total, 5, "{query}");
        assert_eq!(names, expected, "{query}");
    }
    let (_, names) = list(&api, "sort_key=type&sort_dir=ASC&limit=3").await;
    assert!(
        names
            .iter()
            .all(|name| !["alpha", "charlie"].contains(&name.as_str()))
    );
}

#[tokio::test]
async fn filters() {
    let api = Api::start().await;
    five(&api).await;
    for (query, expected) in [
        ("name=AL", &["alpha"][..]),
        ("name=ha", &["charlie", "alpha"]),
        ("name=l", &["hourly", "charlie", "alpha", "delta"]),
        ("name=_", &["100_sure"]),
        ("name=%25", &[]),
        ("name=%00", &[]),
        ("type=ROOT", &["100_sure", "hourly", "delta"]),
        ("type=SUBORDINATE", &["charlie", "alpha"]),
        ("status=PENDING", &["charlie"]),
        ("status=DELETED", &[]),
        ("status=REVOKED", &[]),
        ("status=EXPIRED", &[]),
        ("status=ACTIVED&type=ROOT&name=r", &["100_sure", "hourly"]),
    ] {
        let (total, names) = list(&api, query).await;
        assert_eq!(names, expected, "{query}");
        assert_eq!(total, expected.len() as u64, "{query}");
    }
    // Time alone moves a CA from one list to the other.
    api.clock.advance_ms(60 * 60 * 1000);
    assert_eq!(
        list(&api, "status=EXPIRED").await,
        (1, vec!["hourly".to_owned()])
    );
    let (total, names) = list(&api, "status=ACTIVED").await;
    assert_eq!((total, names.contains(&"hourly".to_owned())), (3, false));
}

#[tokio::test]
async fn a_row_reads_like_the_ca_itself() {
    let api = Api::start().await;
    let id = api.new_ca(root("one")).await;
    let answer = api.succeed("GET", CAS, None).await;
    assert_eq!(answer["certificate_authorities"][0], api.ca(&id).await);
}

#[tokio::test]
async fn queries_that_are_refused() {
    let api = Api::start().await;
    for (query, text) in [
        ("limit=1001", "limit must be a number from 0 to 1000"),
        ("limit=-1", "limit must be a number"),
        ("limit=ten", "limit must be a number"),
        ("offset=-1", "offset must be a number"),
        ("offset=99999999999999999999", "offset must be a number"),
        (
            "sort_key=size",
            "sort_key must be one of create_time, common_name, type, not_after",
        ),
        ("sort_dir=up", "sort_dir must be ASC or DESC"),
        (
            "status=ACTIVE",
            "status must be one of PENDING, ACTIVED, DISABLED, DELETED, EXPIRED, REVOKED",
        ),
    ] {
        let path = format!("{CAS}?{query}");
        api.refused(("GET", &path), None, (400, "PCA.10010105"), text)
            .await;
    }
    let path = format!("{CAS}?type=root");
    let text = "type must be ROOT or SUBORDINATE";
    api.refused(("GET", &path), None, (400, "PCA.00020202"), text)
        .await;
    assert_eq!(api.succeed("GET", CAS, None).await["total"], Value::from(0));
}
