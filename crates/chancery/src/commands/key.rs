//! `chancery key`: permanent access keys.

use clap::Subcommand;
use serde_json::{Value, json};

use super::find::{record, shown, text};
use super::show::{Column, Shown};
use super::user;
use crate::client::{Client, Failure, encoded};

const COLUMNS: &[Column] = &[
    ("ACCESS KEY", "access"),
    ("ENABLED", "enabled"),
    ("CREATED", "created_at"),
    ("DESCRIPTION", "description"),
];
const PATH: &str = "/v3.0/OS-CREDENTIAL/credentials";

/// Access keys, by their ids (AK).
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// The access keys of a user
    List {
        /// Whose, an id or a name [default: your own]
        #[arg(long)]
        user: Option<String>,
    },
    /// One access key, without its secret
    Show { access_key: String },
    /// Make an access key; its secret is shown once
    Create {
        /// For whom, an id or a name
        #[arg(long)]
        user: String,
        /// In your words
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "",
            hide_default_value = true
        )]
        description: String,
    },
    /// Let requests be signed with it again
    Enable { access_key: String },
    /// Refuse requests that are signed with it
    Disable { access_key: String },
    /// Delete an access key
    Delete { access_key: String },
}

impl KeyCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { user } => {
                let path = match user {
                    None => PATH.to_owned(),
                    Some(user) => {
                        let user = user::find(client, &user).await?;
                        format!("{PATH}?user_id={}", encoded(text(&user, "id")))
                    }
                };
                Ok(Shown::Rows {
                    columns: COLUMNS,
                    rows: shown(client.get(&path).await?, "credentials", row),
                })
            }
            Self::Show { access_key } => {
                let found = client.get(&path(&access_key)).await?;
                Ok(Shown::Record(row(&record(found, "credential"))))
            }
            Self::Create { user, description } => {
                let user = user::find(client, &user).await?;
                let body = json!({ "credential": {
                    "user_id": user["id"], "description": description,
                } });
                let made = client.post(PATH, Some(&body)).await?;
                let made = record(made, "credential");
                let mut shown = row(&made);
                shown["secret"] = made["secret"].clone();
                Ok(Shown::Once {
                    record: shown,
                    secrets: &[("Secret access key", "secret")],
                })
            }
            Self::Enable { access_key } => switch(client, &access_key, true).await,
            Self::Disable { access_key } => switch(client, &access_key, false).await,
            Self::Delete { access_key } => {
                let question = format!("Delete the access key {access_key}?");
                client
                    .delete(&path(&access_key), client.agreed(&question)?)
                    .await?;
                Ok(Shown::Done(format!("{access_key} is deleted")))
            }
        }
    }
}

/// An access key as it is shown.
fn row(key: &Value) -> Value {
    json!({
        "access": key["access"],
        "enabled": key["status"] == "active",
        "created_at": key["create_time"],
        "last_used_at": key["last_use_time"],
        "description": key["description"],
        "user_id": key["user_id"],
    })
}

fn path(access_key: &str) -> String {
    format!("{PATH}/{}", encoded(access_key))
}

async fn switch(client: &Client, access_key: &str, enabled: bool) -> Result<Shown, Failure> {
    let status = if enabled { "active" } else { "inactive" };
    let body: Value = json!({ "credential": { "status": status } });
    client.put(&path(access_key), Some(&body)).await?;
    let now = if enabled { "enabled" } else { "disabled" };
    Ok(Shown::Done(format!("{access_key} is {now}")))
}
