//! TLS of instances: the switch, and the CA certificate that clients trust.
//!
//! The certificate of the CA is put into the object store and given out as a link, as the cloud
//! does: DCS links are signed and expire, DDS links are public. It may be fetched before TLS is
//! switched on, so that clients can be prepared first.

use chancery_objects::{BucketName, ObjectKey};
use chancery_pki::Certificate;
use chancery_pki::pem::LineEnding;
use chancery_store::{InstanceRow, Transaction};

use super::{Category, Database, RedisInstance, certificate_of, job};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::{Error, Kind, Refusal, Result};
use crate::objects::OwnBucket;

/// The file that a DCS link leads to.
const REDIS_FILE: &str = "ca-dcs.crt";
/// The object that an international DDS link leads to (the service's own example ends so).
const MONGODB_KEY: &str = "dds/ca-dds.crt";
/// The object that a national DDS link leads to.
const MONGODB_NATIONAL_KEY: &str = "dds/ca-dds-national.crt";

/// The TLS of a Redis instance.
pub struct RedisSsl {
    /// The instance; its row says whether TLS is on.
    pub instance: RedisInstance,
    /// When its certificate ends, in milliseconds since the epoch.
    pub expires_at: i64,
    /// Whether its certificate is valid now.
    pub valid: bool,
}

/// Where the CA certificate of a Redis instance is to be had.
pub struct SslDownload {
    /// The name of the file.
    pub file_name: String,
    /// A link that opens it for a while.
    pub link: String,
    /// The bucket it is in.
    pub bucket_name: String,
}

/// Where a CA certificate of a MongoDB instance is public.
pub struct CaLink {
    /// The algorithms of the CA and of what it vouches for.
    pub category: Category,
    /// The address.
    pub link: String,
}

impl Desk {
    /// The TLS of a Redis instance.
    ///
    /// # Errors
    /// [`Kind::WrongProject`]; [`crate::Thing::Instance`] not found; [`Refusal::SslUnsupported`];
    /// [`Kind::SslStorage`].
    pub async fn redis_ssl(&self, ctx: &Context, project_id: &str, id: &str) -> Result<RedisSsl> {
        let instance = self.redis_with_ssl(ctx, project_id, id).await?;
        let certificate = certificate_of(&instance.row).map_err(storage)?;
        let (validity, now) = (certificate.validity(), self.now_ms());
        Ok(RedisSsl {
            instance,
            expires_at: validity.not_after_ms,
            valid: (validity.not_before_ms..validity.not_after_ms).contains(&now),
        })
    }

    /// Switches the TLS of a Redis instance, and returns the id of the job that did it.
    ///
    /// # Errors
    /// As [`Desk::redis_ssl`]; [`Kind::Invalid`] when `enabled` is neither true nor false.
    pub async fn switch_redis_ssl(
        &self,
        ctx: &Context,
        project_id: &str,
        id: &str,
        enabled: Option<bool>,
    ) -> Result<String> {
        let instance = self.redis_with_ssl(ctx, project_id, id).await?;
        let enabled = enabled.ok_or_else(|| Error::invalid("enabled", "must be true or false"))?;
        self.switch_ssl(ctx, &instance.row, enabled)
            .await
            .map_err(storage)
    }

    /// Gives out the CA certificate of a Redis instance.
    ///
    /// # Errors
    /// As [`Desk::redis_ssl`].
    pub async fn download_redis_ca(
        &self,
        ctx: &Context,
        project_id: &str,
        id: &str,
    ) -> Result<SslDownload> {
        let instance = self.redis_with_ssl(ctx, project_id, id).await?;
        let row = &instance.row;
        let key = format!("ssl-{}/{REDIS_FILE}", row.authority_id);
        let kept = async {
            let ca = self.ca_of(row).await?;
            self.keep_ca(ctx, Database::Redis, row, (&ca, &key)).await
        };
        let (bucket, key) = kept.await.map_err(storage)?;
        Ok(SslDownload {
            file_name: REDIS_FILE.to_owned(),
            link: self.signed_link(&bucket, &key).await.map_err(storage)?,
            bucket_name: bucket.to_string(),
        })
    }

    /// Switches the TLS of a MongoDB instance, and returns the id of the job that did it.
    ///
    /// # Errors
    /// [`Kind::WrongProject`]; [`crate::Thing::Instance`] not found; [`Kind::Invalid`] when
    /// `enabled` is neither true nor false.
    pub async fn switch_mongodb_ssl(
        &self,
        ctx: &Context,
        project_id: &str,
        id: &str,
        enabled: Option<bool>,
    ) -> Result<String> {
        let row = self
            .instance_row(ctx, Database::Mongodb, project_id, id)
            .await?;
        let enabled = enabled.ok_or_else(|| Error::invalid("ssl_option", "must be 0 or 1"))?;
        self.switch_ssl(ctx, &row, enabled).await
    }

    /// Gives out the CA certificates of a MongoDB instance, the international one first: the
    /// addresses where they are public. There is a national one where the operator asked for it.
    ///
    /// # Errors
    /// [`Kind::WrongProject`]; [`crate::Thing::Instance`] not found.
    pub async fn mongodb_ca_links(
        &self,
        ctx: &Context,
        project_id: &str,
        id: &str,
    ) -> Result<Vec<CaLink>> {
        let row = self
            .instance_row(ctx, Database::Mongodb, project_id, id)
            .await?;
        let mut found = vec![(
            Category::International,
            MONGODB_KEY,
            self.ca_of(&row).await?,
        )];
        if self.is_national(Database::Mongodb) {
            let authority = self.national_authority(ctx.behalf(), &row).await?;
            found.push((
                Category::National,
                MONGODB_NATIONAL_KEY,
                authority.certificate,
            ));
        }
        let mut links = Vec::with_capacity(found.len());
        for (category, key, certificate) in found {
            let kept = self.keep_ca(ctx, Database::Mongodb, &row, (&certificate, key));
            let (bucket, key) = kept.await?;
            let link = self.public_link(&bucket, &key);
            links.push(CaLink { category, link });
        }
        Ok(links)
    }

    /// The certificate of the CA that vouches for an instance.
    pub(super) async fn ca_of(&self, row: &InstanceRow) -> Result<Certificate> {
        self.authority_certificate(&row.domain_id, &row.authority_id)
            .await
    }

    /// The certificate of the account's service authority with this id.
    pub(super) async fn authority_certificate(
        &self,
        domain_id: &str,
        id: &str,
    ) -> Result<Certificate> {
        let found = self.store.service_authority_by_id(domain_id, id).await?;
        let found =
            found.ok_or_else(|| Error::internal(format!("service authority {id} is missing")))?;
        Certificate::from_der(&found.certificate).map_err(Error::internal)
    }

    async fn redis_with_ssl(
        &self,
        ctx: &Context,
        project_id: &str,
        id: &str,
    ) -> Result<RedisInstance> {
        let instance = self.redis_instance(ctx, project_id, id).await;
        let instance = instance.map_err(storage)?;
        match instance.supports_ssl {
            true => Ok(instance),
            false => Err(unsupported()),
        }
    }

    async fn switch_ssl(&self, ctx: &Context, row: &InstanceRow, enabled: bool) -> Result<String> {
        let job = self.finished_job(row, job::SWITCH_SSL);
        let mut tx = Transaction::new("instance.switch_ssl");
        tx.set_instance_ssl(&row.project_id, &row.id, enabled, job.begin_at);
        tx.insert_job(&job);
        let detail = serde_json::json!({ "ssl": enabled, "job_id": job.id });
        tx.audit(ctx.audit_with(job.begin_at, &row.id, detail));
        self.commit_to_instance(&row.id, tx).await?;
        Ok(job.id)
    }

    /// Puts a CA's certificate under a key into the bucket of the service and project, and writes
    /// down who is about to get it.
    async fn keep_ca(
        &self,
        ctx: &Context,
        database: Database,
        row: &InstanceRow,
        (certificate, key): (&Certificate, &str),
    ) -> Result<(BucketName, ObjectKey)> {
        let bucket = OwnBucket::new(database, &row.project_id).name()?;
        let key = ObjectKey::parse(key).map_err(Error::internal)?;
        let pem = certificate.pem(LineEnding::Lf).into_bytes();
        self.keep_object(&bucket, &key, pem.into()).await?;
        let mut tx = Transaction::new("instance.download_ca");
        let detail = serde_json::json!({ "bucket": bucket.as_str(), "key": key.as_str() });
        tx.audit(ctx.audit_with(self.now_ms(), &row.id, detail));
        self.store.commit(tx).await?;
        Ok((bucket, key))
    }
}

/// The instance has no TLS; in the words of the service.
pub(super) fn unsupported() -> Error {
    Error::refused(Refusal::SslUnsupported, "Do not support SSL.")
}

/// What fails below the TLS calls of DCS has a name of its own there.
fn storage(error: Error) -> Error {
    match error.kind() {
        Kind::Internal => {
            Error::new(Kind::SslStorage, "Failed to operate SSL in database.").because(error)
        }
        _ => error,
    }
}
