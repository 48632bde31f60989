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
                   AND enc_serial_number IS NOT NULL ORDER BY serial_number";
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
}
