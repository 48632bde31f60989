//! What an authority has revoked, certificates and authorities alike.

use crate::value::Value;
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
    pub async fn revocations(&self, issuer_id: &str) -> Result<Vec<Revocation>, StoreError> {
        let sql = "SELECT serial_number, revoked_at, revocation_reason FROM authorities \
                   WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   UNION ALL \
                   SELECT serial_number, revoked_at, revocation_reason FROM private_certificates \
                   WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   UNION ALL \
                   SELECT enc_serial_number, revoked_at, revocation_reason \
                   FROM private_certificates WHERE issuer_id = $1 AND revoked_at IS NOT NULL \
                   AND enc_serial_number IS NOT NULL \
                   UNION ALL \
                   SELECT serial_number, revoked_at, revocation_reason FROM past_revocations \
                   WHERE issuer_id = $1 ORDER BY serial_number";
        let rows = self.rows(sql, &[Value::from(issuer_id)]).await?;
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
    /// `issuer_id` issued, to a certificate or an authority; none when it issued none.
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
                   SELECT revoked_at, revocation_reason FROM past_revocations \
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
}
