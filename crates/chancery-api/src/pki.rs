//! What relying parties fetch over plain HTTP, without credentials: revocation lists, OCSP
//! answers, certificates of issuers. A listener of its own serves this and nothing else.
//!
//! | path | what |
//! |---|---|
//! | `/crl/{ca_id}.crl` | the newest revocation list of a CA |
//! | `/aia/{ca_id}.crt` | the certificate of a CA |
//! | `/ocsp/{ca_id}`, `/ocsp` | OCSP about what a CA issued, or any of the desk |
//! | `/readyz`, `/healthz` | whether the desk can do its work, and lives |

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use chancery_core::crls::PublishedCrl;
use chancery_core::ocsp::OcspAnswer;
use chancery_core::{Desk, Error, Kind, Result};
use chancery_pki::ocsp::OcspError;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, EXPIRES, IF_NONE_MATCH,
    LAST_MODIFIED, RETRY_AFTER,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use crate::dispatch::client;
use crate::request_log::Line;
use crate::wire::is_uuid;
use crate::{body, health};

/// The longest OCSP request that is read, in bytes: a hundred certificates and a nonce fit.
const LONGEST: usize = 16 * 1024;
/// How long an answer may take.
const TIME: Duration = Duration::from_secs(30);
/// How long a cache may keep a list: a newer one is there seconds after something is revoked.
const CRL_AGE_S: i64 = 60 * 60;
/// Base64 as clients write it: with `=` at the end or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The routes of the listener for relying parties.
pub fn router(desk: Arc<Desk>) -> Router {
    // Base64 in a path holds slashes, so that paths are told apart by hand.
    Router::new().fallback(move |request: Request| serve(desk, request))
}

/// Where a path leads.
#[derive(Debug, Eq, PartialEq)]
enum Target<'a> {
    Crl(&'a str),
    Issuer(&'a str),
    /// The CA, if the path names one, and the request, if the path holds it.
    Ocsp(Option<&'a str>, Option<&'a str>),
    Nowhere,
}

impl<'a> Target<'a> {
    fn of(path: &'a str) -> Self {
        if let Some(rest) = path.strip_prefix("/ocsp") {
            let Some(rest) = rest.strip_prefix('/') else {
                return match rest {
                    "" => Self::Ocsp(None, None),
                    _ => Self::Nowhere,
                };
            };
            let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
            let (id, request) = match is_uuid(first) {
                true => (Some(first), after),
                false => (None, rest),
            };
            // Some clients join an address that ends in a slash and a path that begins with one.
            let request = request.trim_start_matches('/');
            return Self::Ocsp(id, Some(request).filter(|request| !request.is_empty()));
        }
        let id = |prefix: &str, suffix: &str| {
            let id = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
            Some(id).filter(|id| is_uuid(id))
        };
        if let Some(id) = id("/crl/", ".crl") {
            return Self::Crl(id);
        }
        id("/aia/", ".crt").map_or(Self::Nowhere, Self::Issuer)
    }

    /// What the request log calls it.
    fn route(&self) -> &'static str {
        match self {
            Self::Crl(_) => "/crl/{ca_id}.crl",
            Self::Issuer(_) => "/aia/{ca_id}.crt",
            Self::Ocsp(Some(_), _) => "/ocsp/{ca_id}",
            Self::Ocsp(None, _) => "/ocsp",
            Self::Nowhere => "-",
        }
    }
}

async fn serve(desk: Arc<Desk>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, mut body) = request.into_parts();
    if let Some(health) = health::of_path(parts.uri.path(), &desk) {
        return health;
    }
    let target = Target::of(parts.uri.path());
    let client = client(&parts, &desk.settings().trusted_proxies);
    let mut failure = None;
    let response = match body::check_head(&parts).and_then(|()| desk.admit_client(client)) {
        Ok(()) => match timeout(TIME, answer(&desk, &parts, &target, &mut body)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                let response = failed(&error, &target);
                failure = Some(error);
                response
            }
            Err(_) => empty(StatusCode::GATEWAY_TIMEOUT),
        },
        Err(refused) => match refused.kind() {
            Kind::TooMany => {
                let seconds = HeaderValue::from(refused.retry_after_s().unwrap_or(1));
                with(empty(StatusCode::TOO_MANY_REQUESTS), RETRY_AFTER, seconds)
            }
            Kind::UriTooLong => empty(StatusCode::URI_TOO_LONG),
            _ => empty(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
        },
    };
    body::drain(body);
    Line {
        request: &parts,
        route: target.route(),
        status: response.status(),
        started,
        client,
        caller: None,
        request_id: None,
        error: failure.as_ref(),
        notes: None,
    }
    .write(&desk);
    response
}

async fn answer(
    desk: &Desk,
    parts: &Parts,
    target: &Target<'_>,
    body: &mut Body,
) -> Result<Response> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    Ok(match target {
        Target::Nowhere => empty(StatusCode::NOT_FOUND),
        Target::Crl(_) | Target::Issuer(_) | Target::Ocsp(_, Some(_)) if !reads => {
            not_allowed("GET, HEAD")
        }
        Target::Crl(id) => crl(desk, parts, id).await?,
        Target::Issuer(id) => issuer(desk, id).await?,
        Target::Ocsp(id, Some(encoded)) => match decode(encoded) {
            Some(request) => ocsp(desk, *id, &request).await?,
            None => ocsp_error(OcspError::MalformedRequest),
        },
        Target::Ocsp(id, None) if parts.method == Method::POST => {
            if !is_ocsp_request(parts) {
                return Ok(empty(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            }
            match body::read_up_to(LONGEST, parts, body).await {
                Ok(request) => ocsp(desk, *id, &request).await?,
                Err(error) => match error.kind() {
                    Kind::TooLarge => empty(StatusCode::PAYLOAD_TOO_LARGE),
                    Kind::TooSlow => empty(StatusCode::REQUEST_TIMEOUT),
                    _ => empty(StatusCode::BAD_REQUEST),
                },
            }
        }
        Target::Ocsp(_, None) => not_allowed("POST"),
    })
}

async fn crl(desk: &Desk, parts: &Parts, id: &str) -> Result<Response> {
    // A list may have megabytes: it is read only for those who get it.
    let Some(mut crl) = desk.published_crl(id).await? else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    // RFC 2585 section 4.2
    let media = "application/pkix-crl";
    let response = if has(parts, &tag(&crl)) {
        empty(StatusCode::NOT_MODIFIED)
    } else if parts.method == Method::HEAD {
        let length = HeaderValue::from(crl.length);
        with(bytes(media, Bytes::new()), CONTENT_LENGTH, length)
    } else {
        // There may be a newer one by now.
        let Some((newest, der)) = desk.published_crl_der(id).await? else {
            return Ok(empty(StatusCode::NOT_FOUND));
        };
        crl = newest;
        bytes(media, der.into())
    };
    let left_s = (crl.next_update_ms - desk.now_ms()) / 1000;
    let age = format!("public, max-age={}", left_s.clamp(0, CRL_AGE_S));
    let response = text(response, ETAG, &tag(&crl));
    Ok(text(response, CACHE_CONTROL, &age))
}

fn tag(crl: &PublishedCrl) -> String {
    format!("\"{}\"", crl.number)
}

async fn issuer(desk: &Desk, id: &str) -> Result<Response> {
    Ok(match desk.public_certificate(id).await? {
        None => empty(StatusCode::NOT_FOUND),
        Some(der) => {
            // RFC 5280 section 4.2.2.1
            let response = bytes("application/pkix-cert", der.into());
            text(response, CACHE_CONTROL, "public, max-age=86400")
        }
    })
}

async fn ocsp(desk: &Desk, id: Option<&str>, request: &[u8]) -> Result<Response> {
    let OcspAnswer { der, keep } = desk.answer_ocsp(id, request).await?;
    let response = bytes("application/ocsp-response", der.into());
    let Some((from, until)) = keep else {
        return Ok(text(response, CACHE_CONTROL, "no-store"));
    };
    // RFC 5019 section 6.2: a cache keeps an answer while it is good, and asks then. An answer
    // that was signed a while ago is good for less.
    let left_s = ((until - desk.now_ms()) / 1000).max(0);
    let age = format!("public, no-transform, must-revalidate, max-age={left_s}");
    let response = text(response, CACHE_CONTROL, &age);
    let response = text(response, LAST_MODIFIED, &http_date(from));
    Ok(text(response, EXPIRES, &http_date(until)))
}

/// Whether the body is said to be an OCSP request, whatever parameters stand behind that (RFC 9110
/// section 8.3.1).
fn is_ocsp_request(parts: &Parts) -> bool {
    let media = parts.headers.get(CONTENT_TYPE);
    let media = media.and_then(|media| media.to_str().ok()?.split(';').next());
    media.is_some_and(|media| {
        media
            .trim()
            .eq_ignore_ascii_case("application/ocsp-request")
    })
}

/// Whether the client says that it has what this tag is of: weak tags are as good as others, and
/// `*` is any (RFC 9110 section 13.1.2).
fn has(parts: &Parts, tag: &str) -> bool {
    let asked = parts.headers.get_all(IF_NONE_MATCH).iter();
    let mut asked = asked
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    asked.any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

/// The request in a path (RFC 6960 appendix A.1): base64, with `%2F` for `/`, `%2B` for `+` and `%3D`
/// for `=` or without. Some clients write base64url.
fn decode(encoded: &str) -> Option<Vec<u8>> {
    let text = percent_decode_str(encoded).decode_utf8().ok()?;
    let text = text.replace('-', "+").replace('_', "/");
    BASE64.decode(text.as_bytes()).ok()
}

/// RFC 9110 section 5.6.7.
fn http_date(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or_default();
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn failed(error: &Error, target: &Target<'_>) -> Response {
    match target {
        // RFC 6960 section 2.3
        Target::Ocsp(..) => ocsp_error(match error.kind() {
            Kind::Unavailable => OcspError::TryLater,
            _ => OcspError::InternalError,
        }),
        _ => match error.retry_after_s() {
            Some(seconds) if error.kind() == Kind::Unavailable => {
                let response = empty(StatusCode::SERVICE_UNAVAILABLE);
                with(response, RETRY_AFTER, HeaderValue::from(seconds))
            }
            _ => empty(StatusCode::INTERNAL_SERVER_ERROR),
        },
    }
}

fn ocsp_error(error: OcspError) -> Response {
    let response = bytes("application/ocsp-response", error.response_der().into());
    text(response, CACHE_CONTROL, "no-store")
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn not_allowed(methods: &'static str) -> Response {
    with(
        empty(StatusCode::METHOD_NOT_ALLOWED),
        ALLOW,
        HeaderValue::from_static(methods),
    )
}

fn bytes(media: &'static str, bytes: Bytes) -> Response {
    let response = Response::new(Body::from(bytes));
    with(response, CONTENT_TYPE, HeaderValue::from_static(media))
}

fn text(response: Response, name: HeaderName, value: &str) -> Response {
    match HeaderValue::from_str(value) {
        Ok(value) => with(response, name, value),
        Err(_) => response, // not reached: the values are ASCII without controls
    }
}

fn with(mut response: Response, name: HeaderName, value: HeaderValue) -> Response {
    response.headers_mut().insert(name, value);
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let id = "0123abcd-0000-4000-8000-000000000000";
        for (path, expected) in [
            ("/ocsp", Target::Ocsp(None, None)),
            ("/ocsp/", Target::Ocsp(None, None)),
            ("/ocsp/ME/+w==", Target::Ocsp(None, Some("ME/+w=="))),
            ("/ocsp//ME/+w==", Target::Ocsp(None, Some("ME/+w=="))),
            ("/ocsp//", Target::Ocsp(None, None)),
            ("/ocspx", Target::Nowhere),
            ("/", Target::Nowhere),
            ("/crl/x.crl", Target::Nowhere),
            ("/aia/x.crt", Target::Nowhere),
        ] {
            assert_eq!(Target::of(path), expected, "{path}");
        }
        let one = format!("/ocsp/{id}");
        assert_eq!(Target::of(&one), Target::Ocsp(Some(id), None));
        let asked = format!("/ocsp/{id}/ME//w");
        assert_eq!(Target::of(&asked), Target::Ocsp(Some(id), Some("ME//w")));
        let joined = format!("/ocsp/{id}//ME//w");
        assert_eq!(Target::of(&joined), Target::Ocsp(Some(id), Some("ME//w")));
        let (crl, crt) = (format!("/crl/{id}.crl"), format!("/aia/{id}.crt"));
        assert_eq!(Target::of(&crl), Target::Crl(id));
        assert_eq!(Target::of(&crt), Target::Issuer(id));
        let wrong = format!("/crl/{id}.crt");
        assert_eq!(Target::of(&wrong), Target::Nowhere);
    }

    #[test]
    fn base64_of_any_writing_is_read() {
        for text in [
            "+/8=",
            "+/8",
            "%2B%2F8%3D",
            "%2b/8%3d",
            "-_8=",
            "-_8",
            "+_8",
        ] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        for text in ["", "%ff", "*/8=", "a"] {
            assert!(decode(text).is_none_or(|bytes| bytes.is_empty()), "{text}");
        }
    }

    fn parts(headers: &[(HeaderName, &str)]) -> Parts {
        let mut request = Request::new(Body::empty());
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().append(name.clone(), value);
        }
        request.into_parts().0
    }

    #[test]
    fn tags_are_compared() {
        for (asked, expected) in [
            ("\"7\"", true),
            ("W/\"7\"", true),
            ("\"6\", W/\"7\" ,\"8\"", true),
            ("*", true),
            ("\"6\", \"77\"", false),
            ("7", false),
            ("", false),
        ] {
            let parts = parts(&[(IF_NONE_MATCH, asked)]);
            assert_eq!(has(&parts, "\"7\""), expected, "{asked}");
        }
        let two = parts(&[(IF_NONE_MATCH, "\"6\""), (IF_NONE_MATCH, "\"7\"")]);
        assert!(has(&two, "\"7\"") && !has(&parts(&[]), "\"7\""));
    }

    #[test]
    fn a_media_type_is_one_whatever_its_writing() {
        for (media, expected) in [
            ("application/ocsp-request", true),
            ("Application/OCSP-Request ; charset=utf-8", true),
            ("application/ocsp-requests", false),
            ("text/plain; application/ocsp-request", false),
            ("", false),
        ] {
            let parts = parts(&[(CONTENT_TYPE, media)]);
            assert_eq!(is_ocsp_request(&parts), expected, "{media}");
        }
        assert!(!is_ocsp_request(&parts(&[])));
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
