//! `/v3/roles` and `/v3.0/OS-ROLE/roles`.

use serde_json::{Value, json};

use super::{start, text, unlimited};
use crate::support::{Api, NOW, PASSWORD, fields};

const ROLES: &str = "/v3/roles";
const CUSTOM: &str = "/v3.0/OS-ROLE/roles";
const BASE: &str = "https://desk.example:8443";

fn policy() -> Value {
    json!({ "Version": "1.1", "Statement": [{
        "Effect": "Allow", "Action": ["pca:ca:get"],
        "Resource": ["pca:*:*:ca:*"],
        "Condition": { "StringEquals": { "g:UserName": ["alice"] } },
    }] })
}

fn body(change: Value) -> Value {
    let mut role = json!({
        "display_name": "one CA", "type": "AX", "description": "of a test", "policy": policy(),
    });
    for (name, value) in change.as_object().unwrap() {
        role[name] = value.clone();
    }
    json!({ "role": role })
}

#[tokio::test]
async fn a_custom_policy_is_made_shown_changed_and_deleted() {
    let api = start().await;
    let made = body(json!({ "description_cn": "测试" }));
    let (status, answer) = api.call("POST", CUSTOM, Some(made)).await;
    assert_eq!(status, 201, "{answer}");
    let id = text(&answer["role"]["id"]);
    let mut expected = json!({
        "id": id, "domain_id": api.domain_id, "name": format!("custom_{id}"),
        "display_name": "one CA", "type": "AX", "catalog": "CUSTOMED",
        "description": "of a test", "description_cn": "测试", "policy": policy(),
        "created_time": NOW.to_string(), "updated_time": NOW.to_string(),
        "links": { "self": format!("{BASE}{ROLES}/{id}") },
    });
    assert_eq!(answer, json!({ "role": expected }));
    let detail = api.audited(&id, "iam:roles:createRole").await;
    assert!(detail.contains("pca:ca:get"), "{detail}");

    // The operator's own, which the administrator has, is not listed.
    let answer = api.succeed("GET", CUSTOM, None).await;
    let links = json!({ "self": format!("{BASE}{ROLES}"), "previous": null, "next": null });
    assert_eq!(
        answer,
        json!({ "roles": [expected], "links": links, "total_number": 1 })
    );
    api.clock.advance_ms(5);
    let path = format!("{CUSTOM}/{id}");
    let change = json!({ "role": { "type": "XA", "policy": {
        "Version": "5.0", "Statement": [{ "Effect": "Deny", "NotAction": ["pca:*:*"] }],
    } } });
    let answer = api.succeed("PATCH", &path, Some(change.clone())).await;
    expected["type"] = "XA".into();
    expected["policy"] = change["role"]["policy"].clone();
    expected["updated_time"] = (NOW + 5).to_string().into();
    assert_eq!(answer, json!({ "role": expected }));
    expected["references"] = 0.into();
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer, json!({ "role": expected }));

    let (status, answer) = api.call("DELETE", &path, None).await;
    assert_eq!((status.as_u16(), answer), (200, Value::Null));
    for method in ["GET", "DELETE"] {
        api.is_refused(&api.token, (method, &path), None, (404, "role"))
            .await;
    }
    api.audited(&id, "iam:roles:deleteRole").await;
}

#[tokio::test]
async fn roles_that_are_built_in() {
    let api = start().await;
    let custom = api
        .new_policy(
            "mine",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let answer = api.succeed("GET", ROLES, None).await;
    let roles = answer["roles"].as_array().unwrap();
    assert_eq!(answer["total_number"], roles.len());
    let full = roles
        .iter()
        .find(|role| role["name"] == "system_all_pca_full");
    let full = full.unwrap();
    assert_eq!(
        fields(full),
        [
            "catalog",
            "created_time",
            "description",
            "description_cn",
            "display_name",
            "domain_id",
            "flag",
            "id",
            "links",
            "name",
            "policy",
            "type",
            "updated_time"
        ]
    );
    assert_eq!(full["display_name"], "PCA FullAccess");
    assert_eq!(full["domain_id"], Value::Null);
    assert_eq!(full["policy"]["Statement"][0]["Action"], json!(["pca:*:*"]));
    let id = text(&full["id"]);
    let answer = api.succeed("GET", &format!("{ROLES}/{id}"), None).await;
    assert_eq!(&answer["role"], full);
    // Nobody changes them, and version 3 shows custom ones too.
    for method in ["GET", "DELETE", "PATCH"] {
        let body = (method == "PATCH").then(|| body(json!({})));
        let path = format!("{CUSTOM}/{id}");
        api.is_refused(&api.token, (method, &path), body, (404, "role"))
            .await;
    }
    let answer = api.succeed("GET", &format!("{ROLES}/{custom}"), None).await;
    assert_eq!(answer["role"]["display_name"], "mine");

    let own = format!("?domain_id={}", api.domain_id);
    for (query, expected) in [
        (own.as_str(), vec!["mine"]),
        ("?name=secu_admin", vec!["Security Administrator"]),
        ("?display_name=SCM%20Full", vec!["SCM FullAccess"]),
        ("?catalog=SMS", vec!["SMS FullAccess"]),
        ("?type=project&catalog=DCS", vec!["DCS FullAccess"]),
        ("?type=domain&catalog=DCS", vec![]),
        (
            "?permission_type=role&type=all",
            vec![
                "Tenant Administrator",
                "Tenant Guest",
                "Security Administrator",
            ],
        ),
        (
            "?permission_type=role&page=2&per_page=2",
            vec!["Security Administrator"],
        ),
        ("?permission_type=role&page=3&per_page=2", vec![]),
    ] {
        let answer = api.succeed("GET", &format!("{ROLES}{query}"), None).await;
        let names: Vec<_> = answer["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| text(&role["display_name"]))
            .collect();
        assert_eq!(names, expected, "{query}");
    }
    for (query, says) in [
        ("?type=xyz", "type must be one of domain, project, all"),
        (
            "?permission_type=xyz",
            "permission_type must be policy or role",
        ),
        ("?page=0&per_page=1", "page must be a number from 1"),
        (
            "?page=1&per_page=301",
            "per_page must be a number from 1 to 300",
        ),
    ] {
        let path = format!("{ROLES}{query}");
        api.is_refused(&api.token, ("GET", &path), None, (400, says))
            .await;
    }
    let path = format!("{CUSTOM}?page=1&per_page=301");
    let refused = (400, "per_page must be a number from 1 to 300");
    api.is_refused(&api.token, ("GET", &path), None, refused)
        .await;
    let path = format!("{ROLES}?domain_id=other");
    api.is_refused(&api.token, ("GET", &path), None, (404, "account"))
        .await;
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let api = start().await;
    let statement = |statement: Value| {
        body(json!({ "policy": { "Version": "1.1", "Statement": [statement] } }))
    };
    let id = api
        .new_policy(
            "taken",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let nine = vec![json!({ "Effect": "Allow", "Action": ["a:b:c"] }); 9];
    for (body, status, says) in [
        (json!({}), 400, "role is required"),
        (
            body(json!({ "display_name": "" })),
            400,
            "role.display_name must have 1 to 128",
        ),
        (
            body(json!({ "display_name": "n".repeat(129) })),
            400,
            "role.display_name must have 1 to 128",
        ),
        (
            body(json!({ "type": "AA" })),
            400,
            "role.type must be AX or XA",
        ),
        (
            body(json!({ "description": "d".repeat(257) })),
            400,
            "role.description must have at most 256",
        ),
        (
            body(json!({ "policy": { "Version": "1.0", "Statement": [] } })),
            400,
            "Version must be 1.1 or 5.0",
        ),
        (
            body(json!({ "policy": { "Version": "1.1", "Statement": nine } })),
            400,
            "Statement must have 1 to 8 entries",
        ),
        (
            statement(json!({ "Effect": "Perhaps", "Action": ["a:b:c"] })),
            400,
            "Effect must be Allow or Deny",
        ),
        (
            statement(json!({ "Effect": "Allow" })),
            400,
            "Action or NotAction is required",
        ),
        (
            statement(json!({ "Effect": "Allow", "Action": ["pca"] })),
            400,
            "an action reads service:type:operation",
        ),
        (
            statement(json!({ "Effect": "Allow", "Action": ["a:b:c"], "Resource": ["ca"] })),
            400,
            "a resource reads service:region:account:type:id",
        ),
        (
            statement(json!({ "Effect": "Allow", "Action": ["a:b:c"], "Principal": "x" })),
            400,
            "unknown field `Principal`, expected one of",
        ),
        (
            statement(json!({ "Effect": "Allow", "Action": ["a:b:c"],
                "Condition": { "StringEquals": { "obs:prefix": ["x"] } } })),
            400,
            "a condition's key must be one of g:EnterpriseProjectId",
        ),
    ] {
        let path = format!("{CUSTOM}/{id}");
        for call in [("POST", CUSTOM), ("PATCH", &path)] {
            api.is_refused(&api.token, call, Some(body.clone()), (status, says))
                .await;
        }
    }
    let taken = || Some(body(json!({ "display_name": "taken" })));
    api.is_refused(
        &api.token,
        ("POST", CUSTOM),
        taken(),
        (409, "this name already"),
    )
    .await;
    let other = api
        .new_policy(
            "other",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let path = format!("{CUSTOM}/{other}");
    api.is_refused(
        &api.token,
        ("PATCH", &path),
        taken(),
        (409, "this name already"),
    )
    .await;
    for name in ["display_name", "type", "policy"] {
        let mut sparse = body(json!({}));
        sparse["role"].as_object_mut().unwrap().remove(name);
        let says = format!("role.{name} is required");
        api.is_refused(&api.token, ("POST", CUSTOM), Some(sparse), (400, &says))
            .await;
    }
    let answer = api.succeed("GET", CUSTOM, None).await;
    assert_eq!(answer["total_number"], 2);
    assert_eq!(answer["roles"][1]["display_name"], "taken");
}

#[tokio::test]
async fn another_account_does_not_see_it() {
    let api = start().await;
    let id = api
        .new_policy(
            "mine",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let stranger = api.other_account().await;
    let token = api
        .account_token(&stranger.domain_name, &stranger.name, PASSWORD)
        .await;
    for (method, path) in [
        ("GET", format!("{CUSTOM}/{id}")),
        ("GET", format!("{ROLES}/{id}")),
        ("PATCH", format!("{CUSTOM}/{id}")),
        ("DELETE", format!("{CUSTOM}/{id}")),
    ] {
        let body = (method == "PATCH").then(|| body(json!({})));
        let refused = (404, "does not exist");
        api.is_refused(&token, (method, &path), body, refused).await;
    }
    let (_, answer) = api.call_as(&token, "GET", CUSTOM, None).await;
    assert_eq!(answer["total_number"], 0);
}

#[tokio::test]
async fn the_operators_own_stay_out_of_reach() {
    let api = start().await;
    let own = api.store.policies(&api.domain_id).await.unwrap();
    assert_eq!(own.len(), 1);
    let group = api.new_group("team").await;
    for (method, path) in [
        ("GET", format!("{CUSTOM}/{}", own[0].id)),
        ("GET", format!("{ROLES}/{}", own[0].id)),
        ("PATCH", format!("{CUSTOM}/{}", own[0].id)),
        ("DELETE", format!("{CUSTOM}/{}", own[0].id)),
        (
            "PUT",
            format!(
                "/v3/domains/{}/groups/{group}/roles/{}",
                api.domain_id, own[0].id
            ),
        ),
    ] {
        let body = (method == "PATCH").then(|| body(json!({})));
        api.is_refused(&api.token, (method, &path), body, (404, "role"))
            .await;
    }
}

#[tokio::test]
async fn an_account_has_only_so_many() {
    let api = Api::start_with(|settings| settings.quotas.policies = 1).await;
    let api = unlimited(api).await;
    let statement = json!({ "Effect": "Allow", "Action": ["pca:ca:get"] });
    api.new_policy("first", statement).await;
    let refused = (409, "at most 1 custom policies");
    let second = Some(body(json!({})));
    api.is_refused(&api.token, ("POST", CUSTOM), second, refused)
        .await;
}
