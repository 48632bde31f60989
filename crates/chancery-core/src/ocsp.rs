//! OCSP: the responder that tells whether a certificate is revoked.
//!
//! Each CA that answers has a key of its own for it, whose certificate it issued: the CA's key is
//! not used for what anyone can ask for.

use std::sync::Arc;

use chancery_crypto::{KeyAlgorithm, PrivateKey};
use chancery_pki::ocsp::{
    CaHashes, CertId, CertStatus, OcspError, OcspRequest, OcspTemplate, Responder, ResponderId,
    SingleResponse, responder_template,
};
use chancery_pki::{Certificate, DistinguishedName, Profile, SerialNumber, Validity};
use chancery_store::{AuthorityRow, OcspResponderRow, StoreError, Transaction};

use crate::authorities::state::{State, Step, step};
use crate::context::Context;
use crate::crls::reason;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};
use crate::issuance::{DAY_MS, SigningAuthority};

/// How long an answer says that it is good for.
const ANSWER_MS: i64 = 60 * 60 * 1000;
/// How long the certificate of a responder is valid, and how long before its end it is renewed.
const RESPONDER_MS: i64 = 30 * DAY_MS;
pub(crate) const RENEWAL_MS: i64 = 10 * DAY_MS;
/// How far the certificate of a responder reaches back, for clients whose clocks are behind.
const BACKDATED_MS: i64 = 60 * 60 * 1000;
/// The key of the one entry in the cache of CAs.
pub(crate) const INDEX: &str = "all";

/// An answer to an OCSP request.
#[derive(Clone)]
pub struct OcspAnswer {
    /// DER of the OCSPResponse.
    pub der: Vec<u8>,
    /// From when until when others may keep it, in milliseconds since 1970 UTC; none for what is
    /// an error or for this client alone.
    pub keep: Option<(i64, i64)>,
}

impl OcspAnswer {
    fn error(error: OcspError) -> Self {
        Self {
            der: error.response_der(),
            keep: None,
        }
    }
}

/// A CA that answers, opened.
pub(crate) struct OcspAuthority {
    id: String,
    hashes: CaHashes,
    serial_number: Option<String>,
    is_root: bool,
    responder: Responder,
    key: Arc<PrivateKey>,
    /// When a CA or responder certificate ends, in milliseconds since 1970 UTC.
    ends_at: i64,
}

impl Desk {
    /// Switches OCSP answers about what a CA issued on or off.
    ///
    /// # Errors
    /// [`Refusal::State`]; [`Refusal::OcspOn`] and [`Refusal::OcspOff`] when it has that state
    /// already; [`Refusal::Issuer`] for a CA whose key is elsewhere.
    pub async fn set_authority_ocsp(&self, ctx: &Context, id: &str, on: bool) -> Result<()> {
        let now = self.now_ms();
        let row = self.authority_row(ctx, id).await?;
        step(State::of(&row, now)?, Step::SetOcsp)?;
        let unchanged = || match on {
            true => Error::refused(Refusal::OcspOn, "OCSP of the private CA is on already"),
            false => Error::refused(Refusal::OcspOff, "OCSP of the private CA is off already"),
        };
        if row.ocsp == on {
            return Err(unchanged());
        }
        if on {
            self.require_unrevoked(id).await?;
        }
        let mut tx = Transaction::new("ocsp.switch");
        tx.set_authority_ocsp(ctx.domain_id(), id, &row.status, on)
            .delete_ocsp_responder(id);
        if on {
            tx.insert_ocsp_responder(&self.new_responder(&row).await?);
        }
        tx.audit(ctx.audit_with(now, id, serde_json::json!({ "ocsp_switch": on })));
        match self.store.commit(tx).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => return Err(unchanged()),
            Err(error) => return Err(error.into()),
        }
        self.forget_ocsp();
        Ok(())
    }

    /// Answers an OCSP request (DER) of anyone, about what one CA issued, or about whichever CA
    /// the request names.
    ///
    /// # Errors
    /// When storage or signing fails; everything else is an answer.
    pub async fn answer_ocsp(
        &self,
        authority_id: Option<&str>,
        request: &[u8],
    ) -> Result<OcspAnswer> {
        let now = self.now_ms();
        let Ok(request) = OcspRequest::from_der(request) else {
            return Ok(OcspAnswer::error(OcspError::MalformedRequest));
        };
        let [first, ..] = request.cert_ids() else {
            return Ok(OcspAnswer::error(OcspError::MalformedRequest));
        };
        let named = match authority_id {
            Some(id) => Some(id.to_owned()),
            None => self.authority_of(first).await?,
        };
        let authority = match named {
            Some(id) => self.ocsp_authority(&id).await?,
            None => None,
        };
        let Some(authority) = authority else {
            return Ok(OcspAnswer::error(OcspError::Unauthorized));
        };
        let mut asked = request.cert_ids().iter();
        if !asked.any(|id| authority.hashes.issued(id)) {
            return Ok(OcspAnswer::error(OcspError::Unauthorized));
        }
        let since = self.ocsp_answers.since();
        // The usual request: one certificate, and an answer that serves whoever asks next.
        let common = (request.cert_ids().len() == 1 && request.nonce().is_none())
            .then(|| (authority.id.clone(), first.clone()));
        if let Some(common) = &common
            && let Some(answer) = self.ocsp_answers.get(common, now)
        {
            return Ok(OcspAnswer::clone(&answer));
        }
        let mut responses = Vec::with_capacity(request.cert_ids().len());
        for cert_id in request.cert_ids() {
            responses.push(SingleResponse {
                cert_id: cert_id.clone(),
                status: self.status_of(&authority, cert_id).await?,
                this_update_ms: now,
                next_update_ms: Some(now + ANSWER_MS),
            });
        }
        let known = responses
            .iter()
            .all(|response| response.status != CertStatus::Unknown);
        let template = OcspTemplate {
            produced_at_ms: now,
            responses,
            nonce: request.nonce().map(<[u8]>::to_vec),
        };
        let answer = OcspAnswer {
            keep: template.nonce.is_none().then_some((now, now + ANSWER_MS)),
            der: self.sign_ocsp(template, &authority).await?,
        };
        // Serial numbers that are made up must not fill the cache.
        if let Some(common) = common.filter(|_| known) {
            self.ocsp_answers
                .put(common, Arc::new(answer.clone()), now, since);
        }
        Ok(answer)
    }

    /// The certificate (DER) of a CA of any account, for everyone who builds a chain; none when
    /// there is no such CA or it has none yet.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn public_certificate(&self, authority_id: &str) -> Result<Option<Vec<u8>>> {
        let row = self.store.public_authority(authority_id).await?;
        Ok(row.and_then(|row| row.certificate))
    }

    /// Where requests about what a CA issued go, and where its certificate is found.
    pub(crate) fn ocsp_addresses(&self, authority_id: &str) -> Option<(String, String)> {
        let base = self.settings.pki_url.as_ref()?;
        Some((
            format!("{base}/ocsp/{authority_id}"),
            format!("{base}/aia/{authority_id}.crt"),
        ))
    }

    /// Forgets what was remembered about CAs that answer.
    pub(crate) fn forget_ocsp(&self) {
        self.ocsp_answers.clear();
        self.ocsp_authorities.clear();
        self.ocsp_index.clear();
    }

    /// Gives a CA a new responder in place of one that ends.
    ///
    /// # Errors
    /// When the CA cannot issue it.
    pub(crate) async fn renew_responder(&self, old: &OcspResponderRow) -> Result<()> {
        let row = self.store.public_authority(&old.authority_id).await?;
        let Some(row) = row.filter(|row| answers(row, self.now_ms())) else {
            return Ok(());
        };
        if self.store.is_below_revoked(&row.id).await? {
            return Ok(());
        }
        let new = self.new_responder(&row).await?;
        let mut tx = Transaction::new("ocsp.renew");
        tx.require_authority_status(&row.domain_id, &row.id, &row.status)
            .replace_ocsp_responder(&new, old.not_after);
        let detail = serde_json::json!({ "not_after": new.not_after });
        tx.audit(self.own_audit(&row.domain_id, "ocsp.renew", &row.id, &detail));
        match self.store.commit(tx).await {
            // After a conflict another node has made one, or none is needed any more.
            Ok(()) | Err(StoreError::Conflict(_)) => {
                self.forget_ocsp();
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The CA that a certificate's name in a request leads to.
    async fn authority_of(&self, cert_id: &CertId) -> Result<Option<String>> {
        let now = self.now_ms();
        let index = match self.ocsp_index.get(INDEX, now) {
            Some(index) => index,
            None => {
                let since = self.ocsp_index.since();
                let mut index = Vec::new();
                for (id, der) in self.store.ocsp_authorities().await? {
                    let certificate = Certificate::from_der(&der).map_err(Error::internal)?;
                    index.push((id, CaHashes::of(&certificate).map_err(Error::internal)?));
                }
                let index = Arc::new(index);
                self.ocsp_index.put(INDEX, Arc::clone(&index), now, since);
                index
            }
        };
        let mut all = index.iter();
        let found = all.find(|(_, hashes)| hashes.issued(cert_id));
        Ok(found.map(|(id, _)| id.clone()))
    }

    async fn ocsp_authority(&self, id: &str) -> Result<Option<Arc<OcspAuthority>>> {
        let now = self.now_ms();
        if let Some(found) = self.ocsp_authorities.get(id, now)
            && found.ends_at > now
        {
            return Ok(Some(found));
        }
        let since = self.ocsp_authorities.since();
        let row = self.store.public_authority(id).await?;
        let Some(row) = row.filter(|row| answers(row, now)) else {
            return Ok(None);
        };
        let Some(mut responder) = self.store.ocsp_responder(id).await? else {
            return Ok(None);
        };
        if responder.not_after <= now {
            // The job was not there to renew it: the server stood still for long.
            self.renew_responder(&responder).await?;
            match self.store.ocsp_responder(id).await? {
                Some(renewed) => responder = renewed,
                None => return Ok(None),
            }
        }
        let ca = certificate_of(&row)?;
        let certificate = Certificate::from_der(&responder.certificate);
        let certificate = certificate.map_err(Error::internal)?;
        let opened = Arc::new(OcspAuthority {
            hashes: CaHashes::of(&ca).map_err(Error::internal)?,
            responder: Responder::delegated(&ca, &certificate, ResponderId::ByKey)
                .map_err(Error::internal)?,
            key: self
                .custody
                .open_key(responder_place(id), &responder.sealed_key)?,
            is_root: row.issuer_id.is_none() && row.external_chain.is_none(),
            serial_number: row.serial_number,
            ends_at: responder.not_after,
            id: row.id,
        });
        self.ocsp_authorities
            .put(id.to_owned(), Arc::clone(&opened), now, since);
        Ok(Some(opened))
    }

    async fn status_of(&self, authority: &OcspAuthority, cert_id: &CertId) -> Result<CertStatus> {
        if !authority.hashes.issued(cert_id) {
            return Ok(CertStatus::Unknown);
        }
        let serial = cert_id.serial().hex();
        let found = self.store.issued_status(&authority.id, &serial).await?;
        Ok(match found {
            Some(status) => match status.revoked_at {
                None => CertStatus::Good,
                Some(at_ms) => CertStatus::Revoked {
                    at_ms,
                    reason: reason(status.reason.as_deref())?,
                },
            },
            // A root issued itself.
            None if authority.is_root && authority.serial_number.as_ref() == Some(&serial) => {
                CertStatus::Good
            }
            None => CertStatus::Unknown,
        })
    }

    async fn sign_ocsp(
        &self,
        template: OcspTemplate,
        authority: &Arc<OcspAuthority>,
    ) -> Result<Vec<u8>> {
        let authority = Arc::clone(authority);
        let is_light = matches!(
            authority.key.algorithm(),
            KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384
        );
        let sign = move || {
            let hash = authority.key.algorithm().default_hash();
            template.sign(&authority.responder, hash, authority.key.as_ref())
        };
        let signed = match is_light {
            true => sign(),
            false => self.custody.heavy(sign).await?,
        };
        signed.map_err(Error::internal)
    }

    /// A new key for answering, with a certificate of the CA.
    async fn new_responder(&self, row: &AuthorityRow) -> Result<OcspResponderRow> {
        let now = self.now_ms();
        let ca_key = self.authority_key(row)?;
        let ca = certificate_of(row)?;
        let key = self
            .custody
            .generate(responder_algorithm(ca_key.algorithm()))
            .await?;
        // Below the name of its CA, where the name constraints above may want it.
        let subject = DistinguishedName {
            common_name: Some("OCSP responder".to_owned()),
            ..ca.subject()
        };
        let outer = ca.validity();
        let validity = Validity {
            not_before_ms: outer.not_before_ms.max(now - BACKDATED_MS),
            not_after_ms: outer.not_after_ms.min(now + RESPONDER_MS),
        };
        let template = responder_template(
            subject.into(),
            key.public_key_der(),
            validity,
            SerialNumber::random(self.random.as_ref()),
        );
        let hash = ca_key.algorithm().default_hash();
        let above = self.imported_above(row).await?;
        let signing = SigningAuthority::new(&ca, ca_key)?.below(&above)?;
        signing.check_names(&template.subject, &[], false)?;
        let certificate = self
            .issue(Profile::OcspResponder, &template, &signing, hash)
            .await?;
        Ok(OcspResponderRow {
            authority_id: row.id.clone(),
            not_after: certificate.validity().not_after_ms,
            sealed_key: self.custody.seal_key(responder_place(&row.id), &key),
            certificate: certificate.der().to_vec(),
        })
    }
}

/// Whether a CA answers now: until it expires or ends.
fn answers(row: &AuthorityRow, now: i64) -> bool {
    let over = row.not_after.is_none_or(|end| end <= now);
    row.ocsp && !over && row.delete_at.is_none_or(|due| due > now)
}

fn certificate_of(row: &AuthorityRow) -> Result<Certificate> {
    let der = row.certificate.as_deref().unwrap_or_default();
    Certificate::from_der(der).map_err(Error::internal)
}

/// Keys of the CA's family, which its clients know, and no longer than a month's answers need.
fn responder_algorithm(ca: KeyAlgorithm) -> KeyAlgorithm {
    match ca {
        KeyAlgorithm::Rsa4096 => KeyAlgorithm::Rsa2048,
        other => other,
    }
}

/// Where the key of a responder is sealed for.
fn responder_place(authority_id: &str) -> Place<'_> {
    Place {
        table: "ocsp_responders",
        row: authority_id,
        column: "sealed_key",
    }
}
