//! What a new CA may be: names, algorithms, validity, path length, quota.

use serde_json::{Value, json};

use crate::ccm::{
    CAS, CERTIFICATES, NO_ID, activation, certificate, name, pending, root, subordinate, with,
    without,
};
use crate::support::{Api, DAY, MINUTE, NOW};
use crate::tools::{installed, openssl, printed, write};

async fn refuse(api: &Api, body: Value, code: &str, text: &str) {
    api.refused(("POST", CAS), Some(body), (400, code), text)
        .await;
}

#[tokio::test]
async fn fields_that_a_root_needs() {
    let api = Api::start().await;
    let new = root("root");
    for (field, code, text) in [
        ("type", "PCA.10010105", "type is required"),
        (
            "distinguished_name",
            "PCA.10010105",
            "distinguished_name is required",
        ),
        ("key_algorithm", "PCA.10010105", "key_algorithm is required"),
        (
            "signature_algorithm",
            "PCA.00020103",
            "signature_algorithm is required for a root CA",
        ),
        (
            "validity",
            "PCA.00020109",
            "validity is required for a root CA",
        ),
    ] {
        refuse(&api, without(&new, field), code, text).await;
    }
    for attribute in [
        "common_name",
        "country",
        "state",
        "locality",
        "organization",
        "organizational_unit",
    ] {
        let field = format!("distinguished_name.{attribute} is required");
        let short = json!({ "distinguished_name": without(&name("n"), attribute) });
        refuse(&api, with(&new, &short), "PCA.00020101", &field).await;
        let empty = with(&name("n"), &json!({ attribute: "" }));
        let empty = json!({ "distinguished_name": empty });
        refuse(&api, with(&new, &empty), "PCA.00020101", &field).await;
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 0);
}

#[tokio::test]
async fn values_outside_their_lists() {
    let api = Api::start().await;
    let new = root("root");
    for (more, code, text) in [
        (
            json!({ "type": "root" }),
            "PCA.00020202",
            "type must be ROOT or SUBORDINATE",
        ),
        (
            json!({ "key_algorithm": "RSA1024" }),
            "PCA.00020102",
            "key_algorithm must be one of RSA2048, RSA4096, EC256, EC384",
        ),
        (
            json!({ "key_algorithm": "RSA3072" }),
            "PCA.00020102",
            "key_algorithm must be one of",
        ),
        (
            json!({ "signature_algorithm": "SHA1" }),
            "PCA.00020103",
            "signature_algorithm must be one of SHA256, SHA384, SHA512",
        ),
        (
            json!({ "key_usages": ["digitalSignature", "sign"] }),
            "PCA.10010105",
            "key_usages must be one of",
        ),
        (
            json!({ "key_usages": [5] }),
            "PCA.10010105",
            "key_usages[0] must be a string",
        ),
        (
            json!({ "enterprise_project_id": "all" }),
            "PCA.10010105",
            "enterprise_project_id must be 0 or",
        ),
        (
            json!({ "issuer_id": "x" }),
            "PCA.00020201",
            "issuer_id must be an id",
        ),
        (
            json!({ "distinguished_name": with(&name("n"), &json!({ "country": "CHN" })) }),
            "PCA.00020101",
            "distinguished_name.country must have 2 characters",
        ),
        (
            json!({ "distinguished_name": name("a/b") }),
            "PCA.00020101",
            "distinguished_name.common_name must have",
        ),
        (
            json!({ "distinguished_name": name("a\u{0}b") }),
            "PCA.00020101",
            "distinguished_name.common_name must have",
        ),
    ] {
        refuse(&api, with(&new, &more), code, text).await;
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 0);
}

#[tokio::test]
async fn validity() {
    let api = Api::start().await;
    let new = |validity: Value| with(&root("root"), &json!({ "validity": validity }));
    let value = "validity.value must be at least 1, and at most 30 years in all";
    for (validity, code, text) in [
        (
            json!({ "type": "YEAR", "value": 31 }),
            "PCA.00020109",
            value,
        ),
        (
            json!({ "type": "YEAR", "value": "31" }),
            "PCA.00020109",
            value,
        ),
        (json!({ "type": "YEAR", "value": 0 }), "PCA.00020109", value),
        (json!({ "type": "DAY", "value": -1 }), "PCA.00020109", value),
        (
            json!({ "type": "MONTH", "value": i64::MAX }),
            "PCA.00020109",
            value,
        ),
        (
            json!({ "type": "WEEK", "value": 1 }),
            "PCA.00020109",
            "validity.type must be one of YEAR, MONTH, DAY, HOUR",
        ),
        (
            json!({ "type": "YEAR", "value": "" }),
            "PCA.00020109",
            "validity.value is required",
        ),
        (
            json!({ "type": "YEAR" }),
            "PCA.10010105",
            "validity.value is required",
        ),
        (
            json!({ "value": 1 }),
            "PCA.10010105",
            "validity.type is required",
        ),
        (
            json!({ "type": "YEAR", "value": 1.5 }),
            "PCA.10010105",
            "validity.value must be a whole number",
        ),
        (
            json!({ "type": "YEAR", "value": "1y" }),
            "PCA.10010105",
            "validity.value must be a whole number",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW - 5 * 60_000 - 1 }),
            "PCA.00020109",
            "validity.start_from must not be more than 5 minutes ago",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW / 1000 }),
            "PCA.00020109",
            "in milliseconds since 1970",
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": i64::MAX }),
            "PCA.00020109",
            "validity.",
        ),
    ] {
        refuse(&api, new(validity), code, text).await;
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 0);

    for (validity, from, to) in [
        (
            json!({ "type": "DAY", "value": "2" }),
            NOW - MINUTE,
            NOW + 2 * DAY,
        ),
        (
            json!({ "type": "MONTH", "value": 2 }),
            NOW - MINUTE,
            NOW + 62 * DAY,
        ),
        (
            json!({ "type": "HOUR", "value": 36, "start_from": (NOW + DAY).to_string() }),
            NOW + DAY,
            NOW + DAY + 36 * 60 * 60 * 1000,
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW - 5 * 60_000 }),
            NOW - 5 * 60_000,
            NOW - 5 * 60_000 + DAY,
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": NOW + 1_999 }),
            NOW + 1_000,
            NOW + 1_000 + DAY,
        ),
        (
            json!({ "type": "DAY", "value": 1, "start_from": "" }),
            NOW - MINUTE,
            NOW + DAY,
        ),
    ] {
        let id = api.new_ca(new(validity.clone())).await;
        let shown = api.ca(&id).await;
        assert_eq!(shown["not_before"], from, "{validity}");
        assert_eq!(shown["not_after"], to, "{validity}");
    }
    // Thirty years end after 2050, where certificates write times another way.
    let id = api
        .new_ca(new(json!({ "type": "YEAR", "value": 30 })))
        .await;
    let days = (api.ca(&id).await["not_after"].as_i64().unwrap() - NOW) / DAY;
    assert_eq!(days, 30 * 365 + 8);
}

#[tokio::test]
async fn a_subordinate_lies_within_its_issuer() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    for (validity, code, text) in [
        (
            json!({ "type": "YEAR", "value": 11 }),
            "PCA.10010202",
            "within the validity of the issuing CA",
        ),
        (
            json!({ "type": "YEAR", "value": 10, "start_from": NOW + 1_000 }),
            "PCA.10010202",
            "within the validity of the issuing CA",
        ),
        (
            json!({ "type": "YEAR", "value": 1, "start_from": NOW - 2 * MINUTE }),
            "PCA.10010202",
            "within the validity of the issuing CA",
        ),
        (
            json!({ "type": "YEAR", "value": 21 }),
            "PCA.00020109",
            "validity.value must be at least 1, and at most 20 years in all",
        ),
    ] {
        let body = with(
            &subordinate("sub", &issuer, 0),
            &json!({ "validity": validity }),
        );
        refuse(&api, body, code, text).await;
    }
    let whole = json!({ "validity": { "type": "YEAR", "value": 10 } });
    let id = api
        .new_ca(with(&subordinate("sub", &issuer, 0), &whole))
        .await;
    assert_eq!(
        api.ca(&id).await["not_after"],
        api.ca(&issuer).await["not_after"]
    );
}

#[tokio::test]
async fn path_lengths() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    for length in [-1, 7, i64::MAX] {
        let body = subordinate("sub", &issuer, length);
        let text = "path_length must be a number from 0 to 6";
        refuse(&api, body, "PCA.00020203", text).await;
    }
    // A CA with the name of its issuer would count in no path.
    let text = "must not be that of the issuing CA";
    refuse(&api, subordinate("root", &issuer, 0), "PCA.00020101", text).await;
    let two = api.new_ca(subordinate("two", &issuer, 2)).await;
    for length in [2, 3] {
        let body = subordinate("sub", &two, length);
        let text = "must be below the issuing CA's, which is 2";
        refuse(&api, body, "PCA.10010202", text).await;
    }
    let as_text = with(&subordinate("one", &two, 0), &json!({ "path_length": "1" }));
    let one = api.new_ca(as_text).await;
    assert_eq!(api.ca(&one).await["path_length"], 1);
    // Not given is none.
    let none = api
        .new_ca(without(&subordinate("zero", &one, 0), "path_length"))
        .await;
    assert_eq!(api.ca(&none).await["path_length"], 0);
    let text = "of the issuing CA allows no CA below it";
    refuse(&api, subordinate("sub", &none, 0), "PCA.10010202", text).await;
    // A waiting CA meets the same rules when it is activated.
    let waiting = api.new_ca(pending("waiting")).await;
    let path = format!("{CAS}/{waiting}/activate");
    let body = activation(&none);
    api.refused(("POST", &path), Some(body), (400, "PCA.10010202"), text)
        .await;
    let body = with(&activation(&two), &json!({ "path_length": 2 }));
    let text = "must be below the issuing CA's";
    api.refused(("POST", &path), Some(body), (400, "PCA.10010202"), text)
        .await;
    assert_eq!(api.ca(&waiting).await["status"], "PENDING");
}

#[tokio::test]
async fn a_subordinate_that_lacks_one_of_three_waits() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let new = subordinate("sub", &issuer, 0);
    for field in ["issuer_id", "signature_algorithm", "validity"] {
        let id = api.new_ca(without(&new, field)).await;
        let shown = api.ca(&id).await;
        assert_eq!(shown["status"], "PENDING", "{field}");
        assert_eq!(shown["issuer_id"], Value::Null, "{field}");
    }
    let empty = json!({ "issuer_id": "", "signature_algorithm": "", "path_length": "" });
    let id = api.new_ca(with(&new, &empty)).await;
    assert_eq!(api.ca(&id).await["status"], "PENDING");
}

#[tokio::test]
async fn issuers() {
    let api = Api::start().await;
    let body = subordinate("sub", NO_ID, 0);
    let missing = format!("the private CA {NO_ID} does not exist");
    api.refused(("POST", CAS), Some(body), (404, "PCA.10010002"), &missing)
        .await;
    let waiting = api.new_ca(pending("waiting")).await;
    let path = format!("{CAS}/{waiting}/activate");
    // Its own issuer it cannot be.
    let text = "a private CA in state PENDING cannot issue certificates";
    let body = Some(activation(&waiting));
    api.refused(("POST", &path), body, (400, "PCA.10010202"), text)
        .await;
    let body = Some(activation(NO_ID));
    api.refused(("POST", &path), body, (404, "PCA.10010002"), &missing)
        .await;
    let body = Some(activation("x"));
    api.refused(
        ("POST", &path),
        body,
        (400, "PCA.00020201"),
        "issuer_id must be an id",
    )
    .await;
}

#[tokio::test]
async fn key_usages_of_a_subordinate() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let new = |usages: Value| {
        with(
            &subordinate("sub", &issuer, 0),
            &json!({ "key_usages": usages }),
        )
    };
    let text = "key_usages must contain keyCertSign for a CA";
    refuse(&api, new(json!(["digitalSignature"])), "PCA.10010105", text).await;
    api.new_ca(new(json!([]))).await;
    api.new_ca(new(Value::Null)).await;
    let id = api
        .new_ca(new(json!(["cRLSign", "keyCertSign", "keyCertSign"])))
        .await;
    let (certificate, _) = api.exported_ca(&id).await;
    let certificate = chancery_pki::Certificate::from_pem(&certificate).unwrap();
    let names: Vec<_> = certificate.key_usages().iter().map(|u| u.name()).collect();
    assert_eq!(names, ["keyCertSign", "cRLSign"]);
}

/// As the provider's own tests make one.
#[tokio::test]
async fn a_subordinate_may_sign_lists_alone() {
    if !installed("a CA for lists", "openssl") {
        return;
    }
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let body = with(
        &subordinate("lists", &issuer, 0),
        &json!({ "key_usages": ["cRLSign"] }),
    );
    let id = api.new_ca(body).await;
    let (certificate_pem, _) = api.exported_ca(&id).await;
    let said = printed(&certificate_pem);
    for line in [
        "CA:TRUE\n",
        "Key Usage: critical\n                CRL Sign\n",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let lists = json!({ "crl_name": "lists", "obs_bucket_name": "lists", "valid_days": 7 });
    api.succeed("POST", &format!("{CAS}/{id}/crl/enable"), Some(lists))
        .await;
    assert_eq!(api.ca(&id).await["crl_configuration"]["enabled"], true);
    let address = "/objects/lists/lists.crl";
    let list = http::Request::get(address).body(axum::body::Body::empty());
    let list = api.send(list.unwrap()).await;
    assert_eq!(list.status(), 200);
    let list = axum::body::to_bytes(list.into_body(), usize::MAX).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.crl"), list.unwrap()).unwrap();
    write(folder.path(), &[("ca.pem", &certificate_pem)]);
    let arguments = [
        "crl", "-inform", "DER", "-in", "list.crl", "-CAfile", "ca.pem", "-noout",
    ];
    assert!(openssl(folder.path(), &arguments).contains("verify OK"));

    let refusal = (400, "PCA.10010202");
    let text = "the private CA issues no certificates: its key_usages do not have keyCertSign";
    // Its responder would need a certificate too.
    let path = format!("{CAS}/{id}/ocsp/switch");
    let on = Some(json!({ "ocsp_switch": true }));
    api.refused(("POST", &path), on, refusal, text).await;
    let body = Some(certificate("www.example.com", &id));
    api.refused(("POST", CERTIFICATES), body, refusal, text)
        .await;
    let below = Some(subordinate("below", &id, 0));
    api.refused(("POST", CAS), below, refusal, text).await;
}

#[tokio::test]
async fn an_account_has_a_quota_of_cas() {
    let mut api = Api::start().await;
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(api.new_ca(pending("one of many")).await);
    }
    let text = "an account can have at most 100 private CAs";
    refuse(&api, root("one more"), "PCA.10010203", text).await;
    api.succeed("DELETE", &format!("{CAS}/{}", ids[0]), None)
        .await;
    api.new_ca(root("one more")).await;
    // One that will be deleted counts until it is.
    refuse(&api, root("one more"), "PCA.10010203", text).await;
    let issued = api.succeed("GET", &format!("{CAS}?type=ROOT"), None).await;
    let id = issued["certificate_authorities"][0]["ca_id"].as_str();
    let id = id.unwrap();
    api.move_ca(id, "/disable").await;
    api.succeed("DELETE", &format!("{CAS}/{id}?pending_days=7"), None)
        .await;
    refuse(&api, root("one more"), "PCA.10010203", text).await;
    api.clock.advance_ms(7 * DAY);
    api.log_in_again().await;
    api.new_ca(root("one more")).await;
    // Another account is not counted with this one.
    let other = api.other_account().await;
    let body = Some(root("theirs"));
    let (status, answer) = api.call_as(&other.token, "POST", CAS, body).await;
    assert_eq!(status, 200, "{answer}");
}
