//! Developer tasks, run as `cargo xtask <task>`.
//!
//! `cargo xtask check` is the short loop: format, lints and unit tests. `cargo xtask test` sets up
//! what the tests need, runs every one of them and closes with a summary. `cargo xtask openapi`
//! writes the OpenAPI document anew.
#![forbid(unsafe_code)]
// A command-line tool speaks on its standard streams.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod cache;
mod checks;
mod clients;
mod demo;
mod durations;
mod job;
mod openapi;
mod process;
mod report;
mod schedule;
mod setup;
mod steps;
mod terraform;
mod tests;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask check
       cargo xtask openapi
       cargo xtask test [STEP...]

check is format, lints and unit tests; openapi writes docs/openapi.json anew; test runs the named
steps, or all of them:
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = arguments.split_first();
    let outcome = match task.map(|(task, rest)| (task.as_str(), rest)) {
        Some(("check", [])) => steps::check(),
        Some(("openapi", [])) => steps::write_openapi(),
        Some(("test", names)) => steps::test(names),
        _ => {
            eprint!("{USAGE}{}", steps::listing());
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
