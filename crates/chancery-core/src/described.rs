//! Certificates with all that belongs to them, for who reads them: their chains and second halves.

use chancery_store::AuthorityRow;

use crate::authorities::Authority;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::Result;
use crate::private_certificates::PrivateCertificate;
use crate::store_certificates::StoreCertificate;

/// A thing with its certificate.
pub struct WithChain<T> {
    /// The thing.
    pub thing: T,
    /// Its certificate (DER); a CA that waits for one has none.
    pub certificate: Option<Vec<u8>>,
    /// The second half of an SM2 pair (DER).
    pub encryption: Option<Vec<u8>>,
    /// The certificates above it, up to the root (DER), as far as they are known.
    pub chain: Vec<Vec<u8>>,
}

impl Desk {
    /// A private certificate of the caller's account, with all that belongs to it.
    ///
    /// # Errors
    /// As [`Desk::private_certificate`].
    pub async fn private_certificate_with_chain(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<WithChain<PrivateCertificate>> {
        let thing = self.private_certificate(ctx, id).await?;
        let row = &thing.row;
        let encryption = match row.enc_serial_number {
            None => None,
            Some(_) => self.store.encryption_half(id).await?,
        };
        let issuer = Some(row.issuer_id.clone());
        Ok(WithChain {
            certificate: Some(row.certificate.clone()),
            encryption: encryption.map(|half| half.certificate),
            chain: self.chain_above(&row.domain_id, issuer, None).await?,
            thing,
        })
    }

    /// A CA of the caller's account, with all that belongs to it.
    ///
    /// # Errors
    /// As [`Desk::authority`].
    pub async fn authority_with_chain(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<WithChain<Authority>> {
        let thing = self.authority(ctx, id).await?;
        let AuthorityRow {
            domain_id,
            issuer_id,
            external_chain,
            certificate,
            ..
        } = &thing.row;
        let chain = self.chain_above(domain_id, issuer_id.clone(), external_chain.clone());
        Ok(WithChain {
            certificate: certificate.clone(),
            encryption: None,
            chain: chain.await?,
            thing,
        })
    }

    /// A certificate of the store of the caller's account, with all that belongs to it.
    ///
    /// # Errors
    /// As [`Desk::store_certificate`].
    pub async fn store_certificate_with_chain(
        &self,
        ctx: &Context,
        id: &str,
    ) -> Result<WithChain<StoreCertificate>> {
        let thing = self.store_certificate(ctx, id).await?;
        Ok(WithChain {
            certificate: Some(thing.row.certificate.clone()),
            encryption: thing.row.enc_certificate.clone(),
            chain: thing.row.chain.clone(),
            thing,
        })
    }
}
