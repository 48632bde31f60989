//! `chancery project`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::find::{one_of, record, rows, text};
use super::show::{Column, Shown};
use crate::client::{Client, Failure, encoded};

const COLUMNS: &[Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("DESCRIPTION", "description"),
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
                rows: rows(client.get(PATH).await?, "projects"),
            }),
            Self::Show { project } => {
                let project = find(client, &project).await?;
                let path = format!("{PATH}/{}", encoded(text(&project, "id")));
                Ok(Shown::Record(record(client.get(&path).await?, "project")))
            }
            Self::Create { name, description } => {
                let region = name.split('_').next().unwrap_or_default();
                let parent = find(client, region).await?;
                let body = json!({ "project": {
                    "name": name, "parent_id": parent["id"], "description": description,
                } });
                let made = client.post(PATH, Some(&body)).await?;
                Ok(Shown::Record(record(made, "project")))
            }
        }
    }
}

/// The project with this id or name.
pub(super) async fn find(client: &Client, project: &str) -> Result<Value, Failure> {
    let projects = rows(client.get(PATH).await?, "projects");
    one_of(projects, "project", project, &["name"])
}
