//! MongoDB instances (DDS).

mod check;
mod layout;

use std::net::Ipv4Addr;

use chancery_pki::SubjectAltName;
use chancery_store::{InstanceFilter, InstanceRow, InstanceSort, Listing, Page};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Database, Draft, Tag, cut, document_of, everything, target};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::Result;
use crate::ids;
use crate::limits::databases as limits;
use crate::projects::region_of;

/// The state of every instance.
const NORMAL: &str = "normal";

/// What is asked for; nothing is checked yet.
#[derive(Default)]
#[allow(missing_docs)] // the fields of the API
pub struct NewMongodb {
    pub name: Option<String>,
    pub datastore_type: Option<String>,
    pub datastore_version: Option<String>,
    pub storage_engine: Option<String>,
    pub region: Option<String>,
    pub availability_zone: Option<String>,
    pub vpc_id: Option<String>,
    pub subnet_id: Option<String>,
    pub security_group_id: Option<String>,
    pub port: Option<i64>,
    pub password: Option<Zeroizing<String>>,
    pub disk_encryption_id: Option<String>,
    pub mode: Option<String>,
    pub configurations: Vec<Configuration>,
    pub flavors: Vec<Flavor>,
    pub backup: Option<Backup>,
    /// `0` or an id.
    pub enterprise_project_id: String,
    /// Whether TLS is on.
    pub ssl: bool,
    pub dss_pool_id: Option<String>,
    pub server_group_policies: Vec<String>,
    pub tags: Vec<Tag>,
    pub charge_mode: Option<String>,
}

/// A parameter template of one kind of node.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Configuration {
    /// The kind of node.
    pub kind: String,
    /// The template.
    pub configuration_id: String,
}

/// How many nodes of a kind there are, and how large.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Flavor {
    /// `mongos`, `shard`, `config`, `replica` or `single`.
    pub kind: String,
    /// How many.
    pub num: i64,
    /// The kind of disk.
    pub storage: Option<String>,
    /// The size of each disk in GB; mongos nodes have none.
    pub size: Option<i64>,
    /// The code of their size.
    pub spec_code: String,
}

/// When backups are made. The desk makes none: it keeps what was asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Backup {
    /// `00:00-01:00`.
    pub start_time: String,
    /// How many days they are kept: 0 to 732.
    pub keep_days: i64,
}

/// The database of an instance.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[allow(missing_docs)] // the fields of the API
pub struct Datastore {
    pub kind: String,
    pub version: String,
    pub storage_engine: String,
}

/// What was asked for, checked and complete. The password is not kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[allow(missing_docs)] // the fields of the API
pub struct MongodbSpec {
    pub datastore: Datastore,
    pub region: String,
    pub availability_zone: String,
    pub vpc_id: String,
    pub subnet_id: String,
    pub security_group_id: String,
    pub port: u16,
    pub disk_encryption_id: Option<String>,
    pub mode: String,
    pub configurations: Vec<Configuration>,
    pub flavors: Vec<Flavor>,
    pub backup: Backup,
    pub enterprise_project_id: String,
    pub dss_pool_id: Option<String>,
    pub server_group_policies: Vec<String>,
    pub tags: Vec<Tag>,
}

/// An instance, as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MongodbDocument {
    /// What was asked for.
    pub spec: MongodbSpec,
    /// The host name of its servers.
    pub domain_name: String,
    /// Its nodes.
    pub groups: Vec<Group>,
}

/// Nodes that belong together: a shard, a replica set, all mongos.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[allow(missing_docs)] // the fields of the API
pub struct Group {
    pub kind: String,
    pub id: String,
    pub name: String,
    /// The size of each disk in GB.
    pub size: Option<i64>,
    pub nodes: Vec<Node>,
}

/// A node.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[allow(missing_docs)] // the fields of the API
pub struct Node {
    pub id: String,
    pub name: String,
    /// `Primary`, `Secondary`, `Hidden`, or empty for mongos.
    pub role: String,
    pub private_ip: Ipv4Addr,
    pub spec_code: String,
}

/// An instance as it is shown.
pub struct MongodbInstance {
    /// Its row.
    pub row: InstanceRow,
    /// What it is.
    pub document: MongodbDocument,
}

/// Which instances; nothing stands for any.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)] // the fields of the API
pub struct MongodbFilter {
    /// By id and name.
    pub common: InstanceFilter,
    pub mode: Option<String>,
    pub datastore_type: Option<String>,
    pub vpc_id: Option<String>,
    pub subnet_id: Option<String>,
}

impl Desk {
    /// Creates an instance, which is there at once. Returns it with the id of the job that made it.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`], [`crate::Kind::Invalid`], [`crate::Refusal::Quota`].
    pub async fn create_mongodb_instance(
        &self,
        ctx: &Context,
        project_id: &str,
        new: NewMongodb,
    ) -> Result<(MongodbInstance, String)> {
        let project = self.project(ctx, project_id).await?;
        ctx.require(&target("", &new.enterprise_project_id, &new.tags))?;
        self.require_enterprise_project(ctx, &new.enterprise_project_id)
            .await?;
        let ssl = new.ssl;
        let (name, spec) = new.check(region_of(&project.name))?;
        let authority = self
            .service_authority(
                ctx.behalf(),
                ctx.domain_id(),
                project_id,
                Database::Mongodb.authority(),
            )
            .await?;
        let id = ids::hex32(self.random.as_ref()) + "in02";
        let document = MongodbDocument {
            domain_name: self.instance_host(Database::Mongodb, region_of(&project.name), &id),
            groups: layout::groups(self.random.as_ref(), &name, &spec.flavors),
            spec,
        };
        let mut names = vec![SubjectAltName::Dns(document.domain_name.clone())];
        let nodes = document.groups.iter().flat_map(|group| &group.nodes);
        names.extend(nodes.map(|node| SubjectAltName::Ip(node.private_ip.into())));
        let draft = Draft {
            id,
            name,
            status: NORMAL,
            ssl,
            names,
            document: &document,
        };
        let row = self
            .new_instance(ctx, &project, &authority, Database::Mongodb, draft)
            .await?;
        let jobs = self
            .store_instances(ctx, std::slice::from_ref(&row))
            .await?;
        let job = jobs.into_iter().next().unwrap_or_default();
        Ok((MongodbInstance { row, document }, job))
    }

    /// A page of the instances of a project.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`], [`crate::Kind::Invalid`].
    pub async fn mongodb_instances(
        &self,
        ctx: &Context,
        project_id: &str,
        filter: &MongodbFilter,
        page: &Page<InstanceSort>,
    ) -> Result<Listing<MongodbInstance>> {
        self.project(ctx, project_id).await?;
        filter.check()?;
        let narrowed = filter.narrows() || ctx.is_narrowed();
        let wanted = if narrowed { everything(page) } else { *page };
        let service = Database::Mongodb.service();
        let found = self
            .store
            .instances(
                ctx.domain_id(),
                project_id,
                service,
                &filter.common,
                &wanted,
            )
            .await?;
        let rows = found.rows.into_iter().map(|row| {
            let document = document_of(&row)?;
            Ok(MongodbInstance { row, document })
        });
        let mut rows = rows.collect::<Result<Vec<_>>>()?;
        if !narrowed {
            let total = found.total;
            return Ok(Listing { rows, total });
        }
        rows.retain(|instance| filter.fits(&instance.document.spec));
        self.keep_visible(ctx, &mut rows, |instance| {
            let spec = &instance.document.spec;
            (&instance.row.id, &spec.enterprise_project_id, &spec.tags)
        })
        .await?;
        Ok(cut(rows, page))
    }
}

impl MongodbFilter {
    /// Modes and types that no instance can have are mistakes, not filters.
    fn check(&self) -> Result<()> {
        if let Some(mode) = &self.mode {
            limits::MODE.check("mode", mode)?;
        }
        if let Some(kind) = &self.datastore_type {
            limits::DDS_ENGINE.check("datastore_type", kind)?;
        }
        Ok(())
    }

    /// Whether it asks for what only the documents know.
    fn narrows(&self) -> bool {
        let wanted = [
            &self.mode,
            &self.datastore_type,
            &self.vpc_id,
            &self.subnet_id,
        ];
        wanted.into_iter().any(Option::is_some)
    }

    fn fits(&self, spec: &MongodbSpec) -> bool {
        [
            (&self.mode, &spec.mode),
            (&self.datastore_type, &spec.datastore.kind),
            (&self.vpc_id, &spec.vpc_id),
            (&self.subnet_id, &spec.subnet_id),
        ]
        .into_iter()
        .all(|(wanted, found)| wanted.as_ref().is_none_or(|wanted| wanted == found))
    }
}
