//! What is said of a database that is not there, is another one's, or cannot be copied.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use chancery_testing::postgres::TestPg;

use super::files;
use super::messages::{in_words, refuses};
use crate::support::{Server, free_port};

#[test]
fn a_postgresql_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let tried = |url: &str, words: &[&str]| {
        let text = refuses(&data, &["--database", url], words);
        assert!(!text.contains("secret"), "{text}");
        assert!(!data.join("master.key").exists());
    };
    let port = free_port();
    tried(
        &format!("postgres://alice:secret@127.0.0.1:{port}/desk"),
        &[&format!(
            "--database: PostgreSQL at 127.0.0.1:{port}, database desk, user alice: nothing listens \
                 there"
        )],
    );
    tried(
        "postgres://alice:secret@host.invalid/desk",
        &["host.invalid:5432", "the name of the host is not known"],
    );
    tried(
        &format!(
            "host={} user=alice password=secret",
            folder.path().display()
        ),
        &[".s.PGSQL.5432", "there is no such socket"],
    );
    tried(
        "postgres://alice:secret@127.0.0.1:port/desk",
        &["--database: the database's address is not understood"],
    );
    tried(
        "mysql://alice:secret@127.0.0.1/desk",
        &["must start with postgres://"],
    );
    // A server that says what it has not.
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let url = postgres.url("public");
    let other = url.replace("dbname=postgres", "dbname=no_such password=secret");
    assert_ne!(url, other);
    tried(
        &other,
        &["database no_such, user chancery", "does not exist"],
    );
    let more = format!("{url} host=127.0.0.1 port={port} sslmode=require");
    tried(&more, &["127.0.0.1", "nothing listens there"]);
}

#[test]
fn another_master_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Server::start("serve", &data, &[]).stop();
    let key = data.join("master.key");
    let right = fs::read(&key).unwrap();
    let sentence = format!(
        "this database was made with another master.key than {}: copy the one of its first node",
        key.display()
    );
    fs::write(&key, "0".repeat(64)).unwrap();
    let audit = |data: &Path| entries(&data.join("chancery.db"));
    let before = audit(&data);
    refuses(&data, &[], &[&sentence, "Nothing was changed"]);
    assert_eq!(audit(&data), before);
    fs::write(&key, right).unwrap();
    Server::start("serve", &data, &[]).stop();

    let Some(postgres) = TestPg::get() else {
        return;
    };
    let node = folder.path().join("node");
    let one = folder.path().join("one");
    let database = postgres.new_schema("keys");
    let options = ["--database", database.as_str()];
    Server::start("serve", &one, &options).stop();
    fs::create_dir(&node).unwrap();
    fs::set_permissions(&node, fs::Permissions::from_mode(0o700)).unwrap();
    // That of another desk.
    fs::copy(&key, node.join("master.key")).unwrap();
    refuses(&node, &options, &["another master.key than"]);
    assert!(!files(&node).contains_key("client.env"));
    fs::copy(one.join("master.key"), node.join("master.key")).unwrap();
    Server::start("serve", &node, &options).stop();
}

/// What the tables of a database hold, by their names.
fn entries(database: &Path) -> Vec<(String, i64)> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    let names: Vec<String> = names.collect::<Result<_, _>>().unwrap();
    let count = |name: String| {
        let sql = format!("SELECT count(*) FROM {name}");
        let rows = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        (name, rows)
    };
    names.into_iter().map(count).collect()
}

#[test]
fn a_backup_that_cannot_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let backup = |data: &str, file: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .args(["backup", "--data", data, file])
            .stdin(Stdio::null());
        command
    };
    let tried = |data: &str, file: &str, words: &[&str]| {
        let output = backup(data, file).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = in_words(&output, words);
        assert!(!text.contains("storage is not available"), "{text}");
    };
    let copy = path("copy.db");
    let none = format!("there is no chancery.db in {}", path("data"));
    tried(&path("data"), &copy, &[&none, "--data", "pg_dump"]);
    fs::create_dir_all(path("odd/chancery.db")).unwrap();
    tried(&path("odd"), &copy, &["odd/chancery.db is no file"]);

    let server = Server::start("serve", &data, &[]);
    let data = path("data");
    let proposed = format!("{} is a folder: name the file to write in it", path("odd"));
    tried(&data, &path("odd"), &[&proposed, "odd/chancery.db"]);
    let missing = format!("there is no folder {} to write into", path("nowhere"));
    tried(&data, &path("nowhere/copy.db"), &[&missing]);
    fs::write(path("file"), "").unwrap();
    tried(
        &data,
        &path("file/copy.db"),
        &["file is a file, and no folder"],
    );
    tried(
        &data,
        &path("file"),
        &["no backup was written", "is there already"],
    );
    assert_eq!(fs::read(path("file")).unwrap(), b"");
    assert!(!Path::new(&copy).exists());

    // What was written is not made a second time, whether or not it can be said.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = backup(&data, &copy).stdout(full).output().unwrap();
    in_words(
        &output,
        &["the backup was written, but standard output: the disk is full"],
    );
    assert!(Path::new(&copy).is_file());
    server.stop();
}
