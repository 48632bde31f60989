//! Calls that need no permission: what a policy denies is refused there, too.

use chancery_api::{Access, Operation, operations};
use chancery_core::policy::FULL_ACCESS;
use serde_json::{Value, json};

use super::calls::{Call, prepare};
use super::{code, send};
use crate::iam::credentials::{Credential, LIST_CAS};
use crate::support::{Api, PASSWORD, User};

fn unasked() -> impl Iterator<Item = (&'static Operation, &'static str)> {
    operations().filter_map(|operation| match operation.access {
        Access::Identified(action) => Some((operation, action)),
        _ => None,
    })
}

/// A call of the operation about the caller themself.
async fn about_oneself(api: &Api, operation: &Operation, user: &User) -> Call {
    let mut call = prepare(api, operation).await;
    if operation.path.contains("{user_id}") {
        call.path = operation.path.replace("{user_id}", &user.id);
    }
    if operation.path.contains("{access_key}") {
        let key = Credential::permanent(api, user).await;
        call.path = operation.path.replace("{access_key}", key.access());
    }
    if let Some((path, _)) = call.path.split_once("?user_id=") {
        call.path = path.to_owned();
    }
    if let Some(body) = &mut call.body
        && body["credential"]["user_id"] != Value::Null
    {
        body["credential"]["user_id"] = user.id.as_str().into();
    }
    if call.subject_token.is_some() {
        let token = api.account_token(&user.domain_name, &user.name, PASSWORD);
        call.subject_token = Some(token.await);
    }
    call
}

async fn start() -> Api {
    Api::start_with(|settings| {
        settings.quotas.users = 1_000;
        settings.quotas.groups = 1_000;
    })
    .await
}

fn deny(action: &str, resource: &str) -> String {
    let statement = json!({ "Effect": "Deny", "Action": [action], "Resource": [resource] });
    json!({ "Version": "1.1", "Statement": [statement] }).to_string()
}

async fn token(api: &Api, user: &User) -> String {
    api.account_token(&user.domain_name, &user.name, PASSWORD)
        .await
}

#[tokio::test]
async fn a_denial_of_the_action_refuses_it() {
    let api = start().await;
    for (at, (operation, action)) in unasked().enumerate() {
        let name = format!("{} {}", operation.method, operation.path);
        let documents = [FULL_ACCESS, &deny(action, "*")];
        let user = api.user_with(&format!("denied{at}"), &documents).await;
        let denied = token(&api, &user).await;
        let calls = [
            about_oneself(&api, operation, &user).await,
            prepare(&api, operation).await,
        ];
        for call in calls {
            let (status, answer) = send(&api, &denied, operation, &call).await;
            assert_eq!(status, 403, "{name}: {answer}");
            assert!(
                ["IAM.0003", "EPS.0004"].contains(&code(&answer)),
                "{answer}"
            );
        }
        let user = api.user_with(&format!("free{at}"), &[FULL_ACCESS]).await;
        let call = about_oneself(&api, operation, &user).await;
        let (status, answer) = send(&api, &token(&api, &user).await, operation, &call).await;
        assert!((200..300).contains(&status), "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_denial_for_the_user_refuses_it() {
    let api = start().await;
    let documents = [FULL_ACCESS, &deny("iam:*:*", "iam:*:*:user:*")];
    let user = api.user_with("alice", &documents).await;
    let denied = token(&api, &user).await;
    let unconcerned = [FULL_ACCESS, &deny("iam:*:*", "iam:*:*:user:0")];
    let free = api.user_with("bob", &unconcerned).await;
    for (operation, action) in unasked().filter(|(_, action)| action.starts_with("iam:")) {
        let call = about_oneself(&api, operation, &user).await;
        let (status, answer) = send(&api, &denied, operation, &call).await;
        assert_eq!(status, 403, "{action}: {answer}");
        if action == "iam:users:updateUserPassword" || action == "iam:credentials:createCredential"
        {
            continue; // the next calls need the one, and find no room for the other
        }
        let call = about_oneself(&api, operation, &free).await;
        let (status, answer) = send(&api, &token(&api, &free).await, operation, &call).await;
        assert!((200..300).contains(&status), "{action}: {answer}");
    }
}

#[tokio::test]
async fn a_narrowed_key_asks_who_it_is_and_nothing_more() {
    let api = start().await;
    let user = api.user_with("alice", &[FULL_ACCESS]).await;
    let permanent = Credential::permanent(&api, &user).await;
    let narrowed = permanent.temporary(&api, Some(LIST_CAS)).await;
    let nothing = json!({ "Version": "1.1", "Statement": [
        { "Effect": "Allow", "Action": ["*"] }, { "Effect": "Deny", "Action": ["iam:*:*", "eps:*:*"] },
    ] });
    let denying = permanent.temporary(&api, Some(&nothing.to_string())).await;
    for (operation, action) in unasked() {
        let call = about_oneself(&api, operation, &user).await;
        let allowed = ["iam:domains:list", "iam:projects:listForUser"].contains(&action);
        for (key, expected) in [
            (&narrowed, if allowed { 200 } else { 403 }),
            (&denying, 403),
        ] {
            let subject = call.subject_token.as_deref();
            let method = (operation.method.as_str(), call.path.as_str());
            let answer = key.call_about(&api, subject, method, call.body.clone());
            let (status, answer) = answer.await;
            assert_eq!(status, expected, "{action}: {answer}");
        }
    }
}
