//! How many files the process may have open, compared with what it is going to need: a server that runs
//! out of them fails where it happens to be.

use anyhow::{Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is open beside connections of clients: those of the database with their logs, locks, listeners, the
/// log, objects that are read or written.
const OWN: u64 = 96;
/// With fewer connections a listener is of no use.
const FEWEST: u64 = 16;

/// Raises the limit of open files as far as it goes, and answers how many connections each of `listeners`
/// may have at a time, of those that are `wanted`.
///
/// # Errors
/// When the limit is too low, and what is to be done.
pub(crate) fn provide(listeners: u64, wanted: usize) -> Result<usize> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Where that is not allowed, it is as it was.
    let _ = setrlimit(Resource::Nofile, raised);
    share(getrlimit(Resource::Nofile).current, listeners, wanted)
}

fn share(limit: Option<u64>, listeners: u64, wanted: usize) -> Result<usize> {
    let Some(limit) = limit else {
        return Ok(wanted);
    };
    let fewest = OWN + listeners * FEWEST;
    ensure!(
        limit >= fewest,
        "this process may have {limit} files open at a time, and needs {fewest} at least: raise the limit \
         (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of a container)"
    );
    let each = usize::try_from((limit - OWN) / listeners).unwrap_or(usize::MAX);
    if each < wanted {
        tracing::warn!(
            "this process may have {limit} files open at a time: a listener serves {each} connections and \
             not {wanted} (ulimit -n, LimitNOFILE= of systemd, --ulimit nofile= of a container)"
        );
    }
    Ok(each.min(wanted))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn connections_get_what_is_left() {
        for (limit, listeners, expected) in [
            (None, 3, Some(512)),
            (Some(1_024), 1, Some(512)),
            (Some(1_024), 3, Some(309)),
            (Some(608), 1, Some(512)),
            (Some(607), 1, Some(511)),
            (Some(112), 1, Some(16)),
            (Some(111), 1, None),
            (Some(112), 2, None),
            (Some(0), 1, None),
        ] {
            let shared = share(limit, listeners, 512);
            assert_eq!(shared.ok(), expected, "{limit:?} {listeners}");
        }
    }
}
