//! `/v2/{project_id}/instances/{instance_id}/ssl`, `…/ssl-certs/download` and `…/jobs`.

use serde_json::{Value, json};

use super::{create, path};
use crate::support::{Api, DAY, NOW, fields};

#[tokio::test]
async fn ssl_is_switched_by_a_job() {
    let api = Api::start().await;
    let id = create(&api, json!({ "private_ip": "192.168.0.5" })).await;
    let ssl = path(&api, &format!("/{id}/ssl"));
    let before = api.succeed("GET", &ssl, None).await;
    let name = format!("redis-{}.dcs.cn-north-4.chancery.internal:6379", &id[..8]);
    assert_eq!(
        before,
        json!({
            "enabled": false, "ip": "192.168.0.5", "port": "6379", "domain_name": name,
            "ssl_expired_at": "2028-09-02T12:00:00.000Z", "ssl_validated": true,
        })
    );
    api.clock.advance_ms(5);
    let switched = api
        .succeed("PUT", &ssl, Some(json!({ "enabled": true })))
        .await;
    assert_eq!(fields(&switched), ["instance_id", "job_id", "result"]);
    assert_eq!(
        (&switched["instance_id"], &switched["result"]),
        (&json!(id), &json!("success"))
    );
    let job_id = switched["job_id"].as_str().unwrap();
    assert_eq!(job_id.len(), 32);
    let job = format!("/v2/{}/jobs/{job_id}", api.project_id);
    let time = (NOW + 5).to_string();
    assert_eq!(
        api.succeed("GET", &job, None).await,
        json!({
            "job_id": job_id, "job_type": "switchSsl", "status": "SUCCESS", "begin_time": time,
            "end_time": time, "fail_reason": null,
        })
    );
    assert_eq!(api.succeed("GET", &ssl, None).await["enabled"], true);
    let one = path(&api, &format!("/{id}"));
    let shown = api.succeed("GET", &one, None).await;
    assert_eq!(shown["enable_ssl"], true);
    assert_eq!(shown["update_at"], "2026-06-01T12:00:00.005Z");
    api.succeed("PUT", &ssl, Some(json!({ "enabled": "False" })))
        .await;
    assert_eq!(api.succeed("GET", &ssl, None).await["enabled"], false);

    for enabled in [json!("perhaps"), json!(1), Value::Null] {
        let body = Some(json!({ "enabled": enabled }));
        api.refused(("PUT", &ssl), body, (400, "DCS.4202"), "true or false")
            .await;
    }
    api.refused(("PUT", &ssl), Some(json!({})), (400, "DCS.4202"), "enabled")
        .await;
    api.refused(("PUT", &ssl), None, (400, "DCS.4005"), "JSON")
        .await;
    let unknown = format!("/v2/{}/jobs/{}", api.project_id, "0".repeat(32));
    api.refused(("GET", &unknown), None, (404, "DCS.3022"), "job")
        .await;
}

#[tokio::test]
async fn an_ended_certificate_is_not_valid() {
    let mut api = Api::start().await;
    let id = create(&api, json!({})).await;
    api.clock.advance_ms(826 * DAY);
    api.log_in_again().await;
    let shown = api
        .succeed("GET", &path(&api, &format!("/{id}/ssl")), None)
        .await;
    assert_eq!(shown["ssl_validated"], false);
}

#[tokio::test]
async fn only_redis_6_basic_has_ssl() {
    let api = Api::start().await;
    for (flavor, version, capacity) in [
        ("redis.ha.xu1.large.r2.1", "5.0", 1),
        ("redis.ha.xu1.large.r2.1", "7.0", 1),
        ("redis.proxy.xu1.large.4", "6.0", 4),
        ("redis.ha.xu1.large.enthp.8", "6.0", 8),
    ] {
        let fields = json!({
            "spec_code": flavor, "engine_version": version, "capacity": capacity,
        });
        let id = create(&api, fields).await;
        let one = path(&api, &format!("/{id}"));
        let shown = api.succeed("GET", &one, None).await;
        assert_eq!(shown["features"]["support_ssl"], false);
        let (ssl, download) = (format!("{one}/ssl"), format!("{one}/ssl-certs/download"));
        let says = "Do not support SSL.";
        api.refused(("GET", &ssl), None, (400, "DCS.4201"), says)
            .await;
        let body = Some(json!({ "enabled": true }));
        api.refused(("PUT", &ssl), body, (400, "DCS.4201"), says)
            .await;
        api.refused(("POST", &download), None, (400, "DCS.4201"), says)
            .await;
        let bundle = format!("/chancery/v1/instances/{id}/server-bundle");
        api.refused(("GET", &bundle), None, (409, "CHANCERY.0409"), says)
            .await;
    }
}

#[tokio::test]
async fn the_download_is_a_link_to_the_ca() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    let download = path(&api, &format!("/{id}/ssl-certs/download"));
    let answer = api.succeed("POST", &download, None).await;
    assert_eq!(fields(&answer), ["bucket_name", "file_name", "link"]);
    let link = answer["link"].as_str().unwrap();
    let (address, query) = link.split_once('?').unwrap();
    let bucket = format!(
        "https://desk.example:8443/objects/dcs-{}/ssl-",
        api.project_id
    );
    assert_eq!(answer["bucket_name"], format!("dcs-{}", api.project_id));
    assert!(
        address.starts_with(&bucket) && address.ends_with("/ca-dcs.crt"),
        "{address}"
    );
    assert_eq!(answer["file_name"], "ca-dcs.crt");
    let expires = format!("&Expires={}&Signature=", NOW / 1000 + 3600);
    assert!(
        query.starts_with("AWSAccessKeyId=") && query.contains(&expires),
        "{query}"
    );

    // The link's key can do nothing else.
    let access_key = query["AWSAccessKeyId=".len()..].split('&').next().unwrap();
    assert!(api.store.access_key(access_key).await.unwrap().is_none());
    let sealed = api
        .store
        .setting("objects.link_key")
        .await
        .unwrap()
        .unwrap();
    assert!(!sealed.windows(20).any(|part| part == access_key.as_bytes()));

    let page = chancery_store::AuditFilter {
        resource: Some(id),
        ..chancery_store::AuditFilter::default()
    };
    let trail = api.store.audit_entries(&page, 10, 0).await.unwrap().rows;
    let actions: Vec<_> = trail.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["dcs:ssl:get", "dcs:instance:create"]);
}

#[tokio::test]
async fn trouble_below_ssl_has_its_own_code() {
    let api = Api::start().await;
    let id = create(&api, json!({})).await;
    // A file where the bucket's folder would be.
    let folder = api.folder.path().join("objects");
    std::fs::write(folder.join(format!("dcs-{}", api.project_id)), "").unwrap();
    let one = path(&api, &format!("/{id}"));
    let download = format!("{one}/ssl-certs/download");
    // Nothing was done: it may be asked again.
    let away = "the storage of the server is not available";
    api.refused(("POST", &download), None, (503, "DCS.5010"), away)
        .await;
    let says = "Failed to operate SSL in database.";

    api.faults.refuse(Some("instance.switch_ssl"));
    let (ssl, body) = (format!("{one}/ssl"), json!({ "enabled": true }));
    api.refused(("PUT", &ssl), Some(body), (500, "DCS.5010"), says)
        .await;
    api.faults.refuse(None);
    assert_eq!(api.succeed("GET", &ssl, None).await["enabled"], false);
    // Other calls have the general one.
    api.faults.refuse(Some("instance.delete"));
    api.refused(("DELETE", &one), None, (500, "DCS.5000"), "internal")
        .await;
}

/// Rows of accounts from before such names were the desk's own.
#[tokio::test]
async fn a_bucket_of_that_name_stops_no_download() {
    for (own, public) in [(false, true), (false, false), (true, true)] {
        let api = Api::start().await;
        let id = create(&api, json!({})).await;
        let domain_id = match own {
            true => api.domain_id.clone(),
            false => api.other_account().await.domain_id,
        };
        let bucket = format!("dcs-{}", api.project_id);
        let mut tx = chancery_store::Transaction::new("test");
        tx.insert_bucket(&chancery_store::BucketRow {
            name: bucket.clone(),
            domain_id,
            public,
            created_at: NOW,
        });
        api.store.commit(tx).await.unwrap();
        let download = path(&api, &format!("/{id}/ssl-certs/download"));
        let answer = api.succeed("POST", &download, None).await;
        assert_eq!(answer["bucket_name"], bucket);
        // It opens with its link, and as ever only so: whose row it is makes nothing public.
        let link = answer["link"].as_str().unwrap();
        let link = link.strip_prefix("https://desk.example:8443").unwrap();
        assert_eq!(opened(&api, link).await, 200);
        let (address, _) = link.split_once('?').unwrap();
        assert_eq!(opened(&api, address).await, 403);
    }
}

/// The status of an object's address.
async fn opened(api: &Api, target: &str) -> u16 {
    let request = http::Request::get(target).body(axum::body::Body::empty());
    api.send(request.unwrap()).await.status().as_u16()
}
