//! What ends a start is said in words: which option or file it is, and what helps.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{certificate, refused, said};
use crate::support::{Server, command};

/// A start with these options that is refused with all of these words, and nothing of the system's alone.
#[track_caller]
pub(super) fn refuses(data: &Path, options: &[&str], words: &[&str]) -> String {
    let output = command("serve", data).args(options).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    in_words(&output, words)
}

#[track_caller]
pub(super) fn in_words(output: &Output, words: &[&str]) -> String {
    let text = said(output);
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
    let last = text.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: "), "{text}");
    text
}

/// A user who is not root, where this is root's.
const NOBODY: u32 = 65534;

/// A start by a user who may not do everything; the program is where they can run it.
fn by_nobody(folder: &Path, data: &Path, options: &[&str]) -> Output {
    let mut command = command("serve", data);
    if is_root() {
        let program = folder.join("chancery");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_chancery"), &program).unwrap();
        }
        let mut other = Command::new(program);
        other
            .args(command.get_args())
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .uid(NOBODY)
            .gid(NOBODY);
        command = other;
    }
    command.args(options).output().unwrap()
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

/// A folder that every user gets to.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn a_data_folder_that_cannot_be_one() {
    let folder = open_folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let named = format!("{} is a file, and no folder", file.display());
    refuses(&file, &[], &["data folder", &named, "--data"]);
    refuses(&file.join("below/it"), &[], &["data folder", &named]);
    let link = folder.path().join("link");
    symlink("nowhere/at all", &link).unwrap();
    refuses(&link, &[], &["link to what is not there"]);
    let long = folder.path().join("x".repeat(300));
    refuses(&long, &[], &["the name is too long"]);

    let locked = folder.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    let cannot = format!("cannot be made in {}", locked.display());
    let output = by_nobody(folder.path(), &locked.join("data"), &[]);
    let text = in_words(&output, &["no permission for the user"]);
    // Of a folder of somebody else's nobody knows what is in it.
    assert!(
        text.contains(&cannot) || text.contains("locked/data/chancery.toml"),
        "{text}"
    );
}

/// In a file system of its own, where this machine lets a user have one.
#[test]
fn a_disk_that_is_full_or_only_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("m")).unwrap();
    let mounted = |options: &str| {
        let script = "mount -t tmpfs -o \"$0\" none m && exec \"$1\" serve --data m/data --listen 127.0.0.1:0";
        let mut command = Command::new("unshare");
        command
            .args([
                "--user",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                options,
            ])
            .arg(env!("CARGO_BIN_EXE_chancery"))
            .current_dir(folder.path())
            .stdin(Stdio::null());
        command.output()
    };
    let known = mounted("ro");
    let known = known.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
    if !known
        .as_ref()
        .is_ok_and(|text| text.contains("data folder"))
    {
        eprintln!("SKIPPED: no file system of one's own here: {known:?}");
        return;
    }
    let text = known.unwrap();
    assert!(
        text.contains("error: data folder m/data: cannot be made in m"),
        "{text}"
    );
    assert!(text.contains("the file system is read-only"), "{text}");
    for (size, file) in [("size=64k", "chancery.db"), ("size=700k", "trust")] {
        let output = mounted(&format!("{size},mode=700")).unwrap();
        let text = said(&output);
        let last = text.lines().last().unwrap_or_default();
        assert!(
            last.contains(file) && last.contains("is full"),
            "{size}: {text}"
        );
        assert!(!last.contains("os error"), "{text}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let option = |name: &str| ["--config".to_owned(), path(name)];
    let tried = |name: &str, words: &str| {
        let [flag, file] = option(name);
        refuses(
            &data,
            &[&flag, &file],
            &[&format!("--config {file}: "), words],
        );
        assert!(!data.exists(), "{name}");
    };
    tried("", "is a folder, and no file");
    tried("nowhere.toml", "there is no such file");
    fs::write(path("binary"), [0xff, 0xfe, 0x00]).unwrap();
    tried("binary", "is not text (UTF-8)");
    fs::write(path("file"), "").unwrap();
    tried("file/below", "a part of this path is a file");
    fs::write(path("bad"), "\nlisten = \"localhost:8443\"\n").unwrap();
    tried("bad", "line 2: must be an IP address and a port");
    fs::write(path("locked"), "").unwrap();
    fs::set_permissions(path("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    let [flag, file] = option("locked");
    let output = by_nobody(folder.path(), &data, &[&flag, &file]);
    in_words(&output, &[&format!("--config {file}: no permission")]);
}

#[test]
fn an_address_that_cannot_be_listened_on() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for option in ["--listen", "--listen-http", "--listen-pki"] {
        let listen = command_on_free_port(&data, option);
        let output = { listen }.args([option, &address]).output().unwrap();
        let sentence =
            format!("cannot listen on {address} ({option}): another program listens there");
        in_words(&output, &[&sentence]);
        // No desk was begun, whose password only its first start knows.
        assert!(!data.join("master.key").exists(), "{option}");
    }

    // As a line of JSON where the others are, whatever the log is to hold.
    for filter in ["info", "off", "error"] {
        let output = command_on_free_port(&data, "--listen")
            .args(["--listen", &address, "--log-format", "json"])
            .env("CHANCERY_SERVER_LOG", filter)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = said(&output);
        let last = text.lines().last().unwrap_or_default();
        let line: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!(line["level"], "ERROR");
        let message = line["fields"]["message"].as_str().unwrap();
        assert!(message.contains("another program listens there"), "{line}");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }

    let documented = ["--listen", "192.0.2.1:0"];
    let output = command_on_free_port(&data, "--listen")
        .args(documented)
        .output()
        .unwrap();
    in_words(
        &output,
        &["192.0.2.1:0 (--listen): this machine has no such address"],
    );

    let free = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    match free.map(|text| text.trim().parse::<u16>()) {
        Ok(Ok(first)) if first > 1 => {
            let open = folder.path().join("open");
            fs::create_dir(&open).unwrap();
            if is_root() {
                std::os::unix::fs::chown(&open, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            let options = ["--listen-http", "127.0.0.1:1"];
            let output = by_nobody(folder.path(), &open, &options);
            in_words(&output, &["may not listen on port 1", "1024"]);
        }
        other => eprintln!("SKIPPED: every port is free to all here: {other:?}"),
    }
}

/// The command with `--listen` on a free port, unless `option` is that itself.
fn command_on_free_port(data: &Path, option: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    command.arg("serve").arg("--data").arg(data);
    if option != "--listen" {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.stdin(Stdio::null());
    command
}

#[test]
fn a_name_is_no_address() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["--listen", "--listen-http", "--listen-pki"] {
        let output = command_on_free_port(folder.path(), "--listen")
            .args([option, "localhost:8443"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8_lossy(&output.stderr);
        for words in [
            option,
            "must be an IP address and a port, such as 127.0.0.1:8443",
            "you may mean 127.0.0.1:8443",
        ] {
            assert!(text.contains(words), "{text}");
        }
    }
}

#[test]
fn files_of_tls_that_cannot_be_served_with() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let [good, key] = certificate(folder.path(), "good", &["-days", "30"]);
    let [_, other] = certificate(folder.path(), "other", &["-days", "30"]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let convert = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    convert(&[
        "x509",
        "-in",
        &good,
        "-outform",
        "DER",
        "-out",
        &path("good.der"),
    ]);
    convert(&[
        "pkcs8",
        "-topk8",
        "-in",
        &key,
        "-passout",
        "pass:secret",
        "-out",
        &path("encrypted"),
    ]);
    fs::write(path("empty"), "").unwrap();
    fs::create_dir(path("folder")).unwrap();
    for file in ["encrypted", "empty"] {
        fs::set_permissions(path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    for (certificate, key, words) in [
        (
            path("nowhere"),
            key.clone(),
            "--tls-cert {1}: there is no such file",
        ),
        (
            good.clone(),
            path("nowhere"),
            "--tls-key {2}: there is no such file",
        ),
        (path("folder"), key.clone(), "--tls-cert {1}: is a folder"),
        (good.clone(), path("folder"), "--tls-key {2}: is a folder"),
        (path("good.der"), key.clone(), "--tls-cert {1}: is not PEM"),
        (
            path("empty"),
            key.clone(),
            "--tls-cert {1}: has no certificate: PEM is wanted",
        ),
        (
            good.clone(),
            path("empty"),
            "--tls-key {2}: no PEM block with a private key",
        ),
        (
            good.clone(),
            path("encrypted"),
            "--tls-key {2}: is encrypted with a password",
        ),
        (
            good.clone(),
            good.clone(),
            "--tls-key {2}: has a certificate and no private key",
        ),
        (key.clone(), good.clone(), "the wrong way round"),
        (
            good.clone(),
            other,
            "{1} with {2}: the key is not this certificate's",
        ),
    ] {
        let words = words.replace("{1}", &certificate).replace("{2}", &key);
        refuses(
            &data,
            &["--tls-cert", &certificate, "--tls-key", &key],
            &[&words],
        );
        assert!(!data.join("master.key").exists(), "{words}");
    }
    // What was refused has taken no password with it.
    let server = Server::start("serve", &data, &["--tls-cert", &good, "--tls-key", &key]);
    assert!(!server.env["CHANCERY_PASSWORD"].is_empty());
    server.stop();

    fs::set_permissions(&key, fs::Permissions::from_mode(0o000)).unwrap();
    let open = folder.path().join("open");
    fs::create_dir(&open).unwrap();
    if is_root() {
        std::os::unix::fs::chown(&open, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let options = ["--tls-cert", &good, "--tls-key", &key];
    let output = by_nobody(folder.path(), &open, &options);
    in_words(
        &output,
        &[&format!("--tls-key {key}: no permission for the user")],
    );
}

#[test]
fn a_folder_of_a_desk_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let data: PathBuf = folder.path().join("data");
    Server::start("serve", &data, &[]).stop();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(
        "serve",
        &data,
        &["--listen-http", &address],
        "(--listen-http)",
    );
    refused(
        "serve",
        &data,
        &["--tls-cert", "/nowhere", "--tls-key", "/nowhere"],
        "--tls-cert /nowhere",
    );
    refused("serve", &data, &["--database", "mysql://"], "postgres://");
}
