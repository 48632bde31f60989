//! Why a command did not do what it was asked for.

use http::{Method, StatusCode};
use serde_json::Value;

/// A failure of a client command.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command, its files or its environment are not right; nothing was sent.
    Usage(String),
    /// What was done cannot be shown.
    Output(String),
    /// There was no answer.
    Unreachable(String),
    /// The desk has no such thing, as far as the caller can see.
    Missing(String),
    /// The desk refused the call.
    Refused(Refusal),
    /// Nothing was to be changed.
    NotSent(Unsent),
    /// Somebody was asked and said no.
    Declined,
}

/// What the desk answered that did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Such as `IAM.0062`; empty when the answer has none.
    code: String,
    text: String,
    request_id: Option<String>,
    /// What helps.
    hint: Option<String>,
}

/// A request that was not sent.
#[derive(Debug)]
pub(crate) struct Unsent {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) body: Value,
}

impl Unsent {
    /// What a secret field holds is not told.
    pub(super) fn new(method: &Method, url: String, body: Option<&Value>) -> Self {
        let mut body = body.cloned().unwrap_or_default();
        hide_secrets(&mut body);
        Self {
            method: method.to_string(),
            url,
            body,
        }
    }
}

fn hide_secrets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let secret = ["password", "secret", "private_key"];
                match value {
                    Value::String(text) if secret.iter().any(|end| name.ends_with(end)) => {
                        "…".clone_into(text);
                    }
                    _ => hide_secrets(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hide_secrets),
        _ => {}
    }
}

impl Failure {
    /// An answer that is no success, in any service's shape: flat, inside of `error`, with names of
    /// its own in IAM.
    pub(super) fn refused(status: StatusCode, body: &Value, request_id: Option<String>) -> Self {
        let inner = body.get("error").unwrap_or(body);
        let text = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| inner.get(name)?.as_str());
            found.unwrap_or_default().to_owned()
        };
        Self::Refused(Refusal {
            status,
            code: text(["error_code", "code"]),
            text: text(["error_msg", "message"]),
            request_id,
            hint: None,
        })
    }

    /// The same, with what helps, where the desk has refused.
    pub(crate) fn hint(mut self, helps: &str) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.hint = Some(helps.to_owned());
        }
        self
    }

    /// The same after something was done, which is said first.
    pub(crate) fn but(mut self, done: &str) -> Self {
        match &mut self {
            Self::Refused(Refusal { text, .. })
            | Self::Usage(text)
            | Self::Unreachable(text)
            | Self::Missing(text) => text.insert_str(0, &format!("{done}: ")),
            Self::Output(_) | Self::NotSent(_) | Self::Declined => {}
        }
        self
    }

    /// Whether the desk does not know who calls.
    pub(super) fn is_unauthenticated(&self) -> bool {
        self.is_refused_with(StatusCode::UNAUTHORIZED)
    }

    /// Whether the caller may not do that.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.is_refused_with(StatusCode::FORBIDDEN)
    }

    fn is_refused_with(&self, status: StatusCode) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == status)
    }

    /// What the desk sent, or what was to be sent, cannot be read.
    pub(crate) fn unreadable(error: impl std::fmt::Display) -> Self {
        Self::Unreachable(format!("the answer cannot be read: {error}"))
    }

    /// The exit status: 2 for the command line, as its own errors have, else 1.
    pub(crate) fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(text) | Self::Missing(text) => f.write_str(text),
            Self::Output(text) => write!(f, "done, but it cannot be shown: {text}"),
            Self::Unreachable(text) => write!(f, "the desk does not answer: {text}"),
            Self::NotSent(Unsent { method, url, .. }) => write!(f, "not sent: {method} {url}"),
            Self::Declined => f.write_str("nothing was done"),
            Self::Refused(Refusal {
                status,
                code,
                text,
                request_id,
                hint,
            }) => {
                let code = if code.is_empty() {
                    status.as_str()
                } else {
                    code
                };
                let text = match text.as_str() {
                    "" => status.canonical_reason().unwrap_or("refused"),
                    text => text,
                };
                write!(f, "{code}: {text}")?;
                match request_id {
                    Some(id) => write!(f, " (status {}, request {id})", status.as_u16())?,
                    None => write!(f, " (status {})", status.as_u16())?,
                }
                match hint {
                    Some(hint) => write!(f, "; {hint}"),
                    None => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_shape_is_told() {
        for (body, expected) in [
            (
                json!({ "error_code": "A.1", "error_msg": "no" }),
                "A.1: no (status 400, request r)",
            ),
            (
                json!({ "error": { "error_code": "A.1", "error_msg": "no" } }),
                "A.1: no (status 400, request r)",
            ),
            (
                json!({ "error": { "code": "A.1", "message": "no", "title": "x" } }),
                "A.1: no (status 400, request r)",
            ),
            (Value::Null, "400: Bad Request (status 400, request r)"),
        ] {
            let failure = Failure::refused(StatusCode::BAD_REQUEST, &body, Some("r".to_owned()));
            assert_eq!(failure.to_string(), expected);
            assert_eq!(failure.exit_status(), 1);
        }
    }

    #[test]
    fn secrets_of_a_request_are_not_told() {
        let body = json!({ "user": { "name": "a", "password": "p" },
            "keys": [{ "enc_private_key": "k", "secret": null }] });
        let unsent = Unsent::new(&Method::POST, "https://desk/x".into(), Some(&body));
        let told = json!({ "user": { "name": "a", "password": "…" },
            "keys": [{ "enc_private_key": "…", "secret": null }] });
        assert_eq!(unsent.body, told);
        let failure = Failure::NotSent(unsent);
        assert_eq!(failure.to_string(), "not sent: POST https://desk/x");
    }
}
