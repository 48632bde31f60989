//! The file of a database: that one process has it, whatever names it has, and that it stays where it is.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::{StoreError, in_words};

/// File systems of networks, whose `flock` is a lock of the kind that SQLite takes, and in its way
/// (`statfs(2)`: NFS, SMB, CIFS).
const NETWORK: [u64; 3] = [0x6969, 0xfe53_4d42, 0xff53_4d42];

/// A database file that this process holds. SQLite's locks on it end when any descriptor of it is closed
/// in this process: it is dropped after all connections.
pub(super) struct Held {
    file: File,
    path: PathBuf,
    /// Without links: SQLite's other files are beside this one.
    real: PathBuf,
}

impl Held {
    /// Opens the file, or makes it (mode 0600), for this process alone: the lock is the file's, not that
    /// of one of its names.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be opened, or another process has it.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| unavailable(path, &error);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        let found = rustix::fs::fstatfs(&file).map_err(|error| failed(error.into()))?;
        if !NETWORK.contains(&(found.f_type as u64 & 0xffff_ffff)) {
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let text = format!("another process has {} open", path.display());
                    return Err(StoreError::Unavailable(text));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        if file.metadata().map_err(failed)?.nlink() > 1 {
            tracing::warn!(
                "{} has other names (hard links): what is opened by one of them while the desk is in \
                 use is damaged",
                path.display()
            );
        }
        Ok(Self {
            real: path.canonicalize().map_err(failed)?,
            path: path.to_owned(),
            file,
        })
    }

    /// The file.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// The path of the write-ahead log.
    pub(super) fn log(&self) -> PathBuf {
        log_of(&self.real)
    }

    /// The place of the file.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another file is there by now.
    pub(super) fn place(&self) -> Result<Places, StoreError> {
        let failed = |error: std::io::Error| unavailable(&self.path, &error);
        let mut places = Places(Vec::new());
        places.0.push(Place {
            path: self.path.clone(),
            id: id(&self.file.metadata().map_err(failed)?),
        });
        places.check().map_err(|gone| match gone {
            Gone::For(text) | Gone::Perhaps(text) => StoreError::Unavailable(text),
        })?;
        Ok(places)
    }
}

/// The path of the write-ahead log of a database.
pub(super) fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Files that this process has open, by where they have to be.
pub(super) struct Places(Vec<Place>);

struct Place {
    path: PathBuf,
    id: (u64, u64),
}

/// A file is not where it has to be.
#[derive(Debug)]
pub(super) enum Gone {
    /// It is another one, or there is none.
    For(String),
    /// It could not be looked at.
    Perhaps(String),
}

impl Places {
    /// Adds the file that is at a path now.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), StoreError> {
        let found = path.metadata().map_err(|error| unavailable(path, &error))?;
        self.0.push(Place {
            path: path.to_owned(),
            id: id(&found),
        });
        Ok(())
    }

    /// Whether each file is still where it was: what is written to one that is not, nobody finds again.
    pub(super) fn check(&self) -> Result<(), Gone> {
        for place in &self.0 {
            let path = place.path.display();
            match place.path.metadata() {
                Ok(found) if id(&found) == place.id => {}
                Ok(_) => {
                    return Err(Gone::For(format!(
                        "{path} was replaced while the server was running"
                    )));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(Gone::For(format!(
                        "{path} was deleted or moved while the server was running"
                    )));
                }
                Err(error) => return Err(Gone::Perhaps(format!("{path}: {error}"))),
            }
        }
        Ok(())
    }
}

fn id(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

pub(super) fn unavailable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {}", path.display(), in_words(error)))
}
