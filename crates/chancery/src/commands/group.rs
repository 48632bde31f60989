//! `chancery group`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::find::{one_of, record, shown, text};
use super::policy::{self, Place};
use super::show::{Column, Shown, time};
use super::user;
use crate::client::{Client, Failure, encoded};

pub(super) const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("DESCRIPTION", "description"),
    ("ID", "id"),
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
                rows: all(client).await?,
            }),
            Self::Show { group } => {
                let path = path(&find(client, &group).await?);
                let group = record(client.get(&path).await?, "group");
                Ok(Shown::Record(row(&group)))
            }
            Self::Create { name, description } => {
                let body = json!({ "group": { "name": name, "description": description } });
                let made = client.post("/v3/groups", Some(&body)).await?;
                Ok(Shown::Record(row(&record(made, "group"))))
            }
            Self::Delete { group } => {
                let group = find(client, &group).await?;
                let name = text(&group, "name");
                let question = format!("Delete the group {name}, with what it is granted?");
                client
                    .delete(&path(&group), client.agreed(&question)?)
                    .await?;
                Ok(Shown::Done(format!("{name} is deleted")))
            }
            Self::Users { group } => {
                let path = format!("{}/users", path(&find(client, &group).await?));
                Ok(Shown::Rows {
                    columns: user::COLUMNS,
                    rows: shown(client.get(&path).await?, "users", user::row),
                })
            }
            Self::Policies { group, place } => {
                let group = find(client, &group).await?;
                let path = place.path(client, &group).await?;
                Ok(Shown::Rows {
                    columns: policy::COLUMNS,
                    rows: shown(client.get(&path).await?, "roles", policy::row),
                })
            }
            Self::AddUser { group, user } => {
                let (path, user, group) = member(client, &group, &user).await?;
                client.put(&path, None).await?;
                Ok(Shown::Done(format!("{user} is in {group}")))
            }
            Self::RemoveUser { group, user } => {
                let (path, user, group) = member(client, &group, &user).await?;
                client.take_away(&path, None).await?;
                Ok(Shown::Done(format!("{user} is not in {group}")))
            }
        }
    }
}

/// The groups of the account.
async fn all(client: &Client) -> Result<Vec<Value>, Failure> {
    Ok(shown(client.get("/v3/groups").await?, "groups", row))
}

/// The group with this id or name.
pub(super) async fn find(client: &Client, group: &str) -> Result<Value, Failure> {
    one_of(all(client).await?, "group", group, &["name"])
}

/// A group as it is shown.
pub(super) fn row(group: &Value) -> Value {
    json!({
        "id": group["id"],
        "name": group["name"],
        "description": group["description"],
        "created_at": time(&group["create_time"]),
    })
}

fn path(group: &Value) -> String {
    format!("/v3/groups/{}", encoded(text(group, "id")))
}

/// The path of a membership, and the names of the user and the group.
async fn member(
    client: &Client,
    group: &str,
    user: &str,
) -> Result<(String, String, String), Failure> {
    let group = find(client, group).await?;
    let user = user::find(client, user).await?;
    let path = format!("{}/users/{}", path(&group), encoded(text(&user, "id")));
    let name = |of: &Value| text(of, "name").to_owned();
    Ok((path, name(&user), name(&group)))
}
