//! Copies, backups and older states of a desk's database, and what a server does when the ground under it
//! is taken away.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use chancery_testing::postgres::TestPg;
use serde_json::{Value, json};

use crate::support::{Server, command, free_port};

const CAS: &str = "/v1/private-certificate-authorities";
const CERTIFICATES: &str = "/v1/private-certificates";

fn post(server: &Server, token: &str, path: &str, body: &Value) -> Value {
    let token = format!("X-Auth-Token: {token}");
    let json = "Content-Type: application/json";
    let body = body.to_string();
    let (status, _, answer) = server.curl(&["-H", &token, "-H", json, "-d", &body], path);
    assert!((200..300).contains(&status), "{path}: {status} {answer}");
    serde_json::from_str(&answer).unwrap_or(Value::Null)
}

fn root(server: &Server, token: &str, name: &str) -> String {
    let body = json!({
        "type": "ROOT", "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "validity": { "type": "YEAR", "value": 1 },
        "distinguished_name": {
            "common_name": name, "country": "CN", "state": "Guangdong",
            "locality": "Shenzhen", "organization": "Acme", "organizational_unit": "ops",
        },
    });
    let made = post(server, token, CAS, &body);
    made["ca_id"].as_str().unwrap().to_owned()
}

fn leaf(server: &Server, token: &str, issuer: &str) -> String {
    let body = json!({
        "issuer_id": issuer, "key_algorithm": "EC256", "signature_algorithm": "SHA256",
        "distinguished_name": { "common_name": "www.example.com" },
        "validity": { "type": "DAY", "value": 30 },
    });
    let made = post(server, token, CERTIFICATES, &body);
    made["certificate_id"].as_str().unwrap().to_owned()
}

/// A desk that was started and stopped, with a CA.
fn stopped_desk(data: &Path) {
    let server = Server::start("serve", data, &[]);
    root(&server, &server.token(), "root");
    server.stop();
}

fn said(output: &Output) -> String {
    assert!(!output.status.success(), "it succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn backup(data: &Path, file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chancery"))
        .arg("backup")
        .arg("--data")
        .arg(data)
        .arg(file)
        .output()
        .unwrap()
}

#[test]
fn a_copy_of_a_running_desk_needs_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    stopped_desk(&data);
    let server = Server::start("serve", &data, &[]);
    root(&server, &server.token(), "another root");
    fs::create_dir(&copy).unwrap();
    for name in ["chancery.db", "master.key", "desk.id"] {
        fs::copy(data.join(name), copy.join(name)).unwrap();
    }
    let before = fs::read(copy.join("chancery.db")).unwrap();
    let text = said(&command("serve", &copy).output().unwrap());
    assert!(text.contains("--accept-incomplete"), "{text}");
    assert_eq!(fs::read(copy.join("chancery.db")).unwrap(), before);
    assert!(!copy.join("client.env").exists());
    let log = Server::start("serve", &copy, &["--accept-incomplete"]).stop();
    assert!(log.contains("goes on without them"), "{log}");
    // A whole one from now on.
    let log = Server::start("serve", &copy, &[]).stop();
    assert!(!log.contains("goes on without them"), "{log}");

    // With its log a copy is what a crash leaves.
    fs::remove_file(copy.join("high-water")).unwrap();
    for name in ["chancery.db", "chancery.db-wal", "client.env"] {
        fs::copy(data.join(name), copy.join(name)).unwrap();
    }
    server.kill();
    let server = Server::start("serve", &copy, &[]);
    let token = format!("X-Auth-Token: {}", server.token());
    let (_, _, listed) = server.curl(&["-H", &token], CAS);
    assert!(listed.contains("another root"), "{listed}");
    server.stop();
}

#[test]
fn one_database_under_two_names_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    stopped_desk(&data);
    fs::create_dir(&other).unwrap();
    fs::hard_link(data.join("chancery.db"), other.join("chancery.db")).unwrap();
    for name in ["master.key", "desk.id"] {
        fs::copy(data.join(name), other.join(name)).unwrap();
    }
    let server = Server::start("serve", &data, &[]);
    let text = said(&command("serve", &other).output().unwrap());
    assert!(text.contains("another process has"), "{text}");
    let log = server.stop();
    assert!(log.contains("hard links"), "{log}");
}

#[test]
fn a_server_ends_when_its_folder_is_taken_away() {
    for way in ["moved", "deleted", "database replaced"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let server = Server::start("serve", &data, &[]);
        let token = server.token();
        let theirs = data.join("chancery.db-wal");
        match way {
            "moved" => fs::rename(&data, folder.path().join("away")).unwrap(),
            "deleted" => fs::remove_dir_all(&data).unwrap(),
            _ => {
                fs::copy(data.join("chancery.db"), data.join("new")).unwrap();
                fs::rename(data.join("new"), data.join("chancery.db")).unwrap();
                fs::write(data.join("new"), "theirs").unwrap();
                fs::rename(data.join("new"), &theirs).unwrap();
                let token = format!("X-Auth-Token: {token}");
                let body = r#"{"group":{"name":"lost"}}"#;
                let (status, _, _) = server.curl(&["-H", &token, "-d", body], "/v3/groups");
                assert!(status >= 500, "{status}");
            }
        }
        let (status, log) = server.ended();
        assert!(!status.success(), "{way}: {log}");
        assert!(log.contains("while the server was running"), "{way}: {log}");
        // Nothing of the server's is put where it was.
        match way {
            "database replaced" => assert_eq!(fs::read_to_string(&theirs).unwrap(), "theirs"),
            _ => assert!(!data.join("high-water").exists()),
        }
    }
}

/// Waits for a list of a CA with a number above `than`.
fn number_above(url: &str, than: u64) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let fetched = Command::new("curl")
            .args(["-sS", "-D", "-", "-o", "/dev/null", "--max-time", "30", url])
            .output()
            .unwrap();
        let head = String::from_utf8_lossy(&fetched.stdout).to_lowercase();
        let number = head
            .lines()
            .find_map(|line| line.strip_prefix("etag: \""))
            .and_then(|rest| rest.trim_end().trim_end_matches('"').parse::<u64>().ok());
        if let Some(number) = number.filter(|number| *number > than) {
            return number;
        }
        assert!(Instant::now() < deadline, "{head}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The number of the list in a file.
fn number_of(file: &Path) -> u64 {
    let mut openssl = Command::new("openssl");
    openssl.args(["crl", "-inform", "DER", "-noout", "-crlnumber", "-in"]);
    let read = openssl.arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&read.stdout);
    let digits = text.trim().strip_prefix("crlNumber=0x");
    digits.map_or(0, |digits| u64::from_str_radix(digits, 16).unwrap())
}

#[test]
fn a_restored_older_database_is_noticed_and_its_lists_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let listen = format!("127.0.0.1:{}", free_port());
    let options = ["--listen-pki", listen.as_str()];
    let server = Server::start("serve", &data, &options);
    let token = server.token();
    let ca = root(&server, &token, "root");
    let url = format!("http://{listen}/crl/{ca}.crl");
    let lists = json!({ "obs_bucket_name": "acme-lists", "valid_days": 7 });
    post(&server, &token, &format!("{CAS}/{ca}/crl/enable"), &lists);
    let first = number_above(&url, 0);
    let file = folder.path().join("backup.db");
    let made = backup(&data, &file);
    assert!(made.status.success(), "{made:?}");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = said(&backup(&data, &file));
    assert!(text.contains("is there already"), "{text}");

    let revoke = |server: &Server, token: &str| {
        let id = leaf(server, token, &ca);
        let path = format!("{CERTIFICATES}/{id}/revoke");
        post(server, token, &path, &json!({ "reason": "SUPERSEDED" }));
    };
    let mut newest = first;
    for _ in 0..2 {
        revoke(&server, &token);
        newest = number_above(&url, newest);
    }
    server.stop();
    let restore = || {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(data.join(format!("chancery.db{end}")));
        }
        fs::copy(&file, data.join("chancery.db")).unwrap();
    };
    // The folder knows the number and the time. An hour more than there was, since the test does not wait.
    restore();
    let known = fs::read_to_string(data.join("high-water")).unwrap();
    let time = known.lines().find_map(|line| line.strip_prefix("newest "));
    let time = time.unwrap();
    let later = (time.parse::<i64>().unwrap() + 3_600_000).to_string();
    fs::write(data.join("high-water"), known.replace(time, &later)).unwrap();
    let server = Server::start("serve", &data, &options);
    newest = number_above(&url, newest);
    revoke(&server, &server.token());
    newest = number_above(&url, newest);
    // Its copy follows it.
    let copy = data.join(format!("objects/acme-lists/{ca}.crl"));
    let deadline = Instant::now() + Duration::from_secs(60);
    while number_of(&copy) != newest {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = server.kill();
    assert!(log.contains("the database is older than"), "{log}");

    // The copy in the bucket knows it where the folder does not.
    restore();
    fs::remove_file(data.join("high-water")).unwrap();
    let server = Server::start("serve", &data, &options);
    revoke(&server, &server.token());
    let after_first = number_above(&url, first);
    assert!(after_first > newest, "{after_first} after {newest}");
    let log = server.stop();
    assert!(!log.contains("the database is older than"), "{log}");
}

#[test]
fn numbers_go_on_with_an_older_postgresql_database() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let database = postgres.new_schema("numbers");
    let listen = format!("127.0.0.1:{}", free_port());
    let options = ["--database", &database, "--listen-pki", &listen];
    let server = Server::start("serve", &data, &options);
    let token = server.token();
    let ca = root(&server, &token, "root");
    let url = format!("http://{listen}/crl/{ca}.crl");
    let lists = json!({ "obs_bucket_name": "acme-lists", "valid_days": 7 });
    post(&server, &token, &format!("{CAS}/{ca}/crl/enable"), &lists);
    let newest = number_above(&url, 0);
    server.stop();
    let before = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &database])
        .args(["-c", "UPDATE crls SET number = 0"])
        .output()
        .unwrap();
    assert!(before.status.success(), "{before:?}");
    let server = Server::start("serve", &data, &options);
    number_above(&url, newest);
    server.stop();
}

#[test]
fn a_backup_says_what_it_cannot_do() {
    let folder = tempfile::tempdir().unwrap();
    let text = said(&backup(folder.path(), &folder.path().join("file")));
    assert!(
        text.contains("pg_dump") && text.contains("--data"),
        "{text}"
    );
    assert!(!folder.path().join("file").exists());
}

#[test]
fn damage_is_found_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start("serve", data, &[]);
    let token = server.token();
    let ca = root(&server, &token, "root");
    for _ in 0..20 {
        leaf(&server, &token, &ca);
    }
    server.stop();
    // Of all pages, those of one table: the desk starts, and does not see it by itself.
    let connection = rusqlite::Connection::open(data.join("chancery.db")).unwrap();
    let page: i64 = connection
        .query_row(
            "SELECT rootpage FROM sqlite_master WHERE name = 'private_certificates'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(connection);
    let database = data.join("chancery.db");
    let mut bytes = fs::read(&database).unwrap();
    let start = usize::try_from((page - 1) * 4096).unwrap();
    for (at, byte) in bytes[start..start + 4096].iter_mut().enumerate() {
        *byte = (at.wrapping_mul(2_654_435_761) >> 13) as u8;
    }
    fs::write(&database, bytes).unwrap();
    // It was never looked through before, which is due.
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .execute("DELETE FROM settings WHERE name = 'storage.checked'", [])
        .unwrap();
    drop(connection);
    let server = Server::start("serve", data, &[]);
    server.logs("the database is damaged");
    let log = server.stop();
    assert!(log.contains("private_certificates"), "{log}");
    assert!(log.contains("restore the last backup"), "{log}");
}

/// A server behind `sh -c SCRIPT`, which ends with `exec "$0" "$@"`.
fn behind(script: &str, data: &Path, more: &[&str]) -> Command {
    let inner = command("serve", data);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .arg(inner.get_program())
        .args(inner.get_args())
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

#[test]
fn too_few_files_are_said_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut few = behind("ulimit -n 64; exec \"$0\" \"$@\"", &data, &[]);
    let text = said(&few.output().unwrap());
    assert!(
        text.contains("64 files") && text.contains("ulimit -n"),
        "{text}"
    );
    assert!(!data.exists(), "it has begun");
    // What a process may raise itself is raised.
    let soft = behind("ulimit -Sn 64; exec \"$0\" \"$@\"", &data, &[]);
    let log = Server::spawn(soft, &data).stop();
    assert!(!log.contains("files open"), "{log}");
    let some = behind("ulimit -n 160; exec \"$0\" \"$@\"", &data, &[]);
    let server = Server::spawn(some, &data);
    root(&server, &server.token(), "root");
    let log = server.stop();
    assert!(log.contains("a listener serves 64 connections"), "{log}");
}

/// With a file system of its own, where that is allowed; else with variables that lead nowhere.
#[test]
fn nothing_is_written_to_tmp() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let own = Command::new("unshare").args(["-m", "true"]).status();
    let script = match own.is_ok_and(|status| status.success()) {
        true => {
            "exec unshare -m sh -c 'mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp \
             && mount --bind \"$DATA\" \"$DATA\" && mount -o remount,bind,rw \"$DATA\" \
             && ! touch /tmp/chancery-writes 2>/dev/null && exec \"$0\" \"$@\"' \"$0\" \"$@\""
        }
        false => "exec \"$0\" \"$@\"",
    };
    let mut command = behind(script, &data, &[]);
    command
        .env("DATA", &data)
        .env("TMPDIR", "/nonexistent")
        .env("SQLITE_TMPDIR", "/nonexistent");
    let server = Server::spawn(command, &data);
    let token = server.token();
    let ca = root(&server, &token, "root");
    for _ in 0..20 {
        leaf(&server, &token, &ca);
    }
    let header = format!("X-Auth-Token: {token}");
    let path = format!("{CERTIFICATES}?sort_key=common_name&sort_dir=ASC&limit=10");
    let (status, _, listed) = server.curl(&["-H", &header], &path);
    assert_eq!(status, 200, "{listed}");
    let log = server.stop();
    assert!(!log.contains("ERROR"), "{log}");
}
