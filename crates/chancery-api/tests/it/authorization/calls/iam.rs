//! The rows of IAM.

use serde_json::{Value, json};

use super::{Call, call, list, no_row, some_name};
use crate::sms::SOURCES;
use crate::support::{Api, PASSWORD};

pub(super) async fn identity(api: &Api, method: &str, path: &str) -> Call {
    match (method, path) {
        ("GET" | "DELETE", "/v3/auth/tokens") => {
            let (domain, user) = (&api.domain_name, &api.user_name);
            let token = api.account_token(domain, user, &api.password).await;
            Call {
                subject_token: Some(token),
                ..call(path, None)
            }
        }
        ("POST", "/v5/decode-authorization-message") => {
            let nobody = api.user_with(&some_name(api), &[]).await;
            let (_, refused) = api.call_as(&nobody.token, "GET", SOURCES, None).await;
            let encoded = &refused["encoded_authorization_message"];
            call(path, Some(json!({ "encoded_message": encoded })))
        }
        ("GET", "/v3/auth/domains") => list(path, vec![api.domain_id.clone()]),
        ("GET", "/v3/auth/projects" | "/v3/projects") => list(path, vec![api.project_id.clone()]),
        ("POST", "/v3/projects") => {
            let name = format!("cn-north-4_{}", some_name(api));
            let body = json!({ "project": { "name": name, "parent_id": api.project_id } });
            call(path, Some(body))
        }
        ("GET" | "PATCH", "/v3/projects/{project_id}") => {
            let body = json!({ "project": { "description": "changed" } });
            let path = format!("/v3/projects/{}", api.project_id);
            call(path, (method == "PATCH").then_some(body))
        }
        (_, path) if path.contains("/roles") => roles(api, method, path).await,
        (_, path) if path.starts_with("/v3/groups") => groups(api, method, path).await,
        (_, path) if path.contains("/users") => users(api, method, path).await,
        ("POST", "/v3.0/OS-CREDENTIAL/securitytokens") => {
            let body = json!({ "auth": { "identity": { "methods": ["token"] } } });
            call(path, Some(body))
        }
        ("POST", "/v3.0/OS-CREDENTIAL/credentials") => {
            let owner = api.user_named(&some_name(api)).await;
            let body = json!({ "credential": { "user_id": owner } });
            call(path, Some(body))
        }
        (_, path) if path.starts_with("/v3.0/OS-CREDENTIAL/credentials") => {
            let owner = api.user_named(&some_name(api)).await;
            let key = api.desk.create_access_key(&api.domain_id, &owner);
            let key = key.await.unwrap().access_key;
            match path.ends_with("{access_key}") {
                true => {
                    let body = json!({ "credential": { "status": "inactive" } });
                    let body = (method == "PUT").then_some(body);
                    call(format!("/v3.0/OS-CREDENTIAL/credentials/{key}"), body)
                }
                false => {
                    let path = format!("{path}?user_id={owner}");
                    list(&path, vec![key])
                }
            }
        }
        _ => no_row(method, path),
    }
}

/// A new user, in a new group.
async fn member(api: &Api) -> (String, String) {
    let (now, domain) = (api.desk.now_ms(), &api.domain_id);
    let user = api.user_named(&some_name(api)).await;
    let group = chancery_store::GroupRow {
        id: api.desk.new_request_id(),
        domain_id: domain.clone(),
        name: some_name(api),
        description: String::new(),
        created_at: now,
    };
    let mut tx = chancery_store::Transaction::new("test.group");
    tx.insert_group_up_to(&group, 1_000);
    tx.add_member_up_to(domain, &group.id, &user, 1_000);
    api.store.commit(tx).await.unwrap();
    (user, group.id)
}

async fn users(api: &Api, method: &str, path: &str) -> Call {
    let named = json!({ "user": { "name": some_name(api) } });
    let (user, group) = member(api).await;
    let one = path.replace("{user_id}", &user);
    match (method, path) {
        ("POST", "/v3/users" | "/v3.0/OS-USER/users") => call(path, Some(named)),
        ("GET", "/v3/users") => list(path, vec![user]),
        ("PATCH", "/v3/users/{user_id}") | ("PUT", "/v3.0/OS-USER/users/{user_id}") => {
            call(one, Some(named))
        }
        ("POST", "/v3/users/{user_id}/password") => {
            let body = json!({ "password": "Another-Pass-2026", "original_password": PASSWORD });
            call(one, Some(json!({ "user": body })))
        }
        ("GET", "/v3/users/{user_id}/groups") => list(&one, vec![group]),
        ("GET", "/v3/users/{user_id}/projects") => list(&one, vec![api.project_id.clone()]),
        ("GET", "/v3/users/{user_id}" | "/v3.0/OS-USER/users/{user_id}")
        | ("DELETE", "/v3/users/{user_id}") => call(one, None),
        _ => no_row(method, path),
    }
}

async fn groups(api: &Api, method: &str, path: &str) -> Call {
    let named = json!({ "group": { "name": some_name(api) } });
    let (user, group) = member(api).await;
    let one = path.replace("{group_id}", &group);
    match (method, path) {
        ("POST", "/v3/groups") => call(path, Some(named)),
        ("GET", "/v3/groups") => list(path, vec![group]),
        ("PATCH", "/v3/groups/{group_id}") => call(one, Some(named)),
        ("GET" | "DELETE", "/v3/groups/{group_id}") => call(one, None),
        ("GET", "/v3/groups/{group_id}/users") => list(&one, vec![user]),
        ("PUT", "/v3/groups/{group_id}/users/{user_id}") => {
            let another = api.user_named(&some_name(api)).await;
            call(one.replace("{user_id}", &another), None)
        }
        ("HEAD" | "DELETE", "/v3/groups/{group_id}/users/{user_id}") => {
            call(one.replace("{user_id}", &user), None)
        }
        _ => no_row(method, path),
    }
}

/// Custom policies, and roles that groups have.
async fn roles(api: &Api, method: &str, path: &str) -> Call {
    const DOCUMENT: &str =
        r#"{"Version":"1.1","Statement":[{"Effect":"Allow","Action":["pca:ca:get"]}]}"#;
    let (_, group) = member(api).await;
    let role = chancery_store::PolicyRow {
        id: api.desk.new_request_id(),
        domain_id: api.domain_id.clone(),
        name: some_name(api),
        document: DOCUMENT.to_owned(),
        created_at: api.desk.now_ms(),
        kind: "AX".to_owned(),
        description: String::new(),
        description_cn: String::new(),
        updated_at: 0,
    };
    let mut tx = chancery_store::Transaction::new("test.role");
    tx.insert_policy(&role);
    let scope = [
        ("/v3/domains/", "domain", api.domain_id.as_str()),
        ("/v3/OS-INHERIT/", "inherited", api.domain_id.as_str()),
        ("/v3/projects/", "project", api.project_id.as_str()),
        ("/v3.0/OS-PERMISSION/", "enterprise_project", "0"),
    ];
    let scope = scope.into_iter().find(|(base, ..)| path.starts_with(base));
    if let Some((_, scope, scope_id)) = scope.filter(|_| method != "PUT") {
        let grant = chancery_store::GrantRow {
            group_id: group.clone(),
            role_id: role.id.clone(),
            scope: scope.to_owned(),
            scope_id: scope_id.to_owned(),
            created_at: role.created_at,
        };
        tx.insert_grant_up_to(&grant, &api.domain_id, false, 1_000);
    }
    api.store.commit(tx).await.unwrap();
    let one = path
        .replace("{domain_id}", &api.domain_id)
        .replace("{project_id}", &api.project_id)
        .replace("{enterprise_project_id}", "0")
        .replace("{group_id}", &group)
        .replace("{role_id}", &role.id);
    let named = |name: &str| {
        let policy: Value = serde_json::from_str(DOCUMENT).unwrap();
        json!({ "role": { "display_name": name, "type": "AX", "policy": policy } })
    };
    match (method, path) {
        ("POST" | "PATCH", _) => call(one, Some(named(&some_name(api)))),
        ("GET", _) if !path.ends_with("{role_id}") => list(&one, vec![role.id]),
        ("GET" | "HEAD" | "PUT" | "DELETE", _) => call(one, None),
        _ => no_row(method, path),
    }
}
