//! The tests of the crates: built by cargo, run one binary after the other.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chancery_testing::postgres::{TestPg, VARIABLE};
use serde_json::Value;

use crate::checks::{LIMIT, WORKSPACE, cargo, profile};
use crate::job::Job;
use crate::report::Missing;

/// The server, and which test binaries there are.
const SERVER: &str = "chancery";
/// The slowest binary takes less than a minute when nothing else runs.
const BINARY_LIMIT: Duration = Duration::from_secs(10 * 60);

/// A test binary that cargo has built.
struct Binary {
    package: String,
    /// `lib`, `bin` or `test`.
    kind: String,
    folder: PathBuf,
    program: PathBuf,
}

/// Builds all that the tests run: the server too.
pub(crate) fn build(job: &Job) -> Result<()> {
    let messages = compile(job, &[])?;
    ensure!(
        messages.iter().any(is_server),
        "cargo has not built the server"
    );
    Ok(())
}

/// The unit tests of the libraries and of this program: pure, so that nothing need be set up.
pub(crate) fn unit(job: &Job) -> Result<()> {
    run(
        job,
        binaries(&compile(job, &["--lib", "--bin", "xtask"])?)?,
        None,
    )
}

/// The other tests of the crates, with one PostgreSQL for all.
pub(crate) fn others(job: &Job) -> Result<()> {
    let mut binaries = binaries(&compile(job, &[])?)?;
    binaries.retain(|binary| binary.kind != "lib" && binary.package != "xtask");
    let postgres = TestPg::start();
    let postgres = postgres.as_ref().map(TestPg::folder);
    run(job, binaries, postgres.map(|folder| (VARIABLE, folder)))
}

/// The server that [`build`] has built.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn server(job: &Job) -> Result<PathBuf> {
    let program = job.folders.target.join(profile().1).join(SERVER);
    if program.is_file() {
        return Ok(program);
    }
    Err(Missing(format!(
        "needs {}, which rust-build builds",
        program.display()
    ))
    .into())
}

/// What cargo says of each thing that it has built, as JSON.
fn compile(job: &Job, selection: &[&str]) -> Result<Vec<Value>> {
    let mut command = cargo(&job.folders, "test", WORKSPACE);
    command
        .args(selection)
        .args(["--no-run", "--message-format", "json-render-diagnostics"]);
    let said = job.output(&mut command, LIMIT)?;
    said.lines()
        .map(|line| serde_json::from_str(line).context("cargo's messages are JSON"))
        .collect()
}

fn is_server(message: &Value) -> bool {
    message["target"]["name"] == SERVER
        && message["target"]["kind"] == serde_json::json!(["bin"])
        && message["profile"]["test"] == false
        && message["executable"].is_string()
}

fn binaries(messages: &[Value]) -> Result<Vec<Binary>> {
    let mut binaries = Vec::new();
    for message in messages {
        let (Some(program), true) = (
            message["executable"].as_str(),
            message["profile"]["test"] == true,
        ) else {
            continue;
        };
        let folder = Path::new(message["manifest_path"].as_str().context("no manifest")?)
            .parent()
            .context("the manifest has no folder")?;
        let name = folder.file_name().context("the folder has no name")?;
        binaries.push(Binary {
            package: name.to_string_lossy().into_owned(),
            kind: message["target"]["kind"][0]
                .as_str()
                .context("no kind")?
                .to_owned(),
            folder: folder.to_owned(),
            program: program.into(),
        });
    }
    binaries.sort_by(|one, other| (&one.package, &one.kind).cmp(&(&other.package, &other.kind)));
    Ok(binaries)
}

/// Runs each, also after one has failed.
fn run(job: &Job, binaries: Vec<Binary>, variable: Option<(&str, &Path)>) -> Result<()> {
    ensure!(!binaries.is_empty(), "cargo has built no tests");
    let mut failed = Vec::new();
    for Binary {
        package,
        kind,
        folder,
        program,
    } in binaries
    {
        job.say(format_args!("\n{package} ({kind})"));
        let mut command = Command::new(program);
        // The times of tests are an unstable option of a test program, which this variable admits.
        command
            .current_dir(folder)
            .env("RUSTC_BOOTSTRAP", "1")
            .envs(variable)
            .args(["-Z", "unstable-options", "--report-time"]);
        if let Err(error) = job.run(&mut command, BINARY_LIMIT) {
            job.say(format_args!("{error:#}"));
            failed.push(format!("{package} ({kind})"));
        }
    }
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

#[cfg(test)]
mod unit_tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;
    use crate::job::Folders;

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }

    /// Examples in documentation would be tests that nothing runs: the libraries have `doctest =
    /// false`, which saves a minute of linking. A block of another language says which.
    #[test]
    fn no_example_in_the_documentation_is_taken_for_a_test() {
        let mut files = Vec::new();
        let crates = Folders::of_this_workspace().unwrap().root.join("crates");
        sources(&crates, &mut files);
        assert!(files.len() > 100);
        for file in files {
            let mut inside = false;
            for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
                let line = line.trim_start();
                let text = line
                    .strip_prefix("///")
                    .or_else(|| line.strip_prefix("//!"));
                let Some(language) = text.and_then(|text| text.trim().strip_prefix("```")) else {
                    continue;
                };
                let place = format!("{}:{}", file.display(), number + 1);
                assert!(inside || !["", "rust"].contains(&language), "{place}");
                inside = !inside;
            }
        }
    }
}
