//! Running the `openssl` command.

use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A temporary folder in which `openssl` runs.
pub(crate) struct OpenSsl {
    folder: TempDir,
}

impl OpenSsl {
    /// `None`, after saying so, when there is no `openssl`; a panic then when `CI=true`.
    pub(crate) fn new(what: &str) -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "{what} needs openssl"
            );
            #[allow(clippy::print_stderr)]
            {
                eprintln!("SKIPPED: {what} needs openssl");
            }
            return None;
        }
        Some(Self {
            folder: TempDir::new().unwrap(),
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    /// Runs `openssl` with arguments separated by spaces; file names are in the folder.
    pub(crate) fn try_run(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// The same, which must succeed; gives what it printed.
    pub(crate) fn run(&self, arguments: &str) -> String {
        let output = self.try_run(arguments);
        assert!(
            output.status.success(),
            "openssl {arguments}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
