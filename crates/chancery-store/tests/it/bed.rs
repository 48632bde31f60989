//! Where a test runs: an empty database of one engine.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chancery_store::{Store, StoreError};
use chancery_testing::postgres::TestPg;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// An empty database, removed at the end.
pub(crate) enum Bed {
    Sqlite(TempDir),
    Postgres { url: String, opened: AtomicUsize },
}

/// Runs each of these functions as a test of its name on both engines.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name($crate::bed::Bed::sqlite()).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    if let Some(bed) = $crate::bed::Bed::postgres().await {
                        super::$name(bed).await;
                    }
                }
            )+
        }
    };
}
pub(crate) use on_both;

/// What opens a database, once it is free: a program that another test starts has a copy of every file that
/// is open here until it is itself, and with it for a moment the lock that was just let go.
pub(crate) async fn free<F: Future<Output = Result<Store, StoreError>>>(
    open: impl Fn() -> F,
) -> Result<Store, StoreError> {
    for _ in 0..1000 {
        match open().await {
            Err(StoreError::Unavailable(text)) if text.contains("another process has") => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            opened => return opened,
        }
    }
    open().await
}

impl Bed {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// A schema of its own on the server of this run.
    pub(crate) async fn postgres() -> Option<Self> {
        static SCHEMAS: AtomicUsize = AtomicUsize::new(1);
        let server = tokio::task::spawn_blocking(TestPg::get).await.unwrap()?;
        // The server may be there for several processes.
        let number = SCHEMAS.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{number}", std::process::id());
        let bed = Self::Postgres {
            url: server.url(&schema),
            opened: AtomicUsize::new(0),
        };
        bed.execute(&format!("CREATE SCHEMA {schema}")).await;
        Some(bed)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// The file of the SQLite database.
    pub(crate) fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("chancery.db"),
            Self::Postgres { .. } => panic!("PostgreSQL has no file"),
        }
    }

    pub(crate) async fn try_open(&self) -> Result<Store, StoreError> {
        match self {
            Self::Sqlite(_) => Store::open_sqlite(self.file()).await,
            Self::Postgres { url, opened } => {
                let number = opened.fetch_add(1, Ordering::Relaxed) + 1;
                Store::open_postgres(url, &format!("writer-{number}")).await
            }
        }
    }

    pub(crate) async fn open(&self) -> Store {
        free(|| self.try_open()).await.unwrap()
    }

    /// The name of the audit chain of the `number`th store that was opened here.
    pub(crate) fn writer(&self, number: usize) -> String {
        match self {
            Self::Sqlite(_) => "local".to_owned(),
            Self::Postgres { .. } => format!("writer-{number}"),
        }
    }

    /// Runs SQL past the store.
    pub(crate) async fn execute(&self, sql: &str) {
        match self {
            Self::Sqlite(_) => {
                rusqlite::Connection::open(self.file())
                    .unwrap()
                    .execute_batch(sql)
                    .unwrap();
            }
            Self::Postgres { .. } => self.client().await.batch_execute(sql).await.unwrap(),
        }
    }

    /// A connection to PostgreSQL past the store.
    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        let Self::Postgres { url, .. } = self else {
            panic!("SQLite has no server")
        };
        let (client, driver) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(driver);
        client
    }
}
