//! Changes of different fields of one thing at the same time: both stay, whichever is stored first.

use chancery_core::policy::FULL_ACCESS;
use chancery_store::{Store, Transaction};
use serde_json::{Value, json};

use super::{start, text};
use crate::support::Api;

/// Calls as the administrator; after the call has read the row and before it stores its change,
/// another one is stored.
async fn overtaken(
    api: &Api,
    call: (&str, &str),
    body: Value,
    (name, other): (&'static str, Transaction),
) -> Value {
    api.faults.overtake(name, other);
    let answer = api.succeed(call.0, call.1, Some(body)).await;
    assert!(!api.faults.is_waiting(), "{name} was not overtaken");
    answer
}

#[tokio::test]
async fn a_policy_that_was_tightened_stays_so() {
    const TIGHT: &str =
        r#"{"Version":"1.1","Statement":[{"Effect":"Deny","Action":["pca:ca:delete"]}]}"#;
    let api = start().await;
    let statement = json!({ "Effect": "Allow", "Action": ["pca:*:*"] });
    let id = api.new_policy("team", statement).await;
    let row = async |store: &Store| store.policy(&api.domain_id, &id).await.unwrap().unwrap();
    let read = row(&api.store).await;
    let mut tight = read.clone();
    tight.document = TIGHT.to_owned();
    let mut tx = Transaction::new("test.other");
    tx.set_custom_policy(&read, &tight);

    let path = format!("/v3.0/OS-ROLE/roles/{id}");
    let body = json!({ "role": {
        "display_name": "renamed", "type": "AX", "description": "words",
    } });
    let answer = overtaken(&api, ("PATCH", &path), body, ("policy.change", tx)).await;
    assert_eq!(answer["role"]["policy"]["Statement"][0]["Effect"], "Deny");
    let after = row(&api.store).await;
    assert_eq!(
        (after.document.as_str(), after.name.as_str()),
        (TIGHT, "renamed")
    );
    let audited = api.audited(&id, "iam:roles:updateRole").await;
    assert!(
        audited.contains("Deny") && !audited.contains("Allow"),
        "{audited}"
    );
}

#[tokio::test]
async fn a_key_that_was_switched_off_stays_off() {
    let api = start().await;
    let user = api.new_user("alice").await;
    let key = api.desk.create_access_key(&api.domain_id, &user).await;
    let key = key.unwrap().access_key;
    let read = api.store.access_key(&key).await.unwrap().unwrap();
    let mut off = read.clone();
    off.status = "inactive".to_owned();
    let mut tx = Transaction::new("test.other");
    tx.set_access_key(&read, &off);

    let path = format!("/v3.0/OS-CREDENTIAL/credentials/{key}");
    let body = json!({ "credential": { "description": "words" } });
    let answer = overtaken(&api, ("PUT", &path), body, ("access_key.change", tx)).await;
    assert_eq!(answer["credential"]["status"], "inactive");
    let after = api.store.access_key(&key).await.unwrap().unwrap();
    assert_eq!(
        (after.status.as_str(), after.description.as_str()),
        ("inactive", "words")
    );
}

#[tokio::test]
async fn what_is_known_of_a_user_stays() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let path = format!("/v3.0/OS-USER/users/{id}");
    let row = async |store: &Store| store.user(&api.domain_id, &id).await.unwrap().unwrap();
    let read = row(&api.store).await;
    let mut other = read.clone();
    let mut profile: Value = serde_json::from_str(&read.profile).unwrap();
    profile["email"] = json!("alice@example.com");
    other.profile = profile.to_string();
    let mut tx = Transaction::new("test.other");
    tx.set_user(&read, &other);
    let body = json!({ "user": { "name": "alicia", "description": "words" } });
    let answer = overtaken(&api, ("PUT", &path), body, ("user.change", tx)).await;
    let user = &answer["user"];
    assert_eq!(
        [&user["name"], &user["email"], &user["description"]],
        ["alicia", "alice@example.com", "words"]
    );

    // Nor is one enabled who was disabled, or has their last password back.
    let mut tx = Transaction::new("test.other");
    tx.set_user_enabled(&api.domain_id, &id, false);
    tx.set_user_password_hash(&api.domain_id, &id, "another");
    let body = json!({ "user": { "description": "more" } });
    let answer = overtaken(&api, ("PUT", &path), body, ("user.change", tx)).await;
    assert_eq!(answer["user"]["enabled"], false);
    let after = row(&api.store).await;
    assert_eq!(
        (after.enabled, after.password_hash.as_str()),
        (false, "another")
    );
    assert!(after.profile.contains("more"), "{}", after.profile);
}

#[tokio::test]
async fn a_password_that_was_changed_is_not_the_original_one_any_more() {
    let api = start().await;
    let id = api.new_user("alice").await;
    let token = api.token_of("alice").await;
    let mut tx = Transaction::new("test.other");
    let hash = api
        .store
        .user(&api.domain_id, &api.administrator().await)
        .await;
    let hash = hash.unwrap().unwrap().password_hash;
    tx.set_user_password_hash(&api.domain_id, &id, &hash);
    api.faults.overtake("user.password", tx);
    let body = json!({ "user": {
        "original_password": super::NEW_PASSWORD, "password": "Third-Pass-2026",
    } });
    let path = format!("/v3/users/{id}/password");
    let refused = (400, "user.original_password is not the password");
    api.is_refused(&token, ("POST", &path), Some(body), refused)
        .await;
    let after = api.store.user(&api.domain_id, &id).await.unwrap().unwrap();
    assert_eq!(after.password_hash, hash);
}

#[tokio::test]
async fn groups_and_projects_keep_both_changes() {
    let api = start().await;
    let domain = api.domain_id.as_str();
    let id = api.new_group("team").await;
    let read = api.store.group(domain, &id).await.unwrap().unwrap();
    let mut other = read.clone();
    other.description = "words".to_owned();
    let mut tx = Transaction::new("test.other");
    tx.set_group(&read, &other);
    let (path, body) = (
        format!("/v3/groups/{id}"),
        json!({ "group": { "name": "crew" } }),
    );
    overtaken(&api, ("PATCH", &path), body, ("group.change", tx)).await;
    let after = api.store.group(domain, &id).await.unwrap().unwrap();
    assert_eq!(
        (after.name.as_str(), after.description.as_str()),
        ("crew", "words")
    );

    let body = json!({ "project": { "name": "cn-north-4_a", "parent_id": api.project_id } });
    let made = api.succeed("POST", "/v3/projects", Some(body)).await;
    let id = text(&made["project"]["id"]);
    let read = api.store.project(domain, &id).await.unwrap().unwrap();
    let mut other = read.clone();
    other.description = "words".to_owned();
    let mut tx = Transaction::new("test.other");
    tx.set_project(&read, &other);
    let path = format!("/v3/projects/{id}");
    let body = json!({ "project": { "name": "cn-north-4_b" } });
    let answer = overtaken(&api, ("PATCH", &path), body, ("project.change", tx)).await;
    assert_eq!(answer["project"]["description"], "words");
    let after = api.store.project(domain, &id).await.unwrap().unwrap();
    assert_eq!(
        (after.name.as_str(), after.description.as_str()),
        ("cn-north-4_b", "words")
    );
}

#[tokio::test]
async fn enterprise_projects_keep_both_changes() {
    let api = start().await;
    let id = "aaaaaaaa-0000-4000-8000-000000000001";
    api.enterprise_project(id).await;
    let row = async || api.store.enterprise_project(&api.domain_id, id).await;
    let read = row().await.unwrap().unwrap();
    let mut other = read.clone();
    other.name = "team".to_owned();
    let mut tx = Transaction::new("test.other");
    tx.set_enterprise_project(&read, &other);
    let path = format!("/v1.0/enterprise-projects/{id}");
    let body = || json!({ "description": "words" });
    let name = "enterprise_project.change";
    overtaken(&api, ("PUT", &path), body(), (name, tx)).await;
    let after = row().await.unwrap().unwrap();
    assert_eq!(
        (after.name.as_str(), after.description.as_str()),
        ("team", "words")
    );

    // One that was disabled meanwhile is not changed any more.
    let mut tx = Transaction::new("test.other");
    tx.set_enterprise_project_enabled(&api.domain_id, id, false, 1);
    api.faults.overtake(name, tx);
    let (status, answer) = api.call("PUT", &path, Some(body())).await;
    assert!(!api.faults.is_waiting());
    assert!(status.is_client_error(), "{status} {answer}");
    assert!(!row().await.unwrap().unwrap().enabled);
}

/// What is gone when the change is stored is missing, not changed over and over.
#[tokio::test]
async fn what_was_deleted_meanwhile_is_missing() {
    let api = start().await;
    let domain = api.domain_id.as_str();
    let statement = json!({ "Effect": "Allow", "Action": ["pca:*:*"] });
    let (policy, group) = (
        api.new_policy("team", statement).await,
        api.new_group("team").await,
    );
    let user = api.user_with("alice", &[FULL_ACCESS]).await.id;
    let key = api.desk.create_access_key(domain, &user).await.unwrap();
    let key = key.access_key;
    let mut gone: Vec<(&str, &str, String, Value, Transaction)> = Vec::new();
    let mut add = |name, method, path: String, body, fill: &dyn Fn(&mut Transaction)| {
        let mut tx = Transaction::new("test.other");
        fill(&mut tx);
        gone.push((name, method, path, body, tx));
    };
    add(
        "policy.change",
        "PATCH",
        format!("/v3.0/OS-ROLE/roles/{policy}"),
        json!({ "role": { "display_name": "x", "type": "AX", "description": "" } }),
        &|tx| {
            tx.delete_custom_policy(domain, &policy);
        },
    );
    add(
        "group.change",
        "PATCH",
        format!("/v3/groups/{group}"),
        json!({ "group": { "name": "x" } }),
        &|tx| {
            tx.delete_group(domain, &group);
        },
    );
    add(
        "access_key.change",
        "PUT",
        format!("/v3.0/OS-CREDENTIAL/credentials/{key}"),
        json!({ "credential": { "status": "active" } }),
        &|tx| {
            tx.delete_access_key(domain, &key);
        },
    );
    add(
        "user.change",
        "PATCH",
        format!("/v3/users/{user}"),
        json!({ "user": { "name": "x" } }),
        &|tx| {
            tx.delete_user(domain, &user);
        },
    );
    for (name, method, path, body, tx) in gone {
        api.faults.overtake(name, tx);
        let (status, answer) = api.call(method, &path, Some(body)).await;
        assert_eq!(status, 404, "{name}: {answer}");
        assert!(!api.faults.is_waiting(), "{name}");
    }
}
