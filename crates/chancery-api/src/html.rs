//! What every page has in common: escaped text, and headers that let it load nothing but its style.

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode};

use crate::operation::Answer;

/// The content type of pages.
pub(crate) const PAGE: &str = "text/html; charset=utf-8";

/// Text as it stands in an element or in a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// A page, or what belongs to one: the same until the server is another version. `policy` says what a
/// browser may load for it.
pub(crate) fn answer(
    status: StatusCode,
    content_type: &'static str,
    policy: HeaderValue,
    body: Bytes,
) -> Answer {
    let fixed = HeaderValue::from_static;
    Answer::bytes(status, content_type, body)
        .with_header(CONTENT_SECURITY_POLICY, policy)
        .with_header(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"))
        .with_header(REFERRER_POLICY, fixed("no-referrer"))
        .with_header(CACHE_CONTROL, fixed("max-age=300"))
}
