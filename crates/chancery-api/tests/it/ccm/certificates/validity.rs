//! How long certificates are valid, judged from their bytes.

use chancery_pki::ExtendedKeyUsage;
use serde_json::{Value, json};

use super::contents::{issued, refuse};
use super::{certificate, desk, root, with};
use crate::support::{Api, DAY, MINUTE, NOW};

const HOUR: i64 = DAY / 24;

#[tokio::test]
async fn validity_in_four_units() {
    let (api, issuer) = desk().await;
    let asked = |validity: Value| {
        with(
            &certificate("leaf", &issuer),
            &json!({ "validity": validity }),
        )
    };
    let leap_day = 1_835_395_200_000; // 2028-02-29T00:00:00Z
    let year_later = 1_866_931_200_000; // 2029-02-28T00:00:00Z
    for (validity, from, to) in [
        (
            json!({ "type": "HOUR", "value": 1 }),
            NOW - MINUTE,
            NOW + HOUR,
        ),
        (
            json!({ "type": "DAY", "value": 30 }),
            NOW - MINUTE,
            NOW + 30 * DAY,
        ),
        (
            json!({ "type": "MONTH", "value": 12 }),
            NOW - MINUTE,
            NOW + 12 * 31 * DAY,
        ),
        (
            json!({ "type": "YEAR", "value": 2 }),
            NOW - MINUTE,
            NOW + (2 * 365 + 1) * DAY,
        ),
        (
            json!({ "type": "DAY", "value": "2", "start_from": NOW + DAY }),
            NOW + DAY,
            NOW + 3 * DAY,
        ),
        (
            json!({ "type": "DAY", "value": 2, "start_from": (NOW + DAY).to_string() }),
            NOW + DAY,
            NOW + 3 * DAY,
        ),
        (
            json!({ "type": "HOUR", "value": 2, "start_from": "" }),
            NOW - MINUTE,
            NOW + 2 * HOUR,
        ),
        (
            json!({ "type": "HOUR", "value": 2, "start_from": null }),
            NOW - MINUTE,
            NOW + 2 * HOUR,
        ),
        (
            json!({ "type": "HOUR", "value": 1, "start_from": NOW + 1_999 }),
            NOW + 1_000,
            NOW + 1_000 + HOUR,
        ),
        // A year has no 29th of February after a leap year.
        (
            json!({ "type": "YEAR", "value": 1, "start_from": leap_day }),
            leap_day,
            year_later,
        ),
        // As long as the issuer, to the second.
        (
            json!({ "type": "YEAR", "value": 10 }),
            NOW - MINUTE,
            NOW + (10 * 365 + 3) * DAY,
        ),
    ] {
        let read = issued(&api, asked(validity.clone())).await.validity();
        assert_eq!(
            (read.not_before_ms, read.not_after_ms),
            (from, to),
            "{validity}"
        );
    }
    let (length, outside) = ("PCA.00020109", "PCA.10010202");
    for (validity, code, text) in [
        (
            json!({ "type": "YEAR", "value": 21 }),
            length,
            "validity.value must be at least 1, and at most 20 years",
        ),
        (
            json!({ "type": "MONTH", "value": 240 }),
            length,
            "validity.value must be at least 1, and at most 20 years",
        ),
        (
            json!({ "type": "HOUR", "value": 0 }),
            length,
            "validity.value must be at least 1, and at most 20 years",
        ),
        (
            json!({ "type": "DAY", "value": -1 }),
            length,
            "validity.value must be at least 1, and at most 20 years",
        ),
        (
            json!({ "type": "day", "value": 1 }),
            length,
            "validity.type must be one of",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW - 5 * 60_000 - 1 }),
            length,
            "validity.start_from must not be more than 5 minutes ago",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW / 1000 }),
            length,
            "milliseconds since 1970",
        ),
        (
            json!({ "type": "YEAR", "value": 11 }),
            outside,
            "within the validity of the issuing CA",
        ),
        // One second past its end, and a minute before its beginning.
        (
            json!({ "type": "YEAR", "value": 10, "start_from": NOW + 1_000 }),
            outside,
            "within the validity of the issuing CA",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW - 2 * MINUTE }),
            outside,
            "within the validity of the issuing CA",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW + 11 * 365 * DAY }),
            outside,
            "within the validity of the issuing CA",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": "soon" }),
            "PCA.10010105",
            "validity.start_from",
        ),
    ] {
        refuse(&api, asked(validity), code, text).await;
    }
}

#[tokio::test]
async fn an_issuer_whose_time_has_not_come() {
    let api = Api::start().await;
    let later = json!({ "validity": { "type": "YEAR", "value": 1, "start_from": NOW + DAY } });
    let issuer = api.new_ca(with(&root("tomorrow"), &later)).await;
    let text = "within the validity of the issuing CA";
    refuse(&api, certificate("leaf", &issuer), "PCA.10010202", text).await;
    let body = with(
        &certificate("leaf", &issuer),
        &json!({ "validity": { "type": "DAY", "value": 1, "start_from": NOW + DAY } }),
    );
    let read = issued(&api, body).await;
    assert_eq!(read.validity().not_before_ms, NOW + DAY);
    // A clock that is 5 minutes behind is no reason to refuse.
    api.clock.advance_ms(DAY + 5 * 60_000);
    let mut api = api;
    api.log_in_again().await;
    let body = with(
        &certificate("leaf", &issuer),
        &json!({ "validity": { "type": "DAY", "value": 1, "start_from": (NOW + DAY).to_string() } }),
    );
    let read = issued(&api, body).await;
    assert_eq!(read.validity().not_before_ms, NOW + DAY);
    assert_eq!(read.extended_key_usages(), [] as [ExtendedKeyUsage; 0]);
}
