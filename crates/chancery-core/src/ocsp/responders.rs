//! The keys that answer in the name of a CA.

use chancery_crypto::KeyAlgorithm;
use chancery_pki::ocsp::responder_template;
use chancery_pki::{DistinguishedName, Profile, SerialNumber, Validity};
use chancery_store::{AuthorityRow, OcspResponderRow, StoreError, Transaction};

use super::answers;
use crate::authorities::{certificate_of, within};
use crate::behalf::Behalf;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::Result;
use crate::issuance::{DAY_MS, SigningAuthority};

/// How long the certificate of a responder is valid, and how long before its end it is renewed.
const RESPONDER_MS: i64 = 30 * DAY_MS;
pub(crate) const RENEWAL_MS: i64 = 10 * DAY_MS;
/// How far the certificate of a responder reaches back, for clients whose clocks are behind.
const BACKDATED_MS: i64 = 60 * 60 * 1000;

impl Desk {
    /// Gives a CA a new responder in place of one that ends; false when there is none to be made,
    /// or another call has made it.
    ///
    /// # Errors
    /// When the CA cannot issue it.
    pub(crate) async fn renew_responder(&self, old: &OcspResponderRow) -> Result<bool> {
        // Who waits here finds what the one before has made, and makes no key in vain.
        let _turn = self.ocsp_turn.lock().await;
        let current = self.store.ocsp_responder(&old.authority_id).await?;
        if current.is_none_or(|current| current.not_after != old.not_after) {
            return Ok(false);
        }
        let row = self.store.public_authority(&old.authority_id).await?;
        let Some(row) = row.filter(|row| answers(row, self.now_ms())) else {
            return Ok(false);
        };
        if self.store.is_below_revoked(&row.id).await? {
            return Ok(false);
        }
        let new = self.new_responder(&Behalf::desk(), &row).await?;
        let mut tx = Transaction::new("ocsp.renew");
        tx.require_authority_status(&row.domain_id, &row.id, &row.status)
            .replace_ocsp_responder(&new, old.not_after);
        let detail = serde_json::json!({ "not_after": new.not_after });
        tx.audit(self.own_audit(&row.domain_id, "ocsp.renew", &row.id, &detail));
        let made = match self.store.commit(tx).await {
            Ok(()) => true,
            // Another node has made one, or none is needed any more.
            Err(StoreError::Conflict(_)) => false,
            Err(error) => return Err(error.into()),
        };
        self.forget_ocsp();
        Ok(made)
    }

    /// A new key for answering, with a certificate of the CA.
    pub(crate) async fn new_responder(
        &self,
        on: &Behalf,
        row: &AuthorityRow,
    ) -> Result<OcspResponderRow> {
        let now = self.now_ms();
        let ca_key = self.authority_key(row)?;
        let (ca_algorithm, hash) = (ca_key.algorithm(), ca_key.algorithm().default_hash());
        let ca = certificate_of(row)?;
        let above = self.imported_above(row).await?;
        let signing = SigningAuthority::new(&ca, ca_key)?.below(&above)?;
        // Below the name of its CA, where the name constraints above may want it.
        let subject = DistinguishedName {
            common_name: Some("OCSP responder".to_owned()),
            ..ca.subject()
        };
        let subject = subject.into();
        // Before the key, which takes time to make.
        signing.check_allowed(&subject, &[], &[], false)?;
        let key = self.generate(on, responder_algorithm(ca_algorithm)).await?;
        let outer = within(&ca, &above);
        let validity = Validity {
            not_before_ms: outer.not_before_ms.max(now - BACKDATED_MS),
            not_after_ms: outer.not_after_ms.min(now + RESPONDER_MS),
        };
        let template = responder_template(
            subject,
            key.public_key_der(),
            validity,
            SerialNumber::random(self.random.as_ref()),
        );
        let certificate = self
            .issue(on, Profile::OcspResponder, &template, &signing, hash)
            .await?;
        Ok(OcspResponderRow {
            authority_id: row.id.clone(),
            not_after: certificate.validity().not_after_ms,
            sealed_key: self.custody.seal_key(responder_place(&row.id), &key),
            certificate: certificate.der().to_vec(),
        })
    }
}

/// Keys of the CA's family, which its clients know, and no longer than a month's answers need.
fn responder_algorithm(ca: KeyAlgorithm) -> KeyAlgorithm {
    match ca {
        KeyAlgorithm::Rsa4096 => KeyAlgorithm::Rsa2048,
        other => other,
    }
}

/// Where the key of a responder is sealed for.
pub(super) fn responder_place(authority_id: &str) -> Place<'_> {
    Place {
        table: "ocsp_responders",
        row: authority_id,
        column: "sealed_key",
    }
}
