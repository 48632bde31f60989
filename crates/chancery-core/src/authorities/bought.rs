//! Private CAs that were bought: they wait, without a name and a key, until their buyer says what
//! they are to be, with their activation or with a call that creates them.

use chancery_store::AuthorityRow;

use super::{Activation, NewAuthority};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};

impl Desk {
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
