//! `chancery user`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::find::{one_of, record, shown, text};
use super::show::{Column, Shown};
use super::{group, secret};
use crate::client::{Client, Failure, encoded};

const PASSWORD: &[Column] = &[("Password", "password")];
pub(super) const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("DESCRIPTION", "description"),
    ("ID", "id"),
];

/// Users; USER is an id or a name.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// The users of the account
    List,
    /// One user
    Show { user: String },
    /// Make a user; without --password-stdin they get a password that is shown once
    Create {
        /// 1 to 64 letters, digits, spaces and - _ .
        name: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        /// Make no password: they call with access keys only
        #[arg(long, conflicts_with = "password_stdin")]
        no_password: bool,
        /// In your words
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "",
            hide_default_value = true
        )]
        description: String,
    },
    /// Give a user another password; without --password-stdin one that is shown once
    SetPassword {
        user: String,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Let a user call again
    Enable { user: String },
    /// Refuse a user, their keys and their tokens
    Disable { user: String },
    /// Delete a user with their keys
    Delete { user: String },
    /// The groups that a user is in
    Groups { user: String },
}

impl UserCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List => Ok(Shown::Rows {
                columns: COLUMNS,
                rows: all(client).await?,
            }),
            Self::Show { user } => {
                let path = path(&find(client, &user).await?);
                let user = record(client.get(&path).await?, "user");
                Ok(Shown::Record(row(&user)))
            }
            Self::Create {
                name,
                password_stdin,
                no_password,
                description,
            } => {
                let mut user = json!({ "name": name, "description": description, "enabled": true });
                let password = match (password_stdin, no_password) {
                    (true, _) => Some(secret::from_stdin()?),
                    (false, true) => None,
                    (false, false) => Some(secret::generated()),
                };
                if let Some(password) = &password {
                    user["password"] = password.as_str().into();
                }
                let body = json!({ "user": user });
                let made = client.post("/v3/users", Some(&body)).await?;
                let mut made = row(&record(made, "user"));
                // What was read the caller knows; what was made is shown here and never again.
                Ok(match password.filter(|_| !password_stdin) {
                    None => Shown::Record(made),
                    Some(password) => {
                        made["password"] = password.as_str().into();
                        Shown::Once {
                            record: made,
                            secrets: PASSWORD,
                        }
                    }
                })
            }
            Self::SetPassword {
                user,
                password_stdin,
            } => {
                let user = find(client, &user).await?;
                let password = match password_stdin {
                    true => secret::from_stdin()?,
                    false => secret::generated(),
                };
                let body = json!({ "user": { "password": password.as_str() } });
                client.patch(&path(&user), &body).await?;
                let name = text(&user, "name");
                match password_stdin {
                    true => Ok(Shown::Done(format!("{name} has another password"))),
                    false => Ok(Shown::Once {
                        record: json!({
                            "id": user["id"], "name": name, "password": password.as_str(),
                        }),
                        secrets: PASSWORD,
                    }),
                }
            }
            Self::Enable { user } => switch(client, &user, true).await,
            Self::Disable { user } => switch(client, &user, false).await,
            Self::Delete { user } => {
                let user = find(client, &user).await?;
                let name = text(&user, "name");
                let question = format!("Delete the user {name}, with their access keys?");
                client
                    .delete(&path(&user), client.agreed(&question)?)
                    .await?;
                Ok(Shown::Done(format!("{name} is deleted")))
            }
            Self::Groups { user } => {
                let path = format!("{}/groups", path(&find(client, &user).await?));
                Ok(Shown::Rows {
                    columns: group::COLUMNS,
                    rows: shown(client.get(&path).await?, "groups", group::row),
                })
            }
        }
    }
}

/// The users of the account.
async fn all(client: &Client) -> Result<Vec<Value>, Failure> {
    Ok(shown(client.get("/v3/users").await?, "users", row))
}

/// The user with this id or name.
pub(super) async fn find(client: &Client, user: &str) -> Result<Value, Failure> {
    one_of(all(client).await?, "user", user, &["name"])
}

/// A user as they are shown.
pub(super) fn row(user: &Value) -> Value {
    json!({
        "id": user["id"],
        "name": user["name"],
        "enabled": user["enabled"],
        "description": user["description"],
    })
}

fn path(user: &Value) -> String {
    format!("/v3/users/{}", encoded(text(user, "id")))
}

async fn switch(client: &Client, user: &str, enabled: bool) -> Result<Shown, Failure> {
    let user = find(client, user).await?;
    let body = json!({ "user": { "enabled": enabled } });
    client.patch(&path(&user), &body).await?;
    let now = if enabled { "enabled" } else { "disabled" };
    Ok(Shown::Done(format!("{} is {now}", text(&user, "name"))))
}
