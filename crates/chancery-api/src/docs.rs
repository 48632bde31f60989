//! The documents, as pages at `/docs`: README.md and what is in `docs/`, rendered once and kept.
//!
//! A new document needs a line in `docs/SUMMARY.md`, which is the table of contents, and one in
//! [`files::FILES`]; tests hold both against the folder.

mod contents;
mod files;
mod layout;
mod markdown;

use std::collections::HashMap;
use std::sync::LazyLock;

use bytes::Bytes;
use chancery_core::Error;
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};

use crate::html::{PAGE, answer};
use crate::operation::{Answer, Call};
use contents::Section;
use layout::Layout;

const SUMMARY: &str = "docs/SUMMARY.md";
const STYLE: &str = include_str!("docs/style.css");
/// What a browser may load for a page.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// For a picture that is opened by itself: nothing but the style inside it.
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

static SITE: LazyLock<Site> = LazyLock::new(|| Site::new(files::FILES));

/// `GET /docs`: the first document.
pub(crate) async fn start(_: Call) -> Result<Answer, Error> {
    Ok(SITE.answer(""))
}

/// `GET /docs/{*page}`.
pub(crate) async fn show(call: Call) -> Result<Answer, Error> {
    Ok(match call.path("page") {
        "" => SITE.lost(), // it was no text
        page => SITE.answer(page),
    })
}

/// All that is served, made once.
struct Site {
    /// By their path below `/docs/`; the first document also by the empty one.
    served: HashMap<String, Served>,
    /// The page of what is not there.
    lost: Bytes,
}

#[derive(Clone)]
struct Served {
    content_type: &'static str,
    policy: &'static str,
    body: Bytes,
}

impl Site {
    /// Of files, each with its path in the repository; the table of contents is one of them.
    fn new(files: &[(&str, &'static str)]) -> Self {
        let text_of = |path: &str| {
            let found = files.iter().find(|(name, _)| *name == path);
            found.map(|(_, text)| *text)
        };
        let url_of = |path: &str| match path {
            "docs/openapi.json" => Some("/openapi.json".to_owned()),
            path => text_of(path).and_then(|_| url(path)),
        };
        let sections: Vec<Section> = contents::read(text_of(SUMMARY).unwrap_or_default());
        let layout = Layout::new(&sections, &url_of);
        let mut served = HashMap::new();
        for (index, entry) in layout.entries().enumerate() {
            let (Some(text), Some(url)) = (text_of(&entry.path), url_of(&entry.path)) else {
                continue; // a test sees to it that there is none
            };
            let document = markdown::render(&entry.path, text, &url_of);
            let page = Served {
                content_type: PAGE,
                policy: PAGE_POLICY,
                body: layout.page(index, &document).into(),
            };
            if index == 0 {
                served.insert(String::new(), page.clone());
            }
            served.insert(below(&url), page);
        }
        for (path, text) in files.iter().filter(|(path, _)| is_picture(path)) {
            let picture = Served {
                content_type: "image/svg+xml",
                policy: PICTURE_POLICY,
                body: Bytes::from_static(text.as_bytes()),
            };
            served.extend(url(path).map(|url| (below(&url), picture)));
        }
        let style = Served {
            content_type: "text/css; charset=utf-8",
            policy: PAGE_POLICY,
            body: Bytes::from_static(STYLE.as_bytes()),
        };
        served.insert("style.css".to_owned(), style);
        let lost = layout.lost().into();
        Self { served, lost }
    }

    /// What is at a path below `/docs/`.
    fn answer(&self, path: &str) -> Answer {
        let Some(served) = self.served.get(path) else {
            return self.lost();
        };
        let policy = HeaderValue::from_static(served.policy);
        let body = served.body.clone();
        answer(StatusCode::OK, served.content_type, policy, body)
    }

    fn lost(&self) -> Answer {
        let policy = HeaderValue::from_static(PAGE_POLICY);
        let answer = answer(StatusCode::NOT_FOUND, PAGE, policy, self.lost.clone());
        // It may be there in the next version.
        answer.with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }
}

/// Where a file that is carried is served; none for what is neither a document nor a picture.
fn url(path: &str) -> Option<String> {
    if path == SUMMARY {
        return Some("/docs".to_owned());
    }
    let below = path.strip_prefix("docs/").unwrap_or(path);
    match below.strip_suffix(".md") {
        Some(name) => Some(format!("/docs/{name}")),
        None if is_picture(path) => Some(format!("/docs/{below}")),
        None => None,
    }
}

fn below(url: &str) -> String {
    url.strip_prefix("/docs/").unwrap_or_default().to_owned()
}

fn is_picture(path: &str) -> bool {
    path.ends_with(".svg")
}

#[cfg(test)]
mod tests;
