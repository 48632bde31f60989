//! Copies of a SQLite database: which of them have all that was committed, and what happens to a file that
//! is taken away, replaced or damaged under a store that has it open.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use chancery_store::{Store, StoreError, backup_sqlite};

use crate::bed::{Bed, free};
use crate::rows::{accounts, commit, domain};

/// Copies the database, with what is beside it under these ends of names.
fn copy(from: &Path, to: &Path, ends: &[&str]) {
    for end in ends {
        let name = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        fs::copy(name(from), name(to)).unwrap();
    }
}

async fn add(store: &Store, id: &str) -> Result<(), StoreError> {
    commit(store, |tx| tx.insert_domain(&domain(id))).await
}

async fn count(store: &Store) -> usize {
    store.domains().await.unwrap().len()
}

#[track_caller]
fn refused(opened: Result<Store, StoreError>, sentence: &str) {
    match opened.err() {
        Some(StoreError::Invalid(text)) => assert!(text.contains(sentence), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_copy_without_its_log_is_refused() {
    let (bed, other) = (Bed::sqlite(), Bed::sqlite());
    let store = bed.open().await;
    accounts(&store).await;
    copy(&bed.file(), &other.file(), &[""]);
    let before = fs::read(other.file()).unwrap();
    for _ in 0..2 {
        // To look at it must not make the log that is missing.
        refused(other.try_open().await, "--accept-incomplete");
        assert_eq!(fs::read(other.file()).unwrap(), before);
    }
    // Nor does it when another program has opened it.
    drop(other_program(
        &other.file(),
        "SELECT count(*) FROM sqlite_master",
    ));
    refused(other.try_open().await, "--accept-incomplete");

    // Accepted once, it is whole, though nothing is written.
    let accepted = Store::open_incomplete_sqlite(other.file()).await.unwrap();
    assert!(accepted.was_cut_off());
    drop(accepted);
    let accepted = other.open().await;
    assert!(!accepted.was_cut_off());
    assert_eq!(count(&accepted).await, 0);
    // It has a mark of its own from then on.
    add(&accepted, "new").await.unwrap();
    let third = Bed::sqlite();
    copy(&other.file(), &third.file(), &[""]);
    refused(third.try_open().await, "--accept-incomplete");
    copy(&other.file(), &third.file(), &["", "-wal"]);
    assert_eq!(count(&third.open().await).await, 1);
    drop(accepted);
    assert_eq!(count(&other.open().await).await, 1);
}

/// Runs SQL in another program, as an operator does; its connection is closed when that is dropped.
fn other_program(file: &Path, sql: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(file).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while rows.next().unwrap().is_some() {}
    drop(rows);
    drop(statement);
    connection
}

#[tokio::test]
async fn copies_with_all_of_it_open() {
    let (bed, crashed, stopped) = (Bed::sqlite(), Bed::sqlite(), Bed::sqlite());
    let store = bed.open().await;
    assert!(!store.was_cut_off());
    accounts(&store).await;
    // A file system's snapshot, or a crash.
    copy(&bed.file(), &crashed.file(), &["", "-wal"]);
    drop(store);
    assert!(!PathBuf::from(format!("{}-wal", bed.file().display())).exists());
    copy(&bed.file(), &stopped.file(), &[""]);
    let store = crashed.open().await;
    assert!(store.was_cut_off());
    assert_eq!(count(&store).await, 2);
    let store = stopped.open().await;
    assert!(!store.was_cut_off());
    assert_eq!(count(&store).await, 2);
}

#[tokio::test]
async fn to_open_and_close_changes_nothing() {
    let bed = Bed::sqlite();
    accounts(&bed.open().await).await;
    let before = fs::read(bed.file()).unwrap();
    assert_eq!(count(&bed.open().await).await, 2);
    assert_eq!(fs::read(bed.file()).unwrap(), before);
    let files = fs::read_dir(bed.file().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1);
}

#[tokio::test]
async fn a_log_of_another_time_is_refused() {
    let (bed, other) = (Bed::sqlite(), Bed::sqlite());
    let store = bed.open().await;
    accounts(&store).await;
    let backup = bed.file().with_extension("backup");
    backup_sqlite(&bed.file(), &backup).unwrap();
    add(&store, "later").await.unwrap();
    copy(&bed.file(), &other.file(), &["", "-wal"]);
    drop(store);
    // A backup in the place of what was in use, and one in the place of another that was in use.
    let old_log = PathBuf::from(format!("{}-wal", other.file().display()));
    fs::copy(&backup, other.file()).unwrap();
    refused(other.try_open().await, "move chancery.db-wal away");
    assert_eq!(fs::read(other.file()).unwrap(), fs::read(&backup).unwrap());
    let store = bed.open().await;
    add(&store, "even later").await.unwrap();
    copy(&bed.file(), &other.file(), &[""]);
    refused(other.try_open().await, "move chancery.db-wal away");
    // Without it each is what it is.
    fs::remove_file(&old_log).unwrap();
    refused(other.try_open().await, "--accept-incomplete");
    fs::copy(&backup, other.file()).unwrap();
    assert_eq!(count(&other.open().await).await, 2);
}

#[tokio::test]
async fn a_reader_that_stays_keeps_no_stop_from_being_one() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    accounts(&store).await;
    let reader = rusqlite::Connection::open(bed.file()).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM domains")
        .unwrap();
    let counted: i64 = reader
        .query_row("SELECT count(*) FROM domains", [], |row| row.get(0))
        .unwrap();
    assert_eq!(counted, 2);
    add(&store, "later").await.unwrap();
    drop(store);
    let store = bed.open().await;
    assert_eq!(count(&store).await, 3);
    add(&store, "last").await.unwrap();
    drop(reader);
    drop(store);
    let store = bed.open().await;
    assert!(!store.was_cut_off());
    assert_eq!(count(&store).await, 4);
}

/// Names the file to the process that is going to be killed.
const CHILD_FILE: &str = "CHANCERY_TEST_STARTED_FILE";

/// What [`a_start_that_is_killed_at_any_moment`] runs in a process of its own; nothing otherwise.
#[tokio::test]
async fn starts_until_it_is_killed() {
    let Ok(file) = std::env::var(CHILD_FILE) else {
        return;
    };
    writeln!(std::io::stderr(), "starting").unwrap();
    for number in 0.. {
        let store = free(|| Store::open_sqlite(&file)).await.unwrap();
        let id = format!("{}-{number}", std::process::id());
        add(&store, &id).await.unwrap();
        writeln!(std::io::stderr(), "stored").unwrap();
    }
}

/// Whatever moment of a start or of a stop it is, the next one needs nobody's help and has all that was
/// acknowledged.
#[tokio::test]
async fn a_start_that_is_killed_at_any_moment() {
    let bed = Bed::sqlite();
    let mut stored = 0;
    for round in 0..24 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "copies::starts_until_it_is_killed",
                "--nocapture",
            ])
            .env(CHILD_FILE, bed.file())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        assert_eq!(first, "starting");
        std::thread::sleep(Duration::from_micros(500 + 1_300 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let said: Vec<_> = lines.map_while(Result::ok).collect();
        let failed: Vec<_> = said.iter().filter(|line| *line != "stored").collect();
        assert!(failed.is_empty(), "{failed:?}");
        stored += said.len();
        let store = bed.open().await;
        let found = count(&store).await;
        assert!(found >= stored, "{found} of {stored}");
        stored = found;
    }
}

#[tokio::test]
async fn a_file_has_one_lock_under_all_its_names() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    accounts(&store).await;
    let folder = bed.file().parent().unwrap().to_owned();
    for (name, link) in [("hard", true), ("soft", false)] {
        fs::create_dir(folder.join(name)).unwrap();
        let other = folder.join(name).join("chancery.db");
        match link {
            true => fs::hard_link(bed.file(), &other).unwrap(),
            false => symlink(bed.file(), &other).unwrap(),
        }
        let opened = Store::open_sqlite(&other).await.err();
        let Some(StoreError::Unavailable(text)) = opened else {
            panic!("{opened:?}")
        };
        assert!(text.contains("another process has"), "{text}");
    }
    add(&store, "still").await.unwrap();
}

#[tokio::test]
async fn nothing_is_acknowledged_into_files_that_are_gone() {
    for way in ["delete", "replace", "move the folder", "delete the log"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let file = data.join("chancery.db");
        let log = data.join("chancery.db-wal");
        let store = Store::open_sqlite(&file).await.unwrap();
        accounts(&store).await;
        match way {
            "delete" => fs::remove_file(&file).unwrap(),
            "replace" => {
                fs::copy(&file, data.join("new")).unwrap();
                fs::rename(data.join("new"), &file).unwrap();
                // The log of whoever has taken the place.
                fs::write(data.join("new"), "theirs").unwrap();
                fs::rename(data.join("new"), &log).unwrap();
            }
            "move the folder" => fs::rename(&data, folder.path().join("away")).unwrap(),
            _ => fs::remove_file(&log).unwrap(),
        }
        let failed = add(&store, "lost").await;
        let Err(StoreError::Unavailable(text)) = failed else {
            panic!("{way}: {failed:?}")
        };
        assert!(text.contains("while the server was running"), "{text}");
        let reason = tokio::time::timeout(Duration::from_secs(10), store.died()).await;
        let reason = reason.unwrap();
        assert!(
            reason.starts_with("nothing can be stored: "),
            "{way}: {reason}"
        );
        assert!(
            reason.ends_with("while the server was running"),
            "{way}: {reason}"
        );
        drop(store);
        if way == "replace" {
            assert_eq!(fs::read_to_string(&log).unwrap(), "theirs");
        }
    }
}

#[tokio::test]
async fn noise_in_the_file_is_found() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    for group in 0..20 {
        commit(&store, |tx| {
            for number in 0..200 {
                tx.insert_domain(&domain(&format!("account-{group}-{number}")));
            }
            tx
        })
        .await
        .unwrap();
    }
    assert!(store.damage().await.unwrap().is_empty());
    drop(store);
    let file = OpenOptions::new().write(true).open(bed.file()).unwrap();
    let noise: Vec<u8> = (0..64 * 1024_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let at = file.metadata().unwrap().len() / 4 * 3;
    file.write_all_at(&noise, at).unwrap();
    let store = bed.open().await;
    let damage = store.damage().await.unwrap();
    assert!(!damage.is_empty());
    assert!(damage.len() <= 20, "{}", damage.len());
    // One at a time, and each says the same.
    assert_eq!(store.damage().await.unwrap(), damage);
}

#[tokio::test]
async fn a_backup_is_a_database_of_its_own() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    accounts(&store).await;
    let folder = bed.file().parent().unwrap().to_owned();
    let backup = folder.join("backup.db");
    backup_sqlite(&bed.file(), &backup).unwrap();
    add(&store, "later").await.unwrap();
    let found = fs::metadata(&backup).unwrap();
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    assert_eq!(found.nlink(), 1);
    let restored = Bed::sqlite();
    fs::copy(&backup, restored.file()).unwrap();
    let again = restored.open().await;
    assert!(!again.was_cut_off());
    assert_eq!(count(&again).await, 2);
    add(&again, "of its own").await.unwrap();
    // So does one of a desk that stands still, and one of a crash.
    drop(again);
    backup_sqlite(&restored.file(), &folder.join("still.db")).unwrap();
    let crashed = Bed::sqlite();
    copy(&bed.file(), &crashed.file(), &["", "-wal"]);
    backup_sqlite(&crashed.file(), &folder.join("crashed.db")).unwrap();
    let third = Store::open_sqlite(folder.join("crashed.db")).await.unwrap();
    assert_eq!(count(&third).await, 3);
    assert_eq!(count(&crashed.open().await).await, 3);
}

#[tokio::test]
async fn a_backup_takes_no_other_files_place() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    accounts(&store).await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("there"), "something").unwrap();
    symlink(path("nowhere"), path("dangling")).unwrap();
    symlink(path("there"), path("link")).unwrap();
    for name in ["there", "dangling", "link"] {
        let failed = backup_sqlite(&bed.file(), &path(name)).unwrap_err();
        assert!(failed.to_string().contains("is there already"), "{failed}");
    }
    assert_eq!(fs::read_to_string(path("there")).unwrap(), "something");
    assert!(!path("nowhere").exists());
    // What cannot be written, and what is not whole.
    let failed = backup_sqlite(&bed.file(), &path("no/folder")).unwrap_err();
    assert!(matches!(failed, StoreError::Unavailable(_)), "{failed}");
    let incomplete = Bed::sqlite();
    copy(&bed.file(), &incomplete.file(), &[""]);
    let failed = backup_sqlite(&incomplete.file(), &path("of a copy")).unwrap_err();
    assert!(failed.to_string().contains("is missing"), "{failed}");
    fs::write(path("text"), "not a database".repeat(100)).unwrap();
    let failed = backup_sqlite(&path("text"), &path("of text")).unwrap_err();
    assert!(matches!(failed, StoreError::Invalid(_)), "{failed}");
    let mut left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["dangling", "link", "text", "there"]);
}
