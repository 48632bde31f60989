//! `/v1/private-certificate-authorities`.

mod constraints;
mod import;
mod lists;
pub(super) mod orders;
mod rules;
mod states;
mod usable;

use serde_json::{Value, json};

use super::{CAS, activation, name, pending, root, subordinate, text};
use crate::support::{Api, DAY, MINUTE, NOW, fields};
use crate::tools::{installed, openssl, write};

/// 365 days and one more for each leap year; 2028, 2032 and 2036 are.
const TEN_YEARS: i64 = 10 * 365 * DAY + 3 * DAY;

#[tokio::test]
async fn a_root_is_active_at_once() {
    let api = Api::start().await;
    let id = api.new_ca(root("根 CA")).await;
    let shown = api.ca(&id).await;
    let serial = text(&shown["serial_number"]);
    assert!((16..=40).contains(&serial.len()), "{serial}");
    assert_eq!(
        shown,
        json!({
            "ca_id": id, "type": "ROOT", "status": "ACTIVED", "path_length": 7,
            "issuer_id": null, "issuer_name": null,
            "key_algorithm": "EC256", "signature_algorithm": "SHA256", "freeze_flag": 0,
            "gen_mode": "GENERATE", "serial_number": serial,
            "create_time": NOW, "delete_time": null,
            "not_before": NOW - MINUTE, "not_after": NOW + TEN_YEARS,
            "distinguished_name": name("根 CA"),
            "crl_configuration": {
                "enabled": false, "crl_name": null, "obs_bucket_name": null, "valid_days": null,
                "crl_dis_point": null,
            },
            "enterprise_project_id": "0", "free_quota": 0, "charging_mode": 1,
            "cluster_id": null, "domain_id": api.domain_id,
        })
    );
    let path = format!("{CAS}/{id}/export");
    let exported = api.succeed("POST", &path, None).await;
    assert_eq!(fields(&exported), ["certificate", "certificate_chain"]);
    assert_eq!(exported["certificate_chain"], Value::Null);
    let pem = text(&exported["certificate"]);
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\r\n"), "{pem}");
    assert!(pem.ends_with("-----END CERTIFICATE-----"), "{pem}");
}

#[tokio::test]
async fn hierarchies_hold_for_openssl() {
    if !installed("verifying CA chains", "openssl") {
        return;
    }
    let api = Api::start().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let time = (NOW / 1000 + 60).to_string();
    for algorithm in ["RSA2048", "EC256", "EC384"] {
        let keyed = |mut body: Value| {
            body["key_algorithm"] = json!(algorithm);
            body["signature_algorithm"] = json!("SHA384");
            body
        };
        let root = api.new_ca(keyed(root("root"))).await;
        let middle = api.new_ca(keyed(subordinate("middle", &root, 1))).await;
        let bottom = api.new_ca(keyed(pending("bottom"))).await;
        let path = format!("{CAS}/{bottom}/activate");
        let body = activation(&middle);
        assert_eq!(api.succeed("POST", &path, Some(body)).await, Value::Null);

        let shown = api.ca(&bottom).await;
        assert_eq!(shown["issuer_id"], middle.as_str());
        assert_eq!(shown["issuer_name"], "middle");
        assert_eq!(shown["path_length"], 0);
        assert_eq!(shown["not_after"], NOW + 6 * 31 * DAY);
        let (root, none) = api.exported_ca(&root).await;
        assert_eq!(none, "");
        let (certificate, chain) = api.exported_ca(&bottom).await;
        assert!(chain.ends_with(&root), "up to and with the root");
        assert_eq!(chain.matches("BEGIN").count(), 2);
        write(
            folder,
            &[
                ("root.pem", &root),
                ("ca.pem", &certificate),
                ("chain.pem", &chain),
            ],
        );
        let verify = [
            "verify",
            "-x509_strict",
            "-check_ss_sig",
            "-attime",
            &time,
            "-CAfile",
            "root.pem",
            "-untrusted",
            "chain.pem",
            "ca.pem",
        ];
        assert!(
            openssl(folder, &verify).contains("ca.pem: OK"),
            "{algorithm}"
        );
        let shown = openssl(folder, &["x509", "-noout", "-text", "-in", "ca.pem"]);
        for line in [
            "CA:TRUE, pathlen:0",
            "Digital Signature, Certificate Sign, CRL Sign",
            "Subject: C = CN, ST = Guangdong, L = Shenzhen, O = \"Acme, Inc.\", OU = ops, CN = bottom",
        ] {
            assert!(shown.contains(line), "{line}\n{shown}");
        }
    }
}

#[tokio::test]
async fn a_pending_ca_has_a_csr() {
    let api = Api::start().await;
    let id = api.new_ca(pending("waiting")).await;
    let shown = api.ca(&id).await;
    assert_eq!(shown["status"], "PENDING");
    for field in [
        "issuer_id",
        "issuer_name",
        "path_length",
        "signature_algorithm",
        "serial_number",
        "not_before",
        "not_after",
    ] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    let path = format!("{CAS}/{id}/csr");
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(fields(&answer), ["csr"]);
    let csr = text(&answer["csr"]);
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----\r\n"));
    assert_eq!(
        api.succeed("GET", &path, None).await,
        answer,
        "the same again"
    );
    if !installed("reading a CA's CSR", "openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("ca.csr", &csr)]);
    let said = openssl(
        folder.path(),
        &["req", "-verify", "-noout", "-subject", "-in", "ca.csr"],
    );
    assert!(said.contains("verify OK"), "{said}");
    assert!(said.contains("CN = waiting"), "{said}");
}

#[tokio::test]
async fn deletion_is_scheduled_and_taken_back() {
    let api = Api::start().await;
    let id = api.new_ca(root("old")).await;
    api.move_ca(&id, "/disable").await;
    let delete = |query: &str| ("DELETE", format!("{CAS}/{id}{query}"));
    for query in [
        "",
        "?pending_days=",
        "?pending_days=6",
        "?pending_days=31",
        "?pending_days=-7",
        "?pending_days=seven",
        "?pending_days=7.5",
    ] {
        let (method, path) = delete(query);
        let text = "pending_days must be";
        api.refused((method, &path), None, (400, "PCA.10010105"), text)
            .await;
        assert_eq!(api.ca(&id).await["status"], "DISABLED");
    }
    for days in [7, 30] {
        let (method, path) = delete(&format!("?pending_days={days}"));
        assert_eq!(api.succeed(method, &path, None).await, Value::Null);
        let shown = api.ca(&id).await;
        assert_eq!(shown["status"], "DELETED");
        assert_eq!(shown["delete_time"], NOW + days * DAY);
        api.move_ca(&id, "/restore").await;
        let shown = api.ca(&id).await;
        assert_eq!(shown["status"], "DISABLED");
        assert_eq!(shown["delete_time"], Value::Null);
    }
}

#[tokio::test]
async fn a_deleted_ca_goes_when_it_is_due() {
    let mut api = Api::start().await;
    let id = api.new_ca(root("old")).await;
    api.move_ca(&id, "/disable").await;
    let path = format!("{CAS}/{id}");
    api.succeed("DELETE", &format!("{path}?pending_days=7"), None)
        .await;
    api.clock.advance_ms(7 * DAY - 1);
    api.log_in_again().await;
    assert_eq!(api.ca(&id).await["status"], "DELETED");
    api.clock.advance_ms(1);
    for (method, step) in [
        ("GET", ""),
        ("POST", "/restore"),
        ("POST", "/enable"),
        ("DELETE", "?pending_days=7"),
    ] {
        let path = format!("{path}{step}");
        let missing = "does not exist";
        api.refused((method, &path), None, (404, "PCA.10010002"), missing)
            .await;
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 0);
}

#[tokio::test]
async fn a_pending_ca_is_deleted_at_once() {
    let api = Api::start().await;
    // The days do not matter then, but have to be days.
    for days in ["", "?pending_days=7", "?pending_days=3"] {
        let id = api.new_ca(pending("waiting")).await;
        let path = format!("{CAS}/{id}");
        let wrong = format!("{path}?pending_days=soon");
        let text = "pending_days must be a number from 7 to 30";
        api.refused(("DELETE", &wrong), None, (400, "PCA.10010105"), text)
            .await;
        api.succeed("DELETE", &format!("{path}{days}"), None).await;
        let missing = (404, "PCA.10010002");
        api.refused(("GET", &path), None, missing, "does not exist")
            .await;
    }
}

#[tokio::test]
async fn cas_are_hidden_from_other_accounts() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let active = api.new_ca(root("ours")).await;
    let waiting = api.new_ca(pending("ours too")).await;
    let import = json!({ "certificate": "c" });
    for id in [active.as_str(), waiting.as_str(), super::NO_ID] {
        for (method, step, body) in [
            ("GET", "", None),
            ("GET", "/csr", None),
            ("POST", "/activate", Some(activation(&active))),
            ("POST", "/import", Some(import.clone())),
            ("POST", "/export", None),
            ("POST", "/enable", None),
            ("POST", "/disable", None),
            ("POST", "/restore", None),
            ("DELETE", "?pending_days=7", None),
        ] {
            let path = format!("{CAS}/{id}{step}");
            let (status, answer) = api.call_as(&other.token, method, &path, body).await;
            assert_eq!(status, 404, "{method} {step}: {answer}");
            assert_eq!(
                answer,
                json!({
                    "error_code": "PCA.10010002",
                    "error_msg": format!("the private CA {id} does not exist"),
                })
            );
        }
    }
    let body = Some(subordinate("theirs", &active, 0));
    let (status, answer) = api.call_as(&other.token, "POST", CAS, body).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (404, &json!("PCA.10010002"))
    );
    let (_, answer) = api.call_as(&other.token, "GET", CAS, None).await;
    assert_eq!(answer, json!({ "total": 0, "certificate_authorities": [] }));
    assert_eq!(api.ca(&waiting).await["status"], "PENDING");
}

#[tokio::test]
async fn ids_have_a_form() {
    let api = Api::start().await;
    for id in ["x", "6434F74F-2D13-4E6A-89EB-93EE313F1A43", "%2e%2e", "%ff"] {
        let path = format!("{CAS}/{id}");
        let text = "ca_id must be an id";
        api.refused(("GET", &path), None, (400, "PCA.00020201"), text)
            .await;
    }
}
