//! What an authority has revoked, certificates and authorities alike.

use std::collections::HashMap;

use crate::value::Value;
use crate::{Store, StoreError};

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

    /// What is known about the certificates with these serial numbers (hex) that the authority
    /// `issuer_id` issued, to certificates or authorities, by serial number; those that it did not
    /// issue are missing.
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
        select("serial_number", "past_revocations"),
    ]
    .join(" UNION ALL ")
}
