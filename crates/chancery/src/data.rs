//! The data folder: who may read it, the master key in it, and that one server uses it at a time.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use chancery_core::Beside;
use chancery_crypto::random::Random;
use chancery_store::in_words;
use zeroize::Zeroizing;

/// The folder of a server where none is named.
pub(crate) const DEFAULT: &str = "chancery-data";
/// The same of a demo.
pub(crate) const DEFAULT_DEMO: &str = "chancery-demo";
/// The database, where it is not PostgreSQL.
pub(crate) const DATABASE: &str = "chancery.db";

const MASTER_KEY: &str = "master.key";
/// The file with the desk's id.
const ID: &str = "desk.id";
/// There as long as the first start of a folder has not come to its end.
const BEGUN: &str = "first-start";

/// What is known of the desk beside its database ([`chancery_core::HighWater`]).
pub(crate) const HIGH_WATER: &str = "high-water";
/// Locked by the server that uses the folder.
const LOCK: &str = "lock";

/// A data folder that this process holds.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Held as long as the server runs.
    lock: File,
}

impl DataFolder {
    /// Opens the folder, or makes it (mode 0700).
    pub(crate) fn open(path: &Path) -> Result<Self> {
        make(path)?;
        let place = |error: &io::Error| refused(format!("data folder {}", path.display()), error);
        let real = path.canonicalize().map_err(|error| place(&error))?;
        check_owner(&real)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(real.join(LOCK))
            .map_err(|error| place(&error))?;
        if lock.try_lock().is_err() {
            bail!(
                "data folder {}: another chancery is using it",
                real.display()
            );
        }
        let path = real;
        Ok(Self { path, lock })
    }

    /// A path in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether the folder is still where it was when it was opened. One that cannot be looked at may be.
    ///
    /// # Errors
    /// The sentence that says what has become of it.
    pub(crate) fn check_place(&self) -> Result<()> {
        let id = |file: &fs::Metadata| (file.dev(), file.ino());
        let ours = self.lock.metadata()?;
        let gone = match fs::metadata(self.join(LOCK)) {
            Ok(there) => id(&there) != id(&ours),
            Err(error) => matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle
            ),
        };
        ensure!(
            !gone,
            "data folder {}: was deleted, moved or replaced while the server was running",
            self.path.display()
        );
        Ok(())
    }

    /// The file for what is known of the desk beside its database.
    pub(crate) fn high_water(&self) -> Box<dyn Beside> {
        Box::new(HighWaterFile(self.join(HIGH_WATER)))
    }

    /// What the folder says of its desk, from its files.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn desk_id(&self) -> Result<Option<String>> {
        let path = self.join(ID);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(path.display(), &error)),
        }
    }

    /// Where the master key is, or would be.
    pub(crate) fn master_key_path(&self) -> PathBuf {
        self.join(MASTER_KEY)
    }

    /// Whether there is a master key.
    pub(crate) fn has_master_key(&self) -> bool {
        self.join(MASTER_KEY).exists()
    }

    /// Whether a first start has begun here and not come to its end.
    pub(crate) fn has_begun(&self) -> bool {
        self.join(BEGUN).exists()
    }

    /// The end of a start: the folder is that of the desk with this id from now on.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(crate) fn settle(&self, id: &str) -> Result<()> {
        if self.desk_id()?.as_deref() != Some(id) {
            write_private(&self.join(ID), format!("{id}\n").as_bytes())?;
        }
        match fs::remove_file(self.join(BEGUN)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(refused(self.join(BEGUN).display(), &error))
            }
            _ => Ok(()),
        }
    }

    /// The master key: 32 bytes, as 64 hexadecimal digits in `master.key` (mode 0600), made at the
    /// first start. Without it nothing that is sealed opens again: whether one may be made is
    /// [`crate::identity`]'s to say.
    ///
    /// # Errors
    /// When it is not one, or others can read it.
    pub(crate) fn master_key(&self, random: &dyn Random) -> Result<Zeroizing<[u8; 32]>> {
        let path = self.join(MASTER_KEY);
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
                write_private(&self.join(BEGUN), b"")?;
                random.fill(key.as_mut_slice());
                let text = Zeroizing::new(hex::encode(*key));
                write_private(&path, text.as_bytes())?;
            }
            Err(error) => return Err(refused(path.display(), &error)),
        }
        Ok(key)
    }
}

/// Whether a server uses a folder at this moment.
///
/// # Errors
/// When its lock cannot be looked at.
pub(crate) fn is_in_use(path: &Path) -> io::Result<bool> {
    // A server that starts while the lock is held here, for no longer than it takes to let it go, says that
    // the folder is in use.
    let lock = match File::open(path.join(LOCK)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Makes the folder, and those above it, where they are not there.
fn make(path: &Path) -> Result<()> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    let Err(error) = made else {
        return Ok(());
    };
    let above = |is: &dyn Fn(&Path) -> bool| path.ancestors().find(|path| is(path));
    let shown = path.display();
    if let Some(file) = above(&|path| fs::metadata(path).is_ok_and(|found| !found.is_dir())) {
        bail!(
            "data folder {shown}: {} is a file, and no folder (--data names a folder)",
            file.display()
        );
    }
    if let Some(link) = above(&|path| path.is_symlink() && !path.exists()) {
        bail!(
            "data folder {shown}: {} is a link to what is not there",
            link.display()
        );
    }
    // A relative path begins in the folder that everything runs in.
    let parent = above(&|path| path.is_dir()).unwrap_or(Path::new("."));
    Err(refused(
        format!(
            "data folder {shown}: cannot be made in {}",
            parent.display()
        ),
        &error,
    ))
}

struct HighWaterFile(PathBuf);

impl Beside for HighWaterFile {
    fn read(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        write_private(&self.0, text.as_bytes()).map_err(io::Error::other)
    }
}

/// That nobody else can put files into the folder: its owner is the server's user or root, and not
/// everyone may write to it.
fn check_owner(path: &Path) -> Result<()> {
    let folder = fs::metadata(path)?;
    // Not the owner of /proc/self: of a process that leaves no core dump that is root.
    let ours = rustix::process::geteuid().as_raw();
    if folder.uid() != ours && folder.uid() != 0 {
        bail!(
            "data folder {}: belongs to user {}, who is neither the server's (user {ours}) nor root \
             (chown it)",
            path.display(),
            folder.uid()
        );
    }
    if folder.mode() & 0o002 != 0 {
        bail!(
            "data folder {}: everyone may write to it (chmod o-w)",
            path.display()
        );
    }
    Ok(())
}

/// Writes a file that only its owner reads, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    write(path, content, 0o600)
}

/// Writes a file that whoever gets to its folder may read, whole or not at all.
pub(crate) fn write_public(path: &Path, content: &[u8]) -> Result<()> {
    write(path, content, 0o644)
}

/// Makes the file beside its place, under a name that was not taken, and puts it there: no link that
/// somebody has left is followed.
fn write(path: &Path, content: &[u8], mode: u32) -> Result<()> {
    let new = path.with_extension("new");
    // What an earlier start has left there, and never what somebody has put in its place.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(refused(new.display(), &error));
        }
        _ => {}
    }
    let written = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create_new(true)
            .write(true)
            .mode(mode)
            .open(&new)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    written().map_err(|error| {
        // Half of it helps nobody, and takes room.
        let _ = fs::remove_file(&new);
        refused(path.display(), &error)
    })
}

/// What the system refused, in words; `what` is a file, or an option with its value.
pub(crate) fn refused(what: impl Display, error: &io::Error) -> anyhow::Error {
    anyhow!("{what}: {}", in_words(error))
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
    fn a_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        data.master_key(&SystemRandom).unwrap();
        let path = data.join("master.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = data.master_key(&SystemRandom).unwrap_err().to_string();
        assert!(refused.contains("chmod"), "{refused}");
    }

    #[test]
    fn a_first_start_is_marked_until_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        assert!(!data.has_begun() && !data.has_master_key());
        data.master_key(&SystemRandom).unwrap();
        assert!(data.has_begun() && data.has_master_key());
        assert_eq!(data.desk_id().unwrap(), None);
        data.settle("1").unwrap();
        assert!(!data.has_begun());
        assert_eq!(data.desk_id().unwrap().as_deref(), Some("1"));
        data.settle("1").unwrap();
    }

    #[test]
    fn a_folder_that_is_gone_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, away) = (folder.path().join("data"), folder.path().join("away"));
        let data = DataFolder::open(&path).unwrap();
        data.check_place().unwrap();
        fs::rename(&path, &away).unwrap();
        let gone = || data.check_place().unwrap_err().to_string();
        assert!(
            gone().contains("while the server was running"),
            "{}",
            gone()
        );
        // Another server's in its place.
        let other = DataFolder::open(&path).unwrap();
        other.check_place().unwrap();
        assert!(
            gone().contains("while the server was running"),
            "{}",
            gone()
        );
        drop(other);
        fs::remove_dir_all(&path).unwrap();
        fs::rename(&away, &path).unwrap();
        data.check_place().unwrap();
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::create_dir(&path).unwrap();
        let open = |mode| {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            DataFolder::open(&path)
        };
        // A volume that a group shares is one of the ways in which it may be given.
        for mode in [0o700, 0o750, 0o2770] {
            open(mode).unwrap();
        }
        for mode in [0o777, 0o1777, 0o702] {
            let refused = open(mode).unwrap_err().to_string();
            assert!(refused.contains("everyone may write"), "{refused}");
        }
        // Only root can give a folder away, and only then is there something to see.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        if std::os::unix::fs::chown(&path, Some(12345), None).is_ok() {
            let refused = DataFolder::open(&path).unwrap_err().to_string();
            assert!(refused.contains("belongs to user 12345"), "{refused}");
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("secret.new")).unwrap();
        let path = folder.path().join("secret.key");
        write_private(&path, b"content").unwrap();
        assert!(!elsewhere.exists());
        assert_eq!(fs::read(&path).unwrap(), b"content");
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
