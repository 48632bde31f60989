//! Developer tasks, run as `cargo xtask <task>`.
//!
//! `cargo xtask test` sets up what the tests need, runs every one of them and closes with a
//! summary. `cargo xtask test NAME...` runs the named steps alone. `cargo xtask openapi` writes the
//! OpenAPI document anew.
#![forbid(unsafe_code)]
// A command-line tool speaks on its standard streams.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod checks;
mod clients;
mod demo;
mod openapi;
mod process;
mod report;
mod setup;
mod steps;
mod terraform;

use std::process::ExitCode;

use report::Report;

const USAGE: &str = "\
usage: cargo xtask openapi
       cargo xtask test [STEP...]

openapi writes docs/openapi.json anew; test runs the named steps, or all of them in this order:
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = arguments.split_first();
    let outcome = match task.map(|(task, rest)| (task.as_str(), rest)) {
        Some(("openapi", [])) => steps::write_openapi().map(|()| ExitCode::SUCCESS),
        Some(("test", names)) => steps::run(names).map(Report::close),
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
