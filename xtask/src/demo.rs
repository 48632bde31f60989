//! A `chancery demo` server of our own for the client programs.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::process::{terminate, wait};

/// A debug build makes a dozen keys before it is ready.
const READY: Duration = Duration::from_secs(120);
const STOPPED: Duration = Duration::from_secs(30);

/// A running server. Dropping it ends it.
pub(crate) struct Demo {
    child: Child,
    /// Its data folder.
    pub(crate) data: PathBuf,
    /// The file with all it has printed.
    pub(crate) log: PathBuf,
    /// The variables of its `client.env`.
    pub(crate) client_env: Vec<(String, String)>,
}

impl Demo {
    /// Starts `binary` on the folder `data` and a free port with these flags, and waits for its ready
    /// line, which is the answer too. What it prints goes to the file `log`, after what is there when the folder is not new.
    pub(crate) fn start(
        binary: &Path,
        data: &Path,
        log: &Path,
        configuration: &Path,
        flags: &[String],
    ) -> Result<(Self, String)> {
        let new = !data.exists();
        let mut log_file = File::options().create(true).append(true).open(log)?;
        if new {
            log_file.set_len(0)?;
        }
        let mut child = Command::new(binary)
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--config")
            .arg(configuration)
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let mut demo = Self {
            child,
            data: data.to_owned(),
            log: log.to_owned(),
            client_env: Vec::new(),
        };

        let (ready, is_ready) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = writeln!(log_file, "{line}");
                if line.starts_with("chancery ready https://") {
                    let _ = ready.send(line);
                }
            }
        });
        let line = is_ready.recv_timeout(READY).map_err(|_| {
            anyhow!(
                "no ready line, {}; its last words:\n{}",
                demo.fate(),
                tail(log)
            )
        })?;
        demo.client_env = environment(&data.join("client.env"))?;
        Ok((demo, line))
    }

    /// Asks the server to end and wants it to do so cleanly.
    pub(crate) fn stop(mut self) -> Result<()> {
        terminate(self.child.id())?;
        match wait(&mut self.child, STOPPED)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => bail!("the server ended with {status}"),
            None => bail!(
                "the server still runs {} s after SIGTERM",
                STOPPED.as_secs()
            ),
        }
    }

    fn fate(&mut self) -> String {
        match self.child.try_wait() {
            Ok(Some(status)) => format!("it ended with {status}"),
            _ => format!("it still runs after {} s", READY.as_secs()),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a shell that reads `file` would export, as the documentation tells users to do it.
fn environment(file: &Path) -> Result<Vec<(String, String)>> {
    let output = Command::new("/bin/sh")
        .env_clear()
        .args(["-c", "set -a; . \"$0\"; exec /usr/bin/env -0"])
        .arg(file)
        .output()?;
    if !output.status.success() {
        bail!("a shell cannot read {}: {}", file.display(), output.status);
    }
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let mut variables: Vec<_> = String::from_utf8(output.stdout)?
        .split_terminator('\0')
        .filter_map(|entry| entry.split_once('='))
        .filter(|(name, _)| !own.contains(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    variables.sort();
    Ok(variables)
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_client_env_file_is_read_as_a_shell_reads_it() {
        let file = std::env::temp_dir().join(format!("xtask-{}.env", std::process::id()));
        fs::write(&file, "A=1\nJAVA_TOOL_OPTIONS='-Da=b -Dc=d'\n").unwrap();
        let variables = environment(&file);
        fs::remove_file(&file).unwrap();
        let expected = [("A", "1"), ("JAVA_TOOL_OPTIONS", "-Da=b -Dc=d")];
        assert_eq!(
            variables.unwrap(),
            expected.map(|(k, v)| (k.to_owned(), v.to_owned()))
        );
    }
}
