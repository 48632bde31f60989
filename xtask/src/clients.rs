//! Foreign programs against a running server: the official SDKs and the servers that load what
//! chancery exports.
//!
//! Each gets the environment of `client.env` and nothing of ours, so certificate verification and
//! endpoints are what a user has. Each suite has a server of its own.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::demo::Demo;
use crate::job::Job;
use crate::process::need;
use crate::setup::{self, files};
use crate::{terraform, tests};

const LIMIT: Duration = Duration::from_secs(15 * 60);

/// The Python SDK: the five documented calls and everything around them. Then the server ends
/// cleanly, and a new one on the same folder answers for the same resources.
pub(crate) fn python(job: &Job) -> Result<()> {
    let suite = Suite::new(job, "clients-python", pki_flags()?);
    let demo = suite.start()?;
    suite.pytest(&demo, &["tests/clients/python"])?;
    demo.stop()?;
    job.say("\nstopped, and started again on the same folder");
    let demo = suite.start()?;
    suite.pytest(&demo, &["tests/clients/python/test_seeds.py"])?;
    demo.stop()
}

/// Every operation against the SDK's own models.
pub(crate) fn conformance(job: &Job) -> Result<()> {
    Suite::new(job, "conformance", unlimited()).pytest_alone(&["tests/conformance"])
}

/// Linters look at all that the desk makes, and other programs at what it issues for hostile CSRs.
pub(crate) fn judges(job: &Job) -> Result<()> {
    let (judge, classes) = (
        setup::go_judge(&job.folders)?,
        setup::java_judge(&job.folders)?,
    );
    let flags = [pki_flags()?, unlimited()].concat();
    let suite = Suite::new(job, "judges", flags);
    let demo = suite.start()?;
    let mut command = suite.pytest_command(&demo, &["tests/judges"])?;
    command
        .env("CHANCERY_TEST_JUDGE", judge)
        .env("CHANCERY_TEST_JUDGE_JAVA", classes);
    job.run(&mut command, LIMIT)?;
    demo.stop()
}

/// Every block of the documents, in the shell or language that it names.
pub(crate) fn documents(job: &Job) -> Result<()> {
    let (libraries, _) = setup::java_clients(&job.folders)?;
    let flags = [pki_flags()?, unlimited()].concat();
    let suite = Suite::new(job, "documents", flags);
    let demo = suite.start()?;
    let mut command = suite.pytest_command(&demo, &["tests/documents"])?;
    command
        .env("CHANCERY_TEST_BINARY", tests::server(job)?)
        .env("CHANCERY_TEST_JAVA_LIBRARIES", libraries)
        .envs(setup::go_folders()?);
    job.run(&mut command, LIMIT)?;
    demo.stop()
}

/// The five documented calls from Go.
pub(crate) fn go(job: &Job) -> Result<()> {
    let program = setup::go_clients(&job.folders)?;
    let suite = Suite::new(job, "clients-go", pki_flags()?);
    let demo = suite.start()?;
    let mut command = suite.client(&demo, &program)?;
    job.run(command.args(["-test.v", "-test.timeout=10m"]), LIMIT)?;
    demo.stop()
}

/// The five documented calls from Java.
pub(crate) fn java(job: &Job) -> Result<()> {
    let (libraries, classes) = setup::java_clients(&job.folders)?;
    let suite = Suite::new(job, "clients-java", pki_flags()?);
    let demo = suite.start()?;
    let mut command = suite.client(&demo, &need("java")?)?;
    command
        .arg("-cp")
        .arg(format!("{}/*:{}", libraries.display(), classes.display()))
        .args(["org.junit.platform.console.ConsoleLauncher", "execute"])
        .args([
            "--disable-banner",
            "--disable-ansi-colors",
            "--details=verbose",
            "--fail-if-no-tests",
        ])
        .arg(format!("--scan-class-path={}", classes.display()));
    job.run(&mut command, LIMIT)?;
    demo.stop()
}

/// The documented calls from Node, and what it says of SM2.
pub(crate) fn node(job: &Job) -> Result<()> {
    let modules = setup::node_modules(&job.folders)?;
    let suite = Suite::new(job, "clients-node", Vec::new());
    let scripts = files(&job.folders.clients("node"), "cjs")?;
    let tests = scripts.iter().filter(|file| {
        let name = file.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.ends_with(".test.cjs"))
    });
    let demo = suite.start()?;
    let mut command = suite.client(&demo, &need("node")?)?;
    command
        .env("NODE_PATH", modules)
        .args(["--test", "--test-reporter=spec"])
        .args(tests);
    job.run(&mut command, LIMIT)?;
    demo.stop()
}

/// Terraform with the cloud's own provider.
pub(crate) fn terraform(job: &Job) -> Result<()> {
    let program = terraform::program(&job.folders)?;
    let provider = terraform::provider(&job.folders)?;
    let suite = Suite::new(job, "terraform", Vec::new());
    let demo = suite.start()?;
    let mut command = suite.pytest_command(&demo, &["tests/clients/terraform"])?;
    command
        .env("CHANCERY_TEST_TERRAFORM", program)
        .env("CHANCERY_TEST_TERRAFORM_PROVIDER", provider);
    job.run(&mut command, LIMIT * 2)?;
    demo.stop()
}

/// schemathesis finds nothing to object to.
pub(crate) fn contract(job: &Job) -> Result<()> {
    Suite::new(job, "contract", unlimited()).pytest_alone(&["tests/contract"])
}

/// Real servers start with what was exported, and verifying clients connect to them.
pub(crate) fn servers(job: &Job) -> Result<()> {
    Suite::new(job, "servers", pki_flags()?).pytest_alone(&["tests/servers"])
}

/// Programs of one kind, and the server that they alone call: suites run side by side.
struct Suite<'a> {
    job: &'a Job,
    name: &'static str,
    flags: Vec<String>,
}

impl<'a> Suite<'a> {
    fn new(job: &'a Job, name: &'static str, flags: Vec<String>) -> Self {
        Self { job, name, flags }
    }

    /// The server, with a folder of its own, the same when it is started again, whose accounts have
    /// room for the CAs of all tests.
    fn start(&self) -> Result<Demo> {
        let folders = &self.job.folders;
        let (demo, ready) = Demo::start(
            &tests::server(self.job)?,
            &folders.scratch.join(self.name),
            &folders.logs().join(format!("{}-server.log", self.name)),
            &folders.root.join("tests/chancery.toml"),
            &self.flags,
        )?;
        self.job.say(ready);
        Ok(demo)
    }

    fn pytest_alone(&self, tests: &[&str]) -> Result<()> {
        let demo = self.start()?;
        self.pytest(&demo, tests)?;
        demo.stop()
    }

    fn pytest(&self, demo: &Demo, tests: &[&str]) -> Result<()> {
        self.job.run(&mut self.pytest_command(demo, tests)?, LIMIT)
    }

    fn pytest_command(&self, demo: &Demo, tests: &[&str]) -> Result<Command> {
        let folders = &self.job.folders;
        let python = setup::python_environment(folders)?.join("bin/python");
        let mut command = self.client(demo, &python)?;
        command
            .current_dir(&folders.root)
            .env("PYTHONPYCACHEPREFIX", folders.cache.join("pycache"))
            .args(["-m", "pytest", "--config-file=tests/pytest.ini"])
            .args(tests);
        Ok(command)
    }

    /// A command in the environment of a user who has read `client.env`.
    fn client(&self, demo: &Demo, program: &Path) -> Result<Command> {
        let home = self.job.folders.scratch.join(format!("{}-home", self.name));
        fs::create_dir_all(&home)?;
        let mut command = Command::new(program);
        command.env_clear();
        for name in ["PATH", "CI", "TMPDIR", "JAVA_HOME"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .env("CHANCERY_TEST_DATA", &demo.data)
            .env("CHANCERY_TEST_LOG", &demo.log)
            .envs(demo.client_env.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// Flags for suites that send thousands of requests, wrong credentials among them, from one address.
fn unlimited() -> Vec<String> {
    ["requests-per-address", "requests-per-user", "wrong-tries"]
        .map(|limit| format!("--{limit}=0"))
        .to_vec()
}

/// Flags for a listener for relying parties, on a port that was free a moment ago: the server has to
/// know its URL before it listens.
fn pki_flags() -> Result<Vec<String>> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    Ok(vec![
        format!("--listen-pki={address}"),
        format!("--pki-url=http://{address}"),
    ])
}
