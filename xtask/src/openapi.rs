//! The checked-in OpenAPI document.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::checks::cargo;
use crate::process::run;
use crate::setup::Folders;

const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Writes the document anew.
pub(crate) fn write(folders: &Folders) -> Result<()> {
    let test = "openapi::the_document_is_the_one_that_is_checked_in";
    let arguments = [
        "test",
        "--locked",
        "--package",
        "chancery-api",
        "--test",
        "it",
        test,
    ];
    let mut command = cargo(folders, &arguments);
    run(command.env("CHANCERY_WRITE_OPENAPI", "1"), LIMIT)
}

/// Every status of the document was an answer in the tests of `rust-tests`. That every answer is in
/// the document those tests check themselves.
pub(crate) fn check_reached(folders: &Folders) -> Result<()> {
    let reached = fs::read_to_string(folders.target.join("tmp/reached-statuses.txt"))
        .context("needs what rust-tests has noted")?;
    let reached: BTreeSet<&str> = reached.lines().collect();
    let document = fs::read(folders.root.join("docs/openapi.json"))?;
    let document: Value = serde_json::from_slice(&document)?;
    let mut missed = Vec::new();
    let mut count = 0;
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            for status in operation["responses"].as_object().into_iter().flatten() {
                let line = format!("{} {path} {}", method.to_ascii_uppercase(), status.0);
                count += 1;
                if !reached.contains(line.as_str()) {
                    missed.push(line);
                }
            }
        }
    }
    ensure!(
        missed.is_empty(),
        "{} of {count} statuses are reached by no test:\n  {}",
        missed.len(),
        missed.join("\n  ")
    );
    println!("{count} statuses, each reached by a test");
    Ok(())
}
