//! Who calls, and what the call is allowed to do.

use std::sync::Arc;

use chancery_store::{AuditEntry, Page};
use serde::{Deserialize, Serialize};

use crate::behalf::{Behalf, Patience};
use crate::bootstrap::FIRST_ACCOUNT;
use crate::error::{Error, Kind, Result, Thing};
use crate::limits::iam as limits;
use crate::notes::Notes;
use crate::policy::{Judge, Policies, Request, Target};

/// What a temporary access key may do whatever it was narrowed to, unless a policy denies it: every
/// client asks first who it is and which projects there are. The last stands for two actions, and
/// the one that is meant is asked for when the body has been read ([`Context::to_do`]).
const NEVER_NARROWED: [&str; 3] = [
    "iam:domains:list",
    "iam:projects:listForUser",
    "eps:enterpriseProjects:action",
];

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
    /// The project that the call is about: the one its path names, if it names one.
    pub at_project: Option<String>,
    /// What the user may do.
    pub policies: Arc<Policies>,
    /// What limits a temporary access key beyond its user; none for other credentials.
    pub session: Option<Session>,
    /// What was shown: what is made with it ends with it.
    pub credential: Credential,
    /// How often a new password, or being disabled, ended what the user's credentials had made, when
    /// these were read: what is made with them holds for this number only.
    pub generation: i64,
}

/// What a caller showed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Credential {
    /// A user's name and password.
    Password,
    /// The permanent access key with this id.
    AccessKey(String),
    /// The token with this digest: SHA-256, in hex.
    Token(String),
}

impl Credential {
    /// As rows have it: the access key's id, or the token's digest; empty for a password.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Password => "",
            Self::AccessKey(id) | Self::Token(id) => id,
        }
    }
}

/// The limits of a temporary access key.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the key was narrowed to when it was made; none for all that its user may do.
    pub policies: Option<Arc<Policies>>,
}

impl Caller {
    /// Whether the caller's policies may allow `action`, for some target at least.
    pub fn may(&self, action: &str) -> bool {
        self.all_policies(|policies| policies.may_allow(&self.asks(action)))
    }

    /// Whether the caller's policies allow `action` for this target.
    pub fn may_with(&self, action: &str, target: &Target<'_>) -> bool {
        self.all_policies(|policies| policies.allow(&self.asks(action), target))
    }

    /// Whether the answer of [`Caller::may_with`] differs between targets.
    pub(crate) fn depends_on_target(&self, action: &str) -> bool {
        !self.all_policies(|policies| !policies.depends_on_target(&self.asks(action)))
    }

    /// Whether it differs between targets of one type in one enterprise project.
    pub(crate) fn depends_on_row(&self, action: &str) -> bool {
        !self.all_policies(|policies| !policies.depends_on_row(&self.asks(action)))
    }

    /// Whether it differs between tags of targets.
    pub(crate) fn depends_on_tags(&self, action: &str) -> bool {
        !self.all_policies(|policies| !policies.depends_on_tags(&self.asks(action)))
    }

    /// The caller of a call whose path names a project.
    #[must_use]
    pub fn at(self, project_id: Option<&str>) -> Self {
        Self {
            at_project: project_id.map(str::to_owned),
            ..self
        }
    }

    /// Whether `action` is left to the caller where it needs no permission: no policy of the user
    /// denies it, and the policy that a temporary key was narrowed to allows it. Without a target, as
    /// far as can be told before it is known what the call is about.
    fn may_unasked(&self, action: &str, target: Option<&Target<'_>>) -> bool {
        let asks = self.asks(action);
        let narrowed = self.session.as_ref();
        let narrowed = narrowed.and_then(|session| session.policies.as_deref());
        let within = |policies: &Policies| match target {
            _ if NEVER_NARROWED.contains(&action) => !policies.deny(&asks, target),
            None => policies.may_allow(&asks),
            Some(target) => policies.allow(&asks, target),
        };
        !self.policies.deny(&asks, target) && narrowed.is_none_or(within)
    }

    /// Whether something holds for the user's policies and for those of a temporary key.
    fn all_policies(&self, holds: impl Fn(&Policies) -> bool) -> bool {
        self.each_policies().all(holds)
    }

    /// The user's policies, and those that a temporary key was narrowed to.
    fn each_policies(&self) -> impl Iterator<Item = &Policies> {
        let session = self.session.as_ref();
        let narrowed = session.and_then(|session| session.policies.as_deref());
        [&*self.policies].into_iter().chain(narrowed)
    }

    /// The refusal of an action for lack of permission.
    fn forbidden(&self, action: &'static str) -> Error {
        let mut text = format!("you do not have permission to perform action {action}");
        if self.policies.are_too_many() {
            text += ": the documents of your policies, of all your groups together, ";
            text += &limits::POLICIES_OF_USER.sentence();
            text +=
                " and have more, and none can be left out; some have to be taken from your groups";
        }
        Error::new(Kind::Forbidden { action }, text)
    }

    fn asks<'a>(&'a self, action: &'a str) -> Request<'a> {
        Request {
            action,
            domain_id: &self.domain_id,
            domain_name: &self.domain_name,
            user_id: &self.user_id,
            user_name: &self.user_name,
            // What IAM manages is the account's: no role in a project is about it, whatever the
            // credentials are limited to.
            project_id: match action.starts_with("iam:") {
                true => None,
                false => self.at_project.as_deref().or(self.project_id.as_deref()),
            },
        }
    }
}

/// One call: the caller, the action that the caller's policies allowed, and the request.
///
/// There is no context for an action that needs permission and was not allowed:
/// [`Context::authorize`] and [`Context::authorize_some`] are the only ways to one.
/// [`Context::identified`] is for the few calls that need none and may be denied all the same.
#[derive(Clone, Debug)]
pub struct Context {
    caller: Caller,
    action: &'static str,
    request_id: String,
    behalf: Behalf,
    notes: Notes,
}

impl Context {
    /// Lets `caller` do `action`, which is about nothing that a policy could name, if a policy
    /// allows it and none denies it.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub fn authorize(caller: Caller, action: &'static str, request_id: &str) -> Result<Self> {
        match caller.may_with(action, &Target::NOTHING) {
            true => Ok(Self::unasked(caller, action, request_id)),
            false => Err(caller.forbidden(action)),
        }
    }

    /// Lets `caller` begin with `action`, if their policies may allow it; the core function asks
    /// again, `Context::require`, as soon as it knows what the call is about.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub fn authorize_some(caller: Caller, action: &'static str, request_id: &str) -> Result<Self> {
        match caller.may(action) {
            true => Ok(Self::unasked(caller, action, request_id)),
            false => Err(caller.forbidden(action)),
        }
    }

    /// A call that needs to be authenticated, but no permission: asking who one is. A policy that
    /// denies it refuses it all the same, and so does one that a temporary key was narrowed to and
    /// that does not allow it. The core function asks again, `Context::require_for`, as soon as it
    /// knows which user the call is about.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub fn identified(caller: Caller, action: &'static str, request_id: &str) -> Result<Self> {
        match caller.may_unasked(action, None) {
            true => Ok(Self::unasked(caller, action, request_id)),
            false => Err(caller.forbidden(action)),
        }
    }

    /// The exchange of a login for a token: what is shown is all that it takes, and the token may do
    /// no more than its user.
    pub(crate) fn login(caller: Caller, request_id: &str) -> Self {
        Self::unasked(caller, "iam:tokens:create", request_id)
    }

    /// The same call by the holder of other credentials that were shown with it.
    ///
    /// # Errors
    /// As [`Context::identified`], and when a policy denies it for the holder.
    pub(crate) fn by_holder(&self, holder: Caller) -> Result<Self> {
        let ctx = Self::identified(holder, self.action, &self.request_id)?.with(self);
        ctx.require_for(&ctx.caller.user_id)?;
        Ok(ctx)
    }

    fn unasked(caller: Caller, action: &'static str, request_id: &str) -> Self {
        Self {
            behalf: Behalf::account(&caller.domain_id, Patience::endless()),
            caller,
            action,
            request_id: request_id.to_owned(),
            notes: Notes::default(),
        }
    }

    /// The same call for another action, where what is sent decides which one it is.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] when no policy may allow it.
    pub(crate) fn to_do(&self, action: &'static str) -> Result<Self> {
        let ctx = Self::authorize_some(self.caller.clone(), action, &self.request_id)?;
        Ok(ctx.with(self))
    }

    /// As part of another call: what that one has begun goes on.
    fn with(self, other: &Self) -> Self {
        Self {
            behalf: other.behalf.clone(),
            notes: other.notes.clone(),
            ..self
        }
    }

    /// The same call, which is not begun once nobody waits for its answer any more; without this
    /// somebody waits for ever.
    #[must_use]
    pub fn waited_for(self, patience: Patience) -> Self {
        Self {
            behalf: self.behalf.waited_for(patience),
            ..self
        }
    }

    /// The same call, whose answer has these notes.
    #[must_use]
    pub fn with_notes(self, notes: Notes) -> Self {
        Self { notes, ..self }
    }

    /// Adds a note to the answer: what of the request was passed over, or is weak.
    pub fn note(&self, note: &str) {
        self.notes.add(note);
    }

    /// For whom the call works.
    pub(crate) fn behalf(&self) -> &Behalf {
        &self.behalf
    }

    /// Lets the call go on with what it is about.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require(&self, target: &Target<'_>) -> Result<()> {
        match self.caller.may_with(self.action, target) {
            true => Ok(()),
            false => Err(self.refuse(&[target])),
        }
    }

    /// Lets a call go on that makes something with what is there ([`Policies::allow_making`]).
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require_making(&self, made: &Target<'_>, used: &Target<'_>) -> Result<()> {
        let asks = self.caller.asks(self.action);
        let allowed = |policies: &Policies| policies.allow_making(&asks, made, used);
        match self.caller.all_policies(allowed) {
            true => Ok(()),
            false => Err(self.refuse(&[made, used])),
        }
    }

    /// Lets a call about `target` go on that is about something else as well
    /// ([`Policies::allow_beside`]).
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require_beside(&self, target: &Target<'_>, beside: &Target<'_>) -> Result<()> {
        match self.may_beside(target, beside) {
            true => Ok(()),
            false => Err(self.refuse(&[target, beside])),
        }
    }

    /// Whether the answer to a call about `target` may show this as well.
    pub(crate) fn may_beside(&self, target: &Target<'_>, beside: &Target<'_>) -> bool {
        let asks = self.caller.asks(self.action);
        self.caller
            .all_policies(|policies| policies.allow_beside(&asks, target, beside))
    }

    /// The refusal of a call about these; where policies look at enterprise projects, it names those
    /// that were asked, since who forgets to name one asks for the default one.
    fn refuse(&self, targets: &[&Target<'_>]) -> Error {
        let mut projects: Vec<&str> = targets
            .iter()
            .filter_map(|target| target.enterprise_project_id)
            .collect();
        projects.dedup();
        match self.is_narrowed() && !projects.is_empty() {
            true => forbidden_in(self.action, &projects),
            false => self.caller.forbidden(self.action),
        }
    }

    /// Of the enterprise projects `known`, which an account's resources of a kind are filed under,
    /// those that a list may show. Where policies look at more than the project
    /// ([`Context::judges_rows`]), a list asks for each row instead, [`Context::may`].
    pub(crate) fn narrowed_to(&self, kind: &'static str, known: Vec<String>) -> Vec<String> {
        let visible = |project: &String| {
            let target = Target {
                kind,
                id: "",
                enterprise_project_id: Some(project),
                tags: &[],
            };
            self.caller.may_with(self.action, &target)
        };
        known.into_iter().filter(visible).collect()
    }

    /// Who judges the rows of a list of which there may be many, with at most so many steps. Says what
    /// [`Context::may`] says.
    pub(crate) fn judge(&self, steps: u64) -> Judge<'_> {
        Judge::new(
            self.caller.asks(self.action),
            self.caller.each_policies(),
            steps,
        )
    }

    /// Whether a list may show this row.
    pub(crate) fn may(&self, target: &Target<'_>) -> bool {
        self.caller.may_with(self.action, target)
    }

    /// Whether what a list of this call shows depends on its rows: where they are filed, how they
    /// are tagged.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.caller.depends_on_target(self.action)
    }

    /// Whether a list of this call has to be judged row by row: policies name ids or look at tags.
    pub(crate) fn judges_rows(&self) -> bool {
        self.caller.depends_on_row(self.action)
    }

    /// Whether the caller's policies look at the tags of what this call is about.
    pub(crate) fn looks_at_tags(&self) -> bool {
        self.caller.depends_on_tags(self.action)
    }

    /// Lets a caller who was only identified do what concerns themself, unless a policy denies that
    /// or the temporary key was narrowed to something else; for another user their policies must
    /// allow the action.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require_for(&self, user_id: &str) -> Result<()> {
        let target = Target {
            kind: "user",
            id: user_id,
            ..Target::NOTHING
        };
        if self.caller.user_id != user_id {
            return self.require(&target);
        }
        match self.caller.may_unasked(self.action, Some(&target)) {
            true => Ok(()),
            false => Err(self.caller.forbidden(self.action)),
        }
    }

    /// Whether an answer that needs no permission may show this: no policy denies it.
    pub(crate) fn may_unasked(&self, target: &Target<'_>) -> bool {
        self.caller.may_unasked(self.action, Some(target))
    }

    /// Refuses callers of other accounts than the desk's first, whatever their policies say: for
    /// what concerns the whole desk.
    ///
    /// # Errors
    /// [`Kind::Forbidden`].
    pub(crate) fn require_operator(&self) -> Result<()> {
        match self.caller.domain_name == FIRST_ACCOUNT {
            true => Ok(()),
            false => Err(Error::new(
                Kind::Forbidden {
                    action: self.action,
                },
                format!(
                    "action {} is for operators of the desk's first account only",
                    self.action
                ),
            )),
        }
    }

    /// Refuses credentials that are limited in time or to a project, for calls that give out,
    /// change or take away ones that are not.
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

    /// Lets the call go on if it names the caller's own account.
    ///
    /// # Errors
    /// [`crate::Thing::Domain`] not found.
    pub fn require_domain(&self, domain_id: &str) -> Result<()> {
        match self.caller.domain_id == domain_id {
            true => Ok(()),
            false => Err(Error::not_found(Thing::Domain, domain_id)),
        }
    }

    /// The refusal of what this caller may not do, whatever their policies are.
    pub(crate) fn forbid(&self, why: &str) -> Error {
        Error::new(
            Kind::Forbidden {
                action: self.action,
            },
            why,
        )
    }

    /// The action that is performed.
    pub(crate) fn action(&self) -> &'static str {
        self.action
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

/// Of the ids that a list may show, in its order, those on a page; how many there are; and the page
/// that has them alone.
pub(crate) fn cut<S: Copy>(visible: Vec<String>, page: &Page<S>) -> (Vec<String>, u64, Page<S>) {
    let total = visible.len() as u64;
    let visible = visible.into_iter().skip(page.offset as usize);
    let ids = visible.take(page.limit as usize).collect();
    (ids, total, Page { offset: 0, ..*page })
}

fn forbidden_in(action: &'static str, projects: &[&str]) -> Error {
    Error::new(
        Kind::Forbidden { action },
        format!(
            "you do not have permission to perform action {action} here, in the enterprise project {}",
            projects.join(" and ")
        ),
    )
}
