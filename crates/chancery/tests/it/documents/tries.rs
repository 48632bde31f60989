//! What is done with the blocks of the documents, against a demo.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::blocks::{blocks, words};
use crate::support::{Server, command, mode};

/// A demo that the commands call, and a folder for what they write.
pub(crate) struct Desk {
    server: Server,
    folder: tempfile::TempDir,
}

impl Desk {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start("demo", &folder.path().join("data"), &[]);
        Self { server, folder }
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new folder.
    fn folder(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir(&path).unwrap();
        path
    }

    /// Runs a script in a folder, with the server's `client.env` and a token.
    fn run(&self, folder: &Path, script: &str) -> String {
        let token = self.server.token();
        let env = self.server.env.iter();
        let env = env.map(|(name, value)| (name.as_str(), value.as_str()));
        run(folder, script, env.chain([("TOKEN", token.as_str())]))
    }

    /// Sends a body to a path of the API with curl; returns the status and the answer.
    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let token = format!("X-Auth-Token: {}", self.server.token());
        let body = body.to_string();
        let json = "Content-Type: application/json";
        let (status, _, answer) = self
            .server
            .curl(&["-H", &token, "-H", json, "-d", &body], path);
        (status, serde_json::from_str(&answer).unwrap())
    }

    /// The unpacked archive of the demo's SM2 pair, in a folder of this name.
    fn pair(&self, name: &str) -> PathBuf {
        let pair = self.folder(name);
        self.run(
            &pair,
            "curl -sS --fail-with-body -o pair.zip -H \"X-Auth-Token: $TOKEN\" -d \
             '{\"type\":\"other\",\"is_compressed\":\"true\",\"is_sm_standard\":\"true\"}' \
             \"$CHANCERY_ENDPOINT/v1/private-certificates/$CHANCERY_DEMO_SM2_CERTIFICATE_ID/export\" \
             && python3 -m zipfile -e pair.zip .",
        );
        // The archive holds one folder.
        for entry in fs::read_dir(&pair).unwrap() {
            let inside = entry.unwrap().path();
            if inside.is_dir() {
                return inside;
            }
        }
        pair
    }
}

/// Runs a script by `dash` in a folder and an environment, with `chancery` in its path.
pub(crate) fn run<'a>(
    folder: &Path,
    script: &str,
    env: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_chancery")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("dash")
        .args(["-eu", "-c", script])
        .current_dir(folder)
        .env_clear()
        .envs(env)
        .env("PATH", format!("{}:{path}", binary.display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the README shows is what a demo prints, and every line that a demo prints can be pasted: all of
/// them are run, by a shell that knows nothing else.
pub(crate) fn what_the_demo_prints(desk: &Desk, block: &str) {
    let lines = desk.server.printed(|line| line.contains("demo --print"));
    let place = desk.folder.path().join("data").canonicalize().unwrap();
    let here = |line: &str| {
        line.replace("./chancery-demo", place.to_str().unwrap())
            .replace("https://127.0.0.1:8443", &desk.server.url)
    };
    let mut shown = block.lines().filter(|line| !line.is_empty());
    let first = shown.next().map(here).unwrap();
    assert_eq!(first, format!("chancery ready {}", desk.server.url));
    let shown: Vec<String> = shown.filter(|line| line.trim() != "…").map(here).collect();
    assert!(shown.len() > 1, "{block}");
    for line in &shown {
        assert!(lines.contains(line), "{line}: {lines:#?}");
    }

    let commands: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("  "))
        .collect();
    for (start, number) in [
        ("set -a; ", 1),
        ("TOKEN=$(", 1),
        ("curl ", 1),
        ("chancery ", 15),
    ] {
        let found = commands.iter().filter(|line| line.starts_with(start));
        assert_eq!(found.count(), number, "{start}: {lines:#?}");
    }
    let folder = desk.folder("printed");
    let output = Command::new("dash")
        .args(["-eu", "-c", &commands.join("\n")])
        .current_dir(&folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{commands:#?}\n{said}");
    // The answer of the API, and all of it again.
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains(&desk.server.env["HUAWEICLOUD_SDK_DOMAIN_ID"]),
        "{said}"
    );
    // By then the shell finds the program.
    let again = lines.iter().filter(|line| !line.starts_with("  PATH="));
    let again: String = again.flat_map(|line| [line, "\n"]).collect();
    assert!(said.ends_with(&again), "{said}");
    for (name, marks) in [
        ("root-ca.pem", "BEGIN CERTIFICATE"),
        ("ca.pem", "BEGIN CERTIFICATE"),
        ("sm2-root-ca.pem", "BEGIN CERTIFICATE"),
        ("sm2-ca.pem", "BEGIN CERTIFICATE"),
        ("redis-ca.pem", "BEGIN CERTIFICATE"),
        ("mongodb-ca.pem", "BEGIN CERTIFICATE"),
        ("nginx", "PRIVATE KEY"),
        ("tomcat", "PRIVATE KEY"),
        ("ec256", "PRIVATE KEY"),
        ("ec384", "PRIVATE KEY"),
        ("sm2", "PRIVATE KEY"),
        ("store", "PRIVATE KEY"),
        ("migration", "PRIVATE KEY"),
    ] {
        let path = folder.join(name);
        let files = match path.is_dir() {
            true => fs::read_dir(&path)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect(),
            false => vec![path],
        };
        let holds = |file: &PathBuf| fs::read_to_string(file).unwrap().contains(marks);
        assert!(files.iter().any(holds), "{name}: {files:?}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 13);
}

/// The server of the first line runs in another shell than the second.
pub(crate) fn a_first_start(desk: &Desk, block: &str) {
    let data = desk.folder.path().join("first");
    let script = block
        .replace("/var/lib/chancery", data.to_str().unwrap())
        .replace("0.0.0.0:8443", "127.0.0.1:0");
    let (serve, source) = script.split_once('\n').unwrap();
    let binary = env!("CARGO_BIN_EXE_chancery");
    let mut shell = Command::new("dash");
    shell
        .args([
            "-c",
            &serve.replacen("chancery", &format!("exec {binary}"), 1),
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let server = Server::spawn(shell, &data);
    assert_eq!(server.url, "https://desk.example.com:8443");
    let endpoint = run(
        &data,
        &format!("{source}\nprintf %s \"$CHANCERY_ENDPOINT\""),
        [],
    );
    assert_eq!(endpoint, server.url);
    server.stop();
}

pub(crate) fn a_token(desk: &Desk, block: &str) {
    let call = "curl -sS --fail-with-body -H \"X-Auth-Token: $TOKEN\" \"$CHANCERY_ENDPOINT/v3/auth/domains\"";
    let said = desk.run(
        &desk.folder("token"),
        &format!("unset TOKEN\n{block}{call}"),
    );
    assert!(said.contains(&desk.server.env["HUAWEICLOUD_SDK_DOMAIN_ID"]));
}

/// The files of an instance's server: keys that nobody else reads.
pub(crate) fn a_server_bundle(desk: &Desk, block: &str) {
    let files = desk.folder("bundle");
    let said = desk.run(&files, block);
    assert!(said.contains("tls-cert-file"), "{said}");
    let mut keys = 0;
    for entry in fs::read_dir(files.join("redis")).unwrap() {
        let path = entry.unwrap().path();
        if fs::read_to_string(&path).unwrap().contains("PRIVATE KEY") {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            keys += 1;
        }
    }
    assert!(keys > 0);
}

/// With the policy of `docs/iam.md` in the file that the commands read.
pub(crate) fn a_team(desk: &Desk, block: &str) {
    let folder = desk.folder("team");
    let policy = named_policy(desk)["role"]["policy"].to_string();
    fs::write(folder.join("policy.json"), policy).unwrap();
    let said = desk.run(&folder, block);
    assert!(
        said.contains("team-a") && said.contains("branch-office"),
        "{said}"
    );
    let users = desk.run(&folder, "chancery group users team-a");
    assert!(users.contains("alice"), "{users}");
}

/// The policy that `docs/iam.md` shows, for the CA of the demo.
fn named_policy(desk: &Desk) -> Value {
    let blocks = blocks();
    let block = blocks
        .iter()
        .find(|block| block.text.contains("CA_ID") && block.text.contains("team A"));
    let id = &desk.server.env["CHANCERY_DEMO_CA_ID"];
    serde_json::from_str(&block.unwrap().text.replace("CA_ID", id)).unwrap()
}

pub(crate) fn a_policy(desk: &Desk, _block: &str) {
    let (status, answer) = desk.post("/v3.0/OS-ROLE/roles", &named_policy(desk));
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["warnings"], Value::Null, "{answer}");
}

pub(crate) fn warnings(desk: &Desk, block: &str) {
    let shown: Value = serde_json::from_str(block).unwrap();
    let (status, answer) = desk.post(
        "/v3.0/OS-ROLE/roles",
        &serde_json::json!({"role": {"display_name": "misspelt", "type": "AX", "description": "",
            "policy": {"Version": "1.1", "Statement": [{"Effect": "Allow",
                "Action": ["pca:ca:gett"], "Resource": ["pca:*:*:ca:CA_ID"]}]}}}),
    );
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["warnings"], shown["warnings"]);
}

/// A server starts with them, and one with a quota that there is not does not.
pub(crate) fn settings(desk: &Desk, block: &str) {
    let data = desk.folder("settings");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(data.join("chancery.toml"), block).unwrap();
    Server::start("serve", &data, &[]).stop();
    fs::write(data.join("chancery.toml"), format!("{block}horses = 1\n")).unwrap();
    let refused = command("serve", &data).output().unwrap();
    assert!(!refused.status.success());
}

/// What cannot run here, since it is Tongsuo's: the files that it names are there.
pub(crate) fn files_of_a_pair(desk: &Desk, block: &str) {
    let name = if block.contains("s_server") {
        "tools"
    } else {
        "nginx"
    };
    let pair = desk.pair(name);
    let (_, join) = words()
        .into_iter()
        .find(|(_, word)| word.ends_with("> signCert.chain.pem"))
        .unwrap();
    desk.run(&pair, &join);
    fs::write(pair.join("encCert.key"), "").unwrap(); // out of its envelope, below
    let mut files = 0;
    let word = |c: char| c.is_whitespace() || c == ';';
    for name in block
        .split(word)
        .filter(|word| word.ends_with(".pem") || word.ends_with(".key"))
    {
        assert!(pair.join(name).is_file(), "{name}");
        files += 1;
    }
    assert!(files >= 4);
}

/// The encryption key of an SM2 pair, out of its envelope.
pub(crate) fn an_envelope(desk: &Desk, block: &str) {
    let pair = desk.pair("envelope");
    desk.run(&pair, block);
    is_the_encryption_key(desk, &pair);
}

/// The other envelope holds the same number; the end is that of the first one.
pub(crate) fn a_signed_envelope(desk: &Desk, block: &str) {
    let blocks = blocks();
    let first = blocks
        .iter()
        .find(|block| block.text.contains("encSm2EnvelopedKey.key"));
    let (_, end) = first.unwrap().text.split_once("-out scalar\n").unwrap();
    let pair = desk.pair("signed");
    let said = desk.run(&pair, block);
    assert!(said.contains("Signature Verified Successfully"), "{said}");
    desk.run(&pair, end);
    is_the_encryption_key(desk, &pair);
}

fn is_the_encryption_key(desk: &Desk, pair: &Path) {
    desk.run(
        pair,
        "openssl pkey -in encCert.key -pubout > of-key.pem
         openssl x509 -in encCert.pem -noout -pubkey > of-certificate.pem
         cmp of-key.pem of-certificate.pem",
    );
}

/// Link by link, with the files that the text names made of the chain.
pub(crate) fn sm2_chains(desk: &Desk, block: &str) {
    let pair = desk.pair("chains");
    let chain = fs::read_to_string(pair.join("chain.pem")).unwrap();
    let mut links = chain.split_inclusive("-----END CERTIFICATE-----\n");
    fs::write(pair.join("issuing.pem"), links.next().unwrap()).unwrap();
    fs::write(pair.join("root.pem"), links.next().unwrap()).unwrap();
    let said = desk.run(&pair, block);
    assert_eq!(said.matches(": OK").count(), 2, "{said}");
}

/// OpenSSL reads every certificate of the file, and verifies the first with the others.
pub(crate) fn one_file(desk: &Desk, block: &str) {
    let folder = desk.folder("one file");
    desk.run(&folder, block);
    let whole = fs::read_to_string(folder.join("fullchain.pem")).unwrap();
    let found = whole
        .lines()
        .filter(|line| line.starts_with("-----BEGIN"))
        .count();
    assert_eq!(found, whole.matches("BEGIN").count());
    assert!(found > 2);
    let said = desk.run(
        &folder,
        "openssl crl2pkcs7 -nocrl -certfile fullchain.pem | openssl pkcs7 -print_certs -noout
         openssl verify -no-CApath -no-CAstore -CAfile fullchain.pem fullchain.pem",
    );
    assert_eq!(said.matches("subject=").count(), found, "{said}");
    assert!(said.contains("fullchain.pem: OK"), "{said}");
}

/// Three lines, and what they leave is what nginx takes.
pub(crate) fn a_first_certificate(desk: &Desk, block: &str) {
    let folder = desk.folder("first certificate");
    let said = desk.run(&folder, block);
    assert!(said.contains("ssl_certificate_key \""), "{said}");
    let said = desk.run(
        &folder,
        "chancery ca export 'Example Root' --out root.pem
         openssl verify -CAfile root.pem -untrusted tls/fullchain.pem tls/fullchain.pem",
    );
    assert!(said.contains("OK"), "{said}");
}
