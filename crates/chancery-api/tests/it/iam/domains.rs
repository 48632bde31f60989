//! `GET /v3/auth/domains`.

use serde_json::json;

use crate::support::Api;

#[tokio::test]
async fn a_caller_sees_her_account() {
    let api = Api::start().await;
    let answer = api.succeed("GET", "/v3/auth/domains", None).await;
    let base = "https://desk.example:8443";
    assert_eq!(
        answer,
        json!({
            "domains": [{
                "id": api.domain_id, "name": api.domain_name, "enabled": true, "description": "",
                "links": { "self": format!("{base}/v3/domains/{}", api.domain_id) },
            }],
            "links": {
                "self": format!("{base}/v3/auth/domains"), "previous": null, "next": null,
            },
        })
    );
}

#[tokio::test]
async fn also_one_who_may_do_nothing_else_and_only_her_own() {
    let api = Api::start().await;
    for user in [api.user_without_policy().await, api.other_account().await] {
        let (status, answer) = api
            .call_as(&user.token, "GET", "/v3/auth/domains", None)
            .await;
        assert_eq!(status, 200);
        assert_eq!(answer["domains"].as_array().unwrap().len(), 1);
        assert_eq!(answer["domains"][0]["id"], user.domain_id.as_str());
        assert_eq!(answer["domains"][0]["name"], user.domain_name.as_str());
    }
}
