//! A PostgreSQL server for the tests: one for the whole run, in a temporary folder, reachable
//! through a socket in that folder only.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Names the folder of a server that another process runs for all tests.
pub const VARIABLE: &str = "CHANCERY_TEST_POSTGRES";

/// A server, which ends with the process that started it.
pub struct TestPg {
    folder: PathBuf,
    /// Stops the server and removes the folder when its standard input ends: when this process
    /// does, in whatever way. A server of another process is not ours to stop.
    _undertaker: Option<Child>,
}

impl TestPg {
    /// The server of the run: the one that [`VARIABLE`] names, else one that whoever asks first
    /// starts for this process; `None` where none is installed.
    ///
    /// # Panics
    /// When it does not start, or is not installed in continuous integration (`CI=true`).
    pub fn get() -> Option<&'static Self> {
        static SERVER: OnceLock<Option<TestPg>> = OnceLock::new();
        let server = SERVER.get_or_init(|| match std::env::var_os(VARIABLE) {
            Some(folder) => Some(Self {
                folder: folder.into(),
                _undertaker: None,
            }),
            None => Self::start(),
        });
        if server.is_none() {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(
                !ci,
                "the store's tests need PostgreSQL (Debian package postgresql)"
            );
            // Not with a macro, whose output the test harness keeps to itself.
            let mut stderr = std::io::stderr();
            let _ = writeln!(
                stderr,
                "SKIPPED: the store's tests on PostgreSQL need postgresql"
            );
        }
        server.as_ref()
    }

    /// The address of the database, with `schema` as the place of its tables.
    pub fn url(&self, schema: &str) -> String {
        let folder = self.folder.display();
        format!("host={folder} user=chancery dbname=postgres options='-c search_path={schema}'")
    }

    /// The address of a schema that is made for this: a desk of its own.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new_schema(&self, name: &str) -> String {
        let schema = format!("{name}_{}", std::process::id());
        self.execute(&format!("CREATE SCHEMA {schema}"));
        self.url(&schema)
    }

    /// Makes a database of its own from a dump in plain SQL and answers its address.
    ///
    /// # Panics
    /// When `psql` does not carry out all of it.
    pub fn load(&self, name: &str, dump: &Path) -> String {
        self.execute(&format!("CREATE DATABASE {name}"));
        let loaded = self
            .psql(name)
            .stdin(File::open(dump).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&loaded.stderr);
        assert!(loaded.status.success(), "{}: {said}", dump.display());
        let folder = self.folder.display();
        format!("host={folder} user=chancery dbname={name}")
    }

    /// The address of a schema of its own for a user of its own, who gets so many connections at most.
    ///
    /// # Panics
    /// When they cannot be made.
    pub fn with_few_connections(&self, name: &str, connections: u32) -> String {
        let user = format!("{name}_{}", std::process::id());
        self.execute(&format!(
            "CREATE USER {user} CONNECTION LIMIT {connections}; \
             CREATE SCHEMA {user} AUTHORIZATION {user}"
        ));
        self.url(&user)
            .replace("user=chancery", &format!("user={user}"))
    }

    /// Stops every process of the server, as if its machine stood still, until what is answered is
    /// dropped. Only for a server of one's own ([`TestPg::start`]).
    ///
    /// # Panics
    /// When there is no such process.
    pub fn stand_still(&self) -> Still {
        let file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let postmaster = file.lines().next().unwrap().to_owned();
        signal("STOP", std::slice::from_ref(&postmaster));
        let mut processes = children(&postmaster);
        signal("STOP", &processes);
        processes.push(postmaster);
        Still(processes)
    }

    /// Carries out SQL as the administrator of the server.
    ///
    /// # Panics
    /// When the server refuses it.
    pub fn execute(&self, statement: &str) {
        let mut psql = self.psql("postgres");
        let done = psql.args(["-c", statement]).stdin(Stdio::null()).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{statement}: {done:?}");
    }

    fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(programs().unwrap().join("psql"));
        command
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "chancery"])
            .arg("-h")
            .arg(&self.folder)
            .args(["-d", database]);
        command
    }

    /// What [`VARIABLE`] is set to for processes that shall use this server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new server; `None` where none is installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Option<Self> {
        let programs = &programs()?;
        let folder = tempfile::Builder::new()
            .prefix("chancery-pg-")
            .tempdir()
            .unwrap()
            .keep();
        let user = unprivileged(&folder);
        let data = folder.join("data");
        let initdb = |more: &[&str]| {
            let mut command = as_user(user, &programs.join("initdb"));
            command
                .arg("-D")
                .arg(&data)
                .args(["-U", "chancery", "-A", "trust"]);
            command.args(["--no-sync", "-E", "UTF8"]).args(more);
            command.current_dir("/").output().unwrap()
        };
        // A locale whose order is not that of the bytes shows whether the schema asks for the
        // latter. Servers before version 15 cannot be asked for this one.
        let linguistic = [
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
        ];
        if !initdb(&linguistic).status.success() {
            let plain = initdb(&["--locale=C.UTF-8"]);
            assert!(
                plain.status.success(),
                "{}",
                String::from_utf8_lossy(&plain.stderr)
            );
        }
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off \
             -c max_connections=300",
            folder.display()
        );
        let log = folder.join("log");
        let undertaker = undertaker(user, programs, &folder);
        let started = as_user(user, &programs.join("pg_ctl"))
            .arg("-D")
            .arg(&data)
            .arg("-l")
            .arg(&log)
            .args(["-w", "-t", "60", "-o", &options, "start"])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(started.success(), "PostgreSQL does not start: {}", said());
        Some(Self {
            folder,
            _undertaker: Some(undertaker),
        })
    }
}

/// A server that stands still; dropped, it goes on.
pub struct Still(Vec<String>);

impl Drop for Still {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

fn signal(name: &str, processes: &[String]) {
    let sent = Command::new("kill")
        .args(["-s", name])
        .args(processes)
        .status();
    assert!(sent.unwrap().success() || processes.is_empty());
}

/// The processes that a process has started.
fn children(parent: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|process| {
            // One that has ended since has no file.
            let status = std::fs::read_to_string(process.path().join("status")).ok()?;
            let is_child = status
                .lines()
                .any(|line| line.strip_prefix("PPid:").map(str::trim) == Some(parent));
            is_child.then(|| process.file_name().into_string().unwrap())
        })
        .collect()
}

/// The folder with `initdb`, `pg_ctl` and `psql` of the newest server that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version: u32 = path.file_name()?.to_str()?.parse().ok()?;
            let programs = path.join("bin");
            let complete = ["initdb", "pg_ctl", "psql"]
                .iter()
                .all(|name| programs.join(name).exists());
            complete.then_some((version, programs))
        })
        .max()
        .map(|(_, programs)| programs)
}

/// PostgreSQL refuses to run as root: the user it runs as instead, who then owns the folder.
fn unprivileged(folder: &Path) -> Option<&'static str> {
    if File::open(folder).unwrap().metadata().unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let exists = |name: &&str| {
        users
            .lines()
            .any(|line| line.starts_with(&format!("{name}:")))
    };
    let user = ["postgres", "nobody"]
        .into_iter()
        .find(exists)
        .expect("a user that is not root");
    std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    let chown = Command::new("chown")
        .arg(user)
        .arg(folder)
        .status()
        .unwrap();
    assert!(chown.success());
    Some(user)
}

fn as_user(user: Option<&str>, program: &Path) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user, "--"]).arg(program);
            command
        }
    }
}

/// A process of its own group, so that an interrupt from the keyboard does not reach it.
fn undertaker(user: Option<&str>, programs: &Path, folder: &Path) -> Child {
    let script = r#"cat > /dev/null
        if [ -n "$1" ]; then set -- "$2" "$3" runuser -u "$1" --; else set -- "$2" "$3"; fi
        pg_ctl=$1 folder=$2; shift 2
        "$@" "$pg_ctl" -D "$folder/data" -m immediate stop
        rm -rf "$folder""#;
    Command::new("sh")
        .args(["-c", script, "undertaker", user.unwrap_or_default()])
        .arg(programs.join("pg_ctl"))
        .arg(folder)
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
