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
    // A list shows what the policy names.
    let (ids, total) = list(&api, &user, CAS, "certificate_authorities", "ca_id").await;
    assert_eq!((ids, total), (vec![ours], 1));
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

/// What a policy of these statements lets its user issue with a CA: an end entity, one by CSR, a CA,
/// and a CA by CSR.
async fn issued(api: &Api, name: &str, statements: Value, ca: &str) -> [u16; 4] {
    let policy = json!({ "Version": "5.0", "Statement": statements });
    let user = api.user_with(name, &[&policy.to_string()]).await;
    let waiting = api.new_ca(pending("waiting")).await;
    let csr = super::request_of(api, &waiting).await;
    let by_csr = json!({
        "issuer_id": ca, "csr": csr, "validity": { "type": "DAY", "value": 30 },
    });
    let intermediate = with(
        &by_csr,
        &json!({ "type": "INTERMEDIATE_CA", "path_length": 0 }),
    );
    let csrs = format!("{CERTIFICATES}/csr");
    let mut statuses = [0; 4];
    for (status, (path, body)) in statuses.iter_mut().zip([
        (CERTIFICATES, certificate("n.example.com", ca)),
        (csrs.as_str(), by_csr),
        (CAS, subordinate("below", ca, 0)),
        (csrs.as_str(), intermediate),
    ]) {
        let (found, answer) = status_of(api, &user, "POST", path, body).await;
        assert!(found == 200 || found == 403, "{path}: {answer}");
        *status = found;
    }
    statuses
}

#[tokio::test]
async fn a_deny_on_a_ca_stops_issuing_with_it() {
    let api = Api::start().await;
    let ca = api.new_ca(root("ours")).await;
    let tags = json!({ "tags": [{ "key": "team", "value": "a" }] });
    let path = format!("{CAS}/{ca}/tags/create");
    api.succeed("POST", &path, Some(tags)).await;
    let urn = format!("pca:*:*:ca:{ca}");
    let all = json!({ "Effect": "Allow", "Action": ["pca:*:*"] });
    let deny = |more: Value| {
        json!([
            all,
            with(&json!({ "Effect": "Deny", "Action": ["pca:*:*"] }), &more)
        ])
    };
    let only = |more: Value| json!([with(&all, &more)]);
    let tag = |operator: &str, value: &str| json!({ "Condition": { operator: { "g:ResourceTag/team": [value] } } });
    for (at, (statements, expected)) in [
        (json!([all]), 200),
        (deny(json!({ "Resource": [urn] })), 403),
        (deny(tag("StringEquals", "a")), 403),
        (deny(tag("StringEquals", "b")), 200),
        (only(json!({ "NotResource": [urn] })), 403),
        (only(tag("StringNotEquals", "a")), 403),
        (only(tag("StringNotEquals", "b")), 200),
        (only(tag("StringEqualsIfExists", "b")), 403),
        (only(tag("StringEqualsIfExists", "a")), 200),
    ]
    .into_iter()
    .enumerate()
    {
        let found = issued(&api, &format!("user{at}"), statements.clone(), &ca).await;
        assert_eq!(found, [expected; 4], "{statements}");
    }
    // A Deny on certificates stops those, and no CA.
    let certs = deny(json!({ "Resource": ["pca:*:*:cert:*"] }));
    assert_eq!(
        issued(&api, "certs", certs, &ca).await,
        [403, 403, 200, 200]
    );
}

#[tokio::test]
async fn an_intermediate_ca_asks_for_what_making_a_ca_asks_for() {
    let api = Api::start().await;
    let ca = api.new_ca(root("ours")).await;
    let allow = |actions: &[&str]| json!([{ "Effect": "Allow", "Action": actions }]);
    let by_csr = allow(&["pca:cert:createByCsr"]);
    assert_eq!(issued(&api, "one", by_csr, &ca).await, [403, 200, 403, 403]);
    let both = allow(&["pca:cert:createByCsr", "pca:ca:create"]);
    assert_eq!(issued(&api, "two", both, &ca).await, [403, 200, 200, 200]);
    let other = json!([
        { "Effect": "Allow", "Action": ["pca:cert:createByCsr", "pca:ca:create"] },
        { "Effect": "Deny", "Action": ["pca:ca:create"], "Resource": [format!("pca:*:*:ca:{ca}")] },
    ]);
    assert_eq!(
        issued(&api, "three", other, &ca).await,
        [403, 200, 403, 403]
    );

    let user = api.user_with("four", &[
        r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["pca:cert:createByCsr"]}]}"#,
    ]);
    let user = user.await;
    let waiting = api.new_ca(pending("waiting")).await;
    let body = json!({
        "issuer_id": ca, "csr": super::request_of(&api, &waiting).await, "type": "INTERMEDIATE_CA",
        "path_length": 0, "validity": { "type": "DAY", "value": 30 },
    });
    let path = format!("{CERTIFICATES}/csr");
    let (_, answer) = status_of(&api, &user, "POST", &path, body).await;
    let said = text(&answer["error_msg"]);
    assert!(
        said.contains("pca:cert:createByCsr and pca:ca:create"),
        "{said}"
    );
}

/// Who forgets to name an enterprise project asks for the default one; the refusal says so.
#[tokio::test]
async fn a_refusal_names_the_project_that_was_asked() {
    let api = Api::start().await;
    api.enterprise_project(TEAM_A).await;
    let ours = api.new_ca(in_project(&root("ours"), TEAM_A)).await;
    let user = api.user_with("alice", &[&team_policy(TEAM_A)]).await;
    for (path, body) in [(CAS, root("new")), (CERTIFICATES, certificate("n", &ours))] {
        let (status, answer) = status_of(&api, &user, "POST", path, body).await;
        let said = text(&answer["error_msg"]);
        assert_eq!(status, 403);
        assert!(said.contains("enterprise project 0"), "{said}");
    }
    // Whose policies look at no project is told of none.
    let nobody = api.user_with("bob", &[]).await;
    let (_, answer) = status_of(&api, &nobody, "POST", CAS, root("new")).await;
    assert!(!text(&answer["error_msg"]).contains("project"), "{answer}");
}

/// Lists show exactly what their own action is allowed for: whichever way policies say it.
#[tokio::test]
async fn lists_show_what_policies_name_by_id() {
    let api = Api::start().await;
    let cas = [api.new_ca(root("one")).await, api.new_ca(root("two")).await];
    let mut certificates = Vec::new();
    for ca in &cas {
        certificates.push(api.new_certificate(certificate("n.example.com", ca)).await);
    }
    let all = json!({ "Effect": "Allow", "Action": ["pca:*:*"] });
    for (at, (kind, path, field, id, ids)) in [
        ("ca", CAS, "certificate_authorities", "ca_id", &cas[..]),
        (
            "cert",
            CERTIFICATES,
            "certificates",
            "certificate_id",
            &certificates[..],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let urn = format!("pca:*:*:{kind}:{}", ids[0]);
        for (nth, (statements, shown)) in [
            (
                json!([with(&all, &json!({ "Resource": [urn] }))]),
                &ids[..1],
            ),
            (
                json!([with(&all, &json!({ "NotResource": [urn] }))]),
                &ids[1..],
            ),
            (
                json!([all, { "Effect": "Deny", "Action": ["*"], "Resource": [urn] }]),
                &ids[1..],
            ),
            (
                json!([all, { "Effect": "Deny", "Action": ["pca:*:get"], "Resource": [urn] }]),
                ids,
            ),
        ]
        .into_iter()
        .enumerate()
        {
            let policy = json!({ "Version": "5.0", "Statement": statements });
            let name = format!("user{at}{nth}");
            let user = api.user_with(&name, &[&policy.to_string()]).await;
            let (mut found, total) = list(&api, &user, path, field, id).await;
            found.sort();
            let mut shown = shown.to_vec();
            shown.sort();
            assert_eq!((&found, total), (&shown, shown.len() as u64), "{policy}");
            let page = format!("{path}?limit=1&offset={}", shown.len() - 1);
            let (page, total) = list(&api, &user, &page, field, id).await;
            assert_eq!((page.len(), total), (1, shown.len() as u64));
        }
    }
}
