//! The CAs behind the services: one per service and project, seen only through their use.

use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError};

table! {
    /// The CA of a service.
    pub struct ServiceAuthorityRow in "service_authorities" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// The project, empty for a service that has none.
        pub project_id: String,
        /// `dcs`, `dds`, `sms`, `listener`.
        pub service: String,
        /// DER.
        pub certificate: Vec<u8>,
        /// PKCS#8, sealed.
        pub sealed_key: Vec<u8>,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
    }
}

impl Store {
    /// The CA of a service in a project; `project_id` is empty for a service without projects.
    pub async fn service_authority(
        &self,
        domain_id: &str,
        project_id: &str,
        service: &str,
    ) -> Result<Option<ServiceAuthorityRow>, StoreError> {
        let tail = "WHERE domain_id = $1 AND project_id = $2 AND service = $3";
        self.first(tail, params![domain_id, project_id, service])
            .await
    }

    /// The CA of the account with this id.
    pub async fn service_authority_by_id(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<ServiceAuthorityRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }
}

impl Transaction {
    /// Adds the CA of a service; a duplicate when the service has one in this project.
    pub fn insert_service_authority(&mut self, row: &ServiceAuthorityRow) -> &mut Self {
        self.insert(row)
    }
}
