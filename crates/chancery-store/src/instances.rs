//! Database instances and their server certificates.

use crate::list::{Filter, Listing, Page, Sort};
use crate::table::table;
use crate::transaction::Transaction;
use crate::value::params;
use crate::{Store, StoreError, label};

table! {
    /// An instance of a database service.
    pub struct InstanceRow in "instances" {
        /// Unique.
        pub id: String,
        /// The account.
        pub domain_id: String,
        /// The project.
        pub project_id: String,
        /// `dcs` or `dds`.
        pub service: String,
        /// The user's name for it.
        pub name: String,
        /// Its state, as the service spells it.
        pub status: String,
        /// Whether TLS is switched on.
        pub ssl: bool,
        /// Milliseconds since 1970 UTC.
        pub created_at: i64,
        /// Milliseconds since 1970 UTC.
        pub updated_at: i64,
        /// What was asked for, as JSON.
        pub document: String,
        /// The service authority that issued its certificate.
        pub authority_id: String,
        /// Its server certificate, DER.
        pub certificate: Vec<u8>,
        /// Its private key, PKCS#8, sealed.
        pub sealed_key: Vec<u8>,
    }
}

/// Which instances of a service in a project; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct InstanceFilter {
    /// The id.
    pub id: Option<String>,
    /// Part of the name, ASCII letters in either case.
    pub name: Option<String>,
    /// The whole name.
    pub exact_name: Option<String>,
    /// The state.
    pub status: Option<String>,
}

/// What instances can be sorted by.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[allow(missing_docs)] // the columns
pub enum InstanceSort {
    #[default]
    CreatedAt,
    Name,
}

impl Sort for InstanceSort {
    fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "name",
        }
    }
}

impl InstanceFilter {
    fn of(&self, project_id: &str, service: &str) -> Filter {
        Filter::default()
            .equal("project_id", Some(project_id))
            .equal("service", Some(service))
            .equal("id", self.id.as_ref())
            .contains(&["name"], self.name.as_ref())
            .equal("name", self.exact_name.as_ref())
            .equal("status", self.status.as_ref())
    }
}

impl Store {
    /// The instance of a service in a project with this id.
    pub async fn instance(
        &self,
        project_id: &str,
        service: &str,
        id: &str,
    ) -> Result<Option<InstanceRow>, StoreError> {
        let tail = "WHERE project_id = $1 AND service = $2 AND id = $3";
        self.first(tail, params![project_id, service, id]).await
    }

    /// The instance of any service in any project of the account with this id.
    pub async fn instance_of_domain(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Option<InstanceRow>, StoreError> {
        self.first("WHERE domain_id = $1 AND id = $2", params![domain_id, id])
            .await
    }

    /// A page of the instances of a service in a project of the account.
    pub async fn instances(
        &self,
        domain_id: &str,
        project_id: &str,
        service: &str,
        filter: &InstanceFilter,
        page: &Page<InstanceSort>,
    ) -> Result<Listing<InstanceRow>, StoreError> {
        self.list(domain_id, filter.of(project_id, service), page)
            .await
    }

    /// How many instances of a service a project of the account has.
    pub async fn count_instances(
        &self,
        domain_id: &str,
        project_id: &str,
        service: &str,
        filter: &InstanceFilter,
    ) -> Result<u64, StoreError> {
        self.count::<InstanceRow>(domain_id, filter.of(project_id, service))
            .await
    }
}

impl Transaction {
    /// Adds an instance.
    pub fn insert_instance(&mut self, row: &InstanceRow) -> &mut Self {
        self.insert(row)
    }

    /// Adds an instance if its project has less than `limit` of its service. Conflicts with
    /// [`label::QUOTA`], or with [`label::DOMAIN`] when there is no such account.
    pub fn insert_instance_within(&mut self, row: &InstanceRow, limit: i64) -> &mut Self {
        let condition =
            "(SELECT count(*) FROM instances WHERE project_id = {1} AND service = {2}) < {3}";
        let more = params![&row.project_id, &row.service, limit];
        self.insert_if(row, &row.domain_id, (label::QUOTA, condition), more)
    }

    /// Switches the TLS of an instance. Conflicts with [`label::INSTANCE`] when there is no such
    /// instance; switching it to what it is does nothing more.
    pub fn set_instance_ssl(
        &mut self,
        project_id: &str,
        id: &str,
        ssl: bool,
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE instances SET ssl = $3, updated_at = $4 \
                   WHERE project_id = $1 AND id = $2";
        self.one(
            label::INSTANCE,
            sql,
            params![project_id, id, ssl, updated_at],
        )
    }

    /// Moves an instance from one state to another. Conflicts with [`label::INSTANCE`].
    pub fn set_instance_status(
        &mut self,
        project_id: &str,
        id: &str,
        (from, to): (&str, &str),
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE instances SET status = $4, updated_at = $5 \
                   WHERE project_id = $1 AND id = $2 AND status = $3";
        self.one(
            label::INSTANCE,
            sql,
            params![project_id, id, from, to, updated_at],
        )
    }

    /// Gives an instance another name. Conflicts with [`label::INSTANCE`].
    pub fn rename_instance(
        &mut self,
        project_id: &str,
        id: &str,
        name: &str,
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE instances SET name = $3, updated_at = $4 \
                   WHERE project_id = $1 AND id = $2";
        self.one(
            label::INSTANCE,
            sql,
            params![project_id, id, name, updated_at],
        )
    }

    /// Gives an instance another server certificate and key. Conflicts with [`label::INSTANCE`].
    pub fn set_instance_certificate(
        &mut self,
        project_id: &str,
        id: &str,
        certificate: &[u8],
        sealed_key: &[u8],
        updated_at: i64,
    ) -> &mut Self {
        let sql = "UPDATE instances SET certificate = $3, sealed_key = $4, updated_at = $5 \
                   WHERE project_id = $1 AND id = $2";
        self.one(
            label::INSTANCE,
            sql,
            params![project_id, id, certificate, sealed_key, updated_at],
        )
    }

    /// Deletes an instance with its key. Conflicts with [`label::INSTANCE`].
    pub fn delete_instance(&mut self, project_id: &str, id: &str) -> &mut Self {
        let sql = "DELETE FROM instances WHERE project_id = $1 AND id = $2";
        self.one(label::INSTANCE, sql, params![project_id, id])
    }
}
