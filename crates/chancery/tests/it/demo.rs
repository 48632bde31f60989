//! `chancery demo`: stopped and started again on the same folder, and what it prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Server, command};

#[test]
fn samples_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let export = |server: &Server| {
        let token = format!("X-Auth-Token: {}", server.token());
        let id = &server.env["CHANCERY_DEMO_CERTIFICATE_ID"];
        let body = r#"{"type":"other","is_compressed":"false"}"#;
        let path = format!("/v1/private-certificates/{id}/export");
        let (status, head, body) = server.curl(&["-H", &token, "-d", body], &path);
        assert_eq!(status, 200, "{body}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(
            answer["private_key"]
                .as_str()
                .unwrap()
                .starts_with("-----BEGIN RSA PRIVATE KEY")
        );
        answer
    };
    let first = Server::start("demo", folder.path(), &[]);
    let exported = export(&first);
    let env = first.env.clone();
    let log = first.stop();
    assert!(!log.contains("PRIVATE KEY"), "a key is in the log");

    let second = Server::start("demo", folder.path(), &[]);
    assert_eq!(export(&second), exported);
    let lasting = |name: &String| {
        name.starts_with("CHANCERY_DEMO_") || name.ends_with("_SK") || name.ends_with("PASSWORD")
    };
    for (name, value) in env.iter().filter(|(name, _)| lasting(name)) {
        assert_eq!(&second.env[name], value, "{name}");
    }
    assert!(
        env.keys()
            .filter(|name| name.starts_with("CHANCERY_DEMO_"))
            .count()
            >= 7
    );
}

/// A data folder whose first start was killed while it made the samples; none where it was too fast.
fn cut_off(folder: &Path) -> Option<PathBuf> {
    let data = folder.join("data");
    let mut process = command("demo", &data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !data.join("client.env").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(2));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let env = std::fs::read_to_string(data.join("client.env")).unwrap();
    (!env.contains("CHANCERY_DEMO_")).then_some(data)
}

#[test]
fn a_first_start_that_is_cut_off_leaves_the_password() {
    let folders: Vec<_> = (0..5).map(|_| tempfile::tempdir().unwrap()).collect();
    let data = folders.iter().find_map(|folder| cut_off(folder.path()));
    let data = data.expect("it is always done before it can be killed");
    let env = std::fs::read_to_string(data.join("client.env")).unwrap();
    let line = env
        .lines()
        .find(|line| line.starts_with("CHANCERY_PASSWORD="));
    let made = line.unwrap().split_once('=').unwrap().1;
    refused(&data, "whose first start has not come to its end");

    let server = Server::start("demo", &data, &[]);
    assert_eq!(server.env["CHANCERY_PASSWORD"], made);
    server.token();
}

/// `chancery demo --print` for a folder.
fn print(data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["demo", "--print", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn printed(data: &Path) -> String {
    let output = print(data);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn refused(data: &Path, words: &str) {
    let output = print(data);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.starts_with("error: ") && text.contains(words),
        "{text}"
    );
}

#[test]
fn a_screen_says_where_it_is_and_how_to_fetch_each_sample() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start("demo", &data, &[]);
    let lines = server.printed(|line| line.contains("demo --print"));
    // With the ready line.
    assert!(lines.len() < 40, "{lines:#?}");
    // A path is as long as it is.
    let paths = ["  PATH=", "  set -a", "  chancery demo"];
    for line in &lines {
        let is_path = paths.iter().any(|start| line.starts_with(start));
        assert!(is_path || line.chars().count() <= 100, "{line}");
        // Nothing takes the reason of a failure away.
        for hides in ["2>", "| ", "-o /dev/null", "-OJ", "|| true"] {
            assert!(!line.contains(hides), "{line}");
        }
        assert!(
            !line.starts_with("  curl") || line.contains("--fail-with-body"),
            "{line}"
        );
    }
    let at = |what: &str| {
        let found = lines.iter().position(|line| line.contains(what));
        found.unwrap_or_else(|| panic!("{what}: {lines:#?}"))
    };
    let env = &server.env.clone();
    let first = at(&env["CHANCERY_DEMO_ROOT_CA_ID"]);
    for (before, what) in [
        (true, server.url.as_str()),
        (true, "set -a; . "),
        (true, "user administrator"),
        (true, "CHANCERY_PASSWORD"),
        (true, "chancery token"),
        (false, "/docs"),
    ] {
        assert_eq!(at(what) < first, before, "{what}: {lines:#?}");
    }
    let mut samples = 0;
    for (name, id) in env
        .iter()
        .filter(|(name, _)| name.starts_with("CHANCERY_DEMO_"))
    {
        // The source server is what the migration task is of.
        if name != "CHANCERY_DEMO_SMS_SOURCE_ID" {
            assert!(lines[at(id)].starts_with("  chancery "), "{name}");
            samples += 1;
        }
    }
    assert_eq!(samples, 14);

    // The same again, while it runs and when it does not.
    let text = lines.join("\n") + "\n";
    assert_eq!(printed(&data), text);
    for secret in ["CHANCERY_PASSWORD", "CLOUD_SDK_SK"] {
        assert!(!text.contains(&env[secret]), "{secret} is printed");
    }
    assert!(server.stop_and_said().is_empty());
    let place = data.canonicalize().unwrap();
    let stopped = format!(
        "\nThe desk does not run. This starts it:\n\n  chancery demo --data {}\n{text}",
        place.display()
    );
    assert_eq!(printed(&data), stopped);

    // Where the folder is now, whatever it was called.
    let moved = folder.path().join("a $(moved)");
    std::fs::rename(&data, &moved).unwrap();
    let text = printed(&moved);
    assert!(text.contains("/a $(moved)/client.env'; set +a"), "{text}");
    assert!(!text.contains(&place.display().to_string()), "{text}");

    // A server that makes no samples knows those that are there.
    Server::start("serve", &moved, &[]).stop();
    let text = std::fs::read_to_string(moved.join("client.env")).unwrap();
    let id = &env["CHANCERY_DEMO_SMS_TASK_ID"];
    assert!(
        text.contains(&format!("CHANCERY_DEMO_SMS_TASK_ID={id}\n")),
        "{text}"
    );
}

#[test]
fn there_is_nothing_to_show_again_where_no_demo_was() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    refused(&data, "there is no demo in");
    refused(&data, "--data");
    assert!(!data.exists(), "it was made");
    std::fs::write(folder.path().join("file"), "").unwrap();
    refused(&folder.path().join("file"), "there is no demo in");
    Server::start("serve", &data, &[]).stop();
    refused(&data, "is no demo");
    std::fs::create_dir(folder.path().join("odd")).unwrap();
    std::fs::create_dir(folder.path().join("odd/client.env")).unwrap();
    refused(
        &folder.path().join("odd"),
        "client.env: is a folder, and no file",
    );
}
