//! `chancery policy`: the account's own policies and those that are built in, which IAM calls
//! roles.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::find::{account_id, all_pages, one_of, record, text};
use super::input;
use super::show::{Column, Shown};
use super::{enterprise_project, group, project};
use crate::client::{Client, Failure, encoded};
use crate::terminal::warn;

pub(super) const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("BUILT IN", "built_in"),
    ("DESCRIPTION", "description"),
    ("ID", "id"),
];
const CUSTOM: &str = "/v3.0/OS-ROLE/roles";
const BUILT_IN: &str = "/v3/roles";

/// Policies; POLICY and GROUP are ids or names.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// The policies that are built in, and the account's own
    List {
        /// Only the account's own
        #[arg(long)]
        custom: bool,
    },
    /// One policy, with its document
    Show { policy: String },
    /// Make a policy of the account
    Create {
        /// Unique in the account
        name: String,
        /// The policy document, JSON; - for standard input
        #[arg(long)]
        file: PathBuf,
        /// In your words
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "",
            hide_default_value = true
        )]
        description: String,
    },
    /// Change what a policy of the account allows
    Update {
        policy: String,
        /// The policy document, JSON; - for standard input
        #[arg(long)]
        file: PathBuf,
    },
    /// Delete a policy of the account; it must be attached to no group
    Delete { policy: String },
    /// Attach a policy to a group: in the account, or at the place that is named
    Attach {
        policy: String,
        /// To whom, an id or a name
        #[arg(long)]
        group: String,
        #[command(flatten)]
        place: Place,
    },
    /// Detach a policy from a group
    Detach {
        policy: String,
        /// From whom, an id or a name
        #[arg(long)]
        group: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where a policy holds for a group.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// For calls about this project, an id or a name
    #[arg(long)]
    project: Option<String>,
    /// For what is filed under this enterprise project, an id or a name
    #[arg(long, conflicts_with = "project")]
    enterprise_project: Option<String>,
}

impl Place {
    /// The path of the policies that a group has there.
    pub(super) async fn path(&self, client: &Client, group: &Value) -> Result<String, Failure> {
        let group = encoded(text(group, "id"));
        let base = match (&self.project, &self.enterprise_project) {
            (Some(project), _) => {
                let project = project::find(client, project).await?;
                format!("/v3/projects/{}", encoded(text(&project, "id")))
            }
            (None, Some(project)) => {
                let project = enterprise_project::find(client, project).await?;
                let id = encoded(text(&project, "id"));
                format!("/v3.0/OS-PERMISSION/enterprise-projects/{id}")
            }
            (None, None) => format!("/v3/domains/{}", encoded(&account_id(client).await?)),
        };
        Ok(format!("{base}/groups/{group}/roles"))
    }
}

impl PolicyCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { custom } => {
                let mut found = Vec::new();
                if !custom {
                    found = all_pages(client, BUILT_IN, "roles").await?;
                }
                found.extend(all_pages(client, CUSTOM, "roles").await?);
                Ok(Shown::Rows {
                    columns: COLUMNS,
                    rows: found.iter().map(row).collect(),
                })
            }
            Self::Show { policy } => Ok(Shown::Record(whole(&find(client, &policy).await?))),
            Self::Create {
                name,
                file,
                description,
            } => {
                let body = json!({ "role": {
                    "display_name": name, "type": "AX", "description": description,
                    "policy": document(&file)?,
                } });
                let made = client.post(CUSTOM, Some(&body)).await?;
                Ok(taken(made))
            }
            Self::Update { policy, file } => {
                let body = json!({ "role": { "policy": document(&file)? } });
                let policy = find_custom(client, &policy).await?;
                let path = path(&policy);
                let changed = client.patch(&path, &body).await?;
                Ok(taken(changed))
            }
            Self::Delete { policy } => {
                let policy = find_custom(client, &policy).await?;
                let name = text(&policy, "display_name");
                let question = format!("Delete the policy {name}?");
                client
                    .delete(&path(&policy), client.agreed(&question)?)
                    .await?;
                Ok(Shown::Done(format!("{name} is deleted")))
            }
            Self::Attach {
                policy,
                group,
                place,
            } => {
                let (path, policy, group) = grant(client, &policy, &group, &place).await?;
                client.put(&path, None).await?;
                Ok(Shown::Done(format!("{group} has {policy} there")))
            }
            Self::Detach {
                policy,
                group,
                place,
            } => {
                let (path, policy, group) = grant(client, &policy, &group, &place).await?;
                client.take_away(&path, None).await?;
                Ok(Shown::Done(format!("{group} does not have {policy} there")))
            }
        }
    }
}

/// The path of a grant, and the names of the policy and the group.
async fn grant(
    client: &Client,
    policy: &str,
    group: &str,
    place: &Place,
) -> Result<(String, String, String), Failure> {
    let policy = find(client, policy).await?;
    let group = group::find(client, group).await?;
    let path = place.path(client, &group).await?;
    let path = format!("{path}/{}", encoded(text(&policy, "id")));
    let name = |of: &Value, field: &str| text(of, field).to_owned();
    Ok((path, name(&policy, "display_name"), name(&group, "name")))
}

/// A policy as a list shows it.
pub(super) fn row(policy: &Value) -> Value {
    json!({
        "id": policy["id"],
        "name": policy["display_name"],
        "built_in": policy["catalog"] != "CUSTOMED",
        "description": policy["description"],
    })
}

/// A policy with its document.
fn whole(policy: &Value) -> Value {
    let mut whole = row(policy);
    whole["policy"] = policy["policy"].clone();
    whole
}

/// The policy of either kind with this id or name.
async fn find(client: &Client, policy: &str) -> Result<Value, Failure> {
    let mut known = all_pages(client, CUSTOM, "roles").await?;
    known.extend(all_pages(client, BUILT_IN, "roles").await?);
    one_of(known, "policy", policy, &["display_name", "name"])
}

/// The policy of the account with this id or name.
async fn find_custom(client: &Client, policy: &str) -> Result<Value, Failure> {
    let known = all_pages(client, CUSTOM, "roles").await?;
    one_of(
        known,
        "policy of the account",
        policy,
        &["display_name", "name"],
    )
}

fn path(policy: &Value) -> String {
    format!("{CUSTOM}/{}", encoded(text(policy, "id")))
}

/// A policy that the desk has taken. What it names and the desk does not have goes to standard error.
fn taken(answer: Value) -> Shown {
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    for warning in warnings.filter_map(Value::as_str) {
        warn(warning);
    }
    Shown::Record(whole(&record(answer, "role")))
}

/// The document in a file, which may be wrapped as the API has it (`policy`, or `role` around that). What
/// it says is for the desk to judge.
fn document(file: &Path) -> Result<Value, Failure> {
    let mut document = input::read_json(file)?;
    for wrapper in ["role", "policy"] {
        if document["Statement"].is_null() && document[wrapper].is_object() {
            document = document[wrapper].take();
        }
    }
    Ok(document)
}
