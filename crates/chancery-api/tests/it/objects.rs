//! `/objects/{bucket}/{key}`: links and public objects.

use axum::body::{Body, to_bytes};
use axum::response::Response;
use http::{Request, StatusCode};
use serde_json::json;

use crate::support::Api;
use crate::{dcs, dds};

const BASE: &str = "https://desk.example:8443";

/// The path and query of a new DCS link.
async fn link(api: &Api) -> String {
    let id = dcs::create(api, json!({})).await;
    let download = dcs::path(api, &format!("/{id}/ssl-certs/download"));
    let answer = api.succeed("POST", &download, None).await;
    let link = answer["link"].as_str().unwrap();
    link.strip_prefix(BASE).unwrap().to_owned()
}

async fn send(api: &Api, method: &str, target: &str) -> Response {
    let request = Request::builder().method(method).uri(target);
    api.send(request.body(Body::empty()).unwrap()).await
}

async fn text(response: Response) -> String {
    let body = to_bytes(response.into_body(), 100_000).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The code and text of a refusal.
async fn refusal(api: &Api, target: &str) -> (u16, String, String) {
    let response = send(api, "GET", target).await;
    let status = response.status().as_u16();
    assert_eq!(
        response.headers()["content-type"],
        "application/xml",
        "{target}"
    );
    let body = text(response).await;
    assert!(!body.contains("BEGIN CERTIFICATE"));
    let part = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>")).unwrap();
        rest.split_once("</").unwrap().0.to_owned()
    };
    (status, part("Code"), part("Message"))
}

#[tokio::test]
async fn a_link_opens_its_object() {
    let api = Api::start().await;
    let link = link(&api).await;
    let response = send(&api, "GET", &link).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(
        response.headers()["content-type"],
        "application/x-x509-ca-cert"
    );
    assert_eq!(response.headers()["cache-control"], "private, no-cache");
    let body = text(response).await;
    assert!(body.starts_with("-----BEGIN CERTIFICATE-----\n"), "{body}");

    // It is for GET, and for the object alone.
    assert_eq!(send(&api, "HEAD", &link).await.status(), 403);
    for added in ["acl", "response-content-type=text/html", "versionId=1"] {
        let (status, code, _) = refusal(&api, &format!("{link}&{added}")).await;
        assert_eq!(
            (status, code.as_str()),
            (403, "SignatureDoesNotMatch"),
            "{added}"
        );
    }

    // Parameters of no meaning are let through, and so is a plus that no one escaped.
    assert_eq!(
        send(&api, "GET", &format!("{link}&x=1")).await.status(),
        200
    );
    let plain = link
        .replace("%2B", "+")
        .replace("%2F", "/")
        .replace("%3D", "=");
    assert_eq!(send(&api, "GET", &plain).await.status(), 200);
}

#[tokio::test]
async fn a_link_ends() {
    let api = Api::start().await;
    let link = link(&api).await;
    api.clock.advance_ms(60 * 60 * 1000 - 1);
    assert_eq!(send(&api, "GET", &link).await.status(), 200);
    api.clock.advance_ms(1);
    let expected = (
        403,
        "AccessDenied".to_owned(),
        "Request has expired".to_owned(),
    );
    assert_eq!(refusal(&api, &link).await, expected);
}

#[tokio::test]
async fn a_changed_link_opens_nothing() {
    let api = Api::start().await;
    let link = link(&api).await;
    let (path, query) = link.split_once('?').unwrap();
    let pairs: Vec<_> = query.split('&').collect();
    let [key, expires, signature] = pairs[..] else {
        panic!("{query}");
    };
    let (_, digits) = expires.split_once('=').unwrap();
    let later = format!("Expires={}", digits.parse::<u64>().unwrap() + 1);
    let other_signature = "Signature=AAAAAAAAAAAAAAAAAAAAAAAAAAA%3D";
    let parts = |path: &str, pairs: &[&str]| format!("{path}?{}", pairs.join("&"));
    let folder = path.rsplit_once('/').unwrap().0;
    for (target, code) in [
        (
            parts(path, &[key, &later, signature]),
            "SignatureDoesNotMatch",
        ),
        (
            parts(path, &[key, expires, other_signature]),
            "SignatureDoesNotMatch",
        ),
        (
            parts(path, &[key, expires, "Signature="]),
            "SignatureDoesNotMatch",
        ),
        (parts(&format!("{path}x"), &pairs), "SignatureDoesNotMatch"),
        (
            parts(&path.replace("/dcs-", "/xdcs-"), &pairs),
            "SignatureDoesNotMatch",
        ),
        (
            parts(&format!("{folder}/other.crt"), &pairs),
            "SignatureDoesNotMatch",
        ),
        (
            parts(path, &["AWSAccessKeyId=NOSUCHKEY", expires, signature]),
            "InvalidAccessKeyId",
        ),
        (
            parts(path, &[key, "Expires=soon", signature]),
            "AccessDenied",
        ),
        (
            parts(path, &[key, expires, expires, signature]),
            "AccessDenied",
        ),
        (parts(path, &[expires, signature]), "AccessDenied"),
        (parts(path, &[key, signature]), "AccessDenied"),
        (parts(path, &[key, expires]), "AccessDenied"),
        (path.to_owned(), "AccessDenied"),
    ] {
        let (status, found, _) = refusal(&api, &target).await;
        assert_eq!((status, found.as_str()), (403, code), "{target}");
    }
}

#[tokio::test]
async fn strangers_learn_no_names() {
    let api = Api::start().await;
    let link = link(&api).await;
    let (path, query) = link.split_once('?').unwrap();
    let folder = path.rsplit_once('/').unwrap().0;
    for suffix in [
        "",
        "?AWSAccessKeyId=a&Expires=99999999999&Signature=c",
        &format!("?{query}x"),
    ] {
        let existing = match suffix.contains(query) {
            true => None, // the path of the link itself, with a broken signature
            false => Some(refusal(&api, &format!("{path}{suffix}")).await),
        };
        let unknown_key = refusal(&api, &format!("{folder}/other.crt{suffix}")).await;
        let unknown_bucket = refusal(&api, &format!("/objects/nobodys/a.crt{suffix}")).await;
        let no_bucket = refusal(&api, &format!("/objects/No!/a.crt{suffix}")).await;
        assert_eq!(unknown_key, unknown_bucket, "{suffix}");
        assert_eq!(unknown_key, no_bucket, "{suffix}");
        assert!(existing.is_none_or(|existing| existing == unknown_key));
        assert_eq!(unknown_key.0, 403);
    }
}

#[tokio::test]
async fn a_public_bucket_is_read_without_a_link() {
    let api = Api::start().await;
    let id = dds::create(&api, json!({})).await;
    let address = dds::path(&api, &format!("/{id}/ssl-cert/download-link"));
    let answer = api.succeed("GET", &address, None).await;
    let link = answer["certs"][0]["download_link"].as_str().unwrap();
    let object = link.strip_prefix(BASE).unwrap();
    assert_eq!(send(&api, "GET", object).await.status(), 200);
    assert_eq!(send(&api, "HEAD", object).await.status(), 200);
    let (status, code, _) = refusal(&api, &format!("{object}x")).await;
    assert_eq!((status, code.as_str()), (404, "NoSuchKey"));
    let (status, ..) = refusal(&api, &object.replace("/dds/", "/..%2Fdds/")).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn links_only_read() {
    let api = Api::start().await;
    let link = link(&api).await;
    for method in ["PUT", "POST", "DELETE", "PATCH"] {
        let response = send(&api, method, &link).await;
        assert_eq!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{method}"
        );
        assert!(
            text(response)
                .await
                .contains("<Code>MethodNotAllowed</Code>")
        );
    }
    assert_eq!(send(&api, "GET", &link).await.status(), 200);
}

#[tokio::test]
async fn the_key_of_the_links_is_no_access_key() {
    let api = Api::start().await;
    let link = link(&api).await;
    let access_key = link.split("AWSAccessKeyId=").nth(1).unwrap();
    let access_key = access_key.split('&').next().unwrap();
    let error = api.desk.access_key(access_key).await.err().unwrap();
    assert_eq!(error.kind(), chancery_core::Kind::Signature);
}
