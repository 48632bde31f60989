//! `chancery key`: permanent access keys.

use clap::Subcommand;
use http::Method;
use serde_json::{Value, json};

use super::find::{record, rows, text};
use super::show::{Column, Shown};
use super::user;
use crate::client::{Client, Failure, encoded};

const COLUMNS: &[Column] = &[
    ("ACCESS KEY", "access"),
    ("STATUS", "status"),
    ("CREATED", "create_time"),
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
                    rows: rows(client.get(&path).await?, "credentials"),
                })
            }
            Self::Show { access_key } => {
                let found = client.get(&path(&access_key)).await?;
                Ok(Shown::Record(record(found, "credential")))
            }
            Self::Create { user, description } => {
                let user = user::find(client, &user).await?;
                let body = json!({ "credential": {
                    "user_id": user["id"], "description": description,
                } });
                let made = client.post(PATH, Some(&body)).await?;
                Ok(Shown::Record(record(made, "credential")))
            }
            Self::Enable { access_key } => switch(client, &access_key, "active").await,
            Self::Disable { access_key } => switch(client, &access_key, "inactive").await,
            Self::Delete { access_key } => {
                client.delete(&path(&access_key)).await?;
                Ok(Shown::Done(format!("{access_key} is deleted")))
            }
        }
    }
}

fn path(access_key: &str) -> String {
    format!("{PATH}/{}", encoded(access_key))
}

async fn switch(client: &Client, access_key: &str, status: &str) -> Result<Shown, Failure> {
    let body: Value = json!({ "credential": { "status": status } });
    client
        .call(Method::PUT, &path(access_key), Some(&body))
        .await?;
    Ok(Shown::Done(format!("{access_key} is {status}")))
}
