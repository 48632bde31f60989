//! What may be done with a CA in which state.

use serde_json::{Value, json};

use crate::ccm::{CAS, CERTIFICATES, activation, certificate, pending, root, subordinate, with};
use crate::support::Api;

/// Each call, and the states in which it is done.
const CALLS: [(&str, &[&str]); 9] = [
    ("csr", &["PENDING"]),
    ("activate", &["PENDING"]),
    ("export", &["ACTIVED", "EXPIRED"]),
    ("disable", &["ACTIVED", "EXPIRED"]),
    ("enable", &["DISABLED"]),
    ("delete", &["PENDING", "DISABLED", "EXPIRED"]),
    ("restore", &["DELETED"]),
    ("issue a certificate", &["ACTIVED"]),
    ("issue a CA", &["ACTIVED"]),
];

/// The state a call leads to, where it leads to another.
fn after(call: &str, state: &str) -> Option<&'static str> {
    match (call, state) {
        ("activate", _) | ("enable", _) => Some("ACTIVED"),
        ("disable", _) | ("restore", _) => Some("DISABLED"),
        ("delete", "PENDING") => None,
        ("delete", _) => Some("DELETED"),
        _ => Some(match state {
            "PENDING" => "PENDING",
            "EXPIRED" => "EXPIRED",
            _ => "ACTIVED",
        }),
    }
}

/// A CA in a state; an expired one is shown as that once the clock has moved an hour.
async fn ca_in(api: &Api, state: &str, issuer: &str) -> String {
    let body = match state {
        "PENDING" => pending("ca"),
        "EXPIRED" => with(
            &subordinate("ca", issuer, 1),
            &json!({ "validity": { "type": "HOUR", "value": 1 } }),
        ),
        _ => subordinate("ca", issuer, 1),
    };
    let id = api.new_ca(body).await;
    if matches!(state, "DISABLED" | "DELETED") {
        api.move_ca(&id, "/disable").await;
    }
    if state == "DELETED" {
        let path = format!("{CAS}/{id}?pending_days=7");
        api.succeed("DELETE", &path, None).await;
    }
    id
}

async fn call(api: &Api, call: &str, id: &str, issuer: &str) -> (u16, Value) {
    let path = format!("{CAS}/{id}");
    let (status, answer) = match call {
        "csr" => api.call("GET", &format!("{path}/csr"), None).await,
        "activate" => {
            let body = Some(activation(issuer));
            api.call("POST", &format!("{path}/activate"), body).await
        }
        "delete" => {
            let path = format!("{path}?pending_days=7");
            api.call("DELETE", &path, None).await
        }
        "issue a certificate" => {
            let body = Some(certificate("www.example.com", id));
            api.call("POST", CERTIFICATES, body).await
        }
        "issue a CA" => {
            let body = with(
                &subordinate("below", id, 0),
                &json!({ "validity": { "type": "HOUR", "value": 1 } }),
            );
            api.call("POST", CAS, Some(body)).await
        }
        step => api.call("POST", &format!("{path}/{step}"), None).await,
    };
    (status.as_u16(), answer)
}

#[tokio::test]
async fn every_call_in_every_state() {
    let api = Api::start().await;
    let issuer = api.new_ca(root("root")).await;
    let mut cases = Vec::new();
    for (name, states) in CALLS {
        for state in ["PENDING", "ACTIVED", "DISABLED", "DELETED", "EXPIRED"] {
            let id = ca_in(&api, state, &issuer).await;
            cases.push((name, state, states.contains(&state), id));
        }
    }
    api.clock.advance_ms(60 * 60 * 1000);
    for (name, state, allowed, id) in &cases {
        assert_eq!(api.ca(id).await["status"], *state);
        let (status, answer) = call(&api, name, id, &issuer).await;
        let what = format!("{name} in {state}: {status} {answer}");
        let (shown, now) = api.call("GET", &format!("{CAS}/{id}"), None).await;
        if *allowed {
            assert!((200..300).contains(&status), "{what}");
            match after(name, state) {
                Some(state) => assert_eq!(now["status"], state, "{what}"),
                None => assert_eq!(shown, 404, "{what}"),
            }
        } else {
            let code = match name.starts_with("issue") {
                true => "PCA.10010202",
                false => "PCA.10010201",
            };
            assert_eq!(
                (status, &answer["error_code"]),
                (400, &json!(code)),
                "{what}"
            );
            let message = answer["error_msg"].as_str().unwrap();
            let expected = format!("a private CA in state {state} cannot ");
            assert!(message.starts_with(&expected), "{what}");
            assert_eq!(now["status"], *state, "{what}");
        }
    }
}

#[tokio::test]
async fn an_expired_ca_that_is_enabled_is_expired_again() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let id = ca_in(&api, "EXPIRED", &root).await;
    api.clock.advance_ms(60 * 60 * 1000);
    api.move_ca(&id, "/disable").await;
    api.move_ca(&id, "/enable").await;
    assert_eq!(api.ca(&id).await["status"], "EXPIRED");
}

#[tokio::test]
async fn of_two_calls_at_once_one_is_done() {
    let api = Api::start().await;
    let root = api.new_ca(root("root")).await;
    let waiting = api.new_ca(pending("waiting")).await;
    let path = format!("{CAS}/{waiting}/activate");
    let once = || api.call("POST", &path, Some(activation(&root)));
    let answers = tokio::join!(once(), once(), once());
    let mut statuses = [answers.0.0, answers.1.0, answers.2.0].map(|s| s.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400, 400]);
}
