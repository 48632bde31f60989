//! The request log: a line for each request. Of refusals of which anyone may cause any number it is one a
//! second for each status, with the number of the others: they must not fill the disk.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::ConnectInfo;
use chancery_core::{Caller, Client, Desk, Error, Kind};
use http::{StatusCode, request};

/// What the log says of a request that is answered.
pub(crate) struct Line<'a> {
    pub(crate) request: &'a request::Parts,
    /// Not the path, which may hold what a client put there by mistake.
    pub(crate) route: &'a str,
    pub(crate) status: StatusCode,
    pub(crate) started: Instant,
    pub(crate) client: Client,
    pub(crate) caller: Option<&'a Caller>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) error: Option<&'a Error>,
    /// Those of the answer.
    pub(crate) notes: Option<&'a str>,
}

impl Line<'_> {
    /// Writes it, if it is one that is written; as a warning when there is something that only the log
    /// may see.
    pub(crate) fn write(&self, desk: &Desk) {
        let status = self.status.as_u16();
        let left_out = match self.is_endless() {
            true => match desk.note_refused(status) {
                Some(left_out) => left_out,
                None => return,
            },
            false => 0,
        };
        let peer = self.request.extensions.get::<ConnectInfo<SocketAddr>>();
        let name = |caller: &Caller| format!("{}/{}", caller.domain_name, caller.user_name);
        // An event's level stands in its text.
        macro_rules! write {
            ($level:ident) => {
                tracing::$level!(
                    target: "chancery::request",
                    method = %self.request.method,
                    route = self.route,
                    status,
                    ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
                    caller = self.caller.map(name).as_deref().unwrap_or("-"),
                    peer = peer.map(|peer| peer.0.to_string()).as_deref().unwrap_or("-"),
                    client = %self.client.address(),
                    request_id = self.request_id,
                    left_out = (left_out > 0).then_some(left_out),
                    // What the caller reads too; it repeats no secret.
                    error = self.error.map(Error::public),
                    notes = self.notes,
                    detail = self.error.and_then(Error::for_log),
                )
            };
        }
        match self.error.and_then(Error::for_log) {
            None => write!(info),
            Some(_) => write!(warn),
        }
    }

    /// Whether anyone may have any number of such answers: strangers, who asks too often, and everybody
    /// while storage is away.
    fn is_endless(&self) -> bool {
        match self.error.map(Error::kind) {
            Some(Kind::TooMany | Kind::Unavailable) => true,
            _ => self.caller.is_none() && self.status.is_client_error(),
        }
    }
}
