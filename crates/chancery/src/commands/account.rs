//! `chancery account`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::find::{one_of, rows, text};
use super::show::{Column, Shown};
use crate::client::{Client, Failure, encoded};

const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("CREATED", "created_at"),
    ("ID", "id"),
];
const PATH: &str = "/chancery/v1/accounts";

/// Accounts; ACCOUNT is an id or a name.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// The accounts of the desk
    List,
    /// One account
    Show { account: String },
    /// Make an account with an administrator, whose password and access key are shown once
    Create { name: String },
    /// Let its users call again
    Enable { account: String },
    /// Refuse its users, their keys and their tokens
    Disable { account: String },
}

impl AccountCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List => Ok(Shown::Rows {
                columns: COLUMNS,
                rows: rows(client.get(PATH).await?, "accounts"),
            }),
            Self::Show { account } => Ok(Shown::Record(find(client, &account).await?)),
            Self::Create { name } => {
                let body = json!({ "name": name });
                let mut made = client.post(PATH, Some(&body)).await?;
                let projects = rows(made.clone(), "projects");
                let projects = projects.iter().map(|project| text(project, "name"));
                made["projects"] = projects.collect();
                Ok(Shown::Once {
                    record: made,
                    secrets: &[
                        ("Password of the administrator", "administrator.password"),
                        ("Secret access key", "credential.secret"),
                    ],
                })
            }
            Self::Enable { account } => switch(client, &account, "enable").await,
            Self::Disable { account } => switch(client, &account, "disable").await,
        }
    }
}

async fn find(client: &Client, account: &str) -> Result<Value, Failure> {
    let accounts = rows(client.get(PATH).await?, "accounts");
    one_of(accounts, "account", account, &["name"])
}

async fn switch(client: &Client, account: &str, step: &str) -> Result<Shown, Failure> {
    let account = find(client, account).await?;
    let path = format!("{PATH}/{}/{step}", encoded(text(&account, "id")));
    client.post(&path, None).await?;
    let name = text(&account, "name");
    Ok(Shown::Done(format!("{name} is {step}d")))
}
