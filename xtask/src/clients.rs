//! Foreign programs against a running server: the official SDKs and the servers that load what
//! chancery exports.
//!
//! Each gets the environment of `client.env` and nothing of ours, so certificate verification and
//! endpoints are what a user has.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::checks::cargo;
use crate::demo::Demo;
use crate::process::{need, run};
use crate::setup::{Folders, files};
use crate::terraform;

/// For suites that send thousands of requests, wrong credentials among them, from one address.
const UNLIMITED: &[&str] = &[
    "--requests-per-address=0",
    "--requests-per-user=0",
    "--wrong-tries=0",
];

const LIMIT: Duration = Duration::from_secs(15 * 60);

/// The folders, and the server once a step has asked for it.
pub(crate) struct Clients {
    folders: Folders,
    scratch: PathBuf,
    demo: Option<Result<Demo, String>>,
    /// The flags of its listener for relying parties, the same after a restart: certificates name it.
    pki: Option<[String; 4]>,
}

impl Clients {
    /// Nothing started yet.
    pub(crate) fn new(folders: &Folders) -> Self {
        let scratch = std::env::temp_dir().join(format!("chancery-xtask-{}", std::process::id()));
        Self {
            folders: folders.clone(),
            scratch,
            demo: None,
            pki: None,
        }
    }

    /// The Python SDK: the five documented calls and everything around them.
    pub(crate) fn python(&mut self) -> Result<()> {
        self.pytest(&["tests/clients/python"])
    }

    /// Every operation against the SDK's own models, on a server of its own: it makes many CAs.
    pub(crate) fn conformance(&self) -> Result<()> {
        let demo = self.start("conformance", UNLIMITED)?;
        run(&mut self.pytest_on(&demo, &["tests/conformance"])?, LIMIT)?;
        demo.stop()
    }

    /// The five documented calls from Go.
    pub(crate) fn go(&mut self) -> Result<()> {
        let program = self.folders.product("go-clients")?;
        let mut command = self.client(&program)?;
        run(command.args(["-test.v", "-test.timeout=10m"]), LIMIT)
    }

    /// The five documented calls from Java.
    pub(crate) fn java(&mut self) -> Result<()> {
        let (libraries, classes) = (
            self.folders.product("java-libraries")?,
            self.folders.product("java-classes")?,
        );
        let mut command = self.client(&need("java")?)?;
        command
            .arg("-cp")
            .arg(format!("{}/*:{}", libraries.display(), classes.display()))
            .args(["org.junit.platform.console.ConsoleLauncher", "execute"])
            .args([
                "--disable-banner",
                "--disable-ansi-colors",
                "--fail-if-no-tests",
            ])
            .arg(format!("--scan-class-path={}", classes.display()));
        run(&mut command, LIMIT)
    }

    /// The documented calls from Node, and what it says of SM2.
    pub(crate) fn node(&mut self) -> Result<()> {
        let modules = self.folders.product("node")?.join("node_modules");
        let scripts = files(&self.folders.clients("node"), "cjs")?;
        let tests = scripts.iter().filter(|file| {
            let name = file.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.ends_with(".test.cjs"))
        });
        let mut command = self.client(&need("node")?)?;
        run(
            command.env("NODE_PATH", modules).arg("--test").args(tests),
            LIMIT,
        )
    }

    /// Terraform with the cloud's own provider, on a server of its own: it leaves authorities that
    /// are scheduled for deletion.
    pub(crate) fn terraform(&self) -> Result<()> {
        let program = terraform::program(&self.folders)?;
        let provider = terraform::provider(&self.folders)?;
        let demo = self.start("terraform", &[])?;
        let mut command = self.pytest_on(&demo, &["tests/clients/terraform"])?;
        command
            .env("CHANCERY_TEST_TERRAFORM", program)
            .env("CHANCERY_TEST_TERRAFORM_PROVIDER", provider);
        run(&mut command, LIMIT * 2)?;
        demo.stop()
    }

    /// schemathesis finds nothing to object to, on a server of its own: it creates and deletes.
    pub(crate) fn contract(&mut self) -> Result<()> {
        let demo = self
            .start("contract", UNLIMITED)
            .map_err(|error| anyhow!("{error:#}"))?;
        run(&mut self.pytest_on(&demo, &["tests/contract"])?, LIMIT)?;
        demo.stop()
    }

    /// Real servers start with what was exported, and verifying clients connect to them.
    pub(crate) fn servers(&mut self) -> Result<()> {
        self.pytest(&["tests/servers"])
    }

    /// The server ends cleanly, and on the same folder a new one answers for the same resources.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.demo()?;
        if let Some(Ok(demo)) = self.demo.take() {
            demo.stop()?;
        }
        self.pytest(&["tests/clients/python/test_seeds.py"])
    }

    fn pytest(&mut self, tests: &[&str]) -> Result<()> {
        self.demo()?;
        let Some(Ok(demo)) = &self.demo else {
            return Err(anyhow!("the server did not start"));
        };
        run(&mut self.pytest_on(demo, tests)?, LIMIT)
    }

    fn pytest_on(&self, demo: &Demo, tests: &[&str]) -> Result<Command> {
        let python = self.folders.product("venv")?.join("bin/python");
        let mut command = self.client_of(demo, &python)?;
        command
            .current_dir(&self.folders.root)
            .env("PYTHONPYCACHEPREFIX", self.folders.cache("pycache"))
            .args(["-m", "pytest", "--config-file=tests/pytest.ini"])
            .args(tests);
        Ok(command)
    }

    /// A command in the environment of a user who has read `client.env`.
    fn client(&mut self, program: &Path) -> Result<Command> {
        self.demo()?;
        match &self.demo {
            Some(Ok(demo)) => self.client_of(demo, program),
            _ => Err(anyhow!("the server did not start")),
        }
    }

    fn client_of(&self, demo: &Demo, program: &Path) -> Result<Command> {
        let home = self.folders.cache("home");
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

    /// The server, started when a step first asks for it. One that did not start is not tried again.
    fn demo(&mut self) -> Result<&Demo> {
        let demo = match self.demo.take() {
            Some(demo) => demo,
            None => self.start_demo().map_err(|error| format!("{error:#}")),
        };
        self.demo
            .insert(demo)
            .as_ref()
            .map_err(|why| anyhow!("the server did not start: {why}"))
    }

    fn start_demo(&mut self) -> Result<Demo> {
        let pki = match self.pki.take() {
            Some(pki) => pki,
            None => pki_flags()?,
        };
        let pki = self.pki.insert(pki).clone();
        self.start("demo", &pki.each_ref().map(String::as_str))
    }

    /// A server with a folder and a log of its own, whose accounts have room for the CAs of all tests.
    fn start(&self, name: &str, flags: &[&str]) -> Result<Demo> {
        run(
            &mut cargo(
                &self.folders,
                &["build", "--locked", "--package", "chancery"],
            ),
            LIMIT * 2,
        )?;
        fs::create_dir_all(&self.scratch)?;
        Demo::start(
            &self.folders.target.join("debug/chancery"),
            &self.scratch.join(name),
            &self.folders.cache(&format!("{name}.log")),
            &[&["--config", "tests/chancery.toml"], flags].concat(),
        )
    }
}

/// Flags for a listener for relying parties, on a port that was free a moment ago: the server has to
/// know its URL before it listens.
fn pki_flags() -> Result<[String; 4]> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    Ok([
        "--listen-pki".to_owned(),
        address.to_string(),
        "--pki-url".to_owned(),
        format!("http://{address}"),
    ])
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.demo = None;
        let _ = fs::remove_dir_all(&self.scratch);
    }
}
