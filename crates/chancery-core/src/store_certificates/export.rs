//! Export: the certificate, its chain and its key as PEM; of an SM2 pair both halves.
//!
//! The audit row of an export is committed before a key is opened; when it cannot be written,
//! nothing is given out.

use chancery_bundle::key::private_key_pem;
use chancery_pki::pem::{self, LineEnding};
use chancery_store::{StoreCertificateRow, Transaction};
use zeroize::Zeroizing;

use super::{audited, enc_key_place, key_place};
use crate::context::Context;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// What an export gives out: PEM with LF between lines and no line end at the end.
pub struct StoreExport {
    /// The certificate, followed by its chain.
    pub entire_certificate: String,
    /// The certificate; of an SM2 pair the signing one.
    pub certificate: String,
    /// Its chain, from its issuer up; empty when it was brought without one.
    pub certificate_chain: String,
    /// Its private key: PKCS#1 for RSA, PKCS#8 for others.
    pub private_key: Zeroizing<String>,
    /// The other half of an SM2 pair.
    pub encryption: Option<StoreExportEncryption>,
}

/// The encryption half of an SM2 pair. Its chain is that of the signing certificate.
pub struct StoreExportEncryption {
    /// The encryption certificate.
    pub certificate: String,
    /// Its private key, PKCS#8.
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
        let mut detail = audited(&row);
        detail["private_key"] = true.into();
        tx.audit(ctx.audit_with(self.now_ms(), id, detail));
        self.store.commit(tx).await?;

        let certificate = pem::encode(pem::CERTIFICATE, &row.certificate, LineEnding::Lf);
        let chain = pem::encode_chain(&row.chain, LineEnding::Lf);
        Ok(StoreExport {
            entire_certificate: format!("{certificate}{chain}").trim_end().to_owned(),
            certificate: certificate.trim_end().to_owned(),
            certificate_chain: chain.trim_end().to_owned(),
            private_key: self.stored_key_pem(key_place(id), &row.sealed_key)?,
            encryption: self.export_encryption(&row)?,
        })
    }

    fn export_encryption(
        &self,
        row: &StoreCertificateRow,
    ) -> Result<Option<StoreExportEncryption>> {
        let (certificate, sealed_key) = match (&row.enc_certificate, &row.sealed_enc_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(sealed_key)) => (certificate, sealed_key),
            _ => return Err(Error::internal("a stored pair lacks one of its halves")),
        };
        let certificate = pem::encode(pem::CERTIFICATE, certificate, LineEnding::Lf);
        Ok(Some(StoreExportEncryption {
            certificate: certificate.trim_end().to_owned(),
            private_key: self.stored_key_pem(enc_key_place(&row.id), sealed_key)?,
        }))
    }

    fn stored_key_pem(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<String>> {
        let key = self.custody.open_key(place, sealed)?;
        let settings = chancery_bundle::Settings {
            iterations: self.settings.export_iterations,
        };
        let random = self.random.as_ref();
        let text = private_key_pem(&key, None, LineEnding::Lf, &settings, random)
            .map_err(Error::internal)?;
        Ok(Zeroizing::new(text.trim_end().to_owned()))
    }
}
