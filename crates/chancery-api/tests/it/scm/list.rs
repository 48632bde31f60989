//! `GET /v3/scm/certificates`.

use serde_json::{Value, json};

use super::material::{Chain, Wanted};
use crate::support::{Api, DAY, NOW};

const HOUR: i64 = 60 * 60 * 1000;
const PATH: &str = "/v3/scm/certificates";

/// Three certificates, in this order: `first` has expired, `second` ends last.
async fn three() -> Api {
    let api = Api::start().await;
    let chain = Chain::new();
    for (name, host, end) in [
        ("first", "one.example", HOUR),
        ("second", "*.two.example", 200 * DAY),
        ("third", "three.example", 100 * DAY),
    ] {
        let wanted = Wanted {
            common_name: host,
            names: &[host],
            validity: (-DAY, end),
            ..Wanted::default()
        };
        chain.bring(&api, name, &wanted).await;
    }
    api.clock.advance_ms(2 * HOUR);
    api
}

/// The names of a page, in order, and the number of all.
async fn names(api: &Api, query: &str) -> (Vec<String>, u64) {
    let answer = api.succeed("GET", &format!("{PATH}?{query}"), None).await;
    let rows = answer["certificates"].as_array().unwrap();
    let name = |row: &Value| row["name"].as_str().unwrap().to_owned();
    let total = answer["total_count"].as_u64().unwrap();
    (rows.iter().map(name).collect(), total)
}

#[tokio::test]
async fn every_field_of_a_row() {
    let api = three().await;
    let answer = api.succeed("GET", PATH, None).await;
    assert_eq!(answer["total_count"], 3);
    // The newest first.
    let expected = json!({
        "id": format!("scs{}", NOW + 1),
        "name": "second",
        "domain": "*.two.example",
        "sans": "",
        "signature_algorithm": "SHA256withECDSA",
        "deploy_support": false,
        "type": null,
        "brand": null,
        "expire_time": "2026-12-18 12:00:00.0",
        "domain_type": "WILDCARD",
        "validity_period": 7,
        "status": "UPLOAD",
        "domain_count": 1,
        "wildcard_count": 1,
        "description": null,
        "domain_id": api.domain_id,
        "enterprise_project_id": "0",
    });
    assert_eq!(answer["certificates"][1], expected);
    assert_eq!(answer["certificates"][2]["status"], "EXPIRED");
}

#[tokio::test]
async fn pages_and_orders() {
    let api = three().await;
    for (query, expected) in [
        ("", vec!["third", "second", "first"]),
        ("limit=2", vec!["third", "second"]),
        ("limit=2&offset=2", vec!["first"]),
        ("limit=10&offset=3", vec![]),
        ("sort_dir=ASC", vec!["first", "second", "third"]),
        (
            "sort_key=certUpdateTime&sort_dir=DESC",
            vec!["third", "second", "first"],
        ),
        (
            "sort_key=certExpiredTime&sort_dir=DESC",
            vec!["second", "third", "first"],
        ),
        (
            "sort_key=certExpiredTime&sort_dir=asc",
            vec!["first", "third", "second"],
        ),
        // EXPIRED comes before UPLOAD.
        (
            "sort_key=certStatus&sort_dir=ASC",
            vec!["first", "third", "second"],
        ),
    ] {
        let (found, total) = names(&api, query).await;
        assert_eq!(
            (found, total),
            (expected.into_iter().map(str::to_owned).collect(), 3),
            "{query}"
        );
    }
}

#[tokio::test]
async fn filters() {
    let api = three().await;
    for (query, expected) in [
        ("status=ALL", vec!["third", "second", "first"]),
        ("status=UPLOAD", vec!["third", "second"]),
        ("status=EXPIRED", vec!["first"]),
        ("status=ISSUED", vec![]),
        ("status=CANCLEREVOKING", vec![]),
        ("content=TWO.exam", vec!["second"]),
        ("content=ir", vec!["third", "first"]),
        ("content=%25", vec![]),
        (
            "enterprise_project_id=all",
            vec!["third", "second", "first"],
        ),
        ("enterprise_project_id=0", vec!["third", "second", "first"]),
        (
            "enterprise_project_id=6434f74f-2d13-4e6a-89eb-93ee313f1a43",
            vec![],
        ),
        (
            "owned_by_self=true&deploy_support=false",
            vec!["third", "second", "first"],
        ),
        ("deploy_support=true", vec![]),
        // Valid, or expired at most so many days ago.
        ("expired_days_since=0", vec!["third", "second"]),
        ("expired_days_since=1", vec!["third", "second", "first"]),
        ("expired_days_since=1&status=EXPIRED", vec!["first"]),
        ("expired_days_since=0&status=EXPIRED", vec![]),
    ] {
        let (found, total) = names(&api, query).await;
        assert_eq!(found, expected, "{query}");
        assert_eq!(total, expected.len() as u64, "{query}");
    }
}

#[tokio::test]
async fn refusals_name_the_parameter() {
    let api = Api::start().await;
    for (query, text) in [
        ("limit=1001", "limit must be a number from 0 to 1000"),
        ("limit=ten", "limit must be"),
        ("offset=-1", "offset must be"),
        (
            "sort_key=name",
            "sort_key must be one of certExpiredTime, certStatus, certUpdateTime",
        ),
        ("sort_dir=UP", "sort_dir must be ASC or DESC"),
        ("status=upload", "status must be one of ALL, PAID, ISSUED"),
        ("content=a%00b", "content must not hold"),
        (
            "enterprise_project_id=x",
            "enterprise_project_id must be all, 0",
        ),
        ("deploy_support=yes", "deploy_support must be true or false"),
        ("owned_by_self=1", "owned_by_self must be true or false"),
        (
            "expired_days_since=-1",
            "expired_days_since must be a number",
        ),
    ] {
        let path = format!("{PATH}?{query}");
        api.refused(("GET", &path), None, (400, "SCM.0005"), text)
            .await;
    }
}
