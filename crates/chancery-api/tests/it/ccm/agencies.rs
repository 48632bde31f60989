//! `…/agency`, `…/agencies`, `…/obs` and the console's configuration.

use axum::body::{Body, to_bytes};
use chancery_store::{BucketRow, Transaction};
use http::Request;
use serde_json::{Value, json};

use super::{CAS, text};
use crate::dcs;
use crate::support::{Api, NOW};

const KINDS: [(&str, &str); 2] = [("agency", "agencies"), ("obs/agencies", "obs/agencies")];

/// Terraform's library reads a boolean, and the SDKs a text.
#[tokio::test]
async fn whether_an_agency_is_granted_is_told_in_the_form_that_the_client_reads() {
    let api = Api::start().await;
    for (show, create) in KINDS {
        let (show, create) = (format!("{CAS}/{show}"), format!("{CAS}/{create}"));
        for granted in [false, true] {
            if granted {
                api.succeed("POST", &create, None).await;
            }
            let text = json!(granted.to_string());
            for (agent, expected) in [
                ("golangsdk/2.0.0", json!(granted)),
                (
                    "terraform-provider-huaweicloud/1.78.0 golangsdk/2.0.0",
                    json!(granted),
                ),
                ("huaweicloud-usdk-go/3.0", text.clone()),
                ("huaweicloud-usdk-python/3.0", text.clone()),
                ("", text.clone()),
            ] {
                let request = Request::get(&show)
                    .header("X-Auth-Token", &api.token)
                    .header("User-Agent", agent);
                let response = api.send(request.body(Body::empty()).unwrap()).await;
                let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
                let answer: Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(answer, json!({ "agency_granted": expected }), "{agent}");
            }
        }
    }
}

#[tokio::test]
async fn agencies_are_granted_once_for_an_account() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let granted = |value: &str| json!({ "agency_granted": value });
    let mut ids = Vec::new();
    for (show, create) in KINDS {
        let (show, create) = (format!("{CAS}/{show}"), format!("{CAS}/{create}"));
        assert_eq!(api.succeed("GET", &show, None).await, granted("false"));
        let made = api.succeed("POST", &create, None).await;
        assert_eq!(text(&made["agency_id"]).len(), 32);
        assert_eq!(api.succeed("GET", &show, None).await, granted("true"));
        assert_eq!(api.succeed("POST", &create, None).await, made);
        let (_, answer) = api.call_as(&other.token, "GET", &show, None).await;
        assert_eq!(answer, granted("false"));
        ids.push(text(&made["agency_id"]));
    }
    assert_ne!(ids[0], ids[1]);
    // Each was made and audited once.
    for id in ids {
        let filter = chancery_store::AuditFilter {
            resource: Some(id),
            ..chancery_store::AuditFilter::default()
        };
        let rows = api.store.audit_entries(&filter, 10, 0).await.unwrap();
        assert_eq!(rows.total, 1);
    }
}

#[tokio::test]
async fn of_two_that_grant_at_once_both_get_the_same() {
    let api = Api::start().await;
    let path = format!("{CAS}/obs/agencies");
    let once = || api.call("POST", &path, None);
    let answers = tokio::join!(once(), once(), once());
    assert_eq!(answers.0, answers.1);
    assert_eq!(answers.0, answers.2);
    assert_eq!(answers.0.0, 200);
}

#[tokio::test]
async fn buckets_are_the_accounts() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let path = format!("{CAS}/obs/buckets");
    let nothing = json!({ "total": 0, "obs_buckets": [] });
    assert_eq!(api.succeed("GET", &path, None).await, nothing);
    // The desk's own are not the account's, also where a row says so.
    let id = dcs::create(&api, json!({})).await;
    let download = format!("/v2/{}/instances/{id}/ssl-certs/download", api.project_id);
    api.succeed("POST", &download, None).await;
    assert_eq!(api.succeed("GET", &path, None).await, nothing);
    let mut tx = Transaction::new("test");
    for name in [format!("dcs-{}", api.project_id), "lists".to_owned()] {
        tx.insert_bucket(&BucketRow {
            name,
            domain_id: api.domain_id.clone(),
            public: true,
            created_at: NOW,
        });
    }
    api.store.commit(tx).await.unwrap();
    let bucket = json!({ "bucket_name": "lists", "create_time": NOW });
    let expected = json!({ "total": 1, "obs_buckets": [bucket] });
    assert_eq!(api.succeed("GET", &path, None).await, expected);
    let (_, answer) = api.call_as(&other.token, "GET", &path, None).await;
    assert_eq!(answer, nothing);
}

#[tokio::test]
async fn the_console_learns_what_there_is() {
    let api = Api::start().await;
    let shown = api.succeed("GET", "/v1/pca/config/console", None).await;
    assert_eq!(
        shown,
        json!({
            "is_support_eps": true, "is_support_sm2": true, "is_support_dhsm": false,
            "dhsm_regions": [], "is_support_yearly_monthly_ca": true, "is_support_iam5": true,
            "is_support_ocsp": true,
        })
    );
}

/// Words that stand where an id could are no ids, and other words are not known.
#[tokio::test]
async fn fixed_paths_win_over_ids() {
    let api = Api::start().await;
    for (path, expected) in [
        ("quotas", 200),
        ("tags", 200),
        ("agency", 200),
        ("agencyy", 400),
    ] {
        let (status, answer) = api.call("GET", &format!("{CAS}/{path}"), None).await;
        assert_eq!(status, expected, "{path}: {answer}");
        assert_ne!(answer, Value::Null);
    }
}
