//! Developer tasks, run as `cargo xtask <task>`.
//!
//! `cargo xtask test` sets up what the tests need, runs every one of them and closes with a
//! summary. `cargo xtask test NAME...` runs the named steps alone.
#![forbid(unsafe_code)]
// A command-line tool speaks on its standard streams.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod checks;
mod clients;
mod demo;
mod process;
mod report;
mod setup;
mod steps;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask test [STEP...]

Runs the named steps, or all of them in this order:
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(("test", names)) = arguments
        .split_first()
        .map(|(task, rest)| (task.as_str(), rest))
    else {
        eprint!("{USAGE}{}", steps::listing());
        return ExitCode::from(2);
    };
    match steps::run(names) {
        Ok(report) => report.close(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
