//! Storage that fails when it is told to.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use chancery_objects::{BucketName, FolderStore, ObjectError, ObjectKey, ObjectStore};
use chancery_store::{Engine, Row, StoreError, Transaction, Value};

/// An engine that lets everything through to another one, except what it was told not to.
pub(crate) struct Faults {
    engine: Arc<dyn Engine>,
    panic_on: Mutex<Option<&'static str>>,
    refuse: Mutex<Option<&'static str>>,
    overtake: Mutex<Option<(&'static str, Transaction)>>,
    gated: Mutex<Option<&'static str>>,
    /// Who holds it keeps transactions of the name that is gated from being stored.
    pub(crate) gate: tokio::sync::Mutex<()>,
    /// How many transactions have come to the gate.
    pub(crate) came: AtomicUsize,
    /// Reads of many rows: for which account, and what was read.
    pub(crate) scanned: Mutex<Vec<(String, String)>>,
    /// Who holds it keeps reads of many rows from going on.
    pub(crate) scan_gate: tokio::sync::RwLock<()>,
    /// How many such reads there are now.
    pub(crate) scanning: Arc<AtomicUsize>,
    reads: Mutex<Option<StoreError>>,
    commits: Mutex<Option<Failing>>,
}

/// Commits that fail.
struct Failing {
    /// How many are stored before.
    skip: usize,
    /// How many fail then.
    times: usize,
    error: StoreError,
}

impl Faults {
    pub(crate) fn before(engine: Arc<dyn Engine>) -> Arc<Self> {
        Arc::new(Self {
            engine,
            panic_on: Mutex::new(None),
            refuse: Mutex::new(None),
            overtake: Mutex::new(None),
            gated: Mutex::new(None),
            gate: tokio::sync::Mutex::new(()),
            came: AtomicUsize::new(0),
            scanned: Mutex::default(),
            scan_gate: tokio::sync::RwLock::default(),
            scanning: Arc::default(),
            reads: Mutex::new(None),
            commits: Mutex::new(None),
        })
    }

    /// From now on a query of this table panics.
    pub(crate) fn panic_on(&self, table: &'static str) {
        *self.panic_on.lock().unwrap() = Some(table);
    }

    /// From now on a transaction of this name fails, as on a full disk; `None` heals it.
    pub(crate) fn refuse(&self, transaction: Option<&'static str>) {
        *self.refuse.lock().unwrap() = transaction;
    }

    /// Before the next transaction of this name, another one is stored.
    pub(crate) fn overtake(&self, name: &'static str, other: Transaction) {
        *self.overtake.lock().unwrap() = Some((name, other));
    }

    /// From now on transactions of this name go through the gate.
    pub(crate) fn gate(&self, name: &'static str) {
        *self.gated.lock().unwrap() = Some(name);
    }

    /// From now on every read fails so; `None` heals it.
    pub(crate) fn fail_reads(&self, error: Option<StoreError>) {
        *self.reads.lock().unwrap() = error;
    }

    /// From now on every commit fails so, and nothing is stored; `None` heals it.
    pub(crate) fn fail_commits(&self, error: Option<StoreError>) {
        let failing = error.map(|error| (0, usize::MAX, error));
        self.fail_some_commits(failing);
    }

    /// So many of the next commits are stored, and so many after them fail.
    pub(crate) fn fail_some_commits(&self, failing: Option<(usize, usize, StoreError)>) {
        *self.commits.lock().unwrap() =
            failing.map(|(skip, times, error)| Failing { skip, times, error });
    }

    fn commit_fails(&self) -> Result<(), StoreError> {
        let mut commits = self.commits.lock().unwrap();
        let Some(failing) = commits.as_mut() else {
            return Ok(());
        };
        if failing.skip > 0 {
            failing.skip -= 1;
            return Ok(());
        }
        if failing.times == 0 {
            return Ok(());
        }
        failing.times -= 1;
        Err(failing.error.clone())
    }

    fn look(&self, sql: &str) -> Result<(), StoreError> {
        let table = *self.panic_on.lock().unwrap();
        if let Some(table) = table {
            assert!(!sql.contains(&format!("FROM {table}")), "secret-of-a-panic");
        }
        self.reads.lock().unwrap().clone().map_or(Ok(()), Err)
    }

    /// Whether the transaction that is to be overtaken has not come yet.
    pub(crate) fn is_waiting(&self) -> bool {
        self.overtake.lock().unwrap().is_some()
    }
}

/// One of several that are counted while they live.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one_of(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Engine for Faults {
    async fn scan(
        &self,
        account: &str,
        sql: &str,
        params: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.look(sql)?;
        let scan = (account.to_owned(), sql.to_owned());
        self.scanned.lock().unwrap().push(scan);
        let _counted = Counted::one_of(&self.scanning);
        let _open = self.scan_gate.read().await;
        self.engine.scan(account, sql, params).await
    }

    async fn query(&self, sql: &str, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.look(sql)?;
        self.engine.query(sql, params).await
    }

    async fn commit(&self, transaction: Transaction) -> Result<(), StoreError> {
        let refused = *self.refuse.lock().unwrap();
        if refused == Some(transaction.name()) {
            return Err(StoreError::Engine("secret-of-the-disk".into()));
        }
        if *self.gated.lock().unwrap() == Some(transaction.name()) {
            self.came.fetch_add(1, Ordering::SeqCst);
            let _open = self.gate.lock().await;
        }
        self.commit_fails()?;
        let other = {
            let mut overtake = self.overtake.lock().unwrap();
            overtake.take_if(|(name, _)| *name == transaction.name())
        };
        if let Some((_, other)) = other {
            self.engine.commit(other).await?;
        }
        self.engine.commit(transaction).await
    }
}

/// Objects in a folder, which fail or wait when they are told to.
pub(crate) struct ObjectFaults {
    objects: FolderStore,
    /// How many of the next changes fail.
    failing: AtomicUsize,
    /// Who holds it keeps objects from being put.
    pub(crate) gate: tokio::sync::Mutex<()>,
    /// How many puts have come to the gate.
    pub(crate) came: AtomicUsize,
}

impl ObjectFaults {
    pub(crate) fn before(objects: FolderStore) -> Arc<Self> {
        Arc::new(Self {
            objects,
            failing: AtomicUsize::new(0),
            gate: tokio::sync::Mutex::new(()),
            came: AtomicUsize::new(0),
        })
    }

    /// The next changes fail, so many of them.
    pub(crate) fn fail(&self, changes: usize) {
        self.failing.store(changes, Ordering::SeqCst);
    }

    fn may_change(&self) -> Result<(), ObjectError> {
        let less = |failing: usize| failing.checked_sub(1);
        let order = Ordering::SeqCst;
        match self.failing.fetch_update(order, order, less) {
            Err(_none) => Ok(()),
            Ok(_) => Err(ObjectError {
                doing: "change an object",
                source: io::Error::other("secret-of-the-bucket"),
            }),
        }
    }
}

#[async_trait]
impl ObjectStore for ObjectFaults {
    async fn put(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        bytes: Bytes,
    ) -> Result<(), ObjectError> {
        self.came.fetch_add(1, Ordering::SeqCst);
        let _open = self.gate.lock().await;
        self.may_change()?;
        self.objects.put(bucket, key, bytes).await
    }

    async fn get(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
    ) -> Result<Option<Bytes>, ObjectError> {
        self.objects.get(bucket, key).await
    }

    async fn delete(&self, bucket: &BucketName, key: &ObjectKey) -> Result<(), ObjectError> {
        self.may_change()?;
        self.objects.delete(bucket, key).await
    }

    async fn ending_with(&self, suffix: &str) -> Result<Vec<(BucketName, ObjectKey)>, ObjectError> {
        self.objects.ending_with(suffix).await
    }

    async fn exists(&self, bucket: &BucketName, key: &ObjectKey) -> Result<bool, ObjectError> {
        self.objects.exists(bucket, key).await
    }
}
