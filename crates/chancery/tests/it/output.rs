//! How answers are shown: forms, terminals, names that are up to something.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::commands::{fails, json, run, says};
use crate::support::Server;

#[test]
fn every_form_holds_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let mut env = server.env.clone();
    env.insert("TZ".to_owned(), "Asia/Shanghai".to_owned());
    let names = ["团队, a", "its - b"];
    for name in names {
        json(&env, &["ca", "create", name]);
    }
    let listed = json(&env, &["ca", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let at = listed[0]["not_after"].as_str().unwrap();
    assert!(at.ends_with('Z'), "{at}");
    for line in [
        ["-o", "json", "ca", "list"],
        ["ca", "--output", "json", "list"],
        ["ca", "list", "-o", "json"],
    ] {
        let ran = run(&env, &line);
        assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap(), listed);
    }
    let named = run(&env, &["ca", "list", "-o", "name"]).out;
    let mut found: Vec<_> = named.lines().collect();
    found.sort_unstable();
    let mut expected = names;
    expected.sort_unstable();
    assert_eq!(found, expected);
    // Each is a name that the next command takes.
    for name in named.lines() {
        assert_eq!(json(&env, &["ca", "show", name])["name"], name);
    }
    let yaml = run(&env, &["ca", "list", "-o", "yaml"]).out;
    let read = Command::new("python3")
        .args(["-c", "import json,sys\ntry:\n import yaml\nexcept ImportError:\n sys.exit(9)\nprint(json.dumps(yaml.safe_load(sys.argv[1])))", &yaml])
        .output()
        .unwrap();
    if read.status.code() == Some(9) {
        let complete = std::env::var("CI").as_deref() == Ok("true");
        assert!(!complete, "YAML by another program: needs python3-yaml");
        eprintln!("SKIPPED: YAML by another program needs python3-yaml");
    } else {
        assert_eq!(
            serde_json::from_slice::<Value>(&read.stdout).unwrap(),
            listed
        );
    }
    // Times are those of the reader.
    let table = run(&env, &["ca", "list"]).out;
    assert!(table.contains(" CST  "), "{table}");
    says(&env, &["ca", "list"], "团队, a");
}

/// On a terminal of 80 columns nothing is wider, and what is destroyed is asked for first.
#[test]
fn terminals_are_asked_and_have_edges() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let long = "a very long name of a group ".repeat(3);
    json(
        &server.env,
        &[
            "group",
            "create",
            long.trim(),
            "--description",
            "团队".repeat(30).as_str(),
        ],
    );
    let on_terminal = |line: &str, typed: &str| {
        let chancery = env!("CARGO_BIN_EXE_chancery");
        let mut script = Command::new("script")
            .args([
                "-qec",
                &format!("stty cols 80; {chancery} {line}"),
                "/dev/null",
            ])
            .envs(&server.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        script
            .stdin
            .take()
            .unwrap()
            .write_all(typed.as_bytes())
            .unwrap();
        let output = script.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.success(), text)
    };
    let (_, table) = on_terminal("group list", "");
    assert!(table.contains('…'), "{table}");
    for line in table.lines() {
        let wide = line
            .chars()
            .map(|c| if c > '\u{2e80}' { 2 } else { 1 })
            .sum::<usize>();
        assert!(wide <= 81, "{wide}: {line}");
    }
    let (done, said) = on_terminal("group delete 'a very'", "n\n");
    assert!(
        !done && said.contains("[y/N]") && said.contains("nothing was done"),
        "{said}"
    );
    let (done, said) = on_terminal("group delete 'a very'", "y\n");
    assert!(done && said.contains("is deleted"), "{said}");
    assert_eq!(
        json(&server.env, &["group", "list"]),
        Value::Array(Vec::new())
    );
}

#[test]
fn a_request_is_told_and_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    json(env, &["ca", "create", "Root"]);
    let told = run(
        env,
        &[
            "cert",
            "issue",
            "a.example.com",
            "--ca",
            "Root",
            "--dry-run",
        ],
    );
    assert_eq!((told.status, told.err.as_str()), (0, ""));
    let (first, body) = told.out.split_once("\n\n").unwrap();
    assert_eq!(
        first,
        format!("POST {}/v1/private-certificates", server.url)
    );
    assert_eq!(json(env, &["cert", "list"]), Value::Array(Vec::new()));
    // It is what the API takes, and so what --from-file takes.
    let file = folder.path().join("body.json");
    std::fs::write(&file, body).unwrap();
    let made = json(
        env,
        &["cert", "issue", "--from-file", file.to_str().unwrap()],
    );
    assert_eq!(made["name"], "a.example.com");
    let line = ["ca", "create", "--from-file", file.to_str().unwrap()];
    fails(env, &line, 1, &["status 400"]);
    // A field that was meant otherwise is named.
    let mut body: Value = serde_json::from_str(body).unwrap();
    body["key_algoritm"] = "RSA2048".into();
    std::fs::write(&file, body.to_string()).unwrap();
    let ran = run(
        env,
        &["cert", "issue", "--from-file", file.to_str().unwrap()],
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ran.err, "chancery: warning: unknown field key_algoritm\n");
    std::fs::write(&file, "\u{feff}{\"type\": 1, \"type\": 2}").unwrap();
    fails(env, &line, 2, &["body.json: type is there twice"]);
    let made = json(env, &["user", "create", "bob", "--dry-run"]);
    assert_eq!(made["body"]["user"]["password"], "…");
    json(env, &["ca", "disable", "Root"]);
    let told = run(env, &["ca", "delete", "Root", "--dry-run"]).out;
    assert!(
        told.starts_with("DELETE ") && told.ends_with("?pending_days=7\n"),
        "{told}"
    );
    assert_eq!(json(env, &["ca", "show", "Root"])["status"], "DISABLED");
}

#[test]
fn pages_and_completions_are_made_of_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let env = crate::commands::Env::new();
    let place = folder.path().display().to_string();
    let written = run(&env, &["man", &place]);
    assert_eq!(written.status, 0, "{}", written.err);
    let page = folder.path().join("chancery-cert-issue.1");
    let text = std::fs::read_to_string(page).unwrap();
    for part in [".TH chancery-cert-issue 1", "\\-\\-san", "EXIT STATUS"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let needed = |program: &str, checked: std::io::Result<std::process::Output>| match checked {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            assert!(output.status.success(), "{program}: {said}");
        }
        Err(error) => {
            let complete = std::env::var("CI").as_deref() == Ok("true");
            assert!(!complete, "needs {program}: {error}");
            eprintln!("SKIPPED: what is made for {program} needs it");
        }
    };
    let mut lint = Command::new("mandoc");
    lint.args(["-T", "lint", "-W", "error"]);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        lint.arg(entry.unwrap().path());
    }
    needed("mandoc", lint.output());
    for (shell, check) in [
        ("bash", "source FILE && complete -p chancery"),
        (
            "zsh",
            "zsh -n FILE && autoload -U compinit && compinit -u -D && source FILE",
        ),
        (
            "fish",
            "source FILE; and complete -C 'chancery ca cre' | grep -q create",
        ),
    ] {
        let script = run(&env, &["completions", shell]);
        assert_eq!(script.status, 0, "{}", script.err);
        let file = folder.path().join(shell);
        std::fs::write(&file, &script.out).unwrap();
        let check = check.replace("FILE", file.to_str().unwrap());
        needed(shell, Command::new(shell).args(["-c", &check]).output());
    }
    fails(&env, &["completions", "sh"], 2, &["possible values"]);
}

/// Answers like a desk with 10,000 certificates, and each page but the first only when it is told to.
fn a_desk_of_many(go_on: mpsc::Receiver<()>) -> String {
    const ROWS: usize = 10_000;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&connection).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            // The head ends with an empty line, and there is no body.
            for _ in lines.take_while(|line| !line.is_empty()) {}
            let target = request.split(' ').nth(1).unwrap_or_default();
            let parameter = |name: &str| {
                let query = target.split_once('?').map_or("", |(_, query)| query);
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| value)
            };
            let from = parameter("marker").map_or(0, |marker| marker.parse().unwrap());
            let limit: usize = parameter("limit").unwrap().parse().unwrap();
            if from > 0 {
                go_on.recv_timeout(Duration::from_secs(60)).unwrap();
            }
            let until = ROWS.min(from + limit);
            let rows: Vec<_> = (from..until)
                .map(|row| serde_json::json!({ "name": format!("row-{row}"), "id": row.to_string() }))
                .collect();
            let marker = (until < ROWS).then(|| until.to_string());
            let body =
                serde_json::json!({ "certificates": rows, "next_marker": marker }).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let mut connection = &connection;
            // Who reads no further is no failure.
            drop(connection.write_all((head + &body).as_bytes()));
        }
    });
    url
}

#[test]
fn a_long_table_begins_when_its_first_page_is_there() {
    let (go_on, told) = mpsc::channel();
    let env = crate::commands::Env::from([
        ("CHANCERY_ENDPOINT".to_owned(), a_desk_of_many(told)),
        ("CLOUD_SDK_AK".to_owned(), "A".to_owned()),
        ("CLOUD_SDK_SK".to_owned(), "S".to_owned()),
    ]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_chancery"))
        .args(["cert", "list"])
        .env_clear()
        .envs(&env)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    // The second page is held back until the first is read.
    let mut lines = Vec::new();
    while lines.len() < 101 {
        let mut line = String::new();
        assert!(
            out.read_line(&mut line).unwrap() > 0,
            "it ends after {}",
            lines.len()
        );
        lines.push(line);
    }
    assert!(lines[0].starts_with("NAME ") && lines[100].starts_with("row-99 "));
    for _ in 0..20 {
        go_on.send(()).unwrap();
    }
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(rest.lines().count(), 9_900);
    assert!(rest.lines().all(|line| line.starts_with("row-")));
    // A reader that goes away ends it, without a word.
    let line = format!("{} cert list | head -1", env!("CARGO_BIN_EXE_chancery"));
    let ended = Command::new("sh")
        .args(["-c", &line])
        .env_clear()
        .envs(&env)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert!(ended.stdout.starts_with(b"NAME "));
}

/// What others have written into a certificate steers no terminal, in any form.
#[test]
fn names_that_are_up_to_something_are_shown_safely() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("serve", &folder.path().join("data"), &[]);
    let env = &server.env;
    let at = |name: &str| folder.path().join(name).display().to_string();
    let name = "\u{56e2}\u{961f} \"a\" 'b' \u{1b}[2J\u{202e}gnp";
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-utf8", "-newkey", "rsa:2048", "-nodes", "-days", "9",
        ])
        .args([
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            "subjectAltName=DNS:a.example.com",
        ])
        .args(["-keyout", &at("key"), "-out", &at("cert")])
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let import = [
        "store",
        "import",
        "--cert",
        &at("cert"),
        "--key",
        &at("key"),
        "--name",
        "evil",
    ];
    json(env, &import);
    let group = format!("a description {}", name.replace('\u{1b}', ""));
    json(env, &["group", "create", "team", "--description", &group]);
    for line in [
        &["store", "show", "evil"][..],
        &["store", "list"],
        &["group", "list"],
        &["group", "show", "team"],
    ] {
        for form in ["table", "json", "yaml", "name"] {
            let ran = run(env, &[line, &["-o", form]].concat());
            assert_eq!(ran.status, 0, "{}", ran.err);
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!ran.out.contains(steers), "{line:?} {form}: {:?}", ran.out);
        }
    }
    let shown = json(env, &["store", "show", "evil"]);
    let attributes = shown["certificate"]["subject"]["attributes"]
        .as_array()
        .unwrap();
    assert_eq!(attributes[0]["value"], name);
    says(env, &["store", "show", "evil"], "\\u{202e}gnp");
}
