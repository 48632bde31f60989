//! The checked-in OpenAPI document.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::checks::{LIMIT, cargo};
use crate::job::Job;

/// Writes the document anew.
pub(crate) fn write(job: &Job) -> Result<()> {
    let mut command = cargo(&job.folders, "test", &["--package", "chancery-api"]);
    command
        .args(["--test", "it", "--"])
        .args([
            "--exact",
            "openapi::the_document_is_the_one_that_is_checked_in",
        ])
        .env("CHANCERY_WRITE_OPENAPI", "1");
    job.run(&mut command, LIMIT)
}

/// Every status of the document was an answer in the tests of `rust-tests`. That every answer is in
/// the document those tests check themselves.
pub(crate) fn check_reached(job: &Job) -> Result<()> {
    let folders = &job.folders;
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
    job.say(format_args!("{count} statuses, each reached by a test"));
    Ok(())
}
