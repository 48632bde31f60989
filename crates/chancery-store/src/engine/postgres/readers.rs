//! The connections that read: as many as are wanted, or as the server gives.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::as_params;
use super::link::{Link, Refused, Server, stands_still};
use super::said::{from_postgres, is_lost};
use crate::StoreError;
use crate::value::Value;

/// Connections that read, where the server gives so many.
pub(super) const MOST: usize = 16;
/// How much earlier the server breaks off a read than it is given up here.
const MARGIN: Duration = Duration::from_secs(5);
/// How long it is waited before the server is asked again for the only connection there could be.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the server is not asked for more connections than it gave.
const CONTENT: Duration = Duration::from_secs(30);

/// How many rows a read may look at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Reach {
    Few,
    Many,
}

/// The connections that read.
///
/// The server may give fewer than [`MOST`]: then so many places are taken away, reads wait for those
/// that are left, and after some time the server is asked again.
pub(super) struct Readers {
    server: Server,
    /// For every connection.
    setup: String,
    /// Who has one may have a connection.
    places: Semaphore,
    idle: Mutex<Vec<Link>>,
    lost: Mutex<Lost>,
}

/// The places that were taken away.
struct Lost {
    count: usize,
    last: Instant,
}

/// A connection that somebody reads with; goes back when it is dropped.
struct Lent<'a> {
    readers: &'a Readers,
    link: Option<Link>,
    /// Whether it was read with before: then it may have been lost since.
    reused: bool,
    /// Let go after the connection is back.
    place: Option<SemaphorePermit<'a>>,
}

impl Readers {
    pub(super) fn new(server: Server) -> Self {
        let budget = server.patience.scan.saturating_sub(MARGIN).as_millis();
        Self {
            server,
            setup: format!("SET statement_timeout = {budget}"),
            places: Semaphore::new(MOST),
            idle: Mutex::new(Vec::new()),
            lost: Mutex::new(Lost {
                count: 0,
                last: Instant::now(),
            }),
        }
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the server does not answer in time: then its connection
    /// is closed. [`StoreError::Overrun`] when the server broke the read off.
    pub(super) async fn read(
        &self,
        sql: &str,
        params: &[Value],
        reach: Reach,
    ) -> Result<Vec<Row>, StoreError> {
        let time = match reach {
            Reach::Few => self.server.patience.read,
            Reach::Many => self.server.patience.scan,
        };
        let end = Instant::now() + time;
        loop {
            let mut lent = self.lend(end).await?;
            let asked = async {
                let link = lent.link.as_mut()?;
                Some(match link.statement(sql).await.cloned() {
                    Ok(statement) => link.client.query(&statement, &as_params(params)).await,
                    Err(error) => Err(error),
                })
            };
            let answered = match timeout_at(end, asked).await {
                Ok(Some(answered)) => answered,
                Ok(None) => continue, // not reached: what is lent is there
                Err(_) => {
                    lent.link = None;
                    // The others are of the same server.
                    self.idle().clear();
                    return Err(stands_still());
                }
            };
            return match answered {
                Ok(rows) => Ok(rows),
                Err(error) if is_lost(&error) => {
                    lent.link = None;
                    if lent.reused {
                        continue;
                    }
                    Err(from_postgres(&error))
                }
                Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {
                    Err(StoreError::Overrun)
                }
                Err(error) => Err(from_postgres(&error)),
            };
        }
    }

    /// Makes room for a connection of somebody else, where the server gives no further one.
    pub(super) fn make_room(&self) {
        let spare = self.idle().pop();
        if spare.is_some() && self.left() > 1 && self.places.forget_permits(1) == 1 {
            self.lose(1);
        }
    }

    async fn lend(&self, end: Instant) -> Result<Lent<'_>, StoreError> {
        self.ask_for_more();
        loop {
            let Ok(place) = timeout_at(end, self.places.acquire()).await else {
                let text = "no connection to the database became free in time";
                return Err(StoreError::Unavailable(text.into()));
            };
            let place = place.map_err(|error| StoreError::Engine(error.to_string()))?;
            let idle = self.take_idle();
            let mut lent = Lent {
                readers: self,
                reused: idle.is_some(),
                link: idle,
                place: Some(place),
            };
            if lent.reused {
                return Ok(lent);
            }
            match Link::open(&self.server, &self.setup).await {
                Ok(link) => {
                    lent.link = Some(link);
                    return Ok(lent);
                }
                Err(Refused::Other(error)) => return Err(error),
                Err(Refused::NoneLeft(error)) if Instant::now() + PAUSE > end => return Err(error),
                Err(Refused::NoneLeft(_)) => {
                    if !self.take_places_away(&mut lent) {
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    fn take_idle(&self) -> Option<Link> {
        let mut idle = self.idle();
        while let Some(link) = idle.pop() {
            if !link.client.is_closed() {
                return Some(link);
            }
        }
        None
    }

    /// Takes away the places that nobody has and that there is no connection for, with the one that
    /// was lent, unless it is the last.
    fn take_places_away(&self, lent: &mut Lent<'_>) -> bool {
        let spare = self.places.available_permits();
        let spare = spare.saturating_sub(self.idle().len());
        let mut taken = self.places.forget_permits(spare);
        self.lose(taken);
        let others = self.left() > 1;
        if others && let Some(place) = lent.place.take() {
            place.forget();
            self.lose(1);
            taken += 1;
        }
        if taken > 0 {
            tracing::warn!(
                reads = self.left(),
                "the database gives no further connection: reads wait for each other"
            );
        }
        others
    }

    /// Gives back the places that were taken away, once that was long ago.
    fn ask_for_more(&self) {
        let mut lost = self.lost();
        if lost.count > 0 && lost.last.elapsed() > CONTENT {
            self.places.add_permits(std::mem::take(&mut lost.count));
        }
    }

    /// How many places there are.
    fn left(&self) -> usize {
        MOST - self.lost().count
    }

    fn lose(&self, places: usize) {
        let mut lost = self.lost();
        lost.count += places;
        lost.last = Instant::now();
    }

    fn lost(&self) -> MutexGuard<'_, Lost> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(link) = self.link.take() {
            self.readers.idle().push(link);
        }
    }
}
