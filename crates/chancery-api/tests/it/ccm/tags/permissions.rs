//! Who sees and changes which tags.

use serde_json::{Value, json};

use super::{ACTIONS, tags};
use crate::ccm::{CAS, CERTIFICATES, certificate, root};
use crate::support::{Api, User};

/// A user who may do everything with what has the tag `team=a`.
async fn team_member(api: &Api) -> User {
    let policy = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["pca:*:*"],
        "Condition": { "StringEquals": { "g:ResourceTag/team": ["a"] } },
    }] });
    api.user_with("alice", &[&policy.to_string()]).await
}

#[tokio::test]
async fn policies_see_tags() {
    let api = Api::start().await;
    let user = team_member(&api).await;
    let mut paths = Vec::new();
    let mut ids = Vec::new();
    for team in ["a", "b"] {
        let ca = api.new_ca(root(&format!("ca {team}"))).await;
        let body = certificate(&format!("cert {team}"), &ca);
        let cert = api.new_certificate(body).await;
        for one in [format!("{CAS}/{ca}"), format!("{CERTIFICATES}/{cert}")] {
            api.tag(&one, &[("team", team), (&format!("only {team}"), "")])
                .await;
            paths.push((team, one));
        }
        ids.push(ca);
        api.clock.advance_ms(1);
    }
    for (team, one) in &paths {
        let expected = if *team == "a" { 200 } else { 403 };
        for step in ["", "/tags"] {
            let path = format!("{one}{step}");
            let (status, answer) = api.call_as(&user.token, "GET", &path, None).await;
            assert_eq!(status, expected, "{path}: {answer}");
        }
    }
    // Issuing with a CA asks for the CA's tags.
    for (id, expected) in ids.iter().zip([200, 403]) {
        let body = Some(certificate("new", id));
        let (status, answer) = api.call_as(&user.token, "POST", CERTIFICATES, body).await;
        assert_eq!(status, expected, "{answer}");
    }
    // Lists, searches and the account's tags show theirs alone, and count them.
    for (all, field, name) in [
        (CAS, "certificate_authorities", "ca a"),
        (CERTIFICATES, "certificates", "cert a"),
    ] {
        for query in ["", "?limit=1", "?offset=1", "?sort_key=common_name"] {
            let path = format!("{all}{query}");
            let (status, answer) = api.call_as(&user.token, "GET", &path, None).await;
            assert_eq!(status, 200, "{answer}");
            assert_eq!(answer["total"], 1, "{path}");
            let rows = answer[field].as_array().unwrap();
            if query == "?offset=1" {
                assert!(rows.is_empty(), "{path}");
                continue;
            }
            assert_eq!(rows.len(), 1, "{path}");
            assert_eq!(rows[0]["distinguished_name"]["common_name"], name);
        }
        let found = api.found(&user.token, all, json!({})).await;
        assert_eq!(found, (vec![name.to_owned()], 1));
        let path = format!("{all}/tags");
        let (_, answer) = api.call_as(&user.token, "GET", &path, None).await;
        let expected = json!({ "tags": [
            { "key": "only a", "values": [""] }, { "key": "team", "values": ["a"] },
        ] });
        assert_eq!(answer, expected);
    }
    // A tag that goes takes the permission with it.
    let (_, ours) = &paths[0];
    let path = format!("{ours}/tags/delete");
    let body = Some(tags(&[("team", "a")]));
    let (status, answer) = api.call_as(&user.token, "DELETE", &path, body).await;
    assert_eq!(status, 204, "{answer}");
    let (status, _) = api.call_as(&user.token, "GET", ours, None).await;
    assert_eq!(status, 403);
}

/// Policies that name an enterprise project narrow the account's tags and the searches too.
#[tokio::test]
async fn enterprise_projects_narrow_searches() {
    const PROJECT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    let api = Api::start().await;
    api.enterprise_project(PROJECT).await;
    let policy = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["pca:*:*"],
        "Condition": { "StringEquals": { "g:EnterpriseProjectId": [PROJECT] } },
    }] });
    let user = api.user_with("alice", &[&policy.to_string()]).await;
    for (project, name) in [(PROJECT, "ours"), ("0", "theirs")] {
        let filed = |mut body: Value| {
            body["enterprise_project_id"] = json!(project);
            body
        };
        let ca = api.new_ca(filed(root(name))).await;
        let cert = api.new_certificate(filed(certificate(name, &ca))).await;
        for one in [format!("{CAS}/{ca}"), format!("{CERTIFICATES}/{cert}")] {
            api.tag(&one, &[("of", name)]).await;
        }
    }
    for all in [CAS, CERTIFICATES] {
        let search = json!({ "tags": [{ "key": "of", "values": [] }] });
        let found = api.found(&user.token, all, search).await;
        assert_eq!(found, (vec!["ours".to_owned()], 1));
        let path = format!("{all}/tags");
        let (_, answer) = api.call_as(&user.token, "GET", &path, None).await;
        let expected = json!({ "tags": [{ "key": "of", "values": ["ours"] }] });
        assert_eq!(answer, expected);
    }
}

#[tokio::test]
async fn another_account_has_its_own() {
    let api = Api::start().await;
    let other = api.other_account().await;
    for one in api.two().await {
        api.tag(&one, &[("team", "a")]).await;
        for (method, step, body) in [
            ("GET", "", json!(null)),
            ("POST", "/create", tags(&[("k", "v")])),
            ("DELETE", "/delete", tags(&[("team", "a")])),
        ] {
            let path = format!("{one}/tags{step}");
            let (status, answer) = api.call_as(&other.token, method, &path, Some(body)).await;
            assert_eq!(status, 404, "{answer}");
        }
        assert_eq!(api.tags(&one).await, tags(&[("team", "a")]));
    }
    for all in [CAS, CERTIFICATES] {
        let found = api.found(&other.token, all, json!({})).await;
        assert_eq!(found, (vec![], 0));
        let path = format!("{all}/tags");
        let (_, answer) = api.call_as(&other.token, "GET", &path, None).await;
        assert_eq!(answer, json!({ "tags": [] }));
    }
}

/// Each action is one of its own.
#[tokio::test]
async fn one_action_does_not_allow_another() {
    let api = Api::start().await;
    let [ca, _] = api.two().await;
    let calls = [
        ("GET", format!("{ca}/tags"), json!(null)),
        ("POST", format!("{ca}/tags/create"), tags(&[("k", "v")])),
        ("DELETE", format!("{ca}/tags/delete"), tags(&[("k", "v")])),
        ("GET", format!("{CAS}/tags"), json!(null)),
        (
            "POST",
            format!("{CAS}/resource-instances/filter"),
            json!({}),
        ),
    ];
    for (at, action) in ACTIONS.iter().enumerate() {
        let policy = json!({ "Version": "5.0", "Statement": [
            { "Effect": "Allow", "Action": [format!("pca:ca:{action}")] },
        ] });
        let user = api
            .user_with(&format!("user{at}"), &[&policy.to_string()])
            .await;
        for (of, (method, path, body)) in calls.iter().enumerate() {
            let (status, answer) = api
                .call_as(&user.token, method, path, Some(body.clone()))
                .await;
            let allowed = status.is_success();
            assert_eq!(allowed, of == at, "{action}: {method} {path}: {answer}");
        }
    }
}
