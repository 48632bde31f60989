//! Policies that look at the tags of instances.

use serde_json::{Value, json};

use super::{asked, create, path};
use crate::support::Api;

#[tokio::test]
async fn a_team_sees_and_uses_what_is_tagged_for_it() {
    let api = Api::start().await;
    let tagged = |name: &str, team: &str| json!({ "name": name, "tags": [{ "key": "team", "value": team }] });
    let ours = create(&api, tagged("ours", "a")).await;
    let theirs = create(&api, tagged("theirs", "b")).await;
    let document = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["dds:*:*"],
        "Condition": { "StringEquals": { "g:ResourceTag/team": ["a"] } },
    }] });
    let user = api.user_with("alice", &[&document.to_string()]).await;
    let call = async |method: &str, rest: &str, body: Option<Value>| {
        let path = path(&api, rest);
        let (status, answer) = api.call_as(&user.token, method, &path, body).await;
        (status.as_u16(), answer)
    };
    let (_, listing) = call("GET", "", None).await;
    assert_eq!(listing["total_count"], 1);
    assert_eq!(listing["instances"][0]["id"], ours.as_str());
    let (_, listing) = call("GET", "?mode=Sharding", None).await;
    assert_eq!(listing["total_count"], 0);
    for (method, step, body) in [
        ("GET", "/ssl-cert/download-link", None),
        ("POST", "/switch-ssl", Some(json!({ "ssl_option": "1" }))),
        ("DELETE", "", None),
    ] {
        let (status, answer) = call(method, &format!("/{theirs}{step}"), body.clone()).await;
        assert_eq!(
            (status, &answer["error_code"]),
            (403, &json!("DBS.280063")),
            "{step}"
        );
        let (status, answer) = call(method, &format!("/{ours}{step}"), body).await;
        assert!(status < 300, "{step}: {answer}");
    }
    for (team, expected) in [("a", 202), ("b", 403)] {
        let (status, answer) = call("POST", "", Some(asked(tagged("more", team)))).await;
        assert_eq!(status, expected, "{answer}");
    }
}
