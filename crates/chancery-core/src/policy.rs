//! Policies: what a user may do, and with what.
//!
//! A policy document lists statements; a call is allowed when a statement allows it and none
//! denies it. No statement means no. The grammar is the one of custom IAM policies, `Version`
//! `1.1` (classic) or `5.0` (identity policies); what it can say and is not evaluated here is
//! refused, not ignored.
//!
//! A call is judged twice: by its action alone before anything is read ([`Policies::may_allow`]),
//! and with what it is about once that is known ([`Policies::allow`]).

mod condition;
mod document;
mod judge;
mod named;
mod pattern;

use crate::instances::Tag;
use condition::Condition;
pub use document::PolicyError;
use document::{Effect, Names};
pub(crate) use judge::{Judge, Spent};
pub(crate) use named::{ResourceParts, names_action};

/// The document that allows everything: the administrator's.
pub const FULL_ACCESS: &str =
    r#"{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"]}]}"#;

/// Older names of actions: a policy that names one grants, or denies, the action that has it now
/// (the authorization tables of the calls, column "Alias").
const ALIASES: [(&str, &str); 2] = [
    ("scm:cert:export", "scm:cert:download"),
    ("sms:server:getCert", "sms:server:queryServer"),
];

/// All statements of all policies of a user.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    statements: Vec<Statement>,
    /// Whether there are more than are looked at: then they allow nothing, and deny all.
    too_many: bool,
}

/// Who asks for what.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The action, such as `pca:cert:export`.
    pub action: &'a str,
    /// The account.
    pub domain_id: &'a str,
    /// The account's name.
    pub domain_name: &'a str,
    /// The user.
    pub user_id: &'a str,
    /// The user's name.
    pub user_name: &'a str,
    /// The project that the call is about, or that the credentials are limited to.
    pub project_id: Option<&'a str>,
}

/// What a call is about.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The type in its URN, `<service>:<region>:<account>:<type>:<id>`: `ca`, `cert`, `instance`.
    pub kind: &'static str,
    /// Its id; empty for what is to be made, and for lists.
    pub id: &'a str,
    /// The enterprise project it is filed under; none for what has none.
    pub enterprise_project_id: Option<&'a str>,
    /// Its tags, or those that what is to be made shall have; empty for what has none.
    pub tags: &'a [Tag],
}

impl Target<'_> {
    /// For calls that are about nothing that a policy could name.
    pub const NOTHING: Self = Self {
        kind: "",
        id: "",
        enterprise_project_id: None,
        tags: &[],
    };
}

/// Where the statements of a policy hold, beside what they say themselves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Within {
    /// Everywhere in the account.
    Account,
    /// For calls about a project with one of these ids, and with credentials that are limited to it.
    Projects(Vec<String>),
    /// For what is filed under an enterprise project with one of these ids.
    EnterpriseProjects(Vec<String>),
}

#[derive(Clone, Debug)]
struct Statement {
    effect: Effect,
    actions: Names,
    resources: Names,
    conditions: Vec<Condition>,
}

/// Whether a statement is about a call.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Applies {
    No,
    /// That depends on what the call is about, which is not known yet.
    Depends,
    Yes,
}

impl From<bool> for Applies {
    fn from(yes: bool) -> Self {
        match yes {
            true => Self::Yes,
            false => Self::No,
        }
    }
}

impl Policies {
    /// The statements of several documents together, which somebody wants to be taken.
    ///
    /// # Errors
    /// When one of them cannot be taken.
    pub fn parse<'a>(documents: impl IntoIterator<Item = &'a str>) -> Result<Self, PolicyError> {
        let mut statements = Vec::new();
        for document in documents {
            statements.extend(document::parse(document)?);
        }
        Ok(Self {
            statements,
            too_many: false,
        })
    }

    /// Adds the statements of a document that was taken before, which hold only there.
    ///
    /// # Errors
    /// When the document cannot be read.
    pub fn add(&mut self, document: &str, within: &Within) -> Result<(), PolicyError> {
        for mut statement in document::kept(document)? {
            statement.conditions.extend(Condition::within(within));
            self.statements.push(statement);
        }
        Ok(())
    }

    /// What stands for more policies than are looked at. None of them can be left out, since it might
    /// be the one that denies; so nothing is allowed, and everything denied.
    pub(crate) fn too_many() -> Self {
        Self {
            statements: Vec::new(),
            too_many: true,
        }
    }

    /// Whether there are more than are looked at.
    pub(crate) fn are_too_many(&self) -> bool {
        self.too_many
    }

    /// Whether a call may be allowed, as far as can be told before it is known what it is about:
    /// some statement allows it at least for some target, none denies it for all.
    pub fn may_allow(&self, request: &Request<'_>) -> bool {
        self.strongest(Effect::Allow, request, None) >= Applies::Depends
            && self.strongest(Effect::Deny, request, None) < Applies::Yes
    }

    /// Whether a call about `target` is allowed: some statement allows it, none denies it.
    pub fn allow(&self, request: &Request<'_>, target: &Target<'_>) -> bool {
        self.strongest(Effect::Allow, request, Some(target)) == Applies::Yes
            && self.strongest(Effect::Deny, request, Some(target)) == Applies::No
    }

    /// Whether a call is allowed that makes something with what is there: a certificate with the
    /// CA that issues it.
    ///
    /// One statement that denies either refuses the call. A statement that allows it may name
    /// either as its resource, but what it excepts is neither of them, and its conditions hold for
    /// what is used, where that is filed and where the other shall be.
    pub fn allow_making(
        &self,
        request: &Request<'_>,
        made: &Target<'_>,
        used: &Target<'_>,
    ) -> bool {
        let allowed = |target: &Target<'_>| {
            let filed = Target {
                enterprise_project_id: target.enterprise_project_id,
                ..*used
            };
            self.statements.iter().any(|statement| {
                statement.effect == Effect::Allow
                    && statement.names_action(request)
                    && statement.names_one_of(request, &[*made, *used])
                    && statement.conditions_hold(request, Some(&filed)) == Applies::Yes
            })
        };
        [made, used]
            .into_iter()
            .all(|target| !self.deny(request, Some(target)) && allowed(target))
    }

    /// Whether a call about `target` is allowed that is about something else as well: a group and
    /// its new member. It is the first that a statement has to name; the other must not be excepted
    /// there, and no statement may deny it.
    pub fn allow_beside(
        &self,
        request: &Request<'_>,
        target: &Target<'_>,
        beside: &Target<'_>,
    ) -> bool {
        let allowed = self.statements.iter().any(|statement| {
            let excepted = matches!(statement.resources, Names::Except(_))
                && !statement.names_one_of(request, &[*beside]);
            statement.effect == Effect::Allow
                && statement.applies(request, Some(target)) == Applies::Yes
                && !excepted
        });
        allowed && !self.deny(request, Some(target)) && !self.deny(request, Some(beside))
    }

    /// Whether a statement denies a call about `target`; without one, whether it denies it whatever
    /// the call is about. Says nothing about whether another one allows it.
    pub fn deny(&self, request: &Request<'_>, target: Option<&Target<'_>>) -> bool {
        self.too_many || self.strongest(Effect::Deny, request, target) == Applies::Yes
    }

    /// Whether the answer of [`Policies::allow`] differs between targets.
    pub fn depends_on_target(&self, request: &Request<'_>) -> bool {
        self.statements
            .iter()
            .any(|statement| statement.applies(request, None) == Applies::Depends)
    }

    /// Whether it differs between targets of one type in one enterprise project: by id or tags.
    pub fn depends_on_row(&self, request: &Request<'_>) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|statement| {
            let by_tag = statement.conditions.iter().any(Condition::is_about_tag);
            (by_tag || statement.names_ids()) && statement.applies(request, None) != Applies::No
        })
    }

    /// Whether the answer of [`Policies::allow`] differs between tags of targets.
    pub fn depends_on_tags(&self, request: &Request<'_>) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|statement| {
            statement.conditions.iter().any(Condition::is_about_tag)
                && statement.applies(request, None) != Applies::No
        })
    }

    fn strongest(
        &self,
        effect: Effect,
        request: &Request<'_>,
        target: Option<&Target<'_>>,
    ) -> Applies {
        let statements = self.statements.iter().filter(|s| s.effect == effect);
        let applies = statements.map(|statement| statement.applies(request, target));
        applies.max().unwrap_or(Applies::No)
    }
}

impl Statement {
    fn applies(&self, request: &Request<'_>, target: Option<&Target<'_>>) -> Applies {
        let resources = match target {
            Some(target) => self.names_one_of(request, &[*target]).into(),
            None => self.could_name(request),
        };
        Applies::from(self.names_action(request))
            .min(resources)
            .min(self.conditions_hold(request, target))
    }

    fn names_action(&self, request: &Request<'_>) -> bool {
        self.actions
            .holds(|pattern| named::names_action(pattern, request.action))
    }

    /// Whether one of the targets is named, or none excepted.
    fn names_one_of(&self, request: &Request<'_>, targets: &[Target<'_>]) -> bool {
        self.resources.holds(|pattern| {
            let mut targets = targets.iter();
            targets.any(|target| pattern::matches_urn(pattern, request, target))
        })
    }

    /// Whether what the call is about can be among the resources, as long as it is not known.
    fn could_name(&self, request: &Request<'_>) -> Applies {
        match &self.resources {
            Names::Only(patterns) if patterns.iter().any(|pattern| pattern == "*") => Applies::Yes,
            // What is of another service or account fits nothing that this call could be about.
            Names::Only(patterns) => {
                let could = |pattern: &String| pattern::could_match_urn(pattern, request);
                match patterns.iter().any(could) {
                    true => Applies::Depends,
                    false => Applies::No,
                }
            }
            Names::Except(_) => Applies::Depends,
        }
    }

    /// Whether the resources are told apart by their ids.
    fn names_ids(&self) -> bool {
        let (Names::Only(patterns) | Names::Except(patterns)) = &self.resources;
        patterns.iter().any(|pattern| pattern::names_id(pattern))
    }

    fn conditions_hold(&self, request: &Request<'_>, target: Option<&Target<'_>>) -> Applies {
        let conditions = self.conditions.iter();
        let applies = conditions.map(|condition| condition.applies(request, target));
        applies.min().unwrap_or(Applies::Yes)
    }
}

#[cfg(test)]
mod tests;
