//! Redis and Memcached instances (DCS).

mod check;
mod flavors;

use std::net::Ipv4Addr;

use chancery_pki::SubjectAltName;
use chancery_store::{InstanceFilter, InstanceRow, InstanceSort, Listing, Page};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use self::flavors::{Edition, Flavor};
use super::{Database, Draft, Tag, cut, document_of, everything, rules, target};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::ids;
use crate::projects::region_of;

/// The state of every instance.
const RUNNING: &str = "RUNNING";

/// What is asked for; nothing is checked yet.
#[derive(Default)]
#[allow(missing_docs)] // the fields of the API
pub struct NewRedis {
    pub name: Option<String>,
    pub instance_num: Option<i64>,
    pub engine: Option<String>,
    pub engine_version: Option<String>,
    pub spec_code: Option<String>,
    /// In GB.
    pub capacity: Option<f64>,
    pub az_codes: Vec<String>,
    pub vpc_id: Option<String>,
    pub subnet_id: Option<String>,
    pub security_group_id: Option<String>,
    pub description: Option<String>,
    pub private_ip: Option<String>,
    pub port: Option<i64>,
    pub enable_ssl: bool,
    pub access_user: Option<String>,
    pub password: Option<Zeroizing<String>>,
    pub no_password_access: Option<bool>,
    pub maintain_begin: Option<String>,
    pub maintain_end: Option<String>,
    /// `0` or an id.
    pub enterprise_project_id: String,
    pub enterprise_project_name: Option<String>,
    pub backup_policy: Option<BackupPolicy>,
    pub tags: Vec<Tag>,
    pub charging_mode: Option<String>,
}

/// When backups are made. The desk makes none: it keeps what was asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BackupPolicy {
    /// `auto` or `manual`.
    pub backup_type: String,
    /// How many days they are kept: 1 to 7.
    pub save_days: Option<i64>,
    /// When they begin, for `auto`.
    pub periodical_backup_plan: Option<BackupPlan>,
}

/// The time of automatic backups.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BackupPlan {
    /// `+0800`.
    pub timezone_offset: Option<String>,
    /// `weekly`.
    pub period_type: String,
    /// Days of the week: 1 to 7.
    pub backup_at: Vec<i64>,
    /// `00:00-01:00`.
    pub begin_at: String,
}

/// What was asked for, checked and complete. The password is not kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[allow(missing_docs)] // the fields of the API
pub struct RedisSpec {
    pub engine: String,
    /// None for Memcached.
    pub engine_version: Option<String>,
    pub spec_code: String,
    pub capacity_mb: u32,
    pub az_codes: Vec<String>,
    pub vpc_id: String,
    pub subnet_id: String,
    pub security_group_id: Option<String>,
    pub description: String,
    pub port: u16,
    pub access_user: Option<String>,
    pub no_password_access: bool,
    /// `02:00:00`.
    pub maintain_begin: String,
    pub maintain_end: String,
    pub enterprise_project_id: String,
    pub enterprise_project_name: Option<String>,
    pub backup_policy: Option<BackupPolicy>,
    pub tags: Vec<Tag>,
}

/// An instance, as it is kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RedisDocument {
    /// What was asked for.
    pub spec: RedisSpec,
    /// The address of its server.
    pub private_ip: Ipv4Addr,
    /// The host name of its server.
    pub domain_name: String,
    /// The id of the user who created it.
    pub user_id: String,
    /// The name they had.
    pub user_name: String,
}

/// An instance as it is shown.
pub struct RedisInstance {
    /// Its row.
    pub row: InstanceRow,
    /// What it is.
    pub document: RedisDocument,
    /// Whether it can have TLS.
    pub supports_ssl: bool,
    /// `single`, `ha`, `ha_rw_split`, `proxy` or `cluster`.
    pub cache_mode: &'static str,
    /// `x86_64` or `aarch64`.
    pub cpu_type: &'static str,
    /// `generic` or `enterprise`; none for Memcached.
    pub product_type: Option<&'static str>,
    /// `DRAM` or `SSD`.
    pub storage_type: &'static str,
    /// How many copies of the data there are, where the flavor says so.
    pub replicas: Option<u32>,
}

/// Which instances; nothing stands for any.
#[derive(Clone, Debug, Default)]
pub struct RedisFilter {
    /// By id, name and state.
    pub common: InstanceFilter,
    /// The address.
    pub ip: Option<String>,
    /// All of these tags.
    pub tags: Vec<Tag>,
}

impl Desk {
    /// Creates instances; each is running at once.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`], [`crate::Kind::Forbidden`], [`crate::Kind::Invalid`],
    /// [`crate::Refusal::SslUnsupported`] when TLS is asked for and the flavor has none, [`crate::Refusal::Quota`].
    pub async fn create_redis_instances(
        &self,
        ctx: &Context,
        project_id: &str,
        new: NewRedis,
    ) -> Result<Vec<InstanceRow>> {
        let project = self.project(ctx, project_id).await?;
        ctx.require(&target("", &new.enterprise_project_id, &new.tags))?;
        self.require_enterprise_project(ctx, &new.enterprise_project_id)
            .await?;
        let plan = new.check()?;
        let authority = self
            .service_authority(
                ctx.behalf(),
                ctx.domain_id(),
                project_id,
                Database::Redis.authority(),
            )
            .await?;
        let mut rows = Vec::with_capacity(plan.names.len());
        for name in plan.names {
            let id = ids::uuid(self.random.as_ref());
            let document = RedisDocument {
                spec: plan.spec.clone(),
                private_ip: plan
                    .private_ip
                    .unwrap_or_else(|| rules::private_addresses(self.random.as_ref(), 1)[0]),
                domain_name: self.instance_host(Database::Redis, region_of(&project.name), &id),
                user_id: ctx.caller().user_id.clone(),
                user_name: ctx.caller().user_name.clone(),
            };
            let draft = Draft {
                id,
                name,
                status: RUNNING,
                ssl: plan.enable_ssl,
                names: vec![
                    SubjectAltName::Dns(document.domain_name.clone()),
                    SubjectAltName::Ip(document.private_ip.into()),
                ],
                document,
            };
            let row = self
                .new_instance(ctx, &project, &authority, Database::Redis, draft)
                .await?;
            rows.push(row);
        }
        self.store_instances(ctx, &rows).await?;
        Ok(rows)
    }

    /// An instance of a project.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`]; [`crate::Thing::Instance`] not found.
    pub async fn redis_instance(
        &self,
        ctx: &Context,
        project_id: &str,
        id: &str,
    ) -> Result<RedisInstance> {
        let row = self.instance_row(ctx, Database::Redis, project_id, id);
        show(row.await?)
    }

    /// A page of the instances of a project.
    ///
    /// # Errors
    /// [`crate::Kind::WrongProject`].
    pub async fn redis_instances(
        &self,
        ctx: &Context,
        project_id: &str,
        filter: &RedisFilter,
        page: &Page<InstanceSort>,
    ) -> Result<Listing<RedisInstance>> {
        self.project(ctx, project_id).await?;
        let narrowed = filter.ip.is_some() || !filter.tags.is_empty() || ctx.is_narrowed();
        let wanted = if narrowed { everything(page) } else { *page };
        let service = Database::Redis.service();
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
        let rows: Result<Vec<_>> = found.rows.into_iter().map(show).collect();
        let mut rows = rows?;
        if !narrowed {
            let total = found.total;
            return Ok(Listing { rows, total });
        }
        rows.retain(|instance| {
            let document = &instance.document;
            let has_ip = |ip: &String| document.private_ip.to_string() == *ip;
            let has = |tag: &Tag| document.spec.tags.contains(tag);
            filter.ip.as_ref().is_none_or(has_ip) && filter.tags.iter().all(has)
        });
        self.keep_visible(ctx, &mut rows, |instance| {
            let spec = &instance.document.spec;
            (&instance.row.id, &spec.enterprise_project_id, &spec.tags)
        })
        .await?;
        Ok(cut(rows, page))
    }
}

/// The instance that a row is.
pub(super) fn show(row: InstanceRow) -> Result<RedisInstance> {
    let document: RedisDocument = document_of(&row)?;
    let flavor = Flavor::of(&document.spec.spec_code)
        .ok_or_else(|| Error::internal(format!("instance {}: unknown flavor", row.id)))?;
    Ok(RedisInstance {
        supports_ssl: flavor.has_tls(document.spec.engine_version.as_deref()),
        cache_mode: flavor.family.cache_mode,
        cpu_type: flavor.cpu_type,
        product_type: flavor.family.edition.map(|edition| match edition {
            Edition::Basic => "generic",
            Edition::EnterprisePerformance | Edition::EnterpriseStorage => "enterprise",
        }),
        storage_type: match flavor.family.edition {
            Some(Edition::EnterpriseStorage) => "SSD",
            _ => "DRAM",
        },
        replicas: flavor.replicas,
        document,
        row,
    })
}
