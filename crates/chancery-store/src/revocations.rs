//! What an authority has revoked, certificates and authorities alike.

use std::collections::HashMap;

use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError};

/// Lists of what was revoked are the desk's own work, whoever revoked.
const DESK: &str = "";
/// How many serial numbers one statement looks for.
const MANY: usize = 100;

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
        let rows = self.scan(DESK, sql, &values).await?;
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

    /// What is known about the certificates with these serial numbers (hex) that the authority
    /// `issuer_id` issued, to certificates or authorities, by serial number; those that it did not
    /// issue are missing. One that was deleted is known until
    /// [`Transaction::forget_past_certificates`].
    pub async fn issued_statuses(
        &self,
        issuer_id: &str,
        serial_numbers: &[String],
    ) -> Result<HashMap<String, IssuedStatus>, StoreError> {
        let mut found = HashMap::new();
        for part in serial_numbers.chunks(MANY) {
            // Only two statements, whatever the number is: each of them stays prepared.
            let places = if part.len() == 1 { 1 } else { MANY };
            let mut values = vec![Value::from(issuer_id)];
            let repeated = part.iter().chain(std::iter::repeat(&part[0]));
            values.extend(repeated.take(places).map(Value::from));
            for mut row in self.rows(&statuses_sql(places), &values).await? {
                let status = IssuedStatus {
                    revoked_at: row.take()?,
                    reason: row.take()?,
                };
                found.entry(row.take()?).or_insert(status);
            }
        }
        Ok(found)
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

/// Asks for so many serial numbers at once; the first place is the issuer's.
fn statuses_sql(places: usize) -> String {
    let places: Vec<String> = (2..places + 2).map(|place| format!("${place}")).collect();
    let places = places.join(", ");
    let select = |column: &str, table: &str| {
        format!(
            "SELECT revoked_at, revocation_reason, {column} FROM {table} \
             WHERE issuer_id = $1 AND {column} IN ({places})"
        )
    };
    [
        select("serial_number", "private_certificates"),
        select("enc_serial_number", "private_certificates"),
        select("serial_number", "authorities"),
        select("serial_number", "past_certificates"),
    ]
    .join(" UNION ALL ")
}
