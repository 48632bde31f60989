//! Operations as data: a method, a path, what it takes to call it, and the handler.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use chancery_core::limits::{Limit, lists};
use chancery_core::{Client, Context, Desk, Error, Kind, Patience};
use chancery_store::{Direction, Page};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::service::Service;
use crate::wire;

/// One operation of the API.
pub struct Operation {
    /// The service it belongs to; decides the shape of its errors.
    pub service: Service,
    /// The HTTP method.
    pub method: Method,
    /// The path, with `{name}` for its parameters.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    pub(crate) handler: Handler,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Everyone; the operation checks what it is given (a login, a signed link).
    Public,
    /// Every authenticated caller, unless a policy denies the action: nobody needs permission for
    /// what concerns themself.
    Identified(&'static str),
    /// A caller whose policies allow this action; it is about nothing that a policy could name.
    Action(&'static str),
    /// A caller whose policies allow this action for what it is about: the core function asks them
    /// when it knows.
    Resource(&'static str),
}

pub(crate) type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Result<Answer, Error>> + Send>>;

/// Lists operations: `METHOD "path" access => handler`.
macro_rules! operations {
    ($service:expr; $($method:ident $path:literal $access:expr => $handler:path),* $(,)?) => {
        &[$($crate::operation::Operation {
            service: $service,
            method: http::Method::$method,
            path: $path,
            access: $access,
            handler: |call| Box::pin($handler(call)),
        }),*]
    };
}
pub(crate) use operations;

/// One call of an operation.
#[derive(Clone)]
pub(crate) struct Call {
    /// The path of the operation, with `{name}` for its parameters.
    pub(crate) route: &'static str,
    /// As it was asked: HEAD is answered by the operation of GET.
    pub(crate) method: Method,
    pub(crate) desk: Arc<Desk>,
    pub(crate) request_id: String,
    /// Where the call comes from.
    pub(crate) client: Client,
    /// Whether the client still waits.
    pub(crate) patience: Patience,
    pub(crate) context: Option<Context>,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    /// The query as it arrived: a signed link is read from it.
    pub(crate) raw_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Where in the body a list stands in the place of an object.
    pub(crate) misplaced: Option<String>,
}

impl Call {
    /// The caller's context; there is one for every operation that is not public.
    pub(crate) fn ctx(&self) -> Result<&Context, Error> {
        self.context
            .as_ref()
            .ok_or_else(|| Error::internal("a public operation has no context"))
    }

    /// A path parameter, decoded.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// A query parameter, decoded; one without a value counts as absent.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a query parameter that may be repeated.
    pub(crate) fn query_all(&self, name: &str) -> Vec<&str> {
        let found = self.query.iter().filter(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// A query parameter that is a whole number within a limit, or `default`.
    pub(crate) fn query_number(
        &self,
        name: &'static str,
        limit: &Limit,
        default: u32,
    ) -> Result<u32, Error> {
        let Some(text) = self.query(name) else {
            return Ok(default);
        };
        let number: u32 = text.parse().map_err(|_| limit.refusal(name))?;
        limit.check_number(name, number.into())?;
        Ok(number)
    }

    /// A query parameter that is one of the names of a limit.
    pub(crate) fn query_one_of(
        &self,
        name: &'static str,
        limit: &Limit,
    ) -> Result<Option<&str>, Error> {
        let value = self.query(name);
        value.map_or(Ok(()), |value| limit.check(name, value))?;
        Ok(value)
    }

    /// `limit`, `offset`, `sort_key` and `sort_dir` of a list; `keys` says what the names of the
    /// limit stand for.
    pub(crate) fn page<K: Copy>(
        &self,
        limit: &Limit,
        keys: &[(&str, K)],
        default: K,
    ) -> Result<Page<K>, Error> {
        let sort = match self.query("sort_key") {
            None => default,
            Some(name) => keys
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, sort)| *sort)
                .ok_or_else(|| limit.refusal("sort_key"))?,
        };
        let direction = match self.query("sort_dir") {
            None => Direction::Descending,
            Some(text) if text.eq_ignore_ascii_case("DESC") => Direction::Descending,
            Some(text) if text.eq_ignore_ascii_case("ASC") => Direction::Ascending,
            Some(_) => return Err(lists::SORT_DIRECTION.refusal("sort_dir")),
        };
        let limit = self.query_number("limit", &lists::LIMIT, 10)?;
        let offset = self.query_number("offset", &lists::OFFSET, 0)?;
        Ok(Page {
            sort,
            direction,
            limit,
            offset,
        })
    }

    /// A query parameter that is `true` or `false`, in any case, or `default`.
    pub(crate) fn query_flag(&self, name: &'static str, default: bool) -> Result<bool, Error> {
        match self.query(name) {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Error::invalid(name, "must be true or false")),
        }
    }

    /// A request header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if self.body.is_empty() {
            return Err(Error::new(
                Kind::Malformed,
                "the body must be a JSON object",
            ));
        }
        if let Some(place) = &self.misplaced {
            let text = format!("{place} must be an object");
            return Err(Error::new(Kind::Malformed, text));
        }
        wire::parse(&self.body)
    }
}

/// The answer of an operation. No `Debug`: its body may hold a key.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// What stays as it is in `filename*` (RFC 5987 attr-char).
const NOT_ATTR_CHAR: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'*')
    .add(b',')
    .add(b'/')
    .add(b':')
    .add(b';')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'@')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'{')
    .add(b'}');

impl Answer {
    /// A JSON answer.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(Error::internal)?;
        Ok(Self::bytes(status, "application/json", body.into()))
    }

    /// `200 OK` with JSON.
    pub(crate) fn ok(value: &impl Serialize) -> Result<Self, Error> {
        Self::json(StatusCode::OK, value)
    }

    /// `204 No Content`.
    pub(crate) fn no_content() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// An answer of any content type.
    pub(crate) fn bytes(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body,
        }
    }

    /// A file to save under `name`, which may hold any character: browsers get it in full
    /// (RFC 6266 `filename*`), old clients (curl among them) ASCII, in which names that differ in their
    /// Chinese letters differ too.
    pub(crate) fn attachment(content_type: &'static str, name: &str, body: Bytes) -> Self {
        let mut fallback = String::new();
        for c in name.chars() {
            match c {
                c if c.is_ascii_alphanumeric() || "._-".contains(c) => fallback.push(c),
                c if c.is_ascii() => fallback.push('_'),
                // Writing to a string does not fail.
                c => drop(write!(fallback, "u{:x}", u32::from(c))),
            }
        }
        let full = utf8_percent_encode(name, NOT_ATTR_CHAR);
        let value = format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{full}");
        let answer = Self::bytes(StatusCode::OK, content_type, body);
        match HeaderValue::from_str(&value) {
            Ok(value) => answer.with_header(CONTENT_DISPOSITION, value),
            Err(_) => answer, // not reached: both names are ASCII without controls
        }
    }

    /// Marks an answer that discloses a secret: no cache may keep it.
    pub(crate) fn secret(self) -> Self {
        self.with_header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_keep_any_name() {
        let answer = Answer::attachment("application/zip", "*.例,a_b.zip", Bytes::new());
        assert_eq!(
            answer.headers[CONTENT_DISPOSITION],
            "attachment; filename=\"_.u4f8b_a_b.zip\"; filename*=UTF-8''%2A.%E4%BE%8B%2Ca_b.zip"
        );
    }
}
