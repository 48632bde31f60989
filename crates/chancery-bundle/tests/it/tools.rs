//! Running foreign programs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a foreign program may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Whether all programs are installed. If not, says so and lets the test return; where tests
/// must be complete (`CI=true`) it panics instead.
pub(crate) fn installed(what: &str, programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in programs {
        if !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "{what} needs {program}"
            );
            eprintln!("SKIPPED: {what} needs {program}");
            return false;
        }
    }
    true
}

/// What a program said and whether it succeeded.
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) output: String,
    pub(crate) errors: String,
}

/// Runs a program in `folder` until it ends.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) -> Outcome {
    let scratch = tempfile::tempdir().unwrap();
    let (output, errors) = (scratch.path().join("out"), scratch.path().join("err"));
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_remove("JAVA_TOOL_OPTIONS")
        .stdin(Stdio::null())
        .stdout(File::create(&output).unwrap())
        .stderr(File::create(&errors).unwrap())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("{program} {arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    Outcome {
        success: status.success(),
        output: read(&output),
        errors: read(&errors),
    }
}

/// Runs a program that must succeed and gives its output.
pub(crate) fn succeed(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let Outcome {
        success,
        output,
        errors,
    } = run(folder, program, arguments);
    assert!(success, "{program} {arguments:?}: {output}{errors}");
    output
}

/// Runs a program that must refuse what it is given, and gives all that it said.
pub(crate) fn fail(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let outcome = run(folder, program, arguments);
    assert!(!outcome.success, "{program} {arguments:?} succeeded");
    outcome.output + &outcome.errors
}

fn read(file: &PathBuf) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}
