//! What is asked of the storage as a whole.

use chancery_store::Transaction;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::issuance::DAY_MS;

/// The setting with the time at which the database was last looked through, in milliseconds since 1970
/// UTC.
const CHECKED: &str = "storage.checked";

impl Desk {
    /// Looks through the whole database for damage where that is due, once a day, or `anyway`; it holds
    /// nobody up.
    ///
    /// # Errors
    /// When it is damaged, and what is to be done; when it cannot be looked through.
    pub async fn check_storage(&self, anyway: bool) -> Result<()> {
        let last = self.setting(CHECKED).await?;
        let last = last.and_then(|text| std::str::from_utf8(&text).ok()?.parse::<i64>().ok());
        let now = self.now_ms();
        // A clock that was ahead of its time puts nothing off.
        if !anyway && last.is_some_and(|last| (now - last).abs() < DAY_MS) {
            return Ok(());
        }
        let damage = self.store.damage().await?;
        if damage.is_empty() {
            let mut tx = Transaction::new("storage.check");
            tx.put_setting(CHECKED, now.to_string().as_bytes());
            return Ok(self.store.commit(tx).await?);
        }
        Err(Error::internal(format!(
            "the database is damaged: stop the desk, keep its files, and restore the last backup \
             (docs/operations.md): {}",
            damage.join("; ")
        )))
    }

    /// Whether the process that had the database before did not stop of itself.
    pub fn was_cut_off(&self) -> bool {
        self.store.was_cut_off()
    }
}
