//! The record of a run: what each step came to, how long it took, and the closing summary.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// A tool or an earlier step's product that is not there.
///
/// A step that ends with this error is skipped, loudly, on a developer's machine. In a
/// continuous integration run (`CI=true`) everything must be there, so it has failed.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

struct Step {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// All steps of one run, in the order they ran.
pub(crate) struct Report {
    continuous_integration: bool,
    steps: Vec<Step>,
}

impl Report {
    /// An empty record; `continuous_integration` turns a missing tool into a failure.
    pub(crate) fn new(continuous_integration: bool) -> Self {
        Self {
            continuous_integration,
            steps: Vec::new(),
        }
    }

    /// Runs `work` as the step `name` and keeps what it came to.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) {
        println!("\n=== {name}");
        let started = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(error) if error.is::<Missing>() && !self.continuous_integration => {
                Outcome::Skipped(format!("{error:#}"))
            }
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        let took = started.elapsed();
        match &outcome {
            Outcome::Passed => println!("=== {name}: ok in {:.1} s", took.as_secs_f32()),
            Outcome::Failed(why) => println!("=== {name}: FAILED: {why}"),
            Outcome::Skipped(why) => println!("=== {name}: SKIPPED: {why}"),
        }
        self.steps.push(Step {
            name,
            outcome,
            took,
        });
    }

    /// Prints one line per step and the totals, and tells whether the run is a success.
    pub(crate) fn close(self) -> ExitCode {
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        println!();
        for Step {
            name,
            outcome,
            took,
        } in &self.steps
        {
            let seconds = took.as_secs_f32();
            match outcome {
                Outcome::Passed => {
                    passed += 1;
                    println!("ok      {name} ({seconds:.1} s)");
                }
                Outcome::Failed(why) => {
                    failed += 1;
                    println!("FAILED  {name} ({seconds:.1} s): {why}");
                }
                Outcome::Skipped(why) => {
                    skipped += 1;
                    println!("SKIPPED {name}: {why}");
                }
            }
        }
        println!("\n{passed} passed, {failed} failed, {skipped} skipped");
        if failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn run(continuous_integration: bool, work: impl FnOnce() -> Result<()>) -> ExitCode {
        let mut report = Report::new(continuous_integration);
        report.step("step", work);
        report.close()
    }

    #[test]
    fn a_failed_step_fails_the_run() {
        assert_eq!(run(false, || bail!("broken")), ExitCode::FAILURE);
        assert_eq!(run(false, || Ok(())), ExitCode::SUCCESS);
    }

    #[test]
    fn a_missing_tool_fails_only_continuous_integration() {
        let missing = || Err(Missing("no tool".to_owned()).into());
        assert_eq!(run(false, missing), ExitCode::SUCCESS);
        assert_eq!(run(true, missing), ExitCode::FAILURE);
    }
}
