//! The data folder: who may read it, the master key in it, and that one server uses it at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chancery_crypto::random::Random;
use zeroize::Zeroizing;

/// A data folder that this process holds.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Held as long as the server runs.
    _lock: File,
}

impl DataFolder {
    /// Opens the folder, or makes it (mode 0700).
    pub(crate) fn open(path: &Path) -> Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("data folder {}", path.display()))?;
        let path = path.canonicalize()?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join("lock"))
            .with_context(|| format!("data folder {}", path.display()))?;
        if lock.try_lock().is_err() {
            bail!(
                "data folder {}: another chancery is using it",
                path.display()
            );
        }
        Ok(Self { path, _lock: lock })
    }

    /// A path in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The master key: 32 bytes, as 64 hexadecimal digits in `master.key` (mode 0600), made at the
    /// first start.
    ///
    /// Without it nothing that is sealed opens again; a missing file beside an existing database
    /// is therefore an error, not a reason to make a new key.
    pub(crate) fn master_key(&self, random: &dyn Random) -> Result<Zeroizing<[u8; 32]>> {
        let path = self.join("master.key");
        let mut key = Zeroizing::new([0; 32]);
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) => {
                let mode = fs::metadata(&path)?.permissions().mode();
                if mode & 0o077 != 0 {
                    bail!(
                        "{}: must be readable by its owner only (chmod 600)",
                        path.display()
                    );
                }
                hex::decode_to_slice(text.trim(), key.as_mut_slice())
                    .with_context(|| format!("{}: is not a master key", path.display()))?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if self.join("chancery.db").exists() {
                    bail!(
                        "{}: the master key of this folder's database is missing",
                        path.display()
                    );
                }
                random.fill(key.as_mut_slice());
                let text = Zeroizing::new(hex::encode(*key));
                write_private(&path, text.as_bytes())?;
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
        Ok(key)
    }
}

/// Writes a file that only its owner reads, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&new)
        .with_context(|| new.display().to_string())?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path).with_context(|| path.display().to_string())?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chancery_crypto::random::SystemRandom;

    #[test]
    fn the_master_key_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let key = data.master_key(&SystemRandom).unwrap();
        assert_ne!(*key, [0; 32]);
        assert_eq!(*data.master_key(&SystemRandom).unwrap(), *key);
        let mode = fs::metadata(data.join("master.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_gone_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.master_key(&SystemRandom).unwrap();
        let path = data.join("master.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            data.master_key(&SystemRandom)
                .unwrap_err()
                .to_string()
                .contains("chmod")
        );
        fs::remove_file(&path).unwrap();
        fs::write(data.join("chancery.db"), b"").unwrap();
        assert!(
            data.master_key(&SystemRandom)
                .unwrap_err()
                .to_string()
                .contains("missing")
        );
    }

    #[test]
    fn one_server_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = DataFolder::open(folder.path()).unwrap();
        let refused = DataFolder::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("another chancery"), "{refused}");
        drop(held);
        DataFolder::open(folder.path()).unwrap();
    }
}
