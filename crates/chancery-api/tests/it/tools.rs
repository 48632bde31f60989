//! Running foreign programs.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a foreign program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether a program is installed. If not, says so and lets the test return; where tests must be
/// complete (`CI=true`) it panics instead.
pub(crate) fn installed(what: &str, program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !found {
        let complete = std::env::var("CI").as_deref() == Ok("true");
        assert!(!complete, "{what} needs {program}");
        eprintln!("SKIPPED: {what} needs {program}");
    }
    found
}

/// Runs a program in `folder` until it ends: whether it succeeded, and what it said.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> (bool, String) {
    let (out, err) = (folder.join(".out"), folder.join(".err"));
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{program} {arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
    (status.success(), read(out) + &read(err))
}

/// Runs `openssl`, which must succeed, and gives all that it said.
pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let (success, said) = run(folder, "openssl", arguments);
    assert!(success, "openssl {arguments:?}: {said}");
    said
}

/// Writes files for a program to read.
pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// What OpenSSL says of a certificate, and what it would take it for.
pub(crate) fn printed(pem: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("c.pem", pem)]);
    let arguments = ["x509", "-noout", "-text", "-purpose", "-in", "c.pem"];
    openssl(folder.path(), &arguments)
}
