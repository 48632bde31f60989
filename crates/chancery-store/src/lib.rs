//! Persistence behind one trait: SQLite and PostgreSQL.
//!
//! Transactions are data. A caller fills a [`Transaction`] with typed statements (one file per
//! resource) and audit entries, and hands it to [`Store::commit`]; the engine's single writer
//! takes what is waiting, runs each transaction in a savepoint of its own, commits them together
//! and only then answers. Every statement carries the row count it expects, so a compare-and-set
//! that finds another state takes its whole transaction back, audit rows included, and nothing
//! else.
//!
//! Reads are plain functions of [`Store`], in the same files. They take the account or project
//! that asks, and answer `None` for a row of another.
//!
//! There is one SQL text for both engines. What differs is kept in `engine/` (placeholders,
//! errors, grouping) and in `migrate.rs` (column types). To behave the same, text is compared and
//! sorted by its bytes, searches fold ASCII letters only, nulls sort lowest, and text with a NUL
//! character is refused.
#![forbid(unsafe_code)]

mod access_keys;
mod agencies;
mod audit;
mod authorities;
mod buckets;
mod certificate_words;
mod crl_copies;
mod crls;
mod domains;
mod encryption_halves;
mod engine;
mod enterprise_projects;
mod error;
mod grants;
mod groups;
mod instance_pairs;
mod instances;
mod jobs;
pub mod label;
mod list;
mod migrate;
mod migration_sources;
mod migration_tasks;
mod ocsp_responders;
mod orders;
mod policies;
mod private_certificates;
mod projects;
mod revocations;
mod service_authorities;
mod settings;
mod store;
mod store_certificates;
mod stored;
mod table;
mod tags;
mod tokens;
mod transaction;
mod users;
mod value;
mod words;

pub use access_keys::AccessKeyRow;
pub use agencies::AgencyRow;
pub use audit::{AuditEntry, AuditFilter, AuditHead, AuditRow, ChainBreak};
pub use authorities::{AuthorityActivation, AuthorityFilter, AuthorityRow, AuthoritySort};
pub use buckets::BucketRow;
pub use certificate_words::{After, WordField, WordFilter};
pub use crls::{CrlHead, CrlList, CrlRow, NewCrl};
pub use domains::DomainRow;
pub use encryption_halves::EncryptionHalfRow;
pub use engine::{Engine, Patience, backup_sqlite};
pub use enterprise_projects::EnterpriseProjectRow;
pub use error::StoreError;
pub use grants::{GrantRow, GrantedRole};
pub use groups::GroupRow;
pub use instance_pairs::InstancePairRow;
pub use instances::{InstanceFilter, InstanceRow, InstanceSort};
pub use jobs::JobRow;
pub use list::{Direction, Listing, Page};
pub use migration_sources::{MigrationSourceFilter, MigrationSourceRow};
pub use migration_tasks::{MigrationTaskFilter, MigrationTaskRow};
pub use ocsp_responders::OcspResponderRow;
pub use orders::{OrderFilter, OrderRow};
pub use policies::{PolicyRow, Reached};
pub use private_certificates::{
    PrivateCertificateFilter, PrivateCertificateRow, PrivateCertificateSort,
};
pub use projects::ProjectRow;
pub use revocations::{IssuedStatus, Revocation};
pub use service_authorities::ServiceAuthorityRow;
pub use store::Store;
pub use store_certificates::{StoreCertificateFilter, StoreCertificateRow, StoreCertificateSort};
pub use stored::noting_commits;
pub use tags::{Filed, ResourceTagRow, TagFilter, Tagged};
pub use tokens::TokenRow;
pub use transaction::Transaction;
pub use users::UserRow;
pub use value::{Row, Value};
pub use words::in_words;
