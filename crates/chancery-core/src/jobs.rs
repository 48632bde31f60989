//! What is due without anyone calling. The server asks now and then; the clock is the desk's.

use chancery_store::{AuditEntry, AuthorityRow, StoreError, Transaction};

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::issuance::DAY_MS;
use crate::ocsp::RENEWAL_MS;
use crate::steady::{Doubt, Moment};

/// How many of each kind are done at a time.
const AT_A_TIME: u32 = 1_000;
/// The setting with the time that the clock was last believed, in milliseconds since 1970 UTC.
const BELIEVED: &str = "clock.believed";
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
    /// Certificates of earlier versions that can be searched now.
    pub words: usize,
    /// What failed; the next round tries again.
    pub failures: Vec<Error>,
    /// How many rounds in a row have had failures, with this one.
    pub failed_rounds: u32,
}

impl Desk {
    /// Does what is due at `now` (milliseconds since 1970 UTC): makes revocation lists before they
    /// run out, ends CAs whose deletion is due, renews OCSP responders, signs anew the answers that
    /// are asked for, removes this node's copies of lists that are no CA's any more, forgets deleted
    /// certificates that have ended. What fails keeps nothing else from being done. Nothing is
    /// destroyed as long as the clock is in doubt.
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
        if self.may_destroy(now) {
            self.destroy_due(now, &mut round).await;
        }
        if let Err(error) = self.store_believed_time().await {
            round.failures.push(error);
        }
        if let Err(error) = self.note_high_water() {
            round.failures.push(error);
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
        match self.write_certificate_words().await {
            Ok(written) => round.words = written,
            Err(error) => round.failures.push(error),
        }
        // Also those of the CAs that were just ended.
        match self.left_copies().await {
            Ok(left) => {
                for (bucket, name) in &left {
                    let done = self.remove_copy(bucket, name).await;
                    round.count(done, |round| &mut round.copies);
                }
            }
            Err(error) => round.failures.push(error),
        }
        round.failed_rounds = self.count_round(!round.failures.is_empty());
        round
    }

    /// Whether the clock can be trusted with what cannot be undone ([`crate::steady`]).
    fn may_destroy(&self, now: i64) -> bool {
        let at = Moment {
            now,
            elapsed: self.clock.elapsed_ms(),
        };
        match self.steady.doubt(at) {
            None => true,
            Some(Doubt::Started) => false,
            Some(Doubt::Ahead(by)) => {
                tracing::warn!(
                    minutes = by / 60_000,
                    "the clock is ahead of the time that has passed: nothing is destroyed until it \
                     is set right, or has stayed there for a day"
                );
                false
            }
        }
    }

    /// Compares the clock with the time that was last believed, or with the newest thing there is, of a
    /// desk that has stored none.
    pub(crate) async fn compare_clock(&self) -> Result<()> {
        let before = match self.store.setting(BELIEVED).await? {
            Some(text) => std::str::from_utf8(&text)
                .ok()
                .and_then(|text| text.parse().ok()),
            None => self.store.newest_audit_time().await?,
        };
        self.steady.compare(before);
        Ok(())
    }

    async fn store_believed_time(&self) -> Result<()> {
        let Some(believed) = self.steady.to_store() else {
            return Ok(());
        };
        let mut tx = Transaction::new("clock.believe");
        tx.put_setting(BELIEVED, believed.to_string().as_bytes());
        Ok(self.store.commit(tx).await?)
    }

    /// Ends the CAs whose deletion is due and forgets the certificates whose time is over.
    async fn destroy_due(&self, now: i64, round: &mut Round) {
        match self.store.authorities_to_delete(now, AT_A_TIME).await {
            Ok(due) => {
                for row in &due {
                    let done = self.end_authority(row, now).await;
                    round.count(done, |round| &mut round.ended);
                }
            }
            Err(error) => round.failures.push(error.into()),
        }
        if let Err(error) = self.forget_past_certificates(now - KEPT_MS).await {
            round.failures.push(error);
        }
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
