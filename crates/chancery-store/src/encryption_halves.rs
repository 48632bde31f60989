//! The second halves of private certificates that are SM2 pairs.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError};

table! {
    /// The encryption certificate of a private certificate. It goes when that is deleted.
    pub struct EncryptionHalfRow in "encryption_halves" {
        /// The private certificate.
        pub certificate_id: String,
        /// DER.
        pub certificate: Vec<u8>,
        /// PKCS#8, sealed.
        pub sealed_key: Vec<u8>,
        /// The key for the holder of the signing key, DER of GM/T 0009.
        pub enveloped_key: Vec<u8>,
        /// The same, signed by the issuer, DER of GM/T 0010.
        pub signed_and_enveloped: Vec<u8>,
    }
}

impl Store {
    /// The second half of a private certificate; none unless it is an SM2 pair.
    pub async fn encryption_half(
        &self,
        certificate_id: &str,
    ) -> Result<Option<EncryptionHalfRow>, StoreError> {
        self.first("WHERE certificate_id = $1", params![certificate_id])
            .await
    }
}

impl Transaction {
    /// Adds the second half of a private certificate, whose row comes first.
    pub fn insert_encryption_half(&mut self, row: &EncryptionHalfRow) -> &mut Self {
        self.insert(row)
    }
}
