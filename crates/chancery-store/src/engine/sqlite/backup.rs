//! A backup of a database that a server may be using.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{Failure, file, mark, unavailable};
use crate::StoreError;

/// A file that is being written; removed unless it has got its name.
struct Part {
    path: PathBuf,
    file: File,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Writes all that is committed in the database at `database` to the new file `target` (mode 0600), which
/// a server starts with as it is. The server that uses the database goes on; its write-ahead log is not
/// begun anew in the meantime.
///
/// # Errors
/// [`StoreError::Unavailable`] when a file cannot be read or written, or `target` is there already;
/// [`StoreError::Invalid`] when not all that was committed is in the database, or it is not one of ours.
pub fn backup_sqlite(database: &Path, target: &Path) -> Result<(), StoreError> {
    let source = File::open(database).map_err(|error| unavailable(database, &error))?;
    let real = database
        .canonicalize()
        .map_err(|error| unavailable(database, &error))?;
    mark::check_whole(&source, file::log_of(&real))?;
    if target.symlink_metadata().is_ok() {
        return Err(taken(target));
    }
    let part = part(target)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let number = copy(database, flags, &part.path)?;
    let written = || -> std::io::Result<()> {
        mark::mark_copy(&part.file, number)?;
        part.file.sync_all()?;
        // Unlike a new name, a second one takes no other file's place.
        fs::hard_link(&part.path, target)?;
        File::open(folder_of(target))?.sync_all()
    };
    written().map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => taken(target),
        _ => unavailable(target, &error),
    })
}

/// Copies what is committed into an empty file, and looks through it; answers a random number.
fn copy(database: &Path, flags: OpenFlags, part: &Path) -> Result<u32, StoreError> {
    let copied = || -> Result<u32, Failure> {
        let connection = Connection::open_with_flags(database, flags)?;
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 5000")?;
        super::check_ours(&connection)?;
        let to = part.to_str().ok_or(StoreError::Invalid(
            "the name of the file to write must be UTF-8",
        ))?;
        connection.execute("VACUUM INTO ?1", [to])?;
        let copy = Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let said: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if said != "ok" {
            return Err(StoreError::Engine(format!("the copy is damaged: {said}")).into());
        }
        let number: i64 = copy.query_row("SELECT random() & 536870911", [], |row| row.get(0))?;
        Ok(u32::try_from(number).unwrap_or_default())
    };
    copied().map_err(StoreError::from)
}

fn part(target: &Path) -> Result<Part, StoreError> {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let path = PathBuf::from(name);
    // Never through a link, and never over what is there.
    let made = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path);
    match made {
        Ok(file) => Ok(Part { path, file }),
        Err(error) => Err(unavailable(&path, &error)),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn taken(target: &Path) -> StoreError {
    let text = format!(
        "{} is there already: a backup takes no other file's place",
        target.display()
    );
    StoreError::Unavailable(text)
}
