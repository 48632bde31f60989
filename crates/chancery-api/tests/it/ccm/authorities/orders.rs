//! `…/order`, and what becomes of the CAs that were bought.

use serde_json::{Value, json};

use crate::ccm::{CAS, activation, name, pending, root, subordinate, text, with, without};
use crate::support::Api;

/// An order as Terraform's provider makes it.
pub(crate) fn order(count: i64) -> Value {
    json!({
        "cloud_service_type": "hws.service.type.ccm", "charging_mode": 0, "period_type": 3,
        "period_num": 1, "is_auto_renew": 0, "is_auto_pay": 1, "subscription_num": count,
        "enterprise_project_id": "",
        "product_infos": [{
            "cloud_service_type": "hws.service.type.ccm",
            "resource_type": "hws.resource.type.pca.duration",
            "resource_spec_code": "ca.duration",
        }],
    })
}

/// What an activation has more of a CA that was bought.
fn described(kind: &str, common_name: &str) -> Value {
    json!({
        "type": kind, "distinguished_name": name(common_name), "key_algorithm": "EC384",
        "signature_algorithm": "SHA384", "validity": { "type": "YEAR", "value": 1 },
        "key_usages": ["digitalSignature", "keyCertSign", "cRLSign"],
        "enterprise_project_id": "",
    })
}

async fn bought(api: &Api) -> String {
    let path = format!("{CAS}/order");
    let answer = api.succeed("POST", &path, Some(order(1))).await;
    text(&answer["ca_ids"][0])
}

#[tokio::test]
async fn a_ca_that_was_bought_waits() {
    let api = Api::start().await;
    let path = format!("{CAS}/order");
    let answer = api.succeed("POST", &path, Some(order(2))).await;
    let number = text(&answer["order_id"]);
    assert!(number.starts_with("CS") && number.len() == 16, "{number}");
    let ids = answer["ca_ids"].as_array().unwrap();
    assert_eq!(ids.len(), 2);
    let id = text(&ids[0]);
    let shown = api.ca(&id).await;
    assert_eq!(shown["status"], "PENDING");
    assert_eq!(shown["charging_mode"], 0);
    for field in [
        "type",
        "key_algorithm",
        "signature_algorithm",
        "path_length",
    ] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    assert_eq!(shown["distinguished_name"]["common_name"], Value::Null);
    let listed = api.succeed("GET", CAS, None).await;
    assert_eq!(listed["total"], 2);
    let quotas = api.succeed("GET", &format!("{CAS}/quotas"), None).await;
    assert_eq!(quotas["quotas"]["resources"][0]["used"], 2);

    // There is no key yet.
    let state = (400, "PCA.10010201");
    let one = format!("{CAS}/{id}");
    let import = json!({ "certificate": "c" });
    for (method, step, body, text) in [
        ("GET", "/csr", None, "has no key until it is activated"),
        (
            "POST",
            "/import",
            Some(import),
            "has no key until it is activated",
        ),
        ("POST", "/export", None, "PENDING"),
        ("POST", "/disable", None, "PENDING"),
    ] {
        let path = format!("{one}{step}");
        api.refused((method, &path), body, state, text).await;
    }
    api.succeed("DELETE", &one, None).await;
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 1);
}

#[tokio::test]
async fn its_activation_says_what_it_is() {
    let api = Api::start().await;
    let top = bought(&api).await;
    let tag = json!({ "tags": [{ "key": "k", "value": "v" }] });
    let tags = format!("{CAS}/{top}/tags");
    api.succeed("POST", &format!("{tags}/create"), Some(tag.clone()))
        .await;
    let created = api.ca(&top).await["create_time"].clone();
    api.clock.advance_ms(1_000);
    // Terraform's provider sends no issuer for a root.
    let path = format!("{CAS}/{top}/activate");
    api.succeed("POST", &path, Some(described("ROOT", "bought root")))
        .await;
    let shown = api.ca(&top).await;
    for (field, value) in [
        ("type", json!("ROOT")),
        ("status", json!("ACTIVED")),
        ("key_algorithm", json!("EC384")),
        ("signature_algorithm", json!("SHA384")),
        ("distinguished_name", name("bought root")),
        ("charging_mode", json!(0)),
        ("path_length", json!(7)),
        ("issuer_id", Value::Null),
        ("create_time", created),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }
    assert_eq!(api.succeed("GET", &tags, None).await, tag);

    let below = bought(&api).await;
    let more = json!({ "issuer_id": top, "path_length": 2 });
    let body = with(&described("SUBORDINATE", "bought below"), &more);
    let path = format!("{CAS}/{below}/activate");
    api.succeed("POST", &path, Some(body.clone())).await;
    let shown = api.ca(&below).await;
    assert_eq!(shown["issuer_id"], top.as_str());
    assert_eq!(shown["path_length"], 2);
    let (certificate, chain) = api.exported_ca(&below).await;
    assert!(!certificate.is_empty());
    assert_eq!(chain, api.exported_ca(&top).await.0);
    let again = (400, "PCA.10010201");
    api.refused(("POST", &path), Some(body), again, "ACTIVED")
        .await;
    api.new_ca(subordinate("issued", &below, 0)).await;
}

#[tokio::test]
async fn a_call_that_creates_may_say_it_too() {
    let api = Api::start().await;
    let (top, waiting) = (bought(&api).await, bought(&api).await);
    let of = |body: Value, id: &str| Some(with(&body, &json!({ "ca_id": id })));
    let answer = api.succeed("POST", CAS, of(root("top"), &top)).await;
    assert_eq!(answer["ca_id"], top.as_str());
    assert_eq!(api.ca(&top).await["status"], "ACTIVED");

    api.succeed("POST", CAS, of(pending("below"), &waiting))
        .await;
    let shown = api.ca(&waiting).await;
    assert_eq!(shown["status"], "PENDING");
    assert_eq!(shown["type"], "SUBORDINATE");
    assert_eq!(shown["charging_mode"], 0);
    // It has a key and a name now, and is activated like any other.
    api.succeed("GET", &format!("{CAS}/{waiting}/csr"), None)
        .await;
    let path = format!("{CAS}/{waiting}/activate");
    api.succeed("POST", &path, Some(activation(&top))).await;
    assert_eq!(api.ca(&waiting).await["distinguished_name"], name("below"));

    let plain = api.new_ca(pending("plain")).await;
    let before = api.succeed("GET", CAS, None).await["total"].clone();
    for (id, code, text) in [
        (top.as_str(), (400, "PCA.10010201"), "ca_id must be that of"),
        (&plain, (400, "PCA.10010201"), "ca_id must be that of"),
        (crate::ccm::NO_ID, (404, "PCA.10010002"), "does not exist"),
        ("x", (400, "PCA.00020201"), "ca_id must be an id"),
    ] {
        let body = of(root("another"), id);
        api.refused(("POST", CAS), body, code, text).await;
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], before);
    let other = api.other_account().await;
    let mine = bought(&api).await;
    let (status, _) = api
        .call_as(&other.token, "POST", CAS, of(root("theirs"), &mine))
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_its_activation_lacks_is_named() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("above")).await;
    let id = bought(&api).await;
    let path = format!("{CAS}/{id}/activate");
    let whole = with(
        &described("SUBORDINATE", "below"),
        &json!({ "issuer_id": issuer }),
    );
    for field in [
        "type",
        "distinguished_name",
        "key_algorithm",
        "issuer_id",
        "signature_algorithm",
        "validity",
    ] {
        let (status, answer) = api.call("POST", &path, Some(without(&whole, field))).await;
        assert_eq!(status, 400, "{field}: {answer}");
        let said = text(&answer["error_msg"]);
        assert!(said.contains(field) && said.contains("required"), "{said}");
    }
    for (more, code, text) in [
        (
            json!({ "type": "LEAF" }),
            (400, "PCA.00020202"),
            "type must be",
        ),
        (
            json!({ "key_algorithm": "DSA" }),
            (400, "PCA.00020102"),
            "key_algorithm must be",
        ),
        (
            json!({ "signature_algorithm": "SM3" }),
            (400, "PCA.00020103"),
            "signature_algorithm",
        ),
        (
            json!({ "distinguished_name": { "common_name": "x" } }),
            (400, "PCA.00020101"),
            "distinguished_name",
        ),
        (
            json!({ "path_length": 7 }),
            (400, "PCA.00020203"),
            "path_length",
        ),
    ] {
        let body = Some(with(&whole, &more));
        api.refused(("POST", &path), body, code, text).await;
    }
    let shown = api.ca(&id).await;
    assert_eq!(
        (&shown["status"], &shown["type"]),
        (&json!("PENDING"), &Value::Null)
    );
    api.succeed("POST", &path, Some(whole)).await;
}

#[tokio::test]
async fn orders_keep_to_their_limits() {
    let api = Api::start().await;
    let path = format!("{CAS}/order");
    let product = |field: &str| {
        let mut body = order(1);
        body["product_infos"][0][field] = json!("else");
        body
    };
    let changed = |more: Value| with(&order(1), &more);
    let invalid = (400, "PCA.10010105");
    for (body, text) in [
        (
            changed(json!({ "cloud_service_type": "x" })),
            "cloud_service_type",
        ),
        (changed(json!({ "charging_mode": 1 })), "charging_mode"),
        (changed(json!({ "period_type": 4 })), "period_type"),
        (changed(json!({ "period_num": 0 })), "period_num"),
        (changed(json!({ "period_num": null })), "period_num"),
        (changed(json!({ "is_auto_renew": 2 })), "is_auto_renew"),
        (changed(json!({ "is_auto_pay": 2 })), "is_auto_pay"),
        (
            changed(json!({ "subscription_num": 0 })),
            "subscription_num",
        ),
        (
            changed(json!({ "subscription_num": 101 })),
            "subscription_num",
        ),
        (
            changed(json!({ "enterprise_project_id": "all" })),
            "enterprise_project_id",
        ),
        (changed(json!({ "product_infos": [] })), "product_infos"),
        (
            product("cloud_service_type"),
            "product_infos.cloud_service_type",
        ),
        (product("resource_type"), "product_infos.resource_type"),
        (
            product("resource_spec_code"),
            "product_infos.resource_spec_code",
        ),
    ] {
        api.refused(("POST", &path), Some(body), invalid, text)
            .await;
    }
    for field in [
        "cloud_service_type",
        "charging_mode",
        "period_type",
        "period_num",
        "is_auto_renew",
        "subscription_num",
        "product_infos",
    ] {
        let (status, answer) = api
            .call("POST", &path, Some(without(&order(1), field)))
            .await;
        assert_eq!(status, 400, "{field}");
        assert!(text(&answer["error_msg"]).contains(field), "{answer}");
    }
    // All or none.
    api.new_ca(root("one")).await;
    api.refused(
        ("POST", &path),
        Some(order(100)),
        (400, "PCA.10010203"),
        "at most 100",
    )
    .await;
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 1);
    api.succeed("POST", &path, Some(order(99))).await;
}
