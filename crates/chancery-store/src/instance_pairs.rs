use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};
table! {
    /// x
    pub struct InstancePairRow in "instance_pairs" {
        /// x
        pub instance_id: String,
        /// x
        pub authority_id: String,
        /// x
        pub certificate: Vec<u8>,
        /// x
        pub sealed_key: Vec<u8>,
        /// x
        pub enc_certificate: Vec<u8>,
        /// x
        pub sealed_enc_key: Vec<u8>,
        /// x
        pub created_at: i64,
    }
}
impl Store {
    /// x
    pub async fn instance_pair(&self, id: &str) -> Result<Option<InstancePairRow>, StoreError> {
        self.first("WHERE instance_id = $1", params![id]).await
    }
}
impl Transaction {
    /// x
    pub fn insert_instance_pair(&mut self, row: &InstancePairRow) -> &mut Self {
        self.insert(row)
    }
    /// x
    pub fn replace_instance_pair(&mut self, row: &InstancePairRow) -> &mut Self {
        let sql = "UPDATE instance_pairs SET authority_id = $2, certificate = $3, sealed_key = $4, enc_certificate = $5, sealed_enc_key = $6, created_at = $7 WHERE instance_id = $1";
        self.one(
            label::INSTANCE,
            sql,
            params![
                &row.instance_id,
                &row.authority_id,
                row.certificate.clone(),
                row.sealed_key.clone(),
                row.enc_certificate.clone(),
                row.sealed_enc_key.clone(),
                row.created_at
            ],
        )
    }
}
