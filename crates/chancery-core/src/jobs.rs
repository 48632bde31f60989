//! What is due without anyone calling. The server asks now and then; the clock is the desk's.

use chancery_store::{AuditEntry, AuthorityRow, StoreError, Transaction};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::issuance::DAY_MS;
use crate::ocsp::RENEWAL_MS;

/// How many of each kind are done at a time.
const AT_A_TIME: u32 = 1_000;
/// How long the status of a deleted certificate is told after its end.
const KEPT_MS: i64 = 30 * DAY_MS;

/// What a round of jobs has done.
#[derive(Debug, Default)]
pub struct Round {
    /// Revocation lists that were made or copied.
    pub crls: usize,
    /// CAs whose deletion was due.
    pub ended: usize,
    /// OCSP responders that were renewed.
    pub responders: usize,
    /// Copies of revocation lists that were removed.
    pub copies: usize,
    /// OCSP answers that were signed anew before anyone asks.
    pub answers: usize,
    /// What failed; the next round tries again.
    pub failures: Vec<Error>,
}

impl Desk {
    /// Does what is due at `now` (milliseconds since 1970 UTC): makes revocation lists before they
    /// run out, ends CAs whose deletion is due, renews OCSP responders, signs anew the answers that
    /// are asked for, removes copies of lists from where no CA has one any more, forgets deleted
    /// certificates that have ended. What fails keeps nothing else from being done.
    pub async fn run_due(&self, now: i64) -> Round {
        let mut round = Round::default();
        // The last list of a CA tells its last revocations: it is made before the CA ends.
        match self.store.crls_due(now, AT_A_TIME).await {
            Ok(due) => {
                for crl in &due {
                    let done = self.publish_crl(&crl.authority_id).await;
                    round.count(done, |round| &mut round.crls);
                }
            }
            Err(error) => round.failures.push(error.into()),
        }
        match self.store.authorities_to_delete(now, AT_A_TIME).await {
            Ok(due) => {
                for row in &due {
                    let done = self.end_authority(row, now).await;
                    round.count(done, |round| &mut round.ended);
                }
            }
            Err(error) => round.failures.push(error.into()),
        }
        let end = now + RENEWAL_MS;
        match self.store.ocsp_responders_due(end, AT_A_TIME).await {
            Ok(due) => {
                for responder in &due {
                    match self.renew_responder(responder).await {
                        Ok(made) => round.responders += usize::from(made),
                        Err(error) => round.failures.push(error),
                    }
                }
            }
            Err(error) => round.failures.push(error.into()),
        }
        let (answers, failures) = self.refresh_ocsp_answers(now).await;
        round.answers = answers;
        round.failures.extend(failures);
        // Also those of the CAs that were just ended.
        match self.store.crl_copies_to_remove(AT_A_TIME).await {
            Ok(due) => {
                for copy in &due {
                    let done = self.remove_copy(&copy.bucket, &copy.name).await;
                    round.count(done, |round| &mut round.copies);
                }
            }
            Err(error) => round.failures.push(error.into()),
        }
        if let Err(error) = self.forget_past_certificates(now - KEPT_MS).await {
            round.failures.push(error);
        }
        round
    }

    /// Forgets deleted certificates that ended before a time.
    async fn forget_past_certificates(&self, ended_before: i64) -> Result<()> {
        let store = &self.store;
        if store.past_certificates_to_forget(ended_before).await? == 0 {
            return Ok(()); // nothing to write
        }
        let mut tx = Transaction::new("past_certificates.forget");
        tx.forget_past_certificates(ended_before);
        Ok(store.commit(tx).await?)
    }

    /// The record of something that the desk has done of itself.
    pub(crate) fn own_audit(
        &self,
        domain_id: &str,
        action: &str,
        resource: &str,
        detail: &serde_json::Value,
    ) -> AuditEntry {
        AuditEntry {
            at: self.now_ms(),
            request_id: self.new_request_id(),
            domain_id: domain_id.to_owned(),
            actor: "desk".to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            outcome: "success".to_owned(),
            detail: detail.to_string(),
        }
    }

    /// Destroys the key of a CA whose deletion is due.
    async fn end_authority(&self, row: &AuthorityRow, now: i64) -> Result<()> {
        let mut tx = Transaction::new("authority.end");
        tx.end_authority(&row.domain_id, &row.id, now);
        let detail = serde_json::json!({});
        tx.audit(self.own_audit(&row.domain_id, "authority.end", &row.id, &detail));
        match self.store.commit(tx).await {
            // After a conflict another node has done it.
            Ok(()) | Err(StoreError::Conflict(_)) => {
                self.forget_ocsp();
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Round {
    fn count(&mut self, done: Result<()>, which: impl Fn(&mut Self) -> &mut usize) {
        match done {
            Ok(()) => *which(self) += 1,
            Err(error) => self.failures.push(error),
        }
    }
}
