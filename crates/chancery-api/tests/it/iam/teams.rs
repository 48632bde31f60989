//! One team, one CA: from an empty desk to a team that uses its CA and nothing else.

use serde_json::{Value, json};

use super::{NEW_PASSWORD, start, text};
use crate::ccm::{CAS, CERTIFICATES, certificate, root, with};
use crate::signatures::call_with_key;
use crate::support::Api;

const TEAM_A: &str = "aaaaaaaa-0000-4000-8000-000000000001";

/// A member of a team and their access key.
struct Member {
    access: String,
    secret: String,
}

impl Member {
    /// A new user with a key that they make themselves, in a group of their own; the group's id.
    async fn join(api: &Api, name: &str) -> (Self, String) {
        let (user, group) = api.new_member(name).await;
        let token = api.token_of(name).await;
        let body = json!({ "credential": { "user_id": user } });
        let path = "/v3.0/OS-CREDENTIAL/credentials";
        let (status, key) = api.call_as(&token, "POST", path, Some(body)).await;
        assert_eq!(status, 201, "{key}");
        let member = Self {
            access: text(&key["credential"]["access"]),
            secret: text(&key["credential"]["secret"]),
        };
        (member, group)
    }

    async fn call(&self, api: &Api, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let key = (self.access.as_str(), self.secret.as_str());
        call_with_key(api, key, &[], (method, path), body).await
    }

    async fn status(&self, api: &Api, method: &str, path: &str, body: Option<Value>) -> u16 {
        self.call(api, method, path, body).await.0
    }
}

/// What no member of a team may do, whatever their CA.
async fn may_manage_nothing(api: &Api, member: &Member) {
    let user = json!({ "user": { "name": "mallory", "password": NEW_PASSWORD } });
    let group = json!({ "group": { "name": "mallory" } });
    for (method, path, body) in [
        ("GET", "/v3/users", None),
        ("POST", "/v3/users", Some(user)),
        ("POST", "/v3/groups", Some(group)),
        ("GET", "/v3/roles", None),
        ("GET", "/v3/scm/certificates", None),
        ("GET", "/v3/tasks", None),
    ] {
        assert_eq!(member.status(api, method, path, body).await, 403, "{path}");
    }
}

#[tokio::test]
async fn a_team_with_a_policy_on_its_ca() {
    let api = start().await;
    let ours = api.new_ca(root("ours")).await;
    let theirs = api.new_ca(root("theirs")).await;
    let (member, group) = Member::join(&api, "alice").await;
    let show = |ca: &str| format!("{CAS}/{ca}");
    assert_eq!(member.status(&api, "GET", &show(&ours), None).await, 403);

    let body = json!({ "role": {
        "display_name": "the CA of team A", "type": "AX", "description": "",
        "policy": { "Version": "5.0", "Statement": [
            {
                "Effect": "Allow", "Action": ["pca:ca:get", "pca:ca:export", "pca:cert:create*"],
                "Resource": [format!("pca:*:*:ca:{ours}")],
            },
        ] },
    } });
    let answer = api.succeed("POST", "/v3.0/OS-ROLE/roles", Some(body)).await;
    let role = text(&answer["role"]["id"]);
    api.grant(&group, &role).await;

    // From the next call on they use their CA.
    assert_eq!(member.status(&api, "GET", &show(&ours), None).await, 200);
    let export = format!("{CAS}/{ours}/export");
    assert_eq!(member.status(&api, "POST", &export, None).await, 200);
    let issue = |ca: &str| Some(certificate("www.team-a.example", ca));
    let (status, answer) = member.call(&api, "POST", CERTIFICATES, issue(&ours)).await;
    assert_eq!(status, 200, "{answer}");

    // And nothing else.
    assert_eq!(member.status(&api, "GET", &show(&theirs), None).await, 403);
    let disable = format!("{CAS}/{ours}/disable");
    assert_eq!(member.status(&api, "POST", &disable, None).await, 403);
    let status = member
        .status(&api, "POST", CERTIFICATES, issue(&theirs))
        .await;
    assert_eq!(status, 403);
    let new = Some(root("new"));
    assert_eq!(member.status(&api, "POST", CAS, new).await, 403);
    may_manage_nothing(&api, &member).await;

    // A policy that is changed holds from the next call on.
    let narrower = json!({ "role": { "policy": { "Version": "1.1", "Statement": [{
        "Effect": "Allow", "Action": ["pca:ca:get"], "Resource": [format!("pca:*:*:ca:{ours}")],
    }] } } });
    api.succeed(
        "PATCH",
        &format!("/v3.0/OS-ROLE/roles/{role}"),
        Some(narrower),
    )
    .await;
    assert_eq!(member.status(&api, "GET", &show(&ours), None).await, 200);
    assert_eq!(member.status(&api, "POST", &export, None).await, 403);
    // Who leaves the group has nothing.
    let users = api
        .succeed("GET", &format!("/v3/groups/{group}/users"), None)
        .await;
    let path = format!(
        "/v3/groups/{group}/users/{}",
        text(&users["users"][0]["id"])
    );
    api.succeed("DELETE", &path, None).await;
    assert_eq!(member.status(&api, "GET", &show(&ours), None).await, 403);
}

#[tokio::test]
async fn a_team_with_a_role_in_its_enterprise_project() {
    let api = start().await;
    let filed = |body: &Value| with(body, &json!({ "enterprise_project_id": TEAM_A }));
    api.enterprise_project(TEAM_A).await;
    let ours = api.new_ca(filed(&root("ours"))).await;
    let theirs = api.new_ca(root("theirs")).await;
    let (member, group) = Member::join(&api, "alice").await;
    let role = api.system_role("PCA FullAccess").await;
    let grant =
        format!("/v3.0/OS-PERMISSION/enterprise-projects/{TEAM_A}/groups/{group}/roles/{role}");
    api.succeed("PUT", &grant, None).await;

    let (status, answer) = member.call(&api, "GET", CAS, None).await;
    assert_eq!((status, &answer["total"]), (200, &json!(1)), "{answer}");
    assert_eq!(answer["certificate_authorities"][0]["ca_id"], ours.as_str());
    let new = filed(&certificate("www.team-a.example", &ours));
    let (status, answer) = member.call(&api, "POST", CERTIFICATES, Some(new)).await;
    assert_eq!(status, 200, "{answer}");
    let made = text(&answer["certificate_id"]);
    let export = format!("{CERTIFICATES}/{made}/export");
    let body = Some(json!({ "type": "OTHER", "is_compressed": "false" }));
    assert_eq!(member.status(&api, "POST", &export, body).await, 200);
    let made = Some(filed(&root("new")));
    assert_eq!(member.status(&api, "POST", CAS, made).await, 200);

    let path = format!("{CAS}/{theirs}");
    assert_eq!(member.status(&api, "GET", &path, None).await, 403);
    assert_eq!(member.status(&api, "DELETE", &path, None).await, 403);
    for body in [root("new"), filed(&certificate("n", &theirs))] {
        let path = match body.get("issuer_id") {
            Some(_) => CERTIFICATES,
            None => CAS,
        };
        assert_eq!(member.status(&api, "POST", path, Some(body)).await, 403);
    }
    may_manage_nothing(&api, &member).await;

    api.succeed("DELETE", &grant, None).await;
    assert_eq!(member.status(&api, "GET", CAS, None).await, 403);
}

#[tokio::test]
async fn what_users_groups_and_two_roles_give_adds_up_and_deny_wins() {
    let api = start().await;
    let ca = api.new_ca(root("ours")).await;
    let (member, group) = Member::join(&api, "alice").await;
    let full = api.system_role("PCA FullAccess").await;
    let store = api.system_role("SCM ReadOnlyAccess").await;
    let deny = api
        .new_policy(
            "no export",
            json!({ "Effect": "Deny", "Action": ["pca:ca:export"] }),
        )
        .await;
    for role in [&full, &store, &deny] {
        api.grant(&group, role).await;
    }
    let path = format!("{CAS}/{ca}");
    assert_eq!(member.status(&api, "GET", &path, None).await, 200);
    let status = member
        .status(&api, "GET", "/v3/scm/certificates", None)
        .await;
    assert_eq!(status, 200);
    let export = format!("{path}/export");
    assert_eq!(member.status(&api, "POST", &export, None).await, 403);
    // It holds after a restart, too.
    let api = super::unlimited(api.restart().await).await;
    assert_eq!(member.status(&api, "GET", &path, None).await, 200);
    assert_eq!(member.status(&api, "POST", &export, None).await, 403);
}

/// Who manages users with limited credentials could make unlimited ones of them.
#[tokio::test]
async fn limited_credentials_manage_nothing() {
    let api = start().await;
    let (user, group) = api.new_member("alice").await;
    let role = api.system_role("PCA FullAccess").await;
    let custom = api
        .new_policy(
            "mine",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let scope = json!({ "project": { "id": api.project_id } });
    let body = json!({ "auth": { "scope": scope, "identity": {
        "methods": ["token"], "token": { "id": api.token },
    } } });
    let request = http::Request::post("/v3/auth/tokens");
    let request = request.body(axum::body::Body::from(body.to_string()));
    let response = api.send(request.unwrap()).await;
    let of_project = response.headers()["x-subject-token"].to_str().unwrap();
    let body = json!({ "auth": { "identity": { "methods": ["token"] } } });
    let temporary = api
        .succeed("POST", "/v3.0/OS-CREDENTIAL/securitytokens", Some(body))
        .await;
    let temporary = &temporary["credential"];
    let key = (text(&temporary["access"]), text(&temporary["secret"]));
    let session = text(&temporary["securitytoken"]);
    let headers = [("x-security-token", session.as_str())];

    let named = |kind: &str| Some(json!({ kind: { "name": "x", "parent_id": api.project_id } }));
    let policy = Some(json!({ "role": {
        "display_name": "x", "type": "AX", "description": "", "policy": {
            "Version": "1.1", "Statement": [{ "Effect": "Allow", "Action": ["*"] }],
        },
    } }));
    let (domain, project) = (&api.domain_id, &api.project_id);
    let member = format!("/v3/groups/{group}/users/{user}");
    let custom = format!("/v3.0/OS-ROLE/roles/{custom}");
    for (method, path, body) in [
        ("POST", "/v3/users".to_owned(), named("user")),
        ("POST", "/v3.0/OS-USER/users".to_owned(), named("user")),
        ("PATCH", format!("/v3/users/{user}"), named("user")),
        ("PUT", format!("/v3.0/OS-USER/users/{user}"), named("user")),
        ("DELETE", format!("/v3/users/{user}"), None),
        ("POST", "/v3/groups".to_owned(), named("group")),
        ("PATCH", format!("/v3/groups/{group}"), named("group")),
        ("DELETE", format!("/v3/groups/{group}"), None),
        ("PUT", member.clone(), None),
        ("DELETE", member, None),
        ("POST", "/v3.0/OS-ROLE/roles".to_owned(), policy.clone()),
        ("PATCH", custom.clone(), policy),
        ("DELETE", custom, None),
        (
            "PUT",
            format!("/v3/domains/{domain}/groups/{group}/roles/{role}"),
            None,
        ),
        (
            "DELETE",
            format!("/v3/domains/{domain}/groups/{group}/roles/{role}"),
            None,
        ),
        (
            "PUT",
            format!("/v3/projects/{project}/groups/{group}/roles/{role}"),
            None,
        ),
        (
            "PUT",
            format!(
                "/v3/OS-INHERIT/domains/{domain}/groups/{group}/roles/{role}/inherited_to_projects"
            ),
            None,
        ),
        (
            "PUT",
            format!("/v3.0/OS-PERMISSION/enterprise-projects/0/groups/{group}/roles/{role}"),
            None,
        ),
        ("POST", "/v3/projects".to_owned(), named("project")),
        ("PATCH", format!("/v3/projects/{project}"), named("project")),
    ] {
        let refused = (403, "limited neither to a project nor in time");
        let call = (method, path.as_str());
        api.is_refused(of_project, call, body.clone(), refused)
            .await;
        let key = (key.0.as_str(), key.1.as_str());
        let (status, answer) = call_with_key(&api, key, &headers, call, body).await;
        assert_eq!(status, 403, "{method} {path}: {answer}");
    }
    // They may read.
    let (status, _) = api.call_as(of_project, "GET", "/v3/users", None).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn policies_name_users_and_groups() {
    let api = start().await;
    let (_, group) = api.new_member("alice").await;
    let (bob, other) = (api.new_user("bob").await, api.new_group("other").await);
    let token = api.token_of("alice").await;
    let manages = json!({
        "Effect": "Allow",
        "Action": ["iam:permissions:addUserToGroup", "iam:users:getUser", "iam:users:deleteUser"],
        "Resource": [format!("iam:*:*:group:{group}"), format!("iam:*:*:user:{bob}")],
    });
    let role = api.new_policy("manages their group", manages).await;
    api.grant(&group, &role).await;
    let add = |group: &str| format!("/v3/groups/{group}/users/{bob}");
    let (status, answer) = api.call_as(&token, "PUT", &add(&group), None).await;
    assert_eq!(status, 204, "{answer}");
    api.is_refused(&token, ("PUT", &add(&other)), None, (403, "addUserToGroup"))
        .await;
    // A resource that is denied stays denied where everything is allowed.
    let full = api.system_role("Security Administrator").await;
    api.grant(&group, &full).await;
    let denies = json!({
        "Effect": "Deny", "Action": ["iam:users:*"],
        "Resource": [format!("iam:*:*:user:{bob}")],
    });
    let role = api.new_policy("not bob", denies).await;
    api.grant(&group, &role).await;
    let bob = format!("/v3/users/{bob}");
    for method in ["GET", "DELETE"] {
        api.is_refused(&token, (method, &bob), None, (403, "iam:users:"))
            .await;
    }
    let (status, _) = api.call_as(&token, "GET", "/v3/users", None).await;
    assert_eq!(status, 200);
}
