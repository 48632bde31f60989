//! `/readyz` and `/healthz`: for who balances load and who watches. They need no credentials, count as no
//! request of a client and leave no line in the log; an answer is what was found a second ago.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use chancery_core::Desk;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};

/// Whether the desk can do its work.
const READY: &str = "/readyz";
/// Whether the process lives.
const LIVES: &str = "/healthz";

/// Both, as routes of a listener.
pub(crate) fn routes(router: Router, desk: &Arc<Desk>) -> Router {
    [READY, LIVES].into_iter().fold(router, |router, path| {
        let desk = Arc::clone(desk);
        router.route(
            path,
            get(async move || of_path(path, &desk).unwrap_or_default()),
        )
    })
}

/// The answer to one of both paths; none to any other.
pub(crate) fn of_path(path: &str, desk: &Desk) -> Option<Response> {
    match path {
        READY => Some(ready(desk)),
        LIVES => Some(text(StatusCode::OK, "alive".to_owned())),
        _ => None,
    }
}

fn ready(desk: &Desk) -> Response {
    match (desk.readiness(), desk.failed_rounds()) {
        (Ok(()), 0) => text(StatusCode::OK, "ready".to_owned()),
        (Ok(()), rounds) => {
            let said = format!("ready; rounds of jobs in a row that failed: {rounds}");
            text(StatusCode::OK, said)
        }
        (Err(reason), _) => {
            let said = format!("not ready: {reason}");
            text(StatusCode::SERVICE_UNAVAILABLE, said)
        }
    }
}

fn text(status: StatusCode, said: String) -> Response {
    let mut response = Response::new(Body::from(said + "\n"));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let media = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(CONTENT_TYPE, media);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
