//! Export: the certificate, its chain and its key as PEM.
//!
//! The audit row of an export is committed before the key is opened; when it cannot be written,
//! nothing is given out.

use chancery_bundle::key::private_key_pem;
use chancery_pki::pem::{self, LineEnding};
use chancery_store::Transaction;
use zeroize::Zeroizing;

use super::key_place;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// What an export gives out: PEM with LF between lines and no line end at the end.
pub struct StoreExport {
    /// The certificate, followed by its chain.
    pub entire_certificate: String,
    /// The certificate.
    pub certificate: String,
    /// Its chain, from its issuer up; empty when it was brought without one.
    pub certificate_chain: String,
    /// Its private key: PKCS#1 for RSA, PKCS#8 for others.
    pub private_key: Zeroizing<String>,
}

impl Desk {
    /// Exports a stored certificate, in any state: it is its owner's.
    ///
    /// # Errors
    /// [`crate::Thing::StoreCertificate`] not found.
    pub async fn export_store_certificate(&self, ctx: &Context, id: &str) -> Result<StoreExport> {
        let row = self.store_certificate_row(ctx, id).await?;
        let mut tx = Transaction::new("store_certificate.export");
        let detail = serde_json::json!({ "fingerprint": row.fingerprint, "private_key": true });
        tx.audit(ctx.audit_with(self.now_ms(), id, detail));
        self.store.commit(tx).await?;

        let key = self.custody.open_key(key_place(id), &row.sealed_key)?;
        let ending = LineEnding::Lf;
        let certificate = pem::encode(pem::CERTIFICATE, &row.certificate, ending);
        let chain = pem::encode_chain(&row.chain, ending);
        let settings = chancery_bundle::Settings {
            iterations: self.settings.export_iterations,
        };
        let key = private_key_pem(&key, None, ending, &settings, self.random.as_ref())
            .map_err(Error::internal)?;
        Ok(StoreExport {
            entire_certificate: format!("{certificate}{chain}").trim_end().to_owned(),
            certificate: certificate.trim_end().to_owned(),
            certificate_chain: chain.trim_end().to_owned(),
            private_key: Zeroizing::new(key.trim_end().to_owned()),
        })
    }
}
