//! What holds for every route: the request id, the order of checks, each service's error shape.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use bytes::Bytes;
use chancery_store::Transaction;
use http::{HeaderValue, Request};
use serde_json::{Value, json};

use crate::support::{Api, fields, read};

const CAS: &str = "/v1/private-certificate-authorities";

fn request(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    request.body(body.into()).unwrap()
}

fn with_token(mut request: Request<Body>, token: &str) -> Request<Body> {
    let token = HeaderValue::from_str(token).unwrap();
    request.headers_mut().insert("x-auth-token", token);
    request
}

fn request_id(response: &Response) -> String {
    let id = response.headers()["x-request-id"].to_str().unwrap();
    assert_eq!(id.len(), 32, "{id}");
    assert!(
        id.bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
        "{id}"
    );
    id.to_owned()
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let api = Api::start().await;
    let mut seen = Vec::new();
    let long = vec![b'x'; (1 << 20) + 1];
    for (method, path, token, body, status) in [
        ("GET", CAS, Some(api.token.as_str()), Vec::new(), 200),
        (
            "POST",
            CAS,
            Some(api.token.as_str()),
            b"{\"type\":".to_vec(),
            400,
        ),
        ("GET", CAS, None, Vec::new(), 401),
        ("GET", CAS, Some("no such token"), Vec::new(), 401),
        ("GET", "/nothing/here", None, Vec::new(), 404),
        ("PATCH", "/v3/auth/tokens", None, Vec::new(), 405),
        ("POST", CAS, Some(api.token.as_str()), long, 413),
    ] {
        let mut request = request(method, path, body);
        if let Some(token) = token {
            request = with_token(request, token);
        }
        let response = api.send(request).await;
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
        seen.push(request_id(&response));
    }
    let answers = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), answers);
}

#[tokio::test]
async fn unknown_routes_answer_in_the_shape_of_their_service() {
    let api = Api::start().await;
    for (path, status, code) in [
        ("/v1/private-certificates/a/b/c", 404, "APIGW.0101"),
        ("/v3/scm/nothing", 404, "APIGW.0101"),
        ("/v3/tasks/1/nothing", 404, "APIGW.0101"),
        (
            "/v3/0123456789abcdef0123456789abcdef/nothing",
            404,
            "APIGW.0101",
        ),
        ("/chancery/v1/nothing", 404, "APIGW.0101"),
        ("/", 404, "APIGW.0101"),
        ("/v1", 404, "APIGW.0101"),
        ("/%FF/%00", 404, "APIGW.0101"),
        // What is no text names no project.
        ("/v3/%FF/instances", 404, "APIGW.0101"),
        (
            "/v3/0123456789abcdef0123456789abcdef/instances/%80/ssl-cert/download-link",
            404,
            "APIGW.0101",
        ),
    ] {
        let response = api.send(request("GET", path, "")).await;
        let id = request_id(&response);
        assert_eq!(response.headers()["content-type"], "application/json");
        let (found, body) = read(response).await;
        assert_eq!(found.as_u16(), status, "{path}: {body}");
        assert_eq!(fields(&body), ["error_code", "error_msg", "request_id"]);
        assert_eq!(body["error_code"], code, "{path}");
        assert_eq!(body["request_id"], id.as_str());
    }

    let (status, body) = read(api.send(request("GET", "/v2/nothing", "")).await).await;
    assert_eq!(status, 404);
    assert_eq!(fields(&body), ["error_code", "error_ext_msg", "error_msg"]);
    assert_eq!(body["error_code"], "DCS.4001");
    assert_eq!(body["error_ext_msg"], Value::Null);

    let (status, body) = read(api.send(request("GET", "/v3/auth/nothing", "")).await).await;
    assert_eq!(status, 404);
    assert_eq!(fields(&body), ["error"]);
    assert_eq!(fields(&body["error"]), ["code", "message", "title"]);
    assert_eq!(body["error"]["code"], "IAM.0004");
    assert_eq!(body["error"]["title"], "Not Found");

    let response = api.send(request("PUT", "/objects/nothing", "")).await;
    assert_eq!(response.headers()["content-type"], "application/xml");
    let id = request_id(&response);
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(body.contains("<Code>"), "{body}");
    assert!(
        body.contains(&format!("<RequestId>{id}</RequestId>")),
        "{body}"
    );
}

#[tokio::test]
async fn wrong_methods_answer_in_the_shape_of_their_service() {
    let api = Api::start().await;
    let (status, body) = read(api.send(request("PATCH", CAS, "")).await).await;
    assert_eq!(
        (status.as_u16(), &body["error_code"]),
        (404, &json!("APIGW.0101"))
    );
    assert!(body["error_msg"].as_str().unwrap().contains("PATCH"));
    let (status, body) = read(api.send(request("PUT", "/v3/auth/tokens", "")).await).await;
    assert_eq!(
        (status.as_u16(), &body["error"]["code"]),
        (405, &json!("IAM.0004"))
    );
    // A method of nobody's, and HEAD, which a GET route answers without a body.
    let response = api.send(request("BREW", CAS, "")).await;
    assert_eq!(response.status(), 404);
    let head = with_token(request("HEAD", CAS, ""), &api.token);
    let response = api.send(head).await;
    assert_eq!(response.status(), 200);
    request_id(&response);
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    assert!(body.is_empty());
}

#[tokio::test]
async fn bodies_that_are_not_the_json_asked_for() {
    let api = Api::start().await;
    for (body, text) in [
        ("", "the body must be a JSON object"),
        ("{", "not valid JSON at line 1"),
        ("{\"type\":\"ROOT\"}{}", "distinguished_name is required"),
        ("[]", "the body must be"),
        ("null", "the body must be an object"),
        ("\"s3cret\"", "the body must be an object"),
        ("{\"type\":5}", "type must be a string"),
        (
            "{\"type\":\"ROOT\",\"distinguished_name\":\"s3cret\"}",
            "distinguished_name must be an object",
        ),
        (
            "{\"type\":\"ROOT\",\"distinguished_name\":{\"common_name\":{\"s3cret\":1}}}",
            "distinguished_name.common_name must be a string",
        ),
        (
            "{\"type\":\"ROOT\",\"distinguished_name\":{},\"key_algorithm\":\"EC256\",\
             \"validity\":{\"type\":\"YEAR\",\"value\":\"s3cret\"}}",
            "validity.value must be a whole number",
        ),
        (
            "{\"type\":\"ROOT\",\"distinguished_name\":{},\"key_algorithm\":\"EC256\",\
             \"key_usages\":\"s3cret\"}",
            "key_usages must be",
        ),
        (
            "{\"type\":\"ROOT\",\"type\":\"ROOT\"}",
            "type is there twice",
        ),
        ("{\"type\":\"\u{0}\"}", "not valid JSON"),
        // The mark that some editors put before a text says nothing.
        ("\u{feff}{\"type\":5}", "type must be a string"),
    ] {
        let sent = with_token(request("POST", CAS, body), &api.token);
        let (status, answer) = read(api.send(sent).await).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert_eq!(answer["error_code"], "PCA.10010105", "{body}");
        let message = answer["error_msg"].as_str().unwrap();
        assert!(message.contains(text), "{body}: {message}");
        assert!(!message.contains("s3cret"), "{body}: {message}");
    }
    let utf16 = Bytes::from_static(b"\xff\xfe{\0}\0");
    let (status, answer) = read(
        api.send(with_token(request("POST", CAS, utf16), &api.token))
            .await,
    )
    .await;
    assert_eq!(status, 400);
    let message = answer["error_msg"].as_str().unwrap();
    assert_eq!(message, "the body must be in UTF-8, and is in UTF-16");
    // Not UTF-8, and nested deeper than anybody needs.
    for body in [
        Bytes::from_static(b"{\"type\":\"\xff\"}"),
        Bytes::from("[".repeat(100_000)),
    ] {
        let sent = with_token(request("POST", CAS, body), &api.token);
        assert_eq!(api.send(sent).await.status(), 400);
    }
    assert_eq!(api.succeed("GET", CAS, None).await["total"], 0);
}

#[tokio::test]
async fn over_long_fields_are_named() {
    let api = Api::start().await;
    let body = |name: String, organization: String| {
        json!({
            "type": "ROOT", "key_algorithm": "EC256", "signature_algorithm": "SHA256",
            "validity": { "type": "YEAR", "value": 1 },
            "distinguished_name": {
                "common_name": name, "country": "CN", "state": "s", "locality": "l",
                "organization": organization, "organizational_unit": "u",
            },
        })
    };
    for (body, field) in [
        (
            body("n".repeat(65), "o".to_owned()),
            "distinguished_name.common_name must have 1 to 64",
        ),
        (
            body("n".repeat(900_000), "o".to_owned()),
            "distinguished_name.common_name must have 1 to 64",
        ),
        (
            body("n".to_owned(), "o".repeat(65)),
            "distinguished_name.organization must have 1 to 64",
        ),
    ] {
        api.refused(("POST", CAS), Some(body), (400, "PCA.00020101"), field)
            .await;
    }
    api.succeed("POST", CAS, Some(body("n".repeat(64), "o".repeat(64))))
        .await;
}

#[tokio::test]
async fn bodies_over_a_mebibyte_are_not_read() {
    let api = Api::start().await;
    let one_too_many = Bytes::from(vec![b' '; (1 << 20) + 1]);
    // Announced: refused before a byte is read.
    let mut announced = with_token(request("POST", CAS, "{}"), &api.token);
    let length = HeaderValue::from_static("1048577");
    announced.headers_mut().insert("content-length", length);
    // Not announced, as a chunked body is not.
    let chunked = with_token(request("POST", CAS, one_too_many.clone()), &api.token);
    for sent in [announced, chunked] {
        let (status, answer) = read(api.send(sent).await).await;
        assert_eq!(status, 413);
        assert_eq!(
            fields(&answer),
            ["error_code", "error_msg", "request_id"],
            "{answer}"
        );
        assert_eq!(answer["error_code"], "APIGW.0201");
        assert_eq!(answer["error_msg"], "the body is longer than 1048576 bytes");
    }
    let (status, answer) = read(
        api.send(request("POST", "/v3/auth/tokens", one_too_many))
            .await,
    )
    .await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["code"]),
        (413, &json!("IAM.0011"))
    );
    // Exactly as long as is read: it is looked at.
    let most = with_token(request("POST", CAS, vec![b' '; 1 << 20]), &api.token);
    let (status, answer) = read(api.send(most).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (400, &json!("PCA.10010105"))
    );
}

#[tokio::test]
async fn calls_without_credentials_are_refused_before_anything_else() {
    let api = Api::start().await;
    let unknown = format!("{CAS}/not-an-id");
    for sent in [
        request("POST", CAS, "not json"),
        request("GET", &unknown, ""),
    ] {
        let response = api.send(sent).await;
        let id = request_id(&response);
        let (status, answer) = read(response).await;
        assert_eq!(status, 401);
        assert_eq!(fields(&answer), ["error_code", "error_msg", "request_id"]);
        assert_eq!(answer["error_code"], "APIGW.0301");
        assert_eq!(answer["request_id"], id.as_str());
        assert_eq!(
            answer["error_msg"],
            "Incorrect IAM authentication information: \
             header Authorization or x-auth-token not found"
        );
    }
    let (status, answer) = read(api.send(request("GET", "/v3/projects", "")).await).await;
    assert_eq!(status, 401);
    assert_eq!(answer["error"]["code"], "IAM.0001");
    assert_eq!(answer["error"]["title"], "Unauthorized");

    let mut signed = request("GET", CAS, "");
    let nonsense = HeaderValue::from_static("Bearer s3cret");
    signed.headers_mut().insert("authorization", nonsense);
    let (status, answer) = read(api.send(signed).await).await;
    assert_eq!(
        (status.as_u16(), &answer["error_code"]),
        (401, &json!("APIGW.0301"))
    );
    assert!(!answer["error_msg"].as_str().unwrap().contains("s3cret"));
}

#[tokio::test]
async fn tokens_that_are_none() {
    let api = Api::start().await;
    let long = "x".repeat(60_000);
    for token in ["", "unknown", long.as_str(), "\u{e9}"] {
        let mut sent = request("GET", CAS, "");
        let value = HeaderValue::from_bytes(token.as_bytes()).unwrap();
        sent.headers_mut().insert("x-auth-token", value);
        let (status, answer) = read(api.send(sent).await).await;
        assert_eq!(status, 401, "{answer}");
        assert_eq!(
            answer,
            json!({ "error_code": "PCA.10010401", "error_msg": "the token is not valid" })
        );
    }
    let (status, answer) = api.call_as("unknown", "GET", "/v3/projects", None).await;
    assert_eq!(
        (status.as_u16(), &answer["error"]["code"]),
        (401, &json!("IAM.0067"))
    );
}

#[tokio::test]
async fn the_token_of_a_disabled_user_ends() {
    let api = Api::start().await;
    let allow = r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"]}]}"#;
    let used = api.user_with("used", &[allow]).await;
    let fresh = api.user_with("fresh", &[allow]).await;
    let (status, _) = api.call_as(&used.token, "GET", CAS, None).await;
    assert_eq!(status, 200);

    let mut tx = Transaction::new("test.disable");
    for user in [&used, &fresh] {
        tx.set_user_enabled(&user.domain_id, &user.id, false);
    }
    api.store.commit(tx).await.unwrap();
    let refused = json!({ "error_code": "PCA.10010401", "error_msg": "the token is not valid" });
    let (status, answer) = api.call_as(&fresh.token, "GET", CAS, None).await;
    assert_eq!((status.as_u16(), answer), (401, refused.clone()));
    // Another process of the desk did it, so this one may know them for a minute more.
    api.clock.advance_ms(60_000);
    let (status, answer) = api.call_as(&used.token, "GET", CAS, None).await;
    assert_eq!((status.as_u16(), answer), (401, refused));
}

#[tokio::test]
async fn a_user_without_a_policy_may_do_nothing() {
    let api = Api::start().await;
    let nobody = api.user_without_policy().await;
    for operation in chancery_api::operations() {
        use chancery_api::Access::{Action, Resource};
        let (Action(action) | Resource(action)) = operation.access else {
            continue;
        };
        let path = operation
            .path
            .replace("{project_id}", &nobody.project_id)
            .replace(['{', '}'], "");
        let (status, answer) = api
            .call_as(&nobody.token, operation.method.as_str(), &path, None)
            .await;
        assert_eq!(status, 403, "{} {path}: {answer}", operation.method);
        // HEAD is answered without a body.
        let says = operation.method == http::Method::HEAD || answer.to_string().contains(action);
        assert!(says, "{answer}");
    }
    let (_, answer) = api.call_as(&nobody.token, "GET", CAS, None).await;
    assert_eq!(
        answer,
        json!({
            "error_code": "PCA.10010403",
            "error_msg": "you do not have permission to perform action pca:ca:list",
        })
    );
    let (_, answer) = api
        .call_as(&nobody.token, "GET", "/v3/projects", None)
        .await;
    assert_eq!(
        answer,
        json!({ "error": {
            "code": "IAM.0003",
            "message": "you do not have permission to perform action iam:projects:listProjects",
            "title": "Forbidden",
        } })
    );
    // Who they are they may ask.
    let (status, _) = api
        .call_as(&nobody.token, "GET", "/v3/auth/projects", None)
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn permission_is_checked_before_the_body_and_the_id() {
    let api = Api::start().await;
    let nobody = api.user_without_policy().await;
    let unknown = format!("{CAS}/not-an-id");
    for (method, path) in [("POST", CAS), ("GET", unknown.as_str())] {
        let sent = with_token(request(method, path, "not json"), &nobody.token);
        assert_eq!(api.send(sent).await.status(), 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_panic_and_a_failing_disk_are_answered_and_tell_nothing() {
    let api = Api::start().await;
    let root = json!({
        "type": "ROOT", "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "validity": { "type": "YEAR", "value": 1 },
        "distinguished_name": {
            "common_name": "n", "country": "CN", "state": "s", "locality": "l",
            "organization": "o", "organizational_unit": "u",
        },
    });
    let failed = json!({ "error_code": "PCA.10010500", "error_msg": "internal server error" });
    api.faults.refuse(Some("authority.create"));
    let (status, answer) = api.call("POST", CAS, Some(root)).await;
    assert_eq!((status.as_u16(), answer), (500, failed.clone()));

    api.succeed("GET", CAS, None).await;
    api.faults.panic_on("authorities");
    let response = api.send(with_token(request("GET", CAS, ""), &api.token));
    let response = response.await;
    request_id(&response);
    let (status, answer) = read(response).await;
    assert_eq!((status.as_u16(), answer), (500, failed));
    // The next call is served.
    api.succeed("GET", "/v3/projects", None).await;

    // Also where the caller is still being found out.
    api.faults.panic_on("tokens");
    let response = api.send(with_token(request("GET", CAS, ""), "unknown"));
    let response = response.await;
    request_id(&response);
    assert_eq!(response.status(), 500);
}

/// A key that is there twice, in the shape of each service.
#[tokio::test]
async fn no_body_says_two_things() {
    let api = Api::start().await;
    let project = &api.project_id;
    for (path, body, key, code) in [
        (
            CAS.to_owned(),
            r#"{"type":"ROOT","type":"SUBORDINATE"}"#,
            "type",
            "PCA.10010105",
        ),
        (
            CAS.to_owned(),
            r#"{"distinguished_name":{"country":"CN","country":"DE"}}"#,
            "distinguished_name.country",
            "PCA.10010105",
        ),
        (
            "/v3/scm/certificates/import".to_owned(),
            r#"{"name":"a","\u006eame":"b"}"#,
            "name",
            "SCM.",
        ),
        (
            format!("/v2/{project}/instances"),
            r#"{"tags":[{"key":"a"},{"key":"a","key":"b"}]}"#,
            "tags[1].key",
            "DCS.",
        ),
        (
            format!("/v3/{project}/instances"),
            r#"{"nobody":{"knows":1,"knows":1}}"#,
            "nobody.knows",
            "DBS.",
        ),
        (
            "/v3/tasks".to_owned(),
            r#"{"name":"a","name":"b"}"#,
            "name",
            "SMS.",
        ),
        (
            "/v1.0/enterprise-projects".to_owned(),
            r#"{"name":"a","name":"b"}"#,
            "name",
            "EPS.",
        ),
        (
            "/chancery/v1/accounts".to_owned(),
            r#"{"name":"a","name":"b"}"#,
            "name",
            "CHANCERY.",
        ),
        (
            "/v3/auth/tokens".to_owned(),
            r#"{"auth":{"identity":{"methods":["token"],"methods":["password"]}}}"#,
            "auth.identity.methods",
            "IAM.",
        ),
    ] {
        let request = with_token(request("POST", &path, body), &api.token);
        let (status, answer) = read(api.send(request).await).await;
        let text = answer.to_string();
        assert_eq!(status, 400, "{path}: {text}");
        assert!(text.contains(&format!("{key} is there twice")), "{text}");
        assert!(text.contains(code), "{path}: {text}");
    }
    // The same key in two objects is not.
    let body = format!(
        r#"{{"auth":{{"identity":{{"methods":["token"],"x":{{"methods":1}}}},"methods":1,
            "scope":{{"project":{{"id":"{project}"}}}}}}}}"#
    );
    let request = with_token(request("POST", "/v3/auth/tokens", body), &api.token);
    assert_eq!(api.send(request).await.status(), 201);
}
