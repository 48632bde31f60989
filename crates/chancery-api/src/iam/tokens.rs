//! `/v3/auth/tokens`: issue, show, revoke.

use chancery_core::tokens::{Login, Scope, Token};
use chancery_core::{Error, Kind};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::operation::{Answer, Call};
use crate::wire::iso_micros;

const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

#[derive(Deserialize)]
struct CreateToken {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    identity: Identity,
    scope: Option<WireScope>,
}

#[derive(Deserialize)]
struct Identity {
    methods: Vec<String>,
    password: Option<PasswordIdentity>,
    token: Option<TokenIdentity>,
    hw_ak_sk: Option<KeyIdentity>,
}

#[derive(Deserialize)]
struct KeyIdentity {
    access: KeyPart,
    secret: KeyPart,
}

#[derive(Deserialize)]
struct KeyPart {
    key: Zeroizing<String>,
}

#[derive(Deserialize)]
struct PasswordIdentity {
    user: PasswordUser,
}

#[derive(Deserialize)]
struct PasswordUser {
    domain: DomainName,
    name: String,
    password: Zeroizing<String>,
}

#[derive(Deserialize)]
struct DomainName {
    name: String,
}

#[derive(Deserialize)]
struct TokenIdentity {
    id: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct WireScope {
    domain: Option<IdOrName>,
    project: Option<IdOrName>,
}

#[derive(Deserialize)]
struct IdOrName {
    id: Option<String>,
    name: Option<String>,
}

/// Exchanges a login for a token, which travels in the header `X-Subject-Token`.
pub(super) async fn create(call: Call) -> Result<Answer, Error> {
    let body: CreateToken = call.json()?;
    let identity = &body.auth.identity;
    let login = match identity
        .methods
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()[..]
    {
        ["password"] => {
            let password = identity.password.as_ref();
            let user = &password
                .ok_or_else(|| required("auth.identity.password"))?
                .user;
            Login::Password {
                domain: &user.domain.name,
                user: &user.name,
                password: &user.password,
            }
        }
        ["token"] => {
            let given = identity
                .token
                .as_ref()
                .and_then(|token| token.id.as_deref());
            let given = given
                .map(String::as_str)
                .or_else(|| call.header("x-auth-token"));
            Login::Token(given.ok_or_else(|| required("auth.identity.token.id"))?)
        }
        ["hw_ak_sk"] => {
            let pair = identity.hw_ak_sk.as_ref();
            let pair = pair.ok_or_else(|| required("auth.identity.hw_ak_sk"))?;
            Login::AccessKey {
                access_key: &pair.access.key,
                secret: &pair.secret.key,
            }
        }
        _ => {
            return Err(Error::invalid(
                "auth.identity.methods",
                "must be [\"password\"], [\"token\"] or [\"hw_ak_sk\"]",
            ));
        }
    };
    let scope = scope(body.auth.scope.as_ref())?;
    let token = call
        .desk
        .issue_token(
            &call.request_id,
            (call.client, call.patience.clone()),
            login,
            scope,
        )
        .await?;
    answer(
        StatusCode::CREATED,
        &token,
        call.query("nocatalog").is_none(),
    )
}

/// Shows what a token of the caller's account stands for.
pub(super) async fn show(call: Call) -> Result<Answer, Error> {
    let subject = call.header("x-subject-token");
    let subject = subject.ok_or_else(|| Error::invalid("X-Subject-Token", "is required"))?;
    let token = call.desk.show_token(call.ctx()?, subject).await?;
    answer(StatusCode::OK, &token, call.query("nocatalog").is_none())?.echo(subject)
}

/// Ends a token before its time.
pub(super) async fn revoke(call: Call) -> Result<Answer, Error> {
    let subject = call.header("x-subject-token");
    let subject = subject.ok_or_else(|| Error::invalid("X-Subject-Token", "is required"))?;
    call.desk.revoke_token(call.ctx()?, subject).await?;
    Ok(Answer::no_content())
}

fn required(field: &str) -> Error {
    Error::new(Kind::Malformed, format!("{field} is required"))
}

fn scope(wire: Option<&WireScope>) -> Result<Scope<'_>, Error> {
    let Some(wire) = wire else {
        return Ok(Scope::Domain);
    };
    match (&wire.project, &wire.domain) {
        (Some(project), None) => match (&project.id, &project.name) {
            (Some(id), _) => Ok(Scope::ProjectId(id)),
            (None, Some(name)) => Ok(Scope::ProjectName(name)),
            (None, None) => Err(Error::invalid(
                "auth.scope.project",
                "needs an id or a name",
            )),
        },
        (None, Some(domain)) => match domain.id.as_ref().or(domain.name.as_ref()) {
            Some(wanted) => Ok(Scope::NamedDomain(wanted)),
            None => Err(Error::invalid("auth.scope.domain", "needs an id or a name")),
        },
        (None, None) => Ok(Scope::Domain),
        (Some(_), Some(_)) => Err(Error::invalid(
            "auth.scope",
            "must name a project or a domain, not both",
        )),
    }
}

fn answer(status: StatusCode, token: &Token, catalog: bool) -> Result<Answer, Error> {
    let caller = &token.caller;
    let domain = json!({ "id": caller.domain_id, "name": caller.domain_name });
    let mut described = json!({
        "methods": [token.method],
        "issued_at": iso_micros(token.issued_at),
        "expires_at": iso_micros(token.expires_at),
        "user": {
            "id": caller.user_id,
            "name": caller.user_name,
            "domain": domain,
            "password_expires_at": "",
        },
        "roles": [],
    });
    if catalog {
        described["catalog"] = Value::Array(Vec::new());
    }
    match &token.project {
        Some(project) => {
            described["project"] =
                json!({ "id": project.id, "name": project.name, "domain": domain });
        }
        None => described["domain"] = domain,
    }
    let answer = Answer::json(status, &json!({ "token": described }))?.secret();
    match &token.text {
        Some(text) => answer.echo(text),
        None => Ok(answer),
    }
}

impl Answer {
    fn echo(self, token: &str) -> Result<Self, Error> {
        let mut value = HeaderValue::from_str(token).map_err(Error::internal)?;
        value.set_sensitive(true);
        Ok(self.with_header(SUBJECT_TOKEN, value))
    }
}
