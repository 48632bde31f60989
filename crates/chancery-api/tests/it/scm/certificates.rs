//! `GET` and `DELETE /v3/scm/certificates/{certificate_id}`, and who may call what.

use chancery_store::AuditFilter;
use http::StatusCode;
use serde_json::{Value, json};

use super::material::{Chain, Wanted};
use crate::support::{Api, DAY, NOW, fields};

#[tokio::test]
async fn every_field_of_a_certificate() {
    let api = Api::start().await;
    let wanted = Wanted {
        names: &["www.example.com", "*.example.com", "192.0.2.7"],
        ..Wanted::default()
    };
    let chain = Chain::new();
    let server = chain.server(&wanted);
    let id = super::material::bring(&api, chain.body(&server)).await;
    assert_eq!(id, format!("scs{NOW}"));
    let shown = api
        .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
        .await;
    let expected = json!({
        "id": id,
        "status": "UPLOAD",
        "order_id": null,
        "name": "web-server",
        "type": null,
        "brand": null,
        "push_support": "OFF",
        "revoke_reason": null,
        "signature_algorithm": "SHA256withECDSA",
        "signature_algrithm": "SHA256withECDSA",
        "issue_time": "2026-05-31 12:00:00.0",
        "not_before": "2026-05-31 12:00:00.0",
        "not_after": "2027-05-31 12:00:00.0",
        "validity_period": 12,
        "validation_method": null,
        "domain_type": "MULTI_DOMAIN",
        "multi_domain_type": "primary_single",
        "domain": "www.example.com",
        "sans": "*.example.com;192.0.2.7",
        "domain_count": 3,
        "wildcard_count": 1,
        "fingerprint": server.certificate.fingerprint_sha1_hex(),
        "shared": false,
        "application_info": null,
        "description": null,
        "enterprise_project_id": "0",
        "authentification": [],
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn what_a_certificate_is_for() {
    let api = Api::start().await;
    let chain = Chain::new();
    for (common_name, names, domain, kind, multi) in [
        (
            "a.example",
            ["a.example"],
            "a.example",
            "SINGLE_DOMAIN",
            Value::Null,
        ),
        (
            "*.b.example",
            ["*.b.example"],
            "*.b.example",
            "WILDCARD",
            Value::Null,
        ),
        (
            "Some Server",
            ["192.0.2.1"],
            "192.0.2.1",
            "SINGLE_DOMAIN",
            Value::Null,
        ),
    ] {
        let wanted = Wanted {
            common_name,
            names: &names,
            ..Wanted::default()
        };
        let id = chain.bring(&api, "kinds", &wanted).await;
        let shown = api
            .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
            .await;
        let found = (
            &shown["domain"],
            &shown["domain_type"],
            &shown["domain_count"],
        );
        assert_eq!(found, (&json!(domain), &json!(kind), &json!(1)));
        assert_eq!(
            (&shown["multi_domain_type"], &shown["sans"]),
            (&multi, &json!(""))
        );
    }
    let wanted = Wanted {
        common_name: "*.c.example",
        names: &["c.example", "*.c.example"],
        ..Wanted::default()
    };
    let id = chain.bring(&api, "kinds", &wanted).await;
    let shown = api
        .succeed("GET", &format!("/v3/scm/certificates/{id}"), None)
        .await;
    assert_eq!(shown["domain"], "*.c.example");
    assert_eq!(shown["multi_domain_type"], "primary_wildcard");
}

#[tokio::test]
async fn it_expires_by_time_alone() {
    let api = Api::start().await;
    let wanted = Wanted {
        validity: (-DAY, 60 * 60 * 1000),
        ..Wanted::default()
    };
    let id = Chain::new().bring(&api, "short", &wanted).await;
    let path = format!("/v3/scm/certificates/{id}");
    // The last second counts.
    api.clock.advance_ms(60 * 60 * 1000 + 999);
    assert_eq!(api.succeed("GET", &path, None).await["status"], "UPLOAD");
    api.clock.advance_ms(1);
    assert_eq!(api.succeed("GET", &path, None).await["status"], "EXPIRED");
    // It is still its owner's.
    let export = format!("{path}/export");
    assert!(api.succeed("POST", &export, None).await["private_key"].is_string());
}

#[tokio::test]
async fn deleted_is_gone_with_its_key() {
    let api = Api::start().await;
    let id = Chain::new().bring(&api, "once", &Wanted::default()).await;
    let path = format!("/v3/scm/certificates/{id}");
    let answer = api.call("DELETE", &path, None).await;
    assert_eq!(answer, (StatusCode::NO_CONTENT, Value::Null));
    let export = format!("{path}/export");
    for call in [("GET", path.as_str()), ("DELETE", &path), ("POST", &export)] {
        api.refused(call, None, (404, "SCM.0020"), &id).await;
    }
    let row = api.store.store_certificate(&api.domain_id, &id).await;
    assert!(row.unwrap().is_none());
}

#[tokio::test]
async fn ids_have_one_form() {
    let api = Api::start().await;
    for id in [
        "scs123",
        "scs12345678901234",
        "SCS1234567890123",
        "scs123456789012x",
    ] {
        let path = format!("/v3/scm/certificates/{id}");
        let export = format!("{path}/export");
        for call in [("GET", path.as_str()), ("DELETE", &path), ("POST", &export)] {
            let rule = "certificate_id must be scs followed by 13 digits";
            api.refused(call, None, (400, "SCM.0008"), rule).await;
        }
    }
}

#[tokio::test]
async fn another_account_sees_nothing() {
    let api = Api::start().await;
    let chain = Chain::new();
    let server = chain.server(&Wanted::default());
    let id = super::material::bring(&api, chain.body(&server)).await;
    let other = api.other_account().await;
    let path = format!("/v3/scm/certificates/{id}");
    let export = format!("{path}/export");
    for (method, path) in [("GET", &path), ("DELETE", &path), ("POST", &export)] {
        let (status, answer) = api.call_as(&other.token, method, path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(answer["error_code"], "SCM.0020");
    }
    let list = "/v3/scm/certificates";
    let (_, answer) = api.call_as(&other.token, "GET", list, None).await;
    assert_eq!(answer, json!({ "certificates": [], "total_count": 0 }));
    // What is a duplicate is a matter of the account.
    let mut body = chain.body(&server);
    body["duplicate_check"] = true.into();
    let import = "/v3/scm/certificates/import";
    let (status, answer) = api.call_as(&other.token, "POST", import, Some(body)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert!(api.succeed("GET", &path, None).await["id"].is_string());
}

#[tokio::test]
async fn each_call_needs_its_action() {
    let api = Api::start().await;
    let id = Chain::new().bring(&api, "web", &Wanted::default()).await;
    let calls = [
        (
            "POST",
            "/v3/scm/certificates/import".to_owned(),
            "scm:cert:upload",
        ),
        ("GET", "/v3/scm/certificates".to_owned(), "scm:cert:list"),
        ("GET", format!("/v3/scm/certificates/{id}"), "scm:cert:get"),
        (
            "POST",
            format!("/v3/scm/certificates/{id}/export"),
            "scm:cert:export",
        ),
        (
            "DELETE",
            format!("/v3/scm/certificates/{id}"),
            "scm:cert:delete",
        ),
    ];
    for (index, (_, _, allowed)) in calls.iter().enumerate() {
        let policy = format!(
            r#"{{"Version":"5.0","Statement":[{{"Effect":"Allow","Action":["{allowed}"]}}]}}"#
        );
        let user = api.user_with(&format!("user{index}"), &[&policy]).await;
        for (method, path, action) in &calls {
            if (action == allowed) && *method == "DELETE" {
                continue; // the certificate is still needed
            }
            let (status, answer) = api.call_as(&user.token, method, path, None).await;
            if action == allowed {
                assert_ne!(status, StatusCode::FORBIDDEN, "{method} {path}");
                continue;
            }
            assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}");
            assert_eq!(fields(&answer), ["error_code", "error_msg"]);
            assert_eq!(answer["error_code"], "SCM.4002");
            assert!(answer["error_msg"].as_str().unwrap().contains(action));
        }
    }
}

#[tokio::test]
async fn changes_and_disclosures_are_in_the_audit_log() {
    let api = Api::start().await;
    let id = Chain::new().bring(&api, "web", &Wanted::default()).await;
    let path = format!("/v3/scm/certificates/{id}");
    api.succeed("POST", &format!("{path}/export"), None).await;
    api.succeed("DELETE", &path, None).await;
    let filter = AuditFilter {
        resource: Some(id),
        ..AuditFilter::default()
    };
    let found = api.store.audit_entries(&filter, 10, 0).await.unwrap();
    let mut actions: Vec<_> = found.rows.iter().map(|row| row.action.as_str()).collect();
    actions.reverse();
    assert_eq!(
        actions,
        ["scm:cert:upload", "scm:cert:export", "scm:cert:delete"]
    );
    assert!(found.rows.iter().all(|row| row.domain_id == api.domain_id));
    assert!(!found.rows.iter().any(|row| row.detail.contains("PRIVATE")));
}
