//! Buckets that the desk itself keeps: nobody's lists go there, and nobody takes their names.

use super::*;
use crate::ccm::{activation, pending};
use crate::support::User;
use crate::{dcs, dds};

const INVALID: (u16, &str) = (400, "PCA.10010105");
const SAYS: &str = "obs_bucket_name must not be dcs-<project id> or dds-<project id>";

fn told(body: &Value, bucket: &str) -> Value {
    let settings = json!({ "enabled": true, "obs_bucket_name": bucket, "valid_days": 7 });
    with(body, &json!({ "crl_configuration": settings }))
}

async fn refused_as(api: &Api, user: &User, path: &str, body: Value) {
    let (status, answer) = api.call_as(&user.token, "POST", path, Some(body)).await;
    assert_eq!(status.as_u16(), INVALID.0, "{path}: {answer}");
    assert_eq!(answer["error_code"], INVALID.1, "{path}");
    assert!(text(&answer["error_msg"]).contains(SAYS), "{answer}");
}

#[tokio::test]
async fn no_call_takes_the_name_of_one() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let create = async |body: Value| {
        let (status, answer) = api.call_as(&other.token, "POST", CAS, Some(body)).await;
        assert_eq!(status, 200, "{answer}");
        text(&answer["ca_id"])
    };
    let ready = create(root("theirs")).await;
    let top = create(root("top")).await;
    let waiting = create(pending("waiting")).await;
    // Projects of others, one's own, and those that are still to come.
    for project in [&api.project_id, &other.project_id, &"0".repeat(32)] {
        for service in ["dcs", "dds"] {
            let name = format!("{service}-{project}");
            let enable = format!("{CAS}/{ready}/crl/enable");
            refused_as(&api, &other, &enable, lists(&name)).await;
            refused_as(&api, &other, CAS, told(&root("new"), &name)).await;
            let activate = format!("{CAS}/{waiting}/activate");
            let body = told(&activation(&top), &name);
            refused_as(&api, &other, &activate, body).await;
        }
    }
    assert!(
        api.store
            .buckets(&other.domain_id)
            .await
            .unwrap()
            .is_empty()
    );

    // The downloads of the project are there.
    let id = dcs::create(&api, json!({})).await;
    let download = dcs::path(&api, &format!("/{id}/ssl-certs/download"));
    api.succeed("POST", &download, None).await;
    let id = dds::create(&api, json!({})).await;
    let link = dds::path(&api, &format!("/{id}/ssl-cert/download-link"));
    api.succeed("GET", &link, None).await;
}

#[tokio::test]
async fn what_only_looks_like_one_is_taken() {
    let api = Api::start().await;
    let id = api.new_ca(root("root")).await;
    let project = &api.project_id;
    for name in [
        format!("dcs-{project}-lists"),
        format!("dcs-{}", &project[1..]),
        format!("my-dcs-{project}"),
        format!("sms-{project}"),
        "dds-lists".to_owned(),
    ] {
        api.enable_crl(&id, lists(&name)).await;
    }
    // Names of buckets have no capitals.
    for name in [format!("DCS-{project}"), format!("dcs-A{}", &project[1..])] {
        let path = format!("{CAS}/{id}/crl/enable");
        let says = "obs_bucket_name must be 3 to 63";
        api.refused(("POST", &path), Some(lists(&name)), INVALID, says)
            .await;
    }
}

/// A list that was put into such a bucket before its name was the desk's own.
#[tokio::test]
async fn a_list_that_is_there_already_stays_open() {
    let api = Api::start().await;
    let id = api.new_ca(root("root")).await;
    let bucket = format!("dcs-{}", api.project_id);
    let other = api.other_account().await;
    api.enable_crl(&id, lists("lists")).await;
    let objects = api.folder.path().join("objects");
    std::fs::rename(objects.join("lists"), objects.join(&bucket)).unwrap();
    let mut tx = chancery_store::Transaction::new("test");
    tx.insert_bucket(&chancery_store::BucketRow {
        name: bucket.clone(),
        domain_id: other.domain_id,
        public: true,
        created_at: crate::support::NOW,
    });
    tx.enable_crl(&api.domain_id, &id, (&bucket, &id), 8);
    api.store.commit(tx).await.unwrap();

    let instance = dcs::create(&api, json!({})).await;
    let download = dcs::path(&api, &format!("/{instance}/ssl-certs/download"));
    let answer = api.succeed("POST", &download, None).await;
    let link = answer["link"].as_str().unwrap();
    let link = link.strip_prefix("https://desk.example:8443").unwrap();
    let (certificate, _) = link.split_once('?').unwrap();
    for (target, expected) in [
        (format!("/objects/{bucket}/{id}.crl"), 200),
        (format!("/objects/{bucket}/another.crl"), 403),
        (certificate.to_owned(), 403),
        (link.to_owned(), 200),
    ] {
        let request = Request::get(&target).body(Body::empty());
        let status = api.send(request.unwrap()).await.status();
        assert_eq!(status.as_u16(), expected, "{target}");
    }
}
