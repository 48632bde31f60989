//! Commands in the documents, run as they stand in them, by the plainest shell there is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::Server;

/// The block of a document in which `needle` stands.
fn block(document: &str, needle: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(document);
    let text = fs::read_to_string(path).unwrap();
    let mut blocks = text.split("```sh\n").skip(1).map(|rest| {
        let (block, _) = rest.split_once("```").unwrap();
        block.to_owned()
    });
    let found = blocks.find(|block| block.contains(needle));
    found.unwrap_or_else(|| panic!("{document} has no block with {needle}"))
}

/// Runs a script in a folder, with the server's `client.env` and a token.
fn run(server: &Server, folder: &Path, script: &str) -> String {
    let output = Command::new("dash")
        .args(["-eu", "-c", script])
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(&server.env)
        .env("TOKEN", server.token())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_the_documents_say_of_keys_runs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("demo", &folder.path().join("data"), &[]);

    // The files of an instance's server: keys that nobody else reads.
    let files = folder.path().join("bundle");
    fs::create_dir(&files).unwrap();
    let said = run(&server, &files, &block("README.md", "server-bundle"));
    assert!(said.contains("tls-cert-file"), "{said}");
    let mut keys = 0;
    for entry in fs::read_dir(&files).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
        keys += usize::from(fs::read_to_string(&path).unwrap().contains("PRIVATE KEY"));
    }
    assert!(keys > 0);

    // The encryption key of an SM2 pair, out of its envelope.
    let pair = folder.path().join("pair");
    fs::create_dir(&pair).unwrap();
    run(
        &server,
        &pair,
        "curl -sS --fail-with-body -o pair.zip -H \"X-Auth-Token: $TOKEN\" -d \
         '{\"type\":\"other\",\"is_compressed\":\"true\",\"is_sm_standard\":\"true\"}' \
         \"$CHANCERY_ENDPOINT/v1/private-certificates/$CHANCERY_DEMO_SM2_CERTIFICATE_ID/export\" \
         && python3 -m zipfile -e pair.zip . && find . -type f -name '*.key' -exec mv {} . \\; \
         2>/dev/null || true",
    );
    run(
        &server,
        &pair,
        &block("docs/sm2.md", "encSm2EnvelopedKey.key"),
    );
    let key = pair.join("encCert.key");
    let read = Command::new("openssl")
        .args(["pkey", "-noout", "-in"])
        .arg(&key)
        .output()
        .unwrap();
    assert!(read.status.success(), "{read:?}");
}
