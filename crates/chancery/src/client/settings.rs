//! Where the desk is and who calls it: options of the command line win over the environment, the
//! environment over the context in use.

use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::contexts::{Context, ContextsFile, Login};
use super::{Failure, Identity};

/// Options of every client command.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Target {
    /// The desk's URL [default: CHANCERY_ENDPOINT, else the context's]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) endpoint: Option<String>,

    /// Trust the CAs of this PEM file [default: SSL_CERT_FILE, else the context's, else the system's]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Use this login, whatever the environment holds [default: CHANCERY_CONTEXT]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

/// A setting, and who gave it.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub(crate) value: T,
    /// Such as `--endpoint`.
    pub(crate) by: String,
}

impl<T> Given<T> {
    pub(crate) fn new(value: T, by: impl Into<String>) -> Self {
        Self {
            value,
            by: by.into(),
        }
    }
}

/// All that a client needs.
pub(crate) struct Settings {
    pub(crate) endpoint: Given<String>,
    /// None for the system's roots.
    pub(crate) ca_file: Option<Given<PathBuf>>,
    pub(crate) identity: Identity,
}

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The first of these variables that is set, with its name.
pub(crate) fn set(variable: Variable<'_>, names: &[&'static str]) -> Option<Given<String>> {
    names.iter().find_map(|name| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(Given::new(value, *name))
    })
}

impl Target {
    /// The name of the context that is asked for, by an option or the environment.
    pub(crate) fn context(&self, variable: Variable<'_>) -> Option<String> {
        let set = || set(variable, &["CHANCERY_CONTEXT"]);
        self.context.clone().or_else(|| Some(set()?.value))
    }

    /// The endpoint and the CA file that options or the environment give.
    pub(crate) fn given(
        &self,
        variable: Variable<'_>,
    ) -> (Option<Given<String>>, Option<Given<PathBuf>>) {
        let option = self
            .endpoint
            .clone()
            .map(|url| Given::new(url, "--endpoint"));
        let names = ["CHANCERY_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"];
        let endpoint = option.or_else(|| set(variable, &names));
        let option = self
            .ca_file
            .clone()
            .map(|file| Given::new(file, "--ca-file"));
        let ca_file = option.or_else(|| {
            let given = set(variable, &["SSL_CERT_FILE"])?;
            Some(Given::new(given.value.into(), given.by))
        });
        (endpoint, ca_file)
    }

    /// All that a client needs.
    ///
    /// # Errors
    /// [`Failure::Usage`] for what is missing or contradicts itself.
    pub(crate) fn settings(&self, variable: Variable<'_>) -> Result<Settings, Failure> {
        let asked = self.context(variable);
        let key = key_of(variable)?;
        let (endpoint, ca_file) = self.given(variable);
        if let (None, Some(identity)) = (&asked, key) {
            let endpoint = endpoint.ok_or_else(|| missing("CHANCERY_ENDPOINT"))?;
            return Ok(Settings {
                endpoint,
                ca_file,
                identity,
            });
        }
        let contexts = ContextsFile::of(&variable).and_then(|file| file.read());
        let contexts = match contexts {
            // Who uses none needs no home.
            Err(_) if asked.is_none() && variable("HOME").is_none() => return Err(nobody()),
            contexts => contexts?,
        };
        let (name, context) = contexts.chosen(asked.as_deref())?.ok_or_else(nobody)?;
        let of_context = format!("the context {name}");
        // What the environment says is of another desk than the one that is asked for.
        let (endpoint, ca_file) = Self {
            context: None,
            ..self.clone()
        }
        .given(&|_| None);
        let file = context.ca_file.clone();
        Ok(Settings {
            endpoint: endpoint
                .unwrap_or_else(|| Given::new(context.endpoint.clone(), of_context.clone())),
            ca_file: ca_file.or_else(|| Some(Given::new(file?, of_context))),
            identity: identity_of(name, context)?,
        })
    }
}

/// The access key of the environment.
fn key_of(variable: Variable<'_>) -> Result<Option<Identity>, Failure> {
    let access_key = set(variable, &["CLOUD_SDK_AK", "HUAWEICLOUD_SDK_AK"]);
    let secret = set(variable, &["CLOUD_SDK_SK", "HUAWEICLOUD_SDK_SK"]);
    match (access_key, secret) {
        (Some(access_key), Some(secret)) => Ok(Some(Identity::Key {
            access_key: access_key.value,
            secret: Zeroizing::new(secret.value),
            security_token: variable("CLOUD_SDK_SECURITY_TOKEN").map(Zeroizing::new),
        })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing("CLOUD_SDK_SK")),
        (None, Some(_)) => Err(missing("CLOUD_SDK_AK")),
    }
}

fn identity_of(name: &str, context: &Context) -> Result<Identity, Failure> {
    match &context.login {
        Login::AccessKey { access_key, secret } => Ok(Identity::Key {
            access_key: access_key.clone(),
            secret: secret.clone(),
            security_token: None,
        }),
        Login::Token { token, expires_at } => {
            let end: Option<jiff::Timestamp> = expires_at.parse().ok();
            if end.is_some_and(|end| end <= jiff::Timestamp::now()) {
                return Err(Failure::Usage(format!(
                    "the login of the context {name} has expired: chancery login --context {name}"
                )));
            }
            Ok(Identity::Token {
                token: token.clone(),
                context: name.to_owned(),
            })
        }
    }
}

fn missing(name: &str) -> Failure {
    Failure::Usage(format!(
        "{name} is not set; load the environment first: set -a; . DIR/client.env; set +a"
    ))
}

fn nobody() -> Failure {
    Failure::Usage(
        "nobody is logged in: chancery login https://HOST:PORT, or load what the desk has written: \
         set -a; . DIR/client.env; set +a"
            .to_owned(),
    )
}
