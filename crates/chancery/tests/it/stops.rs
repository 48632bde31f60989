//! How the server stops, and what it leaves behind.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Server, command, free_port};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// A client that keeps its connections, and what has become of its calls.
#[derive(Default)]
struct Calls {
    done: AtomicUsize,
    /// Connections that answers said were the last of.
    told: AtomicUsize,
    broken: AtomicUsize,
    end: AtomicBool,
}

impl Calls {
    /// Calls in a loop, with pauses that differ, over one connection for as long as it is said to live.
    fn run(&self, port: u16, pause: Duration) {
        let mut connection = None;
        while !self.end.load(Ordering::SeqCst) {
            let mut stream: TcpStream = match connection.take() {
                Some(stream) => stream,
                None => match TcpStream::connect(("127.0.0.1", port)) {
                    Ok(stream) => stream,
                    // Nobody is there: that is said before anything is asked.
                    Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                        thread::sleep(Duration::from_millis(5));
                        continue;
                    }
                    Err(error) => panic!("{error}"),
                },
            };
            match call(&mut stream) {
                Ok(last) => {
                    self.done.fetch_add(1, Ordering::SeqCst);
                    match last {
                        true => _ = self.told.fetch_add(1, Ordering::SeqCst),
                        false => connection = Some(stream),
                    }
                }
                Err(_) => _ = self.broken.fetch_add(1, Ordering::SeqCst),
            }
            thread::sleep(pause);
        }
    }

    /// Waits until so many more calls are done.
    fn more(&self, calls: usize) {
        let until = self.done.load(Ordering::SeqCst) + calls;
        let begun = Instant::now();
        while self.done.load(Ordering::SeqCst) < until {
            assert!(begun.elapsed() < LONG, "nothing is answered");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// One call; whether its answer says that it is the last on this connection.
fn call(stream: &mut TcpStream) -> std::io::Result<bool> {
    stream.set_read_timeout(Some(LONG))?;
    stream.write_all(b"GET /v3/auth/domains HTTP/1.1\r\nHost: desk\r\n\r\n")?;
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Ok(head.contains("connection: close"));
            }
        }
        let mut chunk = [0; 4_096];
        match stream.read(&mut chunk)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => read.extend(&chunk[..count]),
        }
    }
}

fn start(data: &Path, more: &[&str]) -> Server {
    Server::start("serve", data, more)
}

#[test]
fn a_rolling_restart_breaks_no_call() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let options = ["--listen-http", &address, "--requests-per-address", "0"];
    let mut server = start(folder.path(), &options);
    let calls = Arc::new(Calls::default());
    let clients: Vec<_> = [0, 1, 3, 10, 30, 100]
        .map(|pause| {
            let calls = Arc::clone(&calls);
            thread::spawn(move || calls.run(port, Duration::from_millis(pause)))
        })
        .into();
    for _ in 0..3 {
        calls.more(100);
        server.stop();
        server = start(folder.path(), &options);
    }
    calls.more(100);
    calls.end.store(true, Ordering::SeqCst);
    for client in clients {
        client.join().unwrap();
    }
    assert_eq!(calls.broken.load(Ordering::SeqCst), 0, "broken calls");
    assert!(
        calls.told.load(Ordering::SeqCst) >= 3 * 6,
        "each is told at each stop"
    );
}

#[test]
fn what_is_left_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), &["--drain-seconds", "1"]);
    let token = format!("X-Auth-Token: {}", server.token());
    // Keys that take longer together than the second that a stop has here.
    let body = r#"{"type":"ROOT","key_algorithm":"RSA4096","signature_algorithm":"SHA256",
        "distinguished_name":{"common_name":"root","country":"CN","state":"s","locality":"l",
        "organization":"o","organizational_unit":"u"},"validity":{"type":"YEAR","value":1}}"#;
    let clients: Vec<_> = (0..24)
        .map(|_| {
            Command::new("curl")
                .args(["-s", "-H", &token, "-d", body])
                .arg(format!("{}/v1/private-certificate-authorities", server.url))
                .env("CURL_CA_BUNDLE", &server.env["CURL_CA_BUNDLE"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    // They are under way when the server has answered one that came after them, or soon.
    thread::sleep(Duration::from_millis(500));
    let begun = Instant::now();
    let log = server.stop();
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    assert!(log.contains("calls cut off by the stop"), "{log}");
    let cut = log.lines().find(|line| line.contains("cut off route="));
    let cut = cut.unwrap_or_else(|| panic!("{log}"));
    assert!(cut.contains("/v1/private-certificate-authorities"), "{cut}");
    assert!(cut.contains("request_id="), "{cut}");
    for mut client in clients {
        client.wait().unwrap();
    }
}

#[test]
fn who_asks_twice_is_not_kept_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let options = ["--listen-http", &address, "--drain-seconds", "600"];
    let server = start(folder.path(), &options);
    // A request that has begun: its body does not come.
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = "POST /v3/auth/tokens HTTP/1.1\r\nHost: desk\r\nContent-Length: 9\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    let (status, log) = server.stop_twice();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("asked again to stop"), "{log}");
}

#[test]
fn no_core_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("here");
    std::fs::create_dir(&here).unwrap();
    // As much as the system allows, in a folder where a core would be seen.
    let unlimited = |command: &Command| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]);
        shell.arg(command.get_program()).args(command.get_args());
        shell.current_dir(&here);
        shell
    };
    let data = folder.path().join("data");
    let mut shell = unlimited(&command("serve", &data));
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    let server = Server::spawn(shell, &data);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let cores = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<_> = cores.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{limits}");
    server.signal("ABRT");
    let status = server.wait();
    assert_eq!(status.signal(), Some(6));
    assert!(!status.core_dumped());
    let left: Vec<_> = std::fs::read_dir(&here).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn refusals_of_strangers_do_not_fill_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let options = ["--listen-http", &address, "--requests-per-address", "0"];
    let server = start(folder.path(), &options);
    let begun = Instant::now();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    for _ in 0..500 {
        call(&mut stream).unwrap();
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap() + 2;
    let token = format!("X-Auth-Token: {}", server.token());
    for _ in 0..3 {
        assert_eq!(server.curl(&["-H", &token], "/v1/nothing").0, 404);
        assert_eq!(server.curl(&["-H", &token], "/v3/auth/domains").0, 200);
    }
    let log = server.stop();
    let lines = log.lines().filter(|line| line.contains("status=401"));
    assert!((1..=seconds).contains(&lines.count()), "{log}");
    let served = log.lines().filter(|line| line.contains("status=200"));
    assert_eq!(served.count(), 3, "{log}");
}
