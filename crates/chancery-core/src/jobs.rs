//! What is due without anyone calling. The server asks now and then; the clock is the desk's.

use chancery_store::{AuditEntry, AuthorityRow, StoreError, Transaction};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::ocsp::RENEWAL_MS;

/// How many of each kind are done at a time.
const AT_A_TIME: u32 = 1_000;

/// What a round of jobs has done.
#[derive(Debug, Default)]
pub struct Round {
    /// Revocation lists that were made or copied.
    pub crls: usize,
    /// CAs whose deletion was due.
    pub ended: usize,
    /// OCSP responders that were renewed.
    pub responders: usize,
    /// OCSP answers that were signed anew before anyone asks.
    pub answers: usize,
    /// What failed; the next round tries again.
    pub failures: Vec<Error>,
}

impl Desk {
    /// Does what is due at `now` (milliseconds since 1970 UTC): ends CAs whose deletion is due,
    /// makes revocation lists before they run out, renews OCSP responders and signs anew the
    /// answers that are asked for. What fails keeps
    /// nothing else from being done.
    pub async fn run_due(&self, now: i64) -> Round {
        let mut round = Round::default();
        match self.store.authorities_to_delete(now, AT_A_TIME).await {
            Ok(due) => {
                for row in &due {
                    let done = self.end_authority(row, now).await;
                    round.count(done, |round| &mut round.ended);
                }
            }
            Err(error) => round.failures.push(error.into()),
        }
        match self.store.crls_due(now, AT_A_TIME).await {
            Ok(due) => {
                for crl in &due {
                    let done = self.publish_crl(&crl.authority_id).await;
                    round.count(done, |round| &mut round.crls);
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
        round
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
