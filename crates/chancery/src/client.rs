//! Calls of the public API, as the client commands make them: over HTTPS, signed with an access
//! key (SDK-HMAC-SHA256) or with a token.

mod address;
pub(crate) mod contexts;
mod explain;
mod failure;
pub(crate) mod settings;
mod trust;
mod waiting;

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
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

pub(crate) use failure::{Failure, Unsent};

use crate::terminal::warn;
use address::Address;
use settings::Settings;

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
    identity: Identity,
    ca_file: Option<PathBuf>,
    /// None for plain HTTP.
    tls: Option<TlsConnector>,
    clock: SystemClock,
    manners: Manners,
}

/// How commands go about what changes something.
#[derive(Clone, Copy, Default)]
pub(crate) struct Manners {
    /// It is told and not sent.
    pub(crate) dry_run: bool,
    /// Nobody is asked before something is destroyed.
    pub(crate) yes: bool,
}

/// What calls are made with.
pub(crate) enum Identity {
    /// Nothing yet: what a login is made with is in its body.
    Nobody,
    Key {
        access_key: String,
        secret: Zeroizing<String>,
        /// What travels beside a temporary access key.
        security_token: Option<Zeroizing<String>>,
    },
    Token {
        token: Zeroizing<String>,
        /// The login that it is from.
        context: String,
    },
}

impl Client {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what cannot be used.
    pub(crate) fn new(settings: Settings, manners: Manners) -> Result<Self, Failure> {
        let address = Address::parse(&settings.endpoint)?;
        let tls = match address.tls {
            true => Some(trust::connector(settings.ca_file.as_ref())?),
            false => None,
        };
        Ok(Self {
            address,
            ca_file: settings.ca_file.map(|file| file.value),
            identity: settings.identity,
            tls,
            clock: SystemClock,
            manners,
        })
    }

    /// What calls are made with.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The file of the CAs that are trusted; none for the system's.
    pub(crate) fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    /// The base URL, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.address.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.address.authority, self.address.base)
    }

    /// The time of this machine, in milliseconds since 1970 UTC.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Asks on the terminal whether something that cannot be undone is meant, unless `--yes` says so or
    /// nothing is sent.
    ///
    /// # Errors
    /// [`Failure::Usage`] when there is nobody to ask, [`Failure::Declined`] when they say no.
    pub(crate) fn agreed(&self, question: &str) -> Result<Agreed, Failure> {
        if self.manners.yes || self.manners.dry_run {
            return Ok(Agreed(()));
        }
        let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
        if !stdin.is_terminal() || !stderr.is_terminal() {
            return Err(Failure::Usage(format!(
                "{question} There is nobody to ask: give --yes"
            )));
        }
        let asked = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
        let mut answer = String::new();
        let answered = asked.and_then(|()| stdin.lock().read_line(&mut answer));
        match (answered, answer.trim().to_ascii_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => Ok(Agreed(())),
            _ => Err(Failure::Declined),
        }
    }

    /// Reads something.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// Makes something, or does something with it.
    pub(crate) async fn post(&self, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.call(Method::POST, path, body).await
    }

    /// Puts something in the place of what is there.
    pub(crate) async fn put(&self, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.call(Method::PUT, path, body).await
    }

    /// Changes something.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.call(Method::PATCH, path, Some(body)).await
    }

    /// Deletes something, which those who asked for it have agreed to.
    pub(crate) async fn delete(&self, path: &str, _: Agreed) -> Result<(), Failure> {
        self.call(Method::DELETE, path, None).await.map(drop)
    }

    /// Ends something for good in another way, which those who asked for it have agreed to.
    pub(crate) async fn destroy(&self, path: &str, body: &Value, _: Agreed) -> Result<(), Failure> {
        self.call(Method::POST, path, Some(body)).await.map(drop)
    }

    /// Takes away what may be given again: a membership, a grant, a tag.
    pub(crate) async fn take_away(&self, path: &str, body: Option<&Value>) -> Result<(), Failure> {
        self.call(Method::DELETE, path, body).await.map(drop)
    }

    /// Asks for a token. It is in a header of the answer; the rest says what it is for.
    pub(crate) async fn log_in(&self, body: &Value) -> Result<(Zeroizing<String>, Value), Failure> {
        let (headers, answer) = self
            .answer(Method::POST, "/v3/auth/tokens", Some(body))
            .await?;
        let token = headers
            .get("x-subject-token")
            .and_then(|token| token.to_str().ok());
        let token = token.ok_or_else(|| Failure::unreadable("it has no token"))?;
        Ok((Zeroizing::new(token.to_owned()), answer))
    }

    /// Makes a token hold no more.
    pub(crate) async fn log_out(&self, token: &str) -> Result<(), Failure> {
        let subject = [("x-subject-token", token)];
        let request = self.request(Method::DELETE, "/v3/auth/tokens", Bytes::new(), &subject)?;
        self.send(request).await.map(drop)
    }

    /// One call; null for an answer without a body. `path` is percent-encoded, and has its query
    /// behind it.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] when there is no answer, [`Failure::Refused`] when the answer is
    /// not a success, [`Failure::NotSent`] when it would change something and nothing is to change.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        if self.manners.dry_run && method != Method::GET {
            let url = format!("{}{path}", self.url());
            return Err(Failure::NotSent(Unsent::new(&method, url, body)));
        }
        let (headers, answer) = self.answer(method, path, body).await?;
        // What the desk passed over, or finds weak in what it was given.
        for notes in headers.get_all("x-chancery-notes") {
            for note in notes.to_str().unwrap_or_default().split("; ") {
                warn(note);
            }
        }
        Ok(answer)
    }

    async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(HeaderMap, Value), Failure> {
        let body = match body {
            Some(body) => Bytes::from(serde_json::to_vec(body).map_err(Failure::unreadable)?),
            None => Bytes::new(),
        };
        let request = self.request(method, path, body, &[])?;
        self.send(request).await
    }

    /// The object that a link of the desk leads to. It is fetched from the desk's own address, whatever
    /// host the link names, and the call is not signed: the link is what lets its holder in.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] when there is no answer, or for a link that leads to no object of the desk;
    /// [`Failure::Refused`].
    pub(crate) async fn object(&self, link: &str) -> Result<Bytes, Failure> {
        let path =
            object_path(link).ok_or_else(|| Failure::unreadable("its link leads to no object"))?;
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}{path}", self.address.base))
            .header(HOST, &self.address.authority)
            .body(Full::new(Bytes::new()))
            .map_err(Failure::unreadable)?;
        let (head, body) = self.exchange(request).await?;
        match head.status.is_success() {
            true => Ok(body),
            false => Err(self.refusal(&head, &Value::Null)),
        }
    }

    /// Sends a request and reads the JSON of its answer.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<(HeaderMap, Value), Failure> {
        let (head, body) = self.exchange(request).await?;
        let json = match body.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&body),
        };
        if head.status.is_success() {
            return Ok((head.headers, json.map_err(Failure::unreadable)?));
        }
        Err(self.refusal(&head, &json.unwrap_or_default()))
    }

    /// What an answer that is no success says.
    fn refusal(&self, head: &Parts, body: &Value) -> Failure {
        let id = head.headers.get("x-request-id");
        let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        let failure = Failure::refused(head.status, body, id);
        match &self.identity {
            Identity::Token { context, .. } if failure.is_unauthenticated() => {
                failure.hint(&format!("log in again: chancery login --context {context}"))
            }
            _ => failure,
        }
    }

    /// Sends a request and reads the whole answer.
    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<(Parts, Bytes), Failure> {
        let answered = tokio::time::timeout(CALL, async {
            let stream = self.connect().await?;
            match &self.tls {
                None => exchange(stream, request, &self.address).await,
                Some(tls) => {
                    let name = self.address.server_name()?;
                    let stream = tls
                        .connect(name, stream)
                        .await
                        .map_err(|error| self.unreachable(explain::tls(&error, &self.address)))?;
                    exchange(stream, request, &self.address).await
                }
            }
        });
        let answered = waiting::told(&self.address.authority, answered).await;
        answered.unwrap_or_else(|_| Err(self.unreachable("no answer in time")))
    }

    async fn connect(&self) -> Result<TcpStream, Failure> {
        let to = (self.address.host.as_str(), self.address.port);
        match tokio::time::timeout(CONNECT, TcpStream::connect(to)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(self.unreachable(explain::connecting(&error, &self.address))),
            Err(_) => Err(self.unreachable("no connection in time")),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        more: &[(&'static str, &str)],
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let target = format!("{}{path}", self.address.base);
        let mut headers = HeaderMap::new();
        let mut set = |name: http::HeaderName, value: &str| {
            let value = HeaderValue::from_str(value).map_err(|_| {
                Failure::Usage(
                    "the access key, the token or the endpoint hold control characters".to_owned(),
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
        for (name, value) in more {
            set(http::HeaderName::from_static(name), value)?;
            signed.push(name);
        }
        match &self.identity {
            Identity::Key {
                security_token: Some(token),
                ..
            } => {
                set(http::HeaderName::from_static("x-security-token"), token)?;
                signed.push("x-security-token");
            }
            Identity::Token { token, .. } => {
                set(http::HeaderName::from_static("x-auth-token"), token)?;
            }
            Identity::Key { .. } | Identity::Nobody => {}
        }
        if let Identity::Key {
            access_key, secret, ..
        } = &self.identity
        {
            let (on_wire, query) = target.split_once('?').unwrap_or((&target, ""));
            let field =
                |name: &str| Field::of(headers.get_all(name).iter().map(HeaderValue::as_bytes));
            let parts = RequestParts {
                method: method.as_str(),
                path: on_wire,
                query,
                headers: &field,
            };
            let signer = Signer {
                algorithm: Algorithm::SdkHmacSha256,
                access_key,
                secret: secret.as_bytes(),
                scope: None,
            };
            let value = signer
                .sign(&parts, &signed, &body)
                .map_err(|error| Failure::Usage(format!("the call cannot be signed: {error}")))?;
            let value = HeaderValue::from_str(&value).map_err(Failure::unreadable)?;
            headers.insert(AUTHORIZATION, value);
        }
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

/// That those who asked for something destructive meant it; only [`Client::agreed`] makes one.
pub(crate) struct Agreed(());

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
async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    address: &Address,
) -> Result<(Parts, Bytes), Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let lost = |error: hyper::Error| Failure::Unreachable(explain::calling(&error, address));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // It ends with the answer; what goes wrong with it the answer shows.
    tokio::spawn(async move { drop(connection.await) });
    let response = sender.send_request(request).await.map_err(lost)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, LONGEST).collect().await;
    let body =
        body.map_err(|error| Failure::Unreachable(format!("the answer broke off: {error}")))?;
    Ok((head, body.to_bytes()))
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
