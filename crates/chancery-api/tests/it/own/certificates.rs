//! `/chancery/v1/certificates`, `/authorities`, `/store-certificates`: found by what is in them, and decoded.

use serde_json::{Value, json};

use crate::ccm::{CERTIFICATES, certificate, pending, root, text, with};
use crate::scm::material::{Chain, Wanted};
use crate::support::{Api, DAY, NOW, fields};

const PATH: &str = "/chancery/v1/certificates";
const CAS: &str = "/chancery/v1/authorities";
const STORE: &str = "/chancery/v1/store-certificates";

async fn issued(api: &Api, issuer: &str, name: &str, sans: &[(&str, &str)]) -> String {
    let sans: Vec<_> = sans
        .iter()
        .map(|(kind, value)| json!({ "type": kind, "value": value }))
        .collect();
    let body = with(
        &certificate(name, issuer),
        &json!({ "subject_alternative_names": sans }),
    );
    api.new_certificate(body).await
}

/// The names of what is found, as it comes.
async fn found(api: &Api, query: &str) -> Vec<String> {
    let answer = api.succeed("GET", &format!("{PATH}?{query}"), None).await;
    let rows = answer["certificates"].as_array().unwrap().iter();
    rows.map(|row| text(&row["name"])).collect()
}

#[tokio::test]
async fn certificates_are_found_by_what_is_in_them() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let other = api.new_ca(root("other")).await;
    let shop = [
        ("DNS", "www.Shop.example.com"),
        ("DNS", "*.example.net"),
        ("IP", "192.0.2.7"),
        ("IP", "2001:DB8:0:0::7"),
        ("EMAIL", "ops@example.org"),
        ("URI", "https://example.org/x"),
    ];
    let id = issued(&api, &issuer, "Shop", &shop).await;
    issued(&api, &issuer, "mail.example.com", &[]).await;
    issued(&api, &other, "elsewhere", &[("DNS", "elsewhere.example")]).await;
    let one = api.succeed("GET", &format!("{PATH}/{id}"), None).await;
    let serial = text(&one["certificate"]["serial_number"]);
    let print = |field: &str| text(&one["certificate"][field]);
    let colons = |hex: &str| {
        let octets = hex.as_bytes().chunks(2);
        let octets: Vec<_> = octets.map(|two| String::from_utf8_lossy(two)).collect();
        octets.join(":")
    };
    for query in [
        "san=shop",
        "san=SHOP.example",
        "san=www.shop.example.com",
        "san=example.net",
        "san=*.example.net",
        "san=192.0.2.",
        "san=2001:db8::7",
        "san=2001:0db8::0:7",
        "san=ops@",
        "san=https://example.org",
        "name=sho",
        &format!("serial={serial}"),
        &format!("serial=00:{}", colons(&serial.to_lowercase())),
        &format!("serial={}", &serial[..8]),
        &format!("fingerprint={}", print("fingerprint_sha256")),
        &format!(
            "fingerprint={}",
            colons(&print("fingerprint_sha1").to_uppercase())
        ),
        &format!("fingerprint={}", &print("fingerprint_sha256")[..8]),
        &format!("id_prefix={}", &id[..8]),
        &format!("id_prefix={id}"),
        &format!("issuer_id={issuer}&san=shop&name=Shop"),
    ] {
        assert_eq!(found(&api, query).await, ["Shop"], "{query}");
    }
    let mut both = found(&api, "san=example.com").await;
    // Made at the same time, they are in the order of their ids.
    both.sort_unstable();
    assert_eq!(both, ["Shop", "mail.example.com"]);
    assert_eq!(
        found(&api, &format!("issuer_id={other}")).await,
        ["elsewhere"]
    );
    assert_eq!(found(&api, "").await.len(), 3);
    for query in [
        "san=hop",
        "san=shop&name=mail",
        "name=hop",
        "serial=12345678",
        "san=%25",
        "san=_hop",
    ] {
        assert_eq!(found(&api, query).await, [""; 0], "{query}");
    }
    // With the certificate goes what it is found by.
    api.succeed("DELETE", &format!("{CERTIFICATES}/{id}"), None)
        .await;
    assert_eq!(found(&api, "san=shop").await, [""; 0]);
}

#[tokio::test]
async fn what_ends_first_comes_first_page_by_page() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    for (name, days) in [("c", 30), ("a", 10), ("d", 40), ("b", 20), ("bb", 20)] {
        let body = with(
            &certificate(name, &issuer),
            &json!({ "validity": { "type": "DAY", "value": days } }),
        );
        api.new_certificate(body).await;
    }
    let mut names = Vec::new();
    let mut marker = String::new();
    for page in 0.. {
        let path = format!("{PATH}?sort=not_after&limit=2&marker={marker}");
        let answer = api.succeed("GET", &path, None).await;
        let rows = answer["certificates"].as_array().unwrap();
        names.extend(rows.iter().map(|row| text(&row["name"])));
        match answer["next_marker"].as_str() {
            Some(next) => marker = next.to_owned(),
            None => {
                assert_eq!(page, 2);
                break;
            }
        }
    }
    names[1..3].sort_unstable();
    assert_eq!(names, ["a", "b", "bb", "c", "d"]);
    let at = |days: i64| {
        let time = jiff::Timestamp::from_millisecond(NOW + days * DAY).unwrap();
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let query = format!(
        "sort=not_after&expires_after={}&expires_before={}",
        at(15),
        at(35)
    );
    let mut between = found(&api, &query).await;
    between[..2].sort_unstable();
    assert_eq!(between, ["b", "bb", "c"]);
}

#[tokio::test]
async fn what_nothing_could_meet_is_refused_by_its_name() {
    let api = Api::start().await;
    for (query, says) in [
        ("serial=12", "serial must have 8 to 64 hexadecimal digits"),
        ("fingerprint=nothing-here", "fingerprint must have 8 to 64"),
        ("id_prefix=abc", "id_prefix must have 4 to 36 characters"),
        ("id_prefix=ABCD", "id_prefix must have"),
        ("issuer_id=x", "issuer_id must be an id"),
        (
            "expires_after=tomorrow",
            "expires_after must be a time of RFC 3339",
        ),
        ("expires_before=1", "expires_before must be a time"),
        ("sort=name", "sort must be created_at or not_after"),
        ("limit=0", "limit must be a number from 1 to 1000"),
        ("limit=1001", "limit must be a number"),
        ("marker=x", "marker must be the next_marker"),
        (
            &format!("san={}", "a".repeat(254)),
            "san must have 1 to 253",
        ),
    ] {
        let (status, answer) = api.call("GET", &format!("{PATH}?{query}"), None).await;
        assert_eq!(
            (status.as_u16(), &answer["error_code"]),
            (400, &json!("CHANCERY.0400")),
            "{query}"
        );
        let said = text(&answer["error_msg"]);
        assert!(said.starts_with(says), "{query}: {said}");
    }
    for (path, status) in [
        (format!("{PATH}/x"), 400),
        (format!("{PATH}/00000000-0000-4000-8000-00000000000f"), 404),
        (format!("{CAS}/x"), 400),
        (format!("{CAS}/00000000-0000-4000-8000-00000000000f"), 404),
        (format!("{STORE}/x"), 404),
        (format!("{STORE}/scs1234567890123"), 404),
    ] {
        let (found, answer) = api.call("GET", &path, None).await;
        assert_eq!(found.as_u16(), status, "{path}: {answer}");
    }
}

fn extension<'a>(certificate: &'a Value, name: &str) -> &'a Value {
    let mut all = certificate["extensions"].as_array().unwrap().iter();
    all.find(|one| one["name"] == name).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn all_that_a_certificate_holds_is_shown() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let body = with(
        &certificate("www.example.com", &issuer),
        &json!({
            "subject_alternative_names": [{ "type": "DNS", "value": "www.example.com" }],
            "customized_extension": { "object_identifier": "1.3.6.1.4.1.2011.4.99", "value": "a" },
        }),
    );
    let id = api.new_certificate(body).await;
    let shown = api.succeed("GET", &format!("{PATH}/{id}"), None).await;
    assert_eq!(
        fields(&shown),
        [
            "certificate",
            "chain_pem",
            "created_at",
            "encryption_certificate",
            "enterprise_project_id",
            "has_private_key",
            "id",
            "issuer_id",
            "issuer_name",
            "kind",
            "name",
            "revocation_reason",
            "revoked_at",
            "status"
        ]
    );
    assert_eq!(
        (
            &shown["kind"],
            &shown["status"],
            &shown["has_private_key"],
            &shown["issuer_id"]
        ),
        (
            &json!("private"),
            &json!("ISSUED"),
            &json!(true),
            &json!(issuer)
        )
    );
    let inside = &shown["certificate"];
    assert_eq!(inside["version"], 3);
    assert_eq!(inside["signature_algorithm"]["name"], "SHA256withECDSA");
    assert_eq!(inside["public_key"]["curve"], "P-256");
    assert!(text(&inside["subject"]["text"]).contains("CN=www.example.com"));
    assert_eq!(
        extension(inside, "basicConstraints")["value"],
        json!({ "ca": false, "path_length": null })
    );
    assert_eq!(
        extension(inside, "subjectAltName")["value"],
        json!([{ "type": "DNS", "value": "www.example.com" }])
    );
    let own = inside["extensions"].as_array().unwrap().iter();
    let own = own
        .clone()
        .find(|one| one["oid"] == "1.3.6.1.4.1.2011.4.99");
    assert_eq!(own.unwrap()["hex"], "0C0161");
    // The texts are those that an export gives.
    let exported = crate::ccm::certificates::exported(&api, &id).await;
    let lines = |text: &Value| {
        text.as_str()
            .unwrap()
            .replace("\r\n", "\n")
            .trim()
            .to_owned()
    };
    assert_eq!(lines(&inside["pem"]), lines(&exported["certificate"]));
    assert_eq!(
        lines(&shown["chain_pem"]),
        lines(&exported["certificate_chain"])
    );

    let revoke = format!("{CERTIFICATES}/{id}/revoke");
    api.succeed("POST", &revoke, Some(json!({ "reason": "KEY_COMPROMISE" })))
        .await;
    let shown = api.succeed("GET", &format!("{PATH}/{id}"), None).await;
    assert_eq!(shown["revocation_reason"], "KEY_COMPROMISE");
    assert_eq!(text(&shown["revoked_at"]).len(), 20);
}

#[tokio::test]
async fn authorities_pairs_and_stored_certificates_are_shown_alike() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let shown = api.succeed("GET", &format!("{CAS}/{issuer}"), None).await;
    assert_eq!(
        (&shown["kind"], &shown["chain_pem"]),
        (&json!("authority"), &json!(""))
    );
    assert_eq!(
        shown["certificate"]["subject"],
        shown["certificate"]["issuer"]
    );
    assert_eq!(
        extension(&shown["certificate"], "basicConstraints")["value"]["ca"],
        true
    );
    let waiting = api.new_ca(pending("waiting")).await;
    let shown = api.succeed("GET", &format!("{CAS}/{waiting}"), None).await;
    assert_eq!(
        (&shown["status"], &shown["certificate"]),
        (&json!("PENDING"), &Value::Null)
    );

    let sm2 = json!({ "key_algorithm": "SM2", "signature_algorithm": "SM3" });
    let sm2_root = api.new_ca(with(&root("sm2"), &sm2)).await;
    let pair = api
        .new_certificate(with(&certificate("pair", &sm2_root), &sm2))
        .await;
    let shown = api.succeed("GET", &format!("{PATH}/{pair}"), None).await;
    let (signing, encryption) = (&shown["certificate"], &shown["encryption_certificate"]);
    assert_eq!(signing["public_key"]["algorithm"], "SM2");
    assert_ne!(signing["serial_number"], encryption["serial_number"]);
    for half in [signing, encryption] {
        let serial = text(&half["serial_number"]);
        assert_eq!(found(&api, &format!("serial={serial}")).await, ["pair"]);
    }

    let hierarchy = Chain::new();
    let stored = hierarchy.bring(&api, "shop", &Wanted::default()).await;
    let shown = api.succeed("GET", &format!("{STORE}/{stored}"), None).await;
    assert_eq!(
        (&shown["kind"], &shown["name"]),
        (&json!("store"), &json!("shop"))
    );
    assert!(text(&shown["certificate"]["pem"]).starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(text(&shown["chain_pem"]).contains("BEGIN CERTIFICATE"));
}
