//! Terraform and the cloud's own provider for it, which both come from the Go module proxy.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::cache::Product;
use crate::job::{Folders, Job};
use crate::process::{find, need};

/// Two cores take four minutes for the one and three for the other when they do nothing else.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// A program that is built from the Go module in the folder of its name, which pins it with all
/// that it is made of.
struct Program {
    name: &'static str,
    folder: &'static str,
    package: &'static str,
}

const PROVIDER: Program = Program {
    name: "terraform-provider",
    folder: "provider",
    package: "github.com/huaweicloud/terraform-provider-huaweicloud",
};

const TERRAFORM: Program = Program {
    name: "terraform-cli",
    folder: "cli",
    package: "github.com/hashicorp/terraform",
};

impl Program {
    fn module(&self, folders: &Folders) -> PathBuf {
        folders.clients("terraform").join(self.folder)
    }

    fn product(&self, folders: &Folders) -> Result<Product> {
        let inputs = ["go.mod", "go.sum"].map(|name| self.module(folders).join(name));
        Product::new(self.name, &["go", "version"], inputs)
    }

    /// Builds it as it is, unless that is done.
    fn build(&self, job: &Job) -> Result<()> {
        self.product(&job.folders)?.make(job, |folder| {
            let mut command = Command::new(need("go")?);
            command
                .current_dir(self.module(&job.folders))
                .args(["build", "-mod=readonly", "-buildvcs=false", "-o"])
                .arg(folder.join("program"))
                .arg(self.package);
            job.run(&mut command, LIMIT)
        })
    }

    fn built(&self, folders: &Folders) -> Result<PathBuf> {
        Ok(self.product(folders)?.made(folders)?.join("program"))
    }
}

/// Builds the provider, and Terraform where the machine has none.
pub(crate) fn setup(job: &Job) -> Result<()> {
    if find("terraform").is_none() {
        TERRAFORM.build(job)?;
    }
    PROVIDER.build(job)
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
