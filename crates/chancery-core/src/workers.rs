//! Who does the work that takes long: threads of a lower priority than those that serve.
//!
//! Work takes turns by account, or by address where nobody is known yet, so that one with much to do
//! keeps nobody else waiting; how much waits is bounded. Work that nobody waits for any more is not
//! begun. Long and short work have threads of their own: a signature of a millisecond does not wait
//! until keys of a second have been made, and its threads go first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chancery_fair::{Bounds, Crew, Crowded, Entry, Turn};

use crate::behalf::{Behalf, Party};
use crate::desk::Desk;
use crate::error::{Error, Kind, Result};

/// How much waits at the most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Waiting {
    /// Pieces of work of one kind for one account.
    pub of_account: usize,
    /// Logins from one address.
    pub of_address: usize,
    /// Pieces of work of one kind, for all; by default as many as there are connections.
    pub of_all: usize,
}

impl Default for Waiting {
    fn default() -> Self {
        Self {
            of_account: 64,
            of_address: 16,
            of_all: 512,
        }
    }
}

/// By how much the priority of threads is lower than that of those that serve, as `nice` counts:
/// those with short work go before those with long work.
const NICE: i32 = 5;
const NICEST: i32 = 10;
/// How many lists are judged row by row at a time.
const JUDGES: usize = 2;
/// When to come again after a refusal, in milliseconds: some twenty signing keys are made meanwhile.
const COME_AGAIN_MS: i64 = 5_000;

/// The threads of a desk. Dropped, they end what they have begun.
#[derive(Debug)]
pub struct Workers {
    /// Makes RSA keys: some 0.1 s, or a second.
    makers: Workshop,
    /// Signs, encrypts, stretches passwords: milliseconds.
    pub(crate) short: Workshop,
    /// Looks at passwords. Anyone can ask for that, so there is one turn at a time, and none is taken
    /// from those who issue and export.
    pub(crate) logins: Workshop,
    /// Judges the rows of lists by policies, one list of an account at a time.
    pub(crate) judges: Workshop,
    made: Arc<AtomicU64>,
}

impl Desk {
    /// How much work that takes long waits for its turn.
    pub fn work_waiting(&self) -> usize {
        let Workers {
            makers,
            short,
            logins,
            judges,
            ..
        } = &self.workers;
        let all = [makers, short, logins, judges];
        all.iter().map(|workshop| workshop.0.waiting()).sum()
    }

    /// How many RSA keys were made since the start, whatever became of them.
    pub fn rsa_keys_made(&self) -> u64 {
        self.workers.made.load(Ordering::Relaxed)
    }
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the machine gives no more.
    pub fn start(waiting: Waiting) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let all = Bounds {
            held_by_one: usize::MAX,
            waiting_of_one: waiting.of_account,
            waiting: waiting.of_all,
        };
        let logins = Bounds {
            waiting_of_one: waiting.of_address,
            ..all
        };
        let judges = Bounds {
            held_by_one: 1,
            ..all
        };
        let crew = |name, nice, threads: usize, bounds| {
            Crew::start(name, nice, vec![(); threads], bounds).map(Workshop)
        };
        Ok(Self {
            makers: crew("make-keys", NICEST, cores, all)?,
            short: crew("work", NICE, cores, all)?,
            logins: crew("log-in", NICE, 1, logins)?,
            judges: crew("judge", NICEST, JUDGES, judges)?,
            made: Arc::default(),
        })
    }

    /// Makes an RSA key when it is its turn, and counts it.
    ///
    /// # Errors
    /// As [`Workshop::run`].
    pub(crate) async fn make<T: Send + 'static>(
        &self,
        on: &Behalf,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let made = Arc::clone(&self.made);
        let counted = move || {
            let key = make();
            made.fetch_add(1, Ordering::Relaxed);
            key
        };
        self.makers.run(on, counted).await
    }
}

/// Threads for one kind of work.
#[derive(Debug)]
pub(crate) struct Workshop(Crew<Party>);

/// Somebody's turn; the next begins when it is dropped.
pub(crate) struct WorkTurn<'a> {
    crew: &'a Crew<Party>,
    turn: Turn<Party>,
}

impl Workshop {
    /// Does a piece of work when it is its turn.
    ///
    /// # Errors
    /// As [`Workshop::enter`] and [`Workshop::turn`]; when the work panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        on: &Behalf,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let entry = self.enter(on)?;
        let turn = self.turn(on, entry).await?;
        Ok(turn.work(work).await?.1)
    }

    /// The right to wait for a turn, for who has to know before whether there is one. An operation
    /// that has had a turn has every other.
    ///
    /// # Errors
    /// [`Kind::TooMany`] when as many of this account or address wait as may, [`Kind::Unavailable`]
    /// when as many of all do.
    pub(crate) fn enter(&self, on: &Behalf) -> Result<Entry<Party>> {
        let party = on.party().clone();
        if party == Party::Desk || on.is_begun() {
            return Ok(self.0.enter_always(party));
        }
        let of = match party {
            Party::Address(_) => "address",
            _ => "account",
        };
        self.0.enter(party).map_err(|crowded| refusal(crowded, of))
    }

    /// Waits for a turn, as long as somebody waits for what comes of it.
    ///
    /// # Errors
    /// [`Kind::TimedOut`] when nobody does any more; nobody reads it.
    pub(crate) async fn turn(&self, on: &Behalf, mut entry: Entry<Party>) -> Result<WorkTurn<'_>> {
        let turn = tokio::select! {
            biased;
            () = on.given_up() => match on.is_begun() {
                true => entry.await,
                false => return Err(Error::new(Kind::TimedOut, "nobody waits for the answer")),
            },
            turn = &mut entry => turn,
        };
        on.begin();
        Ok(WorkTurn {
            crew: &self.0,
            turn,
        })
    }
}

impl<'a> WorkTurn<'a> {
    /// Works on a thread; the turn goes on with what the work returns.
    ///
    /// # Errors
    /// When the work panicked.
    pub(crate) async fn work<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<(Self, T)> {
        let Self { crew, turn } = self;
        let worked = crew.work(turn, move |()| work()).await;
        let (turn, done) = worked.map_err(Error::internal)?;
        Ok((Self { crew, turn }, done))
    }
}

/// What is told who may not wait.
pub(crate) fn crowded(crowded: Crowded) -> Error {
    refusal(crowded, "account")
}

fn refusal(crowded: Crowded, of: &str) -> Error {
    let error = match crowded {
        Crowded::Own => Error::new(
            Kind::TooMany,
            format!(
                "too many calls of this {of} wait for work that takes long: come again when some of \
                 them are answered"
            ),
        ),
        Crowded::Full => Error::new(
            Kind::Unavailable,
            "too many calls wait for work that takes long: come again later",
        ),
    };
    error.retry_after_ms(COME_AGAIN_MS)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc;

    use super::*;
    use crate::behalf::Patience;
    use crate::throttle::Client;

    const FEW: Waiting = Waiting {
        of_account: 2,
        of_address: 1,
        of_all: 3,
    };

    fn account(name: &str) -> Behalf {
        Behalf::account(name, Patience::endless())
    }

    fn client(address: &str) -> Behalf {
        let client = Client::new(address.parse().unwrap());
        Behalf::client(client, Patience::endless())
    }

    /// Has work going on until what comes back is dropped.
    async fn hold(workshop: &Workshop, on: &Behalf) -> mpsc::Sender<()> {
        let (end, ended) = mpsc::channel::<()>();
        let entry = workshop.enter(on).unwrap();
        let turn = workshop.turn(on, entry).await.unwrap();
        // Polled once, the work is on its way.
        tokio::select! {
            biased;
            _ = turn.work(move || ended.recv()) => panic!("it ended by itself"),
            () = tokio::task::yield_now() => {}
        }
        end
    }

    fn kind(refused: Result<Entry<Party>>) -> (Kind, Option<u32>) {
        let error = refused.err().unwrap();
        (error.kind(), error.retry_after_s())
    }

    #[tokio::test]
    async fn refusals_say_whose_work_it_is_and_when_to_come_again() {
        let workers = Workers::start(FEW).unwrap();
        let (short, logins) = (&workers.short, &workers.logins);
        let _two = [(); 2].map(|()| short.enter(&account("a")).unwrap());
        let own = short.enter(&account("a"));
        assert!(
            own.as_ref()
                .err()
                .unwrap()
                .public()
                .contains("of this account")
        );
        assert_eq!(kind(own), (Kind::TooMany, Some(5)));
        let _third = short.enter(&account("b")).unwrap();
        assert_eq!(
            kind(short.enter(&account("c"))),
            (Kind::Unavailable, Some(5))
        );
        // The desk's own work is never refused, nor what follows in an operation that has begun.
        let _always = short.enter(&Behalf::desk()).unwrap();
        let begun = account("a");
        begun.begin();
        let _also = short.enter(&begun).unwrap();
        let _login = logins.enter(&client("192.0.2.1")).unwrap();
        let own = logins.enter(&client("192.0.2.1"));
        assert!(
            own.as_ref()
                .err()
                .unwrap()
                .public()
                .contains("of this address")
        );
        assert_eq!(kind(own), (Kind::TooMany, Some(5)));
    }

    #[tokio::test]
    async fn an_address_of_ipv6_is_its_64() {
        let workers = Workers::start(FEW).unwrap();
        let _one = workers.logins.enter(&client("2001:db8::1")).unwrap();
        assert!(workers.logins.enter(&client("2001:db8::2")).is_err());
        assert!(workers.logins.enter(&client("2001:db8:0:1::1")).is_ok());
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let workers = Workers::start(FEW).unwrap();
        let held = hold(&workers.logins, &Behalf::desk()).await;
        let (waiter, patience) = Patience::begin();
        let on = Behalf::account("a", patience);
        let mut given_up = Box::pin(workers.logins.run(&on, || panic!("it was begun")));
        tokio::select! {
            biased;
            _ = &mut given_up => panic!("it did not wait"),
            () = tokio::task::yield_now() => drop(waiter),
        }
        assert_eq!(given_up.await.err().unwrap().kind(), Kind::TimedOut);
        drop(held);
        assert_eq!(workers.logins.run(&account("b"), || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_was_begun_goes_on() {
        let workers = Workers::start(FEW).unwrap();
        let (waiter, patience) = Patience::begin();
        let on = Behalf::account("a", patience);
        workers.short.run(&on, || ()).await.unwrap();
        drop(waiter);
        assert_eq!(workers.logins.run(&on, || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn keys_that_take_long_hold_up_nothing_short() {
        let workers = Workers::start(Waiting::default()).unwrap();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut held = Vec::new();
        for _ in 0..cores {
            held.push(hold(&workers.makers, &account("a")).await);
        }
        assert_eq!(workers.short.run(&account("b"), || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn lists_of_an_account_are_judged_one_after_the_other() {
        let workers = Workers::start(Waiting::default()).unwrap();
        let held = hold(&workers.judges, &account("a")).await;
        let a = account("a");
        let mut second = Box::pin(workers.judges.run(&a, || 7));
        for _ in 0..3 {
            assert_eq!(workers.judges.run(&account("b"), || 7).await.unwrap(), 7);
        }
        tokio::select! {
            biased;
            _ = &mut second => panic!("two at a time"),
            () = tokio::task::yield_now() => drop(held),
        }
        assert_eq!(second.await.unwrap(), 7);
    }
}
