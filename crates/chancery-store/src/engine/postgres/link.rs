//! One connection.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::said::not_connected;
use crate::StoreError;
use crate::engine::deaths::Deaths;

/// How long a PostgreSQL server may take before it counts as one that stands still.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a connection is made.
    pub connect: Duration,
    /// Until a read of few rows is answered, with its waiting for a connection.
    pub read: Duration,
    /// The same of a read that may look at many rows. The server is told to break such a read off five
    /// seconds earlier: who does not hear of that has a server that stands still.
    pub scan: Duration,
    /// Until one transaction of a group is carried out, or the group is committed. It waits ten seconds
    /// for a lock.
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(10),
            scan: Duration::from_secs(25),
            write: Duration::from_secs(15),
        }
    }
}

/// Where connections come from.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) config: Config,
    pub(super) patience: Patience,
    pub(super) deaths: Deaths,
}

/// A connection, and what is lost with it. Dropped, it is closed at once: nothing that was not sent yet
/// is sent, and nothing is waited for.
pub(super) struct Link {
    pub(super) client: Client,
    prepared: HashMap<String, Statement>,
    driver: AbortHandle,
}

/// Why there is no connection.
pub(super) enum Refused {
    /// The server gives no further one, to anybody, to this user or for this database.
    NoneLeft(StoreError),
    Other(StoreError),
}

impl Link {
    /// Connects, and prepares the session with `setup`.
    pub(super) async fn open(server: &Server, setup: &str) -> Result<Self, Refused> {
        let connect = async {
            let (client, driver) = server.config.connect(NoTls).await?;
            let pulse = server.deaths.pulse("a connection to the database");
            // The driver ends when the connection breaks; the client then says so.
            let driver = tokio::spawn(async move {
                let _pulse = pulse;
                if let Err(error) = driver.await {
                    tracing::debug!(%error, "connection to the database lost");
                }
            });
            let link = Self {
                client,
                prepared: HashMap::new(),
                driver: driver.abort_handle(),
            };
            link.client.batch_execute(setup).await?;
            Ok::<_, tokio_postgres::Error>(link)
        };
        match timeout(server.patience.connect, connect).await {
            Ok(Ok(link)) => Ok(link),
            Ok(Err(error)) if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) => {
                Err(Refused::NoneLeft(not_connected(&error)))
            }
            Ok(Err(error)) => Err(Refused::Other(not_connected(&error))),
            Err(_) => Err(Refused::Other(stands_still())),
        }
    }

    /// The statement of this text, prepared once.
    pub(super) async fn statement(
        &mut self,
        sql: &str,
    ) -> Result<&Statement, tokio_postgres::Error> {
        if !self.prepared.contains_key(sql) {
            let statement = self.client.prepare(sql).await?;
            self.prepared.insert(sql.to_owned(), statement);
        }
        Ok(&self.prepared[sql])
    }

    /// A statement that was prepared.
    pub(super) fn prepared(&self, sql: &str) -> &Statement {
        &self.prepared[sql]
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The failure of a server that does not answer.
pub(super) fn stands_still() -> StoreError {
    StoreError::Unavailable("the database does not answer".into())
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NoneLeft(error) | Refused::Other(error) => error,
        }
    }
}
