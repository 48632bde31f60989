//! `chancery serve`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use chancery_testing::postgres::TestPg;

use crate::support::{Server, command};

#[test]
fn an_empty_folder_is_set_up() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a data $(exit 3) `touch x` \"folder\";");
    let server = Server::start("serve", &data, &[]);
    let mode = |name: &str| {
        std::fs::metadata(data.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("client.env"), 0o600);
    assert_eq!(mode("master.key"), 0o600);
    assert_eq!(mode("chancery.db"), 0o600);
    assert_eq!(
        std::fs::metadata(&data).unwrap().permissions().mode() & 0o777,
        0o700
    );

    let env = &server.env;
    for (one, other) in [
        ("CLOUD_SDK_AK", "HUAWEICLOUD_SDK_AK"),
        ("CLOUD_SDK_SK", "HW_SECRET_KEY"),
        ("CHANCERY_ENDPOINT", "HUAWEICLOUD_SDK_REGION_CCM_CN_NORTH_4"),
        ("CHANCERY_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"),
    ] {
        assert_eq!(env[one], env[other], "{one} and {other}");
        assert!(!env[one].is_empty());
    }
    // `JAVA_TOOL_OPTIONS` is split at spaces, and this folder has some in its path.
    let store = env["JAVA_TOOL_OPTIONS"]
        .split(' ')
        .next()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1;
    assert!(std::path::Path::new(store).is_file(), "{store}");

    let (status, head, body) = server.curl(&[], "/v3/auth/domains");
    assert_eq!(status, 401);
    assert!(head.contains("x-request-id: "), "{head}");
    assert!(body.contains("IAM.0001"), "{body}");
    let token = format!("X-Auth-Token: {}", server.token());
    let (status, _, body) = server.curl(&["-H", &token], "/v3/auth/domains");
    assert_eq!(status, 200);
    assert!(body.contains(&env["HUAWEICLOUD_SDK_DOMAIN_ID"]), "{body}");

    let secrets: Vec<String> = ["CHANCERY_PASSWORD", "CLOUD_SDK_SK"]
        .iter()
        .map(|name| env[*name].clone())
        .chain([token.split_once(' ').unwrap().1.to_owned()])
        .collect();
    let log = server.stop();
    assert!(log.contains("/v3/auth/domains"), "{log}");
    assert!(
        log.contains("status=401") && log.contains("chancery/administrator"),
        "{log}"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "a secret is in the log");
    }
}

#[test]
fn plain_http_on_loopback_only() {
    let folder = tempfile::tempdir().unwrap();
    let refused = command("serve", folder.path())
        .args(["--listen-http", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("loopback"), "{text}");

    let server = Server::start("serve", folder.path(), &["--listen-http", "127.0.0.1:0"]);
    let log = server.stop();
    assert!(log.contains("plain HTTP on http://127.0.0.1:"), "{log}");
}

#[test]
fn one_server_on_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start("serve", folder.path(), &[]);
    let second = command("serve", folder.path()).output().unwrap();
    assert!(!second.status.success());
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(text.contains("another chancery is using it"), "{text}");
}

#[test]
fn the_operators_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let made = std::process::Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=desk", "-days", "2",
        ])
        .args(["-addext", "subjectAltName=DNS:desk.example,IP:127.0.0.1"])
        .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
        .output()
        .unwrap();
    assert!(made.status.success());
    let data = folder.path().join("data");
    let options = [
        "--tls-cert",
        &path("cert.pem"),
        "--tls-key",
        &path("key.pem"),
    ];
    let server = Server::start("serve", &data, &options);
    // curl verifies with client.env alone: the operator's certificate is in its bundle.
    assert_eq!(server.curl(&[], "/nowhere").0, 404);
    let named = [&options[..], &["--public-url", "https://desk.example"]].concat();
    drop(server);
    let server = Server::start("serve", &data, &named);
    assert_eq!(server.url, "https://desk.example");
    assert_eq!(server.env["HW_AUTH_URL"], "https://desk.example/v3");
}

/// Runs lines as somebody pastes them into a shell that knows nothing, not even where the program is.
fn paste(folder: &Path, lines: &str) -> String {
    let output = Command::new("dash")
        .args(["-eu", "-c", lines])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{lines}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_first_steps_are_printed_on_a_new_desk_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start("serve", &data, &[]);
    let printed = server.printed(|line| line.contains("cert issue"));
    assert!(printed.len() < 12, "{printed:#?}");
    let steps: Vec<&str> = printed
        .iter()
        .filter_map(|line| line.strip_prefix("  "))
        .collect();
    assert!((4..=5).contains(&steps.len()), "{printed:#?}");
    let said = paste(folder.path(), &steps.join("\n"));
    assert!(said.contains("ssl_certificate_key "), "{said}");
    assert!(folder.path().join("tls/fullchain.pem").is_file());
    assert!(server.stop_and_said().is_empty());

    let again = Server::start("serve", &data, &[]);
    assert_eq!(again.stop_and_said(), [""; 0]);
}

/// What is not the system's to be quiet about: the ready line is what programs wait for.
#[test]
fn a_ready_line_that_nobody_can_read_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command("serve", folder.path())
        .stdout(full)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("error: standard output: the disk is full"),
        "{text}"
    );
}

/// `client.env` of a folder.
fn client_env(data: &Path) -> String {
    fs::read_to_string(data.join("client.env")).unwrap()
}

#[test]
fn a_password_that_was_changed_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start("serve", &data, &[]);
    let made = server.env["CHANCERY_PASSWORD"].clone();
    let mut set = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["user", "set-password", "administrator", "--password-stdin"])
        .env_clear()
        .envs(&server.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    set.stdin
        .take()
        .unwrap()
        .write_all(b"It's-$(new)-1\n")
        .unwrap();
    let set = set.wait_with_output().unwrap();
    assert!(set.status.success(), "{set:?}");
    server.stop();

    let server = Server::start("serve", &data, &[]);
    assert!(!server.env.contains_key("CHANCERY_PASSWORD"));
    let text = client_env(&data);
    assert!(text.contains("# CHANCERY_PASSWORD is left out"), "{text}");
    assert!(text.contains("no longer"), "{text}");
    assert!(!text.contains(&made), "the old password is still there");
    // The access key is as good as before.
    paste(
        &data,
        &format!(
            ". ./client.env; export CLOUD_SDK_AK CLOUD_SDK_SK CHANCERY_ENDPOINT SSL_CERT_FILE
             {} user list",
            env!("CARGO_BIN_EXE_chancery")
        ),
    );
    let log = server.stop();
    assert!(log.contains("no longer the administrator's"), "{log}");

    // From then on it is not known; the right one may be put there, and stays.
    Server::start("serve", &data, &[]).stop();
    assert!(
        client_env(&data).contains("does not know"),
        "{}",
        client_env(&data)
    );
    let put = |line: &str| {
        let text = client_env(&data) + line + "\n";
        fs::write(data.join("client.env"), text).unwrap();
    };
    put("CHANCERY_PASSWORD=\"wrong\"");
    let server = Server::start("serve", &data, &[]);
    assert!(!server.env.contains_key("CHANCERY_PASSWORD"));
    server.stop();
    put(r#"CHANCERY_PASSWORD="It's-\$(new)-1""#);
    let server = Server::start("serve", &data, &[]);
    assert_eq!(server.env["CHANCERY_PASSWORD"], "It's-$(new)-1");
    assert!(!client_env(&data).contains("left out"));
    let log = server.stop();
    for secret in ["$(new)", &made] {
        assert!(!log.contains(secret), "a password is in the log");
    }
}

#[test]
fn a_second_node_says_what_it_does_not_know() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let database = postgres.new_schema("client_env");
    let more = ["--database", database.as_str()];
    let first = Server::start("serve", &one, &more);
    fs::create_dir(&two).unwrap();
    fs::set_permissions(&two, fs::Permissions::from_mode(0o700)).unwrap();
    fs::copy(one.join("master.key"), two.join("master.key")).unwrap();
    let second = Server::start("serve", &two, &more);
    assert!(!second.env.contains_key("CHANCERY_PASSWORD"));
    assert_eq!(second.env["CLOUD_SDK_SK"], first.env["CLOUD_SDK_SK"]);
    let text = client_env(&two);
    assert!(
        text.contains("# CHANCERY_PASSWORD is left out: this server does not know"),
        "{text}"
    );
    // It made no desk, so it has no first steps to show.
    assert!(second.stop_and_said().is_empty());
    let line = format!("CHANCERY_PASSWORD={}\n", first.env["CHANCERY_PASSWORD"]);
    fs::write(two.join("client.env"), client_env(&two) + &line).unwrap();
    let second = Server::start("serve", &two, &more);
    second.token();
}

#[test]
fn no_file_is_written_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    Server::start("serve", &data, &[]).stop();
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "somebody else's").unwrap();
    let names = [
        "client.env",
        "client.new",
        "ca.pem",
        "trust.pem",
        "trust.jks",
        "trust.new",
    ];
    for name in names {
        let _ = fs::remove_file(data.join(name));
        symlink(&elsewhere, data.join(name)).unwrap();
    }
    Server::start("serve", &data, &[]).stop();
    assert_eq!(fs::read(&elsewhere).unwrap(), b"somebody else's");
    for name in names.iter().filter(|name| !name.ends_with(".new")) {
        let found = fs::symlink_metadata(data.join(name)).unwrap();
        let mode = found.permissions().mode() & 0o777;
        assert!(found.is_file(), "{name}");
        assert_eq!(
            mode,
            if *name == "client.env" { 0o600 } else { 0o644 },
            "{name}"
        );
    }
}

/// The log of a start that fails, on a terminal that `script` makes.
fn on_a_terminal(no_color: Option<&str>) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    // A variable of no option is a warning in the log.
    let line = format!(
        "CHANCERY_SERVER_LISTN=1 {} serve --data '{}' --config /nowhere --listen 127.0.0.1:0",
        env!("CARGO_BIN_EXE_chancery"),
        folder.path().display()
    );
    let mut script = Command::new("script");
    script
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env_remove("NO_COLOR")
        .envs(no_color.map(|value| ("NO_COLOR", value)))
        .stdin(Stdio::null());
    match script.output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            eprintln!("SKIPPED: no script(1) here: {error}");
            let complete = std::env::var("CI").as_deref() == Ok("true");
            assert!(!complete, "script(1) is missing");
            None
        }
    }
}

#[test]
fn colours_are_for_terminals_whose_users_want_them() {
    for (no_color, coloured) in [(None, true), (Some(""), true), (Some("1"), false)] {
        let Some(text) = on_a_terminal(no_color) else {
            return;
        };
        assert!(
            text.contains("CHANCERY_SERVER_LISTN is of no option"),
            "{text}"
        );
        assert_eq!(text.contains("\u{1b}["), coloured, "{no_color:?}: {text:?}");
    }
    // Not a terminal.
    let folder = tempfile::tempdir().unwrap();
    let output = command("serve", folder.path())
        .args(["--config", "/nowhere"])
        .env("CHANCERY_SERVER_LISTN", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains("is of no option") && !text.contains('\u{1b}'),
        "{text}"
    );
}
