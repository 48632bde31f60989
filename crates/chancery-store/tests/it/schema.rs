//! Opening, closing, and the schema.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chancery_store::{Store, StoreError};

use crate::bed::{Bed, on_both};
use crate::rows::*;

on_both!(
    reopening_loses_nothing,
    an_older_schema_is_brought_up,
    what_was_revoked_before_stays_so,
    a_newer_schema_is_refused,
    every_unique_key_has_its_label
);

async fn reopening_loses_nothing(bed: Bed) {
    let store = bed.open().await;
    accounts(&store).await;
    commit(&store, |tx| {
        tx.insert_authority(&authority("alpha", "a1"))
            .insert_private_certificate(&certificate("alpha", "c1"))
            .insert_store_certificate(&store_certificate("alpha", "scs1"))
            .insert_setting("name", &[1])
            .audit(entry("a1"))
    })
    .await
    .unwrap();
    // The last commits are waiting when the store is dropped; they are done all the same.
    let waiting: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let id = format!("p{number}");
                commit(&store, |tx| tx.insert_project(&project("alpha", &id)))
                    .await
                    .unwrap();
            })
        })
        .collect();
    drop(store);
    for task in waiting {
        task.await.unwrap();
    }
    for _ in 0..2 {
        let store = bed.open().await;
        assert!(store.authority("alpha", "a1").await.unwrap() == Some(authority("alpha", "a1")));
        let row = store.private_certificate("alpha", "c1").await.unwrap();
        assert!(row == Some(certificate("alpha", "c1")));
        let row = store.store_certificate("alpha", "scs1").await.unwrap();
        assert!(row == Some(store_certificate("alpha", "scs1")));
        assert_eq!(store.setting("name").await.unwrap(), Some(vec![1]));
        assert_eq!(store.projects("alpha").await.unwrap().len(), 50);
        assert_eq!(store.verify_audit_chain(&bed.writer(1)).await, Ok(1));
    }
}

/// The SQL of a database of this version, at most 7.
fn schema(bed: &Bed, version: usize) -> String {
    let (text, int, bytes, table) = match bed.is_postgres() {
        true => ("TEXT COLLATE \"C\"", "BIGINT", "BYTEA", ""),
        false => ("TEXT", "INTEGER", "BLOB", " STRICT"),
    };
    let steps = [
        include_str!("../../migrations/0001_initial.sql"),
        include_str!("../../migrations/0002_pairs.sql"),
        include_str!("../../migrations/0003_iam.sql"),
        include_str!("../../migrations/0004_enterprise_projects.sql"),
        include_str!("../../migrations/0005_tags.sql"),
        include_str!("../../migrations/0006_revocation.sql"),
        include_str!("../../migrations/0007_orders.sql"),
    ];
    let steps = steps[..version].concat();
    let steps = steps
        .replace("{TEXT}", text)
        .replace("{INT}", int)
        .replace("{BYTES}", bytes)
        .replace("{TABLE}", table);
    format!(
        "{steps} CREATE TABLE schema_version (version {int} NOT NULL){table}; \
         INSERT INTO schema_version (version) VALUES ({version});"
    )
}

/// A database of the first version, with a certificate, and an administrator and another user.
async fn an_older_schema_is_brought_up(bed: Bed) {
    let first = schema(&bed, 1);
    let bytes = if bed.is_postgres() {
        "'\\x30'"
    } else {
        "x'30'"
    };
    bed.execute(&format!(
        "{first} \
         INSERT INTO private_certificates (id, domain_id, status, gen_mode, issuer_id, issuer_name, \
         key_algorithm, signature_algorithm, serial_number, common_name, subject, not_before, \
         not_after, created_at, certificate, enterprise_project_id) VALUES ('c1', 'alpha', 'ISSUED', \
         'CSR', 'issuer', 'Issuer', 'EC256', 'SHA256', '0B', 'old', '{{}}', 1, 2, 3, {bytes}, '0'), \
         ('c2', 'alpha', 'ISSUED', 'CSR', 'issuer', 'Issuer', 'EC256', 'SHA256', '0C', 'old', '{{}}', \
         1, 2, 4, {bytes}, 'filed'), ('c3', 'alpha', 'ISSUED', 'CSR', 'issuer', 'Issuer', 'EC256', \
         'SHA256', '0D', 'old', '{{}}', 1, 2, 5, {bytes}, 'filed'); \
         INSERT INTO domains (id, name, created_at) VALUES ('alpha', 'alpha name', 1); \
         INSERT INTO users (id, domain_id, name, password_hash, enabled, created_at) \
         VALUES ('boss', 'alpha', 'b', '', 1, 1), ('clerk', 'alpha', 'c', '', 1, 1); \
         INSERT INTO policies (id, domain_id, name, document, created_at) \
         VALUES ('p', 'alpha', 'FullAccess', '{{}}', 1); \
         INSERT INTO user_policies (user_id, policy_id) VALUES ('boss', 'p');"
    ))
    .await;
    let store = bed.open().await;
    let row = store.private_certificate("alpha", "c1").await.unwrap();
    let row = row.unwrap();
    assert_eq!(
        (row.common_name.as_str(), row.enc_serial_number),
        ("old", None)
    );
    assert_eq!(store.private_certificate_count("alpha").await, Ok(3));
    // What was filed under an enterprise project before there were any stays there.
    let projects = store.enterprise_projects("alpha").await.unwrap();
    let [project] = &projects[..] else {
        panic!("{projects:?}")
    };
    assert_eq!(
        (project.name.as_str(), project.enabled, project.created_at),
        ("filed", true, 4)
    );
    assert_eq!(store.domain("alpha").await.unwrap(), Some(domain("alpha")));
    // Who had a policy is the account's owner; policies stay the operator's.
    for (id, owner) in [("boss", true), ("clerk", false)] {
        let user = store.user("alpha", id).await.unwrap().unwrap();
        assert_eq!((user.owner, user.profile.as_str()), (owner, ""), "{id}");
    }
    let policy = store.policy("alpha", "p").await.unwrap().unwrap();
    assert_eq!((policy.kind.as_str(), policy.updated_at), ("", 0));
    commit(&store, |tx| {
        tx.insert_encryption_half(&encryption_half("c1"))
    })
    .await
    .unwrap();
    drop(store);
    assert!(
        bed.open()
            .await
            .encryption_half("c1")
            .await
            .unwrap()
            .is_some()
    );
}

/// A certificate that was revoked and deleted when nobody kept in mind when it ends.
async fn what_was_revoked_before_stays_so(bed: Bed) {
    let seventh = schema(&bed, 7);
    bed.execute(&format!(
        "{seventh} INSERT INTO past_revocations \
         (issuer_id, serial_number, revoked_at, revocation_reason) \
         VALUES ('issuer', '0B', 5, 'SUPERSEDED');"
    ))
    .await;
    let store = bed.open().await;
    let serials = ["0B".to_owned()];
    let statuses = store.issued_statuses("issuer", &serials).await.unwrap();
    let status = &statuses["0B"];
    assert_eq!(status.revoked_at, Some(5));
    assert_eq!(status.reason.as_deref(), Some("SUPERSEDED"));
    let listed = store.revocations("issuer", i64::MAX).await.unwrap();
    assert_eq!(listed.len(), 1);
}

async fn a_newer_schema_is_refused(bed: Bed) {
    accounts(&bed.open().await).await;
    bed.execute("INSERT INTO schema_version (version) VALUES (99)")
        .await;
    for _ in 0..2 {
        let refused = bed.try_open().await.err();
        assert_eq!(
            refused,
            Some(StoreError::UnknownSchema {
                found: 99,
                known: 11
            })
        );
    }
    bed.execute("DELETE FROM schema_version WHERE version = 99")
        .await;
    assert_eq!(bed.open().await.domains().await.unwrap().len(), 2);
}

/// Adding a unique key without a label would give errors without a name.
async fn every_unique_key_has_its_label(bed: Bed) {
    drop(bed.open().await);
    let mut names = BTreeSet::new();
    if bed.is_postgres() {
        let sql = "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
                   WHERE indisunique AND relnamespace = current_schema()::regnamespace";
        for row in bed.client().await.query(sql, &[]).await.unwrap() {
            names.insert(row.get::<_, String>(0));
        }
    } else {
        // SQLite reports tables and columns, of which the names are made.
        let database = rusqlite::Connection::open(bed.file()).unwrap();
        let sql = "SELECT tables.name, indexes.seq, columns.seqno, columns.name \
                   FROM sqlite_master AS tables, pragma_index_list(tables.name) AS indexes, \
                   pragma_index_info(indexes.name) AS columns \
                   WHERE tables.type = 'table' AND indexes.\"unique\" = 1 ORDER BY 1, 2, 3";
        let mut statement = database.prepare(sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut keys = std::collections::BTreeMap::new();
        while let Some(row) = rows.next().unwrap() {
            let (table, index): (String, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
            let column: String = row.get(3).unwrap();
            keys.entry((table.clone(), index))
                .or_insert(table)
                .push_str(&format!("_{column}"));
        }
        names.extend(keys.into_values());
    }
    let source = include_str!("../../src/label.rs");
    for name in &names {
        assert!(
            source.contains(&format!("= \"{name}\",")),
            "{name} has no label"
        );
    }
    let labels = source.matches("\",\n").count();
    assert_eq!(names.len(), labels, "{names:?}");
}

/// A process that is killed while it writes has stored all that it had an answer for, and leaves
/// the file free for the next one.
#[tokio::test]
async fn a_killed_process_loses_nothing() {
    let bed = Bed::sqlite();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "schema::writes_until_it_is_killed",
            "--nocapture",
        ])
        .env(CHILD_FILE, bed.file())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stored = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(number) = line.strip_prefix("stored ") else {
            continue;
        };
        stored = number.parse().unwrap();
        if stored == 100 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(stored >= 100, "{stored}");
    let store = bed.open().await;
    let domains = store.domains().await.unwrap().len() as u64;
    assert!(domains >= stored, "{domains} of {stored}");
    assert_eq!(store.verify_audit_chain("local").await, Ok(domains));
}

/// Names the file to the process that is going to be killed.
const CHILD_FILE: &str = "CHANCERY_TEST_STORE_FILE";

/// What [`a_killed_process_loses_nothing`] runs in a process of its own; nothing otherwise.
#[tokio::test]
async fn writes_until_it_is_killed() {
    let Ok(file) = std::env::var(CHILD_FILE) else {
        return;
    };
    let store = Store::open_sqlite(file).await.unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    for number in 1.. {
        assert!(Instant::now() < end, "not killed");
        let id = format!("d{number}");
        commit(&store, |tx| {
            tx.insert_domain(&domain(&id)).audit(entry(&id))
        })
        .await
        .unwrap();
        writeln!(std::io::stdout(), "stored {number}").unwrap();
    }
}

#[tokio::test]
async fn one_process_at_a_time_opens_a_file() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    let refused = bed.try_open().await.err();
    let Some(StoreError::Unavailable(text)) = refused else {
        panic!("{refused:?}")
    };
    assert!(text.contains("chancery.db open"), "{text}");
    accounts(&store).await;
    drop(store);
    assert_eq!(bed.open().await.domains().await.unwrap().len(), 2);
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    let bed = Bed::sqlite();
    let store = bed.open().await;
    accounts(&store).await;
    let folder = bed.file().parent().unwrap().to_owned();
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["chancery.db", "chancery.db-shm", "chancery.db-wal"]);
}

#[tokio::test]
async fn files_of_others_are_refused() {
    let bed = Bed::sqlite();
    std::fs::write(
        bed.file(),
        "not a database, but long enough to be looked at".repeat(100),
    )
    .unwrap();
    let refused = bed.try_open().await.err();
    assert!(
        matches!(refused, Some(StoreError::Invalid(_))),
        "{refused:?}"
    );

    let bed = Bed::sqlite();
    bed.execute("CREATE TABLE theirs (a)").await;
    let refused = bed.try_open().await.err();
    assert!(
        matches!(refused, Some(StoreError::Invalid(_))),
        "{refused:?}"
    );

    let nowhere = Store::open_sqlite("/nonexistent/folder/chancery.db")
        .await
        .err();
    assert!(
        matches!(nowhere, Some(StoreError::Unavailable(_))),
        "{nowhere:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_reported() {
    let url = "host=/nonexistent user=u password=hunter2 dbname=d";
    let Err(error) = Store::open_postgres(url, "writer").await else {
        panic!("opened")
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    let Err(error) = Store::open_postgres("hunter2 = ", "writer").await else {
        panic!("opened")
    };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}
