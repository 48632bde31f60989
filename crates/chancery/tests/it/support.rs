//! Starting and stopping the server, and calling it with curl.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

/// How long a server may take until it is ready: a debug build makes RSA keys for the demo.
const READY: Duration = Duration::from_secs(120);

/// A running server; killed when it is dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
    pub(crate) env: HashMap<String, String>,
    /// The lines of its standard output after the first.
    lines: Mutex<mpsc::Receiver<String>>,
    log: std::thread::JoinHandle<String>,
    /// The lines of its log that nobody has waited for.
    log_lines: Mutex<mpsc::Receiver<String>>,
}

/// The command line of a server on a free port with this data folder.
pub(crate) fn command(name: &str, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    command
        .arg(name)
        .arg("--data")
        .arg(data)
        .args(["--listen", "127.0.0.1:0"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CHANCERY_")) {
        command.env_remove(name);
    }
    // Beside a folder with a blank in its path: what Java is to trust is then in a temporary folder.
    let blank = data.to_string_lossy().contains(' ');
    if let Some(folder) = data.parent().filter(|_| blank) {
        command.env("TMPDIR", folder);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Server {
    /// Starts a server and waits until it says that it is ready.
    pub(crate) fn start(name: &str, data: &Path, more: &[&str]) -> Self {
        let mut command = command(name, data);
        command.args(more);
        Self::spawn(command, data)
    }

    /// The same with a command line of its own.
    pub(crate) fn spawn(mut command: Command, data: &Path) -> Self {
        let mut process = command.spawn().unwrap();
        let stdout = process.stdout.take().unwrap();
        let stderr = process.stderr.take().unwrap();
        let (logged, log_lines) = mpsc::channel();
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                text.push_str(&line);
                text.push('\n');
                let _ = logged.send(line);
            }
            text
        });
        let (said, heard) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // All is read, whether somebody listens or not, so that nothing blocks.
                let _ = said.send(line);
            }
        });
        let Ok(line) = heard.recv_timeout(READY) else {
            let _ = process.kill();
            panic!("the server did not get ready:\n{}", log.join().unwrap());
        };
        let url = line
            .strip_prefix("chancery ready ")
            .unwrap_or_else(|| panic!("{line}"));
        let env = read_env(&data.join("client.env"));
        Self {
            process,
            url: url.to_owned(),
            env,
            lines: Mutex::new(heard),
            log,
            log_lines: Mutex::new(log_lines),
        }
    }

    /// Waits for a line of the log with this text.
    pub(crate) fn logs(&self, text: &str) {
        let lines = self.log_lines.lock().unwrap();
        while !lines.recv_timeout(READY).unwrap().contains(text) {}
    }

    /// What it prints after it is ready, up to the line that `is_last`.
    pub(crate) fn printed(&self, is_last: impl Fn(&str) -> bool) -> Vec<String> {
        let heard = self.lines.lock().unwrap();
        let mut lines = Vec::new();
        loop {
            let line = heard.recv_timeout(READY).unwrap();
            let last = is_last(&line);
            lines.push(line);
            if last {
                return lines;
            }
        }
    }

    /// Sends the server a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Asks the server to stop, as an operator's service manager does; returns what it logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        assert!(self.process.wait().unwrap().success());
        self.log()
    }

    /// Asks the server to stop; returns what it printed after it was ready and nobody has read.
    pub(crate) fn stop_and_said(mut self) -> Vec<String> {
        self.signal("TERM");
        assert!(self.process.wait().unwrap().success());
        self.lines.lock().unwrap().iter().collect()
    }

    /// Kills the server; returns what it logged.
    pub(crate) fn kill(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.log()
    }

    /// Waits until the server has ended of itself; returns how, and what it logged.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + READY;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return (status, self.log());
            }
            assert!(Instant::now() < deadline, "it goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&mut self) -> String {
        let log = std::mem::replace(&mut self.log, std::thread::spawn(String::new));
        log.join().unwrap()
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the process has ended.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Asks the server to stop, and again until it has ended; returns how it ended and what it logged.
    pub(crate) fn stop_twice(mut self) -> (ExitStatus, String) {
        self.signal("TERM");
        let status = loop {
            std::thread::sleep(Duration::from_millis(300));
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            self.signal("TERM");
        };
        let log = std::mem::replace(&mut self.log, std::thread::spawn(String::new));
        (status, log.join().unwrap())
    }

    /// Calls the API with curl, which verifies the certificate with `client.env` alone; returns
    /// the status, the headers and the body.
    pub(crate) fn curl(&self, arguments: &[&str], path: &str) -> (u16, String, String) {
        let output = Command::new("curl")
            .args(["-sS", "-i", "--max-time", "30"])
            .args(arguments)
            .arg(format!("{}{path}", self.url))
            .env("CURL_CA_BUNDLE", &self.env["CURL_CA_BUNDLE"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    /// A token of the administrator.
    pub(crate) fn token(&self) -> String {
        let value = |name: &str| self.env[name].as_str();
        self.login(
            value("CHANCERY_DOMAIN"),
            value("CHANCERY_USER"),
            value("CHANCERY_PASSWORD"),
        )
        .unwrap()
    }

    /// A token of a user; the status where there is none.
    pub(crate) fn login(&self, domain: &str, user: &str, password: &str) -> Result<String, u16> {
        let login = format!(
            r#"{{"auth":{{"identity":{{"methods":["password"],"password":{{"user":{{"name":"{user}",
                "password":"{password}","domain":{{"name":"{domain}"}}}}}}}}}}}}"#
        );
        let (status, head, _) = self.curl(&["-d", &login], "/v3/auth/tokens");
        if status != 201 {
            return Err(status);
        }
        let token = head
            .lines()
            .find_map(|line| line.strip_prefix("x-subject-token: "));
        Ok(token.unwrap().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Who may do what with a file or folder.
pub(crate) fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

/// Another program, ended when it is dropped.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that was free a moment ago, for what has to be known before the server is there.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Reads `client.env` the way a shell does.
fn read_env(path: &Path) -> HashMap<String, String> {
    let script = format!("set -a; . '{}'; env -0", path.display());
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    text.split('\0')
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
