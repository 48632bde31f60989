//! Setting up what the tests need besides Rust: Debian packages and the official SDKs.
//!
//! Everything but the Debian packages is a [`Product`], made once for what it is made from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;

use crate::cache::Product;
use crate::job::{Folders, Job};
use crate::process::{find, need};
use crate::report::Missing;

/// The Debian packages of the tests, each with what shows that it is there already.
const PACKAGES: &[(&str, Probe)] = &[
    ("apache2", Probe::Tool("apache2")),
    ("curl", Probe::Tool("curl")),
    ("default-jdk-headless", Probe::Tool("javac")),
    ("fish", Probe::Tool("fish")),
    ("golang-go", Probe::Tool("go")),
    ("haproxy", Probe::Tool("haproxy")),
    ("mandoc", Probe::Tool("mandoc")),
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
    ("python3-yaml", Probe::Shell("python3 -c 'import yaml'")),
    ("redis-server", Probe::Tool("redis-server")),
    ("redis-tools", Probe::Tool("redis-cli")),
    (
        "tomcat10",
        Probe::Shell("ls /usr/share/tomcat10/bin/catalina.sh"),
    ),
    ("zsh", Probe::Tool("zsh")),
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
pub(crate) fn debian(job: &Job) -> Result<()> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, probe)| !probe.succeeds())
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        job.say("all there");
        return Ok(());
    }
    let user = Command::new("id").arg("-u").output()?.stdout;
    if user != b"0\n" || find("apt-get").is_none() {
        return Err(Missing(format!("install these packages: {}", missing.join(" "))).into());
    }
    let _services = StoppedServices::new(job)?;
    apt_get(job, &["update"])?;
    apt_get(
        job,
        &[
            &["install", "--yes", "--no-install-recommends"],
            missing.as_slice(),
        ]
        .concat(),
    )
}

/// Runs `apt-get`, again when another one holds its locks.
fn apt_get(job: &Job, arguments: &[&str]) -> Result<()> {
    const TRIES: u32 = 6;
    let mut tries = 1;
    loop {
        let mut command = Command::new("apt-get");
        command
            .args(["--quiet", "--option", "DPkg::Lock::Timeout=300"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        match job.run(&mut command, Duration::from_secs(1200)) {
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

    fn new(job: &Job) -> Result<Self> {
        if Path::new(Self::POLICY).exists() {
            return Ok(Self { ours: false });
        }
        fs::write(Self::POLICY, "#!/bin/sh\nexit 101\n")?;
        let stopped = Self { ours: true };
        job.run(
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

fn environment(folders: &Folders) -> Result<Product> {
    let requirements = folders.root.join("tests/requirements.txt");
    Product::new("venv", &["python3", "--version"], [requirements])
}

/// A virtual environment with the Python SDK, pytest, pymongo and the licence checker.
pub(crate) fn python(job: &Job) -> Result<()> {
    environment(&job.folders)?.make(job, |venv| {
        job.run(
            Command::new(need("python3")?)
                .args(["-m", "venv"])
                .arg(venv),
            minutes(5),
        )?;
        let python = || Command::new(venv.join("bin/python"));
        job.run(
            python()
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                ])
                .args(["--no-deps", "--requirement"])
                .arg(job.folders.root.join("tests/requirements.txt")),
            minutes(15),
        )?;
        job.run(python().args(["-m", "pip", "check"]), minutes(2))
    })
}

/// The virtual environment that [`python`] has made.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn python_environment(folders: &Folders) -> Result<PathBuf> {
    environment(folders)?.made(folders)
}

/// A program of the Go module in a folder.
fn go_program(name: &'static str, source: &Path) -> Result<Product> {
    let sources = files(source, "go")?;
    let modules = ["go.mod", "go.sum"].map(|name| source.join(name));
    Product::new(name, &["go", "version"], sources.into_iter().chain(modules))
}

fn go_clients_program(folders: &Folders) -> Result<Product> {
    go_program("go-clients", &folders.clients("go"))
}

fn go_judge_program(folders: &Folders) -> Result<Product> {
    go_program("go-judge", &folders.root.join("tests/judges/go"))
}

/// The Go clients with the Go SDK, as one test program, and the judge with zlint.
pub(crate) fn go(job: &Job) -> Result<()> {
    let build = |folder: &Path, source: &Path, arguments: &[&str]| {
        let mut go = Command::new(need("go")?);
        go.current_dir(source)
            .args(arguments)
            .args(["-mod=readonly", "-buildvcs=false", "-o"])
            .arg(folder.join("program"))
            .arg(".");
        job.run(&mut go, minutes(20))
    };
    go_clients_program(&job.folders)?.make(job, |folder| {
        let source = job.folders.clients("go");
        build(folder, &source, &["test", "-c", "-vet=all"])
    })?;
    go_judge_program(&job.folders)?.make(job, |folder| {
        fs::create_dir_all(folder)?;
        build(
            folder,
            &job.folders.root.join("tests/judges/go"),
            &["build"],
        )
    })?;
    // Programs in the documents are built against the same modules, which an earlier run need not have
    // left on this machine.
    let mut list = Command::new(need("go")?);
    list.current_dir(job.folders.clients("go"))
        .args(["list", "-mod=readonly", "-deps", "-test", "-f"])
        .args(["{{with .Error}}{{.}}{{end}}", "."]);
    job.run(&mut list, minutes(10))
}

/// The variables by which another Go finds the modules and what was compiled of them, whatever its home is.
pub(crate) fn go_folders() -> Result<Vec<(String, String)>> {
    let names = ["GOMODCACHE", "GOCACHE"];
    let said = Command::new(need("go")?).arg("env").args(names).output()?;
    let folders = String::from_utf8(said.stdout)?;
    let pairs = names.iter().zip(folders.lines());
    Ok(pairs
        .map(|(name, folder)| ((*name).to_owned(), folder.to_owned()))
        .collect())
}

/// The clients that [`go`] has made.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn go_clients(folders: &Folders) -> Result<PathBuf> {
    Ok(go_clients_program(folders)?.made(folders)?.join("program"))
}

/// The judge that [`go`] has made.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn go_judge(folders: &Folders) -> Result<PathBuf> {
    Ok(go_judge_program(folders)?.made(folders)?.join("program"))
}

fn java_libraries(folders: &Folders) -> Result<Product> {
    Product::new(
        "java-libraries",
        &[],
        [folders.clients("java").join("pom.xml")],
    )
}

fn java_classes(folders: &Folders) -> Result<Product> {
    let source = folders.clients("java");
    let sources = files(&source.join("src"), "java")?;
    let inputs = sources.into_iter().chain([source.join("pom.xml")]);
    Product::new("java-classes", &["javac", "-version"], inputs)
}

/// The Java SDK with JUnit's console launcher, and the classes of the Java clients.
pub(crate) fn java(job: &Job) -> Result<()> {
    let source = job.folders.clients("java");
    java_libraries(&job.folders)?.make(job, |libraries| {
        job.run(
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
    })?;
    let libraries = java_libraries(&job.folders)?.made(&job.folders)?;
    java_classes(&job.folders)?.make(job, |classes| {
        job.run(
            Command::new(need("javac")?)
                .args([
                    "-Xlint:all,-classfile,-processing",
                    "-Werror",
                    "--release",
                    "17",
                    "-cp",
                ])
                .arg(libraries.join("*"))
                .arg("-d")
                .arg(classes)
                .args(files(&source.join("src"), "java")?),
            minutes(5),
        )
    })?;
    java_judge_classes(&job.folders)?.make(job, |classes| {
        job.run(
            Command::new(need("javac")?)
                .args(["-Xlint:all", "-Werror", "--release", "17", "-d"])
                .arg(classes)
                .args(files(&job.folders.root.join("tests/judges/java"), "java")?),
            minutes(5),
        )
    })
}

fn java_judge_classes(folders: &Folders) -> Result<Product> {
    let sources = files(&folders.root.join("tests/judges/java"), "java")?;
    Product::new("java-judge", &["javac", "-version"], sources)
}

/// The classes of the judge that [`java`] has made.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn java_judge(folders: &Folders) -> Result<PathBuf> {
    java_judge_classes(folders)?.made(folders)
}

/// The folders of the libraries and of the classes that [`java`] has made.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn java_clients(folders: &Folders) -> Result<(PathBuf, PathBuf)> {
    Ok((
        java_libraries(folders)?.made(folders)?,
        java_classes(folders)?.made(folders)?,
    ))
}

const NODE_INPUTS: [&str; 2] = ["package.json", "package-lock.json"];

fn node_folder(folders: &Folders) -> Result<Product> {
    let source = folders.clients("node");
    Product::new("node", &[], NODE_INPUTS.map(|name| source.join(name)))
}

/// The Node SDK.
pub(crate) fn node(job: &Job) -> Result<()> {
    node_folder(&job.folders)?.make(job, |folder| {
        fs::create_dir_all(folder)?;
        for name in NODE_INPUTS {
            fs::copy(job.folders.clients("node").join(name), folder.join(name))?;
        }
        job.run(
            Command::new(need("npm")?).current_dir(folder).args([
                "ci",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
            ]),
            minutes(10),
        )
    })
}

/// The modules that [`node`] has installed.
///
/// # Errors
/// [`Missing`] when it has not.
pub(crate) fn node_modules(folders: &Folders) -> Result<PathBuf> {
    Ok(node_folder(folders)?.made(folders)?.join("node_modules"))
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
