//! Policies that name instances, their enterprise projects and their tags.

use serde_json::{Value, json};

use super::{asked, create, path};
use crate::support::{Api, User};

const TEAM_A: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// What lets a user do all with instances on a condition, and read the server's side.
fn policy(condition: &Value) -> String {
    json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["dcs:*:*", "chancery:instance:*"], "Condition": condition,
    }] })
    .to_string()
}

fn tags(pairs: &[(&str, &str)]) -> Value {
    let tags = pairs.iter();
    let tags: Vec<_> = tags
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    json!({ "tags": tags })
}

/// The names in a list, and the total.
async fn list(api: &Api, user: &User, query: &str) -> (Vec<String>, u64) {
    let path = path(api, query);
    let (status, answer) = api.call_as(&user.token, "GET", &path, None).await;
    assert_eq!(status, 200, "{answer}");
    let rows = answer["instances"].as_array().unwrap().iter();
    let names = rows.map(|row| row["name"].as_str().unwrap().to_owned());
    (names.collect(), answer["instance_num"].as_u64().unwrap())
}

/// Every call about one instance; what changes it comes last.
fn calls(api: &Api, id: &str) -> Vec<(&'static str, String, Option<Value>)> {
    vec![
        ("GET", path(api, &format!("/{id}")), None),
        ("GET", path(api, &format!("/{id}/ssl")), None),
        (
            "PUT",
            path(api, &format!("/{id}/ssl")),
            Some(json!({ "enabled": true })),
        ),
        (
            "POST",
            path(api, &format!("/{id}/ssl-certs/download")),
            None,
        ),
        (
            "GET",
            format!("/chancery/v1/instances/{id}/server-bundle"),
            None,
        ),
        ("DELETE", path(api, &format!("/{id}")), None),
    ]
}

#[tokio::test]
async fn a_team_sees_and_uses_what_is_tagged_for_it() {
    let api = Api::start().await;
    let named = |name: &str, pairs: &[(&str, &str)]| {
        let mut body = tags(pairs);
        body["name"] = name.into();
        body
    };
    let ours = create(&api, named("ours", &[("team", "a"), ("stage", "test")])).await;
    let theirs = create(&api, named("theirs", &[("team", "b")])).await;
    let nobodys = create(&api, named("nobodys", &[])).await;
    create(&api, named("ours-too", &[("team", "a")])).await;
    let only_a = policy(&json!({ "StringEquals": { "g:ResourceTag/team": ["a"] } }));
    let user = api.user_with("alice", &[&only_a]).await;

    // Lists, their totals, their pages, and what they search for.
    for (query, expected, total) in [
        ("", &["ours-too", "ours"][..], 2),
        ("?limit=1&offset=1", &["ours"], 2),
        ("?name=theirs", &[], 0),
        ("?tags=stage=test", &["ours"], 1),
        ("?tags=team=b", &[], 0),
    ] {
        let (mut found, count) = list(&api, &user, query).await;
        let mut expected = expected.to_vec();
        if !query.contains("limit") {
            // Made in one moment of the clock, they are in no order of time.
            found.sort_unstable();
            expected.sort_unstable();
        } else {
            assert!(["ours", "ours-too"].contains(&found[0].as_str()));
            expected = found.iter().map(String::as_str).collect();
        }
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            expected,
            "{query}"
        );
        assert_eq!(count, total, "{query}");
    }

    for id in [&theirs, &nobodys] {
        for (method, path, body) in calls(&api, id) {
            let (status, answer) = api.call_as(&user.token, method, &path, body).await;
            let code = match path.starts_with("/chancery") {
                true => "CHANCERY.0403",
                false => "DCS.2007",
            };
            assert_eq!(
                (status.as_u16(), &answer["error_code"]),
                (403, &json!(code)),
                "{method} {path}"
            );
        }
        api.succeed("GET", &path(&api, &format!("/{id}")), None)
            .await;
    }
    for (method, path, body) in calls(&api, &ours) {
        let (status, answer) = api.call_as(&user.token, method, &path, body).await;
        assert!(status.is_success(), "{method} {path}: {answer}");
    }

    // What is made has to be tagged for the team.
    for (body, expected) in [
        (tags(&[("team", "a")]), 200),
        (tags(&[("team", "b")]), 403),
        (tags(&[("Team", "a")]), 403),
        (json!({}), 403),
    ] {
        let (status, answer) = api
            .call_as(&user.token, "POST", &path(&api, ""), Some(asked(body)))
            .await;
        assert_eq!(status, expected, "{answer}");
    }
}

#[tokio::test]
async fn a_deny_takes_tagged_ones_out() {
    let api = Api::start().await;
    let mut secret = tags(&[("secret", "yes")]);
    secret["name"] = "secret".into();
    let secret = create(&api, secret).await;
    create(&api, json!({ "name": "plain" })).await;
    let document = json!({ "Version": "5.0", "Statement": [
        { "Effect": "Allow", "Action": ["dcs:*:*"] },
        { "Effect": "Deny", "Action": ["dcs:instance:*"], "Condition": {
            "StringEquals": { "g:ResourceTag/secret": ["yes"] },
        } },
    ] });
    let user = api.user_with("alice", &[&document.to_string()]).await;
    assert_eq!(list(&api, &user, "").await, (vec!["plain".to_owned()], 1));
    for (step, expected) in [("", 403), ("/ssl", 200)] {
        let path = path(&api, &format!("/{secret}{step}"));
        let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
        assert_eq!(status, expected, "{step}");
    }
}

#[tokio::test]
async fn a_policy_may_name_a_project_or_an_instance() {
    let api = Api::start().await;
    api.enterprise_project(TEAM_A).await;
    let filed = json!({ "name": "filed", "enterprise_project_id": TEAM_A });
    let filed = create(&api, filed).await;
    let other = create(&api, json!({ "name": "other" })).await;
    let team = policy(&json!({ "StringEquals": { "g:EnterpriseProjectId": [TEAM_A] } }));
    let one = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["dcs:instance:*"],
        "Resource": [format!("dcs:*:*:instance:{filed}")],
    }] });
    for (name, document) in [("team", team), ("one", one.to_string())] {
        let user = api.user_with(name, &[&document]).await;
        assert_eq!(list(&api, &user, "").await, (vec!["filed".to_owned()], 1));
        for (id, expected) in [(&filed, 200), (&other, 403)] {
            let path = path(&api, &format!("/{id}"));
            let (status, _) = api.call_as(&user.token, "GET", &path, None).await;
            assert_eq!(status, expected, "{name}");
        }
        let new = Some(asked(json!({ "name": "new" })));
        let (status, _) = api.call_as(&user.token, "POST", &path(&api, ""), new).await;
        assert_eq!(status, 403, "{name}");
    }
}
