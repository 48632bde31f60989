//! The steps of `cargo xtask test` and their order.

use std::fs;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::checks::{self, continuous_integration};
use crate::clients;
use crate::job::Folders;
use crate::schedule::{self, Step};
use crate::{openapi, report, setup, terraform, tests};

/// More at once than this would only get in each other's way: most start a server.
const MOST_LANES: usize = 5;

/// What the short loop consists of.
const CHECK: &[&str] = &["rust-format", "rust-clippy", "rust-unit-tests"];

/// First what is quick to fail and needs nothing, then the set-ups beside compiling, then what runs
/// against a server, what takes longest first. `contract` is the longest of all, and one thread: it
/// begins beside the tests of the crates.
const STEPS: &[Step] = &[
    step("rust-format", &[], checks::format),
    cargo("rust-clippy", &["rust-format"], checks::clippy),
    cargo("rust-unit-tests", &["rust-clippy"], tests::unit),
    step("debian-packages", &["rust-unit-tests"], setup::debian),
    cargo("rust-build", &["rust-unit-tests"], tests::build),
    step("python-setup", &["debian-packages"], setup::python),
    step("terraform-setup", &["debian-packages"], terraform::setup),
    step(
        "contract",
        &["rust-build", "python-setup"],
        clients::contract,
    ),
    cargo(
        "rust-tests",
        &["rust-build", "debian-packages"],
        tests::others,
    ),
    step("go-setup", &["debian-packages"], setup::go),
    step("java-setup", &["debian-packages"], setup::java),
    step("node-setup", &["debian-packages"], setup::node),
    step("rust-dependencies", &["python-setup"], checks::dependencies),
    step("openapi-statuses", &["rust-tests"], openapi::check_reached),
    cargo("rust-documentation", &["rust-tests"], checks::documentation),
    step(
        "terraform",
        &["rust-build", "terraform-setup", "python-setup"],
        clients::terraform,
    ),
    step(
        "clients-python",
        &["rust-build", "python-setup"],
        clients::python,
    ),
    step("servers", &["rust-build", "python-setup"], clients::servers),
    step(
        "judges",
        &["rust-build", "python-setup", "go-setup", "java-setup"],
        clients::judges,
    ),
    step(
        "documents",
        &["rust-build", "python-setup", "go-setup", "java-setup"],
        clients::documents,
    ),
    step(
        "conformance",
        &["rust-build", "python-setup"],
        clients::conformance,
    ),
    step("clients-java", &["rust-build", "java-setup"], clients::java),
    step("clients-go", &["rust-build", "go-setup"], clients::go),
    step("clients-node", &["rust-build", "node-setup"], clients::node),
];

type Work = fn(&crate::job::Job) -> Result<()>;

const fn step(name: &'static str, after: &'static [&'static str], work: Work) -> Step {
    Step {
        name,
        after,
        cargo: false,
        work,
    }
}

const fn cargo(name: &'static str, after: &'static [&'static str], work: Work) -> Step {
    Step {
        name,
        after,
        cargo: true,
        work,
    }
}

/// The names of all steps, one a line.
pub(crate) fn listing() -> String {
    STEPS
        .iter()
        .map(|step| format!("  {}\n", step.name))
        .collect()
}

/// Format, lints and unit tests, one after the other.
pub(crate) fn check() -> Result<ExitCode> {
    run(&named(CHECK)?)
}

/// Runs the steps `names`, or all when there is no name.
///
/// # Errors
/// An unknown name.
pub(crate) fn test(names: &[String]) -> Result<ExitCode> {
    if names.is_empty() {
        return run(&STEPS.iter().collect::<Vec<_>>());
    }
    run(&named(names)?)
}

/// These steps, in the order of the table.
fn named<Name: AsRef<str>>(names: &[Name]) -> Result<Vec<&'static Step>> {
    let known = |name: &str| STEPS.iter().any(|step| step.name == name);
    if let Some(unknown) = names.iter().find(|name| !known(name.as_ref())) {
        bail!(
            "there is no step {}; the steps are\n{}",
            unknown.as_ref(),
            listing()
        );
    }
    let wanted = |step: &&Step| names.iter().any(|name| name.as_ref() == step.name);
    Ok(STEPS.iter().filter(wanted).collect())
}

fn run(steps: &[&Step]) -> Result<ExitCode> {
    let folders = Folders::of_this_workspace()?;
    fs::create_dir_all(folders.logs())?;
    fs::create_dir_all(&folders.scratch)?;
    // One more than there are cores: downloads wait, and so does Terraform between its polls.
    let lanes = available_parallelism().map_or(2, |cores| MOST_LANES.min(cores.get() + 1));
    let started = Instant::now();
    let ended = schedule::run(&folders, steps, lanes, continuous_integration());
    fs::remove_dir_all(&folders.scratch)?;
    Ok(report::close(ended, started.elapsed()))
}

/// Writes the OpenAPI document anew.
///
/// # Errors
/// When the test that does it fails.
pub(crate) fn write_openapi() -> Result<ExitCode> {
    run(&[&step("openapi", &[], openapi::write)])
}

#[cfg(test)]
mod unit_tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_unknown_step_is_refused() {
        assert!(test(&["no-such-step".to_owned()]).is_err());
        assert_eq!(named(CHECK).unwrap().len(), CHECK.len());
    }

    #[test]
    fn a_step_follows_only_what_stands_before_it() {
        for (index, step) in STEPS.iter().enumerate() {
            for before in step.after {
                let position = STEPS.iter().position(|other| other.name == *before);
                assert!(
                    position.is_some_and(|position| position < index),
                    "{before}"
                );
            }
        }
    }

    /// What the documents tell developers to type.
    #[test]
    fn commands_in_the_documents_are_known() {
        let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let read = |name: &str| std::fs::read_to_string(repository.join(name)).unwrap();
        let mut known = 0;
        for name in ["README.md", "CONTRIBUTING.md", "tests/README.md"] {
            let text = read(name);
            for line in text.split("cargo xtask ").skip(1) {
                let end = line.find(['`', '#', '\n', '…']).unwrap();
                let words: Vec<&str> = line[..end].split_whitespace().collect();
                match words.split_first() {
                    Some((&("check" | "openapi"), [])) => {}
                    Some((&"test", steps)) => {
                        assert_eq!(
                            named(steps).unwrap().len(),
                            steps.len(),
                            "{name}: {words:?}"
                        );
                    }
                    _ => panic!("{name}: {words:?}"),
                }
                known += 1;
            }
        }
        assert!(known > 8, "{known}");

        // One module's tests, and the targets that are fuzzed with the seeds there are.
        let contributing = read("CONTRIBUTING.md");
        assert!(contributing.contains("-p chancery-api ccm::quotas"));
        assert!(
            repository
                .join("crates/chancery-api/tests/it/ccm/quotas.rs")
                .is_file()
        );
        let (_, line) = contributing.split_once("--features run\n").unwrap();
        let (line, targets) = line.split_once("`. Targets: ").unwrap();
        let seeds = line.split_whitespace().last().unwrap();
        assert!(repository.join(seeds).is_dir(), "{seeds}");
        let (targets, _) = targets.split_once("\n\n").unwrap();
        let mut listed: Vec<&str> = targets.split('`').skip(1).step_by(2).collect();
        listed.retain(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let manifest = read("fuzz/Cargo.toml");
        let names = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
        // The first is the package's.
        let mut there: Vec<&str> = names.skip(1).collect();
        listed.sort_unstable();
        there.sort_unstable();
        assert_eq!(listed, there);
    }
}
