//! PostgreSQL: a pool of connections that read, and one task that writes.
//!
//! The task sends a whole transaction at once, so that a group of `n` transactions takes about
//! `n + 1` round trips, whatever the number of statements.

mod pipeline;
mod writer;

use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Config, NoTls};

use super::Engine;
use super::queue::{Writer, queue};
use crate::transaction::Transaction;
use crate::value::{Row, Value};
use crate::{StoreError, label, migrate};
use writer::WriterTask;

/// Connections that read.
const READERS: usize = 16;
/// How long a read waits for a connection, and a connection for the server.
const PATIENCE: Duration = Duration::from_secs(10);
/// Two nodes that start at once migrate one after the other: both take this advisory lock. The
/// number is arbitrary ("chancery" in ASCII).
const MIGRATION_LOCK: i64 = 0x6368_616e_6365_7279;

pub(crate) struct PostgresEngine {
    readers: Pool,
    writer: Writer,
}

impl PostgresEngine {
    pub(crate) async fn open(url: &str, writer: &str) -> Result<Self, StoreError> {
        // The error does not repeat the text, which may hold a password.
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            StoreError::Unavailable(format!("the database's address is not understood: {error}"))
        })?;
        let config = with_timeouts(config);
        let mut task = WriterTask::new(config.clone(), writer);
        migrate(task.client().await?).await?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let readers = Pool::builder(Manager::from_config(config, NoTls, recycling))
            .max_size(READERS)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        let (writer, queue) = queue();
        tokio::spawn(task.run(queue));
        Ok(Self { readers, writer })
    }
}

#[async_trait]
impl Engine for PostgresEngine {
    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        let client = self.readers.get().await.map_err(|error| match error {
            PoolError::Backend(error) => not_connected(&error),
            other => StoreError::Unavailable(other.to_string()),
        })?;
        let statement = client
            .prepare_cached(sql)
            .await
            .map_err(|e| from_postgres(&e))?;
        let rows = client.query(&statement, &as_params(params)).await;
        rows.map_err(|error| from_postgres(&error))?
            .iter()
            .map(row)
            .collect()
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        self.writer.commit(transaction).await
    }
}

/// A server that is gone without a word is noticed, unless the address says otherwise.
fn with_timeouts(mut config: Config) -> Config {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("chancery");
    }
    config
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

/// The store's error for one of the server. Its detail is left out, as it quotes values.
fn from_postgres(error: &tokio_postgres::Error) -> StoreError {
    let Some(said) = error.as_db_error() else {
        return not_said(error);
    };
    let code = said.code();
    let text = format!("{} ({})", said.message(), code.code());
    match *code {
        SqlState::UNIQUE_VIOLATION => {
            StoreError::Duplicate(label::unique_key(said.constraint().unwrap_or_default()))
        }
        SqlState::FOREIGN_KEY_VIOLATION => StoreError::Conflict(label::REFERENCE),
        _ if is_transient(code) => StoreError::Unavailable(text),
        // Connection exceptions, invalid authorization, insufficient resources, operator
        // intervention, system errors.
        _ if ["08", "28", "53", "57", "58"]
            .iter()
            .any(|class| code.code().starts_with(class)) =>
        {
            StoreError::Unavailable(text)
        }
        _ => StoreError::Engine(text),
    }
}

/// The store's error for one that is not the server's: the connection broke, or a value was not the
/// column's.
fn not_said(error: &tokio_postgres::Error) -> StoreError {
    let source = std::error::Error::source(error);
    let text = source.map_or(error.to_string(), |source| format!("{error}: {source}"));
    match error.is_closed() || source.is_some_and(|source| source.is::<std::io::Error>()) {
        true => StoreError::Unavailable(text),
        false => StoreError::Engine(text),
    }
}

/// The store's error for a connection that was not made.
fn not_connected(error: &tokio_postgres::Error) -> StoreError {
    match from_postgres(error) {
        StoreError::Engine(text) => StoreError::Unavailable(text),
        other => other,
    }
}

/// Whether the same transaction may succeed when it is tried again: another node was in its way.
fn is_transient(code: &SqlState) -> bool {
    [
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::LOCK_NOT_AVAILABLE,
    ]
    .contains(code)
}
