//! Why a command did not do what it was asked for.

use http::StatusCode;
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
    Refused {
        status: StatusCode,
        /// Such as `IAM.0062`; empty when the answer has none.
        code: String,
        text: String,
        request_id: Option<String>,
    },
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
        Self::Refused {
            status,
            code: text(["error_code", "code"]),
            text: text(["error_msg", "message"]),
            request_id,
        }
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
            Self::Refused {
                status,
                code,
                text,
                request_id,
            } => {
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
                    Some(id) => write!(f, " (status {}, request {id})", status.as_u16()),
                    None => write!(f, " (status {})", status.as_u16()),
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
}
