//! `chancery group`.

use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};

use super::find::{one_of, record, rows, text};
use super::policy::{self, Place};
use super::show::{Column, Shown};
use super::user;
use crate::client::{Client, Failure, encoded};

pub(super) const COLUMNS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("DESCRIPTION", "description"),
];

/// Groups; GROUP and USER are ids or names.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// The groups of the account
    List,
    /// One group
    Show { group: String },
    /// Make a group
    Create {
        /// Unique in the account
        name: String,
        /// In your words
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "",
            hide_default_value = true
        )]
        description: String,
    },
    /// Delete a group; its users stay
    Delete { group: String },
    /// The users in a group
    Users { group: String },
    /// The policies that a group has: in the account, or at the place that is named
    Policies {
        group: String,
        #[command(flatten)]
        place: Place,
    },
    /// Put a user into a group
    AddUser { group: String, user: String },
    /// Take a user out of a group
    RemoveUser { group: String, user: String },
}

impl GroupCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List => Ok(Shown::Rows {
                columns: COLUMNS,
                rows: rows(client.get("/v3/groups").await?, "groups"),
            }),
            Self::Show { group } => {
                let path = path(&find(client, &group).await?);
                Ok(Shown::Record(record(client.get(&path).await?, "group")))
            }
            Self::Create { name, description } => {
                let body = json!({ "group": { "name": name, "description": description } });
                let made = client.post("/v3/groups", Some(&body)).await?;
                Ok(Shown::Record(record(made, "group")))
            }
            Self::Delete { group } => {
                let group = find(client, &group).await?;
                client.delete(&path(&group)).await?;
                Ok(Shown::Done(format!("{} is deleted", text(&group, "name"))))
            }
            Self::Users { group } => {
                let path = format!("{}/users", path(&find(client, &group).await?));
                Ok(Shown::Rows {
                    columns: user::COLUMNS,
                    rows: rows(client.get(&path).await?, "users"),
                })
            }
            Self::Policies { group, place } => {
                let group = find(client, &group).await?;
                let path = place.path(client, &group).await?;
                Ok(Shown::Rows {
                    columns: policy::COLUMNS,
                    rows: rows(client.get(&path).await?, "roles"),
                })
            }
            Self::AddUser { group, user } => {
                member(client, Method::PUT, &group, &user, "is in").await
            }
            Self::RemoveUser { group, user } => {
                member(client, Method::DELETE, &group, &user, "is not in").await
            }
        }
    }
}

/// The group with this id or name.
pub(super) async fn find(client: &Client, group: &str) -> Result<Value, Failure> {
    let groups = rows(client.get("/v3/groups").await?, "groups");
    one_of(groups, "group", group, &["name"])
}

fn path(group: &Value) -> String {
    format!("/v3/groups/{}", encoded(text(group, "id")))
}

async fn member(
    client: &Client,
    method: Method,
    group: &str,
    user: &str,
    now: &str,
) -> Result<Shown, Failure> {
    let group = find(client, group).await?;
    let user = user::find(client, user).await?;
    let path = format!("{}/users/{}", path(&group), encoded(text(&user, "id")));
    client.call(method, &path, None).await?;
    let (user, group) = (text(&user, "name"), text(&group, "name"));
    Ok(Shown::Done(format!("{user} {now} {group}")))
}
