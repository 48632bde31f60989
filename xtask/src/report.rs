//! The record of a run: what each step came to, how long it took, and the closing summary.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::durations::Timed;

/// What a whole run from a clean clone may take on two quiet cores.
const BUDGET: Duration = Duration::from_secs(28 * 60);
const SLOWEST: usize = 10;

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

/// What a step came to.
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

impl Outcome {
    /// `continuous_integration` turns a missing tool into a failure.
    pub(crate) fn of(result: Result<()>, continuous_integration: bool) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) if error.is::<Missing>() && !continuous_integration => {
                Self::Skipped(format!("{error:#}"))
            }
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

/// A step that has ended.
pub(crate) struct Ended {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
    /// The tests it ran, as far as its runner tells their times.
    pub(crate) tests: Vec<Timed>,
}

/// Prints the steps by time, the slowest tests and the totals, and tells whether the run is a success.
pub(crate) fn close(mut steps: Vec<Ended>, took: Duration) -> ExitCode {
    let mut tests: Vec<(&'static str, Timed)> = Vec::new();
    for step in &mut steps {
        tests.extend(step.tests.drain(..).map(|test| (step.name, test)));
    }
    tests.sort_by_key(|(_, test)| std::cmp::Reverse(test.took));
    if !tests.is_empty() {
        println!("\nthe slowest tests:");
    }
    for (step, Timed { name, took }) in tests.iter().take(SLOWEST) {
        println!("{:>7.1} s  {step}: {name}", took.as_secs_f32());
    }

    println!("\nthe steps by time:");
    steps.sort_by_key(|step| std::cmp::Reverse(step.took));
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for step in &steps {
        let (count, word, why) = match &step.outcome {
            Outcome::Passed => (&mut passed, "ok", ""),
            Outcome::Failed(why) => (&mut failed, "FAILED", why.as_str()),
            Outcome::Skipped(why) => (&mut skipped, "SKIPPED", why.as_str()),
        };
        *count += 1;
        let colon = if why.is_empty() { "" } else { ": " };
        println!(
            "{:>7.1} s  {word:<7} {}{colon}{why}",
            step.took.as_secs_f32(),
            step.name
        );
    }
    println!("\n{:.1} s in all", took.as_secs_f32());
    if let Some(over) = took.checked_sub(BUDGET) {
        println!(
            "WARNING: {} s over the budget of {} minutes",
            over.as_secs(),
            BUDGET.as_secs() / 60
        );
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    fn run(continuous_integration: bool, result: Result<()>) -> ExitCode {
        let step = Ended {
            name: "step",
            outcome: Outcome::of(result, continuous_integration),
            took: Duration::ZERO,
            tests: Vec::new(),
        };
        close(vec![step], Duration::ZERO)
    }

    #[test]
    fn a_failed_step_fails_the_run() {
        assert_eq!(run(false, Err(anyhow!("broken"))), ExitCode::FAILURE);
        assert_eq!(run(false, Ok(())), ExitCode::SUCCESS);
    }

    #[test]
    fn a_missing_tool_fails_only_continuous_integration() {
        let missing = || Err(Missing("no tool".to_owned()).into());
        assert_eq!(run(false, missing()), ExitCode::SUCCESS);
        assert_eq!(run(true, missing()), ExitCode::FAILURE);
    }
}
