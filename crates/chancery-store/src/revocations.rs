//! What an authority has revoked, certificates and authorities alike.

use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError};

/// One entry of a revocation list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revocation {
    /// In hex.
    pub serial_number: String,
    /// Milliseconds since 1970 UTC.
    pub revoked_at: i64,
    /// Why, as the API spells it.
    pub reason: Option<String>,
}

/// Whether something that was issued is revoked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedStatus {
    /// Since when, in milliseconds since 1970 UTC.
    pub revoked_at: Option<i64>,
    /// Why, as the API spells it.
    pub reason: Option<String>,
}

impl Store {
    /// What the authority `issuer_id` has revoked, by serial number; both halves of an SM2 pair.
    /// What was revoked and has ended before `over` (milliseconds since 1970 UTC) is left out.
    pub async fn revocations(
        &self,
        issuer_id: &str,
        over: i64,
    ) -> Result<Vec<Revocation>, StoreError> {
        let sql = "SELECT serial_number, revoked_at, revocation_reason FROM authorities \
                   WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   AND (not_after IS NULL OR not_after >= $2 OR revoked_at >= $2) \
                   UNION ALL \
                   SELECT serial_number, revoked_at, revocation_reason FROM private_certificates \
                   WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   AND (not_after >= $2 OR revoked_at >= $2) \
                   UNION ALL \
                   SELECT enc_serial_number, revoked_at, revocation_reason \
                   FROM private_certificates WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   AND enc_serial_number IS NOT NULL AND (not_after >= $2 OR revoked_at >= $2) \
                   UNION ALL \
                   SELECT serial_number, revoked_at, revocation_reason FROM past_certificates \
                   WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   AND (not_after IS NULL OR not_after >= $2 OR revoked_at >= $2) \
                   ORDER BY serial_number";
        let values = [Value::from(issuer_id), Value::from(over)];
        let rows = self.rows(sql, &values).await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(Revocation {
                    serial_number: row.take()?,
                    revoked_at: row.take()?,
                    reason: row.take()?,
                })
            })
            .collect()
    }

    /// What is known about the certificate with this serial number (hex) that the authority
    /// `issuer_id` issued, to a certificate or an authority; none when it issued none. One that was
    /// deleted is known until [`Transaction::forget_past_certificates`].
    pub async fn issued_status(
        &self,
        issuer_id: &str,
        serial_number: &str,
    ) -> Result<Option<IssuedStatus>, StoreError> {
        let sql = "SELECT revoked_at, revocation_reason FROM private_certificates \
                   WHERE issuer_id = $1 AND serial_number = $2 \
                   UNION ALL \
                   SELECT revoked_at, revocation_reason FROM private_certificates \
                   WHERE issuer_id = $1 AND enc_serial_number = $2 \
                   UNION ALL \
                   SELECT revoked_at, revocation_reason FROM authorities \
                   WHERE issuer_id = $1 AND serial_number = $2 \
                   UNION ALL \
                   SELECT revoked_at, revocation_reason FROM past_certificates \
                   WHERE issuer_id = $1 AND serial_number = $2";
        let values = [Value::from(issuer_id), Value::from(serial_number)];
        let row = self.rows(sql, &values).await?.into_iter().next();
        row.map(|mut row| {
            Ok(IssuedStatus {
                revoked_at: row.take()?,
                reason: row.take()?,
            })
        })
        .transpose()
    }

    /// How many deleted certificates there are that were not revoked and ended before a time
    /// (milliseconds since 1970 UTC).
    pub async fn past_certificates_to_forget(&self, ended_before: i64) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM past_certificates \
                   WHERE revoked_at IS NULL AND not_after < $1";
        let number = self.number(sql, &[Value::from(ended_before)]).await?;
        Ok(number.unsigned_abs())
    }
}

impl Transaction {
    /// Forgets deleted certificates that were not revoked and ended before a time (milliseconds
    /// since 1970 UTC). What was revoked is kept: signatures from before are looked at for long.
    pub fn forget_past_certificates(&mut self, ended_before: i64) -> &mut Self {
        let sql = "DELETE FROM past_certificates WHERE revoked_at IS NULL AND not_after < $1";
        self.execute(sql, params![ended_before])
    }
}
