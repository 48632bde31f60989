//! `chancery project`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::find::{one_of, record, rows, shown, text};
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

/// Names in the environment of the project that SDKs and Terraform work in.
const OF_ENVIRONMENT: [&str; 2] = ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"];

/// Where a command looks.
#[derive(Args, Debug)]
pub(crate) struct InProject {
    /// The project, an id or a name [default: that of the environment, else the first region's]
    #[arg(long, value_name = "PROJECT")]
    pub(super) project: Option<String>,
}

impl InProject {
    /// The project: its id, and its name as far as it is known.
    ///
    /// # Errors
    /// [`Failure::Missing`] when there is none like that.
    pub(super) async fn find(&self, client: &Client) -> Result<Value, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let of_environment = OF_ENVIRONMENT.iter().find_map(|name| variable(name));
        let wanted = self.project.clone().or_else(|| of_environment.clone());
        let has_id = wanted.as_deref().is_some_and(is_id);
        let projects = match client.get("/v3/auth/projects").await {
            // Whoever may use a project need not see it.
            Err(Failure::Refused(_)) if has_id => Vec::new(),
            answer => rows(answer?, "projects"),
        };
        let Some(wanted) = wanted else {
            let mut own = projects.into_iter();
            let found = own.find(|project| region(project) == text(project, "name"));
            return found.ok_or_else(|| {
                Failure::Missing("no project is to be seen: give --project ID".to_owned())
            });
        };
        let is_seen = projects.iter().any(|project| project["id"] == *wanted);
        if is_seen || !has_id {
            return one_of(projects, "project", &wanted, &["name"]);
        }
        let its_own = of_environment.is_some_and(|id| id == wanted);
        let name = its_own.then(|| variable("HW_REGION_NAME")).flatten();
        Ok(json!({ "id": wanted, "name": name }))
    }
}

/// Whether a text has the form of a project's id: 32 hexadecimal digits.
fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The region of a project: what its name begins with.
pub(super) fn region(project: &Value) -> &str {
    let name = text(project, "name");
    name.split('_').next().unwrap_or_default()
}
