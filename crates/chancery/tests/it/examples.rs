//! Every example of the help, run as it stands there, one after the other on a new desk, against what it
//! is known to print: `tests/it/examples.txt`, which `CHANCERY_TEST_UPDATE=1` writes anew.

#[path = "../../src/cli/examples.rs"]
mod lines;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Server;
use lines::EXAMPLES;

/// Commands that serve: `demo` and the documents run them.
const SERVERS: [&str; 2] = ["serve", "demo"];

/// What the examples run in.
struct Stage {
    folder: tempfile::TempDir,
    server: Server,
    env: HashMap<String, String>,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start("serve", &folder.path().join("data"), &[]);
        let program = Path::new(env!("CARGO_BIN_EXE_chancery"));
        let home = folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let env = HashMap::from([
            ("HOME".to_owned(), home.display().to_string()),
            ("TZ".to_owned(), "UTC".to_owned()),
            (
                "PATH".to_owned(),
                format!("{}:/usr/bin:/bin", program.parent().unwrap().display()),
            ),
        ]);
        let stage = Self {
            folder,
            server,
            env,
        };
        stage.shell(
            "cp data/ca.pem ca.pem
             openssl req -new -newkey rsa:2048 -nodes -subj /CN=signed.example.com -keyout own.key -out request.csr
             openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
               -subj '/CN=Other Root' -addext keyUsage=critical,keyCertSign,cRLSign \
               -keyout other-root.key -out other-root.pem
             openssl req -new -newkey rsa:2048 -nodes -subj /CN=shop.example.com -keyout shop.key -out shop.csr
             printf 'subjectAltName=DNS:shop.example.com\nextendedKeyUsage=serverAuth\n' > shop.ext
             openssl x509 -req -in shop.csr -CA other-root.pem -CAkey other-root.key -days 30 -extfile shop.ext \
               > shop-only.pem
             cat shop-only.pem other-root.pem > shop.pem
             echo '{\"Version\":\"1.1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"pca:cert:export\"]}]}' > policy.json",
        );
        stage
    }

    /// Runs a script that prepares something.
    fn shell(&self, script: &str) {
        let output = Command::new("sh")
            .args(["-euc", script])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// What is not of chancery, before some examples.
    fn prepare(&self, of: &str) {
        if of == "ca import" {
            self.shell(
                "printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' > ca.ext
                 openssl x509 -req -in below.csr -CA other-root.pem -CAkey other-root.key -days 60 -extfile ca.ext -out below.pem",
            );
        }
        if of == "context delete" {
            self.run("chancery login https://localhost:8443 --user administrator --ca-file ca.pem --context elsewhere");
        }
    }

    /// Runs an example on this desk; what it printed, and how it ended.
    fn run(&self, line: &str) -> String {
        let here = line
            .replace("https://localhost:8443", &self.server.url)
            .replace("/var/lib/chancery", "data");
        let mut command = Command::new("sh");
        command
            .args(["-c", &here])
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.env);
        if line.contains(" login ") {
            for name in ["CHANCERY_USER", "CHANCERY_PASSWORD"] {
                command.env(name, &self.server.env[name]);
            }
        }
        let output = command.output().unwrap();
        let mut said = String::from_utf8(output.stdout).unwrap();
        said += &String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap();
        assert_eq!(code, 0, "{line}: {said}");
        let folder = self.folder.path().display().to_string();
        said.replace(&self.server.url, "https://localhost:8443")
            .replace(
                self.server.url.trim_start_matches("https://"),
                "localhost:8443",
            )
            .replace(&folder, "FOLDER")
    }
}

/// A text in which what differs each time is not seen: ids, numbers, fingerprints, secrets, times, PEM, and
/// the addresses that instances get.
fn settled(line: &str, text: &str) -> String {
    let is_of_instance = line.starts_with("chancery instance");
    let mut inside = false;
    let mut settled = String::new();
    for line in text.lines() {
        if line.starts_with("-----") {
            inside = line.contains("BEGIN");
        } else if inside {
            continue;
        }
        let mut line = words(line);
        if is_of_instance && (line.contains("192.168.") || line.starts_with("NAME ")) {
            // The next address may be longer.
            line = line.split_whitespace().collect::<Vec<_>>().join("  ");
        }
        settled += &line;
        settled.push('\n');
    }
    settled
}

fn words(line: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let mut settled = String::new();
    let mut before = "";
    for word in line.split_inclusive(|c: char| !is_part(c)) {
        let bare = word.trim_end_matches(|c: char| !is_part(c));
        let has = |kind: fn(&char) -> bool| bare.chars().any(|c| kind(&c));
        let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let is_date = bare.len() == 10
            && bare.bytes().enumerate().all(|(at, b)| match at {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        let is_clock =
            bare.len() == 2 && is_digits(bare) && (word.ends_with(':') || before.ends_with(':'));
        let is_random = bare.len() >= 12
            && has(char::is_ascii_digit)
            && !["example", "with", "cn-north"]
                .iter()
                .any(|known| bare.contains(known));
        let is_size = bare.len() > 4 && is_digits(bare);
        let is_private = settled.ends_with("192.168.") || settled.ends_with("192.168.0.");
        settled += &match () {
            () if bare.is_empty() => word.to_owned(),
            () if is_date => word.replace(bare, "0000-00-00"),
            () if is_private => word.replace(bare, "0"),
            () if is_clock => word.replace(bare, "00"),
            () if is_random || is_size => word.replace(bare, "…"),
            () => word.to_owned(),
        };
        before = word;
    }
    settled
}

#[test]
fn every_example_does_what_it_says() {
    let stage = Stage::new();
    let mut told = String::new();
    for (of, line) in EXAMPLES {
        if SERVERS.contains(of) {
            continue;
        }
        stage.prepare(of);
        let said = settled(line, &stage.run(line));
        let _ = write!(told, "$ {line}\n{said}");
    }
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/examples.txt");
    if std::env::var_os("CHANCERY_TEST_UPDATE").is_some() {
        fs::write(&place, &told).unwrap();
    }
    let known = fs::read_to_string(&place).unwrap_or_default();
    for (at, (told, known)) in told.lines().zip(known.lines()).enumerate() {
        assert_eq!(told, known, "line {} of {}", at + 1, place.display());
    }
    assert_eq!(told.lines().count(), known.lines().count());
    // What they wrote is what they say.
    stage.shell(
        "openssl verify -CAfile root.pem -untrusted tls/fullchain.pem tls/fullchain.pem
         openssl verify -CAfile root.pem -untrusted issuing.pem signed.pem
         test -s redis-ca.pem -a -s trust.jks -a -s desk.backup -a -s man1/chancery-cert-issue.1",
    );
}
