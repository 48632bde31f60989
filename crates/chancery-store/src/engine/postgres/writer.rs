//! The task that writes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Client;

use super::link::{Link, Refused, Server, stands_still};
use super::pipeline::{Request, pipeline};
use super::readers::Readers;
use super::said::{from_postgres, is_lost, is_transient, not_committed};
use super::{as_params, row};
use crate::audit::Place;
use crate::engine::queue::{Job, Queue};
use crate::table::Table;
use crate::transaction::Transaction;
use crate::value::Value;
use crate::{AuditRow, StoreError, label};

/// How often a transaction is tried that other nodes are in the way of.
const ATTEMPTS: u32 = 5;
/// How long before it is tried again.
const PAUSE: Duration = Duration::from_millis(20);
/// How long before the server is asked again for a connection.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// A commit is durable when it returns, whatever the server's default; a lock that somebody holds
/// for good does not stop the writer.
const SETUP: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                     WHERE current_setting('synchronous_commit') = 'off'; \
                     SET lock_timeout = '10s'";

pub(super) struct WriterTask {
    server: Server,
    /// Whose audit chain it writes.
    writer: String,
    /// Who make room where the server gives few connections.
    readers: Arc<Readers>,
    connection: Option<Connection>,
}

/// A connection, and what is lost with it.
struct Connection {
    link: Link,
    /// The end of the audit chain as far as it is committed; `None` when it has to be read.
    place: Option<Place>,
}

/// The chain is longer than was known: a commit whose outcome was unknown did happen.
const CHAIN_MOVED: StoreError = StoreError::Duplicate(label::AUDIT_PLACE);

/// How a transaction of a group ended.
enum Outcome {
    Done(Result<(), StoreError>),
    /// Another node was in its way, or the audit chain has moved.
    Again(StoreError),
}

/// Why a group as a whole failed.
struct Failed {
    error: StoreError,
    /// Whether the connection broke before the commit was sent: then nothing is stored, and another
    /// connection may do.
    lost: bool,
}

impl WriterTask {
    pub(super) fn new(server: Server, writer: &str, readers: Arc<Readers>) -> Self {
        Self {
            server,
            writer: writer.to_owned(),
            readers,
            connection: None,
        }
    }

    /// The connection, a new one if there is none or it was lost.
    pub(super) async fn client(&mut self) -> Result<&mut Client, StoreError> {
        Ok(&mut self.connection().await?.link.client)
    }

    pub(super) async fn run(mut self, mut queue: Queue) {
        let _pulse = self.server.deaths.pulse("the writer of the database");
        let mut again = Vec::new();
        loop {
            let group = match again.is_empty() {
                true => match queue.group().await {
                    Some(group) => group,
                    None => return,
                },
                false => {
                    sleep(PAUSE).await;
                    std::mem::take(&mut again)
                }
            };
            match self.group(&group).await {
                Ok(outcomes) => {
                    for (mut job, outcome) in group.into_iter().zip(outcomes) {
                        job.attempts += 1;
                        match outcome {
                            Outcome::Done(result) => job.answer(result),
                            Outcome::Again(_) if job.attempts < ATTEMPTS => again.push(job),
                            Outcome::Again(error) => job.answer(Err(error)),
                        }
                    }
                }
                Err(error) => {
                    for job in group {
                        job.answer(Err(error.clone()));
                    }
                }
            }
        }
    }

    async fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        let usable = self
            .connection
            .take()
            .filter(|open| !open.link.client.is_closed());
        let open = match usable {
            Some(open) => open,
            None => Connection {
                link: self.connect().await?,
                place: None,
            },
        };
        Ok(self.connection.insert(open))
    }

    async fn connect(&self) -> Result<Link, StoreError> {
        let end = Instant::now() + self.server.patience.connect;
        loop {
            match Link::open(&self.server, SETUP).await {
                Err(Refused::NoneLeft(_)) if Instant::now() < end => {
                    self.readers.make_room();
                    sleep(CONNECT_PAUSE).await;
                }
                opened => return Ok(opened?),
            }
        }
    }

    /// Commits a group, over a new connection if the one that was there broke.
    ///
    /// On an error nothing of the group is stored, but for [`StoreError::UnknownOutcome`].
    async fn group(&mut self, group: &[Job]) -> Result<Vec<Outcome>, StoreError> {
        let reused = self.connection.is_some();
        let mut committed = self.try_group(group).await;
        if committed.as_ref().is_err_and(|failed| failed.lost) && reused {
            self.connection = None;
            committed = self.try_group(group).await;
        }
        committed.map_err(|failed| {
            // Whatever state the connection is in, a new one is in none.
            self.connection = None;
            failed.error
        })
    }

    async fn try_group(&mut self, group: &[Job]) -> Result<Vec<Outcome>, Failed> {
        let writer = self.writer.clone();
        let patience = self.server.patience.write;
        let connection = self.connection().await?;
        let mut place = in_time(patience, connection.place(&writer)).await?;
        let prepared = in_time(patience, connection.prepare(group)).await?;
        let mut before = "BEGIN";
        let mut outcomes = Vec::with_capacity(group.len());
        for (job, prepared) in group.iter().zip(prepared) {
            if let Err(error) = prepared {
                outcomes.push(Outcome::Done(Err(error)));
                continue;
            }
            let (after, rows) = audit_rows(&writer, &job.transaction, place);
            let outcome =
                in_time(patience, connection.apply(before, &job.transaction, &rows)).await?;
            before = "ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one";
            if let Outcome::Done(Ok(())) = outcome {
                before = "RELEASE SAVEPOINT one";
                place = after;
            }
            outcomes.push(outcome);
        }
        let commit = format!("{before}; COMMIT");
        match timeout(patience, connection.link.client.batch_execute(&commit)).await {
            Ok(committed) => committed.map_err(|error| not_committed(&error))?,
            Err(_) => {
                let text = "the database does not answer to a commit";
                return Err(StoreError::UnknownOutcome(text.into()).into());
            }
        }
        // What comes again may do so because the chain is longer than was known here.
        let known = !outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Again(_)));
        connection.place = known.then_some(place);
        Ok(outcomes)
    }
}

/// Waits for a step before the commit.
async fn in_time<T>(
    patience: Duration,
    step: impl Future<Output = Result<T, Failed>>,
) -> Result<T, Failed> {
    let done = timeout(patience, step).await;
    done.unwrap_or_else(|_| Err(stands_still().into()))
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self { error, lost: false }
    }
}

/// Before the commit.
impl From<&tokio_postgres::Error> for Failed {
    fn from(error: &tokio_postgres::Error) -> Self {
        Self {
            error: from_postgres(error),
            lost: is_lost(error),
        }
    }
}

impl Connection {
    /// The end of the audit chain.
    async fn place(&self, writer: &str) -> Result<Place, Failed> {
        if let Some(place) = self.place {
            return Ok(place);
        }
        let rows = self.link.client.query(Place::LAST, &[&writer]).await;
        let rows = rows.map_err(|error| Failed::from(&error))?;
        Ok(Place::from_row(rows.first().map(row).transpose()?)?)
    }

    /// Prepares the statements of a group that are not prepared yet; answers for each of its
    /// transactions whether the server takes its statements. Done before the group begins, so
    /// that one it refuses spoils nothing.
    async fn prepare(&mut self, group: &[Job]) -> Result<Vec<Result<(), StoreError>>, Failed> {
        let mut results = Vec::with_capacity(group.len());
        for job in group {
            results.push(match self.prepare_one(&job.transaction).await {
                Ok(()) => Ok(()),
                Err(error) if is_lost(&error) => return Err((&error).into()),
                Err(error) => Err(from_postgres(&error)),
            });
        }
        Ok(results)
    }

    async fn prepare_one(
        &mut self,
        transaction: &Transaction,
    ) -> Result<(), tokio_postgres::Error> {
        let statements = transaction
            .statements
            .iter()
            .map(|statement| statement.sql.as_ref());
        for sql in statements.chain([AuditRow::insert()]) {
            self.link.statement(sql).await?;
        }
        Ok(())
    }

    /// Runs one transaction in a savepoint, which it leaves open, after the statements `before`.
    ///
    /// # Errors
    /// When the server cannot go on, or no savepoint could be made: then the group is lost.
    async fn apply(
        &self,
        before: &str,
        transaction: &Transaction,
        audit: &[Vec<Value>],
    ) -> Result<Outcome, Failed> {
        let savepoint = format!("{before}; SAVEPOINT one");
        let mut requests: Vec<Request<'_, Result<u64, tokio_postgres::Error>>> =
            vec![Box::pin(async {
                self.link.client.batch_execute(&savepoint).await.map(|()| 0)
            })];
        let statements = transaction.statements.iter();
        let all = statements.map(|one| (one.sql.as_ref(), &one.params));
        for (sql, values) in all.chain(audit.iter().map(|row| (AuditRow::insert(), row))) {
            let statement = self.link.prepared(sql);
            requests.push(Box::pin(async move {
                self.link
                    .client
                    .execute(statement, &as_params(values))
                    .await
            }));
        }
        let mut answers = pipeline(requests).await.into_iter();
        if let Some(Err(error)) = answers.next() {
            return Err((&error).into());
        }
        // The first failure counts; after an error the server refuses what follows.
        let expected = transaction
            .statements
            .iter()
            .map(|statement| Some(statement.expect));
        for (answer, expect) in answers.zip(expected.chain(std::iter::repeat(None))) {
            match answer {
                Ok(rows) => {
                    if let Some(Err(conflict)) = expect.map(|expect| expect.met_by(rows)) {
                        return Ok(Outcome::Done(Err(conflict)));
                    }
                }
                Err(error) => {
                    let transient = error.code().is_some_and(is_transient);
                    return match from_postgres(&error) {
                        again if transient || again == CHAIN_MOVED => Ok(Outcome::Again(again)),
                        // It is not about this transaction.
                        StoreError::Unavailable(_) => Err((&error).into()),
                        error => Ok(Outcome::Done(Err(error))),
                    };
                }
            }
        }
        Ok(Outcome::Done(Ok(())))
    }
}

/// The audit rows of a transaction that comes after `place`, and the place after them.
fn audit_rows(writer: &str, transaction: &Transaction, place: Place) -> (Place, Vec<Vec<Value>>) {
    let mut place = place;
    let mut rows = Vec::with_capacity(transaction.audit.len());
    for entry in &transaction.audit {
        let (after, row) = place.append(writer, entry);
        rows.push(row.values());
        place = after;
    }
    (place, rows)
}
