//! `chancery instance`: Redis (DCS) and MongoDB (DDS) instances, and what their servers load.

mod bundle;
mod create;
mod service;

use std::path::PathBuf;

use chancery_pki::Certificate;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use self::create::NewInstance;
use self::service::Service;
use super::files;
use super::find::{self, rows, text};
use super::project::InProject;
use super::show::{Column, Shown};
use crate::client::{Client, Failure};

const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("ENGINE", "engine"),
    ("VERSION", "version"),
    ("STATUS", "status"),
    ("SSL", "ssl"),
    ("ADDRESS", "address"),
    ("ID", "id"),
];

/// Redis and MongoDB instances; INSTANCE is an id, or the name of one instance alone.
#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// The instances of a project
    List {
        #[command(flatten)]
        only: Only,
        #[command(flatten)]
        within: InProject,
    },
    /// One instance
    Show {
        instance: String,
        #[command(flatten)]
        within: InProject,
    },
    /// Make an instance with TLS; with --host and --out, write what its server loads
    Create(Box<NewInstance>),
    /// TLS of an instance
    #[command(subcommand)]
    Ssl(SslCommand),
    /// The certificate of the CA that clients trust, PEM
    Ca {
        instance: String,
        #[command(flatten)]
        within: InProject,
        /// The algorithms of the CA
        #[arg(long, value_enum, default_value_t = Category::International)]
        category: Category,
        /// Write it to this file [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Issue a certificate for the server's host, and write all that the server loads
    Bundle {
        instance: String,
        #[command(flatten)]
        within: InProject,
        /// A host name or an address that clients reach the server at
        #[arg(long = "host", value_name = "HOST", required = true)]
        hosts: Vec<String>,
        /// The folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The user who reads it, for servers that do not start as root: a name, or UID:GID
        #[arg(long, value_name = "USER")]
        owner: Option<String>,
    },
    /// Delete an instance
    Delete {
        instance: String,
        #[command(flatten)]
        within: InProject,
    },
}

/// TLS of an instance; INSTANCE is an id, or the name of one instance alone.
#[derive(Debug, Subcommand)]
pub(crate) enum SslCommand {
    /// Switch it on
    Enable {
        instance: String,
        #[command(flatten)]
        within: InProject,
    },
    /// Switch it off
    Disable {
        instance: String,
        #[command(flatten)]
        within: InProject,
    },
}

/// Instances of one kind only.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub(crate) struct Only {
    /// Redis instances only
    #[arg(long)]
    redis: bool,
    /// MongoDB instances only
    #[arg(long)]
    mongodb: bool,
}

/// A family of algorithms.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Category {
    /// ECDSA and RSA
    International,
    /// SM2, where the desk makes such certificates for MongoDB
    National,
}

impl Category {
    fn name(self) -> &'static str {
        match self {
            Self::International => "international",
            Self::National => "national",
        }
    }
}

/// An instance that was found.
struct Found {
    service: Service,
    project_id: String,
    id: String,
}

impl Found {
    fn path(&self) -> String {
        self.service.path(&self.project_id, &self.id)
    }
}

impl InstanceCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { only, within } => {
                let project = within.find(client).await?;
                let mut rows = Vec::new();
                for service in only.services() {
                    rows.extend(service.list(client, text(&project, "id")).await?);
                }
                Ok(Shown::Rows {
                    columns: COLUMNS,
                    rows,
                })
            }
            Self::Show { instance, within } => {
                let found = find(client, &within, &instance).await?;
                let shown = found.service.show(client, &found.project_id, &found.id);
                Ok(Shown::Record(shown.await?))
            }
            Self::Create(new) => new.create(client).await,
            Self::Ssl(command) => command.run(client).await,
            Self::Ca {
                instance,
                within,
                category,
                out,
            } => {
                let found = find(client, &within, &instance).await?;
                let pem = found.ca(client, category).await?;
                files::write_or_show(out.as_deref(), pem)
            }
            Self::Bundle {
                instance,
                within,
                hosts,
                out,
                owner,
            } => {
                // Before anything is asked for that could not be written.
                let owner = bundle::check(&out, owner.as_deref())?;
                let id = match Service::of_id(&instance) {
                    Some(_) => instance,
                    None => find(client, &within, &instance).await?.id,
                };
                bundle::write(client, &id, &hosts, &out, owner).await
            }
            Self::Delete { instance, within } => {
                let found = find(client, &within, &instance).await?;
                let question = format!("Delete the instance {instance}, with its keys?");
                client
                    .delete(&found.path(), client.agreed(&question)?)
                    .await?;
                Ok(Shown::Done(format!("{instance} is deleted")))
            }
        }
    }
}

impl Only {
    fn services(self) -> Vec<Service> {
        match (self.redis, self.mongodb) {
            (true, _) => vec![Service::Redis],
            (_, true) => vec![Service::Mongodb],
            _ => Service::ALL.to_vec(),
        }
    }
}

impl SslCommand {
    async fn run(self, client: &Client) -> Result<Shown, Failure> {
        let (instance, within, on) = match self {
            Self::Enable { instance, within } => (instance, within, true),
            Self::Disable { instance, within } => (instance, within, false),
        };
        let found = find(client, &within, &instance).await?;
        let path = found.path();
        match found.service {
            Service::Redis => {
                let body = json!({ "enabled": on });
                let path = format!("{path}/ssl");
                client.put(&path, Some(&body)).await?;
            }
            Service::Mongodb => {
                let body = json!({ "ssl_option": if on { "1" } else { "0" } });
                client
                    .post(&format!("{path}/switch-ssl"), Some(&body))
                    .await?;
            }
        }
        let now = if on { "has TLS" } else { "has no TLS" };
        Ok(Shown::Done(format!("{instance} {now}")))
    }
}

impl Found {
    /// The certificate of the CA that clients of the instance trust, as its download gives it.
    async fn ca(&self, client: &Client, category: Category) -> Result<String, Failure> {
        let answer = match self.service {
            Service::Redis if category == Category::National => {
                return Err(Failure::Usage(
                    "a Redis instance has an international CA only".to_owned(),
                ));
            }
            Service::Redis => {
                let path = format!("{}/ssl-certs/download", self.path());
                client.post(&path, None).await?
            }
            Service::Mongodb => {
                let path = format!("{}/ssl-cert/download-link", self.path());
                let certs = rows(client.get(&path).await?, "certs");
                let mut certs = certs.into_iter();
                let found = certs.find(|cert| cert["category"] == category.name());
                found.ok_or_else(|| {
                    Failure::Missing(format!(
                        "the instance has no {} CA: the desk is started without --dds-categories \
                         international,national",
                        category.name()
                    ))
                })?
            }
        };
        let link = ["link", "download_link"].map(|field| text(&answer, field));
        let object = client.object(link.concat().as_str()).await?;
        let pem = String::from_utf8(object.to_vec()).unwrap_or_default();
        match Certificate::chain_from_pem(&pem) {
            Ok(_) => Ok(pem),
            Err(error) => Err(Failure::unreadable(error)),
        }
    }
}

/// The instance with this id, or else the only one of a project with this name.
async fn find(client: &Client, within: &InProject, wanted: &str) -> Result<Found, Failure> {
    let project = within.find(client).await?;
    let project_id = text(&project, "id");
    let found = |service, id: &str| Found {
        service,
        project_id: project_id.to_owned(),
        id: id.to_owned(),
    };
    if let Some(service) = Service::of_id(wanted) {
        return Ok(found(service, wanted));
    }
    let (mut rows, mut refused) = (Vec::new(), None);
    for service in Service::ALL {
        match service.list(client, project_id).await {
            Ok(more) => rows.extend(more),
            // Who may see instances of one kind needs no permission for the other.
            Err(failure @ Failure::Refused(_)) => refused = Some(failure),
            Err(failure) => return Err(failure),
        }
    }
    match (find::one_of(rows, "instance", wanted, &["name"]), refused) {
        (Ok(row), _) => {
            let id = text(&row, "id");
            let unknown = || Failure::unreadable(format!("{id:?} is no id of an instance"));
            let service = Service::of_id(id).ok_or_else(unknown)?;
            Ok(found(service, id))
        }
        (Err(_), Some(refused)) => Err(refused),
        (Err(missing), None) => Err(missing),
    }
}
