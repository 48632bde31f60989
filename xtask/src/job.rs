//! What a step works with: the folders it reads and writes, and the log that takes what it says.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::{kill_tree, line, wait};

/// The folders of a run.
#[derive(Clone)]
pub(crate) struct Folders {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Cargo's output folder.
    pub(crate) target: PathBuf,
    /// What set-ups have made, kept for later runs and other clones ([`crate::cache`]).
    pub(crate) cache: PathBuf,
    /// What is gone when the run ends.
    pub(crate) scratch: PathBuf,
}

impl Folders {
    /// Those of the workspace this program was built in. The cache is
    /// `$XDG_CACHE_HOME/chancery-xtask`, by default in `~/.cache`.
    pub(crate) fn of_this_workspace() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask has no parent")?;
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let target = root.join(variable("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
        let cache = variable("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")))
            .map_or_else(|| target.join("xtask"), |home| home.join("chancery-xtask"));
        Ok(Self {
            root: root.to_owned(),
            target,
            cache,
            scratch: std::env::temp_dir().join(format!("chancery-xtask-{}", std::process::id())),
        })
    }

    /// Where the logs of steps and servers stay after the run.
    pub(crate) fn logs(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// The source folder of the client programs written in `language`.
    pub(crate) fn clients(&self, language: &str) -> PathBuf {
        self.root.join("tests/clients").join(language)
    }
}

/// One step at work.
pub(crate) struct Job {
    /// The folders of the run.
    pub(crate) folders: Folders,
    log: File,
}

impl Job {
    /// With a new log in the file `log`.
    pub(crate) fn new(folders: &Folders, log: &Path) -> Result<Self> {
        let log =
            File::create(log).with_context(|| format!("cannot write to {}", log.display()))?;
        Ok(Self {
            folders: folders.clone(),
            log,
        })
    }

    /// Adds a line to the log.
    pub(crate) fn say(&self, text: impl fmt::Display) {
        // Whatever a step is for, it is not for its log.
        let _ = writeln!(&self.log, "{text}");
    }

    /// Runs `command` with its output in the log and nothing to read, and wants it to succeed in
    /// `limit`.
    pub(crate) fn run(&self, command: &mut Command, limit: Duration) -> Result<()> {
        command.stdout(self.log.try_clone()?);
        self.finish(command, limit)
    }

    /// The same, and what it writes to its standard output is the answer.
    pub(crate) fn output(&self, command: &mut Command, limit: Duration) -> Result<String> {
        let (mut reader, writer) = std::io::pipe()?;
        command.stdout(writer);
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        let finished = self.finish(command, limit);
        // The command holds the other end of the pipe, and would keep the reader waiting.
        command.stdout(Stdio::null());
        finished?;
        match reading.join() {
            Ok(text) => Ok(text?),
            Err(_) => bail!("what it wrote could not be read: {}", line(command)),
        }
    }

    fn finish(&self, command: &mut Command, limit: Duration) -> Result<()> {
        self.say(format_args!("$ {}", line(command)));
        let mut child = command
            .stdin(Stdio::null())
            .stderr(self.log.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let Some(status) = wait(&mut child, limit)? else {
            kill_tree(&mut child);
            bail!(
                "not finished after {} s: {}",
                limit.as_secs(),
                line(command)
            );
        };
        if !status.success() {
            bail!("{status}: {}", line(command));
        }
        Ok(())
    }
}

/// Removes the file, if it is there.
pub(crate) fn remove_file(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Instant;

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);
    const LONG: Duration = Duration::from_secs(30);

    fn job(name: &str) -> (Job, PathBuf) {
        let folders = Folders::of_this_workspace().unwrap();
        let log = std::env::temp_dir().join(format!("xtask-{}-{name}.log", std::process::id()));
        (Job::new(&folders, &log).unwrap(), log)
    }

    #[test]
    fn a_failure_names_the_command() {
        let (job, log) = job("failure");
        let error = job.run(Command::new("sh").args(["-c", "exit 3"]), LONG);
        assert!(error.unwrap_err().to_string().contains("sh -c exit 3"));
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn a_command_over_its_time_is_ended_with_its_children() {
        let (job, log) = job("time");
        let started = Instant::now();
        let error = job.run(Command::new("sh").args(["-c", "sleep 60 & wait"]), SHORT);
        assert!(error.unwrap_err().to_string().contains("not finished"));
        assert!(started.elapsed() < LONG);
        fs::remove_file(log).unwrap();
    }

    #[test]
    fn what_a_command_says_is_in_the_log_or_the_answer() {
        let (job, log) = job("output");
        let script = ["-c", "echo said; echo aside >&2"];
        job.run(Command::new("sh").args(script), LONG).unwrap();
        let answer = job.output(Command::new("sh").args(script), LONG);
        assert_eq!(answer.unwrap(), "said\n");
        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(text.matches("\nsaid").count(), 1, "{text}");
        assert_eq!(text.matches("\naside").count(), 2, "{text}");
        fs::remove_file(log).unwrap();
    }
}
