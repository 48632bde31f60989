//! One team, one CA: policies that name resources and enterprise projects.

use serde_json::{Value, json};

use super::{CAS, CERTIFICATES, certificate, pending, root, subordinate, text, with};
use crate::support::{Api, User};

const TEAM_A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TEAM_B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// What lets a team do all in its enterprise project.
fn team_policy(project: &str) -> String {
    json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["pca:*:*"],
        "Condition": { "StringEquals": { "g:EnterpriseProjectId": [project] } },
    }] })
    .to_string()
}

fn in_project(body: &Value, project: &str) -> Value {
    with(body, &json!({ "enterprise_project_id": project }))
}

/// The ids in a list of the user's, and the total.
async fn list(api: &Api, user: &User, path: &str, field: &str, id: &str) -> (Vec<String>, u64) {
    let (status, answer) = api.call_as(&user.token, "GET", path, None).await;
    assert_eq!(status, 200, "{answer}");
    let rows = answer[field].as_array().unwrap().iter();
    let ids = rows.map(|row| text(&row[id])).collect();
    (ids, answer["total"].as_u64().unwrap())
}

async fn status_of(api: &Api, user: &User, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (status, answer) = api.call_as(&user.token, method, path, Some(body)).await;
    (status.as_u16(), answer)
}

#[track_caller]
fn forbidden(found: &(u16, Value)) {
    assert_eq!(
        (found.0, &found.1["error_code"]),
        (403, &json!("PCA.10010403")),
        "{}",
        found.1
    );
}

#[tokio::test]
async fn a_team_sees_and_uses_what_is_filed_under_its_project() {
    let api = Api::start().await;
    for id in [TEAM_A, TEAM_B] {
        api.enterprise_project(id).await;
    }
    let ours = api.new_ca(in_project(&root("ours"), TEAM_A)).await;
    let theirs = api.new_ca(in_project(&root("theirs"), TEAM_B)).await;
    api.new_ca(root("nobodys")).await;
    let user = api.user_with("alice", &[&team_policy(TEAM_A)]).await;

    // Lists and their totals.
    let (ids, total) = list(&api, &user, CAS, "certificate_authorities", "ca_id").await;
    assert_eq!((ids, total), (vec![ours.clone()], 1));

    // Every call about one CA.
    for (method, step) in [
        ("GET", ""),
        ("DELETE", "?pending_days=7"),
        ("POST", "/export"),
        ("POST", "/disable"),
        ("POST", "/enable"),
        ("POST", "/restore"),
        ("GET", "/csr"),
    ] {
        let path = format!("{CAS}/{theirs}{step}");
        let (status, answer) = api.call_as(&user.token, method, &path, None).await;
        forbidden(&(status.as_u16(), answer));
        if method == "GET" || step == "/export" {
            let path = format!("{CAS}/{ours}{step}");
            let (status, _) = api.call_as(&user.token, method, &path, None).await;
            assert_ne!(status, 403, "{method} {step}");
        }
    }

    // What is made stays in the project, and below its CAs.
    let made = in_project(&certificate("n", &ours), TEAM_A);
    let (status, answer) = status_of(&api, &user, "POST", CERTIFICATES, made).await;
    assert_eq!(status, 200, "{answer}");
    let id = text(&answer["certificate_id"]);
    for body in [
        certificate("n", &ours),
        in_project(&certificate("n", &ours), TEAM_B),
        in_project(&certificate("n", &theirs), TEAM_A),
    ] {
        forbidden(&status_of(&api, &user, "POST", CERTIFICATES, body).await);
    }
    let new = in_project(&root("new"), TEAM_A);
    assert_eq!(status_of(&api, &user, "POST", CAS, new).await.0, 200);
    for body in [
        root("new"),
        in_project(&pending("new"), TEAM_B),
        in_project(&subordinate("new", &theirs, 0), TEAM_A),
    ] {
        forbidden(&status_of(&api, &user, "POST", CAS, body).await);
    }

    // Certificates alike.
    let other = in_project(&certificate("n", &theirs), TEAM_B);
    let other = api.new_certificate(other).await;
    let (ids, total) = list(&api, &user, CERTIFICATES, "certificates", "certificate_id").await;
    assert_eq!((ids, total), (vec![id.clone()], 1));
    let export = json!({ "type": "OTHER", "is_compressed": "false" });
    for (method, step, body) in [
        ("GET", "", json!(null)),
        ("POST", "/export", export),
        ("POST", "/revoke", json!({})),
        ("DELETE", "", json!(null)),
    ] {
        let path = format!("{CERTIFICATES}/{other}{step}");
        forbidden(&status_of(&api, &user, method, &path, body.clone()).await);
        let path = format!("{CERTIFICATES}/{id}{step}");
        let (status, answer) = status_of(&api, &user, method, &path, body).await;
        assert!(status < 300, "{method} {step}: {answer}");
    }
    let kept = api.store.private_certificate(&api.domain_id, &other).await;
    assert!(kept.unwrap().is_some(), "a refused call did something");
}

#[tokio::test]
async fn a_policy_may_name_one_ca() {
    let api = Api::start().await;
    let ours = api.new_ca(root("ours")).await;
    let theirs = api.new_ca(root("theirs")).await;
    let policy = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["pca:ca:get", "pca:ca:list", "pca:cert:create"],
        "Resource": [format!("pca:*:*:ca:{ours}")],
    }] });
    let user = api.user_with("alice", &[&policy.to_string()]).await;
    for (id, expected) in [(&ours, 200), (&theirs, 403)] {
        let path = format!("{CAS}/{id}");
        let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, expected);
        let body = certificate("n", id);
        let (status, answer) = status_of(&api, &user, "POST", CERTIFICATES, body).await;
        assert_eq!(status, expected, "{answer}");
    }
    // A list is about no CA in particular.
    let (ids, total) = list(&api, &user, CAS, "certificate_authorities", "ca_id").await;
    assert_eq!((ids.len(), total), (0, 0));
}

#[tokio::test]
async fn a_deny_takes_one_out() {
    let api = Api::start().await;
    let secret = api.new_ca(root("secret")).await;
    let other = api.new_ca(root("other")).await;
    let policy = json!({ "Version": "5.0", "Statement": [
        { "Effect": "Allow", "Action": ["pca:*:*"] },
        { "Effect": "Deny", "Action": ["*"], "Resource": [format!("pca:*:*:ca:{secret}")] },
    ] });
    let user = api.user_with("alice", &[&policy.to_string()]).await;
    for (id, expected) in [(&secret, 403), (&other, 200)] {
        let path = format!("{CAS}/{id}");
        let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, expected);
    }
}

/// What exists in another account is not even forbidden.
#[tokio::test]
async fn unknown_ids_are_unknown_before_they_are_forbidden() {
    let api = Api::start().await;
    let user = api.user_with("alice", &[&team_policy(TEAM_A)]).await;
    let path = format!("{CAS}/{}", super::NO_ID);
    let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
    assert_eq!(status, 404);
}

/// A policy about CAs says nothing about what has no resource.
#[tokio::test]
async fn a_resource_does_not_open_other_calls() {
    let api = Api::start().await;
    let policy = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["*"], "Resource": ["pca:*:*:ca:*"],
    }] });
    let user = api.user_with("alice", &[&policy.to_string()]).await;
    for path in [
        "/v3/projects".to_owned(),
        format!("/v2/{}/instances", user.project_id),
    ] {
        let (status, answer) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, 403, "{path}: {answer}");
    }
}
