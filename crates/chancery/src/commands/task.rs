//! `chancery task`: migrations, and what both of their ends load (SMS).

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::files::{self, Wanted, joined};
use super::find::{self, text};
use super::project::{InProject, region};
use super::show::{Column, Pages, Shown, time};
use super::{input, source};
use crate::client::{Client, Failure, encoded};

const PATH: &str = "/v3/tasks";
const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("TYPE", "type"),
    ("STATE", "state"),
    ("SOURCE", "source"),
    ("CREATED", "created_at"),
    ("ID", "id"),
];
/// The files of a task's material, and the field that each holds. The source server loads the first of each,
/// the target server the others.
const FILES: [(&str, &str); 7] = [
    ("ca.pem", "ca"),
    ("cert.pem", "cert"),
    ("privkey.pem", "private_key"),
    ("target-mgmt-cert.pem", "target_mgmt_cert"),
    ("target-mgmt-privkey.pem", "target_mgmt_private_key"),
    ("target-data-cert.pem", "target_data_cert"),
    ("target-data-privkey.pem", "target_data_private_key"),
];

/// Migrations; TASK is an id, or the name of one task alone.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// The tasks of the account
    List {
        /// With this in their names
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// One task
    Show { task: String },
    /// Make a task
    Create(Box<NewTask>),
    /// Write the certificates and keys that the servers of a task know each other by
    Certkey {
        task: String,
        /// The folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Without the certificate of the CA
        #[arg(long)]
        no_ca: bool,
    },
    /// Delete a task with its certificates and keys
    Delete { task: String },
}

/// A task that is to be made.
#[derive(Args, Debug)]
pub(crate) struct NewTask {
    /// 1 to 64 letters, digits and _ -
    #[arg(required_unless_present = "from_file", conflicts_with = "from_file")]
    name: Option<String>,
    /// The server that is to be migrated, an id or a name
    #[arg(long, required_unless_present = "from_file")]
    source: Option<String>,
    /// The address of the target server, which its certificates are for
    #[arg(long, value_name = "ADDRESS")]
    target_ip: Option<IpAddr>,
    /// The name of the target server [default: that of the task]
    #[arg(long, value_name = "NAME")]
    target_name: Option<String>,
    /// How data is moved
    #[arg(long = "type", value_enum, default_value_t = Kind::Block)]
    kind: Kind,
    #[command(flatten)]
    within: InProject,
    /// The whole body of POST /v3/tasks, JSON; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["source", "target_ip", "target_name", "kind", "project"]
    )]
    from_file: Option<PathBuf>,
}

/// How data is moved.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    Block,
    File,
}

impl TaskCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { name } => Ok(Shown::Pages {
                columns: COLUMNS,
                pages: list(name.as_deref()),
            }),
            Self::Show { task } => {
                let id = find(client, &task).await?;
                Ok(Shown::Record(record(&client.get(&path(&id)).await?)))
            }
            Self::Create(new) => {
                let body = match &new.from_file {
                    Some(file) => input::read_json(file)?,
                    None => new.body(client).await?,
                };
                let made = client.post(PATH, Some(&body)).await?;
                let path = path(text(&made, "id"));
                Ok(Shown::Record(record(&client.get(&path).await?)))
            }
            Self::Certkey { task, out, no_ca } => {
                // Before keys are asked for that could not be written.
                files::check(&out, FILES.map(|(name, _)| name))?;
                let id = find(client, &task).await?;
                let path = format!("{}/certkey?enable_ca_cert={}", path(&id), !no_ca);
                let answer = client.get(&path).await?;
                let wanted = FILES.iter().map(|(name, field)| Wanted {
                    name,
                    content: joined(&answer, &[field]).into(),
                    secret: field.ends_with("private_key"),
                });
                let wanted: Vec<_> = wanted.filter(|one| !one.content.is_empty()).collect();
                files::write_shown(&out, &wanted, None, |_| Vec::new(), None)
            }
            Self::Delete { task } => {
                let id = find(client, &task).await?;
                let question = format!("Delete the task {task} ({id}), with its keys?");
                client.delete(&path(&id), client.agreed(&question)?).await?;
                Ok(Shown::Done(format!("{task} is deleted")))
            }
        }
    }
}

impl NewTask {
    async fn body(&self, client: &Client) -> Result<Value, Failure> {
        let source = self.source.as_deref().unwrap_or_default();
        let source = source::find(client, source).await?;
        let project = self.within.find(client).await?;
        let region = region(&project);
        let target = self.target_name.as_ref().or(self.name.as_ref());
        let mut body = json!({
            "name": self.name,
            "type": match self.kind {
                Kind::Block => "MIGRATE_BLOCK",
                Kind::File => "MIGRATE_FILE",
            },
            "source_server": { "id": source },
            "target_server": { "name": target },
            "region_name": region,
            "region_id": region,
            "project_name": project["name"],
            "project_id": project["id"],
        });
        if let Some(ip) = self.target_ip {
            body["migration_ip"] = ip.to_string().into();
            body["use_ipv6"] = ip.is_ipv6().into();
        }
        Ok(body)
    }
}

/// Those with this in their names.
fn list(name: Option<&str>) -> Pages {
    let query = name.map(|name| format!("&name={}", encoded(name)));
    Pages::by_offset(PATH, query.unwrap_or_default(), "tasks", row)
}

/// The id of the task with this id, or else of the only one with this name.
async fn find(client: &Client, wanted: &str) -> Result<String, Failure> {
    if find::is_id(wanted) {
        return Ok(wanted.to_owned());
    }
    let found = find::in_list(client, "task", wanted, list).await?;
    Ok(text(&found, "id").to_owned())
}

fn path(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

/// A task of a list, as it is shown.
fn row(task: &Value) -> Value {
    json!({
        "name": task["name"],
        "type": task["type"],
        "state": task["state"],
        "source": task["source_server"]["name"],
        "source_id": task["source_server"]["id"],
        "target": task["target_server"]["name"],
        "target_ip": task["migration_ip"],
        "created_at": time(&task["create_date"]),
        "id": task["id"],
    })
}

/// One by itself, of which more is known.
fn record(task: &Value) -> Value {
    let mut shown = row(task);
    for field in ["project_name", "project_id"] {
        shown[field] = task[field].clone();
    }
    shown
}
