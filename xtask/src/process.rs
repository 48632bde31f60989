//! Finding, waiting for and ending programs.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::report::Missing;

const POLL: Duration = Duration::from_millis(20);

/// The path of `tool` in `PATH`, or in the system's own folders, which a user's `PATH` often lacks.
pub(crate) fn find(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(tool))
        .find(|candidate| candidate.is_file())
}

/// The path of `tool`.
///
/// # Errors
/// [`Missing`] when there is no such program.
pub(crate) fn need(tool: &str) -> Result<PathBuf> {
    find(tool).ok_or_else(|| Missing(format!("needs {tool}, which is not installed")).into())
}

/// Waits until `child` has ended, at most `limit`; `None` when it still runs.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        sleep(POLL);
    }
}

/// Asks the process `pid` to end, as an operator would.
pub(crate) fn terminate(pid: u32) -> Result<()> {
    let status = Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()?;
    if !status.success() {
        bail!("cannot signal process {pid}: {status}");
    }
    Ok(())
}

/// Ends `child` and what it started: a killed test runner must leave no server behind.
///
/// They all stay in our process group, so that an interrupt from the terminal reaches them too.
pub(crate) fn kill_tree(child: &mut Child) {
    for pid in descendants(child.id()) {
        let _ = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn descendants(pid: u32) -> Vec<u32> {
    let Ok(output) = Command::new("pgrep")
        .args(["-P", &pid.to_string()])
        .output()
    else {
        return Vec::new();
    };
    let children: Vec<u32> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect();
    children
        .iter()
        .flat_map(|&child| descendants(child).into_iter().chain([child]))
        .collect()
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_tool_that_is_not_there_is_missing() {
        assert!(need("sh").is_ok());
        assert!(need("no-such-tool-at-all").unwrap_err().is::<Missing>());
    }
}
