//! `chancery source`: servers that are to be migrated (SMS).

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::find::{self, text};
use super::input;
use super::show::{Column, Pages, Shown, time};
use crate::client::{Client, Failure, encoded};

const PATH: &str = "/v3/sources";
const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("ADDRESS", "ip"),
    ("OS", "os_type"),
    ("STATE", "state"),
    ("TASK", "task"),
    ("ID", "id"),
];

/// Servers that are to be migrated; SOURCE is an id, or the name of one server alone.
#[derive(Debug, Subcommand)]
pub(crate) enum SourceCommand {
    /// The source servers of the account
    List {
        /// With this in their names
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// One source server
    Show { source: String },
    /// Register a source server, as its agent does
    Create(NewSource),
    /// Delete a source server that has no tasks
    Delete { source: String },
}

/// A source server that is to be registered.
#[derive(Args, Debug)]
pub(crate) struct NewSource {
    /// 1 to 64 letters, digits and _ -
    #[arg(required_unless_present = "from_file", conflicts_with = "from_file")]
    name: Option<String>,
    /// Its address, which the certificate of its tasks is for; once each for IPv4 and IPv6
    #[arg(long = "ip", value_name = "ADDRESS", default_value = "127.0.0.1")]
    ips: Vec<IpAddr>,
    /// Its operating system
    #[arg(long, value_enum, ignore_case = true, default_value_t = Os::Linux)]
    os: Os,
    /// The version of its operating system
    #[arg(long, value_name = "VERSION", default_value = "OTHER")]
    os_version: String,
    /// The hardware address of its network
    #[arg(long, value_name = "ADDRESS", default_value = "00:00:00:00:00:00")]
    mac: String,
    /// All that an agent reports: the whole body of POST /v3/sources, JSON; - for standard input
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["ips", "os", "os_version", "mac"]
    )]
    from_file: Option<PathBuf>,
}

/// An operating system that is migrated.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Os {
    #[value(name = "LINUX")]
    Linux,
    #[value(name = "WINDOWS")]
    Windows,
}

impl Os {
    fn name(self) -> &'static str {
        match self {
            Self::Linux => "LINUX",
            Self::Windows => "WINDOWS",
        }
    }
}

impl SourceCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { name } => Ok(Shown::Pages {
                columns: COLUMNS,
                pages: list(name.as_deref()),
            }),
            Self::Show { source } => {
                let id = find(client, &source).await?;
                Ok(Shown::Record(record(&client.get(&path(&id)).await?)))
            }
            Self::Create(new) => {
                let body = match &new.from_file {
                    Some(file) => input::read_json(file)?,
                    None => new.body()?,
                };
                let made = client.post(PATH, Some(&body)).await?;
                let path = path(text(&made, "id"));
                Ok(Shown::Record(record(&client.get(&path).await?)))
            }
            Self::Delete { source } => {
                let id = find(client, &source).await?;
                let question = format!("Delete the source server {source} ({id})?");
                client.delete(&path(&id), client.agreed(&question)?).await?;
                Ok(Shown::Done(format!("{source} is deleted")))
            }
        }
    }
}

impl NewSource {
    fn body(&self) -> Result<Value, Failure> {
        let network = json!({ "name": "eth0", "mac": self.mac });
        let mut body = json!({
            "name": self.name,
            "os_type": self.os.name(),
            "os_version": self.os_version,
            "agent_version": concat!("chancery-", env!("CARGO_PKG_VERSION")),
            "networks": [network],
        });
        for ip in &self.ips {
            let field = if ip.is_ipv4() { "ip" } else { "ipv6" };
            if !body[field].is_null() {
                return Err(Failure::Usage(
                    "--ip can be given once for IPv4 and once for IPv6; --from-file takes further networks"
                        .to_owned(),
                ));
            }
            body[field] = ip.to_string().into();
            body["networks"][0][field] = ip.to_string().into();
        }
        Ok(body)
    }
}

/// Those with this in their names.
fn list(name: Option<&str>) -> Pages {
    let query = name.map(|name| format!("&name={}", encoded(name)));
    Pages::by_offset(PATH, query.unwrap_or_default(), "source_servers", row)
}

/// The id of the source server with this id, or else of the only one with this name.
pub(super) async fn find(client: &Client, wanted: &str) -> Result<String, Failure> {
    if find::is_id(wanted) {
        return Ok(wanted.to_owned());
    }
    let found = find::in_list(client, "source server", wanted, list).await?;
    Ok(text(&found, "id").to_owned())
}

fn path(id: &str) -> String {
    format!("{PATH}/{}", encoded(id))
}

/// A source server of a list, as it is shown.
fn row(source: &Value) -> Value {
    json!({
        "name": source["name"],
        "ip": source["ip"],
        "os_type": source["os_type"],
        "os_version": source["os_version"],
        "state": source["state"],
        "task": source["current_task"]["name"],
        "created_at": time(&source["add_date"]),
        "id": source["id"],
    })
}

/// One by itself, of which more is known.
fn record(source: &Value) -> Value {
    let mut shown = row(source);
    for field in ["hostname", "agent_version"] {
        shown[field] = source[field].clone();
    }
    let networks = source["networks"].as_array().into_iter().flatten();
    shown["networks"] = networks
        .map(|network| format!("{} {}", text(network, "name"), text(network, "mac")))
        .collect();
    shown
}
