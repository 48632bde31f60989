//! How many of each an account may have.

use chancery_store::AuthorityFilter;
use serde::Deserialize;

use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};

/// The quotas of every account (IAM user guide, "Quotas", and CCM API reference,
/// ShowCertificateQuota: the defaults there).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Users of an account.
    pub users: u32,
    /// Groups of an account.
    pub groups: u32,
    /// Groups that one user may be in.
    pub groups_of_user: u32,
    /// Custom policies of an account.
    pub policies: u32,
    /// Roles that one group may have, each place counted.
    pub grants_of_group: u32,
    /// Projects of an account in one region beside the region's own.
    pub projects_of_region: u32,
    /// Private CAs of an account; those scheduled for deletion count.
    pub private_authorities: u32,
    /// Private certificates of an account; at least 1.
    pub private_certificates: u32,
}

/// What an account has of something, and may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct QuotaUse {
    /// How many it has.
    pub used: u64,
    /// How many it may have.
    pub quota: u64,
}

impl Desk {
    /// The account's private CAs; those scheduled for deletion count.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn authority_quota(&self, ctx: &Context) -> Result<QuotaUse> {
        let filter = AuthorityFilter {
            kept_after: Some(self.now_ms()),
            ..AuthorityFilter::default()
        };
        let used = self.store.count_authorities(ctx.domain_id(), &filter);
        Ok(QuotaUse {
            used: used.await?,
            quota: self.settings.quotas.private_authorities.into(),
        })
    }

    /// Refuses what the account's quota of CAs has no room for, before a key is made for it; the
    /// transaction that stores the CA asks again.
    ///
    /// # Errors
    /// [`Refusal::Quota`].
    pub(crate) async fn require_room_for_authority(&self, ctx: &Context) -> Result<()> {
        let (domain_id, now) = (ctx.domain_id(), self.now_ms());
        let limit = self.authority_limit();
        match self
            .store
            .has_room_for_authority(domain_id, now, limit)
            .await?
        {
            true => Ok(()),
            false => Err(self.no_room()),
        }
    }

    /// The same for a private certificate.
    ///
    /// # Errors
    /// [`Refusal::Quota`].
    pub(crate) async fn require_room_for_certificate(&self, ctx: &Context) -> Result<()> {
        let QuotaUse { used, quota } = self.certificate_quota(ctx).await?;
        match used < quota {
            true => Ok(()),
            false => Err(self.no_room_for_certificate()),
        }
    }

    /// What a private certificate too many is told.
    pub(crate) fn no_room_for_certificate(&self) -> Error {
        let quota = self.settings.quotas.private_certificates;
        let text = format!("an account can have at most {quota} private certificates");
        Error::refused(Refusal::Quota, text)
    }

    /// The account's private certificates.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn certificate_quota(&self, ctx: &Context) -> Result<QuotaUse> {
        let used = self.store.private_certificate_count(ctx.domain_id());
        Ok(QuotaUse {
            used: used.await?,
            quota: self.settings.quotas.private_certificates.into(),
        })
    }
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            users: 50,
            groups: 20,
            groups_of_user: 10,
            policies: 200,
            grants_of_group: 200,
            projects_of_region: 10,
            private_authorities: 100,
            private_certificates: 100_000,
        }
    }
}
