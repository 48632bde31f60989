//! The task that writes.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::error::Severity;
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::pipeline::{Request, pipeline};
use super::{as_params, from_postgres, is_transient, not_connected, row};
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
/// A commit is durable when it returns, whatever the server's default; a lock that somebody holds
/// for good does not stop the writer.
const SETUP: &str = "SELECT set_config('synchronous_commit', 'on', false) \
                     WHERE current_setting('synchronous_commit') = 'off'; \
                     SET lock_timeout = '10s'";

pub(super) struct WriterTask {
    config: Config,
    /// Whose audit chain it writes.
    writer: String,
    connection: Option<Connection>,
}

/// A connection, and what is lost with it.
struct Connection {
    client: Client,
    prepared: HashMap<String, Statement>,
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

impl WriterTask {
    pub(super) fn new(config: Config, writer: &str) -> Self {
        Self {
            config,
            writer: writer.to_owned(),
            connection: None,
        }
    }

    /// The connection, a new one if there is none or it was lost.
    pub(super) async fn client(&mut self) -> Result<&mut Client, StoreError> {
        Ok(&mut self.connection().await?.client)
    }

    pub(super) async fn run(mut self, mut queue: Queue) {
        let mut again = Vec::new();
        loop {
            let group = match again.is_empty() {
                true => match queue.group().await {
                    Some(group) => group,
                    None => return,
                },
                false => {
                    tokio::time::sleep(PAUSE).await;
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
                    // Whatever state the connection is in, a new one is in none.
                    self.connection = None;
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
            .filter(|open| !open.client.is_closed());
        let open = match usable {
            Some(open) => open,
            None => Connection::open(&self.config).await?,
        };
        Ok(self.connection.insert(open))
    }

    /// Commits a group. On an error nothing of the group is stored, but for
    /// [`StoreError::UnknownOutcome`].
    async fn group(&mut self, group: &[Job]) -> Result<Vec<Outcome>, StoreError> {
        let writer = self.writer.clone();
        let connection = self.connection().await?;
        let mut place = connection.place(&writer).await?;
        let prepared = connection.prepare(group).await?;
        let mut before = "BEGIN";
        let mut outcomes = Vec::with_capacity(group.len());
        for (job, prepared) in group.iter().zip(prepared) {
            if let Err(error) = prepared {
                outcomes.push(Outcome::Done(Err(error)));
                continue;
            }
            let (after, rows) = audit_rows(&writer, &job.transaction, place);
            let outcome = connection.apply(before, &job.transaction, &rows).await?;
            before = "ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one";
            if let Outcome::Done(Ok(())) = outcome {
                before = "RELEASE SAVEPOINT one";
                place = after;
            }
            outcomes.push(outcome);
        }
        let commit = format!("{before}; COMMIT");
        let committed = connection.client.batch_execute(&commit).await;
        committed.map_err(|error| not_committed(&error))?;
        // What comes again may do so because the chain is longer than was known here.
        let known = !outcomes
            .iter()
            .any(|outcome| matches!(outcome, Outcome::Again(_)));
        connection.place = known.then_some(place);
        Ok(outcomes)
    }
}

impl Connection {
    async fn open(config: &Config) -> Result<Self, StoreError> {
        let connect = async || {
            let (client, driver) = config.connect(NoTls).await?;
            // The driver ends when the client is dropped or the connection breaks; the client
            // then says so.
            tokio::spawn(async move {
                if let Err(error) = driver.await {
                    tracing::warn!(%error, "connection to the database lost");
                }
            });
            client.batch_execute(SETUP).await?;
            Ok(client)
        };
        let client = connect().await.map_err(|error| not_connected(&error))?;
        Ok(Self {
            client,
            prepared: HashMap::new(),
            place: None,
        })
    }

    /// The end of the audit chain.
    async fn place(&self, writer: &str) -> Result<Place, StoreError> {
        if let Some(place) = self.place {
            return Ok(place);
        }
        let rows = self.client.query(Place::LAST, &[&writer]).await;
        let rows = rows.map_err(|error| from_postgres(&error))?;
        Place::from_row(rows.first().map(row).transpose()?)
    }

    /// Prepares the statements of a group that are not prepared yet; answers for each of its
    /// transactions whether the server takes its statements. Done before the group begins, so
    /// that one it refuses spoils nothing.
    async fn prepare(&mut self, group: &[Job]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut results = Vec::with_capacity(group.len());
        for job in group {
            let result = self.prepare_one(&job.transaction).await;
            if let (Err(error), true) = (&result, self.client.is_closed()) {
                return Err(error.clone());
            }
            results.push(result);
        }
        Ok(results)
    }

    async fn prepare_one(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        let statements = transaction
            .statements
            .iter()
            .map(|statement| statement.sql.as_ref());
        for sql in statements.chain([AuditRow::insert()]) {
            if !self.prepared.contains_key(sql) {
                let statement = self.client.prepare(sql).await;
                let statement = statement.map_err(|error| from_postgres(&error))?;
                self.prepared.insert(sql.to_owned(), statement);
            }
        }
        Ok(())
    }

    /// Runs one transaction in a savepoint, which it leaves open, after the statements `before`.
    ///
    /// # Errors
    /// When the savepoint could not be made: then the group is lost.
    async fn apply(
        &self,
        before: &str,
        transaction: &Transaction,
        audit: &[Vec<Value>],
    ) -> Result<Outcome, StoreError> {
        let savepoint = format!("{before}; SAVEPOINT one");
        let mut requests: Vec<Request<'_, Result<u64, tokio_postgres::Error>>> =
            vec![Box::pin(async {
                self.client.batch_execute(&savepoint).await.map(|()| 0)
            })];
        let statements = transaction.statements.iter();
        let all = statements.map(|one| (one.sql.as_ref(), &one.params));
        for (sql, values) in all.chain(audit.iter().map(|row| (AuditRow::insert(), row))) {
            let statement = &self.prepared[sql];
            requests.push(Box::pin(async move {
                self.client.execute(statement, &as_params(values)).await
            }));
        }
        let mut answers = pipeline(requests).await.into_iter();
        if let Some(Err(error)) = answers.next() {
            return Err(from_postgres(&error));
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
                    let error = from_postgres(&error);
                    return Ok(match transient || error == CHAIN_MOVED {
                        true => Outcome::Again(error),
                        false => Outcome::Done(Err(error)),
                    });
                }
            }
        }
        Ok(Outcome::Done(Ok(())))
    }
}

/// Why a commit failed. After an error the server has taken the transaction back; a connection that it
/// ends, or that breaks, tells nothing.
fn not_committed(error: &tokio_postgres::Error) -> StoreError {
    let severity = error.as_db_error().and_then(|said| said.parsed_severity());
    match (severity, from_postgres(error)) {
        (Some(Severity::Error), error) => error,
        (_, StoreError::Unavailable(text)) => StoreError::UnknownOutcome(text),
        (_, error) => error,
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
