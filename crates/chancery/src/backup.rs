//! `chancery backup`: a copy of the database beside a server that uses it.

use std::io::Write;

use anyhow::{Context, Result, ensure};

use crate::cli::BackupArgs;
use crate::data;

/// Writes the backup, and says where it is.
///
/// # Errors
/// When there is no database, it does not have all that was committed, or the file cannot be written.
pub(crate) fn run(args: &BackupArgs) -> Result<()> {
    let folder = args.data.as_deref();
    let folder = folder.unwrap_or_else(|| data::DEFAULT.as_ref());
    let database = folder.join(data::DATABASE);
    ensure!(
        database.exists(),
        "there is no {} in {}: name the data folder with --data; a PostgreSQL database is backed up with \
         pg_dump",
        data::DATABASE,
        folder.display()
    );
    chancery_store::backup_sqlite(&database, &args.file)
        .with_context(|| database.display().to_string())?;
    let length = std::fs::metadata(&args.file)?.len();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: {length} bytes; master.key is not in it, and has to be kept elsewhere",
        args.file.display()
    )?;
    Ok(())
}
