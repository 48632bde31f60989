//! `chancery key`: permanent access keys.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::files::failed;
use super::find::{account, record, rows, shown, text};
use super::show::{Column, Shown};
use super::user;
use crate::client::{Client, Failure, encoded};
use crate::client_env::access::Access;
use crate::client_env::shell;

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
    /// Make an access key; its secret is shown once, or with --env goes into a file
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
        /// Write all that they need to reach the desk to this new file, which a shell sources, and show no
        /// secret
        #[arg(long, value_name = "FILE")]
        env: Option<PathBuf>,
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
            Self::Create {
                user,
                description,
                env,
            } => {
                let user = user::find(client, &user).await?;
                let body = json!({ "credential": {
                    "user_id": user["id"], "description": description,
                } });
                let file = env.as_deref().map(EnvFile::create).transpose()?;
                let made = client.post(PATH, Some(&body)).await?;
                let made = record(made, "credential");
                if let Some(file) = file {
                    return written(client, &user, &made, file).await;
                }
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

/// Writes the file of a key that was made. Where that fails the key is deleted: nobody would have its
/// secret.
async fn written(
    client: &Client,
    user: &Value,
    key: &Value,
    file: EnvFile<'_>,
) -> Result<Shown, Failure> {
    let access = text(key, "access");
    let filled = match lines(client, user, key).await {
        Ok(lines) => file.fill(&lines),
        Err(failure) => Err(failure),
    };
    match filled {
        Ok(path) => {
            // Whole: the shell looks for a name alone in PATH.
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let whole = whole.display().to_string();
            Ok(Shown::Written {
                settings: vec![format!("set -a; . {}; set +a", shell::quote(&whole))],
                files: vec![whole],
                next: None,
            })
        }
        Err(failure) => {
            let gone = client.take_away(&path(access), None).await;
            let state = match gone {
                Ok(()) => format!("the access key {access} was made, and deleted again"),
                Err(_) => {
                    format!("the access key {access} is there, and its secret is lost: delete it")
                }
            };
            Err(failure.but(&state))
        }
    }
}

/// What the file holds.
async fn lines(client: &Client, user: &Value, key: &Value) -> Result<Zeroizing<String>, Failure> {
    let account = account(client).await?;
    let projects = rows(client.get("/v3/projects").await?, "projects");
    let names = projects.iter().map(|project| text(project, "name"));
    // Those of regions; others have an underscore and more behind the region.
    let regions: Vec<String> = names
        .filter(|name| !name.contains('_'))
        .map(str::to_owned)
        .collect();
    let first = projects.iter().find(|project| {
        regions
            .first()
            .is_some_and(|region| region == text(project, "name"))
    });
    let first = first.ok_or_else(|| Failure::Missing("there is no project".to_owned()))?;
    let bundle = client.ca_file().map(std::path::absolute).transpose();
    let bundle = bundle.map_err(|error| Failure::Usage(error.to_string()))?;
    let access = Access {
        url: &client.url(),
        access_key: text(key, "access"),
        secret: text(key, "secret"),
        account_id: text(&account, "id"),
        account: text(&account, "name"),
        user: text(user, "name"),
        project_id: text(first, "id"),
        project: text(first, "name"),
        regions: &regions,
        bundle: bundle.as_deref(),
        java_store: None,
    };
    let mut whole = Zeroizing::new(String::from("# set -a; . FILE; set +a\n"));
    if bundle.is_some() {
        whole.push_str(
            "# On another machine SSL_CERT_FILE and its like name a copy of the desk's ca.pem or trust.pem.\n",
        );
    }
    for (name, value) in access.lines() {
        whole.push_str(&name);
        whole.push('=');
        whole.push_str(&shell::quote(&value));
        whole.push('\n');
    }
    Ok(whole)
}

/// A new file that only its owner reads; it goes unless it is filled.
struct EnvFile<'a> {
    path: &'a Path,
    file: Option<File>,
}

impl<'a> EnvFile<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let file = OpenOptions::new()
            .write(true)
            // Nothing that is there is written to, nor what a link leads to.
            .create_new(true)
            .mode(0o600)
            .open(path);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::Usage(format!(
                "{} is there already; give another --env",
                path.display()
            )),
            _ => failed(path, &error),
        })?;
        Ok(Self {
            path,
            file: Some(file),
        })
    }

    fn fill(mut self, text: &str) -> Result<&'a Path, Failure> {
        if let Some(file) = &mut self.file {
            let filled = file
                .write_all(text.as_bytes())
                .and_then(|()| file.sync_all());
            filled.map_err(|error| failed(self.path, &error))?;
        }
        self.file = None;
        Ok(self.path)
    }
}

impl Drop for EnvFile<'_> {
    fn drop(&mut self) {
        if self.file.is_some() {
            drop(std::fs::remove_file(self.path));
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
