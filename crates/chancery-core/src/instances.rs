//! Instances of Redis (DCS) and MongoDB (DDS): what they are, their switch for TLS, and the server
//! certificate of each.
//!
//! The desk runs no databases. Its operator does, and takes from here what the server and its
//! clients need for TLS: clients the CA, through the documented calls; the server its certificate
//! and key, through the server bundle. An instance is there as soon as it is asked for, with a
//! certificate of the CA of its service and project.

mod mongodb;
mod national;
mod redis;
mod rules;
mod server_bundle;
mod ssl;

use std::collections::{HashMap, HashSet};

use chancery_pki::{Certificate, SubjectAltName};
use chancery_store::{
    InstanceRow, JobRow, Listing, Page, ProjectRow, StoreError, Transaction, label,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use mongodb::{
    Backup, Configuration, Datastore, Flavor, Group, MongodbDocument, MongodbFilter,
    MongodbInstance, MongodbSpec, NewMongodb, Node,
};
pub use national::Category;
pub use redis::{
    BackupPlan, BackupPolicy, NewRedis, RedisDocument, RedisFilter, RedisInstance, RedisSpec,
};
pub use rules::Tag;
pub use server_bundle::{BundleFile, ServerBundle};
pub use ssl::{CaLink, RedisSsl, SslDownload};

use crate::behalf::Behalf;
use crate::context::Context;
use crate::custody::Place;
use crate::desk::Desk;
use crate::error::{Error, Refusal, Result, Thing};
use crate::ids;
use crate::policy::Target;
use crate::service_authorities::{AuthorityKind, ServerIdentity, ServiceAuthority};

/// How many instances of a service a project may have.
const QUOTA: u32 = 1000;

/// A service that has instances.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Database {
    /// DCS.
    Redis,
    /// DDS.
    Mongodb,
}

impl Database {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Redis, Self::Mongodb];

    /// The service's name, as rows and answers have it: `dcs` or `dds`.
    pub fn service(self) -> &'static str {
        match self {
            Self::Redis => "dcs",
            Self::Mongodb => "dds",
        }
    }

    fn of_service(service: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|database| database.service() == service)
    }

    /// The CA behind its instances.
    fn authority(self) -> AuthorityKind {
        match self {
            Self::Redis => AuthorityKind::REDIS,
            Self::Mongodb => AuthorityKind::MONGODB,
        }
    }

    fn host_prefix(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Mongodb => "mongodb",
        }
    }
}

/// What jobs do, in words of ours: no public document lists the services' own.
mod job {
    pub(super) const CREATE: &str = "createInstance";
    pub(super) const DELETE: &str = "deleteInstance";
    pub(super) const SWITCH_SSL: &str = "switchSsl";
    /// The state of a job that is done; every job is.
    pub(super) const SUCCESS: &str = "SUCCESS";
}

/// An instance that is about to be.
struct Draft<D> {
    id: String,
    name: String,
    /// Its state, as the service spells it.
    status: &'static str,
    ssl: bool,
    document: D,
    /// The names of its server.
    names: Vec<SubjectAltName>,
}

impl Desk {
    /// Deletes an instance with its key, and returns the id of the job that did it.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`]; [`Thing::Instance`] not found.
    pub async fn delete_instance(
        &self,
        ctx: &Context,
        database: Database,
        project_id: &str,
        id: &str,
    ) -> Result<String> {
        let row = self.instance_row(ctx, database, project_id, id).await?;
        let job = self.finished_job(&row, job::DELETE);
        let mut tx = Transaction::new("instance.delete");
        tx.delete_instance(project_id, id);
        tx.insert_job(&job);
        let detail = serde_json::json!({ "name": row.name, "job_id": job.id });
        tx.audit(ctx.audit_with(job.begin_at, id, detail));
        self.commit_to_instance(id, tx).await?;
        Ok(job.id)
    }

    /// A job of the project.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`]; [`Thing::Job`] not found.
    pub async fn job(&self, ctx: &Context, project_id: &str, id: &str) -> Result<JobRow> {
        self.project(ctx, project_id).await?;
        let row = self.store.job(project_id, id).await?;
        row.ok_or_else(|| Error::not_found(Thing::Job, id))
    }

    /// Keeps of a list what the caller may see; an instance has an id, an enterprise project and tags.
    async fn keep_visible<T>(
        &self,
        ctx: &Context,
        rows: &mut Vec<T>,
        instance: impl for<'r> Fn(&'r T) -> (&'r str, &'r str, &'r [Tag]),
    ) -> Result<()> {
        if !ctx.is_narrowed() {
            return Ok(());
        }
        let (mut filed, mut tagged) = (Vec::new(), HashMap::new());
        for row in rows.iter() {
            let (id, enterprise_project_id, tags) = instance(row);
            filed.push(chancery_store::Filed {
                id: id.to_owned(),
                enterprise_project_id: enterprise_project_id.to_owned(),
            });
            tagged.insert(id.to_owned(), tags.to_vec());
        }
        let visible = self.judge(ctx, KIND, filed, tagged).await?;
        let visible: HashSet<String> = visible.into_iter().collect();
        rows.retain(|row| visible.contains(instance(row).0));
        Ok(())
    }

    /// The row of an instance in a project of the caller's that they may do this with.
    async fn instance_row(
        &self,
        ctx: &Context,
        database: Database,
        project_id: &str,
        id: &str,
    ) -> Result<InstanceRow> {
        self.project(ctx, project_id).await?;
        let row = self
            .store
            .instance(project_id, database.service(), id)
            .await?;
        let row = row.ok_or_else(|| Error::not_found(Thing::Instance, id))?;
        require(ctx, &row)?;
        Ok(row)
    }

    /// The host name of an instance's server.
    fn instance_host(&self, database: Database, region: &str, id: &str) -> String {
        let (prefix, service) = (database.host_prefix(), database.service());
        let domain = &self.settings.internal_domain;
        let id = id.get(..8).unwrap_or(id);
        format!("{prefix}-{id}.{service}.{region}.{domain}")
    }

    /// Issues the certificate of a new instance.
    async fn new_instance<D: Serialize>(
        &self,
        ctx: &Context,
        project: &ProjectRow,
        authority: &ServiceAuthority,
        database: Database,
        draft: Draft<D>,
    ) -> Result<InstanceRow> {
        let now = self.now_ms();
        let identity = self
            .instance_identity(ctx.behalf(), authority, database, &draft.id, &draft.names)
            .await?;
        let place = key_place(&draft.id);
        Ok(InstanceRow {
            domain_id: project.domain_id.clone(),
            project_id: project.id.clone(),
            service: database.service().to_owned(),
            name: draft.name,
            status: draft.status.to_owned(),
            ssl: draft.ssl,
            created_at: now,
            updated_at: now,
            document: serde_json::to_string(&draft.document).map_err(Error::internal)?,
            authority_id: authority.id.clone(),
            certificate: identity.certificate.der().to_vec(),
            sealed_key: self.custody.seal_key(place, &identity.key),
            id: draft.id,
        })
    }

    /// A certificate and a fresh key for the server of an instance.
    async fn instance_identity(
        &self,
        on: &Behalf,
        authority: &ServiceAuthority,
        database: Database,
        id: &str,
        names: &[SubjectAltName],
    ) -> Result<ServerIdentity> {
        let common_name = common_name(database, id);
        self.server_identity(on, authority, &common_name, names)
            .await
    }

    /// Stores new instances, all or none, each with a job and an audit row. Returns the jobs' ids.
    async fn store_instances(&self, ctx: &Context, rows: &[InstanceRow]) -> Result<Vec<String>> {
        let mut tx = Transaction::new("instance.create");
        let mut jobs = Vec::new();
        for row in rows {
            let job = self.finished_job(row, job::CREATE);
            tx.insert_instance_within(row, i64::from(QUOTA));
            tx.insert_job(&job);
            let certificate = certificate_of(row)?;
            let detail = serde_json::json!({
                "name": row.name, "ssl": row.ssl, "serial_number": certificate.serial_hex(),
            });
            tx.audit(ctx.audit_with(row.created_at, &row.id, detail));
            jobs.push(job.id);
        }
        match self.store.commit(tx).await {
            Ok(()) => Ok(jobs),
            Err(StoreError::Conflict(label::QUOTA)) => Err(Error::refused(
                Refusal::Quota,
                format!("a project can have at most {QUOTA} instances of a service"),
            )),
            Err(error) => Err(error.into()),
        }
    }

    /// Commits a change to an instance; it may have been deleted meanwhile.
    async fn commit_to_instance(&self, id: &str, tx: Transaction) -> Result<()> {
        match self.store.commit(tx).await {
            Ok(()) => Ok(()),
            Err(StoreError::Conflict(label::INSTANCE)) => {
                Err(Error::not_found(Thing::Instance, id))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A job that is done: the desk has nothing to wait for.
    fn finished_job(&self, row: &InstanceRow, job_type: &str) -> JobRow {
        let now = self.now_ms();
        let database = Database::of_service(&row.service);
        JobRow {
            id: match database {
                // The forms in which the services' documents show them.
                Some(Database::Mongodb) => ids::uuid(self.random.as_ref()),
                _ => ids::hex32(self.random.as_ref()),
            },
            project_id: row.project_id.clone(),
            instance_id: row.id.clone(),
            job_type: job_type.to_owned(),
            status: job::SUCCESS.to_owned(),
            begin_at: now,
            end_at: Some(now),
        }
    }
}

/// The type of an instance in a policy's resource.
const KIND: &str = "instance";

/// An instance, as policies see it; with an empty id one that is to be made.
fn target<'a>(id: &'a str, enterprise_project_id: &'a str, tags: &'a [Tag]) -> Target<'a> {
    Target {
        kind: KIND,
        id,
        enterprise_project_id: Some(enterprise_project_id),
        tags,
    }
}

/// What policies look at, in the document of any service's instance.
#[derive(Deserialize)]
struct Filed {
    spec: FiledSpec,
}

#[derive(Deserialize)]
struct FiledSpec {
    enterprise_project_id: String,
    tags: Vec<Tag>,
}

/// Lets the call go on with this instance.
fn require(ctx: &Context, row: &InstanceRow) -> Result<()> {
    let Filed { spec } = document_of(row)?;
    ctx.require(&target(&row.id, &spec.enterprise_project_id, &spec.tags))
}

/// The common name of an instance's certificates: short enough, whatever the domain; clients look
/// at the other names.
fn common_name(database: Database, id: &str) -> String {
    format!("{}-{id}", database.host_prefix())
}

/// Where the key of an instance is sealed for.
fn key_place(id: &str) -> Place<'_> {
    Place {
        table: "instances",
        row: id,
        column: "sealed_key",
    }
}

fn certificate_of(row: &InstanceRow) -> Result<Certificate> {
    Certificate::from_der(&row.certificate).map_err(Error::internal)
}

fn document_of<D: DeserializeOwned>(row: &InstanceRow) -> Result<D> {
    serde_json::from_str(&row.document)
        .map_err(|error| Error::internal(format!("instance {}: {error}", row.id)))
}

/// All of a project's instances of a service: what is asked of the store when a list is narrowed
/// by what only the documents hold. The quota keeps it short.
fn everything<S: Copy>(page: &Page<S>) -> Page<S> {
    Page {
        limit: QUOTA,
        offset: 0,
        ..*page
    }
}

/// The page of a list that was narrowed after it was read.
fn cut<T, S>(rows: Vec<T>, page: &Page<S>) -> Listing<T> {
    let total = rows.len() as u64;
    let (offset, limit) = (page.offset as usize, page.limit as usize);
    Listing {
        rows: rows.into_iter().skip(offset).take(limit).collect(),
        total,
    }
}
