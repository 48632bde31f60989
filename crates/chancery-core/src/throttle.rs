//! What strangers may take: requests per second, and guesses at secrets.
//!
//! Everything is counted in this process only and in tables of a fixed size: whoever brings new
//! addresses and names without end takes no memory with them. All of it is forgotten when the
//! process ends.

mod client;
mod guesses;
mod rate;
mod refused;
mod table;

use std::hash::Hash;

use crate::desk::Desk;
use crate::error::{Error, Kind, Result};

pub use client::{Client, Network};
pub(crate) use guesses::Secret;

use guesses::Guesses;
use rate::Rates;
use refused::Refused;

/// What is counted of clients and callers.
pub(crate) struct Throttle {
    addresses: Rates,
    callers: Rates,
    refused: Refused,
    pub(crate) guesses: Guesses,
}

impl Throttle {
    /// Nothing counted yet.
    ///
    /// `per_address` and `per_caller` are requests per second, `tries` wrong tries in a row; 0
    /// stands for no limit.
    pub(crate) fn new(per_address: u32, per_caller: u32, tries: u32) -> Self {
        Self {
            addresses: Rates::new(per_address),
            callers: Rates::new(per_caller),
            refused: Refused::default(),
            guesses: Guesses::new(tries),
        }
    }
}

impl Desk {
    /// Counts a request of a client, before anything else is known about it.
    ///
    /// # Errors
    /// [`Kind::TooMany`] when there were too many.
    pub fn admit_client(&self, client: Client) -> Result<()> {
        let limit = self.settings.requests_per_address;
        self.admit(&self.throttle.addresses, client.unit(), "ip", limit)
    }

    /// Counts a request of a user who is authenticated, whichever their credentials are.
    ///
    /// # Errors
    /// [`Kind::TooMany`] when there were too many.
    pub fn admit_caller(&self, user_id: &str) -> Result<()> {
        let limit = self.settings.requests_per_user;
        self.admit(&self.throttle.callers, user_id, "user", limit)
    }

    /// Whether the refusal of a request of which anyone may send any number is to be written into the
    /// log, and how many with this status were left out since the last one that was.
    pub fn note_refused(&self, status: u16) -> Option<u64> {
        self.throttle.refused.note(status, self.now_ms())
    }

    /// Whether a user's next request would be one too many, without counting it: for requests that
    /// only claim to be theirs so far.
    ///
    /// # Errors
    /// [`Kind::TooMany`].
    pub fn has_room(&self, user_id: &str) -> Result<()> {
        match self.throttle.callers.wait_ms(user_id, self.now_ms()) {
            0 => Ok(()),
            wait_ms => Err(over("user", self.settings.requests_per_user, wait_ms)),
        }
    }

    /// Whether a client's signature with an access key may be looked at.
    ///
    /// # Errors
    /// [`Kind::Signature`] when the key is locked for this client after wrong signatures,
    /// [`Kind::TooMany`] when the client guesses at many keys.
    pub fn may_try_key(&self, client: Client, access_key: &str) -> Result<()> {
        let secret = Secret::AccessKey(access_key);
        self.throttle.guesses.check(client, secret, self.now_ms())
    }

    /// Remembers whether a client's signature with an access key was right.
    pub fn tried_key(&self, client: Client, access_key: &str, right: bool) {
        self.tried(client, Secret::AccessKey(access_key), right);
    }

    /// Remembers that a client named an access key that nobody has.
    pub fn tried_unknown_key(&self, client: Client) {
        self.throttle.guesses.wrong_name(client, self.now_ms());
    }

    /// How many clients, and names with the clients who tried them, wrong and right tries are
    /// remembered of; tokens are none of them, and there is a fixed number of places.
    pub fn remembered_tries(&self) -> usize {
        self.throttle.guesses.len()
    }

    /// Remembers whether a try at a secret was right.
    pub(crate) fn tried(&self, client: Client, secret: Secret<'_>, right: bool) {
        let guesses = &self.throttle.guesses;
        match right {
            true => guesses.right(client, secret, self.now_ms()),
            false => guesses.wrong(client, secret, self.now_ms()),
        }
    }

    fn admit(&self, rates: &Rates, who: impl Hash, policy: &str, limit: u32) -> Result<()> {
        match rates.take(who, self.now_ms()) {
            0 => Ok(()),
            wait_ms => Err(over(policy, limit, wait_ms)),
        }
    }
}

/// The gateway's own sentence.
fn over(policy: &str, limit: u32, wait_ms: i64) -> Error {
    let text = format!(
        "The throttling threshold has been reached: policy {policy} over \
         ratelimit,limit:{limit},time:1 second"
    );
    Error::new(Kind::TooMany, text).retry_after_ms(wait_ms)
}
