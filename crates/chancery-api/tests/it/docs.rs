//! `/docs`: the documents as pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use http::{HeaderMap, Request};
use tower::ServiceExt;

use crate::support::{Api, read};

/// A page or what belongs to one.
struct Got {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The values of an attribute.
    fn all(&self, attribute: &str) -> Vec<String> {
        let start = format!(" {attribute}=\"");
        let values = self.text.split(&start).skip(1);
        let values = values.map(|rest| rest.split('"').next().unwrap());
        values.map(|value| value.replace("&amp;", "&")).collect()
    }
}

async fn get(api: &Api, path: &str) -> Got {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = api.send(request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Got {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// All that can be reached from the start, by path.
async fn site(api: &Api) -> BTreeMap<String, Got> {
    let (mut found, mut ahead) = (BTreeMap::new(), vec!["/docs".to_owned()]);
    while let Some(path) = ahead.pop() {
        if found.contains_key(&path) {
            continue;
        }
        let got = get(api, &path).await;
        if path.starts_with("/docs") {
            let links = [got.all("href"), got.all("src")].concat();
            let links = links.iter().filter(|link| link.starts_with('/'));
            ahead.extend(links.map(|link| link.split('#').next().unwrap().to_owned()));
        }
        found.insert(path, got);
    }
    found
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    let api = Api::start().await;
    let site = site(&api).await;
    let (mut pages, mut anchors) = (0, 0);
    for (path, got) in &site {
        assert_eq!(got.status, 200, "{path}");
        if !got.header("content-type").starts_with("text/html") || !path.starts_with("/docs") {
            continue;
        }
        pages += 1;
        for link in got.all("href") {
            if link.starts_with("https://") {
                continue;
            }
            let (target, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if target.is_empty() { path } else { target };
            let ids = site[target].all("id");
            if !anchor.is_empty() {
                anchors += 1;
                assert!(ids.iter().any(|id| id == anchor), "{path}: {link}");
            }
        }
        let ids = got.all("id");
        let distinct: BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "{path}: {ids:?}");
    }
    assert!(pages >= 10 && anchors >= 20, "{pages} {anchors}");
    for path in [
        "/openapi.html",
        "/openapi.json",
        "/docs/iam",
        "/docs/README",
    ] {
        assert!(site.contains_key(path), "{path}");
    }
    let calls = &site["/openapi.html"];
    assert!(calls.all("href").contains(&"/docs".to_owned()));
}

#[tokio::test]
async fn pages_are_to_read_and_hold_nothing_that_runs() {
    let api = Api::start().await;
    for (path, got) in &site(&api).await {
        if got.header("content-type") != "text/html; charset=utf-8" {
            continue;
        }
        let text = &got.text;
        assert!(text.starts_with("<!doctype html>"), "{path}");
        assert!(text.contains("<html lang=\"en\">"), "{path}");
        assert!(!text.contains("<script"), "{path}");
        let policy = got.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; style-src '"),
            "{path}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(got.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(got.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(got.header("cache-control"), "max-age=300", "{path}");
        if !path.starts_with("/docs") {
            continue;
        }
        assert!(
            policy.contains("style-src 'self'; img-src 'self';"),
            "{path}"
        );
        for part in [
            "<header>",
            "<main id=\"page.main\"",
            "<nav class=\"contents\"",
            "<h1 ",
            "<title>",
        ] {
            assert_eq!(text.matches(part).count(), 1, "{path}: {part}");
        }
        assert!(
            text.contains("<a class=\"skip\" href=\"#page.main\">"),
            "{path}"
        );
        assert_eq!(text.matches("aria-current=\"page\"").count(), 1, "{path}");
        assert!(
            (1_000..300_000).contains(&text.len()),
            "{path}: {}",
            text.len()
        );
    }
}

#[tokio::test]
async fn the_start_is_the_first_document() {
    let api = Api::start().await;
    let start = get(&api, "/docs").await;
    assert_eq!(start.status, 200);
    let contents = start.text.split("<nav class=\"contents\"").nth(1).unwrap();
    let first = contents.split("<a href=\"").nth(1).unwrap();
    let (first, rest) = first.split_once('"').unwrap();
    assert!(rest.starts_with(" aria-current=\"page\">"), "{rest}");
    assert_eq!(get(&api, first).await.text, start.text);
    assert_eq!(get(&api, "/docs/").await.text, start.text);
    let style = get(&api, "/docs/style.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.text.contains("prefers-color-scheme: dark"));
}

#[tokio::test]
async fn what_is_no_page_is_a_page_that_leads_back() {
    let api = Api::start().await;
    for path in [
        "/docs/nothing",
        "/docs/iam/",
        "/docs/iam.md",
        "/docs/SUMMARY",
        "/docs/a/b/c",
        "/docs//",
        "/docs/%FF",
        "/docs/../Cargo.toml",
        "/docs/%2e%2e%2fCargo.toml",
    ] {
        let got = get(&api, path).await;
        assert_eq!(got.status, 404, "{path}");
        assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
        assert!(got.headers.contains_key("content-security-policy"));
        assert_eq!(got.header("cache-control"), "no-store", "{path}");
        assert!(got.text.contains("There is no such page"), "{path}");
        assert!(got.all("href").contains(&"/docs".to_owned()), "{path}");
        // What was asked for is not repeated.
        assert!(!got.text.contains("nothing") && !got.text.contains("Cargo"));
    }
}

#[tokio::test]
async fn pages_are_for_reading_alone() {
    let api = Api::start().await;
    for path in ["/docs", "/docs/iam", "/docs/style.css"] {
        let whole = get(&api, path).await;
        let request = Request::head(path).body(Body::empty()).unwrap();
        let (parts, body) = api.send(request).await.into_parts();
        assert_eq!(parts.status, 200);
        assert_eq!(parts.headers["content-type"], whole.header("content-type"));
        assert_eq!(to_bytes(body, usize::MAX).await.unwrap().len(), 0);
        for method in ["POST", "PUT", "DELETE"] {
            let request = Request::builder().method(method).uri(path);
            let request = request.body(Body::empty()).unwrap();
            let (status, answer) = read(api.send(request).await).await;
            assert_eq!(status, 404, "{method} {path}");
            assert_eq!(answer["error_code"], "APIGW.0101", "{method} {path}");
            let says = format!("{method} is not a method of this API");
            assert_eq!(answer["error_msg"], says, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_root_says_where_to_go() {
    let api = Api::start().await;
    let request = Request::get("/").body(Body::empty()).unwrap();
    let (status, answer) = read(api.send(request).await).await;
    assert_eq!(status, 404);
    assert_eq!(answer["error_code"], "APIGW.0101");
    assert_eq!(
        answer["error_msg"],
        "this is chancery, a certificate desk: its documents are at /docs, its calls at /openapi.html"
    );
}

#[tokio::test]
async fn relying_parties_are_served_no_pages() {
    let api = Api::start().await;
    for path in [
        "/docs",
        "/docs/",
        "/docs/iam",
        "/docs/style.css",
        "/openapi.html",
        "/",
    ] {
        let router = chancery_api::pki_router(Arc::clone(&api.desk));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(body.is_empty(), "{path}");
    }
}
