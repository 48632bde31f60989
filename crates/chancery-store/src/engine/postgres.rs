//! PostgreSQL: a pool of connections that read, and one task that writes.
//!
//! The task sends a whole transaction at once, so that a group of `n` transactions takes about
//! `n + 1` round trips, whatever the number of statements.

mod link;
mod pipeline;
mod readers;
mod said;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use tokio_postgres::Config;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

pub use self::link::Patience;
use self::link::Server;
use self::readers::{MOST, Reach, Readers};
use self::said::from_postgres;
use self::writer::WriterTask;
use super::Engine;
use super::deaths::Deaths;
use super::queue::{Writer, queue};
use crate::transaction::Transaction;
use crate::value::{Row, Value};
use crate::{StoreError, migrate};

/// How long nothing comes before the server's machine is asked whether it is there, and how long what
/// was sent may stay without a word.
const SILENCE: Duration = Duration::from_secs(10);
/// What the server has left for this user and database, with the connection that asks. (Where a limit
/// does not count for this user, it is not as little.)
const CONNECTIONS_LEFT: &str = "\
    SELECT 1 + least( \
        current_setting('max_connections')::bigint \
            - current_setting('superuser_reserved_connections')::bigint \
            - (SELECT sum(numbackends) FROM pg_stat_database)::bigint, \
        (SELECT rolconnlimit - count(pid) FROM pg_roles \
            LEFT JOIN pg_stat_activity ON usename = rolname \
            WHERE rolname = current_user AND rolconnlimit >= 0 AND NOT rolsuper \
            GROUP BY rolconnlimit), \
        (SELECT datconnlimit - numbackends FROM pg_database JOIN pg_stat_database USING (datname) \
            WHERE datname = current_database() AND datconnlimit >= 0))::bigint";
/// Whether what is written would be refused: the server is a copy, or was told only to read.
const ONLY_READS: &str = "SELECT 1::bigint WHERE current_setting('transaction_read_only') = 'on'";
/// Two nodes that start at once migrate one after the other: both take this advisory lock. The
/// number is arbitrary ("chancery" in ASCII).
const MIGRATION_LOCK: i64 = 0x6368_616e_6365_7279;

pub(crate) struct PostgresEngine {
    readers: Arc<Readers>,
    writer: Writer,
    deaths: Deaths,
}

impl PostgresEngine {
    pub(crate) async fn open(
        url: &str,
        writer: &str,
        patience: Patience,
    ) -> Result<Self, StoreError> {
        // The error does not repeat the text, which may hold a password.
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            StoreError::Unavailable(format!("the database's address is not understood: {error}"))
        })?;
        let place = format!("PostgreSQL at {}", said::place(&config));
        let deaths = Deaths::new();
        let server = Server {
            config: with_timeouts(config, patience.connect),
            patience,
            deaths: deaths.clone(),
        };
        let readers = Arc::new(Readers::new(server.clone()));
        let mut task = WriterTask::new(server, writer, Arc::clone(&readers));
        let client = task.client().await.map_err(|error| error.of(&place))?;
        migrate(client).await.map_err(|error| error.of(&place))?;
        say_if_few(client).await;
        let (writer, queue) = queue();
        tokio::spawn(task.run(queue));
        Ok(Self {
            readers,
            writer,
            deaths,
        })
    }

    async fn read(
        &self,
        sql: &str,
        params: &[Value],
        reach: Reach,
    ) -> Result<Vec<Row>, StoreError> {
        let rows = self.readers.read(sql, params, reach).await?;
        rows.iter().map(row).collect()
    }
}

#[async_trait]
impl Engine for PostgresEngine {
    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.read(sql, params, Reach::Few).await
    }

    async fn scan(
        &self,
        _account: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.read(sql, params, Reach::Many).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        match self.query(ONLY_READS, &[]).await?.is_empty() {
            true => Ok(()),
            false => Err(StoreError::Unavailable(
                "the database can only be read".into(),
            )),
        }
    }

    async fn died(&self) -> String {
        self.deaths.first().await
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        self.writer.commit(transaction).await
    }
}

/// A server that is gone without a word is noticed, unless the address says otherwise.
fn with_timeouts(mut config: Config, connect: Duration) -> Config {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(connect);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    config.keepalives_idle(SILENCE);
    if config.get_application_name().is_none() {
        config.application_name("chancery");
    }
    config
}

/// Tells an operator how many connections there are, if they are fewer than are wanted.
async fn say_if_few(client: &tokio_postgres::Client) {
    let wanted = MOST + 1;
    match client.query_one(CONNECTIONS_LEFT, &[]).await {
        Ok(row) => {
            let left = row.get::<_, Option<i64>>(0).unwrap_or(i64::MAX);
            if usize::try_from(left).unwrap_or_default() < wanted {
                tracing::warn!(
                    "the database has {left} connections for this server, which takes {wanted} \
                     where there are so many: reads will wait for each other"
                );
            }
        }
        // It is about the others that the server speaks of.
        Err(error) => tracing::debug!(%error, "connections cannot be counted"),
    }
}

async fn migrate(client: &mut tokio_postgres::Client) -> Result<(), StoreError> {
    let mut steps = async || -> Result<Result<(), StoreError>, tokio_postgres::Error> {
        let encoding: String = client.query_one("SHOW server_encoding", &[]).await?.get(0);
        if encoding != "UTF8" {
            return Ok(Err(StoreError::Invalid(
                "the database's encoding must be UTF8",
            )));
        }
        let transaction = client.transaction().await?;
        transaction
            .execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK])
            .await?;
        transaction
            .batch_execute(&migrate::version_table(&migrate::POSTGRES))
            .await?;
        let found = transaction.query_one(migrate::VERSION, &[]).await?.get(0);
        match migrate::pending(found, &migrate::POSTGRES) {
            Ok(sql) => transaction.batch_execute(&sql).await?,
            Err(error) => return Ok(Err(error)),
        }
        transaction.commit().await?;
        Ok(Ok(()))
    };
    steps().await.map_err(|error| from_postgres(&error))?
}

fn as_params(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| value as &(dyn ToSql + Sync))
        .collect()
}

fn row(row: &tokio_postgres::Row) -> Result<Row, StoreError> {
    let cell = |(index, column): (usize, &tokio_postgres::Column)| {
        let value = match *column.type_() {
            Type::INT8 => row
                .try_get::<_, Option<i64>>(index)
                .map(|cell| cell.map(Value::Int)),
            Type::BYTEA => row
                .try_get::<_, Option<_>>(index)
                .map(|cell| cell.map(Value::Bytes)),
            _ => row
                .try_get::<_, Option<_>>(index)
                .map(|cell| cell.map(Value::Text)),
        };
        Ok(value
            .map_err(|error| from_postgres(&error))?
            .unwrap_or(Value::Null))
    };
    let cells = row.columns().iter().enumerate().map(cell);
    Ok(Row::new(cells.collect::<Result<_, StoreError>>()?))
}

/// The server says which type a parameter has; a value of another type is refused.
impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql_checked(ty, out),
            Self::Text(text) => text.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
