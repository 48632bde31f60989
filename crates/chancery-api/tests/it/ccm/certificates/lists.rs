//! `GET /v1/private-certificates`.

use serde_json::json;

use super::{CERTIFICATES, certificate, desk, with};
use crate::ccm::subordinate;
use crate::support::{Api, fields};

async fn list(api: &Api, query: &str) -> (u64, Vec<String>) {
    let path = format!("{CERTIFICATES}?{query}");
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(fields(&answer), ["certificates", "total"]);
    let rows = answer["certificates"].as_array().unwrap();
    let names = rows
        .iter()
        .map(|row| {
            let name = &row["distinguished_name"]["common_name"];
            name.as_str().unwrap().to_owned()
        })
        .collect();
    (answer["total"].as_u64().unwrap(), names)
}

/// Four certificates of two issuers, each made a second after the one before; `hourly` is valid
/// for an hour, `gone` is revoked.
async fn four() -> Api {
    let (api, issuer) = desk().await;
    let second = api.new_ca(subordinate("a sub", &issuer, 0)).await;
    let hour = json!({ "validity": { "type": "HOUR", "value": 1 } });
    let mut last = String::new();
    for body in [
        certificate("www.example.com", &issuer),
        certificate("api.example.com", &second),
        with(&certificate("hourly", &issuer), &hour),
        certificate("gone", &second),
    ] {
        api.clock.advance_ms(1000);
        last = api.new_certificate(body).await;
    }
    let path = format!("{CERTIFICATES}/{last}/revoke");
    api.succeed("POST", &path, Some(json!({}))).await;
    api
}

#[tokio::test]
async fn pages_and_orders() {
    let api = four().await;
    let newest_first = ["gone", "hourly", "api.example.com", "www.example.com"];
    for (query, expected) in [
        ("", &newest_first[..]),
        ("limit=1000", &newest_first),
        ("limit=1", &newest_first[..1]),
        ("limit=2&offset=1", &newest_first[1..3]),
        ("offset=4", &[]),
        ("limit=0", &[]),
        ("sort_key=create_time&sort_dir=desc", &newest_first),
        (
            "sort_key=common_name&sort_dir=ASC",
            &["api.example.com", "gone", "hourly", "www.example.com"],
        ),
        (
            "sort_key=not_after&sort_dir=ASC",
            &["hourly", "www.example.com", "api.example.com", "gone"],
        ),
    ] {
        let (total, names) = list(&api, query).await;
        assert_eq!((total, &names[..]), (4, &strings(expected)[..]), "{query}");
    }
    let (_, names) = list(&api, "sort_key=issuer_name&sort_dir=ASC&limit=2").await;
    assert!(names.contains(&"gone".to_owned()) && names.contains(&"api.example.com".to_owned()));
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn filters() {
    let api = four().await;
    for (query, expected) in [
        ("name=EXAMPLE", &["api.example.com", "www.example.com"][..]),
        ("name=%25", &[]),
        ("name=nothing", &[]),
        (
            "status=ISSUED",
            &["hourly", "api.example.com", "www.example.com"],
        ),
        ("status=REVOKED", &["gone"]),
        ("status=EXPIRED", &[]),
        ("status=ISSUED&name=www&limit=1", &["www.example.com"]),
    ] {
        let found = list(&api, query).await;
        let expected = (expected.len() as u64, strings(expected));
        assert_eq!(found, expected, "{query}");
    }
    api.clock.advance_ms(60 * 60 * 1000);
    assert_eq!(
        list(&api, "status=EXPIRED").await,
        (1, strings(&["hourly"]))
    );
    assert_eq!(list(&api, "status=ISSUED").await.0, 2);
    let answer = api
        .succeed("GET", &format!("{CERTIFICATES}?name=hourly"), None)
        .await;
    assert_eq!(answer["certificates"][0]["status"], "EXPIRED");
}

#[tokio::test]
async fn a_row_reads_like_the_certificate_itself() {
    let api = four().await;
    let answer = api.succeed("GET", CERTIFICATES, None).await;
    let row = &answer["certificates"][0];
    let id = row["certificate_id"].as_str().unwrap();
    let shown = api
        .succeed("GET", &format!("{CERTIFICATES}/{id}"), None)
        .await;
    assert_eq!(*row, shown);
}

#[tokio::test]
async fn queries_that_are_refused() {
    let (api, _) = desk().await;
    for (query, text) in [
        ("limit=1001", "limit must be a number from 0 to 1000"),
        ("offset=x", "offset must be a number"),
        (
            "sort_key=type",
            "sort_key must be one of create_time, common_name, issuer_name, not_after",
        ),
        ("sort_dir=up", "sort_dir must be ASC or DESC"),
        (
            "status=issued",
            "status must be one of ISSUED, EXPIRED, REVOKED",
        ),
    ] {
        let path = format!("{CERTIFICATES}?{query}");
        api.refused(("GET", &path), None, (400, "PCA.10010105"), text)
            .await;
    }
}
