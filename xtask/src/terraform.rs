//! Terraform and the cloud's own provider for it, which both come from the Go module proxy.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::process::{find, need, run};
use crate::setup::{Folders, cached};

/// Two cores take four minutes for the one and three for the other when they do nothing else.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// A program that is built from the Go module in the folder of its name, which pins it with all
/// that it is made of.
struct Program {
    folder: &'static str,
    package: &'static str,
}

const PROVIDER: Program = Program {
    folder: "provider",
    package: "github.com/huaweicloud/terraform-provider-huaweicloud",
};

const TERRAFORM: Program = Program {
    folder: "cli",
    package: "github.com/hashicorp/terraform",
};

impl Program {
    fn product(&self) -> String {
        format!("terraform-{}", self.folder)
    }

    /// Builds it as it is, unless that is done.
    fn build(&self, folders: &Folders) -> Result<()> {
        let module = folders.clients("terraform").join(self.folder);
        cached(folders, &self.product(), &module.join("go.sum"), |folder| {
            let mut command = Command::new(need("go")?);
            command
                .current_dir(&module)
                .args(["build", "-mod=readonly", "-buildvcs=false", "-o"])
                .arg(folder.join("program"))
                .arg(self.package);
            run(&mut command, LIMIT)
        })
    }

    fn built(&self, folders: &Folders) -> Result<PathBuf> {
        Ok(folders.product(&self.product())?.join("program"))
    }
}

/// Builds the provider, and Terraform where the machine has none.
pub(crate) fn setup(folders: &Folders) -> Result<()> {
    if find("terraform").is_none() {
        TERRAFORM.build(folders)?;
    }
    PROVIDER.build(folders)
}

/// The provider as [`setup`] has built it.
///
/// # Errors
/// [`crate::report::Missing`] when it has not.
pub(crate) fn provider(folders: &Folders) -> Result<PathBuf> {
    PROVIDER.built(folders)
}

/// Terraform: the one of this machine, or as [`setup`] has built it.
///
/// # Errors
/// [`crate::report::Missing`] when there is neither.
pub(crate) fn program(folders: &Folders) -> Result<PathBuf> {
    find("terraform").map_or_else(|| TERRAFORM.built(folders), Ok)
}
