//! Starts that must not succeed, and leave everything as it is.

mod databases;
mod messages;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use chancery_testing::postgres::TestPg;

use crate::support::{Server, command};

/// Every file of a folder with its content, but for the lock.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && name != "lock" {
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

fn said(output: &Output) -> String {
    assert!(!output.status.success(), "it started");
    assert!(output.stdout.is_empty(), "it was ready");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A start that is refused with this sentence and changes no file.
#[track_caller]
fn refused(name: &str, data: &Path, more: &[&str], sentence: &str) {
    let before = files(data);
    let output = command(name, data).args(more).output().unwrap();
    let text = said(&output);
    assert!(text.contains(sentence), "{text}");
    assert_eq!(files(data), before, "something was changed");
}

#[test]
fn a_database_that_is_gone_is_no_reason_to_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    Server::start("serve", data, &[]).stop();
    let id = fs::read_to_string(data.join("desk.id")).unwrap();
    let away = folder.path().join("away");
    fs::create_dir(&away).unwrap();
    let take = |name: &str| fs::rename(data.join(name), away.join(name)).unwrap();
    let put = |name: &str| fs::rename(away.join(name), data.join(name)).unwrap();

    take("chancery.db");
    let sentence = format!("belongs to desk {}", id.trim());
    refused("serve", data, &[], &sentence);
    refused("demo", data, &[], &sentence);
    // A folder from before there were ids has its key alone.
    take("desk.id");
    refused("serve", data, &[], "master.key is in this data folder");
    put("chancery.db");
    // It gets its id at its next start: that of its database.
    Server::start("serve", data, &[]).stop();
    assert_eq!(fs::read_to_string(data.join("desk.id")).unwrap(), id);
    take("master.key");
    refused("serve", data, &[], "master.key is missing");
    put("master.key");
    Server::start("serve", data, &[]).stop();
}

#[test]
fn another_desks_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    Server::start("serve", &one, &[]).stop();
    Server::start("serve", &two, &[]).stop();
    for end in ["", "-wal", "-shm"] {
        let name = format!("chancery.db{end}");
        let _ = fs::remove_file(one.join(&name));
        if two.join(&name).exists() {
            fs::copy(two.join(&name), one.join(&name)).unwrap();
        }
    }
    refused("serve", &one, &[], "holds desk");
}

#[test]
fn a_first_start_that_was_cut_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    fs::write(data.join("first-start"), "").unwrap();
    let key = data.join("master.key");
    fs::write(&key, "0".repeat(63) + "1\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    Server::start("serve", data, &[]).stop();
    assert!(!data.join("first-start").exists() && data.join("desk.id").exists());
}

#[test]
fn a_forgotten_or_other_postgresql_database_is_refused() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (data, node) = (folder.path().join("data"), folder.path().join("node"));
    let (right, empty) = (postgres.new_schema("starts"), postgres.new_schema("empty"));
    Server::start("serve", &data, &["--database", &right]).stop();
    refused("serve", &data, &[], "belongs to desk");
    assert!(!data.join("chancery.db").exists());
    refused("serve", &data, &["--database", &empty], "belongs to desk");

    // A node without the key makes none; with it, it joins.
    fs::create_dir(&node).unwrap();
    fs::set_permissions(&node, fs::Permissions::from_mode(0o700)).unwrap();
    let more = ["--database", right.as_str()];
    refused("serve", &node, &more, "master.key is missing");
    assert!(files(&node).is_empty());
    fs::copy(data.join("master.key"), node.join("master.key")).unwrap();
    Server::start("serve", &node, &more).stop();
    let id = |folder: &Path| fs::read_to_string(folder.join("desk.id")).unwrap();
    assert_eq!(id(&node), id(&data));
}

#[test]
fn a_demo_stays_out_of_a_desk() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("desk");
    Server::start("serve", &data, &[]).stop();
    refused("demo", &data, &[], "no demo made");
    let by_variable = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .env("CHANCERY_SERVER_DATA", &data)
        .output()
        .unwrap();
    assert!(said(&by_variable).contains("no demo made"));
}

#[test]
fn a_folder_that_everyone_may_write_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    refused("serve", &data, &[], "everyone may write");
}

#[test]
fn what_ends_a_start_is_said_whatever_the_log_holds() {
    let folder = tempfile::tempdir().unwrap();
    let bad = ["--listen-http", "0.0.0.0:0"];
    for filter in ["off", "error", "warn,chancery=off"] {
        let output = command("serve", folder.path())
            .args(bad)
            .env("CHANCERY_SERVER_LOG", filter)
            .output()
            .unwrap();
        assert!(said(&output).contains("loopback"), "{filter}");
    }
    for filter in ["json", "nonsense", "info,json"] {
        let output = command("serve", folder.path())
            .env("CHANCERY_SERVER_LOG", filter)
            .output()
            .unwrap();
        let text = said(&output);
        assert!(
            text.contains("CHANCERY_SERVER_LOG") && text.contains("must be a level"),
            "{text}"
        );
    }
    assert!(files(folder.path()).is_empty());
}

#[test]
fn the_log_may_be_json_and_names_variables_of_no_option() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = command("serve", folder.path());
    server
        .args(["--log-format", "json"])
        .env("CHANCERY_SERVER_LISTN", "127.0.0.1:1");
    let log = Server::spawn(server, folder.path()).stop();
    for line in log.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
    assert!(
        log.contains("CHANCERY_SERVER_LISTN is of no option"),
        "{log}"
    );
}

/// A certificate and key in the folder, made by OpenSSL.
fn certificate(folder: &Path, name: &str, more: &[&str]) -> [String; 2] {
    let path = |end: &str| folder.join(format!("{name}.{end}")).display().to_string();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"])
        .args(["-subj", &format!("/CN={name}")])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-keyout", &path("key"), "-out", &path("pem")])
        .args(more)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    [path("pem"), path("key")]
}

/// A certificate that has ended. Of OpenSSL's commands only `ca` makes one.
fn ended_certificate(folder: &Path) -> [String; 2] {
    let path = |name: &str| folder.join(name).display().to_string();
    let run = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        let output = command.args(arguments).current_dir(folder).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    let configuration = "[ca]\ndefault_ca = own\n[own]\nnew_certs_dir = .\ndatabase = index\n\
                         serial = serial\ndefault_md = sha256\npolicy = any\n\
                         [any]\ncommonName = supplied\n";
    for (name, text) in [("ca.cnf", configuration), ("index", ""), ("serial", "01\n")] {
        fs::write(folder.join(name), text).unwrap();
    }
    run(&[
        "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=past", "-keyout", "past.key", "-out",
        "past.csr",
    ]);
    run(&[
        "ca",
        "-config",
        "ca.cnf",
        "-selfsign",
        "-batch",
        "-notext",
        "-keyfile",
        "past.key",
        "-in",
        "past.csr",
        "-out",
        "past.pem",
        "-startdate",
        "20200101000000Z",
        "-enddate",
        "20210101000000Z",
    ]);
    [path("past.pem"), path("past.key")]
}

#[test]
fn the_operators_certificate_is_read_again_on_sighup() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let [one, one_key] = certificate(folder.path(), "one", &["-days", "30"]);
    let [two, two_key] = certificate(folder.path(), "two", &["-days", "5"]);
    let options = ["--tls-cert", &one, "--tls-key", &one_key];
    let server = Server::start("serve", &data, &options);
    let shown = || {
        let address = server.url.strip_prefix("https://").unwrap();
        let output = Command::new("openssl")
            .args(["s_client", "-connect", address])
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let subject = text.lines().find(|line| line.starts_with("subject="));
        subject.unwrap_or_default().to_owned()
    };
    assert!(shown().contains("one"), "{}", shown());
    // A bad pair keeps the old one.
    fs::copy(&two, &one).unwrap();
    server.signal("HUP");
    std::thread::sleep(Duration::from_millis(500));
    assert!(shown().contains("one"), "{}", shown());
    fs::copy(&two_key, &one_key).unwrap();
    server.signal("HUP");
    let deadline = Instant::now() + Duration::from_secs(20);
    while !shown().contains("two") {
        assert!(Instant::now() < deadline, "{}", shown());
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = server.stop();
    assert!(log.contains("the certificate stays as it was"), "{log}");
    assert!(log.contains("were read again"), "{log}");
    assert!(log.contains("ends in"), "{log}");
}

#[test]
fn a_certificate_that_cannot_be_served_with_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let [past, past_key] = ended_certificate(folder.path());
    let tls = |certificate: &str, key: &str| {
        ["--tls-cert", certificate, "--tls-key", key].map(str::to_owned)
    };
    let start = |options: [String; 4]| {
        let output = command("serve", &data).args(options).output().unwrap();
        said(&output)
    };
    let text = start(tls(&past, &past_key));
    assert!(text.contains("has expired"), "{text}");
    let [good, good_key] = certificate(folder.path(), "good", &["-days", "30"]);
    fs::set_permissions(&good_key, fs::Permissions::from_mode(0o644)).unwrap();
    let text = start(tls(&good, &good_key));
    assert!(
        text.contains("everyone can read this private key"),
        "{text}"
    );
    let text = start(tls(&good, &past_key));
    assert!(text.contains("good.pem with"), "{text}");
}

#[test]
fn other_objections_to_a_certificate_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let [good, key] = certificate(folder.path(), "good", &["-days", "30"]);
    let options = [
        "--tls-cert",
        &good,
        "--tls-key",
        &key,
        "--public-url",
        "https://desk.example",
    ];
    let log = Server::start("serve", &data, &options).stop();
    assert!(log.contains("does not name desk.example"), "{log}");
    // `openssl req -x509` makes a CA's unless it is told otherwise.
    assert!(log.contains("is a CA's"), "{log}");
}

#[test]
fn a_start_that_is_asked_to_stop_stops() {
    let folder = tempfile::tempdir().unwrap();
    // A database that takes the connection and never says a word.
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://nobody@{}/none", database.local_addr().unwrap());
    let mut process = command("serve", folder.path())
        .args(["--database", &url])
        .spawn()
        .unwrap();
    let _connection = database.accept().unwrap();
    let (said, heard) = mpsc::channel();
    let stderr = BufReader::new(process.stderr.take().unwrap());
    std::thread::spawn(move || {
        stderr
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| said.send(line))
    });
    let send = |signal: &str, pid: u32| {
        let sent = Command::new("kill")
            .args(["-s", signal, &pid.to_string()])
            .status();
        assert!(sent.unwrap().success());
    };
    // Of two signals at once the server may see the second one first.
    send("HUP", process.id());
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let line = heard.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        if line.unwrap().contains("the server is still starting") {
            break;
        }
    }
    send("TERM", process.id());
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            process.kill().unwrap();
            panic!("it went on with its start");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let text: Vec<String> = heard.iter().collect();
    let text = text.join("\n");
    assert!(status.success(), "{status}: {text}");
    assert!(
        text.contains("stopping before the start was done"),
        "{text}"
    );
}
