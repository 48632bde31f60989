//! Storage that is away: what every operation answers then.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::response::Response;
use chancery_api::{Access, Operation, Service, operations};
use chancery_store::{StoreError, Transaction};
use http::{HeaderName, HeaderValue, Method, Request};
use serde_json::Value;
use tower::ServiceExt;

use crate::authorization::calls::{Call, prepare};
use crate::authorization::{call_of, code, some_path};
use crate::support::{Api, PASSWORD};

fn away() -> StoreError {
    StoreError::Unavailable("secret-of-the-disk".to_owned())
}

/// The code that a service has for storage that is away.
fn code_of(service: Service) -> &'static str {
    match service {
        Service::Bss => "CBC.0503",
        Service::Ccm => "PCA.10010503",
        Service::Scm => "SCM.0503",
        Service::Dcs => "DCS.5010",
        Service::Dds => "DBS.280503",
        Service::Eps => "EPS.0503",
        Service::Sms => "SMS.9503",
        Service::Iam | Service::IamV30 => "IAM.0503",
        Service::Objects => "<Code>ServiceUnavailable</Code>",
        Service::Own | Service::Gateway => "CHANCERY.0503",
    }
}

/// A token of the administrator's that may do everything.
pub(crate) async fn account_token(api: &Api) -> String {
    api.account_token(&api.domain_name, &api.user_name, &api.password)
        .await
}

/// A call that succeeds, and the token to make it with: the administrator's, but for the change of
/// one's own password.
pub(crate) async fn prepared(api: &Api, token: &str, operation: &Operation) -> (String, Call) {
    let mut call = prepare(api, operation).await;
    if operation.path != "/v3/users/{user_id}/password" {
        return (token.to_owned(), call);
    }
    let user = api.user_with("forgetful", &[]).await;
    call.path = format!("/v3/users/{}/password", user.id);
    let token = api.account_token(&user.domain_name, &user.name, PASSWORD);
    (token.await, call)
}

pub(crate) async fn send(api: &Api, token: &str, operation: &Operation, call: &Call) -> Response {
    let body = call
        .body
        .as_ref()
        .map_or_else(String::new, Value::to_string);
    let mut request = call_of(operation, &call.path)
        .header("x-auth-token", token)
        .body(Body::from(body))
        .unwrap();
    if let Some(subject) = &call.subject_token {
        let name = HeaderName::from_static("x-subject-token");
        let value = HeaderValue::from_str(subject).unwrap();
        request.headers_mut().insert(name, value);
    }
    api.send(request).await
}

/// Looks at an answer of storage that is away: it says so in the service's shape, says when to come
/// again, and tells nothing of what it is that failed.
async fn check_away(operation: &Operation, response: Response) {
    let name = format!("{} {}", operation.method, operation.path);
    assert_eq!(response.status(), 503, "{name}");
    assert_eq!(response.headers()["retry-after"], "5", "{name}");
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    if operation.method == Method::HEAD {
        return; // its answer has no body
    }
    let text = String::from_utf8(body.to_vec()).unwrap();
    assert!(!text.contains("secret"), "{name}: {text}");
    let expected = code_of(operation.service);
    match operation.service {
        Service::Objects => assert!(text.contains(expected), "{name}: {text}"),
        _ => assert_eq!(
            code(&serde_json::from_str(&text).unwrap()),
            expected,
            "{name}"
        ),
    }
}

/// Whoever calls is not known: no credentials are looked up.
#[tokio::test]
async fn reads_that_fail_are_503_for_everyone() {
    let api = Api::start().await.restart().await;
    let token = api.token.clone();
    api.faults.fail_reads(Some(away()));
    for operation in operations() {
        let open = operation.access == Access::Public && operation.service == Service::Own;
        let login = operation.access == Access::Public && operation.service == Service::Iam;
        if open || login {
            continue; // the first need no storage; a login is looked at below
        }
        let call = Call {
            path: some_path(&api, operation),
            ..Call::default()
        };
        check_away(operation, send(&api, &token, operation, &call).await).await;
    }
    // It goes on where it was.
    api.faults.fail_reads(None);
    api.succeed("GET", "/v1/private-certificate-authorities", None)
        .await;
}

/// What changes something is refused, and can be done once storage is back; what only reads is not.
#[tokio::test]
async fn commits_that_fail_are_503_and_change_nothing() {
    let api = Api::start().await;
    let administrator = account_token(&api).await;
    let mut refused = 0;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let (token, call) = prepared(&api, &administrator, operation).await;
        let name = format!("{} {}", operation.method, call.path);
        api.faults.fail_commits(Some(away()));
        let response = send(&api, &token, operation, &call).await;
        if response.status().is_success() {
            assert!(
                matches!(operation.method, Method::GET | Method::HEAD | Method::POST),
                "{name}"
            );
        } else {
            refused += 1;
            check_away(operation, response).await;
        }
        api.faults.fail_commits(None);
        let response = send(&api, &token, operation, &call).await;
        assert!(
            response.status().is_success(),
            "{name}: {}",
            response.status()
        );
    }
    assert!(refused > 80, "{refused}");
}

/// Whether it was stored is not known: who repeated it might do it twice, so nobody is asked to.
#[tokio::test]
async fn commits_of_unknown_outcome_are_500_and_ask_nobody_to_come_again() {
    let api = Api::start().await;
    let administrator = account_token(&api).await;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let (token, call) = prepared(&api, &administrator, operation).await;
        let name = format!("{} {}", operation.method, call.path);
        let unknown = StoreError::UnknownOutcome("secret-of-the-network".to_owned());
        api.faults.fail_commits(Some(unknown));
        let response = send(&api, &token, operation, &call).await;
        api.faults.fail_commits(None);
        if !response.status().is_success() {
            assert_eq!(response.status(), 500, "{name}");
            assert!(!response.headers().contains_key("retry-after"), "{name}");
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let text = String::from_utf8_lossy(&body);
            assert!(!text.contains("secret"), "{name}: {text}");
        }
    }
}

/// A part is stored already when the rest fails: nobody is told that nothing was done.
#[tokio::test]
async fn what_fails_half_way_is_not_503() {
    let api = Api::start().await;
    let administrator = account_token(&api).await;
    let mut half = 0;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let (token, call) = prepared(&api, &administrator, operation).await;
        // An id that is made of the time is then nobody's: one that is taken would be the first commit.
        api.clock.advance_ms(1);
        api.faults.fail_some_commits(Some((1, usize::MAX, away())));
        let response = send(&api, &token, operation, &call).await;
        api.faults.fail_commits(None);
        if !response.status().is_success() {
            half += 1;
            let name = format!("{} {}", operation.method, call.path);
            assert_eq!(response.status(), 500, "{name}");
            assert!(!response.headers().contains_key("retry-after"), "{name}");
        }
    }
    assert!(half > 0, "no operation commits more than once");
}

/// What two nodes do to each other: each write of an operation meets a row that another one has changed or
/// made since, of which the operation knows nothing. It is done once more from its reading on, so that the
/// other's change is found.
#[tokio::test]
async fn who_was_overtaken_looks_again() {
    let api = Api::start().await;
    let administrator = account_token(&api).await;
    for operation in operations().filter(|one| one.access != Access::Public) {
        let (token, call) = prepared(&api, &administrator, operation).await;
        let name = format!("{} {}", operation.method, call.path);
        for other in [
            StoreError::Duplicate("unknown key"),
            StoreError::Conflict("unknown row"),
        ] {
            api.faults
                .fail_some_commits(Some((0, usize::MAX, other.clone())));
            let response = send(&api, &token, operation, &call).await;
            let status = response.status().as_u16();
            let again = response.headers().contains_key("retry-after");
            assert_ne!(status, 500, "{name}: {other:?}");
            assert_eq!(status == 503, again, "{name}: {other:?}: {status}");
        }
        // The other one is done.
        let other = StoreError::Duplicate("unknown key");
        api.faults.fail_some_commits(Some((0, 1, other)));
        let response = send(&api, &token, operation, &call).await;
        api.faults.fail_commits(None);
        assert!(
            response.status().is_success(),
            "{name}: {}",
            response.status()
        );
    }
}

/// Both nodes have read the certificate when the first deletes it.
#[tokio::test]
async fn the_second_of_two_deletions_finds_nothing() {
    let api = Api::start().await;
    let operation = operations()
        .find(|one| {
            one.method == Method::DELETE && one.path == "/v1/private-certificates/{certificate_id}"
        })
        .unwrap();
    let call = prepare(&api, operation).await;
    let id = call.path.rsplit('/').next().unwrap();
    let mut first = Transaction::new("test.first");
    first.delete_private_certificate(&api.domain_id, id);
    api.faults.overtake("private_certificate.delete", first);
    api.refused(
        ("DELETE", &call.path),
        None,
        (404, "PCA.10010002"),
        "does not exist",
    )
    .await;
    assert!(!api.faults.is_waiting());
}

/// Asks a listener how the desk is.
async fn health(api: &Api, path: &str) -> (u16, String) {
    let mut said = Vec::new();
    for router in [
        api.router.clone(),
        chancery_api::pki_router(Arc::clone(&api.desk)),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        said.push((status, String::from_utf8(body.to_vec()).unwrap()));
    }
    assert_eq!(said[0], said[1], "the listeners differ");
    said.remove(0)
}

#[tokio::test]
async fn readiness_follows_storage() {
    let api = Api::start_with(|settings| settings.requests_per_address = 1).await;
    let not_ready = (503, "not ready: storage is not available\n".to_owned());
    let ready = (200, "ready\n".to_owned());
    assert_eq!(
        health(&api, "/readyz").await,
        not_ready,
        "nobody has looked"
    );
    api.desk.look_at_storage().await;
    // However often it is asked.
    for _ in 0..100 {
        assert_eq!(health(&api, "/readyz").await, ready);
    }
    // It cannot be read from.
    api.faults.fail_reads(Some(away()));
    api.desk.look_at_storage().await;
    assert_eq!(health(&api, "/readyz").await, not_ready);
    api.faults.fail_reads(None);
    api.desk.look_at_storage().await;
    assert_eq!(health(&api, "/readyz").await, ready);
    // It cannot be written to, as a call has found.
    api.faults.fail_commits(Some(away()));
    api.desk.put_setting("one", b"1").await.unwrap_err();
    api.desk.look_at_storage().await;
    assert_eq!(health(&api, "/readyz").await, not_ready);
    assert_eq!(health(&api, "/healthz").await, (200, "alive\n".to_owned()));
    api.faults.fail_commits(None);
    api.desk.look_at_storage().await;
    assert_eq!(health(&api, "/readyz").await, ready);
    // Who is told to stop is not ready, however well storage is.
    api.desk.begin_stop();
    let stopping = (503, "not ready: the server is stopping\n".to_owned());
    assert_eq!(health(&api, "/readyz").await, stopping);
}

/// A job that fails keeps the desk ready, and is told of until it has succeeded.
#[tokio::test]
async fn rounds_of_jobs_that_fail_are_counted() {
    let api = Api::start().await;
    api.desk.look_at_storage().await;
    api.faults
        .fail_reads(Some(StoreError::Engine("noise".to_owned())));
    for round in 1..=3 {
        let done = api.desk.run_due(api.desk.now_ms()).await;
        assert_eq!(done.failed_rounds, round);
        // Each of them was tried.
        assert!(done.failures.len() >= 2, "{:?}", done.failures);
    }
    let said = health(&api, "/readyz").await;
    assert_eq!(
        said,
        (
            200,
            "ready; rounds of jobs in a row that failed: 3\n".to_owned()
        )
    );
    api.faults.fail_reads(None);
    assert_eq!(api.desk.run_due(api.desk.now_ms()).await.failed_rounds, 0);
    assert_eq!(health(&api, "/readyz").await.1, "ready\n");
}
