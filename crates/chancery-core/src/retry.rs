//! Changes that are made on a row as it was read, and begin anew when others have changed it since.

use crate::error::Error;

/// How often such a change is tried: each time that it fails, another one has succeeded.
pub(crate) const ATTEMPTS: usize = 16;

/// The failure of a change that others overtook [`ATTEMPTS`] times.
pub(crate) fn overtaken() -> Error {
    Error::overtaken(format!(
        "{ATTEMPTS} times others have changed the row since it was read"
    ))
}
