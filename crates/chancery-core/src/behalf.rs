//! For whom work is done: whose turn it takes, and whether anybody still waits for it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use crate::throttle::Client;

/// Who takes turns with others.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Party {
    /// The desk itself: its jobs, its first start. Nobody refuses it.
    Desk,
    /// Whoever calls for an account.
    Account(String),
    /// Whoever logs in from an address; of IPv6 from a /64.
    Address(IpAddr),
}

/// For whom an operation works.
#[derive(Clone, Debug)]
pub(crate) struct Behalf {
    party: Party,
    patience: Patience,
    /// Whether the operation has had a turn: what was begun goes on, and is not refused.
    begun: Arc<AtomicBool>,
}

impl Behalf {
    /// The desk itself.
    pub(crate) fn desk() -> Self {
        Self::of(Party::Desk, Patience::endless())
    }

    /// An account.
    pub(crate) fn account(domain_id: &str, patience: Patience) -> Self {
        Self::of(Party::Account(domain_id.to_owned()), patience)
    }

    /// A client who is not known yet.
    pub(crate) fn client(client: Client, patience: Patience) -> Self {
        Self::of(Party::Address(client.unit()), patience)
    }

    fn of(party: Party, patience: Patience) -> Self {
        Self {
            party,
            patience,
            begun: Arc::default(),
        }
    }

    /// The same, for as long as somebody else waits.
    pub(crate) fn waited_for(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    pub(crate) fn party(&self) -> &Party {
        &self.party
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    pub(crate) fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Ends when nobody waits for the operation any more.
    pub(crate) async fn given_up(&self) {
        self.patience.over().await;
    }
}

/// Whether somebody waits for an answer: as long as the [`Waiter`] is there.
#[derive(Clone, Debug)]
pub struct Patience(Option<watch::Receiver<()>>);

/// Somebody who waits for an answer; dropped when they go, or are answered.
#[derive(Debug)]
pub struct Waiter(#[allow(dead_code)] watch::Sender<()>);

impl Patience {
    /// Somebody who waits, and their patience.
    pub fn begin() -> (Waiter, Self) {
        let (sender, receiver) = watch::channel(());
        (Waiter(sender), Self(Some(receiver)))
    }

    /// The patience of who waits for ever.
    pub fn endless() -> Self {
        Self(None)
    }

    /// Ends when it is over.
    async fn over(&self) {
        match &self.0 {
            Some(waiter) => {
                let mut waiter = waiter.clone();
                while waiter.changed().await.is_ok() {}
            }
            None => std::future::pending().await,
        }
    }
}
