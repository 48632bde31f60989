//! Import: a certificate, its chain and its key enter the store.

use chancery_store::{StoreCertificateRow, StoreError, Transaction, label};
use zeroize::Zeroizing;

use super::check::{Checked, Pems};
use super::{State, audited, enc_key_place, key_place, target};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::limits::scm as limits;

/// How many ids are tried; that many imports would have to come in one second.
const TRIES: i64 = 1000;

/// A certificate that is brought.
pub struct NewStoreCertificate {
    /// What its owner calls it: 3 to 63 letters, digits, `_`, `-` and `.`; need not be unique.
    pub name: String,
    /// PEM: the certificate, alone or followed by its chain.
    pub certificate: String,
    /// PEM: its chain, in any order, with or without the root.
    pub certificate_chain: Option<String>,
    /// PEM: its private key, not encrypted. PKCS#8, PKCS#1 or SEC 1.
    pub private_key: Zeroizing<String>,
    /// PEM: the encryption certificate, alone, when `certificate` is the signing one of an SM2
    /// pair.
    pub enc_certificate: Option<String>,
    /// PEM: the key of the encryption certificate, as `private_key`.
    pub enc_private_key: Option<Zeroizing<String>>,
    /// Refuses what the account has already: the same certificate with the same encryption
    /// certificate, or with none as before.
    pub duplicate_check: bool,
    /// The enterprise project it is filed under.
    pub enterprise_project_id: String,
}

impl Desk {
    /// Stores a certificate with its chain and its sealed key, and returns its id.
    ///
    /// # Errors
    /// [`crate::Kind::Invalid`] for the name, a text that is too long, or a pair that is none;
    /// [`Refusal`]s for what cannot be read, does not belong together, is expired, weak, or for no
    /// server;
    /// [`Refusal::Duplicate`].
    pub async fn import_store_certificate(
        &self,
        ctx: &Context,
        new: NewStoreCertificate,
    ) -> Result<String> {
        ctx.require(&target("", &new.enterprise_project_id))?;
        self.require_enterprise_project(ctx, &new.enterprise_project_id)
            .await?;
        let now = self.now_ms();
        limits::NAME.check("name", &new.name)?;
        let pems = Pems {
            certificate: new.certificate,
            certificate_chain: new.certificate_chain,
            private_key: new.private_key,
            enc_certificate: new.enc_certificate,
            enc_private_key: new.enc_private_key,
        };
        pems.check_lengths()?;
        // Reading an RSA key and verifying a chain take a millisecond and more.
        let checked = self
            .workers
            .short
            .run(ctx.behalf(), move || pems.check(now));
        let checked = checked.await??;
        let Checked {
            leaf,
            chain,
            key,
            names,
            encryption,
            notes,
        } = checked;
        notes.iter().for_each(|note| ctx.note(note));

        let validity = leaf.validity();
        let mut row = StoreCertificateRow {
            id: String::new(),
            domain_id: ctx.domain_id().to_owned(),
            name: new.name,
            status: State::Upload.name().to_owned(),
            domain: names.main,
            sans: names.others,
            signature_algorithm: leaf.signature_algorithm_jca(),
            not_before: validity.not_before_ms,
            not_after: validity.not_after_ms,
            created_at: now,
            updated_at: now,
            fingerprint: leaf.fingerprint_sha1_hex(),
            certificate: leaf.der().to_vec(),
            chain: chain.iter().map(|issuer| issuer.der().to_vec()).collect(),
            sealed_key: Vec::new(),
            enc_certificate: encryption.as_ref().map(|e| e.certificate.der().to_vec()),
            sealed_enc_key: None,
            enterprise_project_id: new.enterprise_project_id,
        };
        // An id is the millisecond of the import; when it is taken, the next one is.
        for time in now..now + TRIES {
            row.id = format!("scs{time:013}");
            row.sealed_key = self.custody.seal_key(key_place(&row.id), &key);
            row.sealed_enc_key = encryption
                .as_ref()
                .map(|e| self.custody.seal_key(enc_key_place(&row.id), &e.key));
            match self
                .insert_store_certificate(ctx, &row, new.duplicate_check)
                .await
            {
                Ok(()) => return Ok(row.id),
                Err(StoreError::Duplicate(label::STORE_CERTIFICATES_ID)) => {}
                Err(StoreError::Conflict(label::FINGERPRINT)) => {
                    let text = "certificate is in the store already, and duplicate_check is true";
                    return Err(Error::refused(Refusal::Duplicate, text));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::internal("no certificate id is free"))
    }

    async fn insert_store_certificate(
        &self,
        ctx: &Context,
        row: &StoreCertificateRow,
        only_new: bool,
    ) -> std::result::Result<(), StoreError> {
        let mut tx = Transaction::new("store_certificate.import");
        match only_new {
            true => tx.insert_new_store_certificate(row),
            false => tx.insert_store_certificate(row),
        };
        let mut detail = audited(row);
        detail["domain"] = row.domain.as_str().into();
        tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
        self.store.commit(tx).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a.b", "www.example.com_2026-01", &"x".repeat(63)] {
            assert!(limits::NAME.allows(good), "{good}");
        }
        for bad in ["", "ab", "a b", "*.a", "名名名", &"x".repeat(64)] {
            assert!(!limits::NAME.allows(bad), "{bad}");
        }
    }
}
