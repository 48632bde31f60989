//! What set-ups have made, kept so that a later run, also in another clone, need not make it again.
//!
//! A product lies in `<name>-<key>`; its key is of all that it is made from. A product that no run has
//! used for a month goes when another of its name is made.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};

use crate::job::{Folders, Job, remove_file};
use crate::report::Missing;

const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A product and what it is made from.
pub(crate) struct Product {
    name: &'static str,
    inputs: Vec<u8>,
}

impl Product {
    /// Made from `files`, by the program that answers `version` (a command line) with its own.
    pub(crate) fn new(
        name: &'static str,
        version: &[&str],
        files: impl IntoIterator<Item = PathBuf>,
    ) -> Result<Self> {
        let mut inputs = Vec::new();
        if let [program, arguments @ ..] = version {
            let program = crate::process::need(program)?;
            inputs.extend_from_slice(program.as_os_str().as_encoded_bytes());
            let said = Command::new(&program).args(arguments).output()?;
            ensure!(
                said.status.success(),
                "{}: {}",
                program.display(),
                said.status
            );
            inputs.extend(said.stdout);
        }
        for file in files {
            inputs.extend_from_slice(file.file_name().unwrap_or_default().as_encoded_bytes());
            inputs.push(b'\n');
            inputs.extend(
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?,
            );
        }
        Ok(Self { name, inputs })
    }

    fn path(&self, folders: &Folders) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.inputs.hash(&mut hasher);
        folders
            .cache
            .join(format!("{}-{:016x}", self.name, hasher.finish()))
    }

    /// Where it is.
    ///
    /// # Errors
    /// [`Missing`] when it has not been made.
    pub(crate) fn made(&self, folders: &Folders) -> Result<PathBuf> {
        let path = self.path(folders);
        if self.is_made(&path) {
            return Ok(path);
        }
        Err(Missing(format!("needs the finished set-up of {}", self.name)).into())
    }

    /// Makes it with `make`, which is given the folder that it must make, unless it is there.
    pub(crate) fn make(&self, job: &Job, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let path = self.path(&job.folders);
        fs::create_dir_all(&job.folders.cache)?;
        // Another run may be at the same.
        let lock = File::create(path.with_extension("lock"))?;
        lock.lock()?;
        if self.is_made(&path) {
            job.say(format_args!("{}: {} is there", self.name, path.display()));
            File::options()
                .append(true)
                .open(stamp(&path))?
                .set_modified(now())?;
            return Ok(());
        }
        remove_folder(&path)?;
        make(&path)?;
        fs::write(stamp(&path), &self.inputs)?;
        self.remove_unused(&job.folders)
    }

    /// The stamp is written last, and holds the whole key: a name says only what to compare.
    fn is_made(&self, path: &Path) -> bool {
        fs::read(stamp(path)).is_ok_and(|made| made == self.inputs)
    }

    fn remove_unused(&self, folders: &Folders) -> Result<()> {
        for entry in fs::read_dir(&folders.cache)? {
            let stamp = entry?.path();
            let name = stamp.file_stem().and_then(|stem| stem.to_str());
            let ours = name.and_then(|name| Some(name.rsplit_once('-')?.0)) == Some(self.name);
            if !ours || stamp.extension().is_none_or(|end| end != "stamp") {
                continue;
            }
            let used = fs::metadata(&stamp)?.modified()?;
            if now()
                .duration_since(used)
                .is_ok_and(|unused| unused > UNUSED)
            {
                remove_file(&stamp)?;
                remove_file(&stamp.with_extension("lock"))?;
                remove_folder(&stamp.with_extension(""))?;
            }
        }
        Ok(())
    }
}

fn stamp(path: &Path) -> PathBuf {
    path.with_extension("stamp")
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// The file system's own time is what a file's age is judged by.
#[allow(clippy::disallowed_methods)]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A job whose cache is an empty folder of this test.
    fn job(name: &str) -> (Job, PathBuf) {
        let folder = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut folders = Folders::of_this_workspace().unwrap();
        folders.cache = folder.join("cache");
        (
            Job::new(&folders, &folder.join("log")).unwrap(),
            folder.clone(),
        )
    }

    fn of(input: &Path) -> Product {
        Product::new("thing", &[], [input.to_owned()]).unwrap()
    }

    #[test]
    fn a_product_is_made_once_for_each_input() {
        let (job, folder) = job("once");
        let input = folder.join("input");
        let mut made = 0;
        for text in ["one", "one", "two", "one"] {
            fs::write(&input, text).unwrap();
            let product = of(&input);
            let make = |path: &Path| {
                made += 1;
                fs::create_dir(path)?;
                Ok(fs::write(path.join("text"), text)?)
            };
            product.make(&job, make).unwrap();
            let path = product.made(&job.folders).unwrap();
            assert_eq!(fs::read_to_string(path.join("text")).unwrap(), text);
        }
        assert_eq!(made, 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_was_not_finished_is_missing_and_made_anew() {
        let (job, folder) = job("unfinished");
        let input = folder.join("input");
        fs::write(&input, "one").unwrap();
        let product = of(&input);
        assert!(product.made(&job.folders).unwrap_err().is::<Missing>());
        let broken = product.make(&job, |path| {
            fs::create_dir(path)?;
            fs::write(path.join("half"), "")?;
            anyhow::bail!("broken")
        });
        assert!(broken.is_err());
        assert!(product.made(&job.folders).unwrap_err().is::<Missing>());
        product
            .make(&job, |path| Ok(fs::create_dir(path)?))
            .unwrap();
        let path = product.made(&job.folders).unwrap();
        assert!(!path.join("half").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_nobody_used_for_long_goes() {
        let (job, folder) = job("unused");
        let input = folder.join("input");
        let product = |text: &str| {
            fs::write(&input, text).unwrap();
            of(&input)
        };
        let (old, new) = (product("old"), product("new"));
        old.make(&job, |path| Ok(fs::create_dir(path)?)).unwrap();
        let path = old.made(&job.folders).unwrap();
        let used = File::options().append(true).open(stamp(&path)).unwrap();
        used.set_modified(now() - 2 * UNUSED).unwrap();
        new.make(&job, |path| Ok(fs::create_dir(path)?)).unwrap();
        assert!(!path.exists());
        assert!(old.made(&job.folders).is_err());
        assert!(new.made(&job.folders).is_ok());
        fs::remove_dir_all(folder).unwrap();
    }
}
