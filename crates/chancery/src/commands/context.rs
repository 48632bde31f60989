//! `chancery context`: the logins there are.

use clap::Subcommand;
use serde_json::json;

use super::show::{Column, Shown};
use super::variable;
use crate::client::contexts::{ContextsFile, Login};

use crate::client::Failure;

const COLUMNS: &[Column] = &[
    ("NAME", "name"),
    ("IN USE", "in_use"),
    ("USER", "user"),
    ("ACCOUNT", "account"),
    ("EXPIRES", "expires_at"),
    ("ENDPOINT", "endpoint"),
];

/// Logins, by their names.
#[derive(Debug, Subcommand)]
pub(crate) enum ContextCommand {
    /// The logins there are
    List,
    /// Let commands use this login from now on
    Use { name: String },
    /// Forget a login; chancery logout has its token hold no more as well
    Delete { name: String },
}

impl ContextCommand {
    pub(super) fn run(self) -> Result<Shown, Failure> {
        let file = ContextsFile::of(&variable)?;
        match self {
            Self::List => {
                let contexts = file.read()?;
                let rows = contexts.contexts.iter().map(|(name, context)| {
                    let (user, expires_at) = match &context.login {
                        Login::Token { expires_at, .. } => {
                            (context.user.as_ref(), Some(expires_at))
                        }
                        Login::AccessKey { access_key, .. } => (Some(access_key), None),
                    };
                    json!({
                        "name": name,
                        "in_use": contexts.current.as_ref() == Some(name),
                        "user": user,
                        "account": context.account,
                        "expires_at": expires_at,
                        "endpoint": context.endpoint,
                    })
                });
                Ok(Shown::Rows {
                    columns: COLUMNS,
                    rows: rows.collect(),
                })
            }
            Self::Use { name } => {
                file.change(|contexts| {
                    contexts.chosen(Some(&name))?;
                    contexts.current = Some(name.clone());
                    Ok(())
                })?;
                Ok(Shown::Done(format!("{name} is in use")))
            }
            Self::Delete { name } => {
                file.change(|contexts| {
                    contexts.chosen(Some(&name))?;
                    contexts.contexts.remove(&name);
                    if contexts.current.as_ref() == Some(&name) {
                        contexts.current = None;
                    }
                    Ok(())
                })?;
                Ok(Shown::Done(format!("{name} is forgotten")))
            }
        }
    }
}
