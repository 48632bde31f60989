//! The numbers of revocation lists: never one that was published before, also when an older database was
//! put in the place of a newer one.

use chancery_pki::Certificate;
use chancery_pki::crl::Crl;
use chancery_store::{CrlRow, Transaction};

use super::copies;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// How much older than what the folder knows the newest entry of the audit may be, in milliseconds: calls
/// that run side by side are stored in another order than they came in.
const APART_MS: i64 = 60 * 1000;

impl Desk {
    /// The number of the next list of a CA.
    pub(super) async fn next_crl_number(&self, crl: &CrlRow, issuer: &Certificate) -> Result<i64> {
        let id = &crl.authority_id;
        // What this process has published is known to it.
        let published = match self.high_water.has_made(id) {
            true => 0,
            false => self.published_number(crl, issuer).await?,
        };
        let next = self.high_water.next(id, crl.number.max(published));
        next.map_err(Error::internal)
    }

    /// The number of the list of a CA in its bucket; 0 when there is none.
    async fn published_number(&self, crl: &CrlRow, issuer: &Certificate) -> Result<i64> {
        let (Some(bucket), Some(name)) = (&crl.bucket, &crl.name) else {
            return Ok(0);
        };
        let (bucket, key) = copies::place(bucket, name)?;
        let Some(copy) = self.objects.get(&bucket, &key).await? else {
            return Ok(0);
        };
        // Another CA's, which had the place before, says nothing.
        let number = Crl::from_der(&copy)
            .ok()
            .filter(|copy| copy.verify_signed_by(issuer).is_ok())
            .and_then(|copy| copy.number());
        Ok(number.map_or(0, |number| i64::try_from(number).unwrap_or_default()))
    }

    /// Compares the database with what is known beside it, before a start adds anything: says what an
    /// older one has lost.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn compare_high_water(&self) -> Result<()> {
        let found = self.store.newest_audit_time().await?;
        if let (Some(known), Some(found)) = (self.high_water.newest(), found)
            && found + APART_MS < known
        {
            tracing::error!(
                newest = %time(found),
                known = %time(known),
                "the database is older than what was done with it: what was issued, revoked and changed \
                 between these times is lost; revocation lists go on with higher numbers, and what was \
                 revoked has to be revoked again (docs/operations.md)"
            );
        }
        Ok(())
    }

    /// Has the lists made anew whose numbers were, or may have been, given out above the one that the
    /// database knows.
    ///
    /// # Errors
    /// When storage fails.
    pub(crate) async fn outdate_overtaken_crls(&self) -> Result<()> {
        let numbers = self.store.crl_numbers().await?;
        let overtaken = self.high_water.ahead_of(&numbers);
        if overtaken.is_empty() {
            return Ok(());
        }
        let mut tx = Transaction::new("crl.outdate");
        for id in &overtaken {
            tx.outdate_crl(id);
        }
        Ok(self.store.commit(tx).await?)
    }

    /// Writes down beside the database how far it has come.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(crate) fn note_high_water(&self) -> Result<()> {
        match self.store.newest_committed() {
            Some(newest) => self.high_water.note(newest).map_err(Error::internal),
            None => Ok(()),
        }
    }

    /// The end of a clean stop: what is known beside the database is what is in it.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn settle(&self) -> Result<()> {
        let newest = self.store.newest_committed();
        self.high_water.settle(newest).map_err(Error::internal)
    }
}

/// A time as people read it.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.to_string())
}
