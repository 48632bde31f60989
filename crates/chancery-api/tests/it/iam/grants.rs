//! Roles of groups: in the account, in all projects, in a project, in an enterprise project.

use serde_json::{Value, json};

use super::{text, unlimited};
use crate::dcs;
use crate::signatures::call_with_key;
use crate::support::{Api, PASSWORD, fields};

const EPS: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// A desk whose account has an enterprise project.
async fn start() -> Api {
    let api = super::start().await;
    api.enterprise_project(EPS).await;
    api
}

/// The paths of a role of a group: where it is granted, and where those of the group are listed.
struct Paths {
    one: String,
    all: String,
    action: &'static str,
}

/// All four places.
fn paths(api: &Api, group: &str, role: &str) -> [Paths; 4] {
    let (domain, project) = (&api.domain_id, &api.project_id);
    let plain = |base: String, action| Paths {
        one: format!("{base}/{role}"),
        all: base,
        action,
    };
    let inherited = format!("/v3/OS-INHERIT/domains/{domain}/groups/{group}/roles");
    [
        plain(
            format!("/v3/domains/{domain}/groups/{group}/roles"),
            "iam:permissions:grantRoleToGroupOnDomain",
        ),
        plain(
            format!("/v3/projects/{project}/groups/{group}/roles"),
            "iam:permissions:grantRoleToGroupOnProject",
        ),
        Paths {
            one: format!("{inherited}/{role}/inherited_to_projects"),
            all: format!("{inherited}/inherited_to_projects"),
            action: "iam:permissions:grantRoleToGroup",
        },
        plain(
            format!("/v3.0/OS-PERMISSION/enterprise-projects/{EPS}/groups/{group}/roles"),
            "iam:permissions:grantRoleToGroupOnEnterpriseProject",
        ),
    ]
}

#[tokio::test]
async fn a_role_is_granted_found_listed_and_taken() {
    let api = start().await;
    let group = api.new_group("team").await;
    let role = api.system_role("PCA FullAccess").await;
    for paths in paths(&api, &group, &role) {
        let has_head = !paths.one.starts_with("/v3.0/");
        let listed = async || {
            let answer = api.succeed("GET", &paths.all, None).await;
            answer["roles"].as_array().unwrap().clone()
        };
        assert_eq!(listed().await, [] as [Value; 0], "{}", paths.all);
        if has_head {
            let (status, _) = api.call("HEAD", &paths.one, None).await;
            assert_eq!(status, 404);
        }
        let refused = (404, "does not have the role");
        api.is_refused(&api.token, ("DELETE", &paths.one), None, refused)
            .await;
        for _ in 0..2 {
            let (status, answer) = api.call("PUT", &paths.one, None).await;
            assert_eq!((status.as_u16(), answer), (204, Value::Null));
        }
        if has_head {
            let (status, _) = api.call("HEAD", &paths.one, None).await;
            assert_eq!(status, 204);
        }
        let found = listed().await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["id"], role.as_str());
        assert_eq!(found[0]["display_name"], "PCA FullAccess");
        assert_eq!(found[0].get("links").is_some(), has_head);
        let detail = api.audited(&group, paths.action).await;
        assert!(detail.contains(&role), "{detail}");

        let (status, _) = api.call("DELETE", &paths.one, None).await;
        assert_eq!(status, 204);
        assert_eq!(listed().await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn one_place_is_not_another() {
    let api = start().await;
    let group = api.new_group("team").await;
    let role = api.system_role("PCA FullAccess").await;
    let all = paths(&api, &group, &role);
    api.succeed("PUT", &all[0].one, None).await;
    for paths in &all[1..] {
        let answer = api.succeed("GET", &paths.all, None).await;
        assert_eq!(answer["roles"], json!([]), "{}", paths.all);
    }
    let refused = (404, "does not have the role");
    api.is_refused(&api.token, ("DELETE", &all[2].one), None, refused)
        .await;
    let answer = api.succeed("GET", &all[0].all, None).await;
    assert_eq!(fields(&answer), ["links", "roles"]);
}

#[tokio::test]
async fn what_is_not_there() {
    let api = start().await;
    let group = api.new_group("team").await;
    let role = api.system_role("PCA FullAccess").await;
    let nothing = "0123456789abcdef0123456789abcdef";
    for (path, says) in [
        (
            format!("/v3/domains/{nothing}/groups/{group}/roles/{role}"),
            "the account",
        ),
        (
            format!(
                "/v3/OS-INHERIT/domains/{nothing}/groups/{group}/roles/{role}/inherited_to_projects"
            ),
            "the account",
        ),
        (
            format!("/v3/projects/{nothing}/groups/{group}/roles/{role}"),
            "the project",
        ),
        (
            format!(
                "/v3/domains/{}/groups/{nothing}/roles/{role}",
                api.domain_id
            ),
            "the group",
        ),
        (
            format!(
                "/v3/domains/{}/groups/{group}/roles/{nothing}",
                api.domain_id
            ),
            "the role",
        ),
    ] {
        for method in ["PUT", "DELETE"] {
            api.is_refused(&api.token, (method, &path), None, (404, says))
                .await;
        }
        let (status, _) = api.call("HEAD", &path, None).await;
        assert_eq!(status, 404);
    }
    for id in [
        "x",
        "AAAAAAAA-0000-4000-8000-000000000001",
        "aaaaaaaa-0000-4000-8000-000000000002",
    ] {
        let all = format!("/v3.0/OS-PERMISSION/enterprise-projects/{id}/groups/{group}/roles");
        let one = format!("{all}/{role}");
        for (method, path) in [("PUT", &one), ("DELETE", &one), ("GET", &all)] {
            let refused = (404, "the enterprise project");
            api.is_refused(&api.token, (method, path), None, refused)
                .await;
        }
    }
}

#[tokio::test]
async fn another_account_grants_nothing_here() {
    let api = start().await;
    let group = api.new_group("team").await;
    let role = api.system_role("PCA FullAccess").await;
    let stranger = api.other_account().await;
    let token = api
        .account_token(&stranger.domain_name, &stranger.name, PASSWORD)
        .await;
    for paths in paths(&api, &group, &role) {
        for (method, path) in [
            ("PUT", &paths.one),
            ("DELETE", &paths.one),
            ("GET", &paths.all),
        ] {
            let refused = (404, "does not exist");
            api.is_refused(&token, (method, path), None, refused).await;
        }
    }
    let custom = api
        .new_policy(
            "mine",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let body = json!({ "group": { "name": "theirs" } });
    let (_, answer) = api.call_as(&token, "POST", "/v3/groups", Some(body)).await;
    let theirs = text(&answer["group"]["id"]);
    let path = format!(
        "/v3/domains/{}/groups/{theirs}/roles/{custom}",
        stranger.domain_id
    );
    api.is_refused(&token, ("PUT", &path), None, (404, "the role"))
        .await;
}

#[tokio::test]
async fn a_policy_that_is_granted_is_not_deleted() {
    let api = start().await;
    let group = api.new_group("team").await;
    let role = api
        .new_policy(
            "mine",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    api.grant(&group, &role).await;
    let path = format!("/v3.0/OS-ROLE/roles/{role}");
    let answer = api.succeed("GET", &path, None).await;
    assert_eq!(answer["role"]["references"], 1);
    let refused = (409, "take it from all groups first");
    api.is_refused(&api.token, ("DELETE", &path), None, refused)
        .await;
    // With the group goes what it was granted.
    api.succeed("DELETE", &format!("/v3/groups/{group}"), None)
        .await;
    api.succeed("DELETE", &path, None).await;
}

#[tokio::test]
async fn a_group_has_only_so_many() {
    let api = Api::start_with(|settings| settings.quotas.grants_of_group = 1).await;
    let api = unlimited(api).await;
    api.enterprise_project(EPS).await;
    let group = api.new_group("team").await;
    let first = api.system_role("PCA FullAccess").await;
    let second = api.system_role("SCM FullAccess").await;
    api.grant(&group, &first).await;
    api.grant(&group, &first).await;
    for paths in paths(&api, &group, &second) {
        let refused = (409, "at most 1 roles");
        api.is_refused(&api.token, ("PUT", &paths.one), None, refused)
            .await;
    }
}

#[tokio::test]
async fn a_role_in_a_project_holds_there() {
    let api = start().await;
    let (user, group) = api.new_member("alice").await;
    let role = api.system_role("DCS FullAccess").await;
    let path = format!(
        "/v3/projects/{}/groups/{group}/roles/{role}",
        api.project_id
    );
    api.succeed("PUT", &path, None).await;
    let body = json!({ "project": {
        "name": "cn-north-4_other", "parent_id": api.project_id,
    } });
    let answer = api.succeed("POST", "/v3/projects", Some(body)).await;
    let other = text(&answer["project"]["id"]);
    let instance = dcs::create(&api, json!({})).await;
    let body = json!({ "credential": { "user_id": user } });
    let key = api
        .succeed("POST", "/v3.0/OS-CREDENTIAL/credentials", Some(body))
        .await;
    let key = &key["credential"];
    let (access, secret) = (text(&key["access"]), text(&key["secret"]));

    // By the path, with credentials that are not limited.
    let theirs = format!("/v2/{}/instances", api.project_id);
    let others = format!("/v2/{other}/instances");
    let signed = async |path: &str| {
        let key = (access.as_str(), secret.as_str());
        call_with_key(&api, key, &[], ("GET", path), None).await.0
    };
    assert_eq!(signed(&theirs).await, 200);
    assert_eq!(signed(&format!("{theirs}/{instance}")).await, 200);
    assert_eq!(signed(&others).await, 403);
    assert_eq!(signed("/v1/private-certificate-authorities").await, 403);

    // By credentials that are limited to it.
    let of = async |project: &str| {
        let scope = json!({ "project": { "id": project } });
        let body = json!({ "auth": { "scope": scope, "identity": {
            "methods": ["hw_ak_sk"],
            "hw_ak_sk": { "access": { "key": access }, "secret": { "key": secret } },
        } } });
        let request = http::Request::post("/v3/auth/tokens");
        let request = request.body(axum::body::Body::from(body.to_string()));
        let response = api.send(request.unwrap()).await;
        text(&json!(
            response.headers()["x-subject-token"].to_str().unwrap()
        ))
    };
    let (here, elsewhere) = (of(&api.project_id).await, of(&other).await);
    let bundle = format!("/chancery/v1/instances/{instance}/server-bundle");
    let asks = async |token: &str, path: &str| {
        let (status, _) = api.call_as(token, "GET", path, None).await;
        status.as_u16()
    };
    assert_eq!(asks(&here, &bundle).await, 200);
    assert_eq!(asks(&here, &theirs).await, 200);
    assert_eq!(asks(&here, &others).await, 403);
    assert_eq!(asks(&elsewhere, &bundle).await, 403);
    // DCS answers so what is not a project of the credentials.
    assert_eq!(asks(&elsewhere, &theirs).await, 401);
    assert_eq!(signed(&bundle).await, 403, "no project is named");

    // Nobody manages a project by what they were granted in it.
    let role = api.system_role("FullAccess").await;
    let full = format!(
        "/v3/projects/{}/groups/{group}/roles/{role}",
        api.project_id
    );
    api.succeed("PUT", &full, None).await;
    let project = format!("/v3/projects/{}", api.project_id);
    assert_eq!(signed(&project).await, 403);
    let body = Some(json!({ "project": { "description": "x" } }));
    let (status, _) = api.call_as(&here, "PATCH", &project, body).await;
    assert_eq!(status, 403);
    // Nor does such a token see users, or touch keys of others.
    assert_eq!(asks(&here, "/v3/users").await, 403);
    let other = api.new_user("bob").await;
    let body = json!({ "credential": { "user_id": other } });
    let keys = "/v3.0/OS-CREDENTIAL/credentials";
    let key = api.succeed("POST", keys, Some(body)).await;
    let key = format!("{keys}/{}", text(&key["credential"]["access"]));
    for method in ["GET", "DELETE"] {
        api.is_refused(&here, (method, &key), None, (403, "iam:credentials"))
            .await;
    }

    // Taken again, it is gone from the next call on.
    api.succeed("DELETE", &path, None).await;
    api.succeed("DELETE", &full, None).await;
    assert_eq!(signed(&theirs).await, 403);
    assert_eq!(asks(&here, &bundle).await, 403);
}

#[tokio::test]
async fn a_role_in_all_projects_holds_everywhere() {
    let api = start().await;
    let (_, group) = api.new_member("alice").await;
    let token = api.token_of("alice").await;
    let role = api.system_role("Tenant Administrator").await;
    let path = format!(
        "/v3/OS-INHERIT/domains/{}/groups/{group}/roles/{role}/inherited_to_projects",
        api.domain_id
    );
    let status_of = async |method: &str, path: &str| {
        let (status, _) = api.call_as(&token, method, path, None).await;
        status.as_u16()
    };
    let cas = "/v1/private-certificate-authorities";
    let instances = format!("/v2/{}/instances", api.project_id);
    assert_eq!(status_of("GET", cas).await, 403);
    api.succeed("PUT", &path, None).await;
    assert_eq!(status_of("GET", cas).await, 200);
    assert_eq!(status_of("GET", &instances).await, 200);
    // It is not about IAM.
    assert_eq!(status_of("GET", "/v3/users").await, 403);
    assert_eq!(status_of("PUT", &path).await, 403);
}
