//! Requests: bounded in length, number and time.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use chancery_core::{Error, Kind, Result};
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// The longest body that is read, in bytes.
const LONGEST: usize = 1 << 20;
/// How long a client may take to send it.
const TIME: Duration = Duration::from_secs(20);
/// The longest path and query, in bytes, and the most headers, that are looked at. (The listener
/// reads somewhat more, so that the answer can have the shape of the service.)
const LONGEST_URI: usize = 8 * 1024;
const MOST_HEADERS: usize = 100;
/// How much of a body nobody wants is still taken in, and for how long.
const DRAINED: usize = 16 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Checks the size of what stands before the body.
///
/// # Errors
/// [`Kind::UriTooLong`], [`Kind::TooManyHeaders`].
pub(crate) fn check_head(parts: &Parts) -> Result<()> {
    let uri = parts
        .uri
        .path_and_query()
        .map_or(0, |uri| uri.as_str().len());
    if uri > LONGEST_URI {
        let text = format!("the path and query are longer than {LONGEST_URI} bytes");
        return Err(Error::new(Kind::UriTooLong, text));
    }
    if parts.headers.len() > MOST_HEADERS {
        let text = format!("there are more than {MOST_HEADERS} headers");
        return Err(Error::new(Kind::TooManyHeaders, text));
    }
    Ok(())
}

/// Reads a body of at most 1 MiB.
///
/// # Errors
/// As [`read_up_to`].
pub(crate) async fn read(parts: &Parts, body: &mut Body) -> Result<Bytes> {
    read_up_to(LONGEST, parts, body).await
}

/// Reads a body of at most so many bytes; of a longer one, no more than these.
///
/// # Errors
/// [`Kind::TooLarge`], [`Kind::TooSlow`], [`Kind::Malformed`] when it breaks off.
pub(crate) async fn read_up_to(longest: usize, parts: &Parts, body: &mut Body) -> Result<Bytes> {
    let too_large = || {
        let text = format!("the body is longer than {longest} bytes");
        Error::new(Kind::TooLarge, text)
    };
    let length = parts.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > longest) {
        return Err(too_large());
    }
    match tokio::time::timeout(TIME, Limited::new(body, longest).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Error::new(Kind::Malformed, "the body broke off").because(error)),
        Err(_) => Err(Error::new(Kind::TooSlow, "the body did not arrive in time")),
    }
}

/// Takes in, beside the answer, what a client is still sending of a body that is not wanted: a
/// connection that is closed on unread data loses the answer on its way.
pub(crate) fn drain(mut body: Body) {
    if body.is_end_stream() {
        return;
    }
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut taken = 0;
        while taken < DRAINED
            && let Some(Ok(frame)) = body.frame().await
        {
            taken += frame.data_ref().map_or(0, Bytes::len);
        }
    }));
}
