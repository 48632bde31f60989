//! What policy documents may say: no key twice, no condition that names nothing, and what they name
//! that is not there.

use chancery_api::{Access, operations};
use serde_json::{Value, json};

use super::{start, text};
use crate::support::{Api, PASSWORD, read};
use crate::{ccm, dcs};

const CUSTOM: &str = "/v3.0/OS-ROLE/roles";
const TEMPORARY: &str = "/v3.0/OS-CREDENTIAL/securitytokens";
const STATEMENT: &str = r#"{"Effect":"Allow","Action":["pca:ca:get"]}"#;

/// A body as it is written, which may say things twice.
fn body(statement: &str) -> String {
    format!(
        r#"{{"role":{{"display_name":"p","type":"AX","description":"",
            "policy":{{"Version":"1.1","Statement":[{statement}]}}}}}}"#
    )
}

/// Statements that say two things, and the key that is named.
const TWICE: &[(&str, &str)] = &[
    (
        r#"{"Effect":"Deny","Effect":"Allow","Action":["*"]}"#,
        "Effect",
    ),
    (
        r#"{"Effect":"Allow","Action":["pca:ca:get"],"Action":["*"]}"#,
        "Action",
    ),
    (
        r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"g:UserName":["a"]}},
            "Condition":{"StringLike":{"g:UserName":["*"]}}}"#,
        "Condition",
    ),
    (
        r#"{"Effect":"Allow","Action":["*"],"Condition":{"StringEquals":{"g:UserName":["a"]},
            "StringEquals":{"g:DomainId":["d"]}}}"#,
        "Condition.StringEquals",
    ),
    (
        r#"{"Effect":"Allow","Action":["*"],
            "Condition":{"StringEquals":{"g:UserName":["a"],"g:UserName":["b"]}}}"#,
        "Condition.StringEquals.g:UserName",
    ),
];

impl Api {
    /// Sends a body as it is written; the status and the text of a refusal.
    async fn send_text(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let request = http::Request::builder().method(method).uri(path);
        let request = request
            .header("x-auth-token", &self.token)
            .body(axum::body::Body::from(body.to_owned()));
        let (status, answer) = read(self.send(request.unwrap()).await).await;
        let message = [&answer["error_msg"], &answer["error"]["message"]];
        let message = message.into_iter().find_map(Value::as_str);
        (status.as_u16(), message.unwrap_or_default().to_owned())
    }

    /// What is said about a statement that is taken, by both calls that take one.
    async fn warned(&self, statement: Value) -> Vec<String> {
        let list = |answer: &Value| match &answer["warnings"] {
            Value::Null => Vec::new(),
            found => found.as_array().unwrap().iter().map(text).collect(),
        };
        let policy = json!({ "Version": "5.0", "Statement": [statement] });
        let role = json!({
            "display_name": "p", "type": "AX", "description": "", "policy": policy,
        });
        let made = self
            .succeed("POST", CUSTOM, Some(json!({ "role": role })))
            .await;
        let path = format!("{CUSTOM}/{}", text(&made["role"]["id"]));
        let body = json!({ "role": { "policy": policy } });
        let changed = self.succeed("PATCH", &path, Some(body)).await;
        assert_eq!(list(&made), list(&changed));
        // Where there is nothing to say, there is no field.
        let field = made.as_object().unwrap().contains_key("warnings");
        assert_eq!(field, !list(&made).is_empty());
        let shown = self.succeed("GET", &path, None).await;
        assert!(shown.get("warnings").is_none());
        self.succeed("DELETE", &path, None).await;
        list(&made)
    }
}

#[tokio::test]
async fn no_key_is_there_twice() {
    let api = start().await;
    let kept = api
        .new_policy(
            "kept",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let path = format!("{CUSTOM}/{kept}");
    for (statement, key) in TWICE {
        let says = format!("role.policy.Statement[0].{key} is there twice");
        for (method, path) in [("POST", CUSTOM), ("PATCH", &path)] {
            let answer = api.send_text(method, path, &body(statement)).await;
            assert_eq!(answer, (400, says.clone()), "{method} {statement}");
        }
        let temporary = format!(
            r#"{{"auth":{{"identity":{{"methods":["token"],
                "policy":{{"Version":"1.1","Statement":[{statement}]}}}}}}}}"#
        );
        let says = format!("auth.identity.policy.Statement[0].{key} is there twice");
        let answer = api.send_text("POST", TEMPORARY, &temporary).await;
        assert_eq!(answer, (400, says), "{statement}");
    }
    // In the other order, in a list, and beside the document.
    for (text, key) in [
        (
            body(r#"{"Effect":"Allow","Effect":"Deny","Action":["*"]}"#),
            "role.policy.Statement[0].Effect",
        ),
        (
            body(&format!(
                r#"{STATEMENT},{{"Effect":"Allow","Effect":"Allow"}}"#
            )),
            "role.policy.Statement[1].Effect",
        ),
        (
            body(STATEMENT).replace(r#""type":"AX""#, r#""type":"AX","type":"AX""#),
            "role.type",
        ),
        (
            body(STATEMENT).replace(r#""type":"AX""#, r#""type":"AX","x":1,"x":1"#),
            "role.x",
        ),
    ] {
        let answer = api.send_text("POST", CUSTOM, &text).await;
        assert_eq!(answer, (400, format!("{key} is there twice")), "{text}");
    }
    assert_eq!(api.succeed("GET", CUSTOM, None).await["total_number"], 1);
    // A document that says it in two cases.
    let cases = r#"{"Effect":"Allow","Action":["*"],"Condition":{
        "StringEquals":{"g:UserName":["a"],"g:username":["b"]}}}"#;
    let (status, message) = api.send_text("POST", CUSTOM, &body(cases)).await;
    assert_eq!(status, 400);
    assert!(
        message.contains("is there twice in StringEquals"),
        "{message}"
    );
    assert_eq!(api.send_text("POST", CUSTOM, &body(STATEMENT)).await.0, 201);
}

#[tokio::test]
async fn a_condition_that_names_nothing_is_refused() {
    let api = start().await;
    for (condition, says) in [
        ("{}", "Condition must hold at least one operator"),
        ("null", "Condition must hold at least one operator"),
        (
            r#"{"StringEquals":{}}"#,
            "StringEquals in Condition must hold at least one key",
        ),
        (
            r#"{"StringEquals":{"g:UserName":[]}}"#,
            "must hold at least one value",
        ),
    ] {
        let statement = format!(r#"{{"Effect":"Allow","Action":["*"],"Condition":{condition}}}"#);
        let (status, message) = api.send_text("POST", CUSTOM, &body(&statement)).await;
        assert_eq!(status, 400, "{condition}");
        assert!(message.contains("role.policy"), "{message}");
        assert!(message.contains(says), "{message}");
        let policy: Value =
            serde_json::from_str(&format!(r#"{{"Version":"1.1","Statement":[{statement}]}}"#))
                .unwrap();
        let identity = json!({ "methods": ["token"], "policy": policy });
        let temporary = json!({ "auth": { "identity": identity } }).to_string();
        let (status, message) = api.send_text("POST", TEMPORARY, &temporary).await;
        assert_eq!(status, 400, "{condition}");
        assert!(message.contains(says), "{message}");
    }
    let refused = api.desk.create_policy(
        &api.domain_id,
        "operator's",
        r#"{"Version":"1.1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":["*"]}]}"#,
    );
    let refused = refused.await.unwrap_err();
    assert!(
        refused
            .public()
            .contains("Statement[0].Effect is there twice")
    );
}

/// A policy with an empty condition that an earlier version took.
#[tokio::test]
async fn what_was_taken_before_goes_on() {
    let api = start().await;
    let (user, group) = api.new_member("anne").await;
    let id = api
        .new_policy(
            "old",
            json!({ "Effect": "Allow", "Action": ["iam:users:*"] }),
        )
        .await;
    api.grant(&group, &id).await;
    let read = api
        .store
        .policy(&api.domain_id, &id)
        .await
        .unwrap()
        .unwrap();
    let mut row = read.clone();
    row.document = row
        .document
        .replace(r#""Effect""#, r#""Condition":{},"Effect""#);
    assert!(row.document.contains("Condition"));
    let mut tx = chancery_store::Transaction::new("test");
    tx.set_custom_policy(&read, &row);
    api.store.commit(tx).await.unwrap();
    let token = api.token_of("anne").await;
    let path = format!("/v3/users/{user}");
    let (status, _) = api.call_as(&token, "GET", &path, None).await;
    assert_eq!(status, 200);
    let (status, _) = api.call_as(&token, "GET", "/v3/users", None).await;
    assert_eq!(status, 200);
    // It can be renamed, but not sent again.
    let path = format!("{CUSTOM}/{id}");
    let rename = json!({ "role": { "display_name": "older" } });
    api.succeed("PATCH", &path, Some(rename)).await;
    let again: Value = serde_json::from_str(&row.document).unwrap();
    let again = json!({ "role": { "policy": again } });
    let refused = (400, "Condition must hold at least one operator");
    api.is_refused(&api.token, ("PATCH", &path), Some(again), refused)
        .await;
}

#[tokio::test]
async fn actions_that_nobody_has_are_named() {
    let api = start().await;
    let statement = json!({
        "Effect": "Allow", "Action": [
            "pca:ca:gett", "pca:ca:get", "pca:ca:gett", "obs:*:*", "obs:object:*", "pca:*:exp",
            "pca:cert:*",
        ],
    });
    assert_eq!(
        api.warned(statement).await,
        [
            "Action pca:ca:gett is no action of this desk",
            "Action obs:object:* is no action of this desk",
            "Action pca:*:exp is no action of this desk",
        ]
    );
    let statement = json!({ "Effect": "Deny", "NotAction": ["iam:users:list"] });
    assert_eq!(
        api.warned(statement).await,
        ["NotAction iam:users:list is no action of this desk"]
    );
    // What calls ask for, what they ask for on the way, and older names; case does not count.
    let of_calls = operations().filter_map(|operation| match operation.access {
        Access::Public => None,
        Access::Identified(action) | Access::Action(action) | Access::Resource(action) => {
            Some(action)
        }
    });
    for action in of_calls.chain([
        "*",
        "obs:bucket:CreateBucket",
        "eps:enterpriseProjects:enable",
        "eps:enterpriseProjects:disable",
        "scm:cert:download",
        "PCA:CA:GET",
        "*:export",
    ]) {
        let statement = json!({ "Effect": "Allow", "Action": [action] });
        assert_eq!(
            api.warned(statement).await,
            Vec::<String>::new(),
            "{action}"
        );
    }
}

#[tokio::test]
async fn resources_that_are_not_there_are_named() {
    let api = start().await;
    let other = api.other_account().await;
    let ca = api.new_ca(ccm::root("root")).await;
    let certificate = api
        .new_certificate(ccm::certificate("a.example.com", &ca))
        .await;
    let redis = dcs::create(&api, json!({})).await;
    let (user, group) = api.new_member("anne").await;
    let role = api
        .new_policy(
            "role",
            json!({ "Effect": "Allow", "Action": ["pca:ca:get"] }),
        )
        .await;
    let built_in = api.system_role("PCA FullAccess").await;
    let filed = "00000000-0000-4000-8000-000000000001";
    api.enterprise_project(filed).await;
    let (own, project) = (&api.domain_id, &api.project_id);
    let statement =
        |resource: &str| json!({ "Effect": "Allow", "Action": ["*"], "Resource": [resource] });
    for resource in [
        "*".to_owned(),
        "pca:*:*:ca:*".to_owned(),
        "pca:::ca:0?".to_owned(),
        "*:*:*:*:*".to_owned(),
        format!("pca:*:*:ca:{ca}"),
        format!("pca:*:{own}:ca:{}", ca.to_uppercase()),
        format!("pca:*:*:cert:{certificate}"),
        format!("*:*:*:cert:{certificate}"),
        format!("pca:*:*:*:{certificate}"),
        format!("dcs:*:*:instance:{redis}"),
        format!("chancery:*:*:instance:{redis}"),
        format!("iam:*:*:user:{user}"),
        format!("iam:*:*:group:{group}"),
        format!("iam:*:*:role:{role}"),
        format!("iam:*:*:role:{built_in}"),
        format!("iam:*:*:project:{project}"),
        "eps:*:*:enterpriseProject:0".to_owned(),
        format!("eps:*:*:enterpriseproject:{filed}"),
    ] {
        let said = api.warned(statement(&resource)).await;
        assert_eq!(said, Vec::<String>::new(), "{resource}");
    }
    let nothing = "is nothing that the account has";
    let kind = "is of a service or a type that this desk has no resources of";
    for (resource, why) in [
        ("pca:*:*:ca:CA_ID".to_owned(), nothing),
        (format!("pca:*:*:cert:{ca}"), nothing),
        (format!("scm:*:*:cert:{certificate}"), nothing),
        (format!("dds:*:*:instance:{redis}"), nothing),
        (format!("iam:*:*:user:{group}"), nothing),
        (format!("iam:*:*:user:{}", other.id), nothing),
        (format!("iam:*:*:project:{}", other.project_id), nothing),
        (format!("*:*:*:*:{}", other.id), nothing),
        ("eps:*:*:enterpriseProject:1".to_owned(), nothing),
        ("pca:::ca:".to_owned(), nothing),
        ("pca:*:*:cas:*".to_owned(), kind),
        ("sms:*:*:server:*".to_owned(), kind),
        ("obs:*:*:bucket:lists".to_owned(), kind),
        (
            format!("pca:*:{}:ca:*", other.domain_id),
            "is of another account",
        ),
    ] {
        let said = api.warned(statement(&resource)).await;
        assert_eq!(said, [format!("Resource {resource} {why}")]);
    }
    let statement = json!({
        "Effect": "Allow", "Action": ["pca:ca:gett"], "NotResource": ["pca:*:*:ca:CA_ID"],
    });
    assert_eq!(
        api.warned(statement).await,
        [
            "Action pca:ca:gett is no action of this desk",
            "NotResource pca:*:*:ca:CA_ID is nothing that the account has",
        ]
    );
    // What another account has is not told apart from what nobody has.
    let token = api
        .account_token(&other.domain_name, &other.name, PASSWORD)
        .await;
    let role = json!({ "display_name": "p", "type": "AX", "description": "", "policy": {
        "Version": "1.1", "Statement": [
            { "Effect": "Allow", "Action": ["*"], "Resource": [format!("pca:*:*:ca:{ca}")] },
        ],
    } });
    let body = Some(json!({ "role": role }));
    let (status, answer) = api.call_as(&token, "POST", CUSTOM, body).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(
        answer["warnings"],
        json!([format!("Resource pca:*:*:ca:{ca} {nothing}")])
    );
}

/// Roles that are built in name only what there is.
#[tokio::test]
async fn roles_that_are_built_in_name_what_there_is() {
    let api = start().await;
    let roles = api.succeed("GET", "/v3/roles", None).await;
    for role in roles["roles"].as_array().unwrap() {
        for statement in role["policy"]["Statement"].as_array().unwrap() {
            let said = api.warned(statement.clone()).await;
            assert_eq!(said, Vec::<String>::new(), "{}", role["name"]);
        }
    }
}
