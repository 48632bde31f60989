//! The desks that somebody has logged in to, by name, in a file that only they can read.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Failure;
use crate::commands::files::Beside;

/// The variable that names the file, for those who want it elsewhere.
const VARIABLE: &str = "CHANCERY_CONTEXTS";
/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// What the file holds.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Contexts {
    /// The name of the one that commands use.
    #[serde(default)]
    pub(crate) current: Option<String>,
    #[serde(default)]
    pub(crate) contexts: BTreeMap<String, Context>,
}

/// A desk, and who calls it.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Context {
    pub(crate) endpoint: String,
    /// The PEM file of the CA that vouches for the desk; none for the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
    /// The account and the user, of a login by password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    pub(crate) login: Login,
}

/// What calls are made with.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Login {
    /// A token, from a password.
    Token {
        token: Zeroizing<String>,
        /// RFC 3339.
        expires_at: String,
    },
    AccessKey {
        access_key: String,
        secret: Zeroizing<String>,
    },
}

/// Where the contexts are.
pub(crate) struct ContextsFile(PathBuf);

impl ContextsFile {
    /// The file of whoever has this environment.
    ///
    /// # Errors
    /// [`Failure::Usage`] when they have no home.
    pub(crate) fn of(variable: &impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(file) = set(VARIABLE) {
            return Ok(Self(file.into()));
        }
        let folder = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let folder = folder.or_else(|| Some(Path::new(&set("HOME")?).join(".config")));
        let folder = folder.ok_or_else(|| {
            Failure::Usage(format!(
                "neither {VARIABLE} nor HOME is set, so there is no file of logins"
            ))
        })?;
        Ok(Self(folder.join("chancery/contexts.json")))
    }

    /// What the file holds; nothing when there is none.
    ///
    /// # Errors
    /// [`Failure::Usage`] when others may read it, or it is no such file.
    pub(crate) fn read(&self) -> Result<Contexts, Failure> {
        let mut text = Zeroizing::new(String::new());
        let file = match File::open(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Contexts::default()),
            opened => opened.map_err(|error| self.wrong(&error))?,
        };
        let mode = file.metadata().map_err(|error| self.wrong(&error))?.mode();
        if mode & 0o077 != 0 {
            return Err(Failure::Usage(format!(
                "{0} holds logins, and others may read it: chmod 600 {0}",
                self.0.display()
            )));
        }
        let read = file.take(LONGEST).read_to_string(&mut text);
        read.map_err(|error| self.wrong(&error))?;
        serde_json::from_str(&text).map_err(|error| self.wrong(&error))
    }

    /// Changes what the file holds. Two that change it at a time do so one after the other.
    ///
    /// # Errors
    /// As [`Self::read`], what `change` returns, and when it cannot be written; then it is as it was.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Contexts) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if let Some(folder) = self
            .0
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| self.wrong(&error))?;
        }
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.0.with_extension("lock"));
        let lock = lock.map_err(|error| self.wrong(&error))?;
        lock.lock().map_err(|error| self.wrong(&error))?;
        let mut contexts = self.read()?;
        let done = change(&mut contexts)?;
        let text = serde_json::to_string_pretty(&contexts).map_err(|error| self.wrong(&error))?;
        // A link in its place stays one: people keep such files elsewhere.
        let place = fs::canonicalize(&self.0).unwrap_or_else(|_| self.0.clone());
        Beside::write(&place, (text + "\n").as_bytes(), 0o600)?.move_into_place()?;
        Ok(done)
    }

    fn wrong(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Usage(format!("{}: {why}", self.0.display()))
    }
}

impl Contexts {
    /// The one with this name, or else the one in use.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a name that is of none.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<Option<(&str, &Context)>, Failure> {
        let Some(wanted) = name.or(self.current.as_deref()) else {
            return Ok(None);
        };
        match self.contexts.get_key_value(wanted) {
            Some((name, context)) => Ok(Some((name, context))),
            None => Err(Failure::Usage(format!(
                "there is no context {wanted:?}; chancery context list shows those there are"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn context(secret: &str) -> Context {
        Context {
            endpoint: "https://desk.example".into(),
            ca_file: None,
            account: None,
            user: None,
            login: Login::AccessKey {
                access_key: "AK".into(),
                secret: Zeroizing::new(secret.into()),
            },
        }
    }

    #[test]
    fn a_file_is_private_and_changes_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().display().to_string();
        let file = ContextsFile::of(&|name| (name == "HOME").then(|| home.clone())).unwrap();
        assert!(file.read().unwrap().contexts.is_empty());
        file.change(|contexts| {
            contexts.contexts.insert("a".into(), context("one"));
            contexts.current = Some("a".into());
            Ok(())
        })
        .unwrap();
        let place = folder.path().join(".config/chancery/contexts.json");
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode(&place), 0o600);
        assert_eq!(mode(place.parent().unwrap()), 0o700);
        let refused = file.change(|contexts| {
            contexts.contexts.clear();
            Err::<(), _>(Failure::Missing("no".into()))
        });
        assert!(refused.is_err());
        let read = file.read().unwrap();
        assert_eq!(read.chosen(None).unwrap().unwrap().0, "a");
        let unknown = read.chosen(Some("b")).err().unwrap().to_string();
        assert!(unknown.contains("no context \"b\""), "{unknown}");

        fs::set_permissions(&place, fs::Permissions::from_mode(0o640)).unwrap();
        let open = file.read().err().unwrap().to_string();
        assert!(open.contains("others may read it: chmod 600"), "{open}");
    }

    #[test]
    fn the_file_is_where_the_environment_says() {
        let of = |set: &'static [(&'static str, &'static str)]| {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            ContextsFile::of(&variable).map(|file| file.0)
        };
        for (set, expected) in [
            (&[("CHANCERY_CONTEXTS", "/c"), ("HOME", "/h")][..], "/c"),
            (
                &[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")],
                "/x/chancery/contexts.json",
            ),
            (
                &[("XDG_CONFIG_HOME", ""), ("HOME", "/h")],
                "/h/.config/chancery/contexts.json",
            ),
        ] {
            assert_eq!(of(set).unwrap(), Path::new(expected));
        }
        assert!(of(&[]).is_err());
    }
}
