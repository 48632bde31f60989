//! Making an instance. What the documented bodies require beyond its kind says where a cloud would run it;
//! the desk runs nothing, so each of them has a value that it takes.

use std::path::PathBuf;

use chancery_crypto::random::{Random, SystemRandom};
use clap::Args;
use serde_json::{Value, json};

use super::bundle;
use super::service::Service;
use crate::client::{Client, Failure};
use crate::commands::enterprise_project;
use crate::commands::find::{rows, text};
use crate::commands::project::{InProject, region};
use crate::commands::show::Shown;

/// An instance that is to be made.
#[derive(Args, Debug)]
pub(crate) struct NewInstance {
    /// 4 to 64 letters, digits and _ - [default: its kind and eight random digits]
    name: Option<String>,
    #[command(flatten)]
    kind: Kind,
    #[command(flatten)]
    within: InProject,
    /// A host name or an address that clients reach its server at
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,
    /// Write what its server loads into this folder
    #[arg(long, value_name = "DIR", requires = "hosts")]
    out: Option<PathBuf>,
    /// The user who reads it, for servers that do not start as root: a name, or UID:GID
    #[arg(long, value_name = "USER", requires = "out")]
    owner: Option<String>,
    /// Make it without TLS
    #[arg(long)]
    no_ssl: bool,
    /// The version of Redis or MongoDB [default: 6.0, 4.4]
    #[arg(long, value_name = "VERSION")]
    engine_version: Option<String>,
    /// The port of its server [default: 6379, 8635]
    #[arg(long)]
    port: Option<u16>,
    /// The code of its size [default: redis.ha.xu1.large.r2.1, dds.mongodb.s6.large.2.single]
    #[arg(long, value_name = "CODE")]
    flavor: Option<String>,
    /// Its memory or disk, in GB [default: that of the flavor, 10]
    #[arg(long, value_name = "GB")]
    capacity: Option<f64>,
    /// An availability zone
    #[arg(long = "zone", value_name = "ZONE", default_value = "default")]
    zones: Vec<String>,
    /// The id of its network
    #[arg(long, value_name = "ID", default_value = "default")]
    vpc: String,
    /// The id of its subnet
    #[arg(long, value_name = "ID", default_value = "default")]
    subnet: String,
    /// The id of its security group
    #[arg(long, value_name = "ID", default_value = "default")]
    security_group: String,
    /// The enterprise project it is filed under, an id or a name [default: that of every account]
    #[arg(long, value_name = "PROJECT")]
    enterprise_project: Option<String>,
}

/// What an instance is.
#[derive(Args, Clone, Copy, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Kind {
    /// A Redis instance
    #[arg(long)]
    redis: bool,
    /// A MongoDB instance
    #[arg(long)]
    mongodb: bool,
}

impl Kind {
    fn service(self) -> Service {
        match self.redis {
            true => Service::Redis,
            false => Service::Mongodb,
        }
    }
}

impl NewInstance {
    pub(super) async fn create(&self, client: &Client) -> Result<Shown, Failure> {
        let service = self.kind.service();
        let owner = match &self.out {
            Some(folder) => bundle::check(folder, self.owner.as_deref())?,
            None => None,
        };
        let project = self.within.find(client).await?;
        let project_id = text(&project, "id");
        let mut body = match service {
            Service::Redis => self.redis(),
            Service::Mongodb => self.mongodb(region(&project))?,
        };
        if let Some(wanted) = &self.enterprise_project {
            body["enterprise_project_id"] = enterprise_project::id(client, wanted).await?.into();
        }
        let made = client
            .post(&service.all_path(project_id), Some(&body))
            .await?;
        let id = match service {
            Service::Redis => rows(made, "instances")
                .first()
                .map(|one| text(one, "instance_id").to_owned()),
            Service::Mongodb => Some(text(&made, "id").to_owned()),
        };
        let id = id.unwrap_or_default();
        if let Some(folder) = &self.out {
            let written = bundle::write(client, &id, &self.hosts, folder, owner).await;
            return written.map_err(|failure| {
                failure.but(&format!(
                    "the instance {id} is made, but not what its server loads"
                ))
            });
        }
        let mut shown = service.show(client, project_id, &id).await?;
        let hosts = match self.hosts.is_empty() {
            true => " --host HOST".to_owned(),
            false => self
                .hosts
                .iter()
                .map(|host| format!(" --host {host}"))
                .collect(),
        };
        let next = format!("chancery instance bundle {id}{hosts} --out DIR");
        shown["next"] = next.into();
        Ok(Shown::Record(shown))
    }

    fn name(&self, kind: &str) -> String {
        let mut number = [0; 4];
        SystemRandom.fill(&mut number);
        let own = || format!("{kind}-{}", hex::encode(number));
        self.name.clone().unwrap_or_else(own)
    }

    fn redis(&self) -> Value {
        let flavor = self.flavor.as_deref().unwrap_or("redis.ha.xu1.large.r2.1");
        let mut body = json!({
            "name": self.name("redis"),
            "engine": "Redis",
            "engine_version": self.engine_version.as_deref().unwrap_or("6.0"),
            "spec_code": flavor,
            "capacity": self.capacity.or_else(|| capacity_of(flavor)),
            "az_codes": self.zones,
            "vpc_id": self.vpc,
            "subnet_id": self.subnet,
            "security_group_id": self.security_group,
            "enable_ssl": !self.no_ssl,
            "no_password_access": true,
        });
        if let Some(port) = self.port {
            body["port"] = port.into();
        }
        body
    }

    /// The body for a project of `region`.
    fn mongodb(&self, region: &str) -> Result<Value, Failure> {
        let flavor = self.flavor.as_deref();
        let flavor = flavor.unwrap_or("dds.mongodb.s6.large.2.single");
        let (mode, kind, count) = match flavor.rsplit('.').next() {
            Some("single") => ("Single", "single", 1),
            Some("repset") => ("ReplicaSet", "replica", 3),
            _ => {
                return Err(Failure::Usage(format!(
                    "--flavor {flavor}: of a MongoDB instance it must end in .single or .repset; \
                     POST /v3/PROJECT/instances makes clusters"
                )));
            }
        };
        let mut body = json!({
            "name": self.name("mongodb"),
            "datastore": {
                "type": "DDS-Community",
                "version": self.engine_version.as_deref().unwrap_or("4.4"),
                "storage_engine": "wiredTiger",
            },
            "region": region,
            "availability_zone": self.zones.join(","),
            "vpc_id": self.vpc,
            "subnet_id": self.subnet,
            "security_group_id": self.security_group,
            "mode": mode,
            "flavor": [{
                "type": kind,
                "num": count,
                "storage": "ULTRAHIGH",
                "size": self.capacity.unwrap_or(10.0).to_string(),
                "spec_code": flavor,
            }],
            "ssl_option": if self.no_ssl { "0" } else { "1" },
        });
        if let Some(port) = self.port {
            body["port"] = port.to_string().into();
        }
        Ok(body)
    }
}

/// The memory of a flavor of Redis, in GB: its last number, which is one of MB where it is small.
fn capacity_of(flavor: &str) -> Option<f64> {
    let number: f64 = flavor.rsplit('.').next()?.parse().ok()?;
    let is_small = flavor
        .split('.')
        .any(|part| ["tiny", "free"].contains(&part));
    Some(if is_small { number / 1024.0 } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flavors_say_their_memory() {
        for (flavor, gb) in [
            ("redis.ha.xu1.large.r2.1", Some(1.0)),
            ("redis.single.au1.large.16", Some(16.0)),
            ("redis.ha.xu1.tiny.r2.512", Some(0.5)),
            ("redis.single.xu1.free.128", Some(0.125)),
            ("redis", None),
        ] {
            assert_eq!(capacity_of(flavor), gb, "{flavor}");
        }
    }
}
