//! A desk has an identity, in its folder and in its database. What does not fit together is refused
//! before anything is made or changed: beside a database that is not mounted, or behind a forgotten
//! `--database`, a new desk would begin, and its `client.env` would take the place of the right one.

use anyhow::{Result, bail};
use chancery_core::{Desk, bootstrap};
use chancery_crypto::random::Random;
use chancery_store::Store;

use crate::data::DataFolder;

/// The setting with the desk's id.
const SETTING: &str = "desk.id";

/// What a data folder says of its desk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InFolder<'a> {
    /// The desk's id; folders from before there were ids have none until their next start.
    pub(crate) id: Option<&'a str>,
    /// Whether it has a master key.
    pub(crate) key: bool,
    /// Whether a first start has begun here and not come to its end.
    pub(crate) begun: bool,
}

/// What a database says of its desk.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum InDatabase {
    /// It is not there, or has no desk in it.
    Nothing,
    /// There is a desk; one from before there were ids has none until its next start.
    Desk(Option<String>),
}

impl InDatabase {
    /// What an opened database says.
    pub(crate) async fn of(store: &Store) -> Result<Self> {
        Ok(match bootstrap::is_new(store).await? {
            true => Self::Nothing,
            false => Self::Desk(match store.setting(SETTING).await? {
                Some(id) => Some(String::from_utf8(id)?),
                None => None,
            }),
        })
    }
}

/// Whether a folder and a database may be of one desk; `database` is how the operator names it.
///
/// # Errors
/// The sentence that says what to do.
pub(crate) fn check(folder: InFolder<'_>, found: &InDatabase, database: &str) -> Result<()> {
    match (folder.id, found) {
        (Some(ours), InDatabase::Nothing) => bail!(
            "this data folder belongs to desk {ours}, and there is no desk in {database}: is a volume \
             not mounted, or --database other than before? Nothing was changed; a new desk begins in \
             an empty folder"
        ),
        (Some(ours), InDatabase::Desk(Some(theirs))) if ours != theirs => bail!(
            "this data folder belongs to desk {ours}, and {database} holds desk {theirs}: give the \
             --data and --database that belong together. Nothing was changed"
        ),
        (None, InDatabase::Nothing) if folder.key && !folder.begun => bail!(
            "master.key is in this data folder, and there is no desk in {database}: is a volume not \
             mounted, or --database other than before? Nothing was changed; a new desk begins in an \
             empty folder"
        ),
        (_, InDatabase::Desk(_)) if !folder.key => bail!(
            "{database} holds a desk, and its master.key is missing in this data folder: put a copy \
             there (mode 600), from another node or from where it is kept. Nothing was changed, and no \
             other key opens what is sealed"
        ),
        _ => Ok(()),
    }
}

/// Writes the id where it is not yet, after a start that opened what is sealed.
///
/// # Errors
/// When the folder or the database cannot be written to.
pub(crate) async fn settle(desk: &Desk, data: &DataFolder, random: &dyn Random) -> Result<()> {
    let id = match (data.desk_id()?, desk.setting(SETTING).await?) {
        (_, Some(id)) => String::from_utf8(id)?,
        (ours, None) => {
            let mut bytes = [0; 16];
            random.fill(&mut bytes);
            let id = ours.unwrap_or_else(|| hex::encode(bytes));
            // Of several nodes that start at once, one names the desk.
            desk.put_setting_if_absent(SETTING, &id).await?
        }
    };
    data.settle(&id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_fits_together() {
        const NEW: InFolder<'_> = InFolder {
            id: None,
            key: false,
            begun: false,
        };
        let key = InFolder { key: true, ..NEW };
        let one = InFolder {
            id: Some("1"),
            ..key
        };
        let desk = |id: Option<&str>| InDatabase::Desk(id.map(str::to_owned));
        let nothing = InDatabase::Nothing;
        for (name, folder, database, refusal) in [
            ("a first start", NEW, &nothing, None),
            (
                "a first start that was cut off",
                InFolder { begun: true, ..key },
                &nothing,
                None,
            ),
            ("the next start", one, &desk(Some("1")), None),
            (
                "a folder and a database from before",
                key,
                &desk(None),
                None,
            ),
            ("an older copy of the database", one, &desk(None), None),
            ("a node that joins", key, &desk(Some("1")), None),
            (
                "a database that is gone",
                one,
                &nothing,
                Some("belongs to desk 1"),
            ),
            (
                "the same from before there were ids",
                key,
                &nothing,
                Some("master.key is in this data folder"),
            ),
            (
                "another desk's database",
                one,
                &desk(Some("2")),
                Some("holds desk 2"),
            ),
            (
                "a node without the key",
                NEW,
                &desk(Some("1")),
                Some("master.key is missing"),
            ),
            (
                "the same from before",
                NEW,
                &desk(None),
                Some("master.key is missing"),
            ),
            (
                "a key that is gone",
                InFolder { key: false, ..one },
                &desk(Some("1")),
                Some("master.key is missing"),
            ),
        ] {
            let found = check(folder, database, "the database");
            match refusal {
                None => found.unwrap(),
                Some(says) => {
                    let said = found.unwrap_err().to_string();
                    assert!(said.contains(says), "{name}: {said}");
                    assert!(said.contains("Nothing was changed"), "{name}: {said}");
                }
            }
        }
    }
}
