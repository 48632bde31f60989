use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{BucketName, ObjectError, ObjectKey, ObjectStore};

/// What a slash of a key becomes in the name of its file. No key holds this character, so no two
/// keys share a file, and a name that begins with it can only be a file that is being written.
const SLASH: char = '+';

/// Objects in a folder of this machine: one folder per bucket, one file per object, readable only
/// by the user of the server.
///
/// The key `ssl/ca.crt` of the bucket `desk` is the file `desk/ssl+ca.crt`. One process at a time
/// may have the folder open.
#[derive(Debug, Clone)]
pub struct FolderStore {
    inner: Arc<Inner>,
}

impl FolderStore {
    /// Opens a folder, makes it if need be, and removes what a crash left half-written.
    ///
    /// # Errors
    /// [`ObjectError`] when the folder cannot be made or read.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, ObjectError> {
        let root = folder.into();
        let open = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&root)?;
            remove_unfinished(&root)
        };
        open().map_err(|source| ObjectError {
            doing: "open the object folder",
            source,
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                root,
                writes: AtomicU64::new(0),
            }),
        })
    }

    /// Does blocking work on a thread for it. The work goes on when the caller goes away.
    async fn run<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Inner) -> io::Result<T> + Send + 'static,
    ) -> Result<T, ObjectError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or_else(|error| Err(io::Error::other(error)))
            .map_err(|source| ObjectError { doing, source })
    }
}

#[async_trait]
impl ObjectStore for FolderStore {
    async fn put(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        bytes: Bytes,
    ) -> Result<(), ObjectError> {
        let (bucket, name) = (bucket.clone(), file_name(key));
        self.run("put object", move |inner| inner.put(&bucket, &name, &bytes))
            .await
    }

    async fn get(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
    ) -> Result<Option<Bytes>, ObjectError> {
        let path = self.inner.path(bucket, key);
        let read = move |_: &Inner| found(fs::read(path).map(Bytes::from));
        self.run("get object", read).await
    }

    async fn delete(&self, bucket: &BucketName, key: &ObjectKey) -> Result<(), ObjectError> {
        let path = self.inner.path(bucket, key);
        let folder = self.inner.folder(bucket);
        let remove = move |_: &Inner| match found(fs::remove_file(path))? {
            Some(()) => sync_folder(&folder),
            None => Ok(()),
        };
        self.run("delete object", remove).await
    }

    async fn ending_with(&self, suffix: &str) -> Result<Vec<(BucketName, ObjectKey)>, ObjectError> {
        let suffix = suffix.to_owned();
        let look = move |inner: &Inner| inner.ending_with(&suffix);
        self.run("look through the objects", look).await
    }

    async fn exists(&self, bucket: &BucketName, key: &ObjectKey) -> Result<bool, ObjectError> {
        let path = self.inner.path(bucket, key);
        self.run("look for object", move |_| path.try_exists())
            .await
    }
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// Numbers the files that are being written.
    writes: AtomicU64,
}

impl Inner {
    fn folder(&self, bucket: &BucketName) -> PathBuf {
        self.root.join(bucket.as_str())
    }

    fn path(&self, bucket: &BucketName, key: &ObjectKey) -> PathBuf {
        self.folder(bucket).join(file_name(key))
    }

    /// What is no object is left alone: a file that is being written, and what somebody else has
    /// put there.
    fn ending_with(&self, suffix: &str) -> io::Result<Vec<(BucketName, ObjectKey)>> {
        let mut objects = Vec::new();
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?;
            let bucket = folder.file_name();
            let bucket = bucket.to_str().map(BucketName::parse);
            let (Some(Ok(bucket)), true) = (bucket, folder.file_type()?.is_dir()) else {
                continue;
            };
            for file in fs::read_dir(folder.path())? {
                let name = file?.file_name();
                let key = name.to_str().map(|name| name.replace(SLASH, "/"));
                let key = key.filter(|key| key.ends_with(suffix));
                if let Some(Ok(key)) = key.map(|key| ObjectKey::parse(&key)) {
                    objects.push((bucket.clone(), key));
                }
            }
        }
        Ok(objects)
    }

    /// Writes beside the object and renames over it: readers see the old or the new one, and
    /// after a crash one of the two is there. Syncing the folders makes the names durable too.
    fn put(&self, bucket: &BucketName, name: &str, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder(bucket);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => sync_folder(&self.root)?,
        }
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!("{SLASH}{}-{number}", std::process::id()));
        let written =
            write_new(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, folder.join(name)));
        if written.is_err() {
            // The error that is reported is the first one.
            let _ = fs::remove_file(&unfinished);
        }
        written.and_then(|()| sync_folder(&folder))
    }
}

fn file_name(key: &ObjectKey) -> String {
    key.as_str().replace('/', &SLASH.to_string())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_unfinished(root: &Path) -> io::Result<()> {
    for bucket in fs::read_dir(root)? {
        let bucket = bucket?;
        if !bucket.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(bucket.path())? {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(SLASH) {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}
