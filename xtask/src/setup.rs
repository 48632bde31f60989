//! Setting up what the tests need besides Rust: Debian packages and the official SDKs.
//!
//! Everything but the Debian packages lands under `target/xtask`, with a copy of the file that
//! asked for it beside it; as long as that file is unchanged, a later run has nothing to do.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::{find, need, run};
use crate::report::Missing;

/// The folders a step reads and writes.
#[derive(Clone)]
pub(crate) struct Folders {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Cargo's output folder.
    pub(crate) target: PathBuf,
}

impl Folders {
    /// Where `name` of the set-up lives.
    pub(crate) fn cache(&self, name: &str) -> PathBuf {
        self.target.join("xtask").join(name)
    }

    /// The source folder of the client programs written in `language`.
    pub(crate) fn clients(&self, language: &str) -> PathBuf {
        self.root.join("tests/clients").join(language)
    }

    /// The product `name` of a finished set-up step.
    ///
    /// # Errors
    /// [`Missing`] when that step has not succeeded.
    pub(crate) fn product(&self, name: &str) -> Result<PathBuf> {
        let path = self.cache(name);
        if self.stamp(name).exists() {
            return Ok(path);
        }
        Err(Missing(format!("needs the finished set-up of {name}")).into())
    }

    fn stamp(&self, name: &str) -> PathBuf {
        self.cache(&format!("{name}.stamp"))
    }
}

/// The Debian packages of the tests, each with what shows that it is there already.
const PACKAGES: &[(&str, Probe)] = &[
    ("apache2", Probe::Tool("apache2")),
    ("curl", Probe::Tool("curl")),
    ("default-jdk-headless", Probe::Tool("javac")),
    ("golang-go", Probe::Tool("go")),
    ("maven", Probe::Tool("mvn")),
    ("nginx", Probe::Tool("nginx")),
    ("nodejs", Probe::Tool("node")),
    ("npm", Probe::Tool("npm")),
    ("openssl", Probe::Tool("openssl")),
    (
        "postgresql",
        Probe::Shell("ls /usr/lib/postgresql/*/bin/initdb"),
    ),
    ("procps", Probe::Tool("pgrep")),
    (
        "python3-venv",
        Probe::Shell("python3 -c 'import ensurepip, venv'"),
    ),
    ("redis-server", Probe::Tool("redis-server")),
    ("redis-tools", Probe::Tool("redis-cli")),
    (
        "tomcat10",
        Probe::Shell("ls /usr/share/tomcat10/bin/catalina.sh"),
    ),
];

enum Probe {
    /// This program is found.
    Tool(&'static str),
    /// This command succeeds.
    Shell(&'static str),
}

impl Probe {
    fn succeeds(&self) -> bool {
        match self {
            Self::Tool(name) => find(name).is_some(),
            Self::Shell(command) => Command::new("sh")
                .args(["-c", command])
                .output()
                .is_ok_and(|output| output.status.success()),
        }
    }
}

/// Installs the Debian packages that are missing, when we are root on a Debian system.
pub(crate) fn debian() -> Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, probe)| !probe.succeeds())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        println!("all there");
        return Ok(());
    }
    let user = Command::new("id").arg("-u").output()?.stdout;
    if user != b"0\n" || find("apt-get").is_none() {
        return Err(Missing(format!("install these packages: {}", missing.join(" "))).into());
    }
    let _services = StoppedServices::new()?;
    apt_get(&["update"])?;
    apt_get(
        &[
            &["install", "--yes", "--no-install-recommends"],
            missing.as_slice(),
        ]
        .concat(),
    )
}

/// Runs `apt-get`, again when another one holds its locks.
fn apt_get(arguments: &[&str]) -> Result<()> {
    const TRIES: u32 = 6;
    let mut tries = 1;
    loop {
        let mut command = Command::new("apt-get");
        command
            .args(["--quiet", "--option", "DPkg::Lock::Timeout=300"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        match run(&mut command, Duration::from_secs(1200)) {
            Err(_) if tries < TRIES => {
                tries += 1;
                sleep(Duration::from_secs(10));
            }
            outcome => return outcome,
        }
    }
}

/// While it lives, packages that are installed do not start their services.
///
/// Debian's packages ask `policy-rc.d` before they start one; 101 means "not allowed"
/// (`/usr/share/doc/init-system-helpers/README.policy-rc.d.gz`). A file that is there stays.
struct StoppedServices {
    ours: bool,
}

impl StoppedServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn new() -> Result<Self> {
        if Path::new(Self::POLICY).exists() {
            return Ok(Self { ours: false });
        }
        fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n")?;
        let stopped = Self { ours: true };
        run(
            Command::new("chmod").args(["755", Self::POLICY]),
            Duration::from_secs(10),
        )?;
        Ok(stopped)
    }
}

impl Drop for StoppedServices {
    fn drop(&mut self) {
        if self.ours {
            let _ = fs::remove_file(Self::POLICY);
        }
    }
}

/// A virtual environment with the Python SDK, pytest, pymongo and the licence checker.
pub(crate) fn python(folders: &Folders) -> Result<()> {
    let requirements = folders.root.join("tests/requirements.txt");
    cached(folders, "venv", &requirements, |venv| {
        let python = need("python3")?;
        run(
            Command::new(python)
                .args(["-m", "venv", "--clear"])
                .arg(venv),
            minutes(5),
        )?;
        run(
            Command::new(venv.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(["--no-deps", "--requirement"])
                .arg(&requirements),
            minutes(15),
        )?;
        run(
            Command::new(venv.join("bin/python")).args(["-m", "pip", "check"]),
            minutes(2),
        )
    })
}

/// The Go clients with the Go SDK, as one test program.
///
/// It is built anew on each run: Go's own cache knows what changed.
pub(crate) fn go(folders: &Folders) -> Result<()> {
    let stamp = folders.stamp("go-clients");
    remove(&stamp)?;
    run(
        Command::new(need("go")?)
            .current_dir(folders.clients("go"))
            .args([
                "test",
                "-c",
                "-vet=all",
                "-mod=readonly",
                "-buildvcs=false",
                "-o",
            ])
            .arg(folders.cache("go-clients"))
            .arg("."),
        minutes(20),
    )?;
    fs::write(stamp, "built")?;
    Ok(())
}

/// The Java SDK with JUnit's console launcher, and the classes of the Java clients.
pub(crate) fn java(folders: &Folders) -> Result<()> {
    let source = folders.clients("java");
    cached(
        folders,
        "java-libraries",
        &source.join("pom.xml"),
        |libraries| {
            run(
                Command::new(need("mvn")?)
                    .args([
                        "--batch-mode",
                        "--no-transfer-progress",
                        "--quiet",
                        "--file",
                    ])
                    .arg(source.join("pom.xml"))
                    .arg("dependency:copy-dependencies")
                    .arg(format!("-DoutputDirectory={}", libraries.display())),
                minutes(15),
            )
        },
    )?;
    let stamp = folders.stamp("java-classes");
    remove(&stamp)?;
    run(
        Command::new(need("javac")?)
            .args([
                "-Xlint:all,-classfile,-processing",
                "-Werror",
                "--release",
                "17",
                "-cp",
            ])
            .arg(folders.cache("java-libraries").join("*"))
            .arg("-d")
            .arg(folders.cache("java-classes"))
            .args(files(&source.join("src"), "java")?),
        minutes(5),
    )?;
    fs::write(stamp, "built")?;
    Ok(())
}

/// The Node SDK.
pub(crate) fn node(folders: &Folders) -> Result<()> {
    let source = folders.clients("node");
    cached(
        folders,
        "node",
        &source.join("package-lock.json"),
        |folder| {
            fs::create_dir_all(folder)?;
            for name in ["package.json", "package-lock.json"] {
                fs::copy(source.join(name), folder.join(name))?;
            }
            run(
                Command::new(need("npm")?).current_dir(folder).args([
                    "ci",
                    "--no-audit",
                    "--no-fund",
                    "--ignore-scripts",
                ]),
                minutes(10),
            )
        },
    )
}

/// Makes the product `name` with `make` unless one of this very `input` file is there.
pub(crate) fn cached(
    folders: &Folders,
    name: &str,
    input: &Path,
    make: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    let wanted = fs::read(input).with_context(|| format!("cannot read {}", input.display()))?;
    let (product, stamp) = (folders.cache(name), folders.stamp(name));
    if fs::read(&stamp).is_ok_and(|made| made == wanted) {
        println!("{name}: already set up");
        return Ok(());
    }
    remove(&stamp)?;
    if product.exists() {
        fs::remove_dir_all(&product)?;
    }
    fs::create_dir_all(folders.target.join("xtask"))?;
    make(&product)?;
    fs::write(stamp, wanted)?;
    Ok(())
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// The files of a folder with this extension, in the order of their names.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}
