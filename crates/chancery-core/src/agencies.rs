//! Agencies: what an account lets the private CA service do in its name.
//!
//! The desk keeps its own objects, so nothing it does depends on one; clients ask for them before
//! they set up revocation lists, and are told what they granted.

use chancery_store::{AgencyRow, BucketRow, StoreError, Transaction, label};

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::ids;
use crate::objects::OwnBucket;

/// What an agency is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// What the service does beside the object store.
    Service,
    /// Writing revocation lists into the account's buckets.
    Objects,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Service => "pca",
            Self::Objects => "obs",
        }
    }
}

impl Desk {
    /// Whether the account has an agency for a purpose.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn has_agency(&self, ctx: &Context, purpose: Purpose) -> Result<bool> {
        let found = self.store.agency(ctx.domain_id(), purpose.name()).await?;
        Ok(found.is_some())
    }

    /// Makes the account's agency for a purpose and gives its id; if there is one, that one's.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn create_agency(&self, ctx: &Context, purpose: Purpose) -> Result<String> {
        let (domain_id, name) = (ctx.domain_id(), purpose.name());
        if let Some(found) = self.store.agency(domain_id, name).await? {
            return Ok(found.id);
        }
        let row = AgencyRow {
            id: ids::hex32(self.random.as_ref()),
            domain_id: domain_id.to_owned(),
            purpose: name.to_owned(),
            created_at: self.now_ms(),
        };
        let mut tx = Transaction::new("agency.create");
        tx.insert_agency(&row);
        let detail = serde_json::json!({ "purpose": name });
        tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(row.id),
            // Another call was faster.
            Err(StoreError::Duplicate(label::AGENCIES_PURPOSE)) => {
                let found = self.store.agency(domain_id, name).await?;
                let missing = || Error::overtaken("an agency is there and is not");
                Ok(found.ok_or_else(missing)?.id)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The account's buckets in the object store, by name; the desk's own are nobody's to name.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn buckets(&self, ctx: &Context) -> Result<Vec<BucketRow>> {
        let mut rows = self.store.buckets(ctx.domain_id()).await?;
        // Rows of names that were not the desk's own when they were made.
        rows.retain(|row| OwnBucket::of_name(&row.name).is_none());
        Ok(rows)
    }
}
