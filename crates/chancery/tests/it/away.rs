//! Storage that goes away under a running server, and comes back.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chancery_testing::postgres::TestPg;

use crate::support::Server;

/// A disk of its own, small enough to be filled; unmounted when it is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// None where this user may mount nothing.
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "chancery-test"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(folder));
        }
        // Not with a macro, whose output the test harness keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: the test of a full disk needs a user who may mount one"
        );
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all that is left.
    fn fill(&self) {
        let mut file = File::create(self.path().join("filler")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn empty(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// Waits until `/readyz` answers so.
fn wait_for(server: &Server, status: u16, text: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let (found, _, body) = server.curl(&[], "/readyz");
        if (found, body.as_str()) == (status, text) {
            return;
        }
        assert!(Instant::now() < end, "/readyz: {found} {body}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

const AWAY: &str = "not ready: storage is not available\n";

/// A call that stores something each time: a token for a token.
fn exchange(server: &Server, token: &str) -> (u16, String, String) {
    let body =
        format!(r#"{{"auth":{{"identity":{{"methods":["token"],"token":{{"id":"{token}"}}}}}}}}"#);
    server.curl(&["-d", &body], "/v3/auth/tokens")
}

#[test]
fn a_full_disk_is_503_until_there_is_room() {
    let Some(disk) = Disk::of("24m") else {
        return;
    };
    let server = Server::start("serve", &disk.path().join("data"), &[]);
    let token = server.token();
    wait_for(&server, 200, "ready\n");
    disk.fill();
    // What is left in files that are there already is used up first.
    let mut stored = 0;
    let (status, head, body) = loop {
        let answer = exchange(&server, &token);
        if answer.0 != 201 {
            break answer;
        }
        stored += 1;
        assert!(stored < 200, "the disk does not get full");
    };
    assert_eq!(status, 503, "{body}");
    assert!(head.contains("retry-after: 5"), "{head}");
    assert!(body.contains("IAM.0503"), "{body}");
    wait_for(&server, 503, AWAY);
    // What only reads goes on.
    let bearer = format!("X-Auth-Token: {token}");
    assert_eq!(server.curl(&["-H", &bearer], "/v3/auth/domains").0, 200);
    disk.empty();
    wait_for(&server, 200, "ready\n");
    assert_eq!(exchange(&server, &token).0, 201);
    let log = server.stop();
    let told: Vec<_> = log
        .lines()
        .filter(|line| line.contains("status=503"))
        .collect();
    assert!(!told.is_empty(), "{log}");
    for line in told {
        assert!(
            line.contains("request_id=") && line.contains("detail="),
            "{line}"
        );
    }
    // One line for each, and one for what became of the readiness.
    let lines = log.lines().filter(|line| line.contains("disk is full"));
    let away = log.lines().filter(|line| line.contains("storage is away"));
    assert!(lines.count() <= 1 + away.count(), "{log}");
}

#[test]
fn a_postgresql_that_stands_still_is_not_ready() {
    let Some(postgres) = TestPg::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.new_schema("still");
    let server = Server::start("serve", folder.path(), &["--database", &url]);
    wait_for(&server, 200, "ready\n");
    let still = postgres.stand_still();
    wait_for(&server, 503, AWAY);
    assert_eq!(server.curl(&[], "/healthz").0, 200);
    drop(still);
    wait_for(&server, 200, "ready\n");
    assert!(!server.token().is_empty());
}

/// Fewer than one for each who reads: calls wait for each other, and the log has said so.
#[test]
fn few_connections_are_said_and_enough() {
    let Some(postgres) = TestPg::get() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = postgres.with_few_connections("desk", 3);
    let server = Server::start("serve", folder.path(), &["--database", &url]);
    let token = format!("X-Auth-Token: {}", server.token());
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..12)
            .map(|_| scope.spawn(|| server.curl(&["-H", &token], "/v3/auth/domains").0))
            .collect();
        for call in calls {
            assert_eq!(call.join().unwrap(), 200);
        }
    });
    let log = server.stop();
    assert!(log.contains("the database has 3 connections"), "{log}");
}
