//! Runs steps side by side, each as soon as what it follows has ended.
//!
//! A step's output goes to its log. The logs are printed one after the other, in the order the steps
//! began: that of the oldest step while it grows, the others when their turn comes.

use std::fs::File;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::durations;
use crate::job::{Folders, Job};
use crate::report::{Ended, Outcome};

const POLL: Duration = Duration::from_millis(100);

/// A part of the run.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// Begins when these have ended, in whatever way, as far as they are in the run.
    pub(crate) after: &'static [&'static str],
    /// Never runs beside another one that is: cargo locks its output folder.
    pub(crate) cargo: bool,
    pub(crate) work: fn(&Job) -> Result<()>,
}

/// A step that has begun, for whoever prints.
struct Begun {
    name: &'static str,
    log: PathBuf,
    /// Answers once, when the step has ended, with the last line about it.
    ended: Receiver<String>,
}

struct State<'a> {
    waiting: Vec<&'a Step>,
    running: Vec<&'a Step>,
    ended: Vec<Ended>,
}

/// Runs `steps`, `lanes` at a time, those that come first in the list first.
pub(crate) fn run(
    folders: &Folders,
    steps: &[&Step],
    lanes: usize,
    continuous_integration: bool,
) -> Vec<Ended> {
    let state = Mutex::new(State {
        waiting: steps.to_vec(),
        running: Vec::new(),
        ended: Vec::new(),
    });
    let changed = Condvar::new();
    let (begun, printer) = channel();
    thread::scope(|scope| {
        for _ in 0..lanes {
            let begun = begun.clone();
            scope.spawn(|| lane(folders, &state, &changed, begun, continuous_integration));
        }
        drop(begun);
        for step in printer {
            follow(&step);
        }
    });
    state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .ended
}

/// Takes one step after the other until none is left.
fn lane(
    folders: &Folders,
    state: &Mutex<State<'_>>,
    changed: &Condvar,
    printer: Sender<Begun>,
    continuous_integration: bool,
) {
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    while let Some(step) = take(lock(), changed) {
        let log = folders.logs().join(format!("{}.log", step.name));
        let (ended, when_ended) = channel();
        let job = Job::new(folders, &log);
        // The printer outlives the lanes.
        let _ = printer.send(Begun {
            name: step.name,
            log: log.clone(),
            ended: when_ended,
        });
        let started = Instant::now();
        let result = job.and_then(|job| {
            catch_unwind(AssertUnwindSafe(|| (step.work)(&job)))
                .unwrap_or_else(|_| Err(anyhow!("panicked")))
        });
        let took = started.elapsed();
        let outcome = Outcome::of(result, continuous_integration);
        let _ = ended.send(match &outcome {
            Outcome::Passed => format!("ok in {:.1} s", took.as_secs_f32()),
            Outcome::Failed(why) => format!("FAILED: {why}"),
            Outcome::Skipped(why) => format!("SKIPPED: {why}"),
        });
        let tests = durations::read(&std::fs::read_to_string(&log).unwrap_or_default());
        let mut state = lock();
        state.running.retain(|one| one.name != step.name);
        state.ended.push(Ended {
            name: step.name,
            outcome,
            took,
            tests,
        });
        changed.notify_all();
    }
}

/// The next step that may begin; `None` when all have begun.
fn take<'a>(mut state: MutexGuard<'_, State<'a>>, changed: &Condvar) -> Option<&'a Step> {
    loop {
        if state.waiting.is_empty() {
            return None;
        }
        if let Some(next) = ready(&state) {
            let step = state.waiting.remove(next);
            state.running.push(step);
            return Some(step);
        }
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

fn ready(state: &State<'_>) -> Option<usize> {
    let pending = |name: &str| {
        let mut unfinished = state.waiting.iter().chain(&state.running);
        unfinished.any(|step| step.name == name)
    };
    let cargo_runs = state.running.iter().any(|step| step.cargo);
    let blocked =
        |step: &Step| step.cargo && cargo_runs || step.after.iter().any(|before| pending(before));
    state.waiting.iter().position(|step| !blocked(step))
}

/// Prints a step's log as it grows, until the step has ended.
fn follow(step: &Begun) {
    println!("\n=== {}", step.name);
    let mut log = File::open(&step.log).ok();
    loop {
        let last = step.ended.recv_timeout(POLL);
        let mut text = Vec::new();
        if let Some(log) = &mut log {
            let _ = log.read_to_end(&mut text);
        }
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(&text).and_then(|()| stdout.flush());
        match last {
            Ok(last) => {
                println!("=== {}: {last}", step.name);
                return;
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The names in the order in which the steps ended, and those that failed.
    fn order(steps: &[&Step], lanes: usize) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut folders = Folders::of_this_workspace().unwrap();
        let id = thread::current().id();
        folders.target = std::env::temp_dir().join(format!("xtask-{}-{id:?}", std::process::id()));
        std::fs::create_dir_all(folders.logs()).unwrap();
        let ended = run(&folders, steps, lanes, false);
        std::fs::remove_dir_all(&folders.target).unwrap();
        let failed = ended
            .iter()
            .filter(|step| matches!(step.outcome, Outcome::Failed(_)));
        let failed = failed.map(|step| step.name).collect();
        (ended.iter().map(|step| step.name).collect(), failed)
    }

    fn slow(_: &Job) -> Result<()> {
        thread::sleep(2 * POLL);
        Ok(())
    }

    const FIRST: Step = Step {
        name: "first",
        after: &[],
        cargo: true,
        work: slow,
    };
    const SECOND: Step = Step {
        name: "second",
        after: &["first", "not in the run"],
        cargo: false,
        work: |_| Ok(()),
    };
    const OTHER: Step = Step {
        name: "other",
        after: &[],
        cargo: false,
        work: |_| Ok(()),
    };
    const BROKEN: Step = Step {
        name: "broken",
        after: &[],
        cargo: true,
        work: |_| panic!("on purpose"),
    };

    #[test]
    fn a_step_waits_for_what_it_follows() {
        let (ended, failed) = order(&[&SECOND, &OTHER, &FIRST], 2);
        assert_eq!(ended, ["other", "first", "second"]);
        assert!(failed.is_empty());
    }

    #[test]
    fn one_lane_keeps_the_order() {
        let (ended, _) = order(&[&FIRST, &SECOND, &OTHER], 1);
        assert_eq!(ended, ["first", "second", "other"]);
    }

    #[test]
    fn one_cargo_at_a_time_and_a_panic_is_a_failure() {
        let (ended, failed) = order(&[&FIRST, &BROKEN, &OTHER], 3);
        assert_eq!(ended, ["other", "first", "broken"]);
        assert_eq!(failed, ["broken"]);
    }
}
