//! `chancery project`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::find::{one_of, record, shown};
use super::show::{Column, Shown};
use crate::client::{Client, Failure};

const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("DESCRIPTION", "description"),
    ("ID", "id"),
];
const PATH: &str = "/v3/projects";

/// Projects; PROJECT is an id or a name.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// The projects of the account
    List,
    /// One project
    Show { project: String },
    /// Make a project in a region
    Create {
        /// The region, an underscore, and the rest: cn-north-4_team-a
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
}

impl ProjectCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List => Ok(Shown::Rows {
                columns: COLUMNS,
                rows: all(client).await?,
            }),
            Self::Show { project } => {
                let project = find(client, &project).await?;
                Ok(Shown::Record(project))
            }
            Self::Create { name, description } => {
                let region = name.split('_').next().unwrap_or_default();
                let parent = find(client, region).await?;
                let body = json!({ "project": {
                    "name": name, "parent_id": parent["id"], "description": description,
                } });
                let made = client.post(PATH, Some(&body)).await?;
                Ok(Shown::Record(row(&record(made, "project"))))
            }
        }
    }
}

/// The projects of the account.
async fn all(client: &Client) -> Result<Vec<Value>, Failure> {
    Ok(shown(client.get(PATH).await?, "projects", row))
}

/// The project with this id or name.
pub(super) async fn find(client: &Client, project: &str) -> Result<Value, Failure> {
    one_of(all(client).await?, "project", project, &["name"])
}

/// A project as it is shown.
fn row(project: &Value) -> Value {
    json!({
        "id": project["id"],
        "name": project["name"],
        "enabled": project["enabled"],
        "description": project["description"],
        "parent_id": project["parent_id"],
    })
}
