//! `GET /v3/projects` and `GET /v3/auth/projects`.

use serde_json::json;

use crate::support::Api;

#[tokio::test]
async fn projects_of_the_account() {
    let api = Api::start().await;
    api.other_account().await;
    let base = "https://desk.example:8443";
    for path in ["/v3/projects", "/v3/auth/projects"] {
        let answer = api.succeed("GET", path, None).await;
        assert_eq!(
            answer,
            json!({
                "projects": [{
                    "id": api.project_id, "name": "cn-north-4",
                    "domain_id": api.domain_id, "parent_id": api.domain_id,
                    "is_domain": false, "enabled": true, "description": "",
                    "links": { "self": format!("{base}/v3/projects/{}", api.project_id) },
                }],
                "links": { "self": format!("{base}{path}"), "previous": null, "next": null },
            })
        );
    }
}

#[tokio::test]
async fn a_name_narrows() {
    let api = Api::start().await;
    let found = |name: &'static str| {
        let api = &api;
        async move {
            let path = format!("/v3/projects?name={name}");
            let answer = api.succeed("GET", &path, None).await;
            answer["projects"].as_array().unwrap().len()
        }
    };
    assert_eq!(found("cn-north-4").await, 1);
    assert_eq!(found("cn%2Dnorth-4").await, 1);
    assert_eq!(found("cn-north").await, 0, "the whole name");
    assert_eq!(found("CN-NORTH-4").await, 0);
    assert_eq!(found("x%00y").await, 0);
    assert_eq!(found("").await, 1, "no name");
}

#[tokio::test]
async fn other_conditions_and_pages() {
    let api = Api::start().await;
    let own = format!("domain_id={0}&parent_id={0}", api.domain_id);
    for (query, count) in [
        (own.as_str(), 1),
        ("domain_id=other", 0),
        ("parent_id=other", 0),
        ("enabled=true&is_domain=false", 1),
        ("enabled=false", 0),
        ("is_domain=true", 0),
        ("page=1&per_page=1", 1),
        ("page=2&per_page=1", 0),
        ("page=2147483647&per_page=5000", 0),
    ] {
        let answer = api
            .succeed("GET", &format!("/v3/projects?{query}"), None)
            .await;
        assert_eq!(
            answer["projects"].as_array().unwrap().len(),
            count,
            "{query}"
        );
    }
    for (query, text) in [
        ("enabled=perhaps", "enabled must be true or false"),
        ("is_domain=perhaps", "is_domain must be true or false"),
        ("page=0", "page must be a number from 1"),
        ("per_page=5001", "per_page must be a number from 1 to 5000"),
    ] {
        let path = format!("/v3/projects?{query}");
        let (status, answer) = api.call("GET", &path, None).await;
        assert_eq!(
            (status.as_u16(), &answer["error"]["code"]),
            (400, &json!("IAM.0007"))
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
    }
}

#[tokio::test]
async fn another_account_has_its_own() {
    let api = Api::start().await;
    let other = api.other_account().await;
    let (status, answer) = api.call_as(&other.token, "GET", "/v3/projects", None).await;
    assert_eq!(status, 200);
    assert_eq!(answer["projects"].as_array().unwrap().len(), 1);
    assert_eq!(answer["projects"][0]["id"], other.project_id.as_str());
}
