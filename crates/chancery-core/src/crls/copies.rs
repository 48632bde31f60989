//! Copies of revocation lists in the buckets of accounts.
//!
//! A place in a bucket is one CA's, or nobody's; the database says whose. What is served there is
//! the list that the database holds, so that every node answers the same, also one whose copy is
//! older, missing or still there. The copy itself goes when its CA leaves the place: from the node
//! that was told at once, and from every node by a job that looks at what the node has. What is put
//! to a place and what is removed from it take turns, and each looks first whose the place is.

use chancery_objects::{BucketName, ObjectKey};
use chancery_store::{CrlRow, StoreError, Transaction};

use super::{CrlSettings, Progress};
use crate::desk::Desk;
use crate::error::{Error, Result};

/// How the key of a copy ends. No other object has such a key.
const SUFFIX: &str = ".crl";

/// The name of the list that an object with this key is the copy of.
pub(crate) fn crl_name(key: &str) -> Option<&str> {
    key.strip_suffix(SUFFIX)
}

/// The object at a place.
pub(super) fn place(bucket: &str, name: &str) -> Result<(BucketName, ObjectKey)> {
    let bucket = BucketName::parse(bucket).map_err(Error::internal)?;
    let key = ObjectKey::parse(&format!("{name}{SUFFIX}")).map_err(Error::internal)?;
    Ok((bucket, key))
}

impl Desk {
    /// Puts the list into the bucket, if it is not there already.
    pub(super) async fn copy_crl(&self, crl: &CrlRow) -> Result<Progress> {
        let (Some(bucket), Some(name), false) = (&crl.bucket, &crl.name, crl.copied) else {
            return Ok(Progress::Done);
        };
        let id = crl.authority_id.as_str();
        let (bucket_name, key) = place(bucket, name)?;
        let _turn = self.copy_turns.of(&(bucket, name)).await;
        // The CA may have left the place while this waited for its turn.
        let now = self.store.crl(id).await?;
        if now.is_none_or(|now| (&now.bucket, &now.name) != (&crl.bucket, &crl.name)) {
            return Ok(Progress::LookAgain);
        }
        let Some(list) = self.store.crl_list(id).await? else {
            return Ok(Progress::Done);
        };
        self.objects
            .put(&bucket_name, &key, list.der.into())
            .await?;
        let mut tx = Transaction::new("crl.copy");
        tx.copied_crl(id, list.head.number, (bucket, name));
        match self.store.commit(tx).await {
            Ok(()) => Ok(Progress::Done),
            Err(StoreError::Conflict(_)) => {
                // Something came in between. Another process may have put a newer list, which this
                // one has overwritten; or the place is another CA's by now, or nobody's.
                let mut tx = Transaction::new("crl.doubt_copy");
                tx.doubt_crl_copy(bucket, name);
                self.store.commit(tx).await?;
                self.clear_place(bucket, name).await?;
                Ok(Progress::LookAgain)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the copy that a CA had with these settings, after a transaction that took them from
    /// it. What fails, a job makes up for.
    pub(crate) async fn remove_left_copy(&self, before: Option<&CrlSettings>) {
        let Some(CrlSettings { bucket, name, .. }) = before else {
            return;
        };
        if let Err(error) = self.remove_copy(bucket, name).await {
            tracing::warn!(bucket, name, %error, "the copy of a revocation list stays for now");
        }
    }

    /// The copies on this node that are at no CA's place: bucket and name of each.
    pub(crate) async fn left_copies(&self) -> Result<Vec<(String, String)>> {
        let there = self.objects.ending_with(SUFFIX).await?;
        if there.is_empty() {
            return Ok(Vec::new());
        }
        // A place is a CA's before there is a copy: what came since is among them.
        let places = self.store.crl_places().await?;
        let there = there.iter().filter_map(|(bucket, key)| {
            let name = crl_name(key.as_str())?;
            Some((bucket.as_str().to_owned(), name.to_owned()))
        });
        Ok(there.filter(|place| !places.contains(place)).collect())
    }

    /// Removes what is at a place, unless it is a CA's.
    pub(crate) async fn remove_copy(&self, bucket: &str, name: &str) -> Result<()> {
        let _turn = self.copy_turns.of(&(bucket, name)).await;
        self.clear_place(bucket, name).await
    }

    /// The same for who has the turn of the place.
    async fn clear_place(&self, bucket: &str, name: &str) -> Result<()> {
        let (bucket_name, key) = place(bucket, name)?;
        // A place that was left is free for any CA of the account.
        if self.store.is_crl_place(bucket, name).await? {
            return Ok(());
        }
        Ok(self.objects.delete(&bucket_name, &key).await?)
    }
}
