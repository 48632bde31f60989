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

#[tokio::test]
async fn a_project_below_a_region() {
    let api = super::start().await;
    let body = json!({ "project": {
        "name": "cn-north-4_team-a", "parent_id": api.project_id, "domain_id": api.domain_id,
        "description": "of a test",
    } });
    let (status, answer) = api.call("POST", "/v3/projects", Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    let id = super::text(&answer["project"]["id"]);
    let link = format!("https://desk.example:8443/v3/projects/{id}");
    let mut expected = json!({
        "id": id, "name": "cn-north-4_team-a", "domain_id": api.domain_id,
        "parent_id": api.project_id, "is_domain": false, "enabled": true,
        "description": "of a test", "links": { "self": link },
    });
    assert_eq!(answer, json!({ "project": expected }));
    api.audited(&id, "iam:projects:createProject").await;
    let path = format!("/v3/projects/{id}");
    let mut shown = expected.clone();
    shown["links"] = json!({ "self": link, "previous": null, "next": null });
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer, json!({ "project": shown }));

    // SDKs still find the region's own.
    for (query, ids) in [
        ("?name=cn-north-4", vec![&api.project_id]),
        ("", vec![&api.project_id, &id]),
        ("?page=2&per_page=1", vec![&id]),
        ("?enabled=false", vec![]),
        ("?is_domain=true", vec![]),
    ] {
        let answer = api
            .succeed("GET", &format!("/v3/projects{query}"), None)
            .await;
        let found = answer["projects"].as_array().unwrap().iter();
        let found: Vec<_> = found.map(|project| super::text(&project["id"])).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), ids, "{query}");
    }
    for (parent, count) in [(&api.project_id, 1), (&api.domain_id, 1), (&id, 0)] {
        let query = format!(
            "/v3/projects?parent_id={parent}&domain_id={}",
            api.domain_id
        );
        let answer = api.succeed("GET", &query, None).await;
        assert_eq!(answer["projects"].as_array().unwrap().len(), count);
    }

    let body = json!({ "project": { "name": "cn-north-4_team-b", "description": "" } });
    let answer = api.succeed("PATCH", &path, Some(body)).await;
    expected["name"] = "cn-north-4_team-b".into();
    expected["description"] = "".into();
    expected["extra"] = json!({});
    assert_eq!(answer, json!({ "project": expected }));

    // Instances in it are named after the region.
    let answer = api
        .succeed(
            "POST",
            &format!("/v2/{id}/instances"),
            Some(crate::dcs::asked(json!({}))),
        )
        .await;
    let instance = super::text(&answer["instances"][0]["instance_id"]);
    let answer = api
        .succeed("GET", &format!("/v2/{id}/instances/{instance}"), None)
        .await;
    let host = format!("redis-{}.dcs.cn-north-4.chancery.internal", &instance[..8]);
    assert_eq!(answer["domain_name"], host);
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = super::start().await;
    let made = json!({ "project": { "name": "cn-north-4_a", "parent_id": api.project_id } });
    let answer = api
        .succeed("POST", "/v3/projects", Some(made.clone()))
        .await;
    let below = super::text(&answer["project"]["id"]);
    let new =
        |name: &str, parent: &str| json!({ "project": { "name": name, "parent_id": parent } });
    let long = format!("cn-north-4_{}", "x".repeat(54));
    for (body, status, says) in [
        (json!({}), 400, "project is required"),
        (json!({ "project": {} }), 400, "project.name is required"),
        (made, 409, "this name already"),
        (
            new("team", &api.project_id),
            400,
            "project.name must begin with cn-north-4_",
        ),
        (
            new("cn-north-4_", &api.project_id),
            400,
            "project.name must begin with",
        ),
        (
            new("eu-west-0_a", &api.project_id),
            400,
            "project.name must begin with",
        ),
        (
            new("cn-north-4_a b", &api.project_id),
            400,
            "project.name must have 1 to 64 characters: ASCII letters",
        ),
        (new(&long, &api.project_id), 400, "1 to 64 characters"),
        (
            new("cn-north-4_b", &below),
            400,
            "project.parent_id must be the project of a region",
        ),
        (
            new("cn-north-4_b", "x"),
            404,
            "the project x does not exist",
        ),
        (
            json!({ "project": { "name": "cn-north-4_b", "parent_id": api.project_id,
                "description": "d".repeat(256) } }),
            400,
            "project.description must have at most 255",
        ),
        (
            json!({ "project": { "name": "cn-north-4_b", "parent_id": api.project_id,
                "domain_id": "d" } }),
            404,
            "the account d",
        ),
    ] {
        let call = ("POST", "/v3/projects");
        api.is_refused(&api.token, call, Some(body), (status, says))
            .await;
    }
    let path = "/v3/projects?page=0";
    let refused = (400, "page must be a number from 1");
    api.is_refused(&api.token, ("GET", path), None, refused)
        .await;
    let taken = new("cn-north-4_taken", &api.project_id);
    api.succeed("POST", "/v3/projects", Some(taken)).await;
    let change = |fields| Some(json!({ "project": fields }));
    let (region, below) = (
        format!("/v3/projects/{}", api.project_id),
        format!("/v3/projects/{below}"),
    );
    for (path, body, status, says) in [
        (
            &below,
            json!({}),
            400,
            "project must hold name or description",
        ),
        (
            &below,
            json!({ "name": "eu-west-0_a" }),
            400,
            "must begin with cn-north-4_",
        ),
        (
            &below,
            json!({ "name": "cn-north-4" }),
            400,
            "must begin with cn-north-4_",
        ),
        (
            &below,
            json!({ "name": "cn-north-4_taken" }),
            409,
            "this name already",
        ),
        (
            &region,
            json!({ "name": "cn-north-4_x" }),
            400,
            "cannot change for the project of a region",
        ),
        (
            &region,
            json!({ "description": "d".repeat(256) }),
            400,
            "at most 255",
        ),
    ] {
        api.is_refused(&api.token, ("PATCH", path), change(body), (status, says))
            .await;
    }
    api.succeed("PATCH", &region, change(json!({ "description": "ours" })))
        .await;
    let stranger = api.other_account().await;
    let token = api
        .account_token(
            &stranger.domain_name,
            &stranger.name,
            crate::support::PASSWORD,
        )
        .await;
    api.is_refused(&token, ("GET", &below), None, (404, "does not exist"))
        .await;
    let body = change(json!({ "description": "x" }));
    api.is_refused(&token, ("PATCH", &below), body, (404, "does not exist"))
        .await;
    let body = new("cn-north-4_c", &api.project_id);
    api.is_refused(
        &token,
        ("POST", "/v3/projects"),
        Some(body),
        (404, "does not exist"),
    )
    .await;
}

#[tokio::test]
async fn a_region_has_only_so_many() {
    let api = Api::start_with(|settings| settings.quotas.projects_of_region = 1).await;
    let api = super::unlimited(api).await;
    let new =
        |name: &str| Some(json!({ "project": { "name": name, "parent_id": api.project_id } }));
    api.succeed("POST", "/v3/projects", new("cn-north-4_a"))
        .await;
    let refused = (409, "at most 1 projects in a region");
    api.is_refused(
        &api.token,
        ("POST", "/v3/projects"),
        new("cn-north-4_b"),
        refused,
    )
    .await;
}
