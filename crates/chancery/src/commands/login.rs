//! `chancery login`, `logout` and `token`.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::show::Shown;
use super::{secret, variable};
use crate::client::contexts::{Context, ContextsFile, Login};
use crate::client::settings::{Given, Settings, Target, set};
use crate::client::{Client, Failure, Identity, Manners};
use crate::terminal::warn;

/// The account that a desk has from its first start.
const FIRST_ACCOUNT: &str = "chancery";

/// Who logs in, and where.
#[derive(Args, Debug)]
pub(crate) struct LoginArgs {
    /// The desk's URL [default: CHANCERY_ENDPOINT, else that of the login that is made anew]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// By password: the user [default: CHANCERY_USER]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The user's account [default: CHANCERY_DOMAIN, else chancery]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Read the password from the first line of standard input [default: CHANCERY_PASSWORD, else it is
    /// asked for]
    #[arg(long)]
    password_stdin: bool,
    /// By access key: its id; the secret is asked for
    #[arg(long, value_name = "AK", conflicts_with_all = ["user", "account", "password_stdin"])]
    access_key: Option<String>,
    /// Read the secret from the first line of standard input
    #[arg(long, requires = "access_key")]
    secret_stdin: bool,
}

impl LoginArgs {
    /// Logs in and remembers it; the context is named by --context, or else after the host.
    pub(super) async fn run(self, target: &Target) -> Result<Shown, Failure> {
        let file = ContextsFile::of(&variable)?;
        let contexts = file.read()?;
        let asked = target.context(&variable);
        let before = match &asked {
            Some(name) => contexts.contexts.get(name),
            None => None,
        };
        let (given, ca_file) = target.given(&variable);
        let url = self.url.as_ref();
        let url = url.map(|url| Given::new(url.clone(), "the URL"));
        let endpoint = url.or(given).or_else(|| {
            let in_use = || Some(contexts.chosen(None).ok()??.1);
            let before = before.or_else(in_use)?;
            Some(Given::new(before.endpoint.clone(), "the login before"))
        });
        let endpoint = endpoint.ok_or_else(|| {
            Failure::Usage("which desk? chancery login https://HOST:PORT".to_owned())
        })?;
        let known = contexts.contexts.values();
        let same = before.or_else(|| known.into_iter().find(|one| one.endpoint == endpoint.value));
        let ca_file = ca_file.or_else(|| {
            let file = same?.ca_file.clone()?;
            Some(Given::new(file, "the login before"))
        });
        let ca_file = ca_file.map(absolute).transpose()?;
        let settings = |identity| Settings {
            endpoint: endpoint.clone(),
            ca_file: ca_file.clone(),
            identity,
        };
        let (account, user, login) = match &self.access_key {
            Some(access_key) => {
                let secret = match self.secret_stdin {
                    true => secret::from_stdin()?,
                    false => asked_for("Secret access key: ", "--secret-stdin")?,
                };
                let identity = Identity::Key {
                    access_key: access_key.clone(),
                    secret: secret.clone(),
                    security_token: None,
                };
                let client = Client::new(settings(identity), Manners::default())?;
                client.get("/v3/auth/domains").await?;
                let login = Login::AccessKey {
                    access_key: access_key.clone(),
                    secret,
                };
                (None, None, login)
            }
            None => {
                let (account, user, password) = self.password(same)?;
                let client = Client::new(settings(Identity::Nobody), Manners::default())?;
                let body = by_password(&account, &user, &password);
                let (token, answer) = client.log_in(&body).await?;
                let expires_at = answer["token"]["expires_at"].as_str();
                let login = Login::Token {
                    token,
                    expires_at: expires_at.unwrap_or_default().to_owned(),
                };
                (Some(account), Some(user), login)
            }
        };
        let name = asked.unwrap_or_else(|| host_of(&endpoint.value));
        let who = match (&user, &self.access_key) {
            (Some(user), _) => user.clone(),
            (None, key) => key.clone().unwrap_or_default(),
        };
        let context = Context {
            endpoint: endpoint.value.clone(),
            ca_file: ca_file.map(|file| file.value),
            account,
            user,
            login,
        };
        let ends = match &context.login {
            Login::Token { expires_at, .. } => json!(expires_at),
            Login::AccessKey { .. } => Value::Null,
        };
        let shown = json!({
            "name": name, "endpoint": context.endpoint, "user": who, "account": context.account,
            "expires_at": ends,
        });
        file.change(|contexts| {
            contexts.contexts.insert(name.clone(), context);
            contexts.current = Some(name);
            Ok(())
        })?;
        Ok(Shown::Record(shown))
    }

    /// Account, user and password.
    fn password(
        &self,
        same: Option<&Context>,
    ) -> Result<(String, String, Zeroizing<String>), Failure> {
        let of_env = |name: &'static str| set(&variable, &[name]).map(|given| given.value);
        let user = self.user.clone().or_else(|| of_env("CHANCERY_USER"));
        let user = user.or_else(|| same?.user.clone()).ok_or_else(|| {
            Failure::Usage("who? give --user NAME, or --access-key AK".to_owned())
        })?;
        let account = self.account.clone().or_else(|| of_env("CHANCERY_DOMAIN"));
        let account = account.or_else(|| same?.account.clone());
        let account = account.unwrap_or_else(|| FIRST_ACCOUNT.to_owned());
        // The variable is of the user beside it.
        let is_its = of_env("CHANCERY_USER").is_some_and(|of| of == user);
        let password = match of_env("CHANCERY_PASSWORD") {
            _ if self.password_stdin => secret::from_stdin()?,
            Some(password) if is_its => Zeroizing::new(password),
            _ => asked_for(&format!("Password of {user}: "), "--password-stdin")?,
        };
        Ok((account, user, password))
    }
}

/// The body of a login by password.
fn by_password(account: &str, user: &str, password: &str) -> Value {
    json!({ "auth": { "identity": { "methods": ["password"], "password": { "user": {
        "name": user, "password": password, "domain": { "name": account },
    } } } } })
}

/// Asks on the terminal, which does not show what is typed.
fn asked_for(question: &str, option: &str) -> Result<Zeroizing<String>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(format!(
            "there is no terminal to ask on: give {option}"
        )));
    }
    let typed = rpassword::prompt_password(question);
    let typed = typed.map_err(|error| Failure::Usage(format!("the terminal: {error}")))?;
    Ok(Zeroizing::new(typed))
}

/// A path that holds wherever the next command runs.
fn absolute(file: Given<PathBuf>) -> Result<Given<PathBuf>, Failure> {
    match std::path::absolute(&file.value) {
        Ok(path) => Ok(Given::new(path, file.by)),
        Err(error) => Err(Failure::Usage(format!("{}: {error}", file.by))),
    }
}

/// What a context is called unless somebody says.
fn host_of(url: &str) -> String {
    let host = url.split("://").nth(1).unwrap_or(url);
    host.split('/').next().unwrap_or(host).to_owned()
}

/// Forgets a login.
pub(super) async fn log_out(target: &Target) -> Result<Shown, Failure> {
    let file = ContextsFile::of(&variable)?;
    let contexts = file.read()?;
    let asked = target.context(&variable);
    let Some((name, context)) = contexts.chosen(asked.as_deref())? else {
        return Err(Failure::Usage("nobody is logged in".to_owned()));
    };
    let name = name.to_owned();
    // What cannot be said to the desk is forgotten here all the same.
    let mut left = None;
    if let Login::Token { token, .. } = &context.login {
        let target = Target {
            context: Some(name.clone()),
            ..target.clone()
        };
        let told = match target.settings(&variable) {
            // It holds no more anyway.
            Err(_) => Ok(()),
            Ok(settings) => match Client::new(settings, Manners::default()) {
                Ok(client) => client.log_out(token).await,
                Err(failure) => Err(failure),
            },
        };
        left = told.err();
    }
    file.change(|contexts| {
        contexts.contexts.remove(&name);
        if contexts.current.as_deref() == Some(name.as_str()) {
            contexts.current = None;
        }
        Ok(())
    })?;
    if let Some(failure) = left {
        warn(&format!("its token holds until it expires: {failure}"));
    }
    Ok(Shown::Done(format!("{name} is forgotten")))
}

/// A token of whoever calls: that of the login, or one for the access key.
pub(super) async fn token(client: &Client) -> Result<Shown, Failure> {
    let token = match client.identity() {
        Identity::Token { token, .. } => token.clone(),
        Identity::Key {
            access_key, secret, ..
        } => {
            let body = json!({ "auth": { "identity": { "methods": ["hw_ak_sk"], "hw_ak_sk": {
                "access": { "key": access_key }, "secret": { "key": secret.as_str() },
            } } } });
            client.log_in(&body).await?.0
        }
        Identity::Nobody => return Err(Failure::Usage("nobody is logged in".to_owned())),
    };
    Ok(Shown::Secret(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_named_after_its_host() {
        for (url, name) in [
            ("https://desk.example:8443/base", "desk.example:8443"),
            ("https://desk.example", "desk.example"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(host_of(url), name);
        }
    }
}
