//! The states of a migration task and what may be done in each.
//!
//! The desk moves no data: a task that was started runs until it is stopped, so of the service's
//! states only these three come up.

use chancery_store::MigrationTaskRow;

use crate::error::{Error, Refusal, Result};

/// The state of a task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// It was not started yet.
    Ready,
    /// It was started.
    Running,
    /// It was stopped.
    Abort,
}

impl State {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Ready, Self::Running, Self::Abort];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Running => "RUNNING",
            Self::Abort => "ABORT",
        }
    }

    pub(crate) fn of(row: &MigrationTaskRow) -> Result<Self> {
        let found = Self::ALL
            .into_iter()
            .find(|state| state.name() == row.state);
        found.ok_or_else(|| Error::internal(format!("task {}: state {}", row.id, row.state)))
    }
}

/// What is done with a task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Start it, for the first time or again.
    Start,
    /// Stop it.
    Stop,
}

/// The table: where a step leads.
///
/// # Errors
/// [`Refusal::State`] when it may not be done.
pub(crate) fn step(state: State, step: Step) -> Result<State> {
    match (step, state) {
        (Step::Start, State::Ready | State::Abort) => Ok(State::Running),
        (Step::Stop, State::Running) => Ok(State::Abort),
        _ => {
            let verb = match step {
                Step::Start => "started",
                Step::Stop => "stopped",
            };
            Err(refused(state, verb))
        }
    }
}

/// Refuses to delete a task that runs.
///
/// # Errors
/// [`Refusal::State`].
pub(crate) fn check_deletable(state: State) -> Result<()> {
    match state {
        State::Running => Err(refused(state, "deleted")),
        State::Ready | State::Abort => Ok(()),
    }
}

fn refused(state: State, verb: &str) -> Error {
    let text = format!(
        "a migration task in state {} cannot be {verb}",
        state.name()
    );
    Error::refused(Refusal::State, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        for state in State::ALL {
            let runs = state == State::Running;
            let started = step(state, Step::Start).ok();
            assert_eq!(started, (!runs).then_some(State::Running));
            let stopped = step(state, Step::Stop).ok();
            assert_eq!(stopped, runs.then_some(State::Abort));
            assert_eq!(check_deletable(state).is_ok(), !runs);
        }
    }
}
