//! Calls of the public API, as the client commands make them: over HTTPS, signed with an access
//! key (SDK-HMAC-SHA256), with what `client.env` puts into the environment.

mod address;
mod explain;
mod failure;
mod trust;

use std::time::Duration;

use bytes::Bytes;
use chancery_core::{Clock, SystemClock};
use chancery_sign::{Algorithm, DATE_HEADER, Field, RequestParts, Signer, sdk_date};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

pub(crate) use failure::Failure;

use address::Address;

/// How long connecting may take, and a whole call.
const CONNECT: Duration = Duration::from_secs(10);
const CALL: Duration = Duration::from_secs(60);
/// The longest answer that is read, in bytes.
const LONGEST: usize = 16 << 20;
/// What stays as it is in a path segment and in a query value (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Who calls, and where the desk is.
pub(crate) struct Client {
    address: Address,
    access_key: String,
    secret: Zeroizing<String>,
    /// What travels beside a temporary access key.
    security_token: Option<Zeroizing<String>>,
    /// None for plain HTTP.
    tls: Option<TlsConnector>,
    clock: SystemClock,
}

impl Client {
    /// A client with the settings of the environment, which `variable` reads.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what is missing or cannot be used.
    pub(crate) fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let needed = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| variable(name));
            found.filter(|value| !value.is_empty()).ok_or_else(|| {
                Failure::Usage(format!(
                    "{} is not set; load the environment first: set -a; . DIR/client.env; set +a",
                    names[0]
                ))
            })
        };
        let endpoint = needed(["CHANCERY_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"])?;
        let address = Address::parse(&endpoint)?;
        let tls = match address.tls {
            true => Some(trust::connector(variable("SSL_CERT_FILE").as_deref())?),
            false => None,
        };
        Ok(Self {
            address,
            access_key: needed(["CLOUD_SDK_AK", "HUAWEICLOUD_SDK_AK"])?,
            secret: Zeroizing::new(needed(["CLOUD_SDK_SK", "HUAWEICLOUD_SDK_SK"])?),
            security_token: variable("CLOUD_SDK_SECURITY_TOKEN").map(Zeroizing::new),
            tls,
            clock: SystemClock,
        })
    }

    /// The time of this machine, in milliseconds since 1970 UTC.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Reads something.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// Makes something, or does something with it.
    pub(crate) async fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.call(Method::POST, path, body).await
    }

    /// Deletes something.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.call(Method::DELETE, path, None).await.map(drop)
    }

    /// One call; null for an answer without a body. `path` is percent-encoded, and has its query
    /// behind it.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] when there is no answer, [`Failure::Refused`] when the answer is
    /// not a success.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let body = match body {
            Some(body) => Bytes::from(serde_json::to_vec(body).map_err(Failure::unreadable)?),
            None => Bytes::new(),
        };
        let request = self.signed(method, path, body)?;
        let (head, body) = self.answer(request).await?;
        let json = match body.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&body),
        };
        if head.status.is_success() {
            return json.map_err(Failure::unreadable);
        }
        Err(refusal(&head, &json.unwrap_or_default()))
    }

    /// The object that a link of the desk leads to. It is fetched from the desk's own address, whatever
    /// host the link names, and the call is not signed: the link is what lets its holder in.
    ///
    /// # Errors
    /// As [`Client::call`]; [`Failure::Unreachable`] too for a link that leads to no object of the desk.
    pub(crate) async fn object(&self, link: &str) -> Result<Bytes, Failure> {
        let path =
            object_path(link).ok_or_else(|| Failure::unreadable("its link leads to no object"))?;
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}{path}", self.address.base))
            .header(HOST, &self.address.authority)
            .body(Full::new(Bytes::new()))
            .map_err(Failure::unreadable)?;
        let (head, body) = self.answer(request).await?;
        match head.status.is_success() {
            true => Ok(body),
            false => Err(refusal(&head, &Value::Null)),
        }
    }

    /// Sends a request and reads the whole answer.
    async fn answer(&self, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), Failure> {
        let answered = tokio::time::timeout(CALL, async {
            let stream = self.connect().await?;
            match &self.tls {
                None => exchange(stream, request).await,
                Some(tls) => {
                    let name = self.address.server_name()?;
                    let stream = tls
                        .connect(name, stream)
                        .await
                        .map_err(|error| self.unreachable(explain::tls(&error, &self.address)))?;
                    exchange(stream, request).await
                }
            }
        });
        answered
            .await
            .unwrap_or_else(|_| Err(self.unreachable("no answer in time")))
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let to = (self.address.host.as_str(), self.address.port);
        match tokio::time::timeout(CONNECT, TcpStream::connect(to)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(self.unreachable(explain::connecting(&error))),
            Err(_) => Err(self.unreachable("no connection in time")),
        }
    }

    fn signed(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let target = format!("{}{path}", self.address.base);
        let mut headers = HeaderMap::new();
        let mut set = |name: http::HeaderName, value: &str| {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Failure::Usage(
                    "the access key, its token or the endpoint hold control characters".to_owned(),
                )
            })?;
            headers.insert(name, value);
            Ok::<_, Failure>(())
        };
        set(HOST, &self.address.authority)?;
        let date = sdk_date(self.clock.now_ms()).unwrap_or_default();
        set(http::HeaderName::from_static(DATE_HEADER), &date)?;
        let mut signed = vec!["host", DATE_HEADER];
        if !body.is_empty() {
            set(CONTENT_TYPE, "application/json")?;
            signed.push("content-type");
        }
        if let Some(token) = &self.security_token {
            set(http::HeaderName::from_static("x-security-token"), token)?;
            signed.push("x-security-token");
        }
        let (on_wire, query) = target.split_once('?').unwrap_or((&target, ""));
        let field = |name: &str| Field::of(headers.get_all(name).iter().map(HeaderValue::as_bytes));
        let parts = RequestParts {
            method: method.as_str(),
            path: on_wire,
            query,
            headers: &field,
        };
        let signer = Signer {
            algorithm: Algorithm::SdkHmacSha256,
            access_key: &self.access_key,
            secret: self.secret.as_bytes(),
            scope: None,
        };
        let value = signer
            .sign(&parts, &signed, &body)
            .map_err(|error| Failure::Usage(format!("the call cannot be signed: {error}")))?;
        let value = HeaderValue::from_str(&value).map_err(Failure::unreadable)?;
        headers.insert(AUTHORIZATION, value);
        let mut request = Request::builder()
            .method(method)
            .uri(&target)
            .body(Full::new(body))
            .map_err(|error| Failure::Usage(format!("the call cannot be made: {error}")))?;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn unreachable(&self, why: impl std::fmt::Display) -> Failure {
        Failure::Unreachable(format!("{}: {why}", self.address.authority))
    }
}

/// A path segment or a query value, percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Where the object of a link is on the desk, whatever stands before it; with its query, which opens it.
fn object_path(link: &str) -> Option<String> {
    let link: Uri = link.parse().ok()?;
    let place = link.path_and_query()?.as_str();
    let (before, _) = place.split_at(link.path().find("/objects/")?);
    place.strip_prefix(before).map(str::to_owned)
}

/// Sends a request over a connection of its own and reads the answer.
async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let lost = |error: hyper::Error| Failure::Unreachable(explain::calling(&error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // It ends with the answer; what goes wrong with it the answer shows.
    tokio::spawn(async move { drop(connection.await) });
    let (head, body) = sender
        .send_request(request)
        .await
        .map_err(lost)?
        .into_parts();
    let body = Limited::new(body, LONGEST).collect().await;
    let body =
        body.map_err(|error| Failure::Unreachable(format!("the answer broke off: {error}")))?;
    Ok((head, body.to_bytes()))
}

/// What an answer that is no success says.
fn refusal(head: &Parts, body: &Value) -> Failure {
    let id = head.headers.get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
    Failure::refused(head.status, body, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_fetched_from_the_desk_whatever_host_a_link_names() {
        for (link, path) in [
            (
                "https://desk.example/objects/a/b.crt",
                Some("/objects/a/b.crt"),
            ),
            (
                "https://desk.example:8443/x/objects/a/b?Expires=1",
                Some("/objects/a/b?Expires=1"),
            ),
            ("https://objects/objects/a/b", Some("/objects/a/b")),
            ("https://other.example/a?x=/objects/a/b", None),
            ("https://other.example/", None),
            ("", None),
        ] {
            assert_eq!(object_path(link).as_deref(), path, "{link}");
        }
    }
}
