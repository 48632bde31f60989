//! Export: the certificate, its chain and its key, in the form a server loads.
//!
//! The audit row of an export is committed before the key is opened; when it cannot be written,
//! nothing is given out.

use std::sync::Arc;

use chancery_bundle::{
    Archive, Bundle, BundleError, Encryption, EncryptionKey, Password, ServerType, Settings,
    envelope_text,
};
use chancery_crypto::PrivateKey;
use chancery_crypto::random::Random;
use chancery_fair::Entry;
use chancery_pki::pem::{self, LineEnding};
use chancery_store::{EncryptionHalfRow, PrivateCertificateRow, Transaction};
use zeroize::Zeroizing;

use super::issue::enc_key_place;
use super::key_place;
use crate::behalf::Party;
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};

/// What is asked for.
#[derive(Debug)]
pub struct ExportRequest {
    /// The kind of server.
    pub server: ServerType,
    /// One archive, or the parts as text.
    pub form: ExportAs,
    /// Gives out the encryption key of an SM2 pair in the envelopes of GM/T 0009 and GM/T 0010,
    /// and not as it is; without meaning for other certificates.
    pub sm_standard: bool,
    /// Encrypts the private keys.
    pub password: Option<Password>,
}

impl ExportRequest {
    /// Whether it is written in no time: plain PEM takes microseconds, while to stretch a password
    /// takes milliseconds, and every key store has one.
    fn is_light(&self) -> bool {
        self.form == ExportAs::Text && self.password.is_none()
    }
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
    Archive(Archive),
    /// Texts.
    Text(ExportedText),
}

/// An export as PEM texts, with CRLF between lines.
pub struct ExportedText {
    /// The certificate; of an SM2 pair the signing one.
    pub certificate: String,
    /// Its issuers up to and with the root.
    pub certificate_chain: String,
    /// Its private key; none for a certificate from a CSR.
    pub private_key: Option<Zeroizing<String>>,
    /// The second half of an SM2 pair.
    pub encryption: Option<EncryptionText>,
}

/// The second half of an SM2 pair.
pub struct EncryptionText {
    /// The encryption certificate.
    pub certificate: String,
    /// Its private key.
    pub key: EncryptionKeyText,
}

/// The private key of an encryption certificate.
pub enum EncryptionKeyText {
    /// As PEM.
    Plain(Zeroizing<String>),
    /// In two envelopes, each Base64 of DER.
    Enveloped {
        /// GM/T 0009.
        enveloped_key: String,
        /// GM/T 0010.
        signed_and_enveloped: String,
    },
}

impl Desk {
    /// Exports a private certificate.
    ///
    /// # Errors
    /// [`Refusal::State`] unless it is issued; [`Refusal::Undefined`] for a keystore type that is
    /// asked for as text although there is a key, and for any type but OTHER of an SM2 pair; not
    /// found.
    pub async fn export_private_certificate(
        &self,
        ctx: &Context,
        id: &str,
        request: ExportRequest,
    ) -> Result<Export> {
        let row = self.private_certificate_row(ctx, id).await?;
        self.require_issued(&row, "be exported")?;
        check_defined(&row, &request)?;
        let issuer_id = Some(row.issuer_id.clone());
        let chain = self.chain_above(&row.domain_id, issuer_id, None).await?;
        let half = self.half_of(&row).await?;

        // Before the audit says that anything was given out.
        let entry = match request.is_light() {
            true => None,
            false => Some(self.workers.short.enter(ctx.behalf())?),
        };
        let mut tx = Transaction::new("private_certificate.export");
        let enveloped = half.is_some() && request.sm_standard;
        let detail = serde_json::json!({
            "type": request.server.lower_name(),
            "is_compressed": request.form == ExportAs::Archive,
            "private_key": row.sealed_key.is_some(),
            "enc_private_key": half.is_some() && !enveloped,
            "enc_envelopes": enveloped,
            "encrypted": request.password.is_some(),
        });
        tx.audit(ctx.audit_with(self.now_ms(), id, detail));
        self.store.commit(tx).await?;

        let material = self.open_material(row, chain, half, request.sm_standard)?;
        self.write(ctx, material, request, entry).await
    }

    /// The second half of a pair.
    async fn half_of(&self, row: &PrivateCertificateRow) -> Result<Option<EncryptionHalfRow>> {
        if row.enc_serial_number.is_none() {
            return Ok(None);
        }
        match self.store.encryption_half(&row.id).await? {
            Some(half) => Ok(Some(half)),
            // Deleted since the row was read.
            None => Err(Error::not_found(Thing::Certificate, &row.id)),
        }
    }

    /// Opens the keys of a certificate that is given out.
    fn open_material(
        &self,
        row: PrivateCertificateRow,
        chain: Vec<Vec<u8>>,
        half: Option<EncryptionHalfRow>,
        sm_standard: bool,
    ) -> Result<Material> {
        let open = |place, sealed: &[u8]| self.custody.open_key(place, sealed);
        let key = row.sealed_key.as_deref();
        let encryption = half.map(|half| {
            let key = match sm_standard {
                true => EncryptionKeyMaterial::Enveloped {
                    enveloped_key: half.enveloped_key,
                    signed_and_enveloped: half.signed_and_enveloped,
                },
                false => {
                    EncryptionKeyMaterial::Plain(open(enc_key_place(&row.id), &half.sealed_key)?)
                }
            };
            Ok::<_, Error>((half.certificate, key))
        });
        Ok(Material {
            key: key
                .map(|sealed| open(key_place(&row.id), sealed))
                .transpose()?,
            encryption: encryption.transpose()?,
            name: row.common_name,
            leaf: row.certificate,
            chain,
        })
    }

    /// Writes the files, off the serving threads unless that is light.
    async fn write(
        &self,
        ctx: &Context,
        material: Material,
        request: ExportRequest,
        entry: Option<Entry<Party>>,
    ) -> Result<Export> {
        let settings = Settings {
            iterations: self.settings.export_iterations,
        };
        let random = Arc::clone(&self.random);
        let write = move || match request.form {
            ExportAs::Archive => material
                .archive(&request, &settings, random.as_ref())
                .map(Export::Archive),
            ExportAs::Text => material
                .text(&request, &settings, random.as_ref())
                .map(Export::Text),
        };
        let written = match entry {
            None => write(),
            Some(entry) => {
                let turn = self.workers.short.turn(ctx.behalf(), entry).await?;
                turn.work(write).await?.1
            }
        };
        written.map_err(Error::internal)
    }
}

/// Refuses what the API leaves undefined.
fn check_defined(row: &PrivateCertificateRow, request: &ExportRequest) -> Result<()> {
    if row.enc_serial_number.is_some() && request.server != ServerType::Other {
        return Err(Error::refused(
            Refusal::Undefined,
            "type must be OTHER for an SM2 certificate: it is a pair, for which no other type has \
             a form (a Java key store cannot hold SM2 keys)",
        ));
    }
    let is_keystore = matches!(request.server, ServerType::Iis | ServerType::Tomcat);
    if request.form == ExportAs::Text && is_keystore && row.sealed_key.is_some() {
        return Err(Error::refused(
            Refusal::Undefined,
            "type IIS and TOMCAT are keystores: they need is_compressed to be true",
        ));
    }
    Ok(())
}

/// What is given out, opened.
struct Material {
    name: String,
    leaf: Vec<u8>,
    chain: Vec<Vec<u8>>,
    key: Option<Arc<PrivateKey>>,
    /// The encryption certificate of an SM2 pair, and its key.
    encryption: Option<(Vec<u8>, EncryptionKeyMaterial)>,
}

enum EncryptionKeyMaterial {
    Plain(Arc<PrivateKey>),
    Enveloped {
        enveloped_key: Vec<u8>,
        signed_and_enveloped: Vec<u8>,
    },
}

impl Material {
    fn archive(
        &self,
        request: &ExportRequest,
        settings: &Settings,
        random: &dyn Random,
    ) -> std::result::Result<Archive, BundleError> {
        let encryption = self
            .encryption
            .as_ref()
            .map(|(certificate, key)| Encryption {
                certificate,
                key: match key {
                    EncryptionKeyMaterial::Plain(key) => EncryptionKey::Plain(key),
                    EncryptionKeyMaterial::Enveloped {
                        enveloped_key,
                        signed_and_enveloped,
                    } => EncryptionKey::Enveloped {
                        enveloped_key,
                        signed_and_enveloped,
                    },
                },
            });
        let bundle = Bundle {
            name: &self.name,
            leaf: &self.leaf,
            chain: &self.chain,
            key: self.key.as_deref(),
            password: request.password.as_ref().map(Password::as_str),
            encryption,
        };
        chancery_bundle::archive(request.server, &bundle, settings, random)
    }

    /// As the service writes them: keys end with a line end, certificates do not.
    fn text(
        &self,
        request: &ExportRequest,
        settings: &Settings,
        random: &dyn Random,
    ) -> std::result::Result<ExportedText, BundleError> {
        let password = request.password.as_ref().map(Password::as_str);
        let ending = LineEnding::CrLf;
        let key_text = |key: &PrivateKey| {
            chancery_bundle::key::private_key_pem(key, password, ending, settings, random)
        };
        let certificate_text = |der: &[u8]| {
            let text = pem::encode("CERTIFICATE", der, ending);
            text.trim_end().to_owned()
        };
        let encryption = self.encryption.as_ref().map(|(certificate, key)| {
            Ok::<_, BundleError>(EncryptionText {
                certificate: certificate_text(certificate),
                key: match key {
                    EncryptionKeyMaterial::Plain(key) => EncryptionKeyText::Plain(key_text(key)?),
                    EncryptionKeyMaterial::Enveloped {
                        enveloped_key,
                        signed_and_enveloped,
                    } => EncryptionKeyText::Enveloped {
                        enveloped_key: envelope_text(enveloped_key),
                        signed_and_enveloped: envelope_text(signed_and_enveloped),
                    },
                },
            })
        });
        Ok(ExportedText {
            certificate: certificate_text(&self.leaf),
            certificate_chain: pem::encode_chain(&self.chain, ending).trim_end().to_owned(),
            private_key: self.key.as_deref().map(key_text).transpose()?,
            encryption: encryption.transpose()?,
        })
    }
}
