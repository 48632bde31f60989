//! Files of certificates and keys: each whole or not there, keys for their owner alone, and never over a
//! file that is somebody else's.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chancery_store::in_words;
use serde_json::Value;

use super::find::text;
use super::show::Shown;
use crate::client::Failure;

/// What says which files of a folder are ours.
const LIST: &str = ".chancery";

/// A file that is to be written.
pub(super) struct Wanted {
    pub(super) name: &'static str,
    pub(super) content: Vec<u8>,
    /// Whether it holds a private key.
    pub(super) secret: bool,
}

/// That files of these names may be written into a folder, which may not be there yet.
///
/// # Errors
/// [`Failure::Usage`] for a file that is there and not ours.
pub(super) fn check(
    folder: &Path,
    names: impl IntoIterator<Item = &'static str>,
) -> Result<(), Failure> {
    let ours = ours(folder)?;
    for name in names {
        let path = folder.join(name);
        if !ours.contains(name) && path.symlink_metadata().is_ok() {
            return Err(Failure::Usage(format!(
                "{} is there already, and chancery has not written it; give another --out, or move it away",
                path.display()
            )));
        }
    }
    Ok(())
}

/// The names of the files in a folder that earlier calls have written.
fn ours(folder: &Path) -> Result<BTreeSet<String>, Failure> {
    let list = folder.join(LIST);
    match fs::read_to_string(&list) {
        Ok(names) => Ok(names.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(failed(&list, &error)),
    }
}

/// Writes files into a folder, which is made for its owner alone if it is not there. Files that an earlier
/// call has written are replaced.
///
/// # Errors
/// As [`check`], and when the folder cannot be written to.
pub(super) fn write_all(
    folder: &Path,
    wanted: &[Wanted],
    owner: Option<Owner>,
) -> Result<(), Failure> {
    check(folder, wanted.iter().map(|one| one.name))?;
    let is_new = !folder.exists();
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed(folder, &error))?;
    if let Some(owner) = owner.filter(|_| is_new) {
        owner.take(folder)?;
    }
    // One process at a time; what is left beside its place then is of one that was killed.
    let lock = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    let _lock = lock.map_err(|error| failed(folder, &error))?;
    remove_left(folder, wanted).map_err(|error| failed(folder, &error))?;
    let mut ours = ours(folder)?;
    // All beside their places first: what does not fit on the disk leaves what is there as it is.
    let mut written = Vec::new();
    for one in wanted {
        let mode = if one.secret { 0o600 } else { 0o644 };
        let beside = Beside::write(&folder.join(one.name), &one.content, mode)?;
        if let Some(owner) = owner {
            owner.take(&beside.at)?;
        }
        written.push(beside);
    }
    // Before them: a file that is not on the list would be somebody else's the next time.
    ours.extend(wanted.iter().map(|one| one.name.to_owned()));
    let names: Vec<_> = ours.into_iter().collect();
    let list = names.join("\n") + "\n";
    Beside::write(&folder.join(LIST), list.as_bytes(), 0o644)?.move_into_place()?;
    for one in written {
        one.move_into_place()?;
    }
    let folder_is_synced = File::open(folder).and_then(|folder| folder.sync_all());
    folder_is_synced.map_err(|error| failed(folder, &error))
}

/// Removes what was written beside the places of these files and never moved there.
fn remove_left(folder: &Path, wanted: &[Wanted]) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let of = name
            .to_str()
            .and_then(|name| name.strip_prefix('.')?.rsplit_once('.'));
        let is_left = |(of, process): (&str, &str)| {
            let is_known = of == LIST || wanted.iter().any(|one| one.name == of);
            is_known && process.bytes().all(|b| b.is_ascii_digit())
        };
        if of.is_some_and(is_left) {
            fs::remove_file(folder.join(&name))?;
        }
    }
    Ok(())
}

/// Writes files as [`write_all`] does, and shows where they are, with the lines that tell a server of them;
/// `settings` is given the folder.
pub(super) fn write_shown(
    folder: &Path,
    wanted: &[Wanted],
    owner: Option<Owner>,
    settings: impl FnOnce(&str) -> Vec<String>,
    next: Option<String>,
) -> Result<Shown, Failure> {
    write_all(folder, wanted, owner)?;
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let paths = wanted.iter().map(|one| folder.join(one.name));
    Ok(Shown::Written {
        files: paths.map(|path| path.display().to_string()).collect(),
        settings: settings(&folder.display().to_string()),
        next,
    })
}

/// Writes a text to a file that is not there yet, or shows it.
pub(super) fn write_or_show(file: Option<&Path>, content: String) -> Result<Shown, Failure> {
    match file {
        None => Ok(Shown::Text(content)),
        Some(file) => {
            write_public(file, &content)?;
            Ok(Shown::Done(format!("{} is written", file.display())))
        }
    }
}

/// Makes a folder that holds no secrets, unless it is there.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))
}

/// Writes a file that is no secret, over one that is there.
pub(super) fn replace(path: &Path, content: &str) -> Result<(), Failure> {
    Beside::write(path, content.as_bytes(), 0o644)?.move_into_place()
}

/// Writes a file that is no secret, and is not there yet.
pub(super) fn write_public(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    Beside::write(path, content.as_ref(), 0o644)?.take_place()
}

/// A user of this machine whom files are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    /// By name, or as `UID:GID`.
    ///
    /// # Errors
    /// [`Failure::Usage`] when there is none, or the caller may not give them files.
    pub(super) fn of(text: &str) -> Result<Self, Failure> {
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let owner = Self::among(&users, text).ok_or_else(|| {
            Failure::Usage(format!(
                "--owner: there is no user {text:?} in /etc/passwd; UID:GID is taken too"
            ))
        })?;
        // Before anything is made that could not be given to them.
        let caller = rustix::process::geteuid();
        match caller.is_root() || caller.as_raw() == owner.uid {
            true => Ok(owner),
            false => Err(Failure::Usage(
                "--owner: only root gives files to others".to_owned(),
            )),
        }
    }

    fn among(users: &str, text: &str) -> Option<Self> {
        let pair = |uid: &str, gid: &str| {
            let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
            Some(Self { uid, gid })
        };
        let of_user = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let is_user = fields.next() == Some(text) && !text.is_empty();
            let (_, uid, gid) = (fields.next(), fields.next()?, fields.next()?);
            is_user.then(|| pair(uid, gid)).flatten()
        });
        of_user.or_else(|| {
            let (uid, gid) = text.split_once(':')?;
            pair(uid, gid)
        })
    }

    /// Makes a file or folder theirs.
    fn take(self, path: &Path) -> Result<(), Failure> {
        let taken = std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid));
        taken.map_err(|error| {
            Failure::Usage(format!("--owner: {}: {}", path.display(), in_words(&error)))
        })
    }
}

/// The PEM texts of these fields, one after the other, each line ended by LF.
pub(super) fn joined(answer: &Value, fields: &[&str]) -> String {
    let texts = fields.iter().map(|field| text(answer, field).trim());
    let lines = texts.filter(|text| !text.is_empty()).flat_map(str::lines);
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// A file beside the place that it is for; it goes when it is dropped.
pub(crate) struct Beside {
    at: PathBuf,
    place: PathBuf,
}

impl Beside {
    /// Writes it, with this mode.
    pub(crate) fn write(place: &Path, content: &[u8], mode: u32) -> Result<Self, Failure> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let at = place.with_file_name(format!(".{name}.{}", std::process::id()));
        let beside = Self {
            at,
            place: place.to_owned(),
        };
        // What an earlier process of this number has left.
        drop(fs::remove_file(&beside.at));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside.at);
        let written = file.and_then(|mut file| {
            file.write_all(content)?;
            file.sync_all()
        });
        written.map_err(|error| failed(place, &error))?;
        Ok(beside)
    }

    /// Moves it to its place, over what is there.
    pub(crate) fn move_into_place(self) -> Result<(), Failure> {
        let moved = fs::rename(&self.at, &self.place);
        moved.map_err(|error| failed(&self.place, &error))
    }

    /// Moves it to its place, where nothing may be.
    fn take_place(self) -> Result<(), Failure> {
        // A link takes no place that is taken; what it leaves beside it goes with this.
        match fs::hard_link(&self.at, &self.place) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::Usage(format!(
                "{} is there already; give another --out, or move it away",
                self.place.display()
            ))),
            // Some file systems, FAT among them, have no links.
            Err(_) if self.place.symlink_metadata().is_err() => self.move_into_place(),
            Err(error) => Err(failed(&self.place, &error)),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.at));
    }
}

/// That a file or folder cannot be written to, and why.
pub(super) fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let why = in_words(error);
    Failure::Usage(format!("{} cannot be written: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn wanted(content: &str) -> [Wanted; 2] {
        [("cert.pem", false), ("privkey.pem", true)].map(|(name, secret)| Wanted {
            name,
            content: content.into(),
            secret,
        })
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn files_are_written_and_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/tls");
        for content in ["one\n", "two\n"] {
            write_all(&folder, &wanted(content), None).unwrap();
            for name in ["cert.pem", "privkey.pem"] {
                assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), content);
            }
        }
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("privkey.pem")), 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
    }

    #[test]
    fn what_is_somebody_elses_stays() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("privkey.pem");
        for is_link in [false, true] {
            drop(fs::remove_file(&theirs));
            match is_link {
                false => fs::write(&theirs, "theirs").unwrap(),
                true => std::os::unix::fs::symlink("nowhere", &theirs).unwrap(),
            }
            let refused = write_all(folder.path(), &wanted("ours"), None).unwrap_err();
            assert!(
                refused.to_string().contains("has not written it"),
                "{refused}"
            );
            assert_eq!(refused.exit_status(), 2);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
        assert!(write_public(&theirs, "x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write_public(&folder.path().join("ours"), "x").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    /// A folder in the place of a file stands for whatever keeps it from being moved there.
    #[test]
    fn what_cannot_be_written_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        write_all(folder.path(), &wanted("one"), None).unwrap();
        let place = folder.path().join("privkey.pem");
        fs::remove_file(&place).unwrap();
        fs::create_dir_all(place.join("inside")).unwrap();
        assert!(write_all(folder.path(), &wanted("two"), None).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn what_a_killed_process_has_left_goes() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            ".privkey.pem.123",
            "..chancery.7",
            ".theirs.pem.5",
            ".privkey.pem.x",
        ] {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        write_all(folder.path(), &wanted("one"), None).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                ".chancery",
                ".privkey.pem.x",
                ".theirs.pem.5",
                "cert.pem",
                "privkey.pem"
            ]
        );
    }

    #[test]
    fn owners_are_users_or_numbers() {
        let users = "root:x:0:0:root:/root:/bin/sh\nredis:x:104:112::/var/lib/redis:/bin/false\n";
        for (text, expected) in [
            ("redis", Some((104, 112))),
            ("12:34", Some((12, 34))),
            ("nobody-here", None),
            ("", None),
            ("12", None),
            ("-1:2", None),
        ] {
            let owner = Owner::among(users, text).map(|owner| (owner.uid, owner.gid));
            assert_eq!(owner, expected, "{text}");
        }
    }

    #[test]
    fn texts_are_joined_with_a_line_end_between_them() {
        let answer = serde_json::json!({ "a": "1\r\n2", "b": "3\r\n", "c": null });
        assert_eq!(joined(&answer, &["a", "c", "b"]), "1\n2\n3\n");
    }
}
