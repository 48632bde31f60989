//! CAs that are bought for a period: they wait, without a name and a key, until their buyer says what
//! they are to be, with their activation or with a call that creates them.
//!
//! The desk sells nothing: an order is fulfilled at once, and what it has been paid for never ends.

use chancery_store::{AuthorityRow, StoreError, Transaction, label};

use super::{Activation, NewAuthority, target};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::ids;
use crate::limits::ccm as limits;

/// CAs that are ordered.
pub struct NewOrder {
    /// How many.
    pub count: i64,
    /// The enterprise project they are filed under.
    pub enterprise_project_id: String,
}

/// An order that is fulfilled.
pub struct Order {
    /// Its number.
    pub id: String,
    /// The CAs that were bought with it.
    pub authority_ids: Vec<String>,
}

impl Desk {
    /// Buys CAs, all of them or none.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`], [`Refusal::Quota`].
    pub async fn order_authorities(&self, ctx: &Context, new: &NewOrder) -> Result<Order> {
        let project = &new.enterprise_project_id;
        ctx.require(&target("", project, &[]))?;
        limits::ORDER_COUNT.check_number("subscription_num", new.count)?;
        self.require_enterprise_project(ctx, project).await?;
        let id = ids::order(self.random.as_ref());
        let rows: Vec<_> = (0..new.count)
            .map(|_| self.waiting_row(ctx, project, Some(id.clone())))
            .collect();
        let mut tx = Transaction::new("authority.order");
        for row in &rows {
            tx.insert_authority_within(row, self.authority_limit());
            let detail = serde_json::json!({ "order_id": id });
            tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        }
        match self.store.commit(tx).await {
            Ok(()) => Ok(Order {
                id,
                authority_ids: rows.into_iter().map(|row| row.id).collect(),
            }),
            Err(StoreError::Conflict(label::QUOTA)) => Err(self.no_room()),
            Err(error) => Err(error.into()),
        }
    }

    /// A CA that was bought and is nothing yet.
    pub(super) async fn bought_authority(&self, ctx: &Context, id: &str) -> Result<AuthorityRow> {
        let row = self.authority_row(ctx, id).await?;
        match is_undescribed(&row) {
            true => Ok(row),
            false => Err(Error::refused(
                Refusal::State,
                "ca_id must be that of a private CA that was ordered and is not activated yet",
            )),
        }
    }

    /// Makes what was bought into what its activation describes.
    pub(super) async fn activate_bought(
        &self,
        ctx: &Context,
        row: AuthorityRow,
        activation: Activation,
    ) -> Result<()> {
        let missing =
            |field| Error::invalid(field, "is required for a private CA that was ordered");
        let described = activation.description;
        let kind = described.kind.ok_or_else(|| missing("type"))?;
        if kind == super::AuthorityKind::Subordinate && activation.issuer_id.is_none() {
            return Err(Error::invalid("issuer_id", "is required"));
        }
        let new = NewAuthority {
            kind,
            subject: described
                .subject
                .ok_or_else(|| missing("distinguished_name"))?,
            key_algorithm: described
                .key_algorithm
                .ok_or_else(|| missing("key_algorithm"))?,
            signature_algorithm: Some(activation.signature_algorithm),
            validity: Some(activation.validity),
            issuer_id: activation.issuer_id,
            path_length: Some(activation.path_length),
            key_usages: activation.key_usages,
            enterprise_project_id: row.enterprise_project_id,
            crl: activation.crl,
            bought_id: Some(row.id),
        };
        self.create_authority(ctx, new).await.map(|_| ())
    }
}

/// Whether a CA was bought and nobody has said yet what it is to be.
pub(super) fn is_undescribed(row: &AuthorityRow) -> bool {
    row.kind.is_empty()
}

/// Refuses what needs a key while there is none.
pub(super) fn require_described(row: &AuthorityRow) -> Result<()> {
    match is_undescribed(row) {
        true => Err(Error::refused(
            Refusal::State,
            "a private CA that was ordered has no key until it is activated",
        )),
        false => Ok(()),
    }
}
