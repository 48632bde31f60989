//! Several accounts on one desk, for its operators: the callers of the first account.
//!
//! What an account has is its own; nothing here shows or changes it.

use chancery_store::{DomainRow, ProjectRow, StoreError, Transaction, label};
use zeroize::Zeroizing;

use crate::access_keys::NewAccessKey;
use crate::bootstrap::FIRST_ACCOUNT;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::limits::own::ACCOUNT_NAME;

/// A new account; the only time its secrets are given out.
pub struct NewAccount {
    /// The account.
    pub domain: DomainRow,
    /// The id of its administrator.
    pub user_id: String,
    /// The name of its administrator.
    pub user_name: String,
    /// Their password.
    pub password: Zeroizing<String>,
    /// Their access key.
    pub key: NewAccessKey,
    /// One project per region, in the order of the configured regions.
    pub projects: Vec<ProjectRow>,
}

impl Desk {
    /// Creates an account with an administrator, who may do everything in it, their password and
    /// access key, and one project per region; all of it or nothing.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`] for callers of other accounts than the first, and for limited
    /// credentials; [`crate::Kind::Invalid`] for the name; [`Refusal::Duplicate`] when it is taken.
    pub async fn create_account(&self, ctx: &Context, name: &str) -> Result<NewAccount> {
        ctx.require_operator()?;
        ctx.require_unlimited()?;
        ACCOUNT_NAME.check("name", name)?;
        let draft = self.draft_account(name).await?;
        let mut tx = Transaction::new("account.create");
        draft.insert_into(&mut tx);
        let detail = serde_json::json!({
            "name": name, "user_id": draft.user.id, "access_key": draft.key.access_key,
        });
        tx.audit(ctx.audit_with(draft.domain.created_at, &draft.domain.id, detail));
        match self.store.commit(tx).await {
            Ok(()) => Ok(NewAccount {
                domain: draft.domain,
                user_id: draft.user.id,
                user_name: draft.user.name,
                password: draft.password,
                key: draft.key,
                projects: draft.projects,
            }),
            Err(StoreError::Duplicate(label::DOMAINS_NAME)) => Err(Error::refused(
                Refusal::Duplicate,
                "name is that of another account",
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// All accounts of the desk, by name.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`] for callers of other accounts than the first.
    pub async fn accounts(&self, ctx: &Context) -> Result<Vec<DomainRow>> {
        ctx.require_operator()?;
        Ok(self.store.domains().await?)
    }

    /// Disables an account or enables it again; one that is so already stays so. Of a disabled
    /// account no password, access key or token is taken from now on (on other nodes after at most
    /// a minute); what it has stays.
    ///
    /// # Errors
    /// [`crate::Kind::Forbidden`] for callers of other accounts than the first;
    /// [`Thing::Domain`] not found; [`Refusal::State`] for the first account.
    pub async fn switch_account(
        &self,
        ctx: &Context,
        id: &str,
        enabled: bool,
    ) -> Result<DomainRow> {
        ctx.require_operator()?;
        let missing = || Error::not_found(Thing::Domain, id);
        let mut row = self.store.domain(id).await?.ok_or_else(missing)?;
        if row.name == FIRST_ACCOUNT {
            return Err(Error::refused(
                Refusal::State,
                "the first account can be neither disabled nor enabled",
            ));
        }
        row.enabled = enabled;
        let mut tx = Transaction::new("account.switch");
        tx.set_domain_enabled(id, enabled);
        let detail = serde_json::json!({ "name": row.name });
        tx.audit(ctx.audit_with(self.now_ms(), id, detail));
        match self.store.commit(tx).await {
            Ok(()) => {
                self.forget_callers();
                Ok(row)
            }
            Err(StoreError::Conflict(label::DOMAIN)) => Err(missing()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "Team_1.example-a", &"x".repeat(64)] {
            assert!(ACCOUNT_NAME.allows(good), "{good}");
        }
        for bad in ["", "a b", "团队", "a/b", &"x".repeat(65)] {
            assert!(!ACCOUNT_NAME.allows(bad), "{bad}");
        }
    }
}
