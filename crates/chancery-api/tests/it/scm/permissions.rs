//! Policies with enterprise projects, as they narrow the store.

use serde_json::{Value, json};

use super::material::{Chain, Wanted, bring};
use crate::support::Api;

const PATH: &str = "/v3/scm/certificates";
const TEAM_A: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TEAM_B: &str = "bbbbbbbb-0000-4000-8000-000000000002";

fn filed(mut body: Value, project: &str) -> Value {
    body["enterprise_project_id"] = project.into();
    body
}

#[tokio::test]
async fn a_team_sees_and_uses_what_is_filed_under_its_project() {
    let api = Api::start().await;
    let chain = Chain::new();
    let body = chain.body(&chain.server(&Wanted::default()));
    for id in [TEAM_A, TEAM_B] {
        api.enterprise_project(id).await;
    }
    let ours = bring(&api, filed(body.clone(), TEAM_A)).await;
    let theirs = bring(&api, filed(body.clone(), TEAM_B)).await;
    let policy = json!({ "Version": "5.0", "Statement": [{
        "Effect": "Allow", "Action": ["scm:cert:*"],
        "Condition": { "StringEquals": { "g:EnterpriseProjectId": [TEAM_A] } },
    }] });
    let user = api.user_with("alice", &[&policy.to_string()]).await;
    let call = async |method: &str, path: &str, body: Option<Value>| {
        let (status, answer) = api.call_as(&user.token, method, path, body).await;
        (status.as_u16(), answer)
    };
    let (_, listing) = call("GET", PATH, None).await;
    assert_eq!(listing["total_count"], 1);
    assert_eq!(listing["certificates"][0]["id"], ours.as_str());
    for (method, step) in [("GET", ""), ("POST", "/export"), ("DELETE", "")] {
        let (status, answer) = call(method, &format!("{PATH}/{theirs}{step}"), None).await;
        assert_eq!((status, &answer["error_code"]), (403, &json!("SCM.4002")));
        let (status, answer) = call(method, &format!("{PATH}/{ours}{step}"), None).await;
        assert!(status < 300, "{method} {step}: {answer}");
    }
    let import = format!("{PATH}/import");
    let (status, _) = call("POST", &import, Some(filed(body.clone(), TEAM_B))).await;
    assert_eq!(status, 403);
    let (status, _) = call("POST", &import, Some(filed(body, TEAM_A))).await;
    assert_eq!(status, 200);
}
