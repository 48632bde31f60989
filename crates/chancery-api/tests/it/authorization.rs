//! Who may call what: walks the table of routes, so that a new route without a row here fails.
//!
//! Every route is called by nobody, with a signature that does not hold, by a user without a
//! policy, by another account, by a user whose policy allows exactly its action, and by one whose
//! policies are for something else (`narrowed`); one that needs no permission by a user whose policy
//! denies it (`unasked`).

pub(crate) mod calls;
mod heavy;
mod narrowed;
mod unasked;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use chancery_api::{Access, Operation, Service, operations};
use chancery_core::Settings;
use chancery_sign::{DATE_HEADER, sdk_date};
use http::{Method, Request, request};
use serde_json::Value;

use crate::support::{Api, PASSWORD, read};
use crate::{bss, storage};
use calls::{Call, Foreign, foreign, prepare};

/// A path of the route, with ids of nothing.
pub(crate) fn some_path(api: &Api, operation: &Operation) -> String {
    let parts = operation.path.split('/').map(|part| match part {
        "{project_id}" => api.project_id.as_str(),
        "{ca_id}" | "{instance_id}" | "{job_id}" | "{source_id}" | "{task_id}" => {
            "00000000-0000-4000-8000-000000000000"
        }
        "{certificate_id}" if operation.service == Service::Scm => "scs0000000000000",
        "{certificate_id}" => "00000000-0000-4000-8000-000000000000",
        part if part.starts_with('{') => "nothing",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

pub(crate) fn call_of(operation: &Operation, path: &str) -> request::Builder {
    Request::builder()
        .method(operation.method.clone())
        .uri(path)
}

/// The code of an error, in each of the shapes.
pub(crate) fn code(answer: &Value) -> &str {
    let code = answer["error_code"].as_str();
    let inner = &answer["error"];
    code.or(inner["code"].as_str())
        .or(inner["error_code"].as_str())
        .unwrap()
}

fn needs_permission(operation: &Operation) -> bool {
    matches!(operation.access, Access::Action(_) | Access::Resource(_))
}

#[tokio::test]
async fn nobody_gets_in() {
    let api = Api::start().await;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let path = some_path(&api, operation);
        let request = call_of(operation, &path).body(Body::empty()).unwrap();
        let (status, answer) = read(api.send(request).await).await;
        assert_eq!(status, 401, "{} {path}: {answer}", operation.method);
        if operation.method == Method::HEAD {
            continue; // its answer has no body
        }
        let expected = match operation.service {
            Service::Iam | Service::IamV30 => "IAM.0001",
            _ => "APIGW.0301",
        };
        assert_eq!(code(&answer), expected, "{} {path}", operation.method);
    }
}

#[tokio::test]
async fn a_signature_has_to_hold() {
    let api = Api::start().await;
    let administrator = api.administrator().await;
    let key = api.desk.create_access_key(&api.domain_id, &administrator);
    let access_key = key.await.unwrap().access_key;
    let value = format!(
        "SDK-HMAC-SHA256 Access={access_key}, SignedHeaders=x-sdk-date, Signature={}",
        "0".repeat(64)
    );
    for operation in operations().filter(|one| one.access != Access::Public) {
        let path = some_path(&api, operation);
        let request = call_of(operation, &path)
            .header(DATE_HEADER, sdk_date(api.desk.now_ms()).unwrap())
            .header("authorization", &value)
            .body(Body::empty());
        let (status, answer) = read(api.send(request.unwrap()).await).await;
        assert_eq!(status, 401, "{} {path}: {answer}", operation.method);
    }
}

#[tokio::test]
async fn a_body_is_not_longer_than_is_read() {
    let api = Api::start().await;
    for operation in operations() {
        let path = some_path(&api, operation);
        let request = call_of(operation, &path)
            .header("x-auth-token", &api.token)
            .header("content-length", (1 << 20) + 1)
            .body(Body::empty());
        let response = api.send(request.unwrap()).await;
        assert_eq!(response.status(), 413, "{} {path}", operation.method);
    }
}

#[tokio::test]
async fn what_is_no_project_leads_nowhere() {
    let api = Api::start().await;
    for operation in operations().filter(|one| one.path.contains("{project_id}")) {
        let path = some_path(&api, operation).replace(&api.project_id, "0123");
        let (status, answer) = api.call(operation.method.as_str(), &path, None).await;
        assert_eq!(status, 404, "{} {path}: {answer}", operation.method);
        if operation.method == Method::HEAD {
            continue; // it has no body
        }
        let expected = match operation.service {
            Service::Dcs => "DCS.4001",
            Service::Iam | Service::IamV30 => "IAM.0004",
            _ => "APIGW.0101",
        };
        assert_eq!(code(&answer), expected, "{} {path}", operation.method);
    }
}

#[tokio::test]
async fn too_many_requests_are_refused() {
    let limited = |settings: &mut Settings| {
        settings.requests_per_user = 1;
        settings.requests_per_address = 1;
    };
    // What the administrator needs to log in is not counted.
    let api = Api::start().await.restart_with(limited).await;
    let peer: SocketAddr = ([192, 0, 2, 1], 4000).into();
    let send = async |operation: &Operation, with_peer: bool| {
        let path = some_path(&api, operation);
        let request = call_of(operation, &path).header("x-auth-token", &api.token);
        let mut request = request.body(Body::empty()).unwrap();
        if with_peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        api.send(request).await
    };
    // The clock stands: what was taken once does not come back.
    let first = operations()
        .find(|one| one.access != Access::Public)
        .unwrap();
    let open = operations()
        .find(|one| one.path == "/openapi.json")
        .unwrap();
    for _ in 0..4 {
        assert_ne!(send(first, false).await.status(), 429);
        assert_eq!(send(open, true).await.status(), 200);
    }
    for operation in operations() {
        let response = send(operation, operation.access == Access::Public).await;
        let expected = match operation.service {
            Service::Objects => 503,
            _ => 429,
        };
        let name = format!("{} {}", operation.method, operation.path);
        assert_eq!(response.status(), expected, "{name}");
        assert!(response.headers().contains_key("retry-after"), "{name}");
    }
}

#[tokio::test]
async fn a_user_without_a_policy_may_do_nothing() {
    let api = Api::start().await;
    let nobody = api.user_without_policy().await;
    for operation in operations().filter(|one| needs_permission(one)) {
        let path = some_path(&api, operation);
        let request = call_of(operation, &path)
            .header("x-auth-token", &nobody.token)
            .body(Body::empty());
        let (status, answer) = read(api.send(request.unwrap()).await).await;
        assert_eq!(status, 403, "{} {path}: {answer}", operation.method);
    }
}

/// Status and JSON of an answer, which may also be an archive or nothing.
async fn send(api: &Api, token: &str, operation: &Operation, call: &Call) -> (u16, Value) {
    let response = storage::send(api, token, operation, call).await;
    let status = response.status().as_u16();
    let archive = response.headers().get("content-type");
    match archive.is_some_and(|media| media == "application/json") {
        true => (status, read(response).await.1),
        false => (status, Value::Null),
    }
}

#[tokio::test]
async fn another_accounts_things_do_not_exist() {
    let api = Api::start().await;
    let other = api.other_account().await;
    // A token of the account: one that is limited to a project may do less.
    let token = api
        .account_token(&other.domain_name, &other.name, PASSWORD)
        .await;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let mut call = prepare(&api, operation).await;
        let expected = foreign(operation);
        let iam = matches!(operation.service, Service::Iam | Service::IamV30);
        if expected == Foreign::Missing && !iam {
            // What they ask for is not theirs; where they ask is.
            call.path = call.path.replace(&api.project_id, &other.project_id);
        }
        let name = format!("{} {}", operation.method, call.path);
        let (status, answer) = send(&api, &token, operation, &call).await;
        match expected {
            Foreign::Missing => {
                let missing = match operation.service {
                    Service::Dds => 400,
                    Service::Bss if operation.path == bss::UNSUBSCRIBE => 400,
                    _ => 404,
                };
                assert_eq!(status, missing, "{name}: {answer}");
            }
            Foreign::WrongProject => {
                let expected = match operation.service {
                    Service::Dcs => (401, "DCS.1004"),
                    _ => (400, "DBS.280408"),
                };
                assert_eq!((status, code(&answer)), expected, "{name}");
            }
            Foreign::ShowsNothing => {
                assert_eq!(status, 200, "{name}: {answer}");
                let text = answer.to_string();
                for id in &call.ids {
                    assert!(!text.contains(id.as_str()), "{name}: {text}");
                }
            }
            Foreign::Invalid => assert_eq!(status, 400, "{name}: {answer}"),
            Foreign::Forbidden => assert_eq!(status, 403, "{name}: {answer}"),
            Foreign::Hers => assert!((200..300).contains(&status), "{name}: {answer}"),
        }
    }
}

#[tokio::test]
async fn a_policy_for_the_action_is_enough() {
    // There is a user for each action.
    let api = Api::start_with(|settings| {
        settings.quotas.users = 1_000;
        settings.quotas.groups = 1_000;
    })
    .await;
    for (at, operation) in operations().filter(|one| needs_permission(one)).enumerate() {
        let (Access::Action(action) | Access::Resource(action)) = operation.access else {
            continue;
        };
        let document = format!(
            r#"{{"Version":"5.0","Statement":[{{"Effect":"Allow","Action":["{action}"]}}]}}"#
        );
        let user = api.user_with(&format!("user{at}"), &[&document]).await;
        let call = prepare(&api, operation).await;
        let token = match operation.service {
            // Credentials that are limited to a project manage nothing.
            Service::Iam | Service::IamV30 | Service::Own => {
                api.account_token(&api.domain_name, &user.name, PASSWORD)
                    .await
            }
            _ => user.token,
        };
        let (status, answer) = send(&api, &token, operation, &call).await;
        let name = format!("{} {}", operation.method, call.path);
        assert!((200..300).contains(&status), "{name}: {status} {answer}");
    }
}
