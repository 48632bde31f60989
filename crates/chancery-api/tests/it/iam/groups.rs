//! `/v3/groups`.

use serde_json::{Value, json};

use super::{start, text, unlimited};
use crate::support::{Api, PASSWORD};

const GROUPS: &str = "/v3/groups";
const BASE: &str = "https://desk.example:8443";

#[tokio::test]
async fn a_group_is_made_shown_changed_and_deleted() {
    let api = start().await;
    let body = json!({ "group": {
        "name": "Team A", "description": "of a test", "domain_id": api.domain_id,
    } });
    let (status, answer) = api.call("POST", GROUPS, Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    let id = text(&answer["group"]["id"]);
    let link = format!("{BASE}{GROUPS}/{id}");
    let mut expected = json!({
        "id": id, "domain_id": api.domain_id, "name": "Team A", "description": "of a test",
        "create_time": crate::support::NOW, "links": { "self": link },
    });
    assert_eq!(answer, json!({ "group": expected }));
    api.audited(&id, "iam:groups:createGroup").await;

    let path = format!("{GROUPS}/{id}");
    expected["links"] = json!({ "self": link, "previous": null, "next": null });
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer, json!({ "group": expected }));
    let answer = api.succeed("GET", GROUPS, None).await;
    let links = json!({ "self": format!("{BASE}{GROUPS}"), "previous": null, "next": null });
    assert_eq!(answer, json!({ "groups": [expected], "links": links }));
    for (query, count) in [("?name=Team%20A", 1), ("?name=Team", 0)] {
        let answer = api.succeed("GET", &format!("{GROUPS}{query}"), None).await;
        assert_eq!(answer["groups"].as_array().unwrap().len(), count);
    }

    let body = json!({ "group": { "name": "Team B" } });
    let answer = api.succeed("PATCH", &path, Some(body)).await;
    assert_eq!(answer["group"]["name"], "Team B");
    assert_eq!(answer["group"]["description"], "of a test");
    let (status, answer) = api.call("DELETE", &path, None).await;
    assert_eq!((status.as_u16(), answer), (204, Value::Null));
    for method in ["GET", "DELETE"] {
        api.is_refused(&api.token, (method, &path), None, (404, "group"))
            .await;
    }
    api.audited(&id, "iam:groups:deleteGroup").await;
}

#[tokio::test]
async fn users_come_and_go() {
    let api = start().await;
    let (user, group) = (api.new_user("alice").await, api.new_group("team").await);
    let path = format!("{GROUPS}/{group}/users/{user}");
    let (status, _) = api.call("HEAD", &path, None).await;
    assert_eq!(status, 404);
    api.is_refused(
        &api.token,
        ("DELETE", &path),
        None,
        (404, "not in the group"),
    )
    .await;
    // Twice is once.
    for _ in 0..2 {
        let (status, answer) = api.call("PUT", &path, None).await;
        assert_eq!((status.as_u16(), answer), (204, Value::Null));
    }
    let (status, _) = api.call("HEAD", &path, None).await;
    assert_eq!(status, 204);
    let answer = api
        .succeed("GET", &format!("{GROUPS}/{group}/users"), None)
        .await;
    assert_eq!(answer["users"].as_array().unwrap().len(), 1);
    assert_eq!(answer["users"][0]["id"], user.as_str());
    let answer = api
        .succeed("GET", &format!("/v3/users/{user}/groups"), None)
        .await;
    assert_eq!(answer["groups"].as_array().unwrap().len(), 1);
    assert_eq!(answer["groups"][0]["id"], group.as_str());
    let detail = api.audited(&group, "iam:permissions:addUserToGroup").await;
    assert!(detail.contains(&user), "{detail}");

    let (status, _) = api.call("DELETE", &path, None).await;
    assert_eq!(status, 204);
    let (status, _) = api.call("HEAD", &path, None).await;
    assert_eq!(status, 404);
    api.audited(&group, "iam:permissions:removeUserFromGroup")
        .await;
    for path in [
        format!("{GROUPS}/{group}/users/nobody"),
        format!("{GROUPS}/nothing/users/{user}"),
    ] {
        for method in ["PUT", "DELETE"] {
            let refused = (404, "does not exist");
            api.is_refused(&api.token, (method, &path), None, refused)
                .await;
        }
    }
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = start().await;
    let id = api.new_group("team").await;
    let other = api.new_group("other").await;
    let group = |fields: Value| json!({ "group": fields });
    for (body, status, says) in [
        (json!({}), 400, "group is required"),
        (group(json!({ "name": " " })), 400, "the first is no space"),
        (
            group(json!({ "name": "n".repeat(129) })),
            400,
            "group.name must have 1 to 128",
        ),
        (
            group(json!({ "name": "a\u{7}" })),
            400,
            "no control characters",
        ),
        (
            group(json!({ "name": "x", "description": "d".repeat(256) })),
            400,
            "group.description must have at most 255",
        ),
        (group(json!({ "name": "team" })), 409, "this name already"),
        (
            group(json!({ "name": "x", "domain_id": "d" })),
            404,
            "the account d does not exist",
        ),
    ] {
        let path = format!("{GROUPS}/{other}");
        for call in [("POST", GROUPS), ("PATCH", &path)] {
            api.is_refused(&api.token, call, Some(body.clone()), (status, says))
                .await;
        }
    }
    let missing = Some(group(json!({})));
    api.is_refused(
        &api.token,
        ("POST", GROUPS),
        missing,
        (400, "group.name is required"),
    )
    .await;
    let answer = api.succeed("GET", GROUPS, None).await;
    assert_eq!(answer["groups"].as_array().unwrap().len(), 2);
    let shown = api.succeed("GET", &format!("{GROUPS}/{id}"), None).await;
    assert_eq!(shown["group"]["name"], "team");
}

#[tokio::test]
async fn another_account_does_not_see_it() {
    let api = start().await;
    let (user, group) = api.new_member("alice").await;
    let stranger = api.other_account().await;
    let token = api
        .account_token(&stranger.domain_name, &stranger.name, PASSWORD)
        .await;
    let theirs = {
        let body = json!({ "group": { "name": "theirs" } });
        let (_, answer) = api.call_as(&token, "POST", GROUPS, Some(body)).await;
        text(&answer["group"]["id"])
    };
    let change = || Some(json!({ "group": { "name": "x" } }));
    for (method, path, body) in [
        ("GET", format!("{GROUPS}/{group}"), None),
        ("PATCH", format!("{GROUPS}/{group}"), change()),
        ("DELETE", format!("{GROUPS}/{group}"), None),
        ("GET", format!("{GROUPS}/{group}/users"), None),
        (
            "PUT",
            format!("{GROUPS}/{group}/users/{}", stranger.id),
            None,
        ),
        ("PUT", format!("{GROUPS}/{theirs}/users/{user}"), None),
        ("DELETE", format!("{GROUPS}/{group}/users/{user}"), None),
    ] {
        api.is_refused(&token, (method, &path), body, (404, "does not exist"))
            .await;
    }
    let path = format!("{GROUPS}/{group}/users/{user}");
    let (status, _) = api.call_as(&token, "HEAD", &path, None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn there_are_only_so_many() {
    let api = Api::start_with(|settings| {
        settings.quotas.groups = 2;
        settings.quotas.groups_of_user = 1;
    })
    .await;
    let api = unlimited(api).await;
    let (user, _) = api.new_member("alice").await;
    let second = api.new_group("second").await;
    let body = json!({ "group": { "name": "third" } });
    let refused = (409, "at most 2 groups");
    api.is_refused(&api.token, ("POST", GROUPS), Some(body), refused)
        .await;
    let path = format!("{GROUPS}/{second}/users/{user}");
    let refused = (409, "in at most 1 groups");
    api.is_refused(&api.token, ("PUT", &path), None, refused)
        .await;
}
