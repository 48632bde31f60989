//! The schema and its versions.
//!
//! A schema change is a new file in `migrations/` and a line in [`STEPS`]; files that were
//! released are never edited. Column types are written as `{TEXT}`, `{INT}` and `{BYTES}`.

use crate::StoreError;

/// Step `n` leads from version `n` to version `n + 1`.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_pairs.sql"),
    include_str!("../migrations/0003_iam.sql"),
    include_str!("../migrations/0004_enterprise_projects.sql"),
    include_str!("../migrations/0005_tags.sql"),
    include_str!("../migrations/0006_revocation.sql"),
    include_str!("../migrations/0007_orders.sql"),
    include_str!("../migrations/0008_copies_and_past.sql"),
    include_str!("../migrations/0009_credentials.sql"),
    include_str!("../migrations/0011_crl_copies.sql"),
    include_str!("../migrations/0012_certificate_words.sql"),
];

/// What the engines call things.
pub(crate) struct Dialect {
    pub(crate) text: &'static str,
    pub(crate) int: &'static str,
    pub(crate) bytes: &'static str,
    /// What follows the closing parenthesis of CREATE TABLE.
    pub(crate) table: &'static str,
}

/// `STRICT` makes SQLite check column types, as PostgreSQL does.
pub(crate) const SQLITE: Dialect = Dialect {
    text: "TEXT",
    int: "INTEGER",
    bytes: "BLOB",
    table: " STRICT",
};

/// `COLLATE "C"` makes PostgreSQL compare text by its bytes and fold ASCII only, as SQLite does.
pub(crate) const POSTGRES: Dialect = Dialect {
    text: "TEXT COLLATE \"C\"",
    int: "BIGINT",
    bytes: "BYTEA",
    table: "",
};

/// Makes the table of versions.
pub(crate) fn version_table(dialect: &Dialect) -> String {
    let Dialect { int, table, .. } = dialect;
    format!("CREATE TABLE IF NOT EXISTS schema_version (version {int} NOT NULL){table};")
}

/// Answers the version a database has; 0 for a new one.
pub(crate) const VERSION: &str = "SELECT coalesce(max(version), 0) FROM schema_version";

/// The SQL that leads from version `found` to the newest; to be run in one transaction.
///
/// # Errors
/// [`StoreError::UnknownSchema`] when this program does not know the version.
pub(crate) fn pending(found: i64, dialect: &Dialect) -> Result<String, StoreError> {
    let unknown = StoreError::UnknownSchema {
        found,
        known: STEPS.len() as i64,
    };
    let steps = usize::try_from(found)
        .ok()
        .and_then(|done| STEPS.get(done..))
        .ok_or(unknown)?;
    let mut sql = String::new();
    for (version, step) in (found + 1..).zip(steps) {
        sql += &step
            .replace("{TEXT}", dialect.text)
            .replace("{INT}", dialect.int)
            .replace("{BYTES}", dialect.bytes)
            .replace("{TABLE}", dialect.table);
        sql += &format!("INSERT INTO schema_version (version) VALUES ({version});\n");
    }
    Ok(sql)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_known_versions_have_steps() {
        let known = STEPS.len() as i64;
        assert_eq!(pending(known, &SQLITE), Ok(String::new()));
        for found in [-1, known + 1, i64::MAX] {
            assert_eq!(
                pending(found, &SQLITE),
                Err(StoreError::UnknownSchema { found, known })
            );
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        for dialect in [&SQLITE, &POSTGRES] {
            let sql = pending(0, dialect).unwrap();
            assert!(!sql.contains(['{', '}']), "{sql}");
        }
    }
}
