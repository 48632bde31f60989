//! Export: the certificate, its chain and its key, in the form a server loads.
//!
//! The audit row of an export is committed before the key is opened; when it cannot be written,
//! nothing is given out.

use std::sync::Arc;

use chancery_bundle::{Bundle, Password, ServerType};
use chancery_crypto::PrivateKey;
use chancery_pki::pem::{self, LineEnding};
use chancery_store::Transaction;
use zeroize::Zeroizing;

use super::key_place;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};

/// What is asked for.
#[derive(Debug)]
pub struct ExportRequest {
    /// The kind of server.
    pub server: ServerType,
    /// One archive, or the parts as text.
    pub form: ExportAs,
    /// Encrypts the private key.
    pub password: Option<Password>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExportAs {
    /// A ZIP archive with the files the server loads.
    Archive,
    /// PEM texts.
    Text,
}

/// What an export gives out.
pub enum Export {
    /// A ZIP archive.
    Archive(chancery_bundle::Archive),
    /// PEM texts, with CRLF between lines.
    Text {
        /// The certificate.
        certificate: String,
        /// Its issuers up to and with the root.
        certificate_chain: String,
        /// Its private key; none for a certificate from a CSR.
        private_key: Option<Zeroizing<String>>,
    },
}

impl Desk {
    /// Exports a private certificate.
    ///
    /// # Errors
    /// [`Refusal::State`] unless it is issued; [`Refusal::Undefined`] for a keystore type that is
    /// asked for as text although there is a key; not found.
    pub async fn export_private_certificate(
        &self,
        ctx: &Context,
        id: &str,
        request: ExportRequest,
    ) -> Result<Export> {
        let row = self.private_certificate_row(ctx, id).await?;
        self.require_issued(&row, "be exported")?;
        let is_keystore = matches!(request.server, ServerType::Iis | ServerType::Tomcat);
        if request.form == ExportAs::Text && is_keystore && row.sealed_key.is_some() {
            return Err(Error::refused(
                Refusal::Undefined,
                "type IIS and TOMCAT are keystores: they need is_compressed to be true",
            ));
        }
        let issuer_id = Some(row.issuer_id.clone());
        let chain = self.chain_above(&row.domain_id, issuer_id, None).await?;

        let mut tx = Transaction::new("private_certificate.export");
        let detail = serde_json::json!({
            "type": request.server.lower_name(),
            "is_compressed": request.form == ExportAs::Archive,
            "private_key": row.sealed_key.is_some(),
            "encrypted": request.password.is_some(),
        });
        tx.audit(ctx.audit_with(self.now_ms(), id, detail));
        self.store.commit(tx).await?;

        let key = match row.sealed_key.as_deref() {
            Some(sealed) => Some(self.custody.open_key(key_place(id), sealed)?),
            None => None,
        };
        self.bundle(row.common_name, row.certificate, chain, key, request)
            .await
    }

    /// Writes the files. Stretching a password takes milliseconds (every key store has one), so that
    /// runs off the serving threads; plain PEM takes microseconds.
    async fn bundle(
        &self,
        name: String,
        leaf: Vec<u8>,
        chain: Vec<Vec<u8>>,
        key: Option<Arc<PrivateKey>>,
        request: ExportRequest,
    ) -> Result<Export> {
        let settings = chancery_bundle::Settings {
            iterations: self.settings.export_iterations,
        };
        let random = Arc::clone(&self.random);
        let plain = request.form == ExportAs::Text && request.password.is_none();
        let write = move || -> std::result::Result<Export, chancery_bundle::BundleError> {
            let password = request.password.as_ref().map(Password::as_str);
            if request.form == ExportAs::Archive {
                let bundle = Bundle {
                    name: &name,
                    leaf: &leaf,
                    chain: &chain,
                    key: key.as_deref(),
                    password,
                };
                return chancery_bundle::archive(
                    request.server,
                    &bundle,
                    &settings,
                    random.as_ref(),
                )
                .map(Export::Archive);
            }
            let ending = LineEnding::CrLf;
            let private_key = key.as_deref().map(|key| {
                chancery_bundle::key::private_key_pem(
                    key,
                    password,
                    ending,
                    &settings,
                    random.as_ref(),
                )
            });
            // As the service writes them: the key ends with a line end, the certificates do not.
            Ok(Export::Text {
                certificate: pem::encode("CERTIFICATE", &leaf, ending)
                    .trim_end()
                    .to_owned(),
                certificate_chain: pem::encode_chain(&chain, ending).trim_end().to_owned(),
                private_key: private_key.transpose()?,
            })
        };
        let written = if plain {
            write()
        } else {
            self.custody.heavy(write).await?
        };
        written.map_err(Error::internal)
    }
}
