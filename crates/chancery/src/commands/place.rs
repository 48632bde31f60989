//! Where the files of an export go, for which server, and whose they are.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use zeroize::Zeroizing;

use super::files::{self, Owner};
use super::secret;
use super::server::ServerKind;
use super::show::Shown;
use crate::client::Failure;
use crate::client_env::shell;

/// Where files go, and for whom.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The server that takes them
    #[arg(long = "for", value_name = "SERVER", value_enum, default_value_t = ServerKind::Files)]
    kind: ServerKind,
    #[command(flatten)]
    manner: Manner,
}

/// How files are written.
#[derive(Args, Debug)]
pub(crate) struct Manner {
    /// The user who reads them, for servers that do not start as root: a name, or UID:GID
    #[arg(long, value_name = "USER", requires = "out")]
    owner: Option<String>,
    /// Read the password of a PFX from the first line of standard input [default: a new one, in
    /// keystorePass.txt]
    #[arg(long, requires = "out")]
    password_stdin: bool,
}

impl Place {
    /// Makes sure, before a key is asked for, that it can be written.
    ///
    /// # Errors
    /// As [`Destination::new`].
    pub(super) fn prepare(&self) -> Result<Destination<'_>, Failure> {
        Destination::new(&self.out, self.kind, &self.manner)
    }
}

/// A folder that may be written to, and for whom.
pub(super) struct Destination<'a> {
    folder: &'a Path,
    kind: ServerKind,
    owner: Option<Owner>,
    password: Option<Zeroizing<String>>,
}

impl<'a> Destination<'a> {
    /// # Errors
    /// As [`files::check`]; [`Failure::Usage`] for an owner who is not there, and for a password where there
    /// is nothing to protect.
    pub(super) fn new(
        folder: &'a Path,
        kind: ServerKind,
        manner: &Manner,
    ) -> Result<Self, Failure> {
        if manner.password_stdin && kind != ServerKind::Iis {
            return Err(Failure::Usage(
                "--password-stdin is for --for iis: other files have no password".to_owned(),
            ));
        }
        files::check(folder, kind.names())?;
        Ok(Self {
            folder,
            kind,
            owner: manner.owner.as_deref().map(Owner::of).transpose()?,
            password: manner.password_stdin.then(secret::from_stdin).transpose()?,
        })
    }

    /// Writes the answer of an export, and says how the server is told of the files, and clients whom to
    /// trust: the root above this CA.
    ///
    /// # Errors
    /// As [`ServerKind::wanted`] and [`files::write_all`].
    pub(super) fn write(&self, answer: &Value, ca: Option<&str>) -> Result<Shown, Failure> {
        let password = self.password.as_deref().map(String::as_str);
        let wanted = self.kind.wanted(answer, password)?;
        let has_chain = !super::find::text(answer, "certificate_chain").is_empty();
        let settings = |folder: &str| self.kind.settings(folder, has_chain);
        let next = ca.map(|ca| {
            let ca = shell::quote(ca);
            format!("chancery trust export --ca {ca} --format pem --out root.pem")
        });
        files::write_shown(self.folder, &wanted, self.owner, settings, next)
    }
}
