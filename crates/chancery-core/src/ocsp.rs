//! OCSP: the responder that tells whether a certificate is revoked.
//!
//! Each CA that answers has a key of its own for it, whose certificate it issued: the CA's key is
//! not used for what anyone can ask for.

mod index;
mod kept;
mod responders;

use std::sync::Arc;

use chancery_crypto::KeyAlgorithm;
use chancery_pki::Certificate;
use chancery_pki::ocsp::{
    CaHashes, CertId, CertStatus, Nonce, OcspError, OcspRequest, OcspTemplate, Responder,
    ResponderId, SingleResponse,
};
use chancery_store::{AuthorityRow, StoreError, Transaction};

use self::kept::Subject;
use self::responders::responder_place;

use crate::authorities::certificate_of;
use crate::authorities::state::{State, Step, step};
use crate::context::Context;
use crate::crls::reason;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result};

pub(crate) use self::index::OcspIndex;
pub(crate) use self::kept::KeptAnswers;
pub(crate) use self::responders::RENEWAL_MS;

/// How long an answer says that it is good for.
const ANSWER_MS: i64 = 60 * 60 * 1000;
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
    /// Opened by custody for each answer: what is opened there is forgotten in time.
    sealed_key: Vec<u8>,
    /// When the responder's certificate ends, in milliseconds since 1970 UTC.
    responder_ends_at: i64,
    /// When the responder's certificate or the CA ends.
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
            tx.insert_ocsp_responder(&self.new_responder(ctx.behalf(), &row).await?);
        }
        tx.audit(ctx.audit_with(now, id, serde_json::json!({ "ocsp_switch": on })));
        match self.store.commit(tx).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => return Err(unchanged()),
            Err(error) => return Err(error.into()),
        }
        self.forget_ocsp();
        self.ocsp_answers.forget(id);
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
        let asked = request.cert_ids();
        if !asked.iter().any(|id| authority.hashes.issued(id)) {
            return Ok(OcspAnswer::error(OcspError::Unauthorized));
        }
        let statuses = self.statuses_of(&authority, asked).await?;
        // The usual request: one certificate, and an answer that serves whoever asks next. Serial
        // numbers that are made up must not take the places of answers.
        let common = match (asked, statuses.as_slice(), request.nonce()) {
            ([id], [status], None) if *status != CertStatus::Unknown => {
                Some(((authority.id.clone(), id.clone()), *status))
            }
            _ => None,
        };
        if let Some((subject, status)) = &common
            && let Some(answer) = self.ocsp_answers.get(subject, *status, now)
        {
            return Ok(answer);
        }
        let asked = asked.iter().cloned().zip(statuses);
        let nonce = request.nonce().cloned();
        let answer = self.sign_ocsp(&authority, asked, nonce, now).await?;
        if let Some((subject, status)) = common {
            self.ocsp_answers.put(subject, status, &answer, now);
        }
        Ok(answer)
    }

    /// Signs anew what was asked for and gets old, of kept answers at `now` (milliseconds since
    /// 1970 UTC); how many, and what failed.
    pub(crate) async fn refresh_ocsp_answers(&self, now: i64) -> (usize, Vec<Error>) {
        let (mut signed, mut failures) = (0, Vec::new());
        let mut failed = None;
        for subject in self.ocsp_answers.due(now) {
            // What fails for one certificate of a CA fails for the next.
            if failed.as_ref() == Some(&subject.0) {
                continue;
            }
            match self.refresh_ocsp_answer(&subject, now).await {
                Ok(done) => signed += usize::from(done),
                Err(error) => {
                    failures.push(error);
                    failed = Some(subject.0);
                }
            }
        }
        (signed, failures)
    }

    async fn refresh_ocsp_answer(&self, subject: &Subject, now: i64) -> Result<bool> {
        let (authority_id, cert_id) = subject;
        let Some(authority) = self.ocsp_authority(authority_id).await? else {
            self.ocsp_answers.remove(subject);
            return Ok(false);
        };
        let asked = std::slice::from_ref(cert_id);
        let [status] = self.statuses_of(&authority, asked).await?[..] else {
            return Ok(false); // not reached: one status for each
        };
        if status == CertStatus::Unknown {
            self.ocsp_answers.remove(subject);
            return Ok(false);
        }
        let asked = [(cert_id.clone(), status)];
        let answer = self.sign_ocsp(&authority, asked, None, now).await?;
        self.ocsp_answers.put(subject.clone(), status, &answer, now);
        Ok(true)
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

    /// Forgets what was remembered about CAs that answer; answers that are kept stay.
    pub(crate) fn forget_ocsp(&self) {
        self.ocsp_authorities.clear();
        self.ocsp_index.clear();
    }

    /// The CA that a certificate's name in a request leads to.
    async fn authority_of(&self, cert_id: &CertId) -> Result<Option<String>> {
        let now = self.now_ms();
        let index = match self.ocsp_index.get(INDEX, now) {
            Some(index) => index,
            None => {
                let since = self.ocsp_index.since();
                let index = Arc::new(OcspIndex::of(self.store.ocsp_authorities().await?));
                self.ocsp_index.put(INDEX, Arc::clone(&index), now, since);
                index
            }
        };
        Ok(index.find(cert_id))
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
                Some(renewed) if renewed.not_after > now => responder = renewed,
                // It cannot be renewed, below a revoked CA; nobody believes one that has ended.
                _ => return Ok(None),
            }
        }
        let ca = certificate_of(&row)?;
        let certificate = Certificate::from_der(&responder.certificate);
        let certificate = certificate.map_err(Error::internal)?;
        let opened = Arc::new(OcspAuthority {
            hashes: CaHashes::of(&ca).map_err(Error::internal)?,
            responder: Responder::delegated(&ca, &certificate, ResponderId::ByKey)
                .map_err(Error::internal)?,
            sealed_key: responder.sealed_key,
            is_root: row.issuer_id.is_none() && row.external_chain.is_none(),
            serial_number: row.serial_number,
            responder_ends_at: responder.not_after,
            ends_at: row
                .delete_at
                .map_or(responder.not_after, |due| due.min(responder.not_after)),
            id: row.id,
        });
        self.ocsp_authorities
            .put(id.to_owned(), Arc::clone(&opened), now, since);
        Ok(Some(opened))
    }

    /// What the store says of each certificate, in this order.
    async fn statuses_of(
        &self,
        authority: &OcspAuthority,
        asked: &[CertId],
    ) -> Result<Vec<CertStatus>> {
        let ours = asked.iter().filter(|id| authority.hashes.issued(id));
        let serials: Vec<String> = ours.map(|id| id.serial().hex()).collect();
        let found = self.store.issued_statuses(&authority.id, &serials).await?;
        let status = |id: &CertId| {
            if !authority.hashes.issued(id) {
                return Ok(CertStatus::Unknown);
            }
            let serial = id.serial().hex();
            Ok(match found.get(&serial) {
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
        };
        asked.iter().map(status).collect()
    }

    /// An answer that is good from `now` (milliseconds since 1970 UTC) on.
    async fn sign_ocsp(
        &self,
        authority: &Arc<OcspAuthority>,
        asked: impl IntoIterator<Item = (CertId, CertStatus)>,
        nonce: Option<Nonce>,
        now: i64,
    ) -> Result<OcspAnswer> {
        // Not longer than its signer is; what is written has no fractions of seconds.
        let until = (now + ANSWER_MS).min(authority.responder_ends_at);
        let until = until - until.rem_euclid(1000);
        let keep = nonce.is_none().then_some((now, until));
        let single = |(cert_id, status)| SingleResponse {
            cert_id,
            status,
            this_update_ms: now,
            next_update_ms: Some(until),
        };
        let template = OcspTemplate {
            produced_at_ms: now,
            responses: asked.into_iter().map(single).collect(),
            nonce,
        };
        let key = self
            .custody
            .open_key(responder_place(&authority.id), &authority.sealed_key)?;
        let is_light = matches!(key.algorithm(), KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384);
        let authority = Arc::clone(authority);
        let sign = move || {
            let hash = key.algorithm().default_hash();
            template.sign(&authority.responder, hash, key.as_ref())
        };
        let der = match is_light {
            true => sign(),
            false => self.custody.answer(sign).await?,
        };
        let der = der.map_err(Error::internal)?;
        Ok(OcspAnswer { der, keep })
    }
}

/// Whether a CA answers now: until it expires or ends.
fn answers(row: &AuthorityRow, now: i64) -> bool {
    let over = row.not_after.is_none_or(|end| end <= now);
    row.ocsp && !over && row.delete_at.is_none_or(|due| due > now)
}
