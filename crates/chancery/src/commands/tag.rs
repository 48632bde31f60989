//! `chancery tag`: tags of CAs and certificates.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::find::rows;
use super::show::{Column, Shown};
use super::{ca, cert};
use crate::client::{Client, Failure, encoded};

const COLUMNS: &[Column] = &[("KEY", "key"), ("VALUE", "value")];

/// Tags of CAs and certificates; THING is an id, or the name of one of its kind alone.
#[derive(Debug, Subcommand)]
pub(crate) enum TagCommand {
    /// The tags of a CA or a certificate
    List {
        #[arg(value_enum)]
        kind: Kind,
        thing: String,
    },
    /// Give it tags; a key that it has gets the new value
    Set {
        #[arg(value_enum)]
        kind: Kind,
        thing: String,
        /// A tag; the value may be empty
        #[arg(value_name = "KEY=VALUE", required = true, value_parser = tag)]
        tags: Vec<(String, String)>,
    },
    /// Take tags from it, whatever their values are
    Delete {
        #[arg(value_enum)]
        kind: Kind,
        thing: String,
        /// The key of a tag
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
    },
}

/// What has tags.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    /// A private CA
    Ca,
    /// A certificate of a private CA
    Cert,
}

impl Kind {
    /// Where the tags of the thing with this id or name are.
    async fn path(self, client: &Client, thing: &str) -> Result<String, Failure> {
        let (all, id) = match self {
            Self::Ca => (
                "private-certificate-authorities",
                ca::find(client, thing).await?,
            ),
            Self::Cert => ("private-certificates", cert::find(client, thing).await?),
        };
        Ok(format!("/v1/{all}/{}/tags", encoded(&id)))
    }
}

impl TagCommand {
    pub(super) async fn run(self, client: &Client) -> Result<Shown, Failure> {
        match self {
            Self::List { kind, thing } => {
                let path = kind.path(client, &thing).await?;
                Ok(Shown::Rows {
                    columns: COLUMNS,
                    rows: rows(client.get(&path).await?, "tags"),
                })
            }
            Self::Set { kind, thing, tags } => {
                let path = format!("{}/create", kind.path(client, &thing).await?);
                let shown: Vec<_> = tags
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect();
                let tag = |(key, value): &(String, String)| json!({ "key": key, "value": value });
                let tags: Vec<Value> = tags.iter().map(tag).collect();
                client.post(&path, Some(&json!({ "tags": tags }))).await?;
                Ok(Shown::Done(format!("{thing} has {}", shown.join(", "))))
            }
            Self::Delete { kind, thing, keys } => {
                let path = format!("{}/delete", kind.path(client, &thing).await?);
                let tags: Vec<Value> = keys.iter().map(|key| json!({ "key": key })).collect();
                let body = json!({ "tags": tags });
                client.take_away(&path, Some(&body)).await?;
                Ok(Shown::Done(format!("{thing} has no {}", keys.join(", "))))
            }
        }
    }
}

/// `KEY=VALUE`; the value begins behind the first `=`.
fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("must be KEY=VALUE".to_owned()),
    }
}
