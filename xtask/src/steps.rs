//! The steps of `cargo xtask test` and their order.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::clients::Clients;
use crate::report::Report;
use crate::setup::Folders;
use crate::{checks, openapi, setup, terraform};

type Work = fn(&Folders, &mut Clients) -> Result<()>;

/// Quick checks first; the set-up before what needs it.
const STEPS: &[(&str, Work)] = &[
    ("debian-packages", |_, _| setup::debian()),
    ("python-setup", |folders, _| setup::python(folders)),
    ("rust-format", |folders, _| checks::format(folders)),
    ("rust-dependencies", |folders, _| {
        checks::dependencies(folders)
    }),
    ("rust-clippy", |folders, _| checks::clippy(folders)),
    ("rust-documentation", |folders, _| {
        checks::documentation(folders)
    }),
    ("rust-fuzz-targets", |folders, _| {
        checks::fuzz_targets(folders)
    }),
    ("rust-tests", |folders, _| checks::tests(folders)),
    ("openapi-statuses", |folders, _| {
        openapi::check_reached(folders)
    }),
    ("go-setup", |folders, _| setup::go(folders)),
    ("java-setup", |folders, _| setup::java(folders)),
    ("node-setup", |folders, _| setup::node(folders)),
    ("terraform-setup", |folders, _| terraform::setup(folders)),
    ("clients-python", |_, clients| clients.python()),
    ("conformance", |_, clients| clients.conformance()),
    ("clients-go", |_, clients| clients.go()),
    ("clients-java", |_, clients| clients.java()),
    ("clients-node", |_, clients| clients.node()),
    ("terraform", |_, clients| clients.terraform()),
    ("contract", |_, clients| clients.contract()),
    ("servers", |_, clients| clients.servers()),
    ("restart", |_, clients| clients.restart()),
];

/// The names of all steps, one a line.
pub(crate) fn listing() -> String {
    STEPS
        .iter()
        .map(|(name, _)| format!("  {name}\n"))
        .collect()
}

/// Runs the steps `names`, or all when there is no name.
///
/// # Errors
/// An unknown name.
pub(crate) fn run(names: &[String]) -> Result<Report> {
    if let Some(unknown) = names
        .iter()
        .find(|name| STEPS.iter().all(|(step, _)| step != name))
    {
        bail!("there is no step {unknown}; the steps are\n{}", listing());
    }
    let folders = folders()?;
    let mut clients = Clients::new(&folders);
    let mut report = Report::new(std::env::var("CI").is_ok_and(|value| value == "true"));
    for (name, work) in STEPS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            report.step(name, || work(&folders, &mut clients));
        }
    }
    Ok(report)
}

/// Writes the OpenAPI document anew.
///
/// # Errors
/// When the test that does it fails.
pub(crate) fn write_openapi() -> Result<()> {
    openapi::write(&folders()?)
}

fn folders() -> Result<Folders> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has no parent")?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || root.join("target"),
        |folder| root.join(PathBuf::from(folder)),
    );
    Ok(Folders {
        root: root.to_owned(),
        target,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_is_refused() {
        assert!(run(&["no-such-step".to_owned()]).is_err());
    }
}
