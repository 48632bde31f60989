//! `chancery backup`: a copy of the database beside a server that uses it.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};
use chancery_store::StoreError;

use crate::cli::BackupArgs;
use crate::data::{self, refused};

/// Writes the backup, and says where it is.
///
/// # Errors
/// When there is no database, it does not have all that was committed, or the file cannot be written.
pub(crate) fn run(args: &BackupArgs) -> Result<()> {
    let folder = args.data.as_deref();
    let folder = folder.unwrap_or_else(|| data::DEFAULT.as_ref());
    let database = folder.join(data::DATABASE);
    match std::fs::metadata(&database) {
        Ok(found) => ensure!(
            found.is_file(),
            "{} is no file, and so no database",
            database.display()
        ),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            bail!(
                "there is no {} in {}: name the data folder with --data; a PostgreSQL database is backed up \
             with pg_dump",
                data::DATABASE,
                folder.display()
            )
        }
        Err(error) => return Err(refused(database.display(), &error)),
    }
    check_target(&args.file)?;
    chancery_store::backup_sqlite(&database, &args.file).map_err(|error| match error {
        StoreError::Unavailable(why) => anyhow!("no backup was written: {why}"),
        other => anyhow!("no backup was written: {}: {other}", database.display()),
    })?;
    let length = std::fs::metadata(&args.file)?.len();
    let said = writeln!(
        std::io::stdout(),
        "{}: {length} bytes; master.key is not in it, and has to be kept elsewhere",
        args.file.display()
    );
    // The backup is there whether or not it can be said: it would not be made a second time.
    said.map_err(|error| refused("the backup was written, but standard output", &error))
}

/// That a file may be made there: a folder that is mistyped is named, and not the file that is written first.
fn check_target(file: &Path) -> Result<()> {
    ensure!(
        !file.is_dir(),
        "{} is a folder: name the file to write in it, such as {}",
        file.display(),
        file.join(data::DATABASE).display()
    );
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => return Ok(()),
    };
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => bail!(
            "{} is a file, and no folder to write into",
            folder.display()
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no folder {} to write into: make it first",
            folder.display()
        ),
        Err(error) => Err(refused(folder.display(), &error)),
    }
}
