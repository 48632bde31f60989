//! SM2 pairs of database instances.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// The SM2 pair that an instance has beside its international certificate. It goes when the
    /// instance is deleted.
    pub struct InstancePairRow in "instance_pairs" {
        /// The instance.
        pub instance_id: String,
        /// The service authority that issued the pair.
        pub authority_id: String,
        /// The signing certificate, DER.
        pub certificate: Vec<u8>,
        /// Its private key, PKCS#8, sealed.
        pub sealed_key: Vec<u8>,
        /// The encryption certificate, DER.
        pub enc_certificate: Vec<u8>,
        /// Its private key, PKCS#8, sealed.
        pub sealed_enc_key: Vec<u8>,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The SM2 pair of an instance.
    pub async fn instance_pair(
        &self,
        instance_id: &str,
    ) -> Result<Option<InstancePairRow>, StoreError> {
        self.first("WHERE instance_id = $1", params![instance_id])
            .await
    }
}

impl Transaction {
    /// Adds the SM2 pair of an instance; a duplicate ([`label::INSTANCE_PAIR`]) when it has one.
    pub fn insert_instance_pair(&mut self, row: &InstancePairRow) -> &mut Self {
        self.insert(row)
    }

    /// Puts an SM2 pair in the place of the one that was made at `created_at`. Conflicts with
    /// [`label::INSTANCE_PAIR`] when another has taken that place, or the instance is gone.
    pub fn replace_instance_pair(&mut self, row: &InstancePairRow, created_at: i64) -> &mut Self {
        let sql = "UPDATE instance_pairs SET authority_id = $3, certificate = $4, sealed_key = $5, \
                   enc_certificate = $6, sealed_enc_key = $7, created_at = $8 \
                   WHERE instance_id = $1 AND created_at = $2";
        let values = params![
            &row.instance_id,
            created_at,
            &row.authority_id,
            row.certificate.as_slice(),
            row.sealed_key.as_slice(),
            row.enc_certificate.as_slice(),
            row.sealed_enc_key.as_slice(),
            row.created_at,
        ];
        self.one(label::INSTANCE_PAIR, sql, values)
    }
}
