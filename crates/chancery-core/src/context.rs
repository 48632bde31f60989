//! Who calls, and what the call is allowed to do.

use std::sync::Arc;

use chancery_store::AuditEntry;

use crate::error::{Error, Kind, Result};
use crate::policy::Policies;

/// The authenticated caller of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub domain_id: String,
    /// The account's name.
    pub domain_name: String,
    /// The user of the account.
    pub user_id: String,
    /// The user's name.
    pub user_name: String,
    /// The project the credentials are limited to, if they are (a project-scoped token).
    pub project_id: Option<String>,
    /// What the user may do.
    pub policies: Arc<Policies>,
    /// What limits a temporary access key beyond its user; none for other credentials.
    pub session: Option<Session>,
}

/// The limits of a temporary access key.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the key was narrowed to when it was made; none for all that its user may do.
    pub policies: Option<Arc<Policies>>,
}

impl Caller {
    /// Whether the user's policies, and those of a temporary key, allow `action`.
    pub fn may(&self, action: &str) -> bool {
        let session = self.session.as_ref();
        let narrowed = session.and_then(|session| session.policies.as_ref());
        self.policies.allow(action) && narrowed.is_none_or(|policies| policies.allow(action))
    }
}

/// One call: the caller, the action that the caller's policies allowed, and the request.
///
/// There is no context for an action that needs permission and was not allowed:
/// [`Context::authorize`] is the only way to one. [`Context::identified`] is for the few calls that
/// need none.
#[derive(Clone, Debug)]
pub struct Context {
    caller: Caller,
    action: &'static str,
    request_id: String,
}

impl Context {
    /// Lets `caller` do `action`, if a policy allows it and none denies it.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub fn authorize(caller: Caller, action: &'static str, request_id: &str) -> Result<Self> {
        if !caller.may(action) {
            return Err(forbidden(action));
        }
        Ok(Self {
            caller,
            action,
            request_id: request_id.to_owned(),
        })
    }

    /// A call that needs to be authenticated, but no permission: asking who one is.
    pub fn identified(caller: Caller, action: &'static str, request_id: &str) -> Self {
        Self {
            caller,
            action,
            request_id: request_id.to_owned(),
        }
    }

    /// Lets a caller who was only identified do what concerns herself; for another user her
    /// policies must allow the action.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require_for(&self, user_id: &str) -> Result<()> {
        match self.caller.user_id == user_id || self.caller.may(self.action) {
            true => Ok(()),
            false => Err(forbidden(self.action)),
        }
    }

    /// Refuses credentials that are limited in time or to a project, for calls that give out ones
    /// that are not.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require_unlimited(&self) -> Result<()> {
        let caller = &self.caller;
        match caller.session.is_none() && caller.project_id.is_none() {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Forbidden {
                    action: self.action,
                },
                format!(
                    "action {} needs credentials that are limited neither to a project nor in time",
                    self.action
                ),
            )),
        }
    }

    /// Who calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The account of the caller.
    pub fn domain_id(&self) -> &str {
        &self.caller.domain_id
    }

    /// The request's id, as on the answer's `X-Request-Id`.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The audit row of this call about `resource`.
    pub fn audit(&self, now_ms: i64, resource: &str) -> AuditEntry {
        self.audit_with(now_ms, resource, serde_json::json!({}))
    }

    /// The audit row of this call about `resource`, with details that hold no secret.
    pub fn audit_with(&self, now_ms: i64, resource: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry {
            at: now_ms,
            request_id: self.request_id.clone(),
            domain_id: self.caller.domain_id.clone(),
            actor: self.caller.user_id.clone(),
            action: self.action.to_owned(),
            resource: resource.to_owned(),
            outcome: "success".to_owned(),
            detail: detail.to_string(),
        }
    }
}

fn forbidden(action: &'static str) -> Error {
    Error::new(
        Kind::Forbidden { action },
        format!("you do not have permission to perform action {action}"),
    )
}
