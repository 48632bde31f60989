//! From a request to an answer.
//!
//! The order of the checks: route, the size of the head, how often this client asks, credentials
//! (headers first, then the body's hash), how often this user asks, the action's permission; the
//! operation then checks that things exist and values are allowed. The operation
//! runs in a task of its own: a client that goes away cancels nothing half-way, but what only reads,
//! and what waits for a turn ([`Patience`]).

use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::RequestExt;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use chancery_core::{Caller, Client, Context, Desk, Error, Kind, Network, Notes, Patience, Result};
use chancery_store::noting_commits;
use http::{HeaderValue, Method, request};
use percent_encoding::percent_decode_str;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::authenticate;
use crate::errors::Denial;
use crate::openapi::shape::Shape;
use crate::openapi::shape_of;
use crate::operation::{Access, Answer, Call, Handler, Operation};
use crate::request_log::Line;
use crate::service::{Service, is_project_id};
use crate::{body, errors, health, operations, unknown};

/// The routes of all operations.
pub fn router(desk: Arc<Desk>) -> Router {
    let mut router = Router::new();
    for operation in operations() {
        let desk = Arc::clone(&desk);
        let filter = MethodFilter::try_from(operation.method.clone()).unwrap_or(MethodFilter::GET);
        let shape = shape_of(operation);
        let handler =
            move |request: Request| serve(desk, Target::Operation(operation, shape), request);
        router = router.route(operation.path, on(filter, handler));
    }
    let (lost, wrong, desk_of_health) = (Arc::clone(&desk), Arc::clone(&desk), desk);
    health::routes(router, &desk_of_health)
        .fallback(move |request: Request| serve(lost, Target::Nowhere, request))
        .method_not_allowed_fallback(move |request: Request| {
            serve(wrong, Target::WrongMethod, request)
        })
}

/// Where a request leads.
enum Target {
    /// With what it is documented to know.
    Operation(&'static Operation, Option<&'static Shape>),
    /// A path that is no operation's.
    Nowhere,
    /// A path that has operations, but not with this method.
    WrongMethod,
}

async fn serve(desk: Arc<Desk>, mut target: Target, mut request: Request) -> Response {
    let path: Vec<(String, String)> = match request.extract_parts::<RawPathParams>().await {
        Ok(params) => params
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        // What is no text is the id of nothing; of a call about a project not even that is known.
        Err(_) => {
            if matches!(&target, Target::Operation(one, _) if one.path.contains("{project_id}")) {
                target = Target::Nowhere;
            }
            Vec::new()
        }
    };
    // `/v3/{project_id}/…` must not swallow what is no project.
    if !path
        .iter()
        .all(|(name, value)| name != "project_id" || is_project_id(value))
    {
        target = Target::Nowhere;
    }
    let (parts, mut body) = request.into_parts();
    let mut exchange = Exchange::new(desk, parts, &target);
    let result = match exchange.admit() {
        Ok(()) => exchange.lead(target, path, &mut body).await,
        Err(refused) => Err(refused),
    };
    body::drain(body);
    exchange.finish(result)
}

/// One request and what is known about it until it is answered.
struct Exchange {
    desk: Arc<Desk>,
    parts: request::Parts,
    service: Service,
    route: Option<&'static str>,
    request_id: String,
    started: Instant,
    client: Client,
    caller: Option<Caller>,
    notes: Notes,
}

impl Exchange {
    fn new(desk: Arc<Desk>, parts: request::Parts, target: &Target) -> Self {
        let (service, route) = match target {
            Target::Operation(operation, _) => (operation.service, Some(operation.path)),
            _ => (Service::of_path(parts.uri.path()), None),
        };
        Self {
            client: client(&parts, &desk.settings().trusted_proxies),
            request_id: desk.new_request_id(),
            desk,
            service,
            route,
            parts,
            started: Instant::now(),
            caller: None,
            notes: Notes::default(),
        }
    }

    /// What is checked of every request before anything else.
    fn admit(&self) -> Result<()> {
        body::check_head(&self.parts)?;
        self.desk.admit_client(self.client)
    }

    /// Goes where the request leads.
    async fn lead(
        &mut self,
        target: Target,
        path: Vec<(String, String)>,
        body: &mut Body,
    ) -> Result<Response> {
        let (operation, shape) = match target {
            Target::Operation(operation, shape) => (operation, shape),
            // Somebody who came with a browser, or tries out an address.
            Target::Nowhere if self.parts.uri.path() == "/" => {
                return Err(Error::new(
                    Kind::UnknownRoute,
                    "this is chancery, a certificate desk: its documents are at /docs, \
                     its calls at /openapi.html",
                ));
            }
            Target::Nowhere => {
                return Err(Error::new(
                    Kind::UnknownRoute,
                    "the API does not exist or has not been published in the environment",
                ));
            }
            Target::WrongMethod => {
                return Err(Error::new(
                    Kind::UnknownMethod,
                    format!("{} is not a method of this API", self.parts.method),
                ));
            }
        };
        let time = Duration::from_millis(self.desk.settings().request_time_ms);
        let answer = guarded(self.answer((operation, shape), path, body));
        timeout(time, answer).await.unwrap_or_else(|_| {
            Err(Error::new(
                Kind::TimedOut,
                "the answer took too long; what was begun goes on",
            ))
        })
    }

    async fn answer(
        &mut self,
        (operation, shape): (&'static Operation, Option<&'static Shape>),
        path: Vec<(String, String)>,
        body: &mut Body,
    ) -> Result<Response> {
        let credentials = match operation.access {
            Access::Public => None,
            _ => Some(authenticate::credentials(&self.desk, self.client, &self.parts).await?),
        };
        let body = body::read(&self.parts, body).await?;
        let caller = match credentials {
            Some(credentials) => {
                let caller = credentials.verify(&self.desk, self.client, &body)?;
                Some(caller.at(project_of(operation, &path)))
            }
            None => None,
        };
        self.caller.clone_from(&caller);
        let query = query(self.parts.uri.query().unwrap_or_default());
        let misplaced = shape.and_then(|shape| unknown::note(shape, &query, &body, &self.notes));
        let context = match (operation.access, caller) {
            (Access::Identified(action), Some(caller)) => {
                Some(Context::identified(caller, action, &self.request_id)?)
            }
            (Access::Action(action), Some(caller)) => {
                Some(Context::authorize(caller, action, &self.request_id)?)
            }
            (Access::Resource(action), Some(caller)) => {
                Some(Context::authorize_some(caller, action, &self.request_id)?)
            }
            _ => None,
        };
        // Gone when this future is: when the client is, or has waited too long.
        let (_waiter, patience) = Patience::begin();
        let context = context.map(|context| {
            let context = context.waited_for(patience.clone());
            context.with_notes(self.notes.clone())
        });
        let call = Call {
            route: operation.path,
            method: self.parts.method.clone(),
            desk: Arc::clone(&self.desk),
            request_id: self.request_id.clone(),
            client: self.client,
            patience,
            context,
            path,
            query,
            raw_query: self.parts.uri.query().unwrap_or_default().to_owned(),
            headers: self.parts.headers.clone(),
            body,
            misplaced,
        };
        // A task of its own: it goes on when the connection is dropped and this future with it. Until
        // it ends, whoever stops the server knows of it.
        let under_way = self.desk.begin_call(operation.path, &self.request_id);
        let task = tokio::spawn(async move {
            let answer = carry_out(operation.handler, call).await;
            drop(under_way);
            answer
        });
        // But what only reads ends with whoever reads.
        let reads = matches!(operation.method, Method::GET | Method::HEAD);
        let _reading = reads.then(|| Reading(task.abort_handle()));
        let answer = task
            .await
            .map_err(|error| Error::internal(format!("operation: {error}")))??;
        Ok(answer.into_response())
    }

    /// What the migration service says about a refusal for lack of permission.
    fn denial(&self, error: &Error) -> Option<Denial> {
        let (Service::Sms, Kind::Forbidden { action }, Some(caller)) =
            (self.service, error.kind(), &self.caller)
        else {
            return None;
        };
        // Policies name no single server: the actions are about all of the account's.
        let resource = format!("sms:*:{}:server:*", caller.domain_id);
        let encoded = self
            .desk
            .encode_denial(caller, action, &resource, &self.request_id);
        Some(Denial { resource, encoded })
    }

    /// Gives the answer its request id and its notes, and writes the line of the request log.
    fn finish(self, result: Result<Response>) -> Response {
        let (mut response, error) = match result {
            Ok(response) => (response, None),
            Err(error) => {
                let denial = self.denial(&error);
                let denial = denial.as_ref();
                let answer = errors::response(self.service, &error, denial, &self.request_id);
                (answer, Some(error))
            }
        };
        if let Ok(value) = HeaderValue::from_str(&self.request_id) {
            response.headers_mut().insert("x-request-id", value);
        }
        let notes = self.notes.text();
        let value = notes.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(value)) = value {
            response.headers_mut().insert("x-chancery-notes", value);
        }
        Line {
            request: &self.parts,
            route: self.route.unwrap_or("-"),
            status: response.status(),
            started: self.started,
            client: self.client,
            caller: self.caller.as_ref(),
            request_id: Some(&self.request_id),
            error: error.as_ref(),
            notes: notes.as_deref(),
        }
        .write(&self.desk);
        response
    }
}

/// Carries out a call; once more, from its reading on, if others have changed meanwhile what it is about
/// and nothing of it is stored: then it finds what they have left.
async fn carry_out(handler: Handler, call: Call) -> Result<Answer> {
    let (mut answer, mut stored) = noting_commits(handler(call.clone())).await;
    if !stored && matches!(&answer, Err(error) if error.kind() == Kind::Overtaken) {
        (answer, stored) = noting_commits(handler(call)).await;
    }
    answer.map_err(|error| error.settled(stored))
}

/// An operation that goes on as long as somebody waits for it.
struct Reading(AbortHandle);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The project that a call is about. Calls of IAM about projects are about the account: nobody
/// manages a project by what they were granted in it.
fn project_of<'a>(operation: &Operation, path: &'a [(String, String)]) -> Option<&'a str> {
    let named = path.iter().find(|(name, _)| name == "project_id");
    let iam = matches!(operation.service, Service::Iam | Service::IamV30);
    named.filter(|_| !iam).map(|(_, id)| id.as_str())
}

/// The client of a request: who holds the connection, or whom a trusted proxy names.
pub(crate) fn client(parts: &request::Parts, trusted: &[Network]) -> Client {
    let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
        return Client::unknown();
    };
    // What is not text is not an address, and must not be skipped as if it were not there.
    let values = parts.headers.get_all("x-forwarded-for").iter();
    let forwarded: Vec<&str> = values.map(|v| v.to_str().unwrap_or_default()).collect();
    Client::behind(peer.ip(), trusted, &forwarded)
}

/// Runs a future; a panic in it becomes an error that is answered like any other.
async fn guarded<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)))
            .unwrap_or_else(|_| Poll::Ready(Err(Error::internal("the request panicked"))))
    })
    .await
}

/// The pairs of a query string, decoded; what is not UTF-8 is kept as far as it is.
fn query(raw: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
