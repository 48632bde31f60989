//! The keys that answer OCSP requests in the name of an authority.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::{Value, params};
use crate::{Store, StoreError, label};

table! {
    /// The responder of an authority.
    pub struct OcspResponderRow in "ocsp_responders" {
        /// The authority.
        pub authority_id: String,
        /// Its certificate, which the authority issued; DER.
        pub certificate: Vec<u8>,
        /// PKCS#8, sealed.
        pub sealed_key: Vec<u8>,
        /// The end of its certificate, in milliseconds since 1970 UTC.
        pub not_after: i64,
    }
}

impl Store {
    /// The responder of an authority, of any account.
    pub async fn ocsp_responder(
        &self,
        authority_id: &str,
    ) -> Result<Option<OcspResponderRow>, StoreError> {
        self.first("WHERE authority_id = $1", params![authority_id])
            .await
    }

    /// Id and certificate (DER) of every authority that answers OCSP requests.
    pub async fn ocsp_authorities(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let sql = "SELECT id, certificate FROM authorities \
                   WHERE ocsp = 1 AND certificate IS NOT NULL ORDER BY id";
        let rows = self.rows(sql, &[]).await?;
        rows.into_iter()
            .map(|mut row| Ok((row.take()?, row.take()?)))
            .collect()
    }

    /// Responders whose certificate ends at `end` (milliseconds since 1970 UTC) or before, and
    /// could be valid for longer, at most `limit`; the last to end come first, so that those that
    /// cannot be renewed are in nobody's way.
    pub async fn ocsp_responders_due(
        &self,
        end: i64,
        limit: u32,
    ) -> Result<Vec<OcspResponderRow>, StoreError> {
        let tail = "WHERE not_after <= $1 AND EXISTS (SELECT 1 FROM authorities \
                    WHERE id = ocsp_responders.authority_id AND ocsp = 1 \
                    AND authorities.not_after > ocsp_responders.not_after) \
                    ORDER BY not_after DESC, authority_id LIMIT $2";
        self.all(tail, params![end, i64::from(limit)]).await
    }
}

impl Transaction {
    /// Switches the answers of an authority on or off. Conflicts with [`label::AUTHORITY`] when it
    /// has that state already or is not in the state `status`.
    pub fn set_authority_ocsp(
        &mut self,
        domain_id: &str,
        id: &str,
        status: &str,
        on: bool,
    ) -> &mut Self {
        let sql = "UPDATE authorities SET ocsp = $4 \
                   WHERE domain_id = $1 AND id = $2 AND status = $3 AND ocsp <> $4";
        self.one(label::AUTHORITY, sql, params![domain_id, id, status, on])
    }

    /// Adds the responder of an authority.
    pub fn insert_ocsp_responder(&mut self, row: &OcspResponderRow) -> &mut Self {
        self.insert(row)
    }

    /// Puts a responder in the place of the one that ends at `not_after` (milliseconds since 1970
    /// UTC). Conflicts with [`label::OCSP_RESPONDER`].
    pub fn replace_ocsp_responder(&mut self, row: &OcspResponderRow, not_after: i64) -> &mut Self {
        let sql = "UPDATE ocsp_responders SET certificate = $3, sealed_key = $4, not_after = $5 \
                   WHERE authority_id = $1 AND not_after = $2";
        let values = params![
            &row.authority_id,
            not_after,
            row.certificate.as_slice(),
            row.sealed_key.as_slice(),
            row.not_after
        ];
        self.one(label::OCSP_RESPONDER, sql, values)
    }

    /// Deletes the responder of an authority with its key, if it has one.
    pub fn delete_ocsp_responder(&mut self, authority_id: &str) -> &mut Self {
        let sql = "DELETE FROM ocsp_responders WHERE authority_id = $1";
        self.execute(sql, vec![Value::from(authority_id)])
    }
}
