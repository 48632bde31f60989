//! Whether a database file has all that was committed.
//!
//! While a server writes, the last commits are in the write-ahead log, up to 40 MB of them, which a copy
//! of the database file alone does not have. A number in the first page of the file says so: SQLite's
//! `user_version`, which it keeps for applications and which costs no commit more. It is set before the
//! first commit of a process and taken away by a clean stop, after the log has been emptied into the file.
//!
//! The numbers of a log (its salt, which grows by one whenever SQLite begins it anew) and of a stop make
//! known which log belongs to which file: a log beside a file that was put in its place would be written
//! over it. What cannot be told is a log that is older than its file, of the same run of the server.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::Failure;
use crate::StoreError;

/// The numbers in a mark have 29 bits.
const NUMBER: u32 = (1 << 29) - 1;
/// How often a log may have been begun anew since it was marked. The salt of another database's log lies
/// within that by chance once in 8,192 times (2^16 of 2^29 numbers).
const RESTARTS: u32 = 1 << 16;
/// After how many groups of commits the mark is made anew. A group begins the log anew once at the most.
const GROUPS: u32 = 1 << 15;

/// How a database begins, and where its `user_version` is (SQLite file format, section 1.3).
const MAGIC: &[u8] = b"SQLite format 3\0";
const USER_VERSION: usize = 60;
/// How long a stop waits for whoever reads the database, in milliseconds.
const PATIENCE_MS: u32 = 1_000;
/// The lengths of a log's header and of the header of each page in it (section 4.1).
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

const INCOMPLETE: &str = "it was copied while it was in use, and its write-ahead log (chancery.db-wal), \
                          which has the last commits, is missing: put that file of the same copy beside it, \
                          or take a file that chancery backup has made; --accept-incomplete goes on \
                          without what is missing. Nothing was changed";
const FOREIGN: &str = "the write-ahead log beside it (chancery.db-wal) is of another database, as when a \
                       backup was put in the place of one that was in use: move chancery.db-wal away. \
                       Nothing was changed";
const READ: &str =
    "another program is reading the database, and keeps it from being marked as in use";

/// The mark of a database file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mark {
    /// There was no server that marks it.
    None,
    /// All is in the file, since a stop that emptied a log of this salt.
    Stopped(u32),
    /// Somebody began to use the file that had this number; it is the first thing in a log.
    Begun(u32),
    /// In use, with a log of this salt or one that followed it.
    InUse(u32),
}

impl Mark {
    fn of(user_version: u32) -> Self {
        let number = user_version & NUMBER;
        match user_version >> 29 {
            1 => Self::Stopped(number),
            2 => Self::Begun(number),
            3 => Self::InUse(number),
            _ => Self::None,
        }
    }

    fn user_version(self) -> u32 {
        let (tag, number) = match self {
            Self::None => (0, 0),
            Self::Stopped(number) => (1, number),
            Self::Begun(number) => (2, number),
            Self::InUse(number) => (3, number),
        };
        tag << 29 | (number & NUMBER)
    }

    fn number(self) -> u32 {
        self.user_version() & NUMBER
    }

    /// Commits it.
    fn set(self, connection: &Connection) -> Result<(), Failure> {
        Ok(connection.pragma_update(None, "user_version", self.user_version())?)
    }
}

/// What the beginning of a write-ahead log says.
#[derive(Clone, Copy, Debug)]
struct Log {
    salt: u32,
    /// Whether there are pages in it that count.
    pages: bool,
    /// The mark in it, where the first page of the database is the first in it.
    mark: Mark,
}

impl Log {
    /// None when there is none, or only an empty one.
    fn read(path: &Path) -> std::io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let most = LOG_HEADER + FRAME_HEADER + USER_VERSION + 4;
        match File::open(path) {
            Ok(file) => file.take(most as u64).read_to_end(&mut bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if bytes.len() < LOG_HEADER || number(&bytes, 0) & !1 != 0x377f_0682 {
            return Ok(None);
        }
        let frame = &bytes[LOG_HEADER..];
        // A page with another salt was left from before the log was begun anew.
        let pages = bytes.len() == most && frame[8..16] == bytes[16..24];
        let first = pages && number(frame, 0) == 1;
        Ok(Some(Self {
            salt: number(&bytes, 16),
            pages,
            mark: match first {
                true => Mark::of(number(frame, FRAME_HEADER + USER_VERSION)),
                false => Mark::None,
            },
        }))
    }
}

/// Big-endian.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4]
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// How a database file was left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Left {
    /// All is in the file.
    Whole,
    /// It was in use, and its log is there.
    InUse,
    /// It was in use, and its log is not there.
    Incomplete,
    /// The log beside it is another one's.
    Foreign,
}

fn left(mark: Mark, log: Option<Log>) -> Left {
    let log = match log {
        // A log without pages says with its salt alone that it is the right one.
        Some(log) if log.pages || matches!(mark, Mark::InUse(_)) => log,
        _ => {
            return match mark {
                Mark::InUse(_) => Left::Incomplete,
                _ => Left::Whole,
            };
        }
    };
    let follows = |salt: u32| (log.salt.wrapping_sub(salt) & NUMBER) < RESTARTS;
    match mark {
        // Nothing was acknowledged before the file had its mark.
        _ if log.mark == Mark::Begun(mark.number()) => Left::Whole,
        // The stop was cut off between the emptying of the log and its end.
        Mark::Stopped(salt) if log.salt & NUMBER == salt => Left::Whole,
        Mark::None | Mark::Begun(_) => Left::Whole,
        Mark::InUse(salt) if follows(salt) => Left::InUse,
        Mark::InUse(_) if !log.pages => Left::Incomplete,
        Mark::InUse(_) | Mark::Stopped(_) => Left::Foreign,
    }
}

/// The use that a process makes of a database file.
pub(super) struct Usage {
    log: PathBuf,
    mark: Mark,
    left: Left,
    /// Whether the process before was cut off.
    cut_off: bool,
    begun: bool,
    /// Groups of commits since the mark was made.
    groups: u32,
}

impl Usage {
    /// Looks at a database before SQLite does, which would make a log where there is none.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when not all that was committed is there and that is not accepted, or the
    /// log is another database's.
    pub(super) fn look(
        file: &File,
        log: PathBuf,
        accept_incomplete: bool,
    ) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| StoreError::Unavailable(error.to_string());
        let mark = read_mark(file).map_err(failed)?;
        let found = Log::read(&log).map_err(failed)?;
        let left = left(mark, found);
        match left {
            Left::Incomplete if accept_incomplete => tracing::error!(
                "chancery.db was copied while it was in use, without its write-ahead log: its last \
                 commits are missing, and --accept-incomplete goes on without them"
            ),
            Left::Incomplete => return Err(StoreError::Invalid(INCOMPLETE)),
            Left::Foreign => return Err(StoreError::Invalid(FOREIGN)),
            Left::Whole | Left::InUse => {}
        }
        Ok(Self {
            log,
            mark,
            left,
            cut_off: left == Left::Incomplete || found.is_some_and(|log| log.pages),
            begun: false,
            groups: 0,
        })
    }

    /// The log.
    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// Whether the process before did not stop of itself.
    pub(super) fn was_cut_off(&self) -> bool {
        self.cut_off
    }

    /// Whether what is missing was accepted, and the file does not say so yet.
    pub(super) fn goes_on_without(&self) -> bool {
        self.left == Left::Incomplete && !self.begun
    }

    /// Whether the file is marked as in use.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Marks the file as in use, before the first commit.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the mark cannot be brought into the file.
    pub(super) fn begin(&mut self, connection: &Connection) -> Result<(), Failure> {
        if self.left != Left::InUse {
            Mark::Begun(self.mark.number()).set(connection)?;
            let unavailable = |text: String| Failure::Store(StoreError::Unavailable(text));
            let log = Log::read(&self.log).map_err(|error| unavailable(error.to_string()))?;
            let salt = log.map(|log| log.salt);
            let salt = salt.ok_or_else(|| unavailable("there is no write-ahead log".into()))?;
            let mark = Mark::InUse(salt);
            mark.set(connection)?;
            if !checkpoint(connection, "FULL")? {
                return Err(unavailable(READ.into()));
            }
            // Begins the log anew: from now on this connection counts its salt on, and does not choose it.
            mark.set(connection)?;
            self.mark = mark;
        }
        self.begun = true;
        Ok(())
    }

    /// Counts a group of commits, and makes the mark anew where the log may have come far from it.
    ///
    /// # Errors
    /// When the mark cannot be committed.
    pub(super) fn keep_up(&mut self, connection: &Connection) -> Result<(), Failure> {
        self.groups += 1;
        if self.groups > GROUPS
            && let Ok(Some(log)) = Log::read(&self.log)
        {
            self.mark = Mark::InUse(log.salt);
            self.mark.set(connection)?;
            self.groups = 0;
        }
        Ok(())
    }

    /// Takes the mark away; answers whether all is in the file now.
    pub(super) fn end(&self, connection: &Connection) -> Result<bool, Failure> {
        match self.left {
            _ if self.begun => {}
            // Nothing was written, and nothing is written now.
            Left::Whole if !self.cut_off => return Ok(true),
            Left::Incomplete => return Ok(false),
            _ => {}
        }
        connection.pragma_update(None, "busy_timeout", PATIENCE_MS)?;
        // There is a log from then on, whoever has emptied it before.
        self.mark.set(connection)?;
        let log = Log::read(&self.log).ok().flatten();
        let Some(log) = log else { return Ok(false) };
        Mark::Stopped(log.salt).set(connection)?;
        checkpoint(connection, "TRUNCATE")
    }
}

/// Empties the log into the file; answers whether that could be done.
fn checkpoint(connection: &Connection, mode: &str) -> Result<bool, Failure> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    let (busy, pages, done): (i64, i64, i64) =
        connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(busy == 0 && pages == done)
}

fn read_mark(file: &File) -> std::io::Result<Mark> {
    let mut bytes = [0; USER_VERSION + 4];
    match file.read_exact_at(&mut bytes, 0) {
        Ok(()) if bytes.starts_with(MAGIC) => Ok(Mark::of(number(&bytes, USER_VERSION))),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(error),
        // New, or no database, which SQLite says.
        _ => Ok(Mark::None),
    }
}

/// That a database another process may have open has all that was committed.
///
/// # Errors
/// As [`Usage::look`].
pub(super) fn check_whole(file: &File, log: PathBuf) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Unavailable(error.to_string());
    let before = read_mark(file).map_err(failed)?;
    match Usage::look(file, log, false) {
        // A server that has begun or stopped in between has changed the mark.
        Err(StoreError::Invalid(_)) if read_mark(file).map_err(failed)? != before => Ok(()),
        looked => looked.map(drop),
    }
}

/// Says of a copy that no server has used that all is in it.
pub(super) fn mark_copy(file: &File, number: u32) -> std::io::Result<()> {
    let mark = Mark::Stopped(number).user_version();
    file.write_all_at(&mark.to_be_bytes(), USER_VERSION as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_mark_follows_a_log_that_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = super::super::file::Held::open(&folder.path().join("db")).unwrap();
        let connection = super::super::connect(&folder.path().join("db")).unwrap();
        let mut usage = Usage::look(file.file(), file.log(), false).unwrap();
        usage.begin(&connection).unwrap();
        let in_file = || read_mark(file.file()).unwrap();
        let begun = in_file();
        let anew = || {
            assert!(checkpoint(&connection, "RESTART").unwrap());
            connection
                .execute_batch("CREATE TABLE t (x); DROP TABLE t")
                .unwrap();
        };
        for _ in 0..GROUPS {
            usage.keep_up(&connection).unwrap();
        }
        anew();
        anew();
        assert_eq!(in_file(), begun);
        let salt = Log::read(&file.log()).unwrap().unwrap().salt;
        assert_eq!(salt & NUMBER, (begun.number() + 3) & NUMBER);
        usage.keep_up(&connection).unwrap();
        anew();
        assert_eq!(in_file(), Mark::InUse(salt & NUMBER));
        usage.keep_up(&connection).unwrap();
        anew();
        assert_eq!(in_file(), Mark::InUse(salt & NUMBER));
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        for mark in [
            Mark::None,
            Mark::Stopped(0),
            Mark::Begun(7),
            Mark::InUse(NUMBER),
        ] {
            assert_eq!(Mark::of(mark.user_version()), mark);
            // SQLite's number is a signed one.
            assert!(i32::try_from(mark.user_version()).is_ok(), "{mark:?}");
        }
    }

    #[test]
    fn what_belongs_together() {
        let pages = |salt, mark| {
            Some(Log {
                salt,
                pages: true,
                mark,
            })
        };
        let empty = |salt| {
            Some(Log {
                salt,
                pages: false,
                mark: Mark::None,
            })
        };
        let near_the_end = NUMBER - 1;
        for (name, mark, log, expected) in [
            ("from before", Mark::None, None, Left::Whole),
            (
                "cut off before",
                Mark::None,
                pages(9, Mark::None),
                Left::Whole,
            ),
            ("stopped", Mark::Stopped(3), None, Left::Whole),
            (
                "a stop that was cut off",
                Mark::Stopped(3),
                pages(3, Mark::InUse(2)),
                Left::Whole,
            ),
            ("looked at since", Mark::Stopped(3), empty(9), Left::Whole),
            (
                "a start that was cut off",
                Mark::Stopped(3),
                pages(9, Mark::Begun(3)),
                Left::Whole,
            ),
            (
                "another's start",
                Mark::Stopped(3),
                pages(9, Mark::Begun(4)),
                Left::Foreign,
            ),
            (
                "another's log",
                Mark::Stopped(3),
                pages(9, Mark::InUse(9)),
                Left::Foreign,
            ),
            ("cut off", Mark::InUse(9), pages(9, Mark::None), Left::InUse),
            (
                "later",
                Mark::InUse(9),
                pages(5_000, Mark::None),
                Left::InUse,
            ),
            (
                "begun anew just now",
                Mark::InUse(9),
                empty(10),
                Left::InUse,
            ),
            (
                "beyond 29 bits",
                Mark::InUse(near_the_end),
                pages((1 << 29) + 4, Mark::None),
                Left::InUse,
            ),
            (
                "an older log",
                Mark::InUse(9),
                pages(8, Mark::None),
                Left::Foreign,
            ),
            ("a copy alone", Mark::InUse(9), None, Left::Incomplete),
            (
                "one that was opened since",
                Mark::InUse(9),
                empty(1 << 28),
                Left::Incomplete,
            ),
            (
                "accepted and cut off",
                Mark::InUse(9),
                pages(1 << 28, Mark::Begun(9)),
                Left::Whole,
            ),
            ("a migration", Mark::Begun(9), None, Left::Whole),
        ] {
            assert_eq!(left(mark, log), expected, "{name}");
        }
    }
}
