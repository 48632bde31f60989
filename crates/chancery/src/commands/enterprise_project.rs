//! `chancery enterprise-project`.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::find::{self, one_of, record, shown, text};
use super::show::{Column, Shown};
use crate::client::{Client, Failure, encoded};

const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("ENABLED", "enabled"),
    ("TYPE", "type"),
    ("CREATED", "created_at"),
    ("DESCRIPTION", "description"),
    ("ID", "id"),
];
const PATH: &str = "/v1.0/enterprise-projects";

/// Enterprise projects; PROJECT is an id or a name.
#[derive(Debug, Subcommand)]
pub(crate) enum EnterpriseProjectCommand {
    /// The enterprise projects of the account
    List,
    /// One enterprise project
    Show { project: String },
    /// Make an enterprise project
    Create {
        /// 1 to 255 letters, digits, - and _
        name: String,
        /// In your words
        #[arg(
            long,
            value_name = "TEXT",
            default_value = "",
            hide_default_value = true
        )]
        description: String,
        /// What it is for
        #[arg(long = "type", value_enum, default_value_t = Type::Prod)]
        kind: Type,
    },
    /// Change an enterprise project
    Update {
        project: String,
        /// Its new name
        #[arg(long)]
        name: Option<String>,
        /// In your words
        #[arg(long)]
        description: Option<String>,
        /// What it is for
        #[arg(long = "type", value_enum)]
        kind: Option<Type>,
    },
    /// Let things be filed under it again
    Enable { project: String },
    /// File nothing new under it; what is there stays in use
    Disable { project: String },
}

/// What an enterprise project is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Type {
    /// Commercial
    Prod,
    /// A test
    Poc,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Poc => "poc",
        }
    }
}

impl EnterpriseProjectCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List => Ok(Shown::Rows {
                columns: COLUMNS,
                rows: list(client).await?,
            }),
            Self::Show { project } => Ok(Shown::Record(find(client, &project).await?)),
            Self::Create {
                name,
                description,
                kind,
            } => {
                let body = json!({
                    "name": name, "description": description, "type": kind.name(),
                });
                let made = client.post(PATH, Some(&body)).await?;
                Ok(Shown::Record(row(&record(made, "enterprise_project"))))
            }
            Self::Update {
                project,
                name,
                description,
                kind,
            } => {
                let mut body = json!({});
                let kind = kind.map(|kind| kind.name().to_owned());
                for (field, value) in [("name", name), ("description", description), ("type", kind)]
                {
                    if let Some(value) = value {
                        body[field] = value.into();
                    }
                }
                let path = path(&find(client, &project).await?);
                let changed = client.put(&path, Some(&body)).await?;
                Ok(Shown::Record(row(&record(changed, "enterprise_project"))))
            }
            Self::Enable { project } => switch(client, &project, "enable").await,
            Self::Disable { project } => switch(client, &project, "disable").await,
        }
    }
}

/// All of them: an account may have fewer than are listed at once.
async fn list(client: &Client) -> Result<Vec<Value>, Failure> {
    let path = format!("{PATH}?sort_key=name&sort_dir=asc");
    Ok(shown(client.get(&path).await?, "enterprise_projects", row))
}

/// The enterprise project with this id or name.
pub(super) async fn find(client: &Client, project: &str) -> Result<Value, Failure> {
    one_of(
        list(client).await?,
        "enterprise project",
        project,
        &["name"],
    )
}

/// An enterprise project as it is shown.
fn row(project: &Value) -> Value {
    json!({
        "id": project["id"],
        "name": project["name"],
        "enabled": project["status"] == 1,
        "type": project["type"],
        "created_at": project["created_at"],
        "description": project["description"],
    })
}

/// The id of the enterprise project that is meant. Who may use one need not see them: an id is taken as it
/// is.
pub(super) async fn id(client: &Client, project: &str) -> Result<String, Failure> {
    if project == "0" || find::is_id(project) {
        return Ok(project.to_owned());
    }
    Ok(text(&self::find(client, project).await?, "id").to_owned())
}

fn path(project: &Value) -> String {
    format!("{PATH}/{}", encoded(text(project, "id")))
}

async fn switch(client: &Client, project: &str, action: &str) -> Result<Shown, Failure> {
    let project = find(client, project).await?;
    let path = format!("{}/action", path(&project));
    client
        .post(&path, Some(&json!({ "action": action })))
        .await?;
    let name = text(&project, "name");
    Ok(Shown::Done(format!("{name} is {action}d")))
}
